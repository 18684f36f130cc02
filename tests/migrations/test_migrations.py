"""The migrations themselves: there and back, to what the models declare, by one migrator at a time."""

import ast
import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.kernel import migrating
from app.kernel.db import create_engine
from tests.conftest import drop

pytestmark = pytest.mark.anyio
VERSIONS = sorted((migrating.SCRIPTS / "versions").glob("2*.py"))
OBJECTS = text(
    "SELECT relkind::text, relname::text FROM pg_class"
    " WHERE relnamespace = 'public'::regnamespace AND relname !~ '^alembic_version'"
    " UNION SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
    " UNION SELECT 'type', typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')"
)


@pytest.fixture
async def empty(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[AsyncEngine]:
    """An engine on a database without any table."""
    address = await new_database()
    engine = create_engine(address, pool_size=2, statement_timeout_ms=0)
    yield engine
    await engine.dispose()
    await drop(server_url, address)


async def objects(connection: AsyncConnection) -> set[tuple[str, str]]:
    """What stands in the schema beside Alembic's own table, as (kind, name)."""
    found = {(row[0], row[1]) for row in await connection.execute(OBJECTS)}
    await connection.rollback()
    return found


async def test_every_migration_can_be_undone_and_done_again(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        await migrating.upgrade(connection)
        there = await objects(connection)
        assert ("r", "registrations") in there
        await migrating.run(connection, command.downgrade, "base")
        assert await objects(connection) == set()
        await migrating.upgrade(connection)
        assert await objects(connection) == there
        assert await migrating.is_current(connection)


async def test_each_step_down_and_up_again_leaves_the_same(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        for _ in VERSIONS:
            await migrating.upgrade(connection, "+1")
            there = await objects(connection)
            await migrating.run(connection, command.downgrade, "-1")
            await migrating.upgrade(connection, "+1")
            assert await objects(connection) == there
        assert await migrating.is_current(connection)


async def test_the_migrations_make_what_the_models_declare(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        await migrating.upgrade(connection)
        await migrating.run(connection, command.check)


async def test_several_migrators_at_once_migrate_once(empty: AsyncEngine) -> None:
    address = empty.url.render_as_string(hide_password=False)
    program = [sys.executable, "-c", "from app.cli import main; main()", "migrate"]
    environment = os.environ | {"DIENHINH_DATABASE_URL": address}
    migrators = [
        await asyncio.create_subprocess_exec(*program, env=environment, stdout=PIPE, stderr=STDOUT) for _ in range(3)
    ]
    said = [(await migrator.communicate())[0].decode() for migrator in migrators]
    assert [migrator.returncode for migrator in migrators] == [0, 0, 0], said
    async with empty.connect() as connection:
        assert await migrating.is_current(connection)


async def test_a_database_that_is_behind_is_known_to_be(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        assert not await migrating.is_current(connection)
        await migrating.upgrade(connection, "+1")
        assert not await migrating.is_current(connection)


@pytest.mark.parametrize("script", VERSIONS, ids=lambda path: path.stem)
def test_no_migration_waits_long_for_a_lock_or_depends_on_the_models(script: Path) -> None:
    tree = ast.parse(script.read_text("utf-8"))
    directions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in ("upgrade", "downgrade"):
        assert "SET LOCAL lock_timeout" in ast.unparse(directions[name].body[0]), name
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {module for module in imported if module.split(".")[0] == "app"} == set()
