"""Every slice's jobs: the only importer of the ``jobs.py`` files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import text

from app.kernel.clock import Clock
from app.kernel.db import Database
from app.kernel.jobs import Schedule, Work
from app.kernel.settings import Settings
from app.kernel.worker import working
from app.reminders import jobs as reminders
from app.reminders.mail import mailer_of
from app.reorganisations import jobs as reorganisations
from app.submissions import jobs as submissions
from app.webhooks import jobs as webhooks
from app.webhooks.addresses import addresses_of
from app.webhooks.sending import sender

# What is done is told in the queue's own log; the counts per second, longer.
_FORGET = (
    text("DELETE FROM pgqueuer_log WHERE created < now() - interval '7 days'"),
    text("DELETE FROM pgqueuer_statistics WHERE created < now() - interval '90 days'"),
)


def upkeep(database: Database) -> Work:
    """What the queue needs for itself."""

    async def forget() -> None:
        async with database.transaction() as session:
            for statement in _FORGET:
                await session.execute(statement)

    return Work({}, (Schedule("queue.forget", "7 19 * * *", forget),))


@asynccontextmanager
async def jobs_done(address: str, database: Database, settings: Settings) -> AsyncIterator[None]:
    """Jobs are worked on as long as the block lasts, in this process and one connection more."""
    clock = Clock(timedelta(seconds=settings.clock_offset_seconds))
    async with sender(addresses_of(settings)) as post:
        work = webhooks.work(database, clock, post) | reminders.work(database, clock, mailer_of(settings))
        work |= submissions.work(database, clock) | reorganisations.work(database, clock)
        async with working(address, work | upkeep(database)):
            yield
