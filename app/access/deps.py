"""The door: every protected route names its permission with :func:`requires` and gets an opened transaction."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from fastapi import Depends
from starlette.requests import Request

from app.access.actor import Actor, Presented, Tx
from app.access.permissions import Permission
from app.kernel import idempotency
from app.kernel.clock import Clock
from app.kernel.db import Database, Session
from app.kernel.http import OPENED, PERMISSION, language_of, request_id_of


class Opener(Protocol):
    """Opens the fence for whoever the credentials name, in one statement (``app/identity/opening.py``)."""

    async def __call__(
        self, session: Session, presented: Presented, reading: Permission | None, *, read_only: bool
    ) -> Actor:
        """The caller; raises ``Unauthenticated`` and leaves no scope when the credentials do not hold."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the application hands to every request; ``app.state.services``."""

    database: Database
    clock: Clock
    open_as_caller: Opener


def presented(request: Request) -> Presented:
    """What ``request`` brings to say who asks."""
    return Presented(request.headers.get("authorization"), request.client.host if request.client else None)


def retrying(actor: Actor, actor_id: UUID) -> idempotency.Caller:
    """Whose ``Idempotency-Key`` it is. Of a service account, with what its key gives: one that replaces another gives
    the same, a narrower one does not."""
    if actor.key_id is None:
        return idempotency.Caller(actor_id, "")
    given = (f"{g.role} {g.unit.id} {'all' if g.permissions is None else sorted(g.permissions)}" for g in actor.grants)
    return idempotency.Caller(actor_id, "\n".join(sorted(given)))


def requires(permission: Permission | None, *, recorded: bool = False) -> Any:
    """A dependency that opens the request's transaction fenced to where the caller may read, and checks the door.

    ``None`` admits everyone signed in (reference data). On a collection, the caller must hold ``permission`` somewhere.
    On a single resource, the verb checks it against the loaded row instead, so that "outside" stays 404 and "inside,
    not allowed" 403. ``kernel.http.StrictRoute`` ends the transaction: it commits before the response leaves.

    ``recorded`` is for reading that is itself put down in the log (``audit.service.record_reading``): such a GET may
    write, and answers nothing unless its entry is kept.
    """
    reading = permission.reading if permission else None

    async def open_transaction(request: Request) -> Tx:
        services: Services = request.app.state.services
        read_only = request.method in {"GET", "HEAD"} and not recorded
        transaction = services.database.transaction(keep=not read_only)
        session = await transaction.__aenter__()
        request.scope[OPENED] = transaction  # StrictRoute ends it
        actor = await services.open_as_caller(session, presented(request), reading, read_only=read_only)
        if permission and reading:
            actor.require_somewhere(reading if request.path_params else permission)
        if actor.id:
            await idempotency.begin(request, session, retrying(actor, actor.id))
        return Tx(session, actor, services.clock.now(), request_id_of(request), language_of(request))

    setattr(open_transaction, PERMISSION, permission)
    return Depends(open_transaction)


@asynccontextmanager
async def glance(request: Request, permission: Permission | None) -> AsyncIterator[Tx]:
    """A short transaction of the caller that changes nothing, before the request's own opens.

    For what takes long (an upload): refuse early, hold no connection meanwhile, and ask all of it again under
    :func:`requires`.
    """
    services: Services = request.app.state.services
    async with services.database.transaction(keep=False) as session:
        actor = await services.open_as_caller(
            session, presented(request), permission.reading if permission else None, read_only=True
        )
        if permission:
            actor.require_somewhere(permission)
        yield Tx(session, actor, services.clock.now(), request_id_of(request), language_of(request))
