"""The SQL of loading many units at once: sets in, sets out."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, String, and_, any_, bindparam, func, insert, or_, select, text

from app.kernel.db import AnyRow, Session
from app.units.models import LABELS, Unit, UnitFact

LOCK = 7_206_320_001
"""Two loads at once: the second waits, then finds what the first has made."""

_DAY = bindparam("day", type_=Date)
_IN_CODES = bindparam("codes", type_=ARRAY(String))
_LATER = or_(UnitFact.valid_to.is_(None), UnitFact.valid_to > _DAY)

_LEVELS = select(Unit.code, Unit.level).where(Unit.ended_on.is_(None))
_ROOT = select(Unit.id, Unit.path, Unit.code, Unit.level).where(Unit.level == "central", Unit.ended_on.is_(None))
_LIVING = (
    select(
        *(Unit.code, Unit.id, Unit.path),
        UnitFact.code.label("code_then"),
        *(UnitFact.name, UnitFact.kind, UnitFact.parent_id),
        UnitFact.path.label("path_then"),
    )
    .outerjoin(UnitFact, and_(UnitFact.unit_id == Unit.id, UnitFact.valid_from <= _DAY, _LATER))
    .where(Unit.ended_on.is_(None), Unit.code == any_(_IN_CODES))
)
_BORNE = select(UnitFact.code, UnitFact.unit_id).where(UnitFact.code == any_(_IN_CODES), _LATER)
_LABELS = select(LABELS.next_value()).select_from(func.generate_series(1, bindparam("count")))


async def lock(session: Session) -> None:
    """Wait until no other transaction loads units; held to the end of this one."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})


async def levels(session: Session) -> dict[str, str]:
    """The level of every living unit, by code."""
    return {row.code: row.level for row in await session.execute(_LEVELS)}


async def root(session: Session) -> AnyRow | None:
    """The living unit of the central level, if there is one."""
    return (await session.execute(_ROOT)).one_or_none()


async def living(session: Session, codes: Sequence[str], day: date) -> dict[str, AnyRow]:
    """The living units with ``codes`` and what was true of them on ``day`` (nulls if they did not exist yet)."""
    return {row.code: row for row in await session.execute(_LIVING, {"codes": codes, "day": day})}


async def borne(session: Session, codes: Sequence[str], day: date) -> dict[str, set[UUID]]:
    """For each of ``codes``, the units that bear it on some day from ``day`` on."""
    found: dict[str, set[UUID]] = {}
    for row in await session.execute(_BORNE, {"codes": codes, "day": day}):
        found.setdefault(row.code, set()).add(row.unit_id)
    return found


async def new_labels(session: Session, count: int) -> list[int]:
    """``count`` labels that no unit has."""
    return sorted((await session.execute(_LABELS, {"count": count})).scalars())


async def add_all(session: Session, units: Sequence[Mapping[str, Any]], facts: Sequence[Mapping[str, Any]]) -> None:
    """Insert units, parents before children, and their facts."""
    await session.execute(insert(Unit), [dict(unit) for unit in units])
    await session.execute(insert(UnitFact), [dict(fact) for fact in facts])
