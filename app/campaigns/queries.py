"""All SQL about campaigns, their outline and deadlines. Obligations: ``obligation_queries.py``."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Integer, String, bindparam, cast, delete, func, insert, literal, select, update

from app.campaigns.models import Campaign, Deadline, OutlineSection
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.locks import LockSpace
from app.kernel.pagination import Listing
from app.units.models import Unit

_SELECT = select(
    *(column for column in Campaign.__table__.columns),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
).join(Unit, Unit.id == Campaign.unit_id)
_ONE = _SELECT.where(Campaign.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Campaign, key_share=True)
# Units may read a campaign but, through the fence, not lock its row: hence an advisory lock, under a number of ours.
_KEY = (literal(LockSpace.CAMPAIGN.value), func.hashtext(bindparam("id", type_=String)))
_KEEP = select(cast(func.pg_advisory_xact_lock_shared(*_KEY), String))
_SEIZE = select(cast(func.pg_advisory_xact_lock(*_KEY), String))
_OPEN = _SELECT.where(Campaign.status == "open").order_by(Campaign.id).limit(2)
_BY_CODE = _SELECT.where(Campaign.unit_id == bindparam("unit_id"), Campaign.code == bindparam("code"))

CAMPAIGNS = Listing(
    select=_SELECT,
    key=Campaign.id,
    sorts={
        "-open": (cast(Campaign.status == "open", Integer), Campaign.window_from),
        "code": (Campaign.code,),
        "window_from": (Campaign.window_from,),
        "-window_from": (Campaign.window_from,),
        "updated_at": (Campaign.updated_at,),
        "-updated_at": (Campaign.updated_at,),
    },
    filters={
        "unit": Campaign.unit_id == bindparam("unit"),
        "code": Campaign.code == bindparam("code"),
        "status": Campaign.status == bindparam("status"),
        "updated_since": Campaign.updated_at >= bindparam("updated_since"),
    },
)

DEADLINES = Listing(
    select=select(*(column for column in Deadline.__table__.columns)),
    key=Deadline.id,
    sorts={"due_before": (Deadline.due_before,), "-due_before": (Deadline.due_before,)},
    filters={"campaign": Deadline.campaign_id == bindparam("campaign"), "task": Deadline.task == bindparam("task")},
)

_OUTLINE = (
    select(
        OutlineSection.code,
        OutlineSection.number,
        OutlineSection.title,
        OutlineSection.guidance,
        OutlineSection.parent_code.label("parent"),
        OutlineSection.writable,
    )
    .where(OutlineSection.campaign_id == bindparam("campaign_id"))
    .order_by(OutlineSection.position)
)
_DEADLINE = select(*(column for column in Deadline.__table__.columns)).where(
    Deadline.id == bindparam("id"), Deadline.campaign_id == bindparam("campaign_id")
)


async def get(session: Session, campaign_id: UUID, *, lock: bool = False) -> AnyRow:
    """One campaign with its unit. ``lock`` keeps others from changing it, and hides what may not be written: 404."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": campaign_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def find(session: Session, campaign_id: UUID) -> "AnyRow | None":
    """The campaign with that id, if there is one: for those who name it in a body."""
    return (await session.execute(_ONE, {"id": campaign_id})).one_or_none()


async def keep_state(session: Session, campaign_id: UUID) -> None:
    """Keep the campaign from being opened, closed or reopened until this transaction ends. Read its state afterwards.

    A state that was read before may have changed while this waited.
    """
    await session.execute(_KEEP, {"id": str(campaign_id)})


async def seize_state(session: Session, campaign_id: UUID) -> None:
    """Wait until nobody works in the campaign under :func:`keep_state`, and keep others from beginning to."""
    await session.execute(_SEIZE, {"id": str(campaign_id)})


async def open_ones(session: Session) -> Sequence[AnyRow]:
    """The open campaigns; at most two, since one asks only whether there is just one."""
    return (await session.execute(_OPEN)).all()


async def by_code(session: Session, unit_id: UUID, code: str) -> "AnyRow | None":
    """The unit's campaign with that code, if there is one."""
    return (await session.execute(_BY_CODE, {"unit_id": unit_id, "code": code})).one_or_none()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a campaign."""
    await session.execute(insert(Campaign), dict(values))


async def change(session: Session, campaign_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked campaign and count its version up."""
    await session.execute(
        update(Campaign).where(Campaign.id == campaign_id).values(**values, version=Campaign.version + 1)
    )


async def remove(session: Session, campaign_id: UUID) -> None:
    """Delete a draft with its outline and deadlines."""
    await session.execute(delete(Campaign).where(Campaign.id == campaign_id))


async def outline(session: Session, campaign_id: UUID) -> Sequence[AnyRow]:
    """The outline's headings in their printed order."""
    return (await session.execute(_OUTLINE, {"campaign_id": campaign_id})).all()


async def replace_outline(session: Session, campaign_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put ``rows`` in the place of the campaign's outline."""
    await session.execute(delete(OutlineSection).where(OutlineSection.campaign_id == campaign_id))
    if rows:
        await session.execute(insert(OutlineSection), [dict(row) for row in rows])


class DeadlineAt(NamedTuple):
    """Where a deadline is found."""

    campaign_id: UUID
    id: UUID


async def deadline(session: Session, at: DeadlineAt) -> AnyRow:
    """One deadline of a campaign. Raises 404."""
    row = (await session.execute(_DEADLINE, at._asdict())).one_or_none()
    if row is None:
        raise NotFound
    return row


async def add_deadlines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert deadlines."""
    if rows:
        await session.execute(insert(Deadline), [dict(row) for row in rows])


async def change_deadline(session: Session, deadline_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a deadline of a locked campaign and count its version up."""
    await session.execute(
        update(Deadline).where(Deadline.id == deadline_id).values(**values, version=Deadline.version + 1)
    )


async def remove_deadline(session: Session, deadline_id: UUID) -> None:
    """Delete a deadline of a draft."""
    await session.execute(delete(Deadline).where(Deadline.id == deadline_id))
