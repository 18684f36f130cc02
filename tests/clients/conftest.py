"""A really served API over the small tree, as a partner's program meets it."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel import migrating
from app.kernel.clock import wall
from app.kernel.db import create_engine
from tests.builders import people, submissions, units
from tests.conftest import CHEAP_HASH, SYSTEM_SCOPE, drop

NOW = datetime.fromisoformat("2024-07-01T12:00:00+07:00")
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Served:
    """A service that runs: where, and the database behind it."""

    url: str
    address: str

    def client(self) -> httpx.Client:
        """The service account of commune_a (17509), with its key."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {people.ROBOT_KEY}"}, timeout=60)

    def count(self, table: str) -> int:
        """Rows of a table."""

        async def counted() -> int:
            engine = create_engine(self.address, pool_size=1)
            async with engine.connect() as connection:
                await connection.exec_driver_sql(SYSTEM_SCOPE)
                found = int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
            await engine.dispose()
            return found

        return asyncio.run(counted())


async def _prepared(make: Callable[..., Any]) -> str:
    """The address of a database of its own with the tree, its people, catalogues and an open campaign."""
    address: str = await make()
    engine = create_engine(address, pool_size=1, statement_timeout_ms=0)
    async with engine.connect() as connection:
        await migrating.upgrade(connection)
        await connection.commit()
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        await units.build(connection)
        await people.build(connection, CHEAP_HASH)
        await open_as_system(connection)
        await submissions.scene(Tx(connection, SYSTEM, NOW, "test"))
        await connection.commit()
    await engine.dispose()
    return address


def _ready(process: subprocess.Popen[bytes], url: str) -> None:
    for _ in range(600):
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("not ready within a minute")


@pytest.fixture(scope="session")
def served(
    server_url: str, new_database: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """``dienhinh serve`` on a port of its own; its day is 1/7/2024."""
    address = asyncio.run(_prepared(new_database))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    env = {
        **os.environ,
        "DIENHINH_DATABASE_URL": address.replace("+asyncpg", ""),
        "DIENHINH_CLOCK_OFFSET_SECONDS": str(int((NOW - wall()).total_seconds())),
        "DIENHINH_DATA_DIR": str(tmp_path_factory.mktemp("served")),
        "DIENHINH_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _ready(process, url)
            yield Served(url, address)
        finally:
            process.terminate()
    asyncio.run(drop(server_url, address))
