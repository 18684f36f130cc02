"""What units did: documents issued, propaganda and launches, good practices."""

from typing import Final

from app.directives import models as directives
from app.directives.models import Directive
from app.kernel.errors import Text
from app.practices import models as practices
from app.practices.models import Practice
from app.propaganda import models as propaganda
from app.propaganda.models import Activity, ActivityForm
from app.statistics.declarations import Count, Dimension, Measure, Naming, Record, Sum
from app.statistics.dimensions import PLACES, words, year
from app.statistics.measures.periods import STATUS, days, year_of
from app.statistics.past import start_of

DIRECTIVES: Final = Measure(
    code="directives",
    title=Text("Văn bản chỉ đạo", "Directives"),
    description=Text(
        "Văn bản đã tham mưu ban hành hoặc trực tiếp ban hành. Thuộc về ngày ban hành",
        "Documents that were advised or issued directly. A document belongs to the day it was issued",
    ),
    unit_of_count=Text("văn bản", "documents"),
    source=Directive.__table__,
    counts=Directive.id.is_not(None),
    unit_id=Directive.unit_id,
    path=Directive.unit_path,
    at=start_of(Directive.issued_on),
    values=(
        Count("directives", Text("Văn bản", "Documents")),
        Count("advised", Text("Tham mưu ban hành", "Advised"), directives.ADVISED),
        Count("issued_directly", Text("Trực tiếp ban hành", "Issued directly"), directives.ISSUED_DIRECTLY),
    ),
    dimensions=(
        *PLACES,
        year(year_of(Directive.issued_on)),
        words("track", Text("Hình thức chỉ đạo", "Track"), Directive.track, directives.TRACKS),
        words("document_kind", Text("Loại văn bản", "Kind"), Directive.document_kind, directives.DOCUMENT_KINDS),
    ),
    period=days(Directive.issued_on),
    record=Record(Directive.id, "directives", Directive.version, None, year_of(Directive.issued_on)),
)

_FORMS: Final = Naming(
    ActivityForm.__table__,
    {name: name for name in ("code", "title_vi", "title_en", "unit_of_count")},
    order=("position", "code"),
)

PROPAGANDA: Final = Measure(
    code="propaganda",
    title=Text("Tuyên truyền, phát động", "Propaganda and launches"),
    description=Text(
        "Hoạt động tuyên truyền, phát động, ghi từng cuộc hoặc cộng dồn cả kỳ; số lượng theo đơn vị tính của từng hình"
        " thức. Thuộc về ngày kết thúc",
        "Propaganda and launches, recorded one by one or as totals of a period; quantities are in the unit of count of"
        " their form. An activity belongs to the day it ended",
    ),
    unit_of_count=Text("hoạt động", "activities"),
    source=Activity.__table__.join(ActivityForm.__table__, ActivityForm.id == Activity.form_id),
    counts=Activity.id.is_not(None),
    unit_id=Activity.unit_id,
    path=Activity.unit_path,
    at=start_of(propaganda.DAY),
    values=(
        Count("activities", Text("Lượt ghi nhận", "Entries")),
        Sum("sessions", Text("Số cuộc, lượt", "Sessions"), Activity.sessions),
        Sum("people_reached", Text("Lượt người được tuyên truyền", "People reached"), Activity.people_reached),
        Sum("quantity", Text("Số lượng (tin, bài, pa nô, tài liệu...)", "Quantity"), Activity.quantity),
    ),
    dimensions=(
        *PLACES,
        year(year_of(propaganda.DAY)),
        words("category", Text("Loại công tác", "Category"), ActivityForm.category, propaganda.CATEGORIES),
        words("form_group", Text("Nhóm hình thức", "Group of forms"), ActivityForm.group_code, propaganda.GROUPS),
        Dimension("activity_form", Text("Hình thức", "Form"), Activity.form_id, naming=_FORMS),
        words("venue_kind", Text("Nơi tổ chức", "Kind of venue"), Activity.venue_kind, propaganda.VENUES),
        words("nature", Text("Cách ghi nhận", "Nature"), Activity.nature, propaganda.NATURES),
    ),
    period=days(propaganda.DAY),
    record=Record(*(Activity.id, "propaganda-activities", Activity.version, Activity.nature, year_of(propaganda.DAY))),
)

PRACTICES: Final = Measure(
    code="practices",
    title=Text("Mô hình hay, cách làm sáng tạo", "Good practices"),
    description=Text(
        "Mô hình, cách làm đã được đề xuất lên cấp trên và không bị trả lại. Thuộc về ngày bắt đầu thực hiện",
        "Good practices proposed upward and not sent back. A practice belongs to the day it was started",
    ),
    unit_of_count=Text("mô hình", "practices"),
    source=Practice.__table__,
    counts=practices.PROPOSED,
    unit_id=Practice.unit_id,
    path=Practice.unit_path,
    at=start_of(Practice.started_on),
    values=(
        Count("proposed", Text("Được đề xuất", "Proposed")),
        Count("selected", Text("Được lựa chọn", "Selected"), practices.SELECTED),
        Count("to_be_replicated", Text("Được nhân rộng", "To be replicated"), practices.TO_BE_REPLICATED),
    ),
    dimensions=(
        *PLACES,
        year(year_of(Practice.started_on)),
        words("status", STATUS, Practice.status, practices.STATUSES),
    ),
    period=days(Practice.started_on),
    record=Record(*(Practice.id, "good-practices", Practice.version, Practice.status, year_of(Practice.started_on))),
)
