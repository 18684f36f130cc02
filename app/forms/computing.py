"""Columns computed of other columns of the same row. Pure; in totals of the sums, never of other rows' results."""

from collections.abc import Sequence

from app.forms.answers import Value
from app.forms.definition import ComputedDef


def computed(declared: ComputedDef, parts: Sequence[Value]) -> Value:
    """The value of ``declared`` made of ``parts``; None where one is unknown or where it would divide by 0."""
    numbers = [part for part in parts if isinstance(part, int | float)]
    if len(numbers) != len(parts):
        return None
    first, *others = numbers
    if declared.operation == "sum":
        return sum(numbers)
    if declared.operation == "difference":
        return _tidy(first - sum(others))
    if others[0] == 0:
        return None
    if declared.operation == "ratio":
        return round(first / others[0], 6)
    return round((first - others[0]) / others[0], 6)


def share(part: Value, whole: Value) -> Value:
    """A ratio of two sums, to six decimals."""
    if not isinstance(part, int | float) or not isinstance(whole, int | float) or whole == 0:
        return None
    return round(part / whole, 6)


def _tidy(value: int | float) -> int | float:
    return round(value, 6) if isinstance(value, float) else value
