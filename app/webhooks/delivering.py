"""One attempt of a delivery: read, send, keep what became of it. No connection to the database is held meanwhile.

Killed between sending and keeping, the job is taken up by another worker and the message sent once more, under the same
``webhook-id``: at least once, never lost.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import Any
from uuid import UUID

from app.access.actor import SYSTEM, Tx, UnitRef
from app.audit.service import Subject, record
from app.identity.opening import open_as_system
from app.kernel.clock import Clock, wall
from app.kernel.db import AnyRow, Database
from app.kernel.jobs import Job, enqueue
from app.webhooks import queries, queries_work
from app.webhooks.log import attempt
from app.webhooks.retries import delay_after, given_up
from app.webhooks.sending import Message, Outcome, Sender

GONE = 410
"""The receiver says that it will never listen again."""


@dataclass(frozen=True, slots=True)
class Delivering:
    """What an attempt uses."""

    database: Database
    clock: Clock
    sender: Sender

    async def attempt(self, delivery_id: UUID, attempts: int) -> None:
        """Make the attempt after ``attempts`` others; nothing where it was made already."""
        message = await self._message(delivery_id, attempts)
        if message is None:
            return
        outcome = await self.sender.send(message, wall())
        await self._keep(delivery_id, attempts, outcome)

    async def _message(self, delivery_id: UUID, attempts: int) -> Message | None:
        async with self.database.transaction() as session:
            await open_as_system(session)
            row = await queries_work.outgoing(session, delivery_id, attempts)
            if row is None:
                return None
            if row.webhook_status != "active":
                await queries.change_delivery(session, row.id, _ended("failed", wall(), error="disabled"))
                return None
        async with self.database.transaction(keep=False) as session:  # as the owner, who alone may read secrets
            secrets = await queries_work.secrets(session, row.webhook_id, wall())
        return Message(row.url, row.event_id, row.body, secrets)

    async def _keep(self, delivery_id: UUID, attempts: int, outcome: Outcome) -> None:
        async with self.database.transaction() as session:
            await open_as_system(session)
            row = await queries_work.outgoing(session, delivery_id, attempts, lock=True)
            if row is None:
                return
            tx, now = Tx(session, SYSTEM, self.clock.now(), "job"), wall()
            met = {
                "attempts": attempts + 1,
                "response_status": outcome.status,
                "duration_ms": outcome.duration_ms,
                "error": outcome.error,
            }
            if outcome.error is None:
                await queries.change_delivery(session, row.id, _ended("delivered", now, **met))
                if row.failing_since is not None:
                    await queries_work.change_webhook(session, row.webhook_id, {"failing_since": None})
                return
            await self._failed(tx, row, met, now)

    async def _failed(self, tx: Tx, row: AnyRow, met: dict[str, Any], now: datetime) -> None:
        since = row.failing_since or now
        gone = met["response_status"] == GONE
        if row.webhook_status == "active" and (gone or given_up(since, now)):
            await _disable(tx, row, "gone" if gone else "failing")
        elif row.failing_since is None:
            await queries_work.change_webhook(tx.session, row.webhook_id, {"failing_since": now})
        delay = None if gone else delay_after(met["attempts"], random())  # noqa: S311 - spreads load, guards nothing
        if delay is None:
            await queries.change_delivery(tx.session, row.id, _ended("failed", now, **met))
            return
        values = {**met, "next_attempt_at": now + delay, "updated_at": now}
        await queries.change_delivery(tx.session, row.id, values)
        await enqueue(tx.session, _later(row.id, met["attempts"], delay))


def _ended(status: str, now: datetime, **met: Any) -> dict[str, Any]:
    return {"status": status, "next_attempt_at": None, "updated_at": now, **met}


def _later(delivery_id: UUID, attempts: int, delay: timedelta) -> Job:
    job = attempt(delivery_id, attempts)
    return Job(job.name, job.payload, delay, job.key)


async def _disable(tx: Tx, row: AnyRow, reason: str) -> None:
    values = {"status": "disabled", "disabled_reason": reason}
    await queries.change(tx.session, row.webhook_id, {**values, "updated_at": tx.now})
    unit = UnitRef(row.unit_id, row.unit_path, row.unit_level)
    change = ({"status": "active"}, values)
    await record(tx, "webhook.disable", Subject("webhook", row.webhook_id, unit), change=change)
