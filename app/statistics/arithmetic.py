"""What is computed: additive values are counted and summed, all others made of those sums and never averaged."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Double, Function, Numeric, and_, case, cast, func, literal, or_

from app.statistics.declarations import Additive, Change, Column, Condition, Count, Difference, Measure, Ratio

_DECIMALS = 6


def _rounded(exact: ColumnElement[Any]) -> ColumnElement[Any]:
    return cast(func.round(cast(exact, Numeric), _DECIMALS), Double)


def quotient(part: ColumnElement[Any], whole: ColumnElement[Any]) -> ColumnElement[Any]:
    """A part of a whole, to six decimals; null when there is nothing to divide by."""
    return _rounded(cast(part, Numeric) / func.nullif(whole, 0))


def difference(after: ColumnElement[Any], before: ColumnElement[Any]) -> ColumnElement[Any]:
    """What ``after`` is more than ``before``; null where one of them is."""
    exact = after - before
    return _rounded(exact) if isinstance(after.type, Double) else exact


def change(after: ColumnElement[Any], before: ColumnElement[Any]) -> ColumnElement[Any]:
    """By which fraction ``after`` is more than ``before``; null where ``before`` is 0."""
    return _rounded(cast(after - before, Numeric) / func.nullif(cast(before, Numeric), 0))


def components(measure: Measure, code: str) -> Iterator[str]:
    """The additive values that the value ``code`` is made of."""
    value = measure.value_of[code]
    if isinstance(value, Ratio):
        yield from (value.part, value.whole)
    elif isinstance(value, Difference | Change):
        yield from components(measure, value.after)
        yield from components(measure, value.before)
    else:
        yield code


def made_of(measure: Measure, code: str, sums: Mapping[str, ColumnElement[Any]]) -> ColumnElement[Any]:
    """The value ``code`` made of the sums of its components."""
    value = measure.value_of[code]
    if isinstance(value, Ratio):
        return quotient(sums[value.part], sums[value.whole])
    if isinstance(value, Difference | Change):
        after, before = (made_of(measure, part, sums) for part in (value.after, value.before))
        return difference(after, before) if isinstance(value, Difference) else change(after, before)
    return sums[code]


def aggregate(value: Additive, narrowed: list[Condition]) -> ColumnElement[Any]:
    """``value`` over a group of records, of those that fulfil ``narrowed`` besides; a sum over none is null."""
    wanted = [*narrowed, *(() if value.counts is None else (value.counts,))]
    if isinstance(value, Count):
        return func.count().filter(and_(*wanted)) if wanted else func.count()
    total: Function[Any] = func.sum(value.column)
    return total.filter(and_(*wanted)) if wanted else total


def share_of(measure: Measure, code: str) -> tuple[Condition | None, Column]:
    """Which records the listed value ``code`` counts (None = all), and what each adds to it."""
    value = measure.listed_of[code]
    if isinstance(value, Count):
        return value.counts, literal(1)
    if isinstance(value, Difference):
        (counted, after), (counted_before, before) = (share_of(measure, part) for part in (value.after, value.before))
        added, taken = (
            amount if condition is None else case((condition, amount), else_=0)
            for condition, amount in ((counted, after), (counted_before, before))
        )
        either = None if counted is None or counted_before is None else or_(counted, counted_before)
        return either, cast(added - taken, BigInteger)
    given = value.column.is_not(None)
    return given if value.counts is None else and_(value.counts, given), cast(value.column, BigInteger)
