"""Where the units of records stand: in today's tree, in the tree of the record's own day, or in that of one date.

A tree brings what it needs of the record into the statement (``attach``), finds the place of each unit from that
(``locate``), and knows the units of a level by their paths (``ancestors``): paths are matched once for each place,
never for each record. A unit that has ended counts under its successor, beneath which it hangs in today's tree.
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    FromClause,
    and_,
    bindparam,
    case,
    func,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from app.kernel.db import AnySelect
from app.statistics.dated import in_force, on_day
from app.statistics.declarations import Column, Measure
from app.statistics.past import ended_apart, ended_facts, held
from app.units.models import Unit, UnitFact
from app.units.spans import standing
from app.units.upward import is_above, label_of

_FEW: Final = frozenset({"central", "province"})
"""Levels of which even the nation has few units."""
_TODAY: Final = bindparam("today", type_=Date)


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

    def ancestors(self, level: str, labels: CTE | None) -> AnySelect:
        """Every unit of ``level`` whose label is in ``labels`` (none = all), as ``path`` and ``unit_id``."""

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """``rows`` with the names of the units in ``unit_id``."""


def _named(labels: CTE | None) -> ColumnElement[bool]:
    """The unit's label is one of ``labels``."""
    return true() if labels is None else Unit.label.in_(select(labels.c.label))


def _of_named(labels: CTE | None) -> ColumnElement[bool]:
    """The fact's unit is: by the unit, whose label is indexed."""
    return true() if labels is None else UnitFact.unit_id.in_(select(Unit.id).where(_named(labels)))


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
            .where(is_above(bearer.path, unit.path), standing(bearer, _TODAY))
            .order_by(func.length(bearer.path).desc())
            .limit(1)
            .correlate(unit)
            .scalar_subquery()
        )
        shown = case((standing(unit, _TODAY), unit.id), else_=func.coalesce(nearest, unit.id))
        return Located(rows.join(unit, unit.id == rows.c.unit_id), unit.path, shown, unit.kind, unit.level)

    def ancestors(self, level: str, labels: CTE | None) -> AnySelect:
        """Those that stand; of an ended unit and its successor, that is the successor."""
        return select(Unit.path, Unit.id.label("unit_id")).where(
            Unit.level == level, standing(Unit, _TODAY), _named(labels)
        )

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

    def ancestors(self, level: str, labels: CTE | None) -> AnySelect:
        """Those of today and of the past. A path never changes its meaning, since labels are never given twice."""
        now = select(Unit.path, Unit.id.label("unit_id")).where(Unit.level == level, _named(labels))
        ended = (UnitFact.level == level, UnitFact.valid_to.is_not(None))
        then = select(UnitFact.path, UnitFact.unit_id).where(*ended, _of_named(labels))
        both = union(now, then).subquery()
        return select(both.c.path, both.c.unit_id)

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """As they are called today, or were called last."""
        return _now_named(rows, unit_id)


@dataclass(frozen=True, slots=True)
class OnDate:
    """The tree of the date bound to ``day``."""

    def attach(self, measure: Measure, *, details: bool) -> tuple[FromClause, dict[str, Column]]:  # noqa: ARG002
        """Which unit it is."""
        return measure.source, {"unit_id": measure.unit_id}

    def describe(self, measure: Measure) -> tuple[FromClause, dict[str, Column]]:
        """As it, or the one that bears it, was on the day."""
        then = on_day()
        source = measure.source.join(then, then.c.unit_id == measure.unit_id)
        return source, {"unit_kind": then.c.kind, "level": then.c.level}

    def locate(self, rows: CTE, *, details: bool) -> Located:  # noqa: ARG002
        """Where that unit, or the one that bears it, was on the day."""
        then = on_day(rows)
        found = rows.join(then, then.c.unit_id == rows.c.unit_id)
        return Located(found, then.c.path, then.c.shown, then.c.kind, then.c.level)

    def ancestors(self, level: str, labels: CTE | None) -> AnySelect:
        """Those of the day."""
        there = (UnitFact.level == level, in_force(UnitFact))
        return select(UnitFact.path, UnitFact.unit_id).where(*there, _of_named(labels))

    def named(self, rows: FromClause, unit_id: Column) -> Names:
        """As they were called on the day."""
        unit, fact = aliased(Unit), aliased(UnitFact)
        joined = rows.outerjoin(unit, unit.id == unit_id).outerjoin(fact, and_(fact.unit_id == unit_id, in_force(fact)))
        code, name, order = (
            func.coalesce(getattr(fact, name), getattr(unit, name)) for name in ("code", "name", "sort_key")
        )
        return Names(joined, code, name, order)


TREES: Final[dict[str, type[Current] | type[AsRecorded] | type[OnDate]]] = {
    "current": Current,
    "as_recorded": AsRecorded,
    "on_date": OnDate,
}


def _labels(places: FromClause, level: str) -> CTE:
    """Every label in ``places``: those of the units above each, and of the unit there."""
    # Of an array PostgreSQL expects ten members, of a series a thousand.
    labels = func.unnest(func.string_to_array(func.rtrim(places.c.path, "."), ".")).table_valued("label")
    label = labels.render_derived("labels")
    return (
        select(label_of(label.c.label).label("label"))
        .select_from(places.join(label, true()))
        .distinct()
        .cte(f"{level}_labels")
    )


def above(placed: CTE, tree: Tree, level: str) -> CTE:
    """The unit of ``level`` above each place of ``placed`` (or the place itself), as ``path`` and ``unit_id``.

    Of two at one level, which only an ended unit under its successor makes, the upper one.
    """
    places = select(placed.c.path).distinct().subquery()
    # Those of a low level are many, of which a province has few; the labels of a nation's places are as many as they.
    known = tree.ancestors(level, None if level in _FEW else _labels(places, level)).cte(f"{level}_units")
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
        .cte(f"{level}_above")
    )
