"""A receiver on this machine, and the worker's parts, one step at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from sqlalchemy import text
from standardwebhooks import Webhook as Verifier

from app.kernel.clock import Clock
from app.webhooks.addresses import Addresses
from app.webhooks.delivering import Delivering
from app.webhooks.following import follow
from app.webhooks.sending import Sender, sender
from tests.builders.units import unit_id
from tests.conftest import SYSTEM_SCOPE
from tests.real import Real

HERE = Addresses(networks=(ip_network("127.0.0.0/8"),))
"""The rule of an installation that lets webhooks go to this machine."""
EVENTS = ["registration.created", "registration.submitted"]


@dataclass
class Arrival:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    def verified(self, secret: str) -> dict[str, Any]:
        """The message, its signature checked as receivers do."""
        return dict(Verifier(secret).verify(self.body, self.headers))


@dataclass
class Receiver:
    """An HTTP server that keeps what it gets and answers as told: the last answer counts from then on."""

    url: str = ""
    answers: list[str] = field(default_factory=lambda: ["204 No Content"])
    arrived: list[Arrival] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """While clear, nobody gets an answer."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of one connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(_field(line) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.arrived.append(Arrival(head[0].split()[1], headers, body))
        await self.held.wait()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a free port."""
    made = Receiver()
    made.held.set()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield made
    finally:
        made.held.set()
        server.close()
        await server.wait_closed()


@dataclass
class Scene:
    """A real application, somebody who listens, and the worker's parts."""

    real: Real
    receiver: Receiver
    sender: Sender

    async def subscribed(self, unit: str = "district_yen_thanh", **more: Any) -> dict[str, Any]:
        """A subscription of the province's coordinator for a unit's subtree."""
        body = {"unit_id": str(unit_id(unit)), "url": self.receiver.url, "events": EVENTS, **more}
        return await self.real.as_("province", "coordinator").made("/webhooks", body)

    async def registered(self, unit: str = "commune_a", year: int = 2024) -> dict[str, Any]:
        """A draft registration."""
        body = {"unit_id": str(unit_id(unit)), "year": year}
        return await self.real.as_(unit, "editor").made("/registrations", body)

    async def followed(self, count: int) -> None:
        """Follow the log until ``count`` deliveries were made: other tests on the same server hold its end back."""
        made = 0
        for _ in range(600):
            made += await follow(self.real.database)
            if made >= count:
                assert made == count
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{made} deliveries instead of {count}")

    def delivering(self) -> Delivering:
        """What makes attempts."""
        return Delivering(self.real.database, Clock(), self.sender)

    async def attempted(self) -> None:
        """Make the next attempt of everything that waits, whenever it is planned."""
        for row in await self.deliveries():
            if row.status == "pending":
                await self.delivering().attempt(row.id, row.attempts)

    async def deliveries(self) -> Sequence[Any]:
        """All deliveries as stored, oldest first."""
        return await self.rows("SELECT * FROM webhook_deliveries ORDER BY id")

    async def rows(self, statement: str) -> Sequence[Any]:
        """What the owner sees."""
        async with self.real.engine.connect() as connection:
            await connection.exec_driver_sql(SYSTEM_SCOPE)
            return (await connection.execute(text(statement))).all()

    async def change(self, statement: str) -> None:
        """Let the owner change what time would."""
        async with self.real.engine.begin() as connection:
            await connection.exec_driver_sql(SYSTEM_SCOPE)
            await connection.execute(text(statement))


@asynccontextmanager
async def scene(real: Real) -> AsyncIterator[Scene]:
    """The scene on ``real``."""
    real.app.state.webhook_addresses = HERE
    async with receiving() as receiver, sender(HERE) as post:
        yield Scene(real, receiver, post)
