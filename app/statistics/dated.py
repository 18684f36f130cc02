"""The tree of one date, bound to ``day``: where each unit stood then, or the nearest above it that did."""

from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    String,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app.access.actor import LABEL_WIDTH
from app.statistics.subtree import inside
from app.units import spans
from app.units.models import Unit, UnitFact
from app.units.upward import is_above

_DAY: Final = bindparam("day", type_=Date)
_WIDTH: Final[ColumnElement[int]] = literal_column(str(LABEL_WIDTH))


def in_force(fact: Any) -> ColumnElement[bool]:
    """``fact`` was true on the day."""
    return spans.in_force(fact, _DAY)


def _there() -> CTE:
    """What stood on the day, of the subtree asked about and above it; ``at`` is where it stands in today's tree."""
    unit, fact = aliased(Unit), aliased(UnitFact)
    return (
        select(unit.path.label("at"), fact.path, fact.unit_id, fact.kind, fact.level)
        .join(fact, fact.unit_id == unit.id)
        .where(or_(inside(unit.path), is_above(unit.path, bindparam("path_from", type_=String))), in_force(fact))
        .cte("there")
        .prefix_with("MATERIALIZED")
    )


def on_day(rows: CTE | None = None) -> CTE:
    """The units of ``rows`` (their ``unit_id``), or all of the subtree asked about, with their place on the day.

    One that was not there has the place of the nearest above it in today's tree that was: ``shown`` says which. All
    climb together, a level at a time, and only those that have not arrived: asked one by one, a reorganised nation
    takes minutes; with all units above each at once, ten times as many rows.
    """
    there, unit = _there(), aliased(Unit)
    own = (unit.path.label("own"), unit.kind, unit.level)
    asked = select(unit.id.label("unit_id"), unit.path.label("at"), *own)
    if rows is None:
        asked = asked.where(inside(unit.path))
    else:
        units = select(rows.c.unit_id).distinct().subquery("asked")
        asked = asked.join(units, units.c.unit_id == unit.id)
    climb = asked.cte("climb", recursive=True)
    arrived = exists().where(there.c.at == climb.c.at)
    carried = (climb.c[name] for name in ("own", "kind", "level"))
    higher = select(climb.c.unit_id, func.left(climb.c.at, -_WIDTH), *carried)
    climb = climb.union_all(higher.where(func.length(climb.c.at) > _WIDTH, ~arrived))
    itself = there.c.unit_id == climb.c.unit_id
    return (
        select(
            climb.c.unit_id,
            func.coalesce(there.c.path, climb.c.own).label("path"),
            func.coalesce(there.c.unit_id, climb.c.unit_id).label("shown"),
            *(case((itself, there.c[name]), else_=climb.c[name]).label(name) for name in ("kind", "level")),
        )
        .select_from(climb.outerjoin(there, there.c.at == climb.c.at))
        .where(or_(there.c.at.is_not(None), func.length(climb.c.at) <= _WIDTH))
        .cte("on_day")
    )
