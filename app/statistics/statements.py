"""SQL made of declarations: one statement gives the rows of a figure and its totals. Built once for each shape.

In three steps. *Tally*: the records, fenced and filtered, counted by what they themselves say and by their unit; this
is the only step that reads many rows, and PostgreSQL may spread it over several processes. *Keyed*: each tally with the
keys that the tree or another table gives it. *Grouped*: the sums by key, and over all, by grouping sets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
)

from app.kernel.db import AnySelect
from app.statistics.arithmetic import aggregate, change, components, difference, made_of
from app.statistics.declarations import Additive, Column, Condition, Dimension
from app.statistics.places import TREES, Tree
from app.statistics.placing import place, source_of
from app.statistics.shapes import Filters, Shape, conditions, own_conditions, place_conditions

MOST_ROWS: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Part:
    """An additive value under conditions that records fulfil; ``name`` is its column on the way."""

    name: str
    value: Additive
    filters: Filters


@dataclass(frozen=True, slots=True)
class _Sum:
    """A part summed over the places that fulfil conditions."""

    name: str
    part: _Part
    filters: Filters


def _parts(shape: Shape) -> dict[tuple[str, Filters], _Part]:
    """What must be counted and summed for all cells, each once."""
    measure = shape.declared
    additive = measure.additive_of
    wanted = dict.fromkeys((code, cell.own) for cell in shape.cells() for code in components(measure, cell.value))
    return {key: _Part(f"part_{i}", additive[key[0]], key[1]) for i, key in enumerate(wanted)}


def _sums(shape: Shape) -> dict[tuple[str, Filters, Filters], _Sum]:
    """What is summed of the parts, for each kind of place apart."""
    parts = _parts(shape)
    wanted = dict.fromkeys(
        (code, cell.own, cell.place) for cell in shape.cells() for code in components(shape.declared, cell.value)
    )
    return {key: _Sum(f"sum_{i}", parts[key[:2]], key[2]) for i, key in enumerate(wanted)}


def _own(shape: Shape) -> dict[str, Column]:
    """The keys that records bear themselves, by the names of their columns on the way."""
    return {f"own_{d.code}": d.column for d in shape.grouping() if d.column is not None}


def _tally(shape: Shape, tree: Tree) -> CTE:
    """The records counted by their own columns and, where the tree is needed, by unit."""
    measure = shape.declared
    source, columns = source_of(shape, tree)
    by = {**columns, **_own(shape)}
    sums = (
        aggregate(part.value, list(own_conditions(measure, part.filters))).label(part.name)
        for part in _parts(shape).values()
    )
    return (
        select(*(column.label(name) for name, column in by.items()), *sums)
        .select_from(source)
        .where(*conditions(shape))
        .group_by(*by.values())
        .cte("tally")
    )


def _keyed(shape: Shape, tree: Tree) -> CTE:
    """One row per tally, with ``key_0``, ``key_1`` ..., what was counted, and what cells ask of the place."""
    tally = _tally(shape, tree)
    counted = [part.name for part in _parts(shape).values()]
    carried = [*_own(shape), *counted]
    keyed = place(shape, tree, tally, carried)
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
            if dimension.line:
                heads = dimension.line.heads(select(key.label("id")).distinct().subquery("said"))
                rows = rows.join(heads, heads.c.id == key)
                key = heads.c.key
            if dimension.merged:
                # Only now: many records say the same.
                keys.append(key.label(f"sample_{dimension.code}"))
                key = dimension.merged(key)
        keys.append(key.label(f"key_{i}"))
    places = (keyed.keys[code].label(f"place_{code}") for code in shape.placing())
    chosen = select(*keys, *(keyed.keys[name] for name in counted), *places)
    return chosen.select_from(rows).where(*keyed.conditions, *_anywhere(shape, keyed.keys)).cte("keyed")


def _anywhere(shape: Shape, keys: Mapping[str, Column]) -> list[Condition]:
    """What a place must fulfil to count in any cell, where each cell asks something of it."""
    apart = [
        place_conditions(shape.declared, where, keys) for where in dict.fromkeys(cell.place for cell in shape.asked)
    ]
    return [or_(*(and_(*clauses) for clauses in apart))] if len(apart) > 1 and all(apart) else []


def _grouped(shape: Shape, tree: Tree) -> CTE:
    keyed = _keyed(shape, tree)
    keys = [keyed.c[f"key_{i}"] for i in range(len(shape.group_by))]
    places = {code: keyed.c[f"place_{code}"] for code in shape.placing()}
    sums = []
    for summed in _sums(shape).values():
        narrowed = place_conditions(shape.declared, summed.filters, places)
        total: Any = func.sum(keyed.c[summed.part.name])
        total = total.filter(and_(*narrowed)) if narrowed else total
        sums.append(cast(func.coalesce(total, 0), BigInteger).label(summed.name))
    total_row = func.grouping(keys[0]) if keys else literal(1)
    merged = [f"sample_{dimension.code}" for dimension in shape.grouping() if dimension.merged]
    samples = (func.min(keyed.c[name]).label(name) for name in merged)
    grouped = select(total_row.label("total"), *keys, *sums, *samples)
    if keys:
        grouped = grouped.group_by(func.grouping_sets(tuple_(*keys), tuple_()))
    return grouped.cte("grouped")


def _values(shape: Shape, grouped: CTE) -> dict[str, ColumnElement[Any]]:
    """Every value of the answer, by what it is called there."""
    measure, known = shape.declared, _sums(shape)
    values = {}
    for cell in shape.cells():
        sums = {code: grouped.c[known[code, cell.own, cell.place].name] for code in components(measure, cell.value)}
        values[cell.code] = made_of(measure, cell.value, sums)
    if shape.compared:
        for code in measure.value_of:
            now, then = values[code], values[f"previous.{code}"]
            values[f"difference.{code}"] = difference(now, then)
            values[f"change.{code}"] = change(now, then)
    return values


@dataclass(frozen=True, slots=True)
class Figures:
    """A statement and how its rows are read: whether it is the total, its rank, then the keys, then the values."""

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
        rows, shown, order = _named(tree, rows, grouped, dimension, key)
        columns += (column.label(f"key_{i}_{name}") for name, column in shown.items())
        members.append(tuple(shown))
        natural += [*(column.asc().nulls_last() for column in order), key.asc().nulls_last()]
    values = _values(shape, grouped)
    rank: ColumnElement[Any] = null()
    if shape.order != "natural":
        chosen = values[shape.order.removeprefix("-")]
        ordered = (chosen.desc() if shape.order.startswith("-") else chosen.asc()).nulls_last()
        natural.insert(0, ordered)
        place = func.rank().over(partition_by=grouped.c.total, order_by=ordered)
        rank = case((chosen.is_not(None), place))
    answer = select(
        grouped.c.total, rank.label("rank"), *columns, *(column.label(code) for code, column in values.items())
    ).select_from(rows)
    if shape.top:
        places = func.row_number().over(order_by=[grouped.c.total.desc(), *natural])
        listed = answer.add_columns(places.label("listed")).subquery("ranked")
        first = or_(listed.c.total == 1, listed.c.rank <= bindparam("top", type_=BigInteger))
        statement = select(*(column for column in listed.c if column.key != "listed")).where(first)
        return Figures(statement.order_by(listed.c.listed), tuple(members), tuple(values))
    statement = answer.order_by(grouped.c.total.desc(), *natural).limit(MOST_ROWS + 2)
    return Figures(statement, tuple(members), tuple(values))


def _named(
    tree: Tree, rows: FromClause, grouped: CTE, dimension: Dimension, key: ColumnElement[Any]
) -> tuple[FromClause, dict[str, Column], list[Column]]:
    """``rows`` joined to what names ``key``; the members shown beside it; the columns of its natural order."""
    shown: dict[str, Column]
    if dimension.place in {"ancestor", "self", "child"}:
        names = tree.named(rows, key)
        return names.rows, {"code": names.code, "name": names.name}, [names.order, names.code]
    if dimension.merged is not None:
        sample = grouped.c[f"sample_{dimension.code}"]
        return rows, {"text": sample}, [sample]
    if dimension.line:
        told = dimension.line.told(select(key.label("id")).where(key.is_not(None)).distinct().subquery("called"))
        shown = {member: told.c[member] for member in dimension.line.shown}
        return rows.outerjoin(told, told.c.key == key), shown, [told.c[name] for name in dimension.line.order]
    if dimension.words:
        words = cast(literal(list(dimension.words), ARRAY(Text)), ARRAY(Text))
        return rows, {}, [func.array_position(words, cast(key, Text))]
    if dimension.naming is None:
        return rows, {}, []
    table = dimension.naming.table.alias()
    shown = {member: table.c[column] for member, column in dimension.naming.shown.items()}
    return rows.outerjoin(table, table.c.id == key), shown, [table.c[name] for name in dimension.naming.order]
