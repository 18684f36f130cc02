"""What the tests of signing in share: a wall clock to move, and an application whose commits are real."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.identity import backoff, opening, own_account, service_keys, sessions, sign_in, users
from app.identity.keys import Tokens
from app.kernel import clock as real
from app.kernel import migrating
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine
from app.kernel.settings import Settings
from app.main import create_app, wire
from tests.builders import people, units
from tests.conftest import CHEAP_HASH, PASSWORD, SYSTEM_SCOPE, drop


@dataclass
class Wall:
    """Real time as the code under test sees it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """The moved instant."""
        return real.wall() + self.ahead

    def advance(self, **span: float) -> None:
        """Let that much time pass."""
        self.ahead += timedelta(**span)


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    """The wall clock, to be moved."""
    made = Wall()
    for module in (backoff, opening, own_account, service_keys, sessions, sign_in, users):
        monkeypatch.setattr(module, "wall", made)
    return made


@pytest.fixture
async def committed(
    server_url: str, new_database: Callable[..., Any], tokens: Tokens
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application on a database of its own, where parallel requests really meet."""
    address = await new_database()
    engine = create_engine(address, pool_size=12, statement_timeout_ms=0)
    async with engine.connect() as connection:
        await migrating.upgrade(connection)
        await connection.commit()
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        await units.build(connection)
        await people.build(connection, CHEAP_HASH)
        await connection.commit()
    app: FastAPI = create_app(Settings(_env_file=None, log_level="error"))
    wire(app, Database(engine), Clock(), tokens)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        yield client
    await engine.dispose()
    await drop(server_url, address)


@dataclass(frozen=True)
class Door:
    """Signing in as somebody, from somewhere."""

    http: httpx.AsyncClient

    async def knock(self, username: str, password: str = PASSWORD, **more: Any) -> httpx.Response:
        """One attempt."""
        return await self.http.post("/api/v1/auth/sessions", json={"username": username, "password": password, **more})

    async def enter(self, username: str, password: str = PASSWORD, **more: Any) -> dict[str, Any]:
        """An attempt that must succeed, with the refresh token in the body."""
        answer = await self.knock(username, password, deliver_refresh="body", **more)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def refresh(self, token: str) -> httpx.Response:
        """Refresh with a token in the body."""
        return await self.http.post("/api/v1/auth/sessions/refresh", json={"refresh_token": token})


@pytest.fixture
def door(http: httpx.AsyncClient) -> Door:
    """The door of the application."""
    return Door(http)


def bearer(opened: dict[str, Any]) -> dict[str, str]:
    """The header of an access token."""
    return {"Authorization": f"Bearer {opened['access_token']}"}
