"""SQL made of declarations: one statement gives the rows of a figure and its totals. Built once for each shape.

In three steps. *Tally*: the records, fenced and filtered, counted by what they themselves say and by their unit; this
is the only step that reads many rows, and PostgreSQL may spread it over several processes. *Keyed*: each tally with the
keys that the tree or another table gives it. *Grouped*: the sums by key, and over all, by grouping sets.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Double,
    FromClause,
    Numeric,
    Text,
    bindparam,
    cast,
    func,
    literal,
    select,
    tuple_,
)

from app.kernel.db import AnySelect
from app.statistics.declarations import Column, Condition, Dimension, Measure, Ratio
from app.statistics.measures import MEASURES
from app.statistics.places import TREES, Located, Tree, above

MOST_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a request decides the text of its statement; everything else is bound."""

    measure: str
    variant: str | None
    structure: Literal["as_recorded", "current", "on_date"]
    filters: frozenset[str]
    """Of the period (``year``, ``campaign``, ``from``, ``to``) and of the dimensions, by parameter."""
    without: frozenset[str] = frozenset()
    """Levels at which the record's unit has no unit above it."""
    group_by: tuple[str, ...] = ()
    order: str = "natural"
    cell: str | None = None
    whole: bool = False
    """The unit asked about holds all that the caller may see: the fence narrows to it already."""

    @property
    def declared(self) -> Measure:
        """The measure it asks for."""
        measure = MEASURES[self.measure]
        return measure.variants[self.variant] if self.variant else measure

    def narrowing(self) -> list[Dimension]:
        """The dimensions that are filtered by."""
        wanted = self.filters | self.without
        return [dimension for dimension in self.declared.dimensions if dimension.filter in wanted]

    def grouping(self) -> list[Dimension]:
        """The dimensions that are grouped by, in order."""
        known = self.declared.dimension_of
        return [known[code] for code in self.group_by]

    def levels(self) -> list[str]:
        """The levels whose units are asked about."""
        asked = [*self.grouping(), *self.narrowing()]
        return list(dict.fromkeys(dimension.code for dimension in asked if dimension.place == "ancestor"))

    def placed(self) -> bool:
        """Whether the tree is needed at all."""
        return any(dimension.place for dimension in [*self.grouping(), *self.narrowing()])

    def detailed(self) -> bool:
        """Whether more than the units above is asked of it."""
        asked = [*self.grouping(), *self.narrowing()]
        return any(dimension.place not in {None, "ancestor"} for dimension in asked)


def _bound(name: str, column: Column) -> ColumnElement[Any]:
    return bindparam(name, type_=column.type)


def conditions(shape: Shape) -> list[Condition]:
    """What a record must fulfil to be counted, as far as the record itself tells."""
    measure = shape.declared
    subtree = (measure.path >= bindparam("path_from"), measure.path < bindparam("path_to"))
    found = [
        measure.counts,
        *(() if shape.whole else subtree),
        *(clause for name, clause in measure.period.items() if name in shape.filters),
    ]
    if "from" in shape.filters:
        found.append(measure.at >= bindparam("from", type_=DateTime(timezone=True)))
    if "to" in shape.filters:
        found.append(measure.at < bindparam("to", type_=DateTime(timezone=True)))
    for dimension in shape.narrowing():
        column = dimension.column
        if column is None or dimension.filter in measure.period:
            continue
        if dimension.through:
            table, name = dimension.through
            column_of_it = table.c[name]
            found.append(column.in_(select(table.c.id).where(column_of_it == _bound(dimension.filter, column_of_it))))
        else:
            found.append(column == _bound(dimension.filter, column))
    return found


@dataclass(frozen=True, slots=True)
class Keyed:
    """Rows with what the tree says of each, by dimension, and what else was carried; the conditions on that."""

    rows: FromClause
    keys: dict[str, Column]
    conditions: list[Condition]


def place(shape: Shape, tree: Tree, records: CTE, carried: list[str]) -> Keyed:
    """``records`` with the tree's keys, narrowed by them; ``carried`` are its columns that are needed further."""
    located = tree.locate(records, details=shape.detailed())
    placed = _placed(located, records, carried)
    rows: FromClause = placed
    columns: list[Column] = [column for name, column in placed.c.items() if name != "path"]
    for level in shape.levels():
        found = above(placed, tree.ancestors(level), level)
        # All places found are of ``placed``, so this is a left join; but a full one can only be hashed or merged. How
        # many rows there will be is a guess, and where the guess is low a left join would be a loop in a loop.
        rows = rows.outerjoin(found, found.c.path == placed.c.path, full=True)
        columns.append(found.c.unit_id.label(level))
    situated = select(*columns).select_from(rows).cte("situated").prefix_with("MATERIALIZED")
    keys: dict[str, Column] = dict(situated.c.items())
    narrowed = []
    for dimension in shape.narrowing():
        if dimension.place:
            key = keys[dimension.code]
            narrowed.append(
                key.is_(None) if dimension.filter in shape.without else key == _bound(dimension.filter, key)
            )
    return Keyed(situated, keys, narrowed)


def _placed(located: Located, records: CTE, carried: list[str]) -> CTE:
    details = {"unit": located.unit, "unit_kind": located.kind, "level": located.level}
    return (
        select(
            located.path.label("path"),
            *(column.label(name) for name, column in details.items() if column is not None),
            *(records.c[name] for name in carried),
        )
        .select_from(located.rows)
        .cte("placed")
    )


def _tally(shape: Shape, tree: Tree) -> CTE:
    """The records counted by their own columns and, where the tree is needed, by unit."""
    measure = shape.declared
    source, columns = tree.attach(measure, details=shape.detailed()) if shape.placed() else (measure.source, {})
    own = {f"own_{d.code}": d.column for d in shape.grouping() if d.column is not None}
    by = {**columns, **own}
    counts = (
        (func.count() if value.counts is None else func.count().filter(value.counts)).label(code)
        for code, value in measure.counts_of.items()
    )
    return (
        select(*(column.label(name) for name, column in by.items()), *counts)
        .select_from(source)
        .where(*conditions(shape))
        .group_by(*by.values())
        .cte("tally")
    )


def _keyed(shape: Shape, tree: Tree) -> CTE:
    """One row per tally, with ``key_0``, ``key_1`` ... and the counts."""
    tally = _tally(shape, tree)
    counts = list(shape.declared.counts_of)
    own = [f"own_{d.code}" for d in shape.grouping() if d.column is not None]
    if shape.placed():
        keyed = place(shape, tree, tally, [*own, *counts])
    else:
        keyed = Keyed(tally, {name: tally.c[name] for name in [*own, *counts]}, [])
    rows, keys = keyed.rows, []
    for i, dimension in enumerate(shape.grouping()):
        if dimension.place:
            key = keyed.keys[dimension.code]
        else:
            key = keyed.keys[f"own_{dimension.code}"]
            if dimension.through:
                table, name = dimension.through[0].alias(), dimension.through[1]
                rows = rows.join(table, table.c.id == key)
                key = table.c[name]
        keys.append(key.label(f"key_{i}"))
    chosen = select(*keys, *(keyed.keys[code] for code in counts))
    return chosen.select_from(rows).where(*keyed.conditions).cte("keyed")


def _grouped(shape: Shape, tree: Tree) -> CTE:
    keyed = _keyed(shape, tree)
    keys = [keyed.c[f"key_{i}"] for i in range(len(shape.group_by))]
    sums = [
        cast(func.coalesce(func.sum(keyed.c[code]), 0), BigInteger).label(code) for code in shape.declared.counts_of
    ]
    total = func.grouping(keys[0]) if keys else literal(1)
    grouped = select(total.label("total"), *keys, *sums)
    if keys:
        grouped = grouped.group_by(func.grouping_sets(tuple_(*keys), tuple_()))
    return grouped.cte("grouped")


@dataclass(frozen=True, slots=True)
class Figures:
    """A statement and how its rows are read: whether it is the total, then the keys, then the values."""

    select: AnySelect
    keys: tuple[tuple[str, ...], ...]
    """For each dimension the members of its key after ``id``; none = the key is a plain value."""
    values: tuple[str, ...]


@lru_cache(maxsize=512)
def figures(shape: Shape) -> Figures:
    """The statement that gives every row of ``shape`` and, first of all, their total."""
    tree: Tree = TREES[shape.structure]()
    grouped = _grouped(shape, tree)
    rows: FromClause = grouped
    columns: list[Column] = []
    members: list[tuple[str, ...]] = []
    natural: list[ColumnElement[Any]] = []
    for i, dimension in enumerate(shape.grouping()):
        key = grouped.c[f"key_{i}"]
        columns.append(key)
        rows, shown, order = _named(tree, rows, dimension, key)
        columns += (column.label(f"key_{i}_{name}") for name, column in shown.items())
        members.append(tuple(shown))
        natural += [*(column.asc().nulls_last() for column in order), key.asc().nulls_last()]
    values: dict[str, ColumnElement[Any]] = {
        value.code: _ratio(grouped, value) if isinstance(value, Ratio) else grouped.c[value.code]
        for value in shape.declared.values
    }
    if shape.order != "natural":
        chosen = values[shape.order.removeprefix("-")]
        natural.insert(0, (chosen.desc() if shape.order.startswith("-") else chosen.asc()).nulls_last())
    statement = (
        select(grouped.c.total, *columns, *(column.label(code) for code, column in values.items()))
        .select_from(rows)
        .order_by(grouped.c.total.desc(), *natural)
        .limit(MOST_ROWS + 2)
    )
    return Figures(statement, tuple(members), tuple(values))


def _ratio(grouped: CTE, ratio: Ratio) -> ColumnElement[Any]:
    """The sums divided, to six decimals; null when there is nothing to divide by."""
    share = cast(grouped.c[ratio.part], Numeric) / func.nullif(grouped.c[ratio.whole], 0)
    return cast(func.round(share, 6), Double)


def _named(
    tree: Tree, rows: FromClause, dimension: Dimension, key: ColumnElement[Any]
) -> tuple[FromClause, dict[str, Column], list[Column]]:
    """``rows`` joined to what names ``key``; the members shown beside it; the columns of its natural order."""
    if dimension.place in {"ancestor", "self"}:
        names = tree.named(rows, key)
        return names.rows, {"code": names.code, "name": names.name}, [names.order, names.code]
    if dimension.words:
        words = cast(literal(list(dimension.words), ARRAY(Text)), ARRAY(Text))
        return rows, {}, [func.array_position(words, cast(key, Text))]
    if dimension.naming is None:
        return rows, {}, []
    table = dimension.naming.table.alias()
    shown: dict[str, Column] = {member: table.c[column] for member, column in dimension.naming.shown.items()}
    return rows.outerjoin(table, table.c.id == key), shown, [table.c[name] for name in dimension.naming.order]
