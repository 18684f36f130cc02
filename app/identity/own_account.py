"""What people change about their own account: the password and the second factor. Each asks for the password again."""

from datetime import datetime
from typing import Any

from app.access.actor import Tx
from app.audit.service import Subject, record
from app.identity import backoff, passwords, second_factor
from app.identity import queries_sign_in as queries
from app.identity.entrance import Entrance
from app.identity.schemas_account import (
    OneTimeCodeIn,
    PasswordChange,
    PasswordIn,
    SecondFactorDisable,
    SecondFactorStarted,
)
from app.kernel.clock import wall
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, Text

_WRONG_PASSWORD = Text("Mật khẩu hiện tại không đúng", "This is not the current password")
_WRONG_CODE = Text("Mã một lần không đúng hoặc đã dùng", "The one-time code is wrong or was used before")
_ON = Text("Đã bật xác thực hai lớp; hãy tắt trước", "The second factor is already on; turn it off first")
_NOT_STARTED = Text("Chưa bắt đầu thiết lập xác thực hai lớp", "Setting up a second factor has not been started")
_OFF = Text("Xác thực hai lớp chưa bật", "The second factor is not on")


def refuse_weak(password: str, place: str, *, context: list[str], second_factor: bool) -> None:
    """Refuse a weak password with 422; each reason is named at ``place``, a JSON Pointer."""
    found = passwords.weaknesses(password, context=context, second_factor=second_factor)
    if found:
        raise Invalid(errors=[FieldError(place, weak.code, Text(weak.vi, weak.en)) for weak in found])


def _context(user: AnyRow) -> list[str]:
    return [user.username, user.full_name, user.unit_name]


async def _prove(entrance: Entrance, password: str, place: str) -> AnyRow:
    """The caller's account after its password was proven; guessing with a stolen access token is slowed down too.

    Raises 422 ``wrong_password`` at ``place``, 429.
    """
    async with entrance.as_caller() as tx:
        assert tx.actor.id, "as_caller admits people only"
        user = await queries.account(tx.session, tx.actor.id)
        await backoff.count(tx.session, _bucket(user))
    if not await passwords.verify(user.password_hash, password):
        raise Invalid(errors=[FieldError(place, "wrong_password", _WRONG_PASSWORD)])
    return user


def _bucket(user: AnyRow) -> bytes:
    return backoff.bucket("own", str(user.id))


async def _locked(tx: Tx, proven_at: datetime | None = None) -> AnyRow:
    """The caller's locked account; ``proven_at``: the date of the password that was proven must still be this."""
    assert tx.actor.id, "as_caller admits people only"
    user = await queries.account(tx.session, tx.actor.id, lock=True)
    if proven_at is not None:
        if user.password_changed_at != proven_at:
            raise InvalidState(Text("Mật khẩu vừa được thay đổi", "The password has just been changed"))
        await backoff.forgive(tx.session, _bucket(user))
    return user


async def _change(tx: Tx, user: AnyRow, verb: str, values: dict[str, Any]) -> None:
    await queries.change_account(tx.session, user.id, {**values, "updated_at": tx.now}, seen=True)
    assert tx.actor.home, "every user has a home unit"
    await record(tx, verb, Subject("user", user.id, tx.actor.home))


async def change_password(entrance: Entrance, data: PasswordChange) -> None:
    """Replace one's password and end all one's other sessions. Raises 422 naming every weakness, 429."""
    proven = await _prove(entrance, data.current_password, "/current_password")
    refuse_weak(data.new_password, "/new_password", context=_context(proven), second_factor=proven.totp_confirmed)
    hashed = await passwords.hash_password(data.new_password)
    async with entrance.as_caller() as tx:
        user = await _locked(tx, proven.password_changed_at)
        if user.totp_confirmed != proven.totp_confirmed:
            raise InvalidState(Text("Xác thực hai lớp vừa được thay đổi", "The second factor has just been changed"))
        await _change(tx, user, "user.change_password", {"password_hash": hashed, "password_changed_at": wall()})
        await queries.end_other_sessions(tx.session, user.id, tx.actor.session_id, wall())


async def start_second_factor(entrance: Entrance, data: PasswordIn) -> SecondFactorStarted:
    """A new secret for an authenticator app, without effect until a code confirms it. Raises 409 when one is on."""
    proven = await _prove(entrance, data.password, "/password")
    async with entrance.as_caller() as tx:
        user = await _locked(tx, proven.password_changed_at)
        if user.totp_confirmed:
            raise InvalidState(_ON)
        secret = second_factor.new_secret()
        await _change(tx, user, "user.start_second_factor", {"totp_secret": secret, "totp_last_step": None})
    return SecondFactorStarted(secret=secret, otpauth_uri=second_factor.provisioning_uri(secret, user.username))


async def confirm_second_factor(entrance: Entrance, data: OneTimeCodeIn) -> None:
    """Turn the second factor on with a code of the new secret. Raises 409 when none was started, 422 ``wrong_code``."""
    async with entrance.as_caller() as tx:
        user = await _locked(tx)
        if user.totp_secret is None or user.totp_confirmed:
            raise InvalidState(_ON if user.totp_confirmed else _NOT_STARTED)
        step = _accepted(user, data.one_time_code)
        values = {"totp_confirmed": True, "totp_last_step": step}
        await _change(tx, user, "user.confirm_second_factor", values)


async def disable_second_factor(entrance: Entrance, data: SecondFactorDisable) -> None:
    """Turn the second factor off. Raises 409 when it is not on, 422 for a wrong code or too short a password."""
    proven = await _prove(entrance, data.password, "/password")
    refuse_weak(data.password, "/password", context=_context(proven), second_factor=False)
    async with entrance.as_caller() as tx:
        user = await _locked(tx, proven.password_changed_at)
        if not user.totp_confirmed:
            raise InvalidState(_OFF)
        _accepted(user, data.one_time_code)  # a wrong one undoes the forgiving too
        values = {"totp_confirmed": False, "totp_secret": None, "totp_last_step": None}
        await _change(tx, user, "user.disable_second_factor", values)


def _accepted(user: AnyRow, code: str) -> int:
    at = int(wall().timestamp())
    step = second_factor.accept(user.totp_secret, code, last_step=user.totp_last_step, at=at)
    if step is None:
        raise Invalid(errors=[FieldError("/one_time_code", "wrong_code", _WRONG_CODE)])
    return step
