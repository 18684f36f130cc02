"""Jobs: work done after the answer, by whichever process is free (docs/decisions/0010-jobs.md).

A job is put into the queue inside the transaction that makes it necessary: no job without its cause, no cause without
its job. It may run more than once (a process that was killed, a lost connection), so every job bears repetition.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias, cast

import orjson
from pgqueuer.ports.driver import Driver
from pgqueuer.queries import Queries

from app.kernel.db import Session


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. ``payload`` holds identifiers and small facts, never personal data or secrets."""

    name: str
    payload: Mapping[str, Any]
    after: timedelta = timedelta()
    key: str | None = None
    """While a job with this key waits or runs, another with the same key is not put in."""


Run: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """Does one kind of job. After a fault it is tried again, up to ``attempts`` times in all, at growing distances."""

    run: Run
    attempts: int = 3
    first_delay: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Schedule:
    """What recurs. ``cron`` has five fields, and a sixth for seconds, in UTC."""

    name: str
    cron: str
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Work:
    """Everything a worker can do. Of several workers one takes each job, and one each turn of a schedule."""

    handlers: Mapping[str, Handler] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()

    def __or__(self, other: "Work") -> "Work":
        """Both together."""
        return Work({**self.handlers, **other.handlers}, self.schedules + other.schedules)


class _Borrowed:
    """As much of the queue's driver as putting jobs in needs, on a transaction that belongs to somebody else."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """Rows of ``query``, run in the borrowed transaction."""
        result = await self._session.exec_driver_sql(query, args)
        return [dict(row) for row in result.mappings()]


async def enqueue(session: Session, *jobs: Job) -> None:
    """Put ``jobs`` into the queue in the caller's transaction; they start once it has committed."""
    if not jobs:
        return
    await Queries(cast("Driver", _Borrowed(session))).enqueue(
        [job.name for job in jobs],
        [orjson.dumps(dict(job.payload), default=str) for job in jobs],
        [0] * len(jobs),
        [job.after for job in jobs],
        [job.key for job in jobs],
        on_conflict="skip",
    )
