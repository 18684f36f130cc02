"""The command line: everything an operator does, each command safe to repeat."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli import attachments, check, demo, load, user, worker
from app.cli.runtime import (
    Host,
    Port,
    Workers,
    check_port,
    database_address,
    err,
    follow_this_server,
    is_current,
    listen,
    migrate_to,
    out,
    refuse,
    run,
)
from app.kernel.openapi_breaking import breaking_changes
from app.kernel.settings import get_settings
from app.main import create_app

cli = typer.Typer(
    name="dienhinh",
    help="Điển Hình: chương trình xây dựng đơn vị điển hình / the programme of exemplary units.\n\n"
    "Settings come from the environment (DIENHINH_...) or a .env file; without DIENHINH_DATABASE_URL every command "
    "uses the embedded PostgreSQL in DIENHINH_DATA_DIR (default: var/).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.add_typer(attachments.commands, name="attachments")
cli.add_typer(load.commands, name="load")
cli.add_typer(user.commands, name="user")
cli.command("demo")(demo.demo)
cli.command("check")(check.check)
cli.command("worker")(worker.worker)


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
    check_port(host, port)
    with database_address() as address:
        if not run(is_current(address)):
            if get_settings().database_url is not None and not migrate:
                raise refuse("The database lacks migrations. Run `dienhinh migrate`, or serve with --migrate.")
            run(migrate_to(address))
        run(follow_this_server(address))
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
    compare: Annotated[
        Path | None,
        typer.Option(help="A released document: name what breaks its clients, write nothing (exit 1 if any)"),
    ] = None,
) -> None:
    """Write the OpenAPI document, generated from the code."""
    made = create_app().openapi()
    if compare is not None:
        _compare(compare, made)
        return
    document = json.dumps(made, ensure_ascii=False, indent=2) + "\n"
    if not check:
        file.write_text(document, encoding="utf-8")
    elif not file.exists() or file.read_text(encoding="utf-8") != document:
        raise refuse(f"{file} is stale: run `make openapi`.")
    out.print(f"{file} is fresh." if check else f"Wrote {file}.")


def _compare(released: Path, made: dict[str, Any]) -> None:
    """Name every change that breaks clients of the document in ``released``."""
    if not released.is_file():
        raise refuse(f"{released} is not a file: `make release-openapi` makes it when a version is released.")
    found = breaking_changes(json.loads(released.read_text(encoding="utf-8")), made)
    for fault in found:
        err.print(f"{fault.pointer}: {fault.message} [{fault.rule}]", markup=False)
    if found:
        raise refuse(
            f"{len(found)} changes break clients of {released}: keep what was there, or make it a new /api/vN."
        )
    out.print(f"Nothing breaks clients of {released}.")


def main() -> None:
    """Entry point of the console script."""
    cli()
