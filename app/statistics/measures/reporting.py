"""Who owes a report, and who has handed it in."""

from typing import Final

from sqlalchemy import ColumnElement, and_

from app.campaigns import models as campaigns
from app.campaigns.deadlines import TIMELINESS
from app.campaigns.models import OBLIGATION_STATUSES, Obligation
from app.campaigns.obligation_queries import COUNTED, timeliness_of
from app.kernel.errors import Text
from app.statistics.declarations import Count, Measure, Ratio, Record
from app.statistics.dimensions import PLACES, campaign, words
from app.statistics.measures.periods import STATUS
from app.statistics.measures.periods import campaigns as by_campaign


def _timeliness(word: str) -> ColumnElement[bool]:
    return timeliness_of() == word


REPORTS: Final = Measure(
    code="reports",
    title=Text("Nộp báo cáo sơ kết", "Submission of reports"),
    description=Text(
        "Đơn vị phải báo cáo theo danh sách chốt khi mở đợt, trừ đơn vị đã ra khỏi danh sách. Thuộc về ngày vào danh"
        " sách",
        "Units that owe a report by the list frozen when the campaign opened, but for those that left it. An obligation"
        " belongs to the day it was put on the list",
    ),
    unit_of_count=Text("đơn vị phải báo cáo", "units owing a report"),
    source=Obligation.__table__,
    counts=and_(Obligation.task == "report", COUNTED),
    unit_id=Obligation.unit_id,
    path=Obligation.unit_path,
    at=Obligation.created_at,
    values=(
        Count("expected", Text("Phải báo cáo", "Expected")),
        Count("submitted", Text("Đã nộp", "Submitted"), campaigns.SUBMITTED),
        Count("accepted", Text("Đã được chấp nhận", "Accepted"), campaigns.ACCEPTED),
        Count("returned", Text("Bị trả lại, chưa nộp lại", "Returned"), campaigns.RETURNED),
        Count("on_time", Text("Đúng hạn", "On time"), _timeliness("on_time")),
        Count("on_time_extended", Text("Đúng hạn sau gia hạn", "On time, extended"), _timeliness("on_time_extended")),
        Count("late", Text("Nộp muộn", "Late"), _timeliness("late")),
        Count("overdue", Text("Quá hạn chưa nộp", "Overdue"), _timeliness("overdue")),
        Count("not_due", Text("Chưa đến hạn", "Not due"), _timeliness("not_due")),
        Ratio("submission_rate", Text("Tỷ lệ đã nộp", "Share submitted"), "submitted", "expected"),
        Ratio("on_time_rate", Text("Tỷ lệ đúng hạn", "Share on time"), "on_time", "expected"),
    ),
    dimensions=(
        *PLACES,
        campaign(Obligation.campaign_id),
        words("status", STATUS, Obligation.status, OBLIGATION_STATUSES),
        words("timeliness", Text("Tính đúng hạn", "Timeliness"), timeliness_of(), TIMELINESS),
    ),
    period=by_campaign(Obligation.campaign_id),
    record=Record(Obligation.id, "obligations", Obligation.version, Obligation.status),
)
