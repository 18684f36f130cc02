"""The database is away, or goes away in the middle: 503 with Retry-After, never a 500, and service goes on after it."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from asyncpg import InternalClientError
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import InternalError
from sqlalchemy.ext.asyncio import create_async_engine

from app.identity.keys import Tokens
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine
from app.main import wire
from tests.actors import Api
from tests.builders import units
from tests.real import real_application

pytestmark = pytest.mark.anyio
AWAY = {
    "no socket": "postgresql://dienhinh@/x?host=/nowhere",
    "nobody listens": "postgresql://dienhinh@127.0.0.1:1/x",
}


@pytest.mark.parametrize("address", AWAY)
async def test_a_database_that_is_away_is_503(
    app: FastAPI, http: httpx.AsyncClient, tokens: Tokens, address: str
) -> None:
    engine = create_engine(AWAY[address])
    wire(app, Database(engine), Clock(), tokens)
    credentials = {"Authorization": "Bearer dhk_x"}
    for path in ("/api/v1/registrations", "/api/v1/me", "/readyz"):
        answer = await http.get(path, headers=credentials)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), path
        assert answer.headers["retry-after"]
    signing = await http.post("/api/v1/auth/sessions", json={"username": "x", "password": "y"})
    assert signing.status_code == 503
    assert (await http.get("/healthz")).status_code == 200
    await engine.dispose()


async def test_a_conversation_that_breaks_is_503(app: FastAPI, http: httpx.AsyncClient, tokens: Tokens) -> None:
    @asynccontextmanager
    async def breaking() -> AsyncIterator[Any]:
        raise InternalError("SELECT 1", None, InternalClientError("cannot switch to state 12"))
        yield

    wire(app, Database(None, breaking), Clock(), tokens)  # type: ignore[arg-type]
    answer = await http.get("/api/v1/registrations", headers={"Authorization": "Bearer dhk_x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


async def test_a_fault_of_ours_is_not_taken_for_an_absent_database() -> None:
    @asynccontextmanager
    async def connected() -> AsyncIterator[Any]:
        yield Connection()

    class Connection:
        async def rollback(self) -> None:
            """As a connection has it."""

    with pytest.raises(FileNotFoundError):
        async with Database(None, connected).transaction():  # type: ignore[arg-type]
            raise FileNotFoundError


@pytest.mark.real_commits
async def test_service_goes_on_when_the_connections_were_cut(server_url: str, new_database: Callable[..., Any]) -> None:
    async with real_application(server_url, new_database, 2) as real:
        editor: Api = real.as_("commune_a", "editor")
        assert (await editor.get("/registrations")).status_code == 200
        killer = create_async_engine(server_url)
        async with killer.connect() as connection:
            cut = (  # not the server's own workers, such as autovacuum, which may look in at any time
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND datname = :name"
            )
            name = real.database.engine.url.database
            assert (await connection.execute(text(cut), {"name": name})).scalar_one() > 0
        await killer.dispose()
        statuses = [(await editor.get("/registrations")).status_code for _ in range(4)]
        assert set(statuses[:2]) <= {200, 503}
        assert statuses[2:] == [200, 200]
        await editor.made("/registrations", {"unit_id": str(units.unit_id("commune_a")), "year": 2024})
