"""All SQL about registrations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, insert, or_, select, update

from app.campaigns.period_queries import locked_by, yearly_day
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.registrations.models import Registration
from app.units.models import Unit
from app.units.queries import under_clause
from app.units.upward import bearing_path

_SELECT = select(
    *(column for column in Registration.__table__.columns),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
    Unit.ended_on.is_not(None).label("unit_ended"),
    bearing_path().label("unit_bearing"),
    locked_by(Registration.unit_id, yearly_day(Registration.created_at, Registration.year)).label("locked_by"),
).join(Unit, Unit.id == Registration.unit_id)
_ONE = _SELECT.where(Registration.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Registration, key_share=True)

_STANDING = _SELECT.where(
    or_(
        Registration.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        (Registration.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid)))) & (Registration.status != "withdrawn"),
    )
)

LISTING = Listing(
    select=_SELECT,
    key=Registration.id,
    sorts={
        "unit": (Registration.unit_path, Registration.year),
        "year": (Registration.year,),
        "-year": (Registration.year,),
        "updated_at": (Registration.updated_at,),
        "-updated_at": (Registration.updated_at,),
    },
    filters={
        "unit": Registration.unit_id == bindparam("unit"),
        "under": under_clause(Registration.unit_path),
        "year": Registration.year == bindparam("year"),
        "status": Registration.status == bindparam("status"),
        "updated_since": Registration.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, registration_id: UUID, *, lock: bool = False) -> AnyRow:
    """One registration with its unit; ``lock`` keeps others from changing it meanwhile. 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": registration_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def standing(session: Session, ids: Sequence[UUID], unit_ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """Registrations with one of ``ids``, and all that ``unit_ids`` have not withdrawn."""
    return (await session.execute(_STANDING, {"ids": list(ids), "unit_ids": list(unit_ids)})).all()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a registration."""
    await session.execute(insert(Registration), dict(values))


async def change(session: Session, registration_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked registration and count its version up."""
    await session.execute(
        update(Registration)
        .where(Registration.id == registration_id)
        .values(**values, version=Registration.version + 1)
        .execution_options(synchronize_session=False)
    )


async def remove(session: Session, registration_id: UUID) -> None:
    """Delete a draft."""
    await session.execute(delete(Registration).where(Registration.id == registration_id))
