"""``make migration NAME=...``: draft a migration from the models, against a scratch database that has all the others.

The file is a draft: read it, name every constraint, put up the fence (``migrations/fence.py``), write the way back.
"""

import asyncio
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.kernel import embedded, migrating
from app.kernel.db import async_url, create_engine
from app.kernel.settings import get_settings


@contextmanager
def _server() -> Iterator[URL]:
    settings = get_settings()
    if settings.database_url is not None:
        yield async_url(settings.database_url)
        return
    with embedded.start(settings.data_dir) as server:
        yield async_url(server.url())


def _next_revision() -> str:
    scripts = ScriptDirectory.from_config(migrating.config()).walk_revisions()
    numbers = [int(script.revision) for script in scripts if re.fullmatch(r"\d{4}", script.revision)]
    return f"{max(numbers, default=0) + 1:04}"


async def draft(server: URL, title: str) -> None:
    """Write the next migration. ``server`` is left as it was: the scratch database on it is dropped again."""
    scratch = f"dienhinh_draft_{uuid.uuid4().hex[:12]}"
    admin = create_async_engine(server, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f'CREATE DATABASE "{scratch}"'))
    address = server.set(database=scratch).render_as_string(hide_password=False)
    engine = create_engine(address, pool_size=1, statement_timeout_ms=0)
    try:
        async with engine.connect() as connection:
            await migrating.upgrade(connection)
            await migrating.run(connection, command.revision, title, autogenerate=True, rev_id=_next_revision())
    finally:
        await engine.dispose()
        async with admin.connect() as connection:
            await connection.execute(text(f'DROP DATABASE "{scratch}" WITH (FORCE)'))
        await admin.dispose()


if __name__ == "__main__":
    with _server() as found:
        asyncio.run(draft(found, sys.argv[1]))
