"""Reminding: who is told, once and not again, in the inbox, by e-mail and in the event log (hence to webhooks)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission, roles_with
from app.audit.service import Subject, record
from app.kernel.db import AnyRow
from app.kernel.ids import new_id
from app.kernel.jobs import Job, enqueue
from app.reminders import queries
from app.reminders.texts import facts_of

MAIL: Final = "reminders.mail"
"""The job that mails one notice."""
_WORKERS: Final = frozenset(roles_with(Permission.REPORT_WRITE)) | frozenset(roles_with(Permission.REPORT_SUBMIT))
_SUPERIORS: Final = frozenset(roles_with(Permission.REPORT_REVIEW)) | frozenset(
    roles_with(Permission.OBLIGATION_MANAGE)
)
_VERBS: Final = {"approaching": "deadline.approaching", "missed": "deadline.missed", "by_hand": "obligation.remind"}


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder to send: what is owed (a row of ``queries``), of which kind, planned for which day."""

    owed: AnyRow
    kind: str
    day: date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to tell."""

    user_id: UUID
    kind: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Manner:
    """What goes for all reminders sent at once."""

    mail: bool
    """Whether this installation sends e-mail."""
    note: str | None = None


async def recipients(tx: Tx, dues: Sequence[Due]) -> dict[UUID, list[Person]]:
    """Whom each obligation's reminder tells: the unit's own people; once it is overdue, the level above too.

    A base unit without accounts of its own is worked for by the unit above: its people are told instead.
    """
    units = {due.owed.unit_id for due in dues} | {due.owed.parent_id for due in dues if due.owed.parent_id}
    found: dict[UUID, list[AnyRow]] = defaultdict(list)
    for row in await queries.people(tx.session, units, tx.today):
        found[row.unit_id].append(row)
    return {due.owed.id: _told(due, found) for due in dues}


def _told(due: Due, found: Mapping[UUID, Sequence[AnyRow]]) -> list[Person]:
    owed = due.owed
    above = found.get(owed.parent_id, ())
    own = [row for row in found.get(owed.unit_id, ()) if row.role in _WORKERS]
    if not own and owed.unit_level == "base":
        own = [row for row in above if row.role in _WORKERS]
    told = {row.user_id: Person(row.user_id, due.kind, row.email) for row in own}
    if due.kind == "missed" and owed.unit_path != owed.owner_path:  # nobody stands above who conducts the campaign
        for row in above:
            if row.role in _SUPERIORS:
                told.setdefault(row.user_id, Person(row.user_id, "escalation", row.email))
    return list(told.values())


async def send(tx: Tx, dues: Sequence[Due], manner: Manner) -> dict[UUID, int]:
    """Send what was not sent before; how many people were told of each obligation that was now reminded of."""
    if not dues:
        return {}
    told = await recipients(tx, dues)
    rows = [_row(tx, due, len(told[due.owed.id]), manner) for due in dues]
    new = await queries.add_reminders(tx.session, rows)
    fresh = [(due, row["id"]) for due, row in zip(dues, rows, strict=True) if row["id"] in new]
    notices = [
        _notice(tx, due, reminder_id, person, manner) for due, reminder_id in fresh for person in told[due.owed.id]
    ]
    if notices:
        await queries.add_notices(tx.session, notices)
    waiting = [notice["id"] for notice in notices if notice["mail_status"] == "waiting"]
    await enqueue(tx.session, *(Job(MAIL, {"notice": each}, key=f"{MAIL}:{each}") for each in waiting))
    for due, _ in fresh:
        await _record(tx, due, len(told[due.owed.id]), manner.note)
    return {due.owed.id: len(told[due.owed.id]) for due, _ in fresh}


def _row(tx: Tx, due: Due, told: int, manner: Manner) -> dict[str, Any]:
    return {
        "id": new_id(),
        "obligation_id": due.owed.id,
        "campaign_id": due.owed.campaign_id,
        "unit_id": due.owed.unit_id,
        "unit_path": due.owed.unit_path,
        "kind": due.kind,
        "day": due.day,
        "due_before": due.owed.due,
        "recipients": told,
        "note": manner.note,
        "sent_by": tx.actor.id,
        "created_at": tx.now,
    }


def _notice(tx: Tx, due: Due, reminder_id: UUID, person: Person, manner: Manner) -> dict[str, Any]:
    return {
        "id": new_id(),
        "user_id": person.user_id,
        "unit_id": due.owed.unit_id,
        "unit_path": due.owed.unit_path,
        "reminder_id": reminder_id,
        "kind": person.kind,
        "facts": facts_of(due.owed, tx.today, manner.note),
        "mail_status": "waiting" if manner.mail and person.email else "none",
        "created_at": tx.now,
        "updated_at": tx.now,
    }


async def _record(tx: Tx, due: Due, told: int, note: str | None) -> None:
    owed = due.owed
    unit = UnitRef(owed.unit_id, owed.unit_path, owed.unit_level)
    after = {"task": owed.task, "due_before": owed.due, "days_left": (owed.due - tx.today).days - 1, "recipients": told}
    await record(tx, _VERBS[due.kind], Subject("obligation", owed.id, unit), change=(None, after), note=note)
