"""The jobs of reminders: look who is due, and mail notices."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import aiosmtplib
import structlog

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel.clock import HO_CHI_MINH, Clock, local_date
from app.kernel.db import AnyRow, Database
from app.kernel.jobs import Handler, Schedule, Work
from app.reminders import queries
from app.reminders.mail import Mailer, message_of, refused_for_good
from app.reminders.schedule import CATCH_UP_DAYS, FURTHEST, NOT_BEFORE_HOUR, mark
from app.reminders.sending import MAIL, Due, Manner, send
from app.reminders.service import PROPOSAL

log = structlog.get_logger("dienhinh.reminders")

CHUNK: Final = 200
"""Reminders sent in one transaction, so that none is long."""
_REACH: Final = timedelta(days=FURTHEST + CATCH_UP_DAYS + 1)


def _due(row: AnyRow, tx: Tx) -> Due | None:
    own = row.enabled is not None
    if not (row.enabled if own else PROPOSAL["enabled"]):
        return None
    before = row.remind_days_before if own else PROPOSAL["remind_days_before"]
    after = row.escalate_days_after if own else PROPOSAL["escalate_days_after"]
    found = mark(row.due, tx.today, before, after)
    return Due(row, found.kind, found.day) if found else None


async def evaluate(database: Database, clock: Clock, *, mail: bool) -> int:
    """Remind whoever is due now; how many were. Asked again, or by two at once, it sends nothing twice."""
    now = clock.now()
    if now.astimezone(HO_CHI_MINH).hour < NOT_BEFORE_HOUR:
        return 0
    today = local_date(now)
    async with database.transaction(keep=False) as session:
        await open_as_system(session)
        tx = Tx(session, SYSTEM, now, "job")
        rows = await queries.due_between(session, today - _REACH, today + _REACH)
        dues = [due for row in rows if (due := _due(row, tx))]
        keys = {(due.kind, due.day) for due in dues}
        sent = {
            (found, kind, day)
            for kind, day in keys
            for found in await queries.sent(session, [due.owed.id for due in dues], kind, day)
        }
    waiting = [due for due in dues if (due.owed.id, due.kind, due.day) not in sent]
    count = 0
    for start in range(0, len(waiting), CHUNK):
        async with database.transaction() as session:
            await open_as_system(session)
            tx = Tx(session, SYSTEM, now, "job")
            count += len(await send(tx, waiting[start : start + CHUNK], Manner(mail)))
    return count


async def mail_notice(database: Database, mailer: Mailer | None, notice_id: UUID) -> None:
    """Mail a notice that waits. Raises aiosmtplib.SMTPException or OSError where it is to be tried again."""
    async with database.transaction(keep=False) as session:
        await open_as_system(session)
        row = await queries.to_mail(session, notice_id)
    if row is None:
        return
    status = "failed"
    if mailer is not None and row.email:
        try:
            await mailer.send(message_of(row, mailer.sender))
            status = "sent"
        except aiosmtplib.SMTPException as fault:
            if not refused_for_good(fault):
                raise
            log.warning("mail_refused", notice=str(notice_id), error=str(fault)[:300])
    async with database.transaction() as session:
        await open_as_system(session)
        await queries.mailed(session, notice_id, status)


def work(database: Database, clock: Clock, mailer: Mailer | None) -> Work:
    """What a worker does for reminders."""

    async def look() -> None:
        await evaluate(database, clock, mail=mailer is not None)

    async def mail(payload: Mapping[str, Any]) -> None:
        await mail_notice(database, mailer, UUID(payload["notice"]))

    return Work(
        {MAIL: Handler(mail, attempts=8, first_delay=timedelta(seconds=30))},
        (Schedule("reminders.evaluate", "*/10 * * * *", look),),
    )
