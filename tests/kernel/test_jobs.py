"""The queue: a job is part of the transaction that puts it in, runs once, and its tables are what the library wants."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from pgqueuer.queries import Queries
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.opening import open_as_system
from app.kernel import migrating
from app.kernel.db import Database, async_url, create_engine
from app.kernel.jobs import Handler, Job, Schedule, Work, enqueue
from app.kernel.worker import Worker, working
from tests.conftest import drop

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture(scope="module")
async def engine(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[AsyncEngine]:
    """A migrated database of this file's own."""
    address = await new_database()
    made = create_engine(address, pool_size=4)
    async with made.connect() as connection:
        await migrating.upgrade(connection)
    yield made
    await made.dispose()
    await drop(server_url, address)


@pytest.fixture
async def database(engine: AsyncEngine) -> Database:
    """Without any jobs."""
    async with engine.begin() as connection:
        await connection.execute(text("TRUNCATE pgqueuer, pgqueuer_log, pgqueuer_schedules"))
    return Database(engine)


def address_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


async def put(database: Database, *jobs: Job) -> None:
    """Put jobs in as a request would: as the role that owns nothing."""
    async with database.transaction() as session:
        await open_as_system(session)
        await enqueue(session, *jobs)


async def waiting(database: Database) -> int:
    """Jobs in the queue."""
    async with database.transaction(keep=False) as session:
        return int(await session.scalar(text("SELECT count(*) FROM pgqueuer")) or 0)


async def until(found: Callable[[], bool]) -> None:
    """Wait for something."""
    for _ in range(300):
        if found():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen")


async def test_a_job_is_part_of_the_transaction(database: Database) -> None:
    async with database.transaction(keep=False) as session:
        await open_as_system(session)
        await enqueue(session, Job("x", {"n": 1}))
        assert await session.scalar(text("SELECT count(id) FROM pgqueuer")) == 1
    assert await waiting(database) == 0
    await put(database, Job("x", {"n": 1}), Job("x", {"n": 2}, key="k"), Job("x", {"n": 3}, key="k"))
    await put(database, Job("x", {"n": 4}, key="k"))
    assert await waiting(database) == 2
    await put(database)
    assert await waiting(database) == 2


async def test_requests_put_jobs_in_and_do_nothing_else(database: Database) -> None:
    await put(database, Job("x", {"secret": "no"}))
    for statement in (
        "SELECT payload FROM pgqueuer",
        "DELETE FROM pgqueuer",
        "UPDATE pgqueuer SET priority = 1",
        "SELECT * FROM pgqueuer_log",
        "SELECT secret FROM webhook_secrets",
    ):
        async with database.transaction(keep=False) as session:
            await open_as_system(session)
            with pytest.raises(DBAPIError, match="permission denied"):
                await session.execute(text(statement))


async def test_of_several_workers_one_does_each_job_and_each_turn(database: Database) -> None:
    done: list[int] = []
    turns: list[float] = []

    async def run(payload: Mapping[str, Any]) -> None:
        done.append(payload["n"])

    async def turn() -> None:
        turns.append(asyncio.get_running_loop().time())

    work = Work({"count": Handler(run)}, (Schedule("tick", "* * * * * */1", turn),))
    await put(database, *(Job("count", {"n": n}) for n in range(20)))
    async with working(address_of(database), work), working(address_of(database), work):
        await put(database, *(Job("count", {"n": n}) for n in range(20, 40)))
        await until(lambda: len(done) >= 40 and len(turns) >= 3)
    assert sorted(done) == list(range(40))
    assert len(turns) <= turns[-1] - turns[0] + 2  # one turn each second, whichever worker takes it
    assert await waiting(database) == 0


async def test_a_job_that_fails_is_tried_again_and_then_given_up(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    async def run(payload: Mapping[str, Any]) -> None:
        tried.append(payload["name"])
        if payload["name"] == "never" or tried.count("late") < 2:
            raise ConnectionError

    work = Work({"try": Handler(run, attempts=3, first_delay=timedelta(milliseconds=10))})
    await put(database, Job("try", {"name": "late"}), Job("try", {"name": "never"}))
    async with working(address_of(database), work):
        await until(lambda: tried.count("never") == 3 and tried.count("late") == 2)
    assert await waiting(database) == 0
    assert "Exception while processing entrypoint" in caplog.text


async def test_a_worker_survives_the_loss_of_its_connection(database: Database) -> None:
    done: list[int] = []

    async def run(payload: Mapping[str, Any]) -> None:
        done.append(payload["n"])

    async with working(address_of(database), Work({"count": Handler(run)})):
        await put(database, Job("count", {"n": 1}))
        await until(lambda: done == [1])
        async with database.engine.begin() as connection:
            ended = text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = 'dienhinh-worker' AND datname = current_database()"
            )
            assert await connection.scalar(ended) == 1
        await put(database, Job("count", {"n": 2}))
        await until(lambda: done == [1, 2])


async def test_a_stopped_worker_lets_a_job_in_progress_end(database: Database) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def run(_payload: Mapping[str, Any]) -> None:
        begun.set()
        await asyncio.sleep(0.3)
        ended.set()

    await put(database, Job("slow", {}))
    worker = Worker(address_of(database), Work({"slow": Handler(run)}))
    task = asyncio.create_task(worker.run())
    await asyncio.wait_for(begun.wait(), 15)
    worker.stop()
    await asyncio.wait_for(task, 15)
    assert ended.is_set()
    assert await waiting(database) == 0


async def test_the_tables_are_what_the_installed_release_wants(database: Database) -> None:
    plain = async_url(address_of(database)).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    plan = await Queries.from_asyncpg_connection(connection).plan_upgrade()
    await connection.close()
    assert (plan.statements, plan.notes) == ((), ())
