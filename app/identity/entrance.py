"""What stands before the fence: signing in, refreshing, and people's own accounts. No scope is open here.

These verbs open their transactions themselves, because a refusal (401) must keep what it counted, and because no
connection may be held while a password is being worked out.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Literal

from app.access.actor import Actor, Presented, Tx
from app.identity.opening import CallerOpener, leave_fence
from app.identity.tokens import TokenIssuer
from app.kernel.clock import Clock
from app.kernel.db import Database, Session
from app.kernel.errors import Forbidden, Text


class PeopleOnly(Forbidden):
    """Service accounts have keys; passwords, sessions and second factors are for people."""

    code = "people_only"
    title = Text(
        "Chỉ dành cho người dùng, không dành cho tài khoản dịch vụ", "Only for people, not for service accounts"
    )


@dataclass(frozen=True, slots=True)
class Client:
    """What the request tells of who asks."""

    authorization: str | None
    address: str | None
    user_agent: str | None
    request_id: str
    language: Literal["vi", "en"]


@dataclass(frozen=True, slots=True)
class Entrance:
    """The entrance as one request meets it."""

    database: Database
    clock: Clock
    open_as_caller: CallerOpener
    issuer: TokenIssuer
    session_lifetime: timedelta
    client: Client

    def transaction(self) -> AbstractAsyncContextManager[Session]:
        """A transaction of the owning role, with nobody signed in."""
        return self.database.transaction()

    def tx(self, session: Session, actor: Actor) -> Tx:
        """``session`` with ``actor`` acting in it."""
        return Tx(session, actor, self.clock.now(), self.client.request_id, self.client.language)

    @asynccontextmanager
    async def as_caller(self, *, people_only: bool = True, keep: bool = True) -> AsyncIterator[Tx]:
        """A transaction about the caller's own account. Raises 401, or 403 ``people_only`` for a service account."""
        async with self.database.transaction(keep=keep) as session:
            actor = await self.open_as_caller(session, self.presented, None, read_only=not keep)
            if people_only and actor.kind != "user":
                raise PeopleOnly
            await leave_fence(session)
            yield self.tx(session, actor)

    @property
    def presented(self) -> Presented:
        """What the request brings to say who asks."""
        return Presented(self.client.authorization, self.client.address)

    @property
    def refresh_secret(self) -> bytes:
        """What makes the next refresh token unguessable from the last; the same for all workers."""
        return sha256(b"refresh:" + self.issuer.key.private_pem.encode()).digest()
