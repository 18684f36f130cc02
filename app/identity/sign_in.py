"""Signing in with a password, and a one-time code where the account has a second factor.

An unknown name, a wrong password and a disabled account get one answer after the same work: one password check, one
statement more, one commit.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.access.actor import Actor, UnitRef
from app.audit.service import Subject, record
from app.identity import backoff, passwords, refresh_tokens, second_factor
from app.identity import queries_sign_in as queries
from app.identity.entrance import Entrance
from app.identity.schemas_account import SignIn
from app.kernel.clock import wall
from app.kernel.db import AnyRow, Session
from app.kernel.errors import DomainError, Text
from app.kernel.ids import new_id

_SESSIONS_KEPT = timedelta(days=90)


class InvalidCredentials(DomainError):
    """No such account, another password, or an account that is disabled: deliberately not told which."""

    status = 401
    code = "invalid_credentials"
    title = Text("Tên đăng nhập hoặc mật khẩu không đúng", "The username or the password is not right")


class OneTimeCodeRequired(DomainError):
    """The password is right; the account also asks for a code."""

    status = 401
    code = "one_time_code_required"
    title = Text(
        "Tài khoản có xác thực hai lớp: gửi thêm mã một lần (one_time_code)",
        "This account has a second factor: send one_time_code as well",
    )


class InvalidOneTimeCode(DomainError):
    """The password is right, the code is wrong, outdated or used before."""

    status = 401
    code = "invalid_one_time_code"
    title = Text("Mã một lần không đúng hoặc đã dùng", "The one-time code is wrong or was used before")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a sign-in or a refresh gives. ``refresh_seconds``: how long the session still lives."""

    access_token: str
    expires_in: int
    refresh_token: str
    refresh_seconds: int


def name_bucket(username: str) -> bytes:
    """What attempts for ``username`` from places unknown to its owner are counted under."""
    return backoff.bucket("name", username)


async def sign_in(entrance: Entrance, data: SignIn) -> Opened:
    """Open a session.

    Raises:
        TooManyAttempts: 429, the name has to wait; the password was not looked at.
        InvalidCredentials, OneTimeCodeRequired, InvalidOneTimeCode: 401; the attempt stays counted.
    """
    place = backoff.place(entrance.client.address)
    async with entrance.transaction() as session:
        since = wall() - backoff.PLACE_KNOWN_FOR
        user = await queries.account_by_username(session, data.username, place, since)
        counted = name_bucket(data.username)
        if user is not None and user.known_place:
            counted = backoff.bucket("name", data.username, place or "")
        await backoff.count(session, counted)
    fits = await passwords.verify(user.password_hash if user else passwords.DUMMY_HASH, data.password)
    if user is None or not fits or user.disabled_at is not None:
        async with entrance.transaction() as session:
            await backoff.sweep(session, counted, touch=user is None, now=wall())
            if user is not None:
                await _record_refusal(entrance, session, user, "disabled" if fits else "password")
        raise InvalidCredentials
    renewed = await passwords.hash_password(data.password) if passwords.needs_rehash(user.password_hash) else None
    async with entrance.transaction() as session:
        outcome = await _open(entrance, session, user, data.one_time_code, renewed)
        if isinstance(outcome, Opened):
            await backoff.forgive(session, counted)
    if not isinstance(outcome, Opened):
        raise outcome
    return outcome


async def _open(
    entrance: Entrance, session: Session, seen: AnyRow, code: str | None, renewed_hash: str | None
) -> Opened | DomainError:
    """Open the session of a user whose password fitted; an error is returned, not raised, so that its entry is kept."""
    user = await queries.account(session, seen.id, lock=True)
    if user.disabled_at is not None or user.password_changed_at != seen.password_changed_at:
        await _record_refusal(entrance, session, user, "changed")
        return InvalidCredentials()
    values: dict[str, Any] = {} if renewed_hash is None else {"password_hash": renewed_hash}
    if user.totp_confirmed:
        if code is None:
            return OneTimeCodeRequired()
        at = int(wall().timestamp())
        step = second_factor.accept(user.totp_secret, code, last_step=user.totp_last_step, at=at)
        if step is None:
            await _record_refusal(entrance, session, user, "one_time_code")
            return InvalidOneTimeCode()
        values["totp_last_step"] = step
    if values:
        await queries.change_account(session, user.id, values, seen=False)
    return await _start(entrance, session, user)


async def _start(entrance: Entrance, session: Session, user: AnyRow) -> Opened:
    now, session_id, token = wall(), new_id(), refresh_tokens.first()
    opened = {
        "user_agent": entrance.client.user_agent,
        "address": backoff.place(entrance.client.address),
        "expires_at": now + entrance.session_lifetime,
    }
    await queries.drop_old_sessions(session, user.id, now - _SESSIONS_KEPT)
    values = {
        "id": session_id,
        "user_id": user.id,
        "family_hash": refresh_tokens.family_hash(token),
        "refresh_hash": refresh_tokens.token_hash(token),
        "rotated_at": now,
        "created_at": now,
        **opened,
    }
    await queries.add_session(session, values)
    tx = entrance.tx(session, _actor(user, session_id))
    await record(tx, "session.create", Subject("session", session_id, _home(user)), change=(None, opened))
    access = entrance.issuer.issue(sub=user.id, sid=session_id, now=int(now.timestamp()))
    return Opened(access, entrance.issuer.lifetime, token, int(entrance.session_lifetime.total_seconds()))


async def _record_refusal(entrance: Entrance, session: Session, user: AnyRow, reason: str) -> None:
    """Tell the account's auditors of a refused sign-in. The entry names the account, which is all that is known."""
    tx = entrance.tx(session, _actor(user, None))
    after = {"reason": reason, "address": entrance.client.address, "user_agent": entrance.client.user_agent}
    await record(tx, "session.refuse", Subject("user", user.id, _home(user)), change=(None, after))


def _home(user: AnyRow) -> UnitRef:
    return UnitRef(user.unit_id, user.unit_path, user.unit_level)


def _actor(user: AnyRow, session_id: UUID | None) -> Actor:
    return Actor("user", user.id, user.username, session_id=session_id, home=_home(user))
