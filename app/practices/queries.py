"""All SQL about good practices."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, String, Uuid, and_, any_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from app.campaigns.models import Campaign
from app.campaigns.period_queries import locked_by
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.practices.models import Practice
from app.units.models import Unit
from app.units.queries import under_clause
from app.units.upward import bearing_path

_Selecting = aliased(Unit, name="selecting")
_Replicating = aliased(Unit, name="replicating")

_SELECT = (
    select(
        *(column for column in Practice.__table__.columns),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        bearing_path().label("unit_bearing"),
        Unit.parent_id.label("unit_parent_id"),
        _Selecting.code.label("selected_unit_code"),
        _Selecting.name.label("selected_unit_name"),
        _Replicating.code.label("replicated_unit_code"),
        _Replicating.name.label("replicated_unit_name"),
        locked_by(Practice.unit_id, Practice.started_on).label("locked_by"),
    )
    .join(Unit, Unit.id == Practice.unit_id)
    .outerjoin(_Selecting, _Selecting.id == Practice.selected_unit_id)
    .outerjoin(_Replicating, _Replicating.id == Practice.replicated_unit_id)
)
_ONE = _SELECT.where(Practice.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Practice, key_share=True)

_STANDING = _SELECT.where(
    or_(
        Practice.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        and_(
            Practice.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))),
            Practice.title == any_(bindparam("titles", type_=ARRAY(String))),
        ),
    )
).order_by(Practice.id)

_OF_CAMPAIGN = Campaign.id == bindparam("campaign")
_YEAR = bindparam("year", type_=Integer)

LISTING = Listing(
    select=_SELECT,
    key=Practice.id,
    sorts={
        "unit": (Practice.unit_path, Practice.started_on),
        "started_on": (Practice.started_on,),
        "-started_on": (Practice.started_on,),
        "updated_at": (Practice.updated_at,),
        "-updated_at": (Practice.updated_at,),
    },
    filters={
        "unit": Practice.unit_id == bindparam("unit"),
        "under": under_clause(Practice.unit_path),
        "status": Practice.status == bindparam("status"),
        "campaign": and_(
            Practice.started_on >= select(Campaign.window_from).where(_OF_CAMPAIGN).scalar_subquery(),
            Practice.started_on <= select(Campaign.window_to).where(_OF_CAMPAIGN).scalar_subquery(),
        ),
        "year": Practice.started_on.between(func.make_date(_YEAR, 1, 1), func.make_date(_YEAR, 12, 31)),
        "updated_since": Practice.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, practice_id: UUID, *, lock: bool = False) -> AnyRow:
    """One practice with its unit; ``lock`` keeps others from changing it meanwhile. 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": practice_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def standing(
    session: Session, ids: Sequence[UUID], unit_ids: Sequence[UUID], titles: Sequence[str]
) -> Sequence[AnyRow]:
    """Practices with one of ``ids``, and those of ``unit_ids`` with one of ``titles``, the oldest first."""
    given = {"ids": list(ids), "unit_ids": list(unit_ids), "titles": list(titles)}
    return (await session.execute(_STANDING, given)).all()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a practice."""
    await session.execute(insert(Practice), dict(values))


async def change(session: Session, practice_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked practice and count its version up."""
    await session.execute(
        update(Practice)
        .where(Practice.id == practice_id)
        .values(**values, version=Practice.version + 1)
        .execution_options(synchronize_session=False)
    )


async def remove(session: Session, practice_id: UUID) -> None:
    """Delete a draft."""
    await session.execute(delete(Practice).where(Practice.id == practice_id))
