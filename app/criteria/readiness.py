"""What a draft still lacks before it may be published. Pure."""

from collections.abc import Iterator

from app.criteria.document import criteria_of
from app.criteria.schemas import CriteriaSetBody, CriterionIn
from app.kernel.errors import FieldError, Text

_EMPTY = Text("Bộ tiêu chí chưa có tiêu chí nào", "The set has no criteria")
_KINDS = Text("Nêu ít nhất một loại đơn vị áp dụng", "Name at least one kind of unit that the set is for")
_TITLE = Text("Tiêu chí {code} chưa có tên", "The criterion {code} has no title")
_COMPARISON = Text("Ngưỡng cần đi kèm cách so sánh (comparison)", "A threshold needs its comparison")
_THRESHOLD = Text("Cách so sánh cần đi kèm ngưỡng (threshold)", "A comparison needs its threshold")
_YES_NO = Text("Tiêu chí có/không thì không có ngưỡng", "A yes/no criterion has no threshold")
_PERCENT = Text("Tỷ lệ phần trăm phải từ 0 đến 100", "A percentage lies between 0 and 100")
_WHOLE = Text("Số đếm phải là số nguyên không âm", "A count is a whole number, not negative")
_MINIMUM = Text("Quy tắc này cần mức tối thiểu (minimum)", "This rule needs its minimum")
_NO_MINIMUM = Text("Quy tắc all_required không có mức tối thiểu", "The rule all_required has no minimum")
_REACHABLE = Text("Nhiều nhất chỉ đạt được {most}", "No more than {most} can be reached")
_NONE_REQUIRED = Text(
    "Quy tắc all_required cần ít nhất một tiêu chí bắt buộc", "The rule all_required needs a required criterion"
)


def faults(body: CriteriaSetBody) -> list[FieldError]:
    """What keeps ``body`` from being published, each with the pointer into the set."""
    found = [*_of_rule(body)]
    if not body.applies_to_kinds:
        found.append(_fault("/applies_to_kinds", "empty", _KINDS))
    for criterion, place in criteria_of(body.groups):
        found += [_fault(f"{place.pointer}/{name}", code, text) for name, code, text in _of_criterion(criterion)]
    return found


def _fault(pointer: str, code: str, text: Text) -> FieldError:
    return FieldError(pointer, code, text, "resource")


def _of_criterion(criterion: CriterionIn) -> Iterator[tuple[str, str, Text]]:
    threshold = criterion.threshold
    if not criterion.title:
        yield "title", "missing", _TITLE.fill(code=criterion.code)
    if threshold is None:
        if criterion.comparison is not None:
            yield "threshold", "missing", _THRESHOLD
        return
    if criterion.measure == "yes_no":
        yield "threshold", "no_threshold", _YES_NO
        return
    if criterion.comparison is None:
        yield "comparison", "missing", _COMPARISON
    if criterion.measure == "percentage" and not 0 <= threshold <= 100:
        yield "threshold", "percentage", _PERCENT
    if criterion.measure == "count" and (threshold < 0 or threshold != threshold.to_integral_value()):
        yield "threshold", "count", _WHOLE


def _of_rule(body: CriteriaSetBody) -> Iterator[FieldError]:
    criteria = [criterion for criterion, _ in criteria_of(body.groups)]
    if not criteria:
        yield _fault("/groups", "empty", _EMPTY)
        return
    rule = body.pass_rule
    if rule.kind == "all_required":
        if rule.minimum is not None:
            yield _fault("/pass_rule/minimum", "no_minimum", _NO_MINIMUM)
        if not any(criterion.required for criterion in criteria):
            yield _fault("/pass_rule/kind", "none_required", _NONE_REQUIRED)
    elif not rule.minimum:
        yield _fault("/pass_rule/minimum", "missing", _MINIMUM)
    else:
        most = len(criteria) if rule.kind == "minimum_met" else sum(criterion.weight for criterion in criteria)
        if rule.minimum > most:
            yield _fault("/pass_rule/minimum", "unreachable", _REACHABLE.fill(most=f"{most:g}"))
