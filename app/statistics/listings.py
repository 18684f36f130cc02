"""The records behind a cell: the same source, conditions and places as the figure, without the counting."""

from functools import lru_cache

from sqlalchemy import FromClause, null, select, true

from app.kernel.pagination import Listing
from app.statistics.arithmetic import share_of
from app.statistics.declarations import Column
from app.statistics.places import TREES, Tree
from app.statistics.placing import Keyed, place, source_of
from app.statistics.shapes import Shape, conditions
from app.units.models import Unit

_CARRIED = ("record_id", "version", "record_unit", "record_path", "at", "year", "status", "part", "value")


@lru_cache(maxsize=256)
def listing(shape: Shape) -> Listing:
    """The collection of the records counted in the cell that ``shape`` names, in the order of the tree."""
    tree: Tree = TREES[shape.structure]()
    keyed = _records(shape, tree)
    found = keyed.keys
    part = shape.declared.record.part_naming
    rows: FromClause = keyed.rows.join(Unit, Unit.id == found["record_unit"])
    part_code: Column = null()
    kinds = (found["unit_kind"].label("unit_kind"),) if "unit_kind" in found else ()
    if part is not None:
        rows = rows.join(part, part.c.id == found["part"])
        part_code = part.c.code
    statement = (
        select(
            *(found[name].label(name) for name in _CARRIED),
            part_code.label("part_code"),
            Unit.code.label("unit_code"),
            Unit.name.label("unit_name"),
            *kinds,
        )
        .select_from(rows)
        .where(*keyed.conditions)
    )
    # One record may have several parts, so the part ends the order where there is one.
    ends = (found["record_id"],) if part is not None else ()
    return Listing(
        select=statement,
        key=found["part"] if part is not None else found["record_id"],
        sorts={"unit": (found["record_path"], found["at"], *ends)},
        # Applied further inside; named here so that a cursor belongs to them.
        filters=dict.fromkeys(shape.filters.all | {"unit", "structure", "cell", "value"}, true()),
    )


def _records(shape: Shape, tree: Tree) -> Keyed:
    measure = shape.declared
    source, columns = source_of(shape, tree)
    counted, value = share_of(measure, shape.cell or next(iter(measure.additive_of)))
    record = measure.record
    shown: dict[str, Column] = {
        "record_id": record.id,
        "version": record.version,
        "record_unit": measure.unit_id,
        "record_path": measure.path,
        "at": measure.at,
        "year": null() if record.year is None else record.year,
        "status": null() if record.status is None else record.status,
        "part": null() if record.part is None else record.part,
        "value": value,
    }
    wanted = [*conditions(shape), *([] if counted is None else [counted])]
    chosen = select(*(column.label(name) for name, column in {**columns, **shown}.items()))
    records = chosen.select_from(source).where(*wanted).cte("records")
    return place(shape, tree, records, list(shown))
