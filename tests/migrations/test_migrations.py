"""The migrations themselves: up, down, up again, and equal to what the code declares."""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.kernel import migrating
from app.kernel.db import create_engine
from tests.conftest import drop

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]

_CATALOGUE = """
    SELECT 'column ' || table_name || '.' || column_name || data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'alembic_version'
    UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
    UNION ALL SELECT 'index ' || indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL SELECT 'policy ' || tablename || policyname || coalesce(qual, '') || coalesce(with_check, '')
    FROM pg_policies
    UNION ALL SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public'
    UNION ALL SELECT 'grant ' || table_name || ' ' || privilege_type FROM information_schema.role_table_grants
    WHERE grantee = 'dienhinh_app'
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


@pytest.fixture
async def empty(server_url: str, new_database: Callable[..., Any]) -> Any:
    """The engine of an empty database."""
    address = await new_database()
    engine = create_engine(address, pool_size=3, statement_timeout_ms=0)
    yield engine
    await engine.dispose()
    await drop(server_url, address)


async def catalogue(engine: AsyncEngine) -> set[str]:
    """Everything the migrations made, as text."""
    async with engine.connect() as connection:
        return set((await connection.execute(text(_CATALOGUE))).scalars())


async def test_up_down_and_up_again_leave_nothing_and_the_same(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        await migrating.upgrade(connection)
    first = await catalogue(empty)
    assert len(first) > 100
    async with empty.connect() as connection:
        await migrating.run(connection, command.downgrade, "base")
    assert await catalogue(empty) == set()
    async with empty.connect() as connection:
        await migrating.upgrade(connection)
        assert await migrating.is_current(connection)
    assert await catalogue(empty) == first


async def test_the_tables_are_what_the_code_declares(empty: AsyncEngine) -> None:
    async with empty.connect() as connection:
        await migrating.upgrade(connection)
        await migrating.run(connection, command.check)


async def test_several_starters_migrate_once(empty: AsyncEngine) -> None:
    address = empty.url.render_as_string(hide_password=False)
    alembic = [sys.executable, "-m", "alembic", "-x", f"url={address}", "upgrade", "head"]
    starters = [
        await asyncio.create_subprocess_exec(*alembic, cwd=migrating.SCRIPTS.parent, stderr=asyncio.subprocess.PIPE)
        for _ in range(3)
    ]
    answers = [await starter.communicate() for starter in starters]
    assert [starter.returncode for starter in starters] == [0, 0, 0], answers
    async with empty.connect() as connection:
        assert await migrating.is_current(connection)
