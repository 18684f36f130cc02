"""Safe retries (the IETF draft "The Idempotency-Key HTTP Header Field"): the answer of a POST is kept with its effect.

The record is written in the transaction that holds the effect, so there is never one without the other. Only answers of
success are kept: a refused request has changed nothing, and sent again it is judged again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from fastapi import Request, Response
from sqlalchemy import DateTime, Index, LargeBinary, SmallInteger, String, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.clock import wall
from app.kernel.db import Base, Session
from app.kernel.errors import DomainError, FieldError, Invalid, Text, on_constraint
from app.kernel.locks import LockSpace

HEADER: Final = "Idempotency-Key"
LIFETIME: Final = timedelta(hours=72)
KEPT: Final = ("ETag", "Location", "Content-Type", "Vary", "Cache-Control")
RECEIVED: Final = "dienhinh.received"
"""Where a form that was read piece by piece leaves what stands for its content."""
PENDING: Final = "dienhinh.idempotency"
"""Where in a request's scope the key stands until the route keeps the answer under it."""


class IdempotencyKey(Base):
    """One caller's key, the request it stood on, and the answer."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    caller_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of rights, method, address and body: the same key on another request is a mistake of the client."""
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Null where the answer held a secret that is shown once."""
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class InProgress(DomainError):
    """The same request is being worked on at this moment."""

    code = "idempotency_in_progress"
    title = Text(
        "Yêu cầu với Idempotency-Key này đang được xử lý; hãy thử lại sau giây lát",
        "The request with this Idempotency-Key is being worked on; try again in a moment",
    )


class KeyReused(Invalid):
    """The key stood on another request."""

    code = "idempotency_key_reused"
    title = Text(
        "Idempotency-Key này đã dùng cho một yêu cầu khác; hãy dùng khóa mới",
        "This Idempotency-Key stood on another request; use a new one",
    )


class ShownOnce(DomainError):
    """The effect was made, but its answer held a secret that is not kept."""

    code = "answer_shown_once"
    title = Text(
        "Yêu cầu này đã thực hiện xong; kết quả chứa bí mật chỉ hiện một lần nên không gửi lại được",
        "This was done already; its answer held a secret that is shown once and cannot be sent again",
    )


_RACED = InProgress(headers={"Retry-After": "1"})
on_constraint("pk_idempotency_keys", _RACED)
_SHAPE = Text(
    "Idempotency-Key gồm 1 đến 255 ký tự ASCII in được, không có dấu ngoặc kép bên trong",
    "Idempotency-Key takes 1 to 255 printable ASCII characters without a quotation mark inside",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key it is."""

    id: UUID
    rights: str
    """Tells apart credentials of one caller that give different rights: the answer to one is not for another."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A key whose request is being worked on in this transaction."""

    session: Session
    caller_id: UUID
    key: str
    fingerprint: bytes


class Replayed(Exception):
    """The request was answered before: here is that answer. Ends the request; not an error."""

    def __init__(self, response: Response) -> None:
        super().__init__("replayed")
        self.response = response


# Locked until the transaction ends. The row is read by the snapshot of before the lock: whoever slips in between is
# stopped by the primary key when the answer is kept.
_FOUND = (
    " k.fingerprint, k.status, k.headers, k.body"
    " FROM (VALUES (1)) AS one LEFT JOIN idempotency_keys AS k"
    " ON k.caller_id = CAST(:caller AS uuid) AND k.key = :key AND k.created_at > :oldest"
)
_BEGIN = text("SELECT pg_try_advisory_xact_lock(:space, hashtext(:caller || ' ' || :key)) AS alone," + _FOUND)
_BEGIN = _BEGIN.bindparams(space=LockSpace.IDEMPOTENCY.value)
_LOOK = text("SELECT true AS alone," + _FOUND)
_KEEP = text(
    "WITH expired AS (DELETE FROM idempotency_keys WHERE caller_id = :caller AND key <> :key AND created_at <= :oldest)"
    " INSERT INTO idempotency_keys (caller_id, key, fingerprint, status, headers, body, created_at)"
    " VALUES (:caller, :key, :fingerprint, :status, CAST(:headers AS jsonb), :body, :now)"
    " ON CONFLICT (caller_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,"
    " headers = excluded.headers, body = excluded.body, created_at = excluded.created_at"
    " WHERE idempotency_keys.created_at <= :oldest RETURNING key"
)


def _key_of(header: str) -> str:
    """The key, as a quoted string (the draft's form) or bare. Raises 422."""
    found = re.fullmatch(r'"([\x20\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e][\x20\x21\x23-\x7e]{0,254})', header.strip())
    if found is None:
        raise Invalid(errors=[FieldError(f"/{HEADER}", "malformed", _SHAPE, "header")])
    return found[1] or found[2]


async def _fingerprint(request: Request, rights: str) -> bytes:
    digest = sha256(rights.encode())
    for part in (request.method, request.url.path, request.url.query):
        digest.update(part.encode() + b"\0")
    if RECEIVED in request.scope:  # a form was read as it came, and its boundary is new each time
        digest.update(request.scope[RECEIVED])
    else:
        digest.update(await request.body())
    return digest.digest()


async def _known(request: Request, session: Session, caller: Caller, statement: TextClause) -> Pending | None:
    """The request's key, when it has one and no answer stands under it; raises what :func:`begin` says."""
    header = request.headers.get(HEADER)
    if header is None or request.method != "POST":
        return None
    pending = Pending(session, caller.id, _key_of(header), await _fingerprint(request, caller.rights))
    given = {"caller": str(caller.id), "key": pending.key, "oldest": wall() - LIFETIME}
    row = (await session.execute(statement, given)).one()
    if not row.alone:
        raise InProgress(headers={"Retry-After": "1"})
    if row.fingerprint is None:
        return pending
    if row.fingerprint != pending.fingerprint:
        raise KeyReused
    if row.body is None:
        raise ShownOnce
    headers: Mapping[str, Any] = {**row.headers, "Idempotency-Replayed": "true"}
    raise Replayed(Response(row.body, row.status, dict(headers)))


async def begin(request: Request, session: Session, caller: Caller) -> None:
    """Take the request's key, if it has one. Raises :class:`Replayed` for a request answered before.

    Also raises 409 ``idempotency_in_progress`` or ``answer_shown_once``, 422 ``idempotency_key_reused``.
    """
    if pending := await _known(request, session, caller, _BEGIN):
        request.scope[PENDING] = pending


async def look(request: Request, session: Session, caller: Caller) -> None:
    """Answer a request answered before, without taking its key: for what is judged before its transaction opens.

    What was stored is told even where the same request would be refused by now. Raises as :func:`begin`, but never
    ``idempotency_in_progress``.
    """
    await _known(request, session, caller, _LOOK)


async def keep(request: Request, response: Response) -> None:
    """Keep ``response`` under the key the request stood on; of one that may not be stored, only that it was given."""
    pending: Pending | None = request.scope.pop(PENDING, None)
    if pending is None or response.status_code >= 400:
        return
    given = {
        "caller": pending.caller_id,
        "key": pending.key,
        "fingerprint": pending.fingerprint,
        "status": response.status_code,
        "headers": orjson.dumps({name: response.headers[name] for name in KEPT if name in response.headers}).decode(),
        "body": None if response.headers.get("Cache-Control") == "no-store" else bytes(response.body),
        "now": wall(),
        "oldest": wall() - LIFETIME,
    }
    if (await pending.session.execute(_KEEP, given)).one_or_none() is None:
        raise InProgress(headers={"Retry-After": "1"})
