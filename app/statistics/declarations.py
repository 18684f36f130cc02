"""The words in which ``measures.py`` declares figures. Values only: ``statements.py`` makes SQL of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, FromClause, Select
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
class Sum:
    """An additive value: the sum of ``column`` over the records that fulfil ``counts``; what is null adds nothing."""

    code: str
    title: Text
    column: Column
    counts: Condition | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Two additive values, one through the other: always made anew from the sums, never averaged."""

    code: str
    title: Text
    part: str
    whole: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a value is more than another: always made anew from both."""

    code: str
    title: Text
    after: str
    before: str


@dataclass(frozen=True, slots=True)
class Change:
    """By which fraction a value is more than another (0.25 = a quarter more); null where ``before`` is 0."""

    code: str
    title: Text
    after: str
    before: str


Additive: TypeAlias = Count | Sum
Value: TypeAlias = Count | Sum | Ratio | Difference | Change


@dataclass(frozen=True, slots=True)
class Naming:
    """The table that says what an identifier stands for: columns to show beside it, columns to order by.

    Of ``title_vi`` and ``title_en`` the caller's language shows one, as ``title``.
    """

    table: FromClause
    shown: Mapping[str, str]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Identifiers that stand for one lasting thing, and the one of them that it is called by: its head.

    ``heads`` answers, of rows with ``id``, each with its head as ``key``; ``members`` every ``id`` of the line of what
    is bound under a name; ``told``, of rows with heads as ``id``, each as ``key`` with the columns ``shown`` and
    ``order``.
    """

    heads: Callable[[FromClause], FromClause]
    members: Callable[[str], Select[Any]]
    told: Callable[[FromClause], FromClause]
    shown: tuple[str, ...]
    order: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """Something to group by and to filter by.

    It is a ``column`` of the record, in one of ``words`` or named by ``naming``; or, reached through ``through``, a
    column of the row that ``column`` identifies; or a ``place``: what the tree says of the record's unit. ``merged``
    makes one key of many texts; beside such a key stands one of its texts. ``line`` makes one key of the identifiers of
    one lasting thing.
    """

    code: str
    title: Text
    column: Column | None = None
    words: tuple[str, ...] = ()
    naming: Naming | None = None
    through: tuple[FromClause, str] | None = None
    place: Literal["ancestor", "self", "kind", "level", "child"] | None = None
    parameter: str = ""
    merged: Callable[[Column], ColumnElement[Any]] | None = None
    line: Line | None = None

    @property
    def filter(self) -> str:
        """The query parameter that narrows to one key."""
        return self.parameter or self.code


@dataclass(frozen=True, slots=True)
class Record:
    """How one counted record is shown: its id, where it is read, its version, year and state, and which part counts.

    Where a part has no version of its own, ``version`` is that of the record it belongs to.
    """

    id: Column
    resource: str
    version: Column
    status: Column | None
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
    """What ``year`` and ``campaign`` mean here.

    Binds ``year``, ``campaign`` and, of the campaign, ``years``, ``window_from`` and ``window_to``.
    """
    record: Record
    variants: Mapping[str, "Measure"] = field(default_factory=dict)
    """The same figure over another of the values that stand side by side, by the parameter ``value``."""
    spans: bool = True
    """Records belong to days that ``from`` and ``to`` narrow; false for what is looked at on one day."""
    fenced: bool = True
    """The fence shows the caller's subtree alone; false for what everyone may read."""
    apart: str | None = None
    """The dimension whose keys are counted in units of their own: sums over several of them mean nothing."""

    @property
    def value_of(self) -> dict[str, Value]:
        """All values by code, in order."""
        return {value.code: value for value in self.values}

    @property
    def additive_of(self) -> dict[str, Additive]:
        """The additive values by code, in order."""
        return {value.code: value for value in self.values if isinstance(value, Count | Sum)}

    @property
    def listed_of(self) -> dict[str, Additive | Difference]:
        """The values that are the sum of something over records, by code: also differences of additive ones."""
        additive = self.additive_of
        return {
            value.code: value
            for value in self.values
            if isinstance(value, Count | Sum)
            or (isinstance(value, Difference) and value.after in additive and value.before in additive)
        }

    def behind(self, code: str) -> str:
        """The value whose records stand behind the value ``code``: itself, or what a rate is a part of."""
        value = self.value_of[code]
        if code in self.listed_of:
            return code
        return self.behind(value.whole if isinstance(value, Ratio) else getattr(value, "after", code))

    @property
    def dimension_of(self) -> dict[str, Dimension]:
        """The dimensions by code, in order."""
        return {dimension.code: dimension for dimension in self.dimensions}
