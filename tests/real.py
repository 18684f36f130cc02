"""An application whose transactions really commit, for the few tests of what two do at once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI
from obstore.store import MemoryStore
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.attachments.storage import Storage
from app.identity.keys import Tokens, signing_keys, tokens_of
from app.kernel import migrating
from app.kernel.clock import Clock, wall
from app.kernel.db import Database, create_engine
from app.kernel.settings import Settings
from app.main import create_app, wire
from tests.actors import Api
from tests.builders import people, units
from tests.conftest import CHEAP_HASH, SYSTEM_SCOPE, drop


@dataclass
class Real:
    """An application whose transactions really commit, in a database of its own."""

    address: str
    engine: AsyncEngine
    database: Database
    http: httpx.AsyncClient
    tokens: Tokens
    evidence: Storage
    app: FastAPI

    def as_(self, unit: str, role: str) -> Api:
        """A person, signed in."""
        token = self.tokens.issuer.issue(
            sub=people.user_id(unit, role), sid=people.session_id(unit, role), now=int(wall().timestamp())
        )
        return Api(self.http, {"Authorization": f"Bearer {token}"})

    async def count(self, table: str) -> int:
        """Rows of a table, whoever they belong to."""
        async with self.engine.connect() as connection:
            await connection.exec_driver_sql(SYSTEM_SCOPE)
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)

    async def run(self, statement: str) -> None:
        """A statement of the owner."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement))


@asynccontextmanager
async def real_application(server_url: str, make: Callable[..., Any], pool_size: int) -> AsyncIterator[Real]:
    """A migrated database with the small tree and its people, and the application on it."""
    address = await make()
    engine = create_engine(address, pool_size=pool_size)
    settings = Settings(_env_file=None, log_level="error")
    async with engine.connect() as connection:
        await migrating.upgrade(connection)
        await connection.commit()
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        await units.build(connection)
        await people.build(connection, CHEAP_HASH)
        tokens = tokens_of(await signing_keys(connection), settings)
        await connection.commit()
    app = create_app(settings)
    database = Database(engine)
    wire(app, database, Clock(), tokens)
    app.state.evidence = Storage(MemoryStore())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:
        yield Real(address, engine, database, client, tokens, app.state.evidence, app)
    await engine.dispose()
    await drop(server_url, address)
