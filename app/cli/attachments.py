"""``dienhinh attachments``: the store of evidence files and the rows that refer to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

import typer

from app.access.actor import SYSTEM, Tx
from app.attachments import upkeep
from app.attachments.faults import StorageUnavailable
from app.attachments.storage import Storage, open_storage
from app.attachments.upkeep import Transactions, Upkeep
from app.cli.runtime import database, database_address, out, refuse, run
from app.identity.opening import open_as_system
from app.kernel.clock import Clock, wall
from app.kernel.db import Database
from app.kernel.settings import get_settings

commands = typer.Typer(help="Clean up and verify the store of evidence files.", no_args_is_help=True)


def storage() -> Storage:
    """The store that the settings name; one that cannot be opened ends the command with the reason."""
    try:
        return open_storage(get_settings())
    except (OSError, ValueError) as fault:
        raise refuse(f"The store of evidence files cannot be opened: {fault}") from fault


@commands.command()
def clean(
    hours: Annotated[
        int, typer.Option("--older-than-hours", min=1, help="Leave younger objects: their upload may be under way")
    ] = 24,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be removed")] = False,
) -> None:
    """Remove objects that no row refers to, and name rows whose object is missing (exit 1 if there are any)."""
    kept = storage()
    with database_address() as address:
        try:
            found = run(_clean(address, kept, hours, dry_run))
        except StorageUnavailable as fault:
            raise refuse(f"The store of evidence files does not answer: {fault.__cause__}") from fault
    told = "would be removed" if dry_run else "removed"
    out.print(
        f"{found.referred} files referred to; {len(found.removed)} without a row {told}, {found.young} too young; "
        f"{found.broken_off} broken-off writes {told}."
    )
    _refuse_lacking(found.missing, "missing from the store")
    _refuse_lacking(found.changed, "of another size than they were")


def _transactions(found: Database) -> Transactions:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Tx]:
        async with found.transaction() as session:
            await open_as_system(session)
            yield Tx(session, SYSTEM, Clock().now(), "cli")

    return opened


async def _clean(address: str, kept: Storage, hours: int, dry_run: bool) -> Upkeep:
    # Stores stamp objects with real time, whatever a demonstration's calendar says.
    before = wall() - timedelta(hours=hours)
    async with database(address) as found:
        return await upkeep.clean(_transactions(found), kept, before, dry_run=dry_run)


@commands.command()
def verify() -> None:
    """Read every file that a row refers to and compare its hash; exit 1 when one is missing or changed."""
    kept = storage()
    with database_address() as address:
        read, unsound = run(_verify(address, kept))
    out.print(f"{read} files read.")
    _refuse_lacking(unsound, "missing or changed")


async def _verify(address: str, kept: Storage) -> tuple[int, list[str]]:
    async with database(address) as found:
        results = [result async for result in upkeep.verify(_transactions(found), kept)]
    return len(results), [sha256 for sha256, sound in results if not sound]


def _refuse_lacking(hashes: list[str], what: str) -> None:
    if hashes:
        shown = "\n".join(hashes[:20])
        raise refuse(f"{len(hashes)} files are {what}; restore them from a back-up of the store:\n{shown}")
