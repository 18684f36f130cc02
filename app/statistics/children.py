"""The unit directly below the one asked about, whatever levels the tree has between them: a row for each child."""

from typing import Any, Final

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    String,
    Subquery,
    Uuid,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.actor import LABEL_WIDTH
from app.statistics.declarations import Column
from app.units.models import Unit
from app.units.spans import standing
from app.units.upward import label_of

_LABEL = bindparam("asked_label", type_=String)
_DEPTH = bindparam("asked_depth", type_=Integer)
_ASKED = bindparam("asked", type_=Uuid)
_TODAY = bindparam("today", type_=Date)
_WIDTH: Final = literal_column(str(LABEL_WIDTH), Integer)


def bindings(path: str) -> dict[str, object]:
    """What this module binds, of the path of the unit asked about."""
    depth = len(path) - LABEL_WIDTH
    return {"asked_label": path[-LABEL_WIDTH:], "asked_depth": depth, "child_width": depth + LABEL_WIDTH * 2}


def cut_below(path: Column) -> ColumnElement[str]:
    """``path`` cut below the unit asked about: that of the unit directly below it, or its own."""
    return func.left(path, bindparam("child_width", type_=Integer))


def known_below() -> Subquery:
    """The units directly below the one asked about and itself, as ``path`` and ``unit_id``, in today's tree."""
    return (
        select(Unit.path, Unit.id.label("unit_id")).where(or_(Unit.parent_id == _ASKED, Unit.id == _ASKED)).subquery()
    )


def directly_below(placed: CTE, *, today: bool) -> CTE:
    """For each place of ``placed``, as ``path``: the unit directly below the one asked about, as ``unit_id``.

    The places at the unit itself are its own. In a tree of another time it may stand elsewhere: its label, which is
    given once for all times, says where; a tree that does not have it is cut at the depth where it stands today. In
    today's tree (``today``) what has ended, and hangs below its successor, is the successor's own.
    """
    unit = aliased(Unit)
    places = select(placed.c.path).distinct().subquery()
    before = func.coalesce(func.nullif(func.strpos(places.c.path, _LABEL), 0) - 1, _DEPTH)
    cut = func.left(places.c.path, before + _WIDTH * 2)
    label = label_of(func.substr(func.right(cut, _WIDTH), 1, _WIDTH - 1))
    found: ColumnElement[Any] | InstrumentedAttribute[Any] = unit.id
    if today:
        found = case((standing(unit, _TODAY), unit.id), else_=_ASKED)
    return (
        select(places.c.path, found.label("unit_id")).select_from(places.join(unit, unit.label == label)).cte("child")
    )
