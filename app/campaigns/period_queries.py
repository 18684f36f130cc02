"""All SQL about locked periods."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    ScalarSelect,
    String,
    Uuid,
    any_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from app.campaigns.models import PeriodLock
from app.kernel.db import AnyRow, Session
from app.kernel.locks import LockSpace

# The unit's own row cannot stand for this: those who write at a unit may not lock it. Hence advisory locks under a
# number of ours, as for campaigns (queries.py).
_KEY = (literal(LockSpace.PERIOD.value), func.hashtext(bindparam("unit_id", type_=String)))
_KEEP = select(cast(func.pg_advisory_xact_lock_shared(*_KEY), String))
_SEIZE = select(cast(func.pg_advisory_xact_lock(*_KEY), String))

_UNIT = func.unnest(bindparam("unit_ids", type_=ARRAY(String))).column_valued("unit")
_KEEP_MANY = select(cast(func.pg_advisory_xact_lock_shared(_KEY[0], func.hashtext(_UNIT)), String))
_OF_UNITS = (
    select(*(column for column in PeriodLock.__table__.columns))
    .where(PeriodLock.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))))
    .order_by(PeriodLock.locked_at)
)

_DAY = func.unnest(bindparam("days", type_=ARRAY(Date))).column_valued("day")
_COVERING = (
    select(PeriodLock.report_id, PeriodLock.report_number, PeriodLock.campaign_id)
    .where(
        PeriodLock.unit_id == bindparam("unit_id"),
        exists(select(_DAY).where(_DAY.between(PeriodLock.window_from, PeriodLock.window_to))),
    )
    .order_by(PeriodLock.locked_at)
    .limit(1)
)
_ADD = upsert(PeriodLock)
_ADD = _ADD.on_conflict_do_update(
    constraint="pk_period_locks",
    set_={name: _ADD.excluded[name] for name in ("report_number", "window_from", "window_to", "locked_at")},
)
_REMOVE = delete(PeriodLock).where(
    PeriodLock.unit_id == bindparam("unit_id"), PeriodLock.campaign_id == bindparam("campaign_id")
)


def locked_by(unit_id: Any, day: Any) -> ScalarSelect[Any]:
    """For a listing: the report that locks a record of ``unit_id`` on ``day``, null where none does."""
    return (
        select(PeriodLock.report_id)
        .where(PeriodLock.unit_id == unit_id, day.between(PeriodLock.window_from, PeriodLock.window_to))
        .order_by(PeriodLock.locked_at)
        .limit(1)
        .scalar_subquery()
    )


def local_day(instant: Any) -> ColumnElement[Any]:
    """The day of a record that has only an instant, as ``app.kernel.clock.local_date`` tells it."""
    return cast(func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), instant), Date)


def yearly_day(instant: Any, year: Any) -> ColumnElement[Any]:
    """The day of a record that counts for a year, as ``periods.yearly_day`` tells it."""
    return func.greatest(local_day(instant), func.make_date(year, 3, 31), type_=Date)


async def keep(session: Session, unit_id: UUID) -> None:
    """Keep the unit's periods from being locked until this transaction ends. Ask :func:`covering` afterwards."""
    await session.execute(_KEEP, {"unit_id": str(unit_id)})


async def keep_many(session: Session, unit_ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """:func:`keep` for several units, in the order given; their locks."""
    await session.execute(_KEEP_MANY, {"unit_ids": [str(unit_id) for unit_id in unit_ids]})
    return (await session.execute(_OF_UNITS, {"unit_ids": list(unit_ids)})).all()


async def seize(session: Session, unit_id: UUID) -> None:
    """Wait until nobody writes records of the unit under :func:`keep`, and keep others from beginning to."""
    await session.execute(_SEIZE, {"unit_id": str(unit_id)})


async def covering(session: Session, unit_id: UUID, days: Sequence[date]) -> AnyRow | None:
    """The lock that covers one of ``days``, if there is one."""
    return (await session.execute(_COVERING, {"unit_id": unit_id, "days": list(days)})).one_or_none()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Put a lock in place, or renew it."""
    await session.execute(_ADD, dict(values))


async def remove(session: Session, unit_id: UUID, campaign_id: UUID) -> None:
    """Take the unit's lock of a campaign away."""
    await session.execute(_REMOVE, {"unit_id": unit_id, "campaign_id": campaign_id})
