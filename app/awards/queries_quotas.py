"""All SQL about forms of award and quotas."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, String, Uuid, and_, bindparam, cast, delete, func, insert, or_, select, update

from app.awards.models import GRANTED, Award, AwardForm, AwardQuota
from app.campaigns.models import Campaign
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

_UNIT = (
    *(Unit.code.label("unit_code"), Unit.name.label("unit_name"), Unit.level.label("unit_level")),
    Unit.ended_on.is_not(None).label("unit_ended"),
)

# --- forms ---------------------------------------------------------------------------------------------------------

_FORM_SELECT = select(*(column for column in AwardForm.__table__.columns), *_UNIT).join(
    Unit, Unit.id == AwardForm.unit_id
)
_FORM = _FORM_SELECT.where(AwardForm.id == bindparam("id"))
_FORM_LOCKED = _FORM.with_for_update(of=AwardForm, key_share=True)
_FORM_BY_CODE = _FORM_SELECT.where(AwardForm.unit_id == bindparam("unit_id"), AwardForm.code == bindparam("code"))
_SERVING = (
    select(AwardForm.id)
    .where(AwardForm.code == bindparam("code"), func.starts_with(bindparam("path", type_=String), AwardForm.unit_path))
    .order_by(func.length(AwardForm.unit_path).desc())
    .limit(1)
)
_AS_OF = bindparam("as_of", type_=Date)

FORMS = Listing(
    select=_FORM_SELECT,
    key=AwardForm.id,
    sorts={
        "position": (AwardForm.position, AwardForm.code),
        "updated_at": (AwardForm.updated_at,),
        "-updated_at": (AwardForm.updated_at,),
    },
    filters={
        "unit": AwardForm.unit_id == bindparam("unit"),
        "code": AwardForm.code == bindparam("code"),
        "as_of": and_(AwardForm.valid_from <= _AS_OF, or_(AwardForm.valid_to.is_(None), AwardForm.valid_to > _AS_OF)),
        "updated_since": AwardForm.updated_at >= bindparam("updated_since"),
    },
)


async def form(session: Session, form_id: UUID, *, lock: bool = False) -> AnyRow:
    """One form with the unit that keeps it. ``lock`` hides what may not be written. Raises 404."""
    row = (await session.execute(_FORM_LOCKED if lock else _FORM, {"id": form_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def find_form(session: Session, form_id: UUID) -> "AnyRow | None":
    """The form with that id, if there is one: for those who name it in a body."""
    return (await session.execute(_FORM, {"id": form_id})).one_or_none()


async def form_by_code(session: Session, unit_id: UUID, code: str) -> "AnyRow | None":
    """The unit's form with that code, if there is one."""
    return (await session.execute(_FORM_BY_CODE, {"unit_id": unit_id, "code": code})).one_or_none()


async def serving_form(session: Session, code: str, path: str) -> UUID | None:
    """The form that ``code`` means for a unit at ``path``: of its own list, or of the nearest above."""
    found: UUID | None = await session.scalar(_SERVING, {"code": code, "path": path})
    return found


def in_force(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether what holds from ``valid_from`` until before ``valid_to`` holds on ``day``."""
    return valid_from <= day and (valid_to is None or day < valid_to)


async def add_form(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a form."""
    await session.execute(insert(AwardForm), dict(values))


async def change_form(session: Session, form_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked form and count its version up."""
    changed = update(AwardForm).where(AwardForm.id == form_id)
    await session.execute(changed.values(**values, version=AwardForm.version + 1))


async def remove_form(session: Session, form_id: UUID) -> None:
    """Delete a form; the database refuses when it was ever used."""
    await session.execute(delete(AwardForm).where(AwardForm.id == form_id))


# --- quotas --------------------------------------------------------------------------------------------------------

_BELOW = and_(Award.unit_path >= AwardQuota.unit_path, Award.unit_path < func.rtrim(AwardQuota.unit_path, ".") + "/")


def _granted(kind: str) -> Any:
    """Awards of ``kind`` granted under a quota, as far as the caller sees them."""
    same = (Award.campaign_id == AwardQuota.campaign_id, Award.award_form_id == AwardQuota.award_form_id)
    counted = select(func.count()).where(*same, _BELOW, GRANTED, Award.recipient_kind == kind)
    return counted.correlate(AwardQuota).scalar_subquery()


_QUOTA_SELECT = (
    select(
        *(column for column in AwardQuota.__table__.columns),
        *_UNIT,
        AwardForm.code.label("form_code"),
        AwardForm.title.label("form_title"),
        AwardForm.authority.label("form_authority"),
        AwardForm.handled_level,
        Campaign.code.label("campaign_code"),
        Campaign.number.label("campaign_number"),
        Campaign.title.label("campaign_title"),
        Campaign.status.label("campaign_status"),
        _granted("collective").label("granted_collectives"),
        _granted("individual").label("granted_individuals"),
    )
    .join(Unit, Unit.id == AwardQuota.unit_id)
    .join(AwardForm, AwardForm.id == AwardQuota.award_form_id)
    .join(Campaign, Campaign.id == AwardQuota.campaign_id)
)
_QUOTA = _QUOTA_SELECT.where(AwardQuota.id == bindparam("id"))
_QUOTA_LOCKED = _QUOTA.with_for_update(of=AwardQuota, key_share=True)
_PATH = bindparam("path", type_=String(collation="C"))
_BOUNDING = (
    select(
        AwardQuota.id,
        AwardQuota.collectives,
        AwardQuota.individuals,
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        _granted("collective").label("granted_collectives"),
        _granted("individual").label("granted_individuals"),
    )
    .join(Unit, Unit.id == AwardQuota.unit_id)
    .where(
        AwardQuota.campaign_id == bindparam("campaign_id"),
        AwardQuota.award_form_id == bindparam("form_id"),
        func.starts_with(_PATH, AwardQuota.unit_path),
    )
    .order_by(AwardQuota.unit_path)
)
_KEY = func.hashtextextended(bindparam("key", type_=String), 0)
_SEIZE = select(cast(func.pg_advisory_xact_lock(_KEY), String))

QUOTAS = Listing(
    select=_QUOTA_SELECT,
    key=AwardQuota.id,
    sorts={
        "unit": (AwardQuota.unit_path,),
        "updated_at": (AwardQuota.updated_at,),
        "-updated_at": (AwardQuota.updated_at,),
    },
    filters={
        "campaign": AwardQuota.campaign_id == bindparam("campaign", type_=Uuid),
        "form": AwardQuota.award_form_id == bindparam("form", type_=Uuid),
        "unit": AwardQuota.unit_id == bindparam("unit", type_=Uuid),
        "under": under_clause(AwardQuota.unit_path),
        "updated_since": AwardQuota.updated_at >= bindparam("updated_since"),
    },
)


async def quota(session: Session, quota_id: UUID, *, lock: bool = False) -> AnyRow:
    """One quota with what is granted under it. ``lock`` hides what may not be written. Raises 404."""
    row = (await session.execute(_QUOTA_LOCKED if lock else _QUOTA, {"id": quota_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def seize(session: Session, campaign_id: UUID, form_id: UUID) -> None:
    """Wait for whoever grants this form in this campaign or changes its quotas, and keep others from it until the end.

    Not the quota's row is locked, since a quota that is only being entered has none yet. Count afterwards.
    """
    await session.execute(_SEIZE, {"key": f"award_quota:{campaign_id}:{form_id}"})


async def bounding(session: Session, campaign_id: UUID, form_id: UUID, path: str) -> Sequence[AnyRow]:
    """The quotas that bound what the unit at ``path`` may receive: its own and those of all units above, top first."""
    return (await session.execute(_BOUNDING, {"campaign_id": campaign_id, "form_id": form_id, "path": path})).all()


async def add_quota(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a quota."""
    await session.execute(insert(AwardQuota), dict(values))


async def change_quota(session: Session, quota_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked quota and count its version up."""
    changed = update(AwardQuota).where(AwardQuota.id == quota_id)
    await session.execute(changed.values(**values, version=AwardQuota.version + 1))


async def remove_quota(session: Session, quota_id: UUID) -> None:
    """Delete a quota."""
    await session.execute(delete(AwardQuota).where(AwardQuota.id == quota_id))
