"""The records behind a report's figures, of all measures at once: exactly those that are counted.

The predicates are those of the measures, so that the list and the figures cannot differ.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CompoundSelect,
    Integer,
    String,
    Uuid,
    any_,
    bindparam,
    cast,
    collate,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from app.access.actor import Tx
from app.kernel.db import AnyRow, AnySelect, Session
from app.reports.seal import Counted
from app.statistics.cells import Ground
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from app.statistics.subtree import inside
from app.units.models import Unit

_NOT_RECORDS: Final = frozenset({"obligations", "units"})
"""What moves by submitting itself, and what nobody records."""


def _sealed() -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    for measure in MEASURES.values():
        key = select(measure.record.id).selected_columns[0]
        # Parts of a record count with the record itself, which another measure counts whole.
        if key.primary_key and len(key.table.primary_key) == 1 and measure.record.resource not in _NOT_RECORDS:
            found.setdefault(measure.record.resource, measure)
    return found


SEALED: Final[dict[str, Measure]] = _sealed()
"""The collections of what is sealed, each with a measure that counts all of it."""


def _counted(measure: Measure, *, former: bool) -> Any:
    record = measure.record
    return (
        select(literal(record.resource).label("resource"), cast(record.id, String).label("id"), record.version)
        .select_from(measure.source)
        .where(
            measure.counts,
            measure.period["campaign"],
            inside(measure.path),
            *([measure.unit_id == any_(bindparam("area", type_=ARRAY(Uuid)))] if former else ()),
        )
    )


@cache
def _all(*, former: bool) -> CompoundSelect[Any]:
    """One statement, so that all of it is seen at one instant."""
    return union_all(*(_counted(measure, former=former) for measure in SEALED.values()))


def subtree(ground: Ground) -> dict[str, str]:
    """What the unit of ``ground`` has under it today, as statements bind it: for one that has ended, its own."""
    path: str = ground.row.path
    return {"path_from": path, "path_to": path.rstrip(".") + "/"}


async def counted(tx: Tx, ground: Ground) -> list[Counted]:
    """The records that are counted for the unit and campaign of ``ground``, with their versions."""
    values = ground.bound(tx, {"campaign": ground.campaign_id, **subtree(ground)}, campaign=True, year=None)
    rows = await tx.session.execute(_all(former=ground.area is not None), values)
    return sorted((row.resource, row.id, row.version) for row in rows)


def _live(resource: str, measure: Measure) -> Any:
    record = measure.record
    ids = bindparam(f"ids_{resource}", type_=ARRAY(Uuid()))
    shown = (record.id.label("id"), record.version.label("version"), measure.unit_id.label("unit_id"))
    return (
        select(literal(resource).label("resource"), *shown, measure.path.label("path"), measure.at.label("at"))
        .select_from(measure.source)
        .where(record.id == any_(ids))
    )


@cache
def _now(*, narrowed: bool, continued: bool) -> AnySelect:
    live = union_all(*(_live(resource, measure) for resource, measure in SEALED.items())).subquery("live")
    columns = (live.c.resource, live.c.id, live.c.version, live.c.unit_id, live.c.at)
    if not narrowed:
        return select(*columns)
    top = select(Unit.path).where(Unit.id == bindparam("unit", type_=Uuid)).scalar_subquery()
    below = select(*columns, func.count().over().label("total")).where(
        live.c.path >= top, live.c.path < func.rtrim(top, ".").concat("/")
    )
    found = below.subquery("below")
    here = (collate(found.c.resource, "C"), found.c.id)
    statement = select(found).order_by(*here).limit(bindparam("limit", type_=Integer))
    if continued:
        after = tuple_(bindparam("after_resource", type_=String), bindparam("after_id", type_=Uuid))
        statement = statement.where(tuple_(*here) > after)
    return statement


async def live_records(session: Session, ids: Mapping[str, Sequence[UUID]]) -> Sequence[AnyRow]:
    """Of records by collection what can be read now: version, unit, instant. What cannot is missing."""
    values = {f"ids_{resource}": list(ids.get(resource, ())) for resource in SEALED}
    return (await session.execute(_now(narrowed=False, continued=False), values)).all()


async def live_records_below(
    session: Session, ids: Mapping[str, Sequence[UUID]], unit: UUID, after: tuple[str, UUID] | None, limit: int
) -> Sequence[AnyRow]:
    """The same of those of a unit and all below it, in order, from ``after`` on; each row has the ``total``."""
    values: dict[str, Any] = {f"ids_{resource}": list(ids.get(resource, ())) for resource in SEALED}
    values |= {"unit": unit, "limit": limit}
    if after is not None:
        values |= {"after_resource": after[0], "after_id": after[1]}
    return (await session.execute(_now(narrowed=True, continued=after is not None), values)).all()
