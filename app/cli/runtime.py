"""What every command shares: the database's address, one system transaction, and serving."""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvicorn
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel import embedded, migrating
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine, tell_planner
from app.kernel.embedded_home import EmbeddedServerError
from app.kernel.rebasing import rebase
from app.kernel.settings import get_settings
from app.kernel.wire import BoundedHttp

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
Result = TypeVar("Result")
_UNUSABLE = "The database cannot be used; check DIENHINH_DATABASE_URL and the server."
# No connection, no such role, no such database, too many connections, shutting down, locked by another session.
_UNUSABLE_STATES = ("08", "28", "3D", "53", "57P", "55P")

Host = Annotated[str, typer.Option(help="Address to listen on")]
Port = Annotated[int, typer.Option(help="Port to listen on", min=1, max=65535)]
Workers = Annotated[int, typer.Option(help="Worker processes; about one for each core", min=1, max=64)]


def refuse(message: str) -> typer.Exit:
    """Say why on standard error; raise what this returns."""
    err.print(message, style="red", markup=False)
    return typer.Exit(1)


@contextmanager
def database_address(data_dir: Path | None = None) -> Iterator[str]:
    """The database's address: ``DIENHINH_DATABASE_URL``, or the embedded server in ``data_dir``, held meanwhile."""
    settings = get_settings()
    if settings.database_url is not None and data_dir is None:
        yield settings.database_url
        return
    # uvicorn raises SIGTERM again after its own shutdown: as an exception, it still lets the server below be stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server = embedded.start(data_dir or settings.data_dir)
    except (EmbeddedServerError, OSError) as fault:
        raise refuse(str(fault)) from fault
    with server:
        if server.notice:
            err.print(server.notice, style="yellow")
        yield server.url()


@asynccontextmanager
async def database(address: str) -> AsyncIterator[Database]:
    """One connection's worth of the database at ``address``, without time limits."""
    made = Database(create_engine(address, pool_size=1, statement_timeout_ms=0))
    try:
        yield made
    finally:
        await made.dispose()


async def migrate_to(address: str, revision: str = "head") -> None:
    """Bring the database at ``address`` to ``revision``."""
    async with database(address) as found, found.engine.connect() as connection:
        await migrating.upgrade(connection, revision)
        if await migrating.is_current(connection):
            await rebase(connection)


async def follow_this_server(address: str) -> None:
    """Let the event log go by this server's count of transactions, should it come from another's dump."""
    async with database(address) as found, found.engine.connect() as connection:
        await rebase(connection)


async def is_current(address: str) -> bool:
    """Whether the database at ``address`` has every migration."""
    async with database(address) as found, found.engine.connect() as connection:
        return await migrating.is_current(connection)


@asynccontextmanager
async def system_transaction(address: str) -> AsyncIterator[Tx]:
    """One transaction of the system itself on the database at ``address``."""
    async with database(address) as found, found.transaction() as session:
        await open_as_system(session)
        yield Tx(session, SYSTEM, Clock().now(), "cli")


async def count_rows(address: str) -> None:
    """Let PostgreSQL plan by what was just loaded there."""
    async with database(address) as found, found.transaction() as session:
        await tell_planner(session)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run ``work`` to its end; a database that cannot be used is told in one line instead of a stack of them."""
    try:
        return asyncio.run(work)
    except OSError as fault:
        raise refuse(f"{_UNUSABLE} {fault}") from fault
    except DBAPIError as fault:
        if not str(getattr(fault.orig, "sqlstate", "")).startswith(_UNUSABLE_STATES):
            raise
        raise refuse(f"{_UNUSABLE} {fault.orig}") from fault


def check_port(host: str, port: int) -> None:
    """Refuse in one line an address that cannot be listened on, before anything is loaded or announced."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # As the server itself binds: connections of a server that has just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            raise refuse(f"Không mở được / cannot listen on {host}:{port}: {fault.strerror or fault}") from fault
        raise refuse(
            f"Cổng {port} đang có tiến trình khác dùng, hãy chọn cổng khác / port {port} is taken, choose another: "
            f"--port {_another(port)} (make run PORT={_another(port)})"
        ) from fault


def _another(port: int) -> int:
    return port + 1 if port < 65_535 else port - 1


def listen(address: str, host: str, port: int, workers: int) -> None:
    """Serve until told to stop. Worker processes read the database's address from the environment."""
    os.environ["DIENHINH_DATABASE_URL"] = address
    get_settings.cache_clear()
    uvicorn.run(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        http=BoundedHttp,
        proxy_headers=False,  # uvicorn would believe X-Forwarded-For of every local caller: kernel/addresses.py decides
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
        # On a busy machine a worker takes long to import; uvicorn's 5 s would end it again and again.
        timeout_worker_healthcheck=30,
    )
