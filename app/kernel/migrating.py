"""Running Alembic from the application: at start, in tests, and for ``dienhinh migrate``."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, bound to ``connection`` when one is given."""
    result = Config()
    result.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    result.set_main_option("path_separator", "os")
    result.set_main_option("file_template", "%%(year)d-%%(month).2d-%%(day).2d-%%(hour).2d%%(minute).2d_%%(slug)s")
    result.attributes["connection"] = connection
    return result


async def run(connection: AsyncConnection, verb: Any, *arguments: Any, **options: Any) -> None:
    """Run an Alembic command (``command.upgrade``, ``command.check`` ...) on ``connection``."""
    await connection.run_sync(lambda sync: verb(config(sync), *arguments, **options))


async def upgrade(connection: AsyncConnection, revision: str = "head") -> None:
    """Bring the database to ``revision``. Safe to repeat and to run from several processes at once."""
    await run(connection, command.upgrade, revision)


async def is_current(connection: AsyncConnection) -> bool:
    """Whether the database already has every migration, read without taking any lock."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision()) == head
