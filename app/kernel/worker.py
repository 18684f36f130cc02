"""The worker: takes jobs from the queue and minds the schedules, in every server process and in ``dienhinh worker``."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Final

import asyncpg
import orjson
import structlog
from pgqueuer import PgQueuer
from pgqueuer.core.executors import DatabaseRetryEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.errors import FailingListenerError
from pgqueuer.models import Job as QueuedJob
from pgqueuer.models import Schedule as DueSchedule

from app.kernel.db import async_url
from app.kernel.jobs import Handler, Schedule, Work

log = structlog.get_logger("dienhinh.worker")

SHUTDOWN_SECONDS: Final = 10.0
"""How long a job in progress is waited for; afterwards it is left, and found again by its own slice."""
_LONGEST_PAUSE: Final = 30.0
_LOST: Final = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, FailingListenerError, ssl.SSLError)


class Worker:
    """One connection that listens, and the jobs it started. Whatever happens to the connection, it comes back."""

    def __init__(self, address: str, work: Work) -> None:
        self._address = async_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        self._work = work
        self._stopping = asyncio.Event()
        self._queuer: PgQueuer | None = None

    async def run(self) -> None:
        """Work until :meth:`stop`. A lost database is waited for."""
        pause = 1.0
        while not self._stopping.is_set():
            try:
                await self._connected()
                pause = 1.0
            except _LOST as fault:
                log.warning("worker_interrupted", error=f"{type(fault).__name__}: {fault}"[:300])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def stop(self) -> None:
        """Take no more jobs; :meth:`run` ends when those in progress have."""
        self._stopping.set()
        if self._queuer is not None:
            self._queuer.shutdown.set()

    async def _connected(self) -> None:
        settings = {"application_name": "dienhinh-worker", "timezone": "UTC", "jit": "off"}
        connection = await asyncpg.connect(self._address, timeout=10, command_timeout=60, server_settings=settings)
        try:
            self._queuer = queuer = self._prepared(connection)
            if self._stopping.is_set():
                return
            await queuer.run(batch_size=10, max_concurrent_tasks=20, shutdown_on_listener_failure=True)
        finally:
            self._queuer = None
            connection.terminate()

    def _prepared(self, connection: "asyncpg.Connection[asyncpg.Record]") -> PgQueuer:
        queuer = PgQueuer.from_asyncpg_connection(connection)
        for name, handler in self._work.handlers.items():
            queuer.entrypoint(name, executor_factory=partial(_executor, handler))(partial(_run, handler))
        for schedule in self._work.schedules:
            queuer.schedule(schedule.name, schedule.cron, clean_old=False)(partial(_turn, schedule))
        return queuer


def _executor(handler: Handler, parameters: EntrypointExecutorParameters) -> DatabaseRetryEntrypointExecutor:
    return DatabaseRetryEntrypointExecutor(
        parameters,
        max_attempts=handler.attempts - 1,
        initial_delay=handler.first_delay,
        max_delay=timedelta(hours=1),
        backoff_multiplier=4.0,
    )


async def _run(handler: Handler, job: QueuedJob) -> None:
    await handler.run(orjson.loads(job.payload or b"{}"))


async def _turn(schedule: Schedule, _due: DueSchedule) -> None:
    await schedule.run()


@asynccontextmanager
async def working(address: str, work: Work) -> AsyncIterator[None]:
    """A worker beside the block, stopped with it: jobs in progress get ten seconds."""
    worker = Worker(address, work)
    task = asyncio.create_task(worker.run(), name="worker")
    try:
        yield
    finally:
        worker.stop()
        await asyncio.wait({task}, timeout=SHUTDOWN_SECONDS)
        task.cancel()
        ended = (await asyncio.gather(task, return_exceptions=True))[0]
        if isinstance(ended, Exception):
            log.error("worker_failed", error=f"{type(ended).__name__}: {ended}"[:300])
