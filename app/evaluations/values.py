"""One value of one criterion: what may be entered, what is still missing, what changed. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, NamedTuple, Protocol
from uuid import UUID

from app.criteria.definition import CriterionDef, SetDefinition
from app.criteria.passrule import Outcome, met_by_figure
from app.kernel.errors import FieldError, Text

Side = Literal["self", "verified", "final"]
"""Which of the three values: tự đánh giá, thẩm định, kết quả cuối cùng."""


class Value(NamedTuple):
    """What somebody found about a criterion, who and when. (A tuple: a page of results makes hundreds of them.)"""

    outcome: Outcome
    figure: Decimal | None = None
    reason: str | None = None
    evidence: str | None = None
    by: UUID | None = None
    at: datetime | None = None

    def says_the_same(self, other: "Value | None") -> bool:
        """Whether both say the same, whoever said it."""
        return other is not None and self[:4] == other[:4]


class Result(NamedTuple):
    """The three values of one criterion; None = nothing was entered."""

    self_: Value | None = None
    verified: Value | None = None
    final: Value | None = None

    def get(self, side: Side) -> Value | None:
        """The value of ``side``."""
        return self.self_ if side == "self" else self.verified if side == "verified" else self.final

    def put(self, side: Side, value: Value | None) -> "Result":
        """The same result with another value of ``side``; the other two stay as they are."""
        if side == "self":
            return self._replace(self_=value)
        return self._replace(verified=value) if side == "verified" else self._replace(final=value)


Results = Mapping[UUID, Result]
"""Results by criterion id; a criterion that is absent has nothing entered."""

NOTHING: Final = Result()


class Entered(Protocol):
    """A value as it was sent: the criterion by code or id, and what was found."""

    @property
    def criterion(self) -> str:
        """Code or id of the criterion."""

    @property
    def outcome(self) -> Outcome:
        """What was found."""

    @property
    def figure(self) -> Decimal | None:
        """The figure behind it."""

    @property
    def reason(self) -> str | None:
        """Why it is not met."""

    @property
    def evidence(self) -> str | None:
        """What shows it."""


# (code, refused when, message); {code} is the criterion's
_FIGURE_RULES: Final[tuple[tuple[str, Callable[[CriterionDef, Entered], bool], Text], ...]] = (
    (
        "figure_not_allowed",
        lambda c, e: c.measure == "yes_no" and e.figure is not None,
        Text("{code} chỉ có đạt hoặc không đạt, không có số liệu", "{code} is met or not: it takes no figure"),
    ),
    (
        "figure_required",
        lambda c, e: c.measure != "yes_no" and e.figure is None and e.outcome == "met",
        Text("{code} đạt thì phải có số liệu", "{code} is met by a figure: give it"),
    ),
    (
        "negative",
        lambda c, e: c.measure in {"count", "percentage"} and e.figure is not None and e.figure < 0,
        Text("Số liệu của {code} không được âm", "The figure of {code} cannot be negative"),
    ),
    (
        "above_100",
        lambda c, e: c.measure == "percentage" and e.figure is not None and e.figure > 100,
        Text("Tỷ lệ của {code} không được quá 100%", "The percentage of {code} cannot exceed 100"),
    ),
    (
        "not_whole",
        lambda c, e: c.measure == "count" and e.figure is not None and e.figure != e.figure.to_integral_value(),
        Text("{code} đếm số lượng: số liệu phải là số nguyên", "{code} counts: its figure must be a whole number"),
    ),
)
_CONTRADICTION: Final = Text(
    "{code}: kết quả trái với số liệu {figure} (ngưỡng: {bound} {threshold})",
    "{code}: the outcome contradicts the figure {figure} (threshold: {bound} {threshold})",
)


def _number(figure: Decimal | None) -> str:
    return "-" if figure is None else f"{figure.normalize():f}"


def figure_fault(criterion: CriterionDef, entered: Entered, pointer: str) -> FieldError | None:
    """What is wrong with the figure of ``entered``, or with its outcome in the light of the figure."""
    for code, refused, text in _FIGURE_RULES:
        if refused(criterion, entered):
            return FieldError(f"{pointer}/figure", code, text.fill(code=criterion.code))
    met = met_by_figure(criterion, entered.figure)
    if met is not None and entered.outcome != "not_assessed" and met != (entered.outcome == "met"):
        bound = "<=" if criterion.comparison == "at_most" else ">="
        text = _CONTRADICTION.fill(
            code=criterion.code, figure=_number(entered.figure), bound=bound, threshold=_number(criterion.threshold)
        )
        return FieldError(f"{pointer}/figure", "contradicts_threshold", text)
    return None


def _find(definition: SetDefinition, name: str) -> CriterionDef | None:
    found = definition.by_code.get(name)
    if found is None:
        try:
            found = definition.by_id.get(UUID(name))
        except ValueError:
            return None
    return found


def read_entered(
    definition: SetDefinition, entered: Sequence[Entered], *, reasons: bool = False
) -> tuple[dict[UUID, Value], list[FieldError]]:
    """What was sent as values by criterion, and every fault of it by pointer.

    ``reasons``: a criterion that is not met must say why at once (verification); a draft may say it later.
    """
    values: dict[UUID, Value] = {}
    faults: list[FieldError] = []
    for index, one in enumerate(entered):
        pointer = f"/results/{index}"
        criterion = _find(definition, one.criterion)
        if criterion is None:
            text = Text("Bộ {set} không có tiêu chí {code}", "The set {set} has no criterion {code}")
            text = text.fill(set=definition.code, code=one.criterion)
            faults.append(FieldError(f"{pointer}/criterion", "unknown_criterion", text))
            continue
        if criterion.id in values:
            text = Text("Tiêu chí {code} được nêu hai lần", "The criterion {code} is given twice")
            faults.append(FieldError(f"{pointer}/criterion", "duplicate", text.fill(code=criterion.code)))
            continue
        fault = figure_fault(criterion, one, pointer)
        if fault is not None:
            faults.append(fault)
        if reasons and one.outcome == "not_met" and one.reason is None:
            faults.append(_reason_fault(criterion, f"{pointer}/reason", "body"))
        values[criterion.id] = Value(one.outcome, one.figure, one.reason, one.evidence)
    return values, faults


def _reason_fault(criterion: CriterionDef, pointer: str, where: Literal["body", "resource"]) -> FieldError:
    text = Text("{code} không đạt: phải nêu lý do không đạt", "{code} is not met: state the reason")
    return FieldError(pointer, "reason_required", text.fill(code=criterion.code), where)


def missing(definition: SetDefinition, results: Results, side: Side) -> list[FieldError]:
    """Every place that keeps the values of ``side`` from being complete, as pointers into the resource.

    A required criterion must be assessed, one that is not met must say why, and one that is met must show its evidence
    where the set demands it (asked of the self-assessment only: whoever verifies has seen it).
    """
    faults: list[FieldError] = []
    for index, criterion in enumerate(definition.criteria):
        value = results.get(criterion.id, NOTHING).get(side)
        pointer = f"/results/{index}/{side}"
        if value is None or value.outcome == "not_assessed":
            if criterion.required:
                text = Text("{code} là tiêu chí bắt buộc, chưa được đánh giá", "{code} is required and not assessed")
                text = text.fill(code=criterion.code)
                faults.append(FieldError(f"{pointer}/outcome", "not_assessed", text, "resource"))
        elif value.outcome == "not_met":
            if value.reason is None:
                faults.append(_reason_fault(criterion, f"{pointer}/reason", "resource"))
        elif side == "self" and criterion.evidence_needed and value.evidence is None:
            text = Text("{code} cần có minh chứng", "{code} needs evidence").fill(code=criterion.code)
            faults.append(FieldError(f"{pointer}/evidence", "evidence_required", text, "resource"))
    return faults


def outcomes(results: Results, side: Side) -> dict[UUID, Outcome]:
    """The outcomes of ``side``, as the pass rule takes them."""
    found = {key: result.get(side) for key, result in results.items()}
    return {key: value.outcome for key, value in found.items() if value is not None}


def not_met(definition: SetDefinition, results: Results, side: Side) -> list[str]:
    """Codes of the criteria that are not met by ``side``, in the order of the set."""
    found = outcomes(results, side)
    return [criterion.code for criterion in definition.criteria if found.get(criterion.id) != "met"]


def apply(results: Results, side: Side, values: Mapping[UUID, Value | None]) -> dict[UUID, Result]:
    """``results`` with ``values`` put on ``side``."""
    return {**results, **{key: results.get(key, NOTHING).put(side, value) for key, value in values.items()}}


def differences(results: Results, side: Side, wanted: Mapping[UUID, Value | None]) -> dict[UUID, Value | None]:
    """Those of ``wanted`` that differ from what stands: an unchanged value keeps its author and instant."""
    found: dict[UUID, Value | None] = {}
    for key, value in wanted.items():
        stands = results.get(key, NOTHING).get(side)
        if stands is not value and not (value is not None and value.says_the_same(stands)):
            found[key] = value
    return found


def unconfirmed(results: Results) -> Iterable[UUID]:
    """Criteria that were assessed and not judged by the verifier: verifying confirms them as they are."""
    return (key for key, result in results.items() if result.verified is None and result.self_ is not None)


def emptied(results: Results) -> dict[UUID, Value | None]:
    """What becomes of the self-assessed values that are left out of a new self-assessment: not entered.

    Where a verifier has judged the criterion, "not assessed" stands in its place, so that the change keeps its instant
    and the judgement can be seen to be older.
    """
    judged = {key for key, result in results.items() if result.verified is not None and result.self_ is not None}
    return {key: Value("not_assessed") if key in judged else None for key in results}


def outdated(results: Results) -> list[UUID]:
    """Criteria judged by a verifier before the unit changed its own value: they must be judged anew."""
    return [
        key
        for key, result in results.items()
        if result.verified is not None
        and result.self_ is not None
        and result.verified.at is not None
        and result.self_.at is not None
        and result.self_.at > result.verified.at
    ]
