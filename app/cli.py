"""The command line: everything an operator does, each command safe to repeat."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
import uvicorn
from rich.console import Console

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel import embedded, migrating
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine
from app.kernel.settings import get_settings
from app.main import create_app

cli = typer.Typer(
    name="dienhinh",
    help="Điển Hình: chương trình xây dựng đơn vị điển hình / the programme of exemplary units.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)
Result = TypeVar("Result")

Host = Annotated[str, typer.Option(help="Address to listen on")]
Port = Annotated[int, typer.Option(help="Port to listen on", min=1, max=65535)]
Workers = Annotated[int, typer.Option(help="Worker processes; about one for each core", min=1, max=64)]


@contextmanager
def database_address() -> Iterator[str]:
    """The database's address: ``DIENHINH_DATABASE_URL``, or the embedded server, held meanwhile."""
    settings = get_settings()
    if settings.database_url is not None:
        yield settings.database_url
        return
    # uvicorn raises SIGTERM again after its own shutdown: as an exception, it still lets the server below be stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with embedded.start(settings.data_dir) as server:
        if server.notice:
            err.print(f"[yellow]{server.notice}[/yellow]")
        yield server.url()


async def migrate_to(address: str, revision: str = "head") -> None:
    """Bring the database at ``address`` to ``revision``."""
    engine = create_engine(address, pool_size=1, statement_timeout_ms=0)
    try:
        async with engine.connect() as connection:
            await migrating.upgrade(connection, revision)
    finally:
        await engine.dispose()


async def is_current(address: str) -> bool:
    """Whether the database at ``address`` has every migration."""
    engine = create_engine(address, pool_size=1)
    try:
        async with engine.connect() as connection:
            return await migrating.is_current(connection)
    finally:
        await engine.dispose()


@asynccontextmanager
async def system_transaction(address: str) -> AsyncIterator[Tx]:
    """One transaction of the system itself on the database at ``address``."""
    database = Database(create_engine(address, pool_size=1, statement_timeout_ms=0))
    clock = Clock()
    try:
        async with database.transaction() as session:
            await open_as_system(session)
            yield Tx(session, SYSTEM, clock.now(), "cli")
    finally:
        await database.dispose()


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run ``work`` to its end."""
    return asyncio.run(work)


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
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=10,
    )


@cli.command()
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 1,
    migrate: Annotated[
        bool, typer.Option("--migrate", help="Migrate a database server first; the embedded one always is")
    ] = False,
) -> None:
    """Serve the API. Without DIENHINH_DATABASE_URL it starts its own PostgreSQL in DIENHINH_DATA_DIR."""
    with database_address() as address:
        if not run(is_current(address)):
            if get_settings().database_url is not None and not migrate:
                err.print("[red]The database lacks migrations. Run `dienhinh migrate`, or serve with --migrate.[/red]")
                raise typer.Exit(1)
            run(migrate_to(address))
        listen(address, host, port, workers)


@cli.command()
def migrate(revision: Annotated[str, typer.Argument(help="Revision to upgrade to")] = "head") -> None:
    """Create or upgrade the tables. Several at once wait for each other; repeating changes nothing."""
    with database_address() as address:
        run(migrate_to(address, revision))
        out.print(f"The database is at revision {revision}.")


@cli.command()
def openapi(
    file: Annotated[Path, typer.Argument(help="Where the document stands")] = Path("openapi/openapi.json"),
    check: Annotated[bool, typer.Option("--check", help="Only say whether the file is fresh (exit 1 if not)")] = False,
) -> None:
    """Write the OpenAPI document, generated from the code."""
    document = json.dumps(create_app().openapi(), ensure_ascii=False, indent=2) + "\n"
    if not check:
        file.write_text(document, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != document:
        err.print(f"[red]{file} is stale: run `make openapi`.[/red]")
        raise typer.Exit(1)
    out.print(f"{file} is fresh." if check else f"Wrote {file}.")


def main() -> None:
    """Entry point of the console script."""
    cli()
