"""Past places of units: where each stood, from which instant until which. What is in none of them is in today's."""

from typing import Any

from sqlalchemy import (
    CTE,
    TIMESTAMP,
    ColumnElement,
    FromClause,
    Subquery,
    and_,
    cast,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.statistics.declarations import Measure
from app.statistics.subtree import inside
from app.units.models import Unit, UnitFact


def start_of(day: Any) -> ColumnElement[Any]:
    """The first instant of ``day`` in Asia/Ho_Chi_Minh."""
    return func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), cast(day, TIMESTAMP), type_=TIMESTAMP(timezone=True))


def ended_facts() -> CTE:
    """Past places of the subtree's units with the span of instants for which each holds; the first has no beginning.

    What is not in a past place is in today's: the open fact of a unit that stands has the path of today's tree.
    """
    since = func.lag(UnitFact.valid_to).over(partition_by=UnitFact.unit_id, order_by=UnitFact.valid_to)
    return (
        select(
            *(UnitFact.id, UnitFact.unit_id, UnitFact.path, UnitFact.kind, UnitFact.level),
            start_of(since).label("since"),
            start_of(UnitFact.valid_to).label("until"),
        )
        .join(Unit, Unit.id == UnitFact.unit_id)
        .where(UnitFact.valid_to.is_not(None))
        .where(inside(Unit.path))
        .cte("ended_facts")
    )


def ended_apart() -> Subquery:
    """The same for a statement that asks it once of each record: told without a window over all rows, which would keep
    PostgreSQL from counting the records in several processes."""
    before = aliased(UnitFact)
    since = (
        select(func.max(before.valid_to))
        .where(before.unit_id == UnitFact.unit_id, before.valid_to < UnitFact.valid_to)
        .correlate(UnitFact)
        .scalar_subquery()
    )
    return (
        select(
            *(UnitFact.unit_id, UnitFact.kind, UnitFact.level),
            start_of(since).label("since"),
            start_of(UnitFact.valid_to).label("until"),
        )
        .where(UnitFact.valid_to.is_not(None))
        .subquery("ended")
    )


def held(past: FromClause, measure: Measure) -> ColumnElement[bool]:
    """``past`` is where the unit of a record of ``measure`` stood at the record's instant."""
    at, c = measure.at, past.c
    return and_(c.unit_id == measure.unit_id, at < c.until, or_(c.since.is_(None), at >= c.since))
