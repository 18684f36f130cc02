"""Criteria: what was found about each and why it was not met, and how often verification changes it."""

from typing import Final

from sqlalchemy import and_, or_

from app.criteria.models import Criterion
from app.evaluations import models as evaluations
from app.evaluations.models import Evaluation, EvaluationResult
from app.kernel.errors import Text
from app.statistics.declarations import Column, Count, Dimension, Measure, Ratio, Record, Value
from app.statistics.dimensions import PLACES, criteria_set, criterion, criterion_group, lasting_criterion, words, year
from app.statistics.folding import folded_key
from app.statistics.measures.periods import STAGE, STATUS, years

_RESULTS: Final = EvaluationResult.__table__.join(Evaluation.__table__, Evaluation.id == EvaluationResult.evaluation_id)
_DIMENSIONS: Final = (
    *PLACES,
    year(Evaluation.year),
    words("stage", STAGE, Evaluation.stage, evaluations.STAGES),
    words("status", STATUS, Evaluation.status, evaluations.STATUSES),
    criteria_set(Evaluation.criteria_set_id),
    criterion_group(EvaluationResult.criterion_id),
    criterion(EvaluationResult.criterion_id),
    lasting_criterion(EvaluationResult.criterion_id),
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


def _criterion_results(outcome: Column, reason: Column) -> Measure:
    """What was found about each criterion, by the value in ``outcome``, and why it was not met."""
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
        source=_RESULTS,
        counts=evaluations.COUNTS,
        unit_id=Evaluation.unit_id,
        path=Evaluation.unit_path,
        at=Evaluation.submitted_at,
        values=_found(outcome),
        dimensions=(
            *_DIMENSIONS,
            Dimension("reason", Text("Lý do không đạt", "Reason"), reason, merged=folded_key),
        ),
        period=years(Evaluation.year),
        record=Record(
            *(EvaluationResult.evaluation_id, "evaluations", Evaluation.version, Evaluation.status, Evaluation.year),
            part=EvaluationResult.criterion_id,
            part_naming=Criterion.__table__,
        ),
        variants={}
        if outcome is not evaluations.OUTCOME
        else {
            name: _criterion_results(EvaluationResult.__table__.c[f"{name}_outcome"], evaluations.reason_not_met(name))
            for name in evaluations.VALUES
        },
    )


CRITERION_RESULTS: Final = _criterion_results(evaluations.OUTCOME, evaluations.REASON)

VERIFICATION: Final = Measure(
    code="verification",
    title=Text("Tự đánh giá so với thẩm định", "Self-assessed against verified values"),
    description=Text(
        "Từng tiêu chí đã được thẩm định của các phiếu đánh giá đang có hiệu lực, khi cả tự đánh giá và thẩm định đều"
        " kết luận đạt hoặc không đạt. Thuộc về ngày gửi phiếu đánh giá",
        "Each verified criterion of evaluations that stand, where both the self-assessment and the verification say met"
        " or not met. A result belongs to the day its evaluation was submitted",
    ),
    unit_of_count=Text("lượt tiêu chí", "criterion results"),
    source=_RESULTS,
    counts=and_(evaluations.VERIFIED, evaluations.COMPARED),
    unit_id=Evaluation.unit_id,
    path=Evaluation.unit_path,
    at=Evaluation.submitted_at,
    values=(
        Count("compared", Text("Đã đối chiếu", "Compared")),
        Count("agreed", Text("Giữ nguyên", "Agreed"), evaluations.AGREED),
        Count("changed", Text("Bị sửa", "Changed"), or_(evaluations.RAISED, evaluations.LOWERED)),
        Count("raised", Text("Nâng từ không đạt lên đạt", "Raised from not met to met"), evaluations.RAISED),
        Count("lowered", Text("Hạ từ đạt xuống không đạt", "Lowered from met to not met"), evaluations.LOWERED),
        Ratio("changed_rate", Text("Tỷ lệ bị sửa", "Share changed"), "changed", "compared"),
        Ratio("lowered_rate", Text("Tỷ lệ bị hạ", "Share lowered"), "lowered", "compared"),
    ),
    dimensions=_DIMENSIONS,
    period=years(Evaluation.year),
    record=Record(
        *(EvaluationResult.evaluation_id, "evaluations", Evaluation.version, Evaluation.status, Evaluation.year),
        part=EvaluationResult.criterion_id,
        part_naming=Criterion.__table__,
    ),
)
