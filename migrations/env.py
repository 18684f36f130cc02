"""Alembic's entry: runs on the connection it is handed, or opens one from the settings; one migrator at a time."""

import asyncio

from alembic import context
from sqlalchemy import Connection, text

from app.kernel.db import create_engine
from app.kernel.settings import get_settings
from app.tables import metadata

ADVISORY_LOCK = 3202024
"""Held while migrating, so that several starting servers migrate once: the others wait, then find nothing to do."""


def ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether the code declares it: the queue's tables are PgQueuer's own (0020)."""
    return kind != "table" or not (name or "").startswith("pgqueuer")


def run(connection: Connection) -> None:
    """Migrate on ``connection``."""
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
    connection.commit()
    try:
        context.configure(
            connection=connection,
            target_metadata=metadata,
            include_name=ours,
            compare_type=True,
            compare_server_default=False,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()


async def connect_and_run() -> None:
    """Open a connection to ``DIENHINH_DATABASE_URL`` and migrate on it."""
    address = context.get_x_argument(as_dictionary=True).get("url") or get_settings().database_url
    if address is None:
        raise SystemExit("Set DIENHINH_DATABASE_URL, or use `dienhinh migrate`, which knows the embedded database.")
    engine = create_engine(address, pool_size=1, statement_timeout_ms=0)
    async with engine.connect() as connection:
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(connect_and_run())
