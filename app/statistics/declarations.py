"""The words in which ``measures.py`` declares figures. Values only: ``statements.py`` makes SQL of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, FromClause
from sqlalchemy.orm import InstrumentedAttribute

from app.kernel.errors import Text

Column: TypeAlias = ColumnElement[Any] | InstrumentedAttribute[Any]
Condition: TypeAlias = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Count:
    """An additive value: how many of the measure's records fulfil ``counts`` (None = all of them)."""

    code: str
    title: Text
    counts: Condition | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two additive values, one through the other: always made anew from the sums, never averaged."""

    code: str
    title: Text
    part: str
    whole: str


Value: TypeAlias = Count | Ratio


@dataclass(frozen=True, slots=True)
class Naming:
    """The table that says what an identifier stands for: columns to show beside it, columns to order by."""

    table: FromClause
    shown: Mapping[str, str]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something to group by and to filter by.

    It is a ``column`` of the record, in one of ``words`` or named by ``naming``; or, reached through ``through``, a
    column of the row that ``column`` identifies; or a ``place``: what the tree says of the record's unit.
    """

    code: str
    title: Text
    column: Column | None = None
    words: tuple[str, ...] = ()
    naming: Naming | None = None
    through: tuple[FromClause, str] | None = None
    place: Literal["ancestor", "self", "kind", "level"] | None = None
    parameter: str = ""

    @property
    def filter(self) -> str:
        """The query parameter that narrows to one key."""
        return self.parameter or self.code


@dataclass(frozen=True, slots=True)
class Record:
    """How one counted record is shown: its id, where it is read, its year and state, and which part of it counts."""

    id: Column
    resource: str
    status: Column
    year: Column | None = None
    part: Column | None = None
    part_naming: FromClause | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure, declared once. ``counts`` is the population; every value counts some of it."""

    code: str
    title: Text
    description: Text
    unit_of_count: Text
    source: FromClause
    counts: Condition
    unit_id: Column
    path: Column
    at: Column
    """The instant a record belongs to: ``from`` and ``to`` narrow it, and ``as_recorded`` takes the tree of its day."""
    values: tuple[Value, ...]
    dimensions: tuple[Dimension, ...]
    period: Mapping[str, Condition]
    """What ``year`` and ``campaign`` mean here; binds ``year``, ``campaign`` and ``years``."""
    record: Record
    variants: Mapping[str, "Measure"] = field(default_factory=dict)
    """The same figure over another of the values that stand side by side, by the parameter ``value``."""

    @property
    def counts_of(self) -> dict[str, Count]:
        """The additive values by code, in order."""
        return {value.code: value for value in self.values if isinstance(value, Count)}

    @property
    def dimension_of(self) -> dict[str, Dimension]:
        """The dimensions by code, in order."""
        return {dimension.code: dimension for dimension in self.dimensions}
