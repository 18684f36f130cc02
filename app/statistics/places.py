"""Where the units of records stand: in today's tree, in the tree of the record's own day, or in that of one date.

A tree brings what it needs of the record into the statement (``attach``), finds the place of each unit from that
(``locate``), and knows the units of a level by their paths (``ancestors``): paths are matched once for each place,
never for each record. A unit that has ended counts under its successor, beneath which it hangs in today's tree.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    union,
    union_all,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.access.actor import LABEL_WIDTH
from app.kernel.db import AnySelect
from app.statistics.declarations import Column, Measure
from app.statistics.past import ended_apart, ended_facts, held
from app.units.models import Unit, UnitFact
from app.units.upward import is_above

_TODAY: Final = bindparam("today", type_=Date)
_DAY: Final = bindparam("day", type_=Date)
_WIDTH: Final[ColumnElement[int]] = literal_column(str(LABEL_WIDTH))


@dataclass(frozen=True, slots=True)
class Located:
    """Rows with the places of their units; the last three only where details were asked for."""

    rows: FromClause
    path: Column
    unit: Column | None = None
    kind: Column | None = None
    level: Column | None = None


@dataclass(frozen=True, slots=True)
class Names:
    """How units are called: ``rows`` joined to what they name, and the columns that name them."""

    rows: FromClause
    code: Column
    name: Column
    order: Column


class Tree(Protocol):
    """One structure. An instance belongs to one statement."""

    def attach(self, measure: Measure, *, details: bool) -> tuple[FromClause, dict[str, Column]]:
        """The measure's source with what placing takes, and the columns of the record that :meth:`locate` needs."""

    def describe(self, measure: Measure) -> tuple[FromClause, dict[str, Column]]:
        """Where only kind and level of the record's unit are asked: the source with what tells them, and both."""

    def locate(self, rows: CTE, *, details: bool) -> Located:
        """``rows``, which hold the columns of :meth:`attach`, with the place of each unit."""

    def ancestors(self, level: str) -> AnySelect:
        """Every unit of ``level`` as ``path`` and ``unit_id``."""

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """``rows`` with the names of the units in ``unit_id``."""


def _standing(unit: Any) -> ColumnElement[bool]:
    return or_(unit.ended_on.is_(None), unit.ended_on > _TODAY)


def _in_force(fact: Any) -> ColumnElement[bool]:
    return and_(fact.valid_from <= _DAY, or_(fact.valid_to.is_(None), fact.valid_to > _DAY))


def _now_named(rows: FromClause, unit_id: Column) -> Names:
    unit = aliased(Unit)
    return Names(rows.outerjoin(unit, unit.id == unit_id), unit.code, unit.name, unit.sort_key)


class Current:
    """Today's tree."""

    def attach(self, measure: Measure, *, details: bool) -> tuple[FromClause, dict[str, Column]]:
        """The record's own copy of its unit's path is that place."""
        return measure.source, {"unit_id": measure.unit_id} if details else {"path": measure.path}

    def describe(self, measure: Measure) -> tuple[FromClause, dict[str, Column]]:
        """As it is today, or was when it ended."""
        unit = aliased(Unit)
        source = measure.source.join(unit, unit.id == measure.unit_id)
        return source, {"unit_kind": unit.kind, "level": unit.level}

    def locate(self, rows: CTE, *, details: bool) -> Located:
        """A unit that has ended is shown as the nearest one above it that stands: its successor."""
        if not details:
            return Located(rows, rows.c.path)
        unit, bearer = aliased(Unit), aliased(Unit)
        nearest = (
            select(bearer.id)
            .where(is_above(bearer.path, unit.path), _standing(bearer))
            .order_by(func.length(bearer.path).desc())
            .limit(1)
            .correlate(unit)
            .scalar_subquery()
        )
        shown = case((_standing(unit), unit.id), else_=func.coalesce(nearest, unit.id))
        return Located(rows.join(unit, unit.id == rows.c.unit_id), unit.path, shown, unit.kind, unit.level)

    def ancestors(self, level: str) -> AnySelect:
        """Those that stand; of an ended unit and its successor, that is the successor."""
        return select(Unit.path, Unit.id.label("unit_id")).where(Unit.level == level, _standing(Unit))

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """As they are called today."""
        return _now_named(rows, unit_id)


@dataclass(frozen=True, slots=True)
class AsRecorded:
    """The tree that was in force on the day of each record."""

    past: CTE = field(default_factory=ended_facts)

    def attach(self, measure: Measure, *, details: bool) -> tuple[FromClause, dict[str, Column]]:
        """The past place in which the unit was at the record's instant, where it was in one."""
        past = self.past
        source = measure.source.outerjoin(past, held(past, measure))
        if details:
            return source, {"unit_id": measure.unit_id, "fact_id": past.c.id}
        return source, {"path": func.coalesce(past.c.path, measure.path)}

    def describe(self, measure: Measure) -> tuple[FromClause, dict[str, Column]]:
        """As it was at the record's instant."""
        unit, past = aliased(Unit), ended_apart()
        source = measure.source.outerjoin(past, held(past, measure)).join(unit, unit.id == measure.unit_id)
        kind, level = (func.coalesce(past.c[name], getattr(unit, name)) for name in ("kind", "level"))
        return source, {"unit_kind": kind, "level": level}

    def locate(self, rows: CTE, *, details: bool) -> Located:
        """The unit itself, with what was true of it."""
        if not details:
            return Located(rows, rows.c.path)
        unit, past = aliased(Unit), self.past.alias("past_place")
        placed = rows.join(unit, unit.id == rows.c.unit_id).outerjoin(past, past.c.id == rows.c.fact_id)
        path, kind, level = (func.coalesce(past.c[name], getattr(unit, name)) for name in ("path", "kind", "level"))
        return Located(placed, path, unit.id, kind, level)

    def ancestors(self, level: str) -> AnySelect:
        """Those of today and of the past. A path never changes its meaning, since labels are never given twice."""
        now = select(Unit.path, Unit.id.label("unit_id")).where(Unit.level == level)
        then = select(UnitFact.path, UnitFact.unit_id).where(UnitFact.level == level, UnitFact.valid_to.is_not(None))
        both = union(now, then).subquery()
        return select(both.c.path, both.c.unit_id)

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """As they are called today, or were called last."""
        return _now_named(rows, unit_id)


def _on_day() -> CTE:
    """Each unit of the subtree with its place on the day; one that was not there, with that of the nearest above it.

    The nearest is found for all of them at once, and nothing depends on how many they seem to be: asked one by one, a
    reorganised nation takes minutes.
    """
    unit, fact, bearer, place = aliased(Unit), aliased(UnitFact), aliased(Unit), aliased(UnitFact)
    beneath = (unit.path >= bindparam("path_from"), unit.path < bindparam("path_to"))
    there = (
        select(unit.id.label("unit_id"), fact.path, fact.unit_id.label("shown"), fact.kind, fact.level)
        .select_from(unit)
        .join(fact, fact.unit_id == unit.id)
        .where(*beneath, _in_force(fact))
    )
    widths = func.generate_series(_WIDTH, func.length(unit.path), _WIDTH).table_valued("width").render_derived("above")
    shown = (
        *(unit.id.label("unit_id"), func.coalesce(place.path, unit.path).label("path")),
        *(func.coalesce(place.unit_id, unit.id).label("shown"), unit.kind, unit.level),
    )
    borne = (
        select(*shown)
        .select_from(unit)
        .join(widths, true())
        .join(bearer, bearer.path == func.left(unit.path, widths.c.width))
        .outerjoin(place, and_(place.unit_id == bearer.id, _in_force(place)))
        .where(*beneath, ~exists().where(fact.unit_id == unit.id, _in_force(fact)))
        .ext(distinct_on(unit.id))
        .order_by(unit.id, place.id.is_(None), widths.c.width.desc())
    )
    return union_all(there, select(borne.subquery("borne"))).cte("on_day")


@dataclass(frozen=True, slots=True)
class OnDate:
    """The tree of the date bound to ``day``."""

    then: CTE = field(default_factory=_on_day)

    def attach(self, measure: Measure, *, details: bool) -> tuple[FromClause, dict[str, Column]]:  # noqa: ARG002
        """Which unit it is."""
        return measure.source, {"unit_id": measure.unit_id}

    def describe(self, measure: Measure) -> tuple[FromClause, dict[str, Column]]:
        """As it, or the one that bears it, was on the day."""
        then = self.then
        source = measure.source.join(then, then.c.unit_id == measure.unit_id)
        return source, {"unit_kind": then.c.kind, "level": then.c.level}

    def locate(self, rows: CTE, *, details: bool) -> Located:  # noqa: ARG002
        """Where that unit, or the one that bears it, was on the day."""
        then = self.then
        found = rows.join(then, then.c.unit_id == rows.c.unit_id)
        return Located(found, then.c.path, then.c.shown, then.c.kind, then.c.level)

    def ancestors(self, level: str) -> AnySelect:
        """Those of the day."""
        return select(UnitFact.path, UnitFact.unit_id).where(UnitFact.level == level, _in_force(UnitFact))

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """As they were called on the day."""
        unit, fact = aliased(Unit), aliased(UnitFact)
        joined = rows.outerjoin(unit, unit.id == unit_id).outerjoin(
            fact, and_(fact.unit_id == unit_id, _in_force(fact))
        )
        code, name, order = (
            func.coalesce(getattr(fact, name), getattr(unit, name)) for name in ("code", "name", "sort_key")
        )
        return Names(joined, code, name, order)


TREES: Final[dict[str, type[Current] | type[AsRecorded] | type[OnDate]]] = {
    "current": Current,
    "as_recorded": AsRecorded,
    "on_date": OnDate,
}


def above(placed: CTE, ancestors: AnySelect, name: str) -> CTE:
    """The unit of one level above each place of ``placed`` (or the place itself), as ``path`` and ``unit_id``.

    Of two at one level, which only an ended unit under its successor makes, the upper one.
    """
    known = ancestors.cte(f"{name}_units")
    places = select(placed.c.path).distinct().subquery()
    widths = select(func.length(known.c.path).label("width")).distinct().subquery()
    return (
        select(places.c.path, known.c.unit_id)
        .select_from(
            places.join(widths, widths.c.width <= func.length(places.c.path)).join(
                known, known.c.path == func.left(places.c.path, widths.c.width)
            )
        )
        .ext(distinct_on(places.c.path))
        .order_by(places.c.path, widths.c.width)
        .cte(f"{name}_above")
    )
