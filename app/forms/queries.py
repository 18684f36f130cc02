"""All SQL about sets of forms and which of them a campaign uses. What fills the forms: ``rows.py``, statistics."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.campaigns.models import Campaign
from app.forms.models import CampaignForms, FormSet
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit

_COLUMNS = tuple(column for column in FormSet.__table__.columns if column.name != "definition")
_KEEPER = (Unit.code.label("unit_code"), Unit.name.label("unit_name"), Unit.level.label("unit_level"))
_SELECT = select(*_COLUMNS, *_KEEPER).join(Unit, Unit.id == FormSet.unit_id)
_ONE = _SELECT.add_columns(FormSet.definition).where(FormSet.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=FormSet, key_share=True)

LISTING = Listing(
    select=_SELECT,
    key=FormSet.id,
    sorts={
        "code": (FormSet.code, FormSet.set_version),
        "-code": (FormSet.code, FormSet.set_version),
        "-set_version": (FormSet.set_version, FormSet.code),
        "updated_at": (FormSet.updated_at,),
        "-updated_at": (FormSet.updated_at,),
    },
    filters={
        "code": FormSet.code == bindparam("code"),
        "status": FormSet.status == bindparam("status"),
        "unit": FormSet.unit_id == bindparam("unit"),
        "updated_since": FormSet.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, set_id: UUID, *, lock: bool = False) -> AnyRow:
    """One set with its definition; ``lock`` keeps others from changing it meanwhile. Raises 404.

    Locking needs the right to write: outside the writing fence a row that can be read is not found for locking.
    """
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": set_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def find(session: Session, set_id: UUID) -> "AnyRow | None":
    """The set with that id, if there is one: for those who name it in a body."""
    return (await session.execute(_ONE, {"id": set_id})).one_or_none()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a set."""
    await session.execute(insert(FormSet), dict(values))


async def change(session: Session, set_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked set and count its version up."""
    await session.execute(update(FormSet).where(FormSet.id == set_id).values(**values, version=FormSet.version + 1))


async def remove(session: Session, set_id: UUID) -> None:
    """Delete a draft."""
    await session.execute(delete(FormSet).where(FormSet.id == set_id))


_VERSIONS = (
    select(FormSet.id, FormSet.set_version, FormSet.status)
    .where(FormSet.unit_id == bindparam("unit_id"), FormSet.code == bindparam("code"))
    .order_by(FormSet.set_version)
)


async def versions(session: Session, unit_id: UUID, code: str) -> Sequence[AnyRow]:
    """All versions of the unit's set ``code``, the oldest first."""
    return (await session.execute(_VERSIONS, {"unit_id": unit_id, "code": code})).all()


# The set that was chosen; otherwise, of those that the campaign's unit or the nearest one above it keeps, the newest
# published when the campaign opened, or the first published after it. Publishing leaves both answers as they are.
_NOW = bindparam("now", type_=DateTime(timezone=True))
_IN_TIME = FormSet.published_at <= func.coalesce(Campaign.opened_at, _NOW)
_PINNED = (
    select(
        *_COLUMNS,
        *_KEEPER,
        *(CampaignForms.campaign_id.label("chosen_for"), CampaignForms.pinned_at),
        func.coalesce(CampaignForms.version, 0).label("pin_version"),
        *(Campaign.window_from, Campaign.window_to, Campaign.before_from, Campaign.before_to),
        *(Campaign.years, Campaign.number.label("campaign_number")),
    )
    .select_from(Campaign)
    .join(FormSet, FormSet.status != "draft")
    .join(Unit, Unit.id == FormSet.unit_id)
    .outerjoin(CampaignForms, (CampaignForms.campaign_id == Campaign.id) & (CampaignForms.form_set_id == FormSet.id))
    .where(Campaign.id == bindparam("campaign"))
    .where(CampaignForms.campaign_id.is_not(None) | Campaign.unit_path.op("^@")(FormSet.unit_path))
    .order_by(
        CampaignForms.campaign_id.is_(None),
        func.length(FormSet.unit_path).desc(),
        _IN_TIME.desc(),
        case((_IN_TIME, FormSet.published_at)).desc(),
        FormSet.published_at,
        FormSet.set_version.desc(),
        FormSet.id,
    )
    .limit(1)
)


async def pinned(session: Session, campaign_id: UUID, now: Any) -> "AnyRow | None":
    """The set that the campaign uses and what its titles tell of the campaign; None while no set is published.

    Without its definition, which is long: :func:`definition`.
    """
    return (await session.execute(_PINNED, {"campaign": campaign_id, "now": now})).one_or_none()


_DEFINITION = select(FormSet.definition).where(FormSet.id == bindparam("id"))


async def definition(session: Session, set_id: UUID) -> Any:
    """What the forms of a set are made of, as it is stored."""
    return await session.scalar(_DEFINITION, {"id": set_id})


_PIN = upsert(CampaignForms)
_PIN = _PIN.on_conflict_do_update(
    constraint="pk_campaign_forms",
    set_={
        **{name: _PIN.excluded[name] for name in ("form_set_id", "pinned_at", "pinned_by")},
        "version": CampaignForms.version + 1,
    },
)


async def pin(session: Session, values: Mapping[str, Any]) -> None:
    """Let the campaign use a set."""
    await session.execute(_PIN, dict(values))
