"""The jobs of webhooks: follow the log, make attempts, keep order."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from app.identity.opening import open_as_system
from app.kernel.clock import Clock, wall
from app.kernel.db import Database
from app.kernel.jobs import Handler, Schedule, Work, enqueue
from app.webhooks import queries_work
from app.webhooks.delivering import Delivering
from app.webhooks.following import follow
from app.webhooks.log import DELIVER, attempt
from app.webhooks.sending import Sender

STRANDED_AFTER: Final = timedelta(minutes=5)
KEPT_FOR: Final = timedelta(days=30)


async def rescue(database: Database) -> None:
    """Give messages that lost their job another one."""
    async with database.transaction() as session:
        await open_as_system(session)
        found = await queries_work.stranded(session, wall() - STRANDED_AFTER)
        await enqueue(session, *(attempt(row.id, row.attempts) for row in found))


async def tidy(database: Database) -> None:
    """Forget deliveries of more than thirty days ago, and secrets that no longer sign."""
    async with database.transaction() as session:
        await queries_work.remove_expired_secrets(session, wall())
    async with database.transaction() as session:
        await open_as_system(session)
        await queries_work.remove_old(session, wall() - KEPT_FOR)


def work(database: Database, clock: Clock, sender: Sender) -> Work:
    """What a worker does for webhooks."""
    delivering = Delivering(database, clock, sender)

    async def deliver(payload: Mapping[str, Any]) -> None:
        await delivering.attempt(UUID(payload["delivery"]), int(payload["attempts"]))

    async def follow_log() -> None:
        await follow(database)

    async def rescue_stranded() -> None:
        await rescue(database)

    async def tidy_up() -> None:
        await tidy(database)

    return Work(
        {DELIVER: Handler(deliver)},
        (
            Schedule("webhooks.follow", "* * * * * */2", follow_log),
            Schedule("webhooks.rescue", "* * * * *", rescue_stranded),
            Schedule("webhooks.tidy", "17 19 * * *", tidy_up),
        ),
    )
