"""Awards: proposed, endorsed, granted."""

from typing import Final

from app.awards import models as awards
from app.awards.models import Award, AwardForm
from app.kernel.errors import Text
from app.statistics.declarations import Count, Dimension, Measure, Naming, Ratio, Record
from app.statistics.dimensions import PLACES, campaign, words
from app.statistics.measures.periods import STATUS, campaigns

AWARDS: Final = Measure(
    code="awards",
    title=Text("Khen thưởng", "Awards"),
    description=Text(
        "Đề nghị khen thưởng đã từng gửi lên cấp trên, tính cho đơn vị đề nghị. Thuộc về ngày gửi gần nhất",
        "Proposals for awards that were submitted, counted for the unit that proposes. A proposal belongs to the day it"
        " was last submitted",
    ),
    unit_of_count=Text("đề nghị", "proposals"),
    source=Award.__table__,
    counts=awards.PROPOSED,
    unit_id=Award.unit_id,
    path=Award.unit_path,
    at=Award.submitted_at,
    values=(
        Count("proposed", Text("Được đề nghị", "Proposed")),
        Count("endorsed", Text("Đã xét duyệt, chờ quyết định", "Endorsed, to be decided"), awards.ENDORSED),
        Count("granted", Text("Được khen thưởng", "Granted"), awards.GRANTED),
        Count("declined", Text("Không được khen thưởng", "Declined"), awards.DECLINED),
        Count("returned", Text("Bị trả lại, chưa gửi lại", "Returned, not yet sent again"), awards.RETURNED),
        Count("collectives", Text("Tập thể được đề nghị", "Collectives proposed"), awards.COLLECTIVES),
        Count("individuals", Text("Cá nhân được đề nghị", "Individuals proposed"), awards.INDIVIDUALS),
        Ratio("granted_rate", Text("Tỷ lệ được khen thưởng", "Share granted"), "granted", "proposed"),
    ),
    dimensions=(
        *PLACES,
        Dimension(
            "award_form",
            Text("Hình thức khen thưởng", "Form of award"),
            Award.award_form_id,
            naming=Naming(
                AwardForm.__table__,
                {"code": "code", "title": "title", "authority": "authority"},
                order=("position", "code"),
            ),
        ),
        words("recipient_kind", Text("Đối tượng", "Kind of recipient"), Award.recipient_kind, awards.KINDS),
        words("status", STATUS, Award.status, awards.STATUSES),
        campaign(Award.campaign_id),
    ),
    period=campaigns(Award.campaign_id),
    record=Record(Award.id, "awards", Award.version, Award.status),
)
