"""All SQL about reminders: plans, who still owes what, whom to tell, what was sent, and inboxes."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Uuid, and_, bindparam, func, insert, not_, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from app.access.actor import UnitRef
from app.campaigns.models import SUBMITTED, Campaign, Obligation
from app.campaigns.obligation_queries import COUNTED
from app.identity.models import GrantRow, User
from app.kernel.db import AnyRow, AnySelect, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.reminders.models import Notice, Reminder, ReminderPlan
from app.units.models import Unit
from app.units.queries import under_clause

_PLAN = select(*(column for column in ReminderPlan.__table__.columns)).where(
    ReminderPlan.campaign_id == bindparam("campaign_id")
)
_PLAN_LOCKED = _PLAN.with_for_update(key_share=True)


async def plan(session: Session, campaign_id: UUID, *, lock: bool = False) -> "AnyRow | None":
    """The campaign's own plan, if it has one."""
    return (await session.execute(_PLAN_LOCKED if lock else _PLAN, {"campaign_id": campaign_id})).one_or_none()


async def add_plan(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a campaign's own plan."""
    await session.execute(insert(ReminderPlan), dict(values))


async def change_plan(session: Session, campaign_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked plan and count its version up."""
    await session.execute(
        update(ReminderPlan)
        .where(ReminderPlan.campaign_id == campaign_id)
        .values(**values, version=ReminderPlan.version + 1)
    )


# --- who still owes what ---------------------------------------------------------------------------------------------

_DUE = func.coalesce(Obligation.extended_to, Obligation.due_before)
_OWING: AnySelect = (
    select(
        *(Obligation.id, Obligation.unit_id, Obligation.unit_path, Obligation.campaign_id, Obligation.task),
        *(Obligation.due_before, Obligation.extended_to, Obligation.first_counted_at),
        _DUE.label("due"),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.parent_id,
        Campaign.title.label("campaign_title"),
        Campaign.unit_path.label("owner_path"),
    )
    .join(Unit, Unit.id == Obligation.unit_id)
    .join(Campaign, Campaign.id == Obligation.campaign_id)
    # An act may leave what is owed at a unit that it ends: nobody is left there who could do it.
    .where(COUNTED, not_(SUBMITTED), Campaign.status == "open", Unit.ended_on.is_(None))
    .order_by(Obligation.unit_path, Obligation.task)
)
# What was handed in once and came back for better reasons than being incomplete met its day: it is left in peace.
_DUE_SOON = (
    _OWING.add_columns(ReminderPlan.enabled, ReminderPlan.remind_days_before, ReminderPlan.escalate_days_after)
    .outerjoin(ReminderPlan, ReminderPlan.campaign_id == Campaign.id)
    .where(Obligation.first_counted_at.is_(None), _DUE.between(bindparam("first", type_=Date), bindparam("last")))
)
_UNDER = _OWING.where(
    Obligation.campaign_id == bindparam("campaign_id"),
    Obligation.task == bindparam("task"),
    Obligation.unit_path >= bindparam("path_from"),
    Obligation.unit_path < bindparam("path_to"),
)


async def due_between(session: Session, first: date, last: date) -> Sequence[AnyRow]:
    """What open campaigns still wait for whose day lies between these, each with its campaign's own plan."""
    return (await session.execute(_DUE_SOON, {"first": first, "last": last})).all()


async def owing_under(session: Session, campaign_id: UUID, task: str, unit: UnitRef) -> Sequence[AnyRow]:
    """What an open campaign still waits for in the subtree of ``unit``."""
    given = {"campaign_id": campaign_id, "task": task, "path_from": unit.path, "path_to": unit.path.rstrip(".") + "/"}
    return (await session.execute(_UNDER, given)).all()


# --- whom to tell ----------------------------------------------------------------------------------------------------

_PEOPLE = (
    select(GrantRow.unit_id, GrantRow.user_id, GrantRow.role, User.email)
    .join(User, User.id == GrantRow.user_id)
    .where(
        GrantRow.unit_id == func.any(bindparam("units", type_=ARRAY(Uuid))),
        GrantRow.valid_from <= bindparam("today", type_=Date),
        or_(GrantRow.valid_to.is_(None), GrantRow.valid_to > bindparam("today")),
        User.disabled_at.is_(None),
    )
    .order_by(GrantRow.unit_id, User.username)
)


async def people(session: Session, units: Collection[UUID], today: date) -> Sequence[AnyRow]:
    """Who holds which role at these units today."""
    return (await session.execute(_PEOPLE, {"units": list(units), "today": today})).all()


# --- what was sent ---------------------------------------------------------------------------------------------------

_ADD = upsert(Reminder).on_conflict_do_nothing(index_elements=["obligation_id", "kind", "day"]).returning(Reminder.id)
_SENT = select(Reminder.obligation_id).where(
    Reminder.obligation_id == func.any(bindparam("obligations", type_=ARRAY(Uuid))),
    Reminder.kind == bindparam("kind"),
    Reminder.day == bindparam("day"),
)

REMINDERS: Final = Listing(
    select=select(
        *(column for column in Reminder.__table__.columns),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
    ).join(Unit, Unit.id == Reminder.unit_id),
    key=Reminder.id,
    sorts={"-id": ()},
    filters={
        "campaign": Reminder.campaign_id == bindparam("campaign"),
        "unit": Reminder.unit_id == bindparam("unit"),
        "under": under_clause(Reminder.unit_path),
        "kind": Reminder.kind == bindparam("kind"),
    },
)


async def add_reminders(session: Session, values: Sequence[Mapping[str, Any]]) -> set[UUID]:
    """Insert reminders; the ids of those that had not been sent before."""
    return set((await session.execute(_ADD, [dict(each) for each in values])).scalars())


async def sent(session: Session, obligations: Collection[UUID], kind: str, day: date) -> set[UUID]:
    """Of which of these obligations there was such a reminder for that day."""
    given = {"obligations": list(obligations), "kind": kind, "day": day}
    return set((await session.execute(_SENT, given)).scalars())


# --- inboxes ---------------------------------------------------------------------------------------------------------

_NOTICE = (
    select(
        *(column for column in Notice.__table__.columns),
        Reminder.obligation_id,
        Reminder.campaign_id,
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
    )
    .join(Reminder, Reminder.id == Notice.reminder_id)
    .join(Unit, Unit.id == Notice.unit_id)
)
_MINE = _NOTICE.where(Notice.id == bindparam("id"), Notice.user_id == bindparam("user"))
_MINE_LOCKED = _MINE.with_for_update(of=Notice, key_share=True)
INBOX: Final = Listing(
    select=_NOTICE,
    key=Notice.id,
    sorts={"-id": ()},
    filters={
        "user": Notice.user_id == bindparam("user"),
        "unread": Notice.read_at.is_(None) == bindparam("unread"),
    },
)
_READ_ALL = (
    update(Notice)
    .where(and_(Notice.user_id == bindparam("user"), Notice.read_at.is_(None)))
    .values(read_at=bindparam("now"), updated_at=bindparam("now"), version=Notice.version + 1)
)


async def add_notices(session: Session, values: Sequence[Mapping[str, Any]]) -> None:
    """Insert notices."""
    await session.execute(insert(Notice), [dict(each) for each in values])


@dataclass(frozen=True, slots=True)
class Mine:
    """One person's notice."""

    id: UUID
    user_id: UUID | None


async def notice(session: Session, mine: Mine, *, lock: bool = False) -> AnyRow:
    """A notice in that person's inbox. Raises 404 for everybody else's."""
    given = {"id": mine.id, "user": mine.user_id}
    row = (await session.execute(_MINE_LOCKED if lock else _MINE, given)).one_or_none()
    if row is None:
        raise NotFound
    return row


async def change_notice(session: Session, notice_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked notice and count its version up."""
    await session.execute(update(Notice).where(Notice.id == notice_id).values(**values, version=Notice.version + 1))


async def read_all(session: Session, user_id: UUID | None, now: datetime) -> int:
    """Mark everything in a person's inbox as read; how much that was."""
    return (await session.execute(_READ_ALL, {"user": user_id, "now": now})).rowcount


# --- e-mail ----------------------------------------------------------------------------------------------------------

_MAIL = (
    select(Notice.id, Notice.kind, Notice.facts, User.email, User.full_name)
    .join(User, User.id == Notice.user_id)
    .where(Notice.id == bindparam("id"), Notice.mail_status == "waiting", User.disabled_at.is_(None))
)
_MAILED = update(Notice).where(Notice.id == bindparam("notice")).values(mail_status=bindparam("mail"))


async def to_mail(session: Session, notice_id: UUID) -> "AnyRow | None":
    """A notice that waits to be mailed, with whom to."""
    return (await session.execute(_MAIL, {"id": notice_id})).one_or_none()


async def mailed(session: Session, notice_id: UUID, status: str) -> None:
    """Keep what became of an e-mail."""
    await session.execute(_MAILED, {"notice": notice_id, "mail": status})
