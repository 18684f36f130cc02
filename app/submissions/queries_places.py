"""SQL that finds the units and campaigns that bundles name, by id or by code."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, cast, func, literal, or_, select

from app.campaigns.models import Campaign
from app.kernel.db import AnyRow, Session
from app.kernel.locks import LockSpace
from app.units.models import Unit

_IDS = any_(bindparam("ids", type_=ARRAY(Uuid)))
_CODES = any_(bindparam("codes", type_=ARRAY(String)))
_UNITS = select(Unit.id, Unit.path, Unit.level, Unit.code, Unit.name, Unit.ended_on).where(
    or_(Unit.id == _IDS, (Unit.code == _CODES) & Unit.ended_on.is_(None))
)
_ENDED = (
    select(Unit.id, Unit.path, Unit.level, Unit.code, Unit.name, Unit.ended_on)
    .where(Unit.code == _CODES, Unit.ended_on.is_not(None))
    .order_by(Unit.ended_on, Unit.id)
)
_CAMPAIGNS = (
    select(*(column for column in Campaign.__table__.columns), Unit.level.label("unit_level"))
    .join(Unit, Unit.id == Campaign.unit_id)
    .where(or_(Campaign.id == _IDS, Campaign.code == _CODES))
)
_UNIT = func.unnest(bindparam("unit_ids", type_=ARRAY(String))).column_valued("unit")
_TURNS = select(cast(func.pg_advisory_xact_lock(literal(LockSpace.SUBMISSION.value), func.hashtext(_UNIT)), String))


def _named(names: Iterable[str]) -> dict[str, Any]:
    ids, codes = [], []
    for name in names:
        try:
            ids.append(UUID(name))
        except ValueError:
            codes.append(name)
    return {"ids": ids, "codes": codes}


async def units(session: Session, names: Iterable[str]) -> Sequence[AnyRow]:
    """The units with these ids, and the living ones with these codes."""
    return (await session.execute(_UNITS, _named(names))).all()


async def ended_units(session: Session, codes: Iterable[str]) -> Sequence[AnyRow]:
    """The units that bore these codes when they ended, the latest last."""
    return (await session.execute(_ENDED, {"codes": list(codes)})).all()


async def campaigns(session: Session, names: Iterable[str]) -> Sequence[AnyRow]:
    """The campaigns with these ids or codes; several units may use the same code."""
    return (await session.execute(_CAMPAIGNS, _named(names))).all()


async def take_turns(session: Session, unit_ids: Sequence[UUID]) -> None:
    """Wait until no other submission of these units is under way; others then wait until this transaction ends."""
    await session.execute(_TURNS, {"unit_ids": [str(unit_id) for unit_id in unit_ids]})
