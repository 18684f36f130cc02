"""The product as the tests meet it: the real application over a database made by the real migrations.

One database per worker; each test runs in an outer transaction that is undone at its end, while the application's own
commits become savepoints. Tests that need real commits make a database of their own (``new_database``).
"""

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from obstore.store import MemoryStore
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.access.actor import SYSTEM, Tx
from app.attachments.storage import Storage
from app.demo import service as demo
from app.identity.keys import Tokens, tokens_of
from app.identity.opening import open_as_system
from app.identity.tokens import generate_key
from app.kernel import embedded, migrating
from app.kernel.clock import Clock, wall
from app.kernel.db import Database, async_url, create_engine
from app.kernel.settings import Settings
from app.main import create_app, wire
from tests.actors import Api
from tests.builders import people, units
from tests.contract import keeper_of

PASSWORD = "mat khau dai cua bo kiem thu 2024"
# Argon2id of PASSWORD at the cheapest cost, so that signing in costs the suite nothing.
CHEAP_HASH = "$argon2id$v=19$m=8,t=1,p=1$ThwFh2/4PUGTz79GSojGeA$UWOTAj4fGkFPcSCiOUGjAUYrq0zvo0x6KvNW6ppxxQM"

# What the opening of a transaction sets, as the owning role: everything, and nothing.
SYSTEM_SCOPE = (
    "SELECT set_config('role', 'none', true), set_config('app.scope_from', '0', true),"
    " set_config('app.scope_to', '~', true), set_config('app.scope_list', '', true)"
)
NO_SCOPE = SYSTEM_SCOPE.replace("'0'", "''").replace("'~'", "''")


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command run within a test sets logging up for itself, on a stream that is closed after it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Everything runs on asyncio."""
    return "asyncio"


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server: ``DIENHINH_DATABASE_URL`` or an embedded one shared by the workers."""
    with ExitStack() as stack:
        address = os.environ.get("DIENHINH_DATABASE_URL")
        if address is None:
            shared = tmp_path_factory.getbasetemp()
            if "PYTEST_XDIST_WORKER" in os.environ:
                shared = shared.parent
            address = stack.enter_context(embedded.start(Path(shared) / "pg")).url()
        yield async_url(address).render_as_string(hide_password=False)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the embedded server kept elsewhere (run as root, it may not live in the temporary folder)."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    if hasattr(config, "workerinput") or factory is None:
        return
    pointer = factory.getbasetemp() / "pg" / "postgresql-location.txt"
    if pointer.exists():
        shutil.rmtree(pointer.read_text("utf-8").splitlines()[0], ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(server_url: str, anyio_backend: str) -> Callable[..., Any]:
    """A function that makes an empty database, or a copy of another, and gives its address."""

    async def make(template: str | None = None) -> str:
        name = f"dienhinh_test_{uuid.uuid4().hex[:12]}"
        engine = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            source = f' TEMPLATE "{make_url(template).database}"' if template else ""
            await connection.execute(text(f'CREATE DATABASE "{name}"{source}'))
        await engine.dispose()
        return make_url(server_url).set(database=name).render_as_string(hide_password=False)

    return make


async def drop(server_url: str, address: str) -> None:
    """Drop the database at ``address``."""
    engine = create_async_engine(server_url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for attempt in range(20):
            try:
                await connection.execute(text(f'DROP DATABASE "{make_url(address).database}" WITH (FORCE)'))
                break
            except DBAPIError:  # an autovacuum worker is in it, which only a superuser may end
                if attempt == 19:
                    raise
                await asyncio.sleep(0.5)
    await engine.dispose()


@pytest.fixture(scope="session")
async def template(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[str]:
    """This worker's database: migrated, with the small tree and its people."""
    address = await new_database()
    engine = create_engine(address, pool_size=1, statement_timeout_ms=0)
    async with engine.connect() as connection:
        await migrating.upgrade(connection)
        await connection.commit()
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        await units.build(connection)
        await people.build(connection, CHEAP_HASH)
        await connection.commit()
    await engine.dispose()
    yield address
    await drop(server_url, address)


@pytest.fixture(scope="session")
async def demonstration(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[str]:
    """This worker's database with the whole demonstration, to be copied: nothing may hold a connection to it."""
    address = await new_database()
    database = Database(create_engine(address, pool_size=1, statement_timeout_ms=0))
    async with database.engine.connect() as connection:
        await migrating.upgrade(connection)
        await connection.commit()
    async with database.transaction() as session:
        await demo.load(session, "mat khau cua ban mau", CHEAP_HASH, lambda _step: None)
    await database.dispose()
    yield address
    await drop(server_url, address)


@pytest.fixture(scope="session")
async def engine(template: str) -> AsyncIterator[AsyncEngine]:
    """The worker's engine."""
    made = create_engine(template, pool_size=5)
    yield made
    await made.dispose()


@pytest.fixture(scope="session")
def tokens() -> Tokens:
    """A key pair of the test run."""
    return tokens_of([generate_key()], Settings(_env_file=None))


@pytest.fixture(scope="session")
def app(tokens: Tokens) -> FastAPI:
    """The application; each test wires it to its own transaction."""
    made = create_app(Settings(_env_file=None, log_level="error"))
    made.state.evidence = Storage(MemoryStore())
    return made


class Joined:
    """The test's connection as one request sees it: its transaction is a savepoint, its commit releases that.

    After a commit the next request must open its fence anew, so the role and scope are put down, as a real one would.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def __aenter__(self) -> "Joined":
        await self._connection.exec_driver_sql(NO_SCOPE)
        self._savepoint = await self._connection.begin_nested()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        if self._savepoint.is_active:
            await self._savepoint.rollback()

    async def commit(self) -> None:
        """Release the savepoint."""
        await self._savepoint.commit()
        await self._connection.exec_driver_sql(NO_SCOPE)

    async def rollback(self) -> None:
        """Undo the savepoint."""
        await self._savepoint.rollback()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """The test's connection, in a transaction that is always undone."""
    async with engine.connect() as made:
        transaction = await made.begin()
        yield made
        await transaction.rollback()


@dataclass
class MovableClock:
    """A domain clock that a test sets."""

    offset: timedelta = field(default_factory=timedelta)

    def set(self, iso: str) -> None:
        """Let it be ``iso`` (an instant with its time zone)."""
        self.offset = datetime.fromisoformat(iso) - wall()

    def now(self) -> Any:
        """The current instant of the domain."""
        return Clock(self.offset).now()


@pytest.fixture
def clock() -> MovableClock:
    """The domain clock of the test: 1/7/2024 noon unless the test sets it."""
    made = MovableClock()
    made.set("2024-07-01T12:00:00+07:00")
    return made


@pytest.fixture
async def http(
    app: FastAPI, connection: AsyncConnection, tokens: Tokens, clock: MovableClock
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, without credentials."""
    database = Database(connection.engine, lambda: Joined(connection))  # type: ignore[arg-type, return-value]
    wire(app, database, clock, tokens)  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    hooks = {"response": [keeper_of(app)]}
    async with httpx.AsyncClient(transport=transport, base_url="https://test", event_hooks=hooks) as client:
        yield client


@pytest.fixture
def as_(http: httpx.AsyncClient, tokens: Tokens) -> Callable[[str, str], Api]:
    """``as_("commune_a", "editor")``: that person, signed in."""

    def who(unit: str, role: str) -> Api:
        token = tokens.issuer.issue(
            sub=people.user_id(unit, role), sid=people.session_id(unit, role), now=int(wall().timestamp())
        )
        return Api(http, {"Authorization": f"Bearer {token}"})

    return who


@pytest.fixture
def anonymous(http: httpx.AsyncClient) -> Api:
    """Nobody in particular."""
    return Api(http, {})


@pytest.fixture
def robot(http: httpx.AsyncClient) -> Api:
    """The service account of commune_a, with its key."""
    return Api(http, {"Authorization": f"Bearer {people.ROBOT_KEY}"})


class Reopened:
    """The test's connection for the system's work: opens the whole range before each statement, whoever came before."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, *arguments: Any, **options: Any) -> Any:
        """Execute as the system."""
        await open_as_system(self._connection)
        return await self._connection.execute(*arguments, **options)

    async def scalar(self, *arguments: Any, **options: Any) -> Any:
        """The first column of the first row, as the system."""
        await open_as_system(self._connection)
        return await self._connection.scalar(*arguments, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
def system(connection: AsyncConnection, clock: MovableClock) -> Tx:
    """A transaction of the system inside the test's, for setting a scene or looking at what is stored."""
    return Tx(Reopened(connection), SYSTEM, clock.now(), "test")  # type: ignore[arg-type]


@dataclass
class Statements:
    """The SQL that ran meanwhile, without savepoints."""

    seen: list[str] = field(default_factory=list)


@pytest.fixture
def statements(engine: AsyncEngine) -> Iterator[Statements]:
    """Counts the statements of the requests that follow."""
    found = Statements()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config('role'")):
            found.seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield found
    event.remove(engine.sync_engine, "before_cursor_execute", note)


@pytest.fixture
def audit(connection: AsyncConnection) -> Callable[..., Any]:
    """``await audit()``: all events written so far, oldest first, as (verb, actor_name, before, after)."""

    async def events() -> list[Any]:
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        found = await connection.execute(text("SELECT * FROM audit_events ORDER BY seq"))
        await connection.exec_driver_sql(NO_SCOPE)
        return list(found.all())

    return events
