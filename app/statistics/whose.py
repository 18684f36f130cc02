"""Whose records were on their day and are now: the units named for a page of records, in one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    Date,
    FromClause,
    Integer,
    Uuid,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from app.kernel.db import AnySelect, Session
from app.statistics.declarations import Column
from app.statistics.places import Current, OnDate, Tree
from app.statistics.schemas import UnitInTime
from app.units.models import Unit, UnitFact
from app.units.schemas import UnitBrief

Owned = tuple[UUID, date]
"""The unit of a record, and the day the record belongs to."""

_SHOWN: Final = ("id", "code", "name", "kind", "level")


@dataclass(frozen=True, slots=True)
class Whose:
    """The unit of a record: as it was on the record's day, who bears it today, and as what it counts in a structure."""

    then: UnitInTime
    now: UnitInTime
    counted_as: UnitBrief


def _owned() -> CTE:
    """The units and days that are bound, numbered."""
    units, days = bindparam("units", type_=ARRAY(Uuid())), bindparam("days", type_=ARRAY(Date()))
    given = func.unnest(units, days).table_valued(
        *(column("unit_id", Uuid()), column("on_day", Date())), with_ordinality="n", name="given"
    )
    given = given.render_derived()
    return select(given.c.n.cast(Integer).label("n"), given.c.unit_id, given.c.on_day).cte("owned")


def _then(owned: CTE) -> Any:
    """What was true of the unit on the day; of before its first day what was true first; of after its last, last."""
    fact = aliased(UnitFact)
    stood = or_(fact.valid_to.is_(None), fact.valid_to > owned.c.on_day)
    return (
        select(*(getattr(fact, name).label(name) for name in _SHOWN[1:]))
        .where(fact.unit_id == owned.c.unit_id)
        .order_by(stood.desc(), case((stood, fact.valid_from - owned.c.on_day), else_=owned.c.on_day - fact.valid_from))
        .limit(1)
        .correlate(owned)
        .lateral("was")
    )


def _placed(owned: CTE, tree: Tree, name: str) -> CTE:
    """As which unit each counts in ``tree``, and what that is called there."""
    located = tree.locate(owned, details=True)
    assert located.unit is not None
    found = select(owned.c.n, located.unit.label("unit_id")).select_from(located.rows).cte(name)
    names = tree.named(found, found.c.unit_id)
    called = {"code": names.code, "name": names.name}
    return (
        select(found.c.n, found.c.unit_id, *(shown.label(member) for member, shown in called.items()))
        .select_from(names.rows)
        .cte(f"{name}_named")
    )


@lru_cache(maxsize=8)
def _statement(structure: str) -> AnySelect:
    owned = _owned()
    was, unit, bearer = _then(owned), aliased(Unit), aliased(Unit)
    now = _placed(owned, Current(), "now")
    rows: FromClause = owned.join(unit, unit.id == owned.c.unit_id).join(was, true())
    rows = rows.join(now, now.c.n == owned.c.n).join(bearer, bearer.id == now.c.unit_id)
    # The tree of a record's own day has every unit as itself; as figures name them, by the names of today.
    shown: dict[str, Column] = {"unit_id": unit.id, "code": unit.code, "name": unit.name}
    if structure == "current":
        shown = dict(now.c.items())
    elif structure == "on_date":
        placed = _placed(owned, OnDate(), "shown")
        rows = rows.join(placed, placed.c.n == owned.c.n)
        shown = dict(placed.c.items())
    return select(
        *(owned.c.unit_id, owned.c.on_day),
        *(was.c[name].label(f"then_{name}") for name in _SHOWN[1:]),
        *(getattr(bearer, name).label(f"now_{name}") for name in _SHOWN),
        *(shown[name].label(f"shown_{name}") for name in ("unit_id", "code", "name")),
    ).select_from(rows)


async def whose(
    session: Session, owned: Iterable[Owned], values: Mapping[str, Any], structure: str = "as_recorded"
) -> dict[Owned, Whose]:
    """Whose records of these units and days were and are.

    ``values`` binds ``today`` and, for the tree of a date, ``day`` with ``path_from`` and ``path_to`` of the subtree
    asked about.
    """
    wanted = sorted(set(owned))
    if not wanted:
        return {}
    given = {**values, "units": [unit for unit, _ in wanted], "days": [day for _, day in wanted]}
    rows = (await session.execute(_statement(structure), given)).all()
    return {
        (row.unit_id, row.on_day): Whose(
            UnitInTime.model_construct(id=row.unit_id, **{name: getattr(row, f"then_{name}") for name in _SHOWN[1:]}),
            UnitInTime.model_construct(**{name: getattr(row, f"now_{name}") for name in _SHOWN}),
            UnitBrief.model_construct(id=row.shown_unit_id, code=row.shown_code, name=row.shown_name),
        )
        for row in rows
    }
