"""One attempt to hand over a message: signed (Standard Webhooks), to the checked address, without following anybody."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from time import perf_counter
from typing import Final
from uuid import UUID

import certifi
import httpx
from standardwebhooks import Webhook as Signer

from app.webhooks.addresses import Addresses, Pinned, Refused

CONNECT_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 15.0
"""Longest time of an attempt, from looking the name up to the answer's head."""
READ_BYTES: Final = 16_384
"""As much of an answer as is read, and thrown away: it could be anybody's page."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, where, and the secrets it is signed with."""

    url: str
    id: UUID
    body: str
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went. ``error`` is None when the receiver took the message (2xx)."""

    error: str | None
    status: int | None
    duration_ms: int


def headers_of(message: Message, at: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks. While a secret is being replaced, both sign."""
    signatures = [Signer(secret).sign(str(message.id), at, message.body) for secret in message.secrets]
    return {
        "content-type": "application/json",
        "user-agent": f"dienhinh/{version('dienhinh')}",
        "webhook-id": str(message.id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _trust() -> ssl.SSLContext:
    context = ssl.create_default_context()  # the host's own authorities, those of the house among them
    context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends messages. Connections are not kept: one that was made for one name never serves another."""

    addresses: Addresses
    client: httpx.AsyncClient

    async def send(self, message: Message, at: datetime) -> Outcome:
        """One attempt; never raises for what the receiver, the network or the address does."""
        started = perf_counter()
        status: int | None = None
        error: str | None
        try:
            async with asyncio.timeout(WHOLE_SECONDS):
                pinned = await self.addresses.pin(message.url)
                status = await self._post(pinned, message, at)
            error = None if 200 <= status < 300 else "redirect" if 300 <= status < 400 else "status"
        except Refused as fault:
            error = fault.code
        except (TimeoutError, httpx.TimeoutException):
            error = "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as fault:
            error = "tls" if _is_tls(fault) else "connection"
        return Outcome(error, status, int((perf_counter() - started) * 1000))

    async def _post(self, pinned: Pinned, message: Message, at: datetime) -> int:
        host = pinned.url.netloc.decode("ascii")
        request = self.client.build_request(
            "POST",
            pinned.url.copy_with(host=pinned.ip),
            content=message.body.encode(),
            headers={**headers_of(message, at), "host": host},
            extensions={"sni_hostname": pinned.url.raw_host.decode("ascii").rstrip(".")},
        )
        answer = await self.client.send(request, stream=True)
        try:
            read = 0
            async for chunk in answer.aiter_raw():
                read += len(chunk)
                if read > READ_BYTES:
                    break
        finally:
            await answer.aclose()
        return answer.status_code


def _is_tls(fault: BaseException) -> bool:
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


@asynccontextmanager
async def sender(addresses: Addresses) -> AsyncIterator[Sender]:
    """A sender, as long as the block lasts. Proxies and credentials of the environment are left aside."""
    async with httpx.AsyncClient(
        verify=_trust(),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(WHOLE_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=0),
    ) as client:
        yield Sender(addresses, client)
