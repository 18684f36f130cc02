"""What of a question decides the text of its statement, and the conditions that follow. All values are bound."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import BindParameter, DateTime, String, Uuid, and_, any_, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import visitors

from app.statistics.declarations import Column, Condition, Dimension, Measure
from app.statistics.measures import MEASURES
from app.statistics.subtree import inside

NOW, THEN = "now_", "then_"
"""Before the names of what is bound for the year asked about and for the one it is compared with."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Parameters that narrow, of the period and of dimensions; each is bound under ``prefix`` and its name."""

    one: frozenset[str] = frozenset()
    """Bound to one key."""
    any_of: frozenset[str] = frozenset()
    """Bound to several words."""
    without: frozenset[str] = frozenset()
    """Only what has no key there."""
    prefix: str = ""

    @property
    def all(self) -> frozenset[str]:
        """Every parameter."""
        return self.one | self.any_of | self.without


@dataclass(frozen=True, slots=True)
class CellShape:
    """A value of the measure under conditions of its own; ``code`` is what it is called in the answer.

    ``own`` is what the record tells, ``place`` what the tree tells: records are counted once for all places.
    """

    code: str
    value: str
    own: Filters = field(default_factory=Filters)
    place: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a request decides the text of its statement; everything else is bound."""

    measure: str
    variant: str | None
    structure: Literal["as_recorded", "current", "on_date"]
    filters: Filters = field(default_factory=Filters)
    group_by: tuple[str, ...] = ()
    order: str = "natural"
    top: bool = False
    """Only the first, as many as are bound to ``top``."""
    compared: bool = False
    """Beside the values of the year bound to ``now_year`` stand those of the one bound to ``then_year``."""
    asked: tuple[CellShape, ...] = ()
    """The values, where they are not simply all of the measure's."""
    cell: str | None = None
    """Of a question for records: the value they are counted in."""
    whole: bool = False
    """The unit asked about holds all that the caller may see: the fence narrows to it already."""
    under: str | None = None
    """The level at which the unit asked about, which has ended, is looked for in the tree asked for."""
    settled: bool = False
    """No unit asked about ever was anything else than it is: today's tree is that of every record's day."""
    former: bool = False
    """Only of the units bound to ``area``: those that the unit asked about once had, wherever they stand today."""

    @property
    def declared(self) -> Measure:
        """The measure it asks for."""
        measure = MEASURES[self.measure]
        return measure.variants[self.variant] if self.variant else measure

    def cells(self) -> tuple[CellShape, ...]:
        """The values of the answer, in order."""
        if self.asked:
            return self.asked
        codes = list(self.declared.value_of)
        if not self.compared:
            return tuple(CellShape(code, code) for code in codes)
        now, then = (Filters(frozenset({"year"}), prefix=prefix) for prefix in (NOW, THEN))
        return (
            *(CellShape(code, code, now) for code in codes),
            *(CellShape(f"previous.{code}", code, then) for code in codes),
        )

    def grouping(self) -> list[Dimension]:
        """The dimensions that are grouped by, in order."""
        known = self.declared.dimension_of
        return [known[code] for code in self.group_by]

    def placing(self) -> dict[str, Dimension]:
        """The dimensions asked about that only the tree knows, by code."""
        wanted = self.filters.all.union(*(cell.place.all for cell in self.asked))
        narrowing = (d for d in self.declared.dimensions if d.filter in wanted or d.code == self.under)
        return {dimension.code: dimension for dimension in (*self.grouping(), *narrowing) if dimension.place}

    def levels(self) -> list[str]:
        """The levels whose units are asked about."""
        return [code for code, dimension in self.placing().items() if dimension.place == "ancestor"]

    def described(self) -> bool:
        """Whether only the kind and level of the record's unit are asked of the tree."""
        places = {dimension.place for dimension in self.placing().values()}
        return bool(places) and places <= {"kind", "level"}

    def cut(self) -> bool:
        """Whether a record's path, cut below the unit asked about, and its unit's kind and level tell its place."""
        places = {dimension.place for dimension in self.placing().values()}
        return self.settled and "child" in places and places <= {"child", "kind", "level"}

    def detailed(self) -> bool:
        """Whether more than the units above is asked of the tree."""
        return any(dimension.place in {"self", "kind", "level"} for dimension in self.placing().values())


def _rebound(condition: Condition, prefix: str) -> Condition:
    """``condition`` with its ``year`` bound under another name."""

    def renamed(element: Any, **_: Any) -> Any:
        if isinstance(element, BindParameter) and element.key == "year":
            return bindparam(f"{prefix}year", type_=element.type)
        return None

    return visitors.replacement_traverse(condition, {}, renamed) if prefix else condition


def _is_key(column: Column, parameter: str, filters: Filters) -> Condition:
    """``column`` holds what is bound for ``parameter``."""
    if parameter in filters.without:
        return column.is_(None)
    name = filters.prefix + parameter
    if parameter in filters.any_of:
        return column == any_(bindparam(name, type_=ARRAY(String)))
    return column == bindparam(name, type_=column.type)


def own_conditions(measure: Measure, filters: Filters) -> Iterator[Condition]:
    """What ``filters`` ask that the record itself tells."""
    for name, clause in measure.period.items():
        if name in filters.one:
            yield _rebound(clause, filters.prefix)
    if "from" in filters.one:
        yield measure.at >= bindparam("from", type_=DateTime(timezone=True))
    if "to" in filters.one:
        yield measure.at < bindparam("to", type_=DateTime(timezone=True))
    for dimension in measure.dimensions:
        column = dimension.column
        if column is None or dimension.filter not in filters.all or dimension.filter in measure.period:
            continue
        if dimension.line and dimension.filter in filters.one:
            yield column.in_(dimension.line.members(filters.prefix + dimension.filter))
        elif dimension.through:
            table, name = dimension.through
            yield column.in_(select(table.c.id).where(_is_key(table.c[name], dimension.filter, filters)))
        else:
            yield _is_key(dimension.merged(column) if dimension.merged else column, dimension.filter, filters)


def place_conditions(measure: Measure, filters: Filters, keys: Mapping[str, Column]) -> list[Condition]:
    """What ``filters`` ask that only the tree tells; ``keys`` are its answers by dimension."""
    return [
        _is_key(keys[dimension.code], dimension.filter, filters)
        for dimension in measure.dimensions
        if dimension.place and dimension.filter in filters.all
    ]


def asked_of(shape: Shape, keys: Mapping[str, Column]) -> list[Condition]:
    """What ``shape`` asks that only the tree knows; ``keys`` are its answers by dimension."""
    found = place_conditions(shape.declared, shape.filters, keys)
    return found if shape.under is None else [*found, keys[shape.under] == bindparam("asked", type_=Uuid)]


def conditions(shape: Shape) -> list[Condition]:
    """What a record must fulfil to be counted in any value, as far as the record itself tells."""
    measure = shape.declared
    found = [
        measure.counts,
        *([] if shape.whole and measure.fenced else [inside(measure.path)]),
        *own_conditions(measure, shape.filters),
        *([measure.unit_id == any_(bindparam("area", type_=ARRAY(Uuid)))] if shape.former else ()),
    ]
    apart = [list(own_conditions(measure, own)) for own in dict.fromkeys(cell.own for cell in shape.asked)]
    if apart and all(apart):
        found.append(or_(*(and_(*clauses) for clauses in apart)))
    if shape.compared:
        found.append(or_(*(_rebound(measure.period["year"], prefix) for prefix in (NOW, THEN))))
    return found
