"""Records with what the tree says of each: the middle step of every statement about figures and the records behind."""

from dataclasses import dataclass

from sqlalchemy import CTE, FromClause, select

from app.statistics.children import cut_below, directly_below, known_below
from app.statistics.declarations import Column, Condition
from app.statistics.places import Located, Tree, above
from app.statistics.shapes import Shape, asked_of


@dataclass(frozen=True, slots=True)
class Keyed:
    """Rows with what the tree says of each, by dimension, and what else was carried; the conditions on that."""

    rows: FromClause
    keys: dict[str, Column]
    conditions: list[Condition]


def source_of(shape: Shape, tree: Tree) -> tuple[FromClause, dict[str, Column]]:
    """The records with what the tree needs or tells of each, and the columns for that."""
    measure, placing = shape.declared, shape.placing()
    if shape.cut():
        cut: dict[str, Column] = {"child": cut_below(measure.path)}
        if set(placing) == {"child"}:
            return measure.source, cut
        source, told = tree.describe(measure)
        return source, {**cut, **{code: told[code] for code in placing if code != "child"}}
    if shape.described():
        source, told = tree.describe(measure)
        return source, {code: told[code] for code in placing}
    return tree.attach(measure, details=shape.detailed()) if placing else (measure.source, {})


def place(shape: Shape, tree: Tree, records: CTE, carried: list[str]) -> Keyed:
    """``records`` with the tree's keys, narrowed by them; ``carried`` are its columns that are needed further."""
    if shape.described() or not shape.placing():
        known: dict[str, Column] = {name: records.c[name] for name in (*carried, *shape.placing())}
        return Keyed(records, known, asked_of(shape, known))
    if shape.cut():
        return _cut(shape, records, carried)
    located = tree.locate(records, details=shape.detailed())
    placed = _placed(located, records, carried)
    rows: FromClause = placed
    columns: list[Column] = [column for name, column in placed.c.items() if name != "path"]
    for code, dimension in shape.placing().items():
        if dimension.place == "ancestor":
            found = above(placed, tree, code)
        elif dimension.place == "child":
            found = directly_below(placed, today=shape.structure == "current")
        else:
            continue
        # All places found are of ``placed``, so this is a left join; but a full one can only be hashed or merged. How
        # many rows there will be is a guess, and where the guess is low a left join would be a loop in a loop.
        rows = rows.outerjoin(found, found.c.path == placed.c.path, full=True)
        columns.append(found.c.unit_id.label(code))
    situated = select(*columns).select_from(rows).cte("situated").prefix_with("MATERIALIZED")
    keys: dict[str, Column] = dict(situated.c.items())
    return Keyed(situated, keys, asked_of(shape, keys))


def _cut(shape: Shape, records: CTE, carried: list[str]) -> Keyed:
    """``records``, which bear the path of the unit directly below, with that unit."""
    below = known_below()
    keys: dict[str, Column] = {name: records.c[name] for name in (*carried, *shape.placing())}
    keys["child"] = below.c.unit_id
    rows = records.outerjoin(below, below.c.path == records.c.child)
    return Keyed(rows, keys, asked_of(shape, keys))


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
