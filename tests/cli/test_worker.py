"""``dienhinh worker``: starts on a migrated database, ends in order when told to, and refuses one that is behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pytest

from app.kernel import migrating
from app.kernel.db import create_engine
from tests.conftest import drop

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
COMMAND = [sys.executable, "-c", "from app.cli import main; main()", "worker"]


async def started(address: str) -> asyncio.subprocess.Process:
    """The command on a database."""
    env = {**os.environ, "DIENHINH_DATABASE_URL": address, "PYTHONUNBUFFERED": "1"}
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(*COMMAND, env=env, stdout=pipe, stderr=pipe)


async def test_a_worker_begins_and_ends(server_url: str, new_database: Callable[..., Any]) -> None:
    address = (await new_database()).replace("+asyncpg", "")
    behind = await started(address)
    _, said = await asyncio.wait_for(behind.communicate(), 60)
    assert (behind.returncode, b"lacks migrations" in said) == (1, True)
    engine = create_engine(address, pool_size=1)
    async with engine.connect() as connection:
        await migrating.upgrade(connection)
    process = await started(address)
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), 60)
    assert b"Working on jobs" in line
    async with engine.connect() as connection:
        for _ in range(300):
            names = set((await connection.exec_driver_sql("SELECT entrypoint FROM pgqueuer_schedules")).scalars())
            if "webhooks.follow" in names:
                break
            await asyncio.sleep(0.1)
    assert {"webhooks.follow", "reminders.evaluate", "queue.forget"} <= names
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.wait_for(process.communicate(), 30)
    assert (process.returncode, said) == (0, b"")
    await engine.dispose()
    await drop(server_url, address.replace("postgresql://", "postgresql+asyncpg://"))
