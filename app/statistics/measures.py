"""Every figure of the product, each declared once: what is counted, as what, by what it can be grouped.

The predicates belong to the slices whose records they judge and stand next to their tables. Statements are made of
these declarations by ``statements.py``; nothing else computes a figure.
"""

from typing import Final

from sqlalchemy import ColumnElement, Integer, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.campaigns import models as campaigns
from app.campaigns.deadlines import TIMELINESS
from app.campaigns.models import OBLIGATION_STATUSES, Campaign, Obligation
from app.campaigns.obligation_queries import COUNTED, timeliness_of
from app.criteria.models import Criterion
from app.evaluations import models as evaluations
from app.evaluations.models import Evaluation, EvaluationResult
from app.kernel.errors import Text
from app.registrations import models as registrations
from app.registrations.models import Registration
from app.statistics.declarations import Column, Count, Dimension, Measure, Naming, Ratio, Record, Value
from app.statistics.dimensions import PLACES, criteria_set, criterion, criterion_group, words, year


def _years(column: Column) -> dict[str, ColumnElement[bool]]:
    """Records of a year: a campaign looks at those of its years."""
    return {
        "year": column == bindparam("year", type_=Integer),
        "campaign": column == any_(bindparam("years", type_=ARRAY(Integer))),
    }


_STATUS = Text("Trạng thái", "Status")
_STAGE = Text("Giai đoạn đánh giá", "Stage of evaluation")

REGISTRATIONS: Final = Measure(
    code="registrations",
    title=Text("Đăng ký xây dựng đơn vị điển hình", "Registrations"),
    description=Text(
        "Đăng ký đã từng gửi lên cấp trên; bản nháp không được tính. Thuộc về ngày gửi gần nhất",
        "Registrations that were handed in; drafts are not counted. A registration belongs to the day it was last"
        " submitted",
    ),
    unit_of_count=Text("đăng ký", "registrations"),
    source=Registration.__table__,
    counts=registrations.HANDED_IN,
    unit_id=Registration.unit_id,
    path=Registration.unit_path,
    at=Registration.submitted_at,
    values=(
        Count("registered", Text("Đã đăng ký", "Registered"), registrations.REGISTERED),
        Count("accepted", Text("Đã được chấp nhận", "Accepted"), registrations.ACCEPTED),
        Count("returned", Text("Bị trả lại, chưa gửi lại", "Returned, not yet sent again"), registrations.RETURNED),
        Count("withdrawn", Text("Đã rút", "Withdrawn"), registrations.WITHDRAWN),
        Ratio("acceptance_rate", Text("Tỷ lệ được chấp nhận", "Share accepted"), "accepted", "registered"),
    ),
    dimensions=(
        *PLACES,
        year(Registration.year),
        words("status", _STATUS, Registration.status, registrations.STATUSES),
    ),
    period=_years(Registration.year),
    record=Record(Registration.id, "registrations", Registration.status, Registration.year),
)

RECOGNITIONS: Final = Measure(
    code="recognitions",
    title=Text("Kết quả đánh giá và công nhận đơn vị điển hình", "Evaluations and recognitions"),
    description=Text(
        "Phiếu đánh giá đã gửi và không bị trả lại, theo giai đoạn: kết quả năm, duy trì, dự kiến. Thuộc về ngày gửi",
        "Evaluations handed in and not sent back, by stage: the year's result, maintenance, forecast. An evaluation"
        " belongs to the day it was submitted",
    ),
    unit_of_count=Text("phiếu đánh giá", "evaluations"),
    source=Evaluation.__table__,
    counts=evaluations.COUNTS,
    unit_id=Evaluation.unit_id,
    path=Evaluation.unit_path,
    at=Evaluation.submitted_at,
    values=(
        Count("evaluations", Text("Phiếu đánh giá, mọi giai đoạn", "Evaluations of any stage")),
        Count("evaluated", Text("Đã đánh giá", "Evaluated"), evaluations.EVALUATED),
        Count("recognised", Text("Được công nhận", "Recognised"), evaluations.RECOGNISED),
        Count("not_recognised", Text("Không được công nhận", "Not recognised"), evaluations.NOT_RECOGNISED),
        Ratio("recognition_rate", Text("Tỷ lệ được công nhận", "Share recognised"), "recognised", "evaluated"),
        Count("maintenance_evaluated", Text("Đã đánh giá duy trì", "Maintenance evaluated"), evaluations.MAINTENANCE),
        Count("kept", Text("Duy trì được", "Kept"), evaluations.KEPT),
        Count("not_kept", Text("Không duy trì được", "Not kept"), evaluations.NOT_KEPT),
        Ratio("kept_rate", Text("Tỷ lệ duy trì", "Share kept"), "kept", "maintenance_evaluated"),
        Count("forecast_evaluated", Text("Đã đánh giá dự kiến", "Forecast evaluated"), evaluations.FORECAST),
        Count("expected_met", Text("Dự kiến đạt", "Expected to meet"), evaluations.EXPECTED_MET),
        Count("expected_not_met", Text("Dự kiến không đạt", "Expected not to meet"), evaluations.EXPECTED_NOT_MET),
        Ratio(
            "expected_met_rate",
            Text("Tỷ lệ dự kiến đạt", "Share expected to meet"),
            "expected_met",
            "forecast_evaluated",
        ),
    ),
    dimensions=(
        *PLACES,
        year(Evaluation.year),
        words("stage", _STAGE, Evaluation.stage, evaluations.STAGES),
        words("status", _STATUS, Evaluation.status, evaluations.STATUSES),
        criteria_set(Evaluation.criteria_set_id),
    ),
    period=_years(Evaluation.year),
    record=Record(Evaluation.id, "evaluations", Evaluation.status, Evaluation.year),
)


def _found(outcome: Column) -> tuple[Value, ...]:
    return (
        Count("results", Text("Lượt tiêu chí", "Results")),
        Count("assessed", Text("Đã đánh giá", "Assessed"), outcome.in_(evaluations.ASSESSED)),
        Count("met", Text("Đạt", "Met"), outcome == evaluations.MET),
        Count("not_met", Text("Không đạt", "Not met"), outcome == evaluations.NOT_MET),
        Count(
            "not_assessed",
            Text("Chưa đánh giá", "Not assessed"),
            or_(outcome.is_(None), outcome.not_in(evaluations.ASSESSED)),
        ),
        Ratio("met_rate", Text("Tỷ lệ đạt", "Share met"), "met", "assessed"),
    )


def _criterion_results(outcome: Column) -> Measure:
    """What was found about each criterion, by the value in ``outcome``."""
    return Measure(
        code="criterion_results",
        title=Text("Kết quả theo từng tiêu chí", "Results per criterion"),
        description=Text(
            "Từng tiêu chí của các phiếu đánh giá đã gửi và không bị trả lại. `value` chọn tự đánh giá (self), thẩm"
            " định (verified) hoặc chính thức (final); không nêu thì lấy giá trị mới nhất đã có. Thuộc về ngày gửi"
            " phiếu đánh giá",
            "Each criterion of evaluations handed in and not sent back. `value` takes the self-assessment (self), the"
            " verified or the final value; without it, the latest that stands. A result belongs to the day its"
            " evaluation was submitted",
        ),
        unit_of_count=Text("lượt tiêu chí", "criterion results"),
        source=EvaluationResult.__table__.join(Evaluation.__table__, Evaluation.id == EvaluationResult.evaluation_id),
        counts=evaluations.COUNTS,
        unit_id=EvaluationResult.unit_id,
        path=EvaluationResult.unit_path,
        at=Evaluation.submitted_at,
        values=_found(outcome),
        dimensions=(
            *PLACES,
            year(Evaluation.year),
            words("stage", _STAGE, Evaluation.stage, evaluations.STAGES),
            words("status", _STATUS, Evaluation.status, evaluations.STATUSES),
            criteria_set(Evaluation.criteria_set_id),
            criterion_group(EvaluationResult.criterion_id),
            criterion(EvaluationResult.criterion_id),
        ),
        period=_years(Evaluation.year),
        record=Record(
            *(EvaluationResult.evaluation_id, "evaluations", Evaluation.status, Evaluation.year),
            part=EvaluationResult.criterion_id,
            part_naming=Criterion.__table__,
        ),
        variants={}
        if outcome is not evaluations.OUTCOME
        else {name: _criterion_results(EvaluationResult.__table__.c[f"{name}_outcome"]) for name in evaluations.VALUES},
    )


CRITERION_RESULTS: Final = _criterion_results(evaluations.OUTCOME)


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
        Dimension(
            "campaign",
            Text("Đợt sơ kết", "Campaign"),
            Obligation.campaign_id,
            naming=Naming(Campaign.__table__, {"code": "code", "title": "title"}, order=("window_from", "code")),
        ),
        words("status", _STATUS, Obligation.status, OBLIGATION_STATUSES),
        words("timeliness", Text("Tính đúng hạn", "Timeliness"), timeliness_of(), TIMELINESS),
    ),
    period={
        "year": Obligation.campaign_id.in_(
            select(Campaign.id).where(bindparam("year", type_=Integer) == any_(Campaign.years))
        ),
        "campaign": Obligation.campaign_id == bindparam("campaign"),
    },
    record=Record(Obligation.id, "obligations", Obligation.status),
)

MEASURES: Final[dict[str, Measure]] = {
    measure.code: measure for measure in (REGISTRATIONS, RECOGNITIONS, CRITERION_RESULTS, REPORTS)
}
