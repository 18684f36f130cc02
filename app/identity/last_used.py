"""Writes down when and from where keys were last used: once in a while, all together.

A request by key writes nothing for it, and reading ones could not: their transactions are READ ONLY. Each process
writes every key it saw at most once in :data:`EVERY_SECONDS`, and what it still holds when it stops in order; one that
is killed loses that much.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.identity.key_uses import KeyUses
from app.identity.opening import open_as_system
from app.kernel.db import Database
from app.kernel.errors import DomainError

log = structlog.get_logger("dienhinh.keys")
EVERY_SECONDS: Final = 60.0

_WRITE = text(
    "UPDATE service_keys SET last_used_at = :at, last_used_address = :address"
    " WHERE id = :id AND (last_used_at IS NULL OR last_used_at < :at)"
)


async def write_down(uses: KeyUses, database: Database) -> None:
    """Write what ``uses`` holds, in a transaction of its own; what cannot be written is kept for the next time."""
    taken = uses.take()
    if not taken:
        return
    # In the order of their ids: two processes that write never wait for each other in turn.
    rows = [{"id": key_id, **taken[key_id]._asdict()} for key_id in sorted(taken)]
    try:
        async with database.transaction() as session:
            await open_as_system(session)
            await session.execute(_WRITE, rows)
    except BaseException:
        uses.give_back(taken)
        raise


@asynccontextmanager
async def writing_down(uses: KeyUses, database: Database, every: float = EVERY_SECONDS) -> AsyncIterator[None]:
    """Write ``uses`` down beside the block, every so many seconds and once more at its end."""
    task = asyncio.create_task(_keep_writing(uses, database, every), name="last-used")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await _try(uses, database)


async def _keep_writing(uses: KeyUses, database: Database, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        await _try(uses, database)


async def _try(uses: KeyUses, database: Database) -> None:
    try:
        await write_down(uses, database)
    except (SQLAlchemyError, DomainError, OSError) as fault:  # the database is away: next time
        log.warning("last_used_not_written", error=f"{type(fault).__name__}: {fault}"[:300])
