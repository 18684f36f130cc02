"""The verbs about users, for their administrators and for the command line (with the system's transaction)."""

from typing import Any
from uuid import UUID

from app.access.actor import Tx, allowed
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.identity import backoff, passwords, queries
from app.identity import queries_sign_in as sign_in_queries
from app.identity.looking_after import require_all_of, unit_of
from app.identity.own_account import refuse_weak
from app.identity.schemas import UserIn, UserOut, UserPatch, UserTransition, UserWithPassword
from app.identity.sign_in import name_bucket
from app.identity.workflow import USERS, status
from app.kernel.clock import wall
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Text, check_version, on_constraint, refuse_null
from app.kernel.ids import new_id
from app.kernel.text import fold
from app.kernel.workflow import step
from app.units.schemas import UnitBrief

_TAKEN = Text("Tên đăng nhập đã có người dùng", "The username is taken")
on_constraint("uq_users_username", Duplicate(_TAKEN, [FieldError("/username", "duplicate", _TAKEN)]))


def present(tx: Tx, row: AnyRow) -> UserOut:
    """A row as the caller sees it."""
    state = status(row.disabled_at)
    own = row.id == tx.actor.id
    return UserOut.model_construct(
        **{name: value for name, value in row._asdict().items() if name in UserOut.model_fields},
        unit=UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
        status=state,
        allowed_actions=[] if own else allowed(tx.actor, USERS, state, unit_of(row)),
    )


async def read(tx: Tx, user_id: UUID) -> UserOut:
    """One user. Raises 404 outside the fence."""
    return present(tx, await queries.get_user(tx.session, user_id))


def _with_password(user: UserOut, generated: str | None) -> UserWithPassword:
    return UserWithPassword.model_construct(**dict(user), generated_password=generated)


async def create_user(tx: Tx, data: UserIn, *, password_hash: str | None = None) -> UserWithPassword:
    """Make a user without any right yet; without a password given, a generated one is in the answer.

    ``password_hash``: store this instead, for many accounts with one password (the demonstration).

    Raises:
        NotFound, Forbidden: by the home unit; 409 ``unit_ended``.
        Invalid: 422 with every weakness of the password.
    The username's uniqueness is the database's (409 ``duplicate`` at ``/username``).
    """
    unit = await queries.place(tx.session, data.unit_id)
    tx.actor.require(Permission.USER_MANAGE, unit_of(unit))
    generated = None
    if password_hash is None:
        generated = None if data.password else passwords.generate()
        context = [data.username, data.full_name, unit.unit_name]
        password_hash = await _hashed(data.password or generated or "", "/password", context, second_factor=False)
    shown = data.model_dump(exclude={"password"})
    values = {
        **shown,
        "id": new_id(),
        "folded": fold(f"{data.full_name} {data.username}"),
        "unit_path": unit.unit_path,
        "password_hash": password_hash,
        "password_changed_at": wall(),
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await queries.add_user(tx.session, values)
    subject = Subject("user", values["id"], unit_of(unit))
    await record(tx, "user.create", subject, change=(None, shown))
    return _with_password(await read(tx, values["id"]), generated)


async def _hashed(password: str, place: str, context: list[str], *, second_factor: bool) -> str:
    refuse_weak(password, place, context=context, second_factor=second_factor)
    return await passwords.hash_password(password)


async def edit(tx: Tx, user_id: UUID, expected: int | None, data: UserPatch) -> UserOut:
    """Change a user's name, contact or home unit. Raises 404 / 403 by both units, 409 ``unit_ended``, 412, 422."""
    row = await _locked(tx, user_id, expected)
    values: dict[str, Any] = data.model_dump(exclude_unset=True)
    refuse_null(values, "full_name", "unit_id")
    before = {name: getattr(row, name) for name in values}
    stored = {**values, "updated_at": tx.now}
    if "unit_id" in values:
        unit = await queries.place(tx.session, values["unit_id"])
        tx.actor.require(Permission.USER_MANAGE, unit_of(unit))
        stored["unit_path"] = unit.unit_path
    if "full_name" in values:
        stored["folded"] = fold(f"{values['full_name']} {row.username}")
    await queries.change_user(tx.session, row.id, stored)
    await record(tx, "user.edit", Subject("user", row.id, unit_of(row)), change=(before, values))
    return await read(tx, row.id)


async def _locked(tx: Tx, user_id: UUID, expected: int | None = None) -> AnyRow:
    row = await queries.get_user(tx.session, user_id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    check_version(expected, row.version)
    return row


async def move(tx: Tx, user_id: UUID, expected: int | None, data: UserTransition) -> UserWithPassword:
    """Disable, enable, or give a new password, which is in the answer.

    Raises 403 (``own_account``, ``holds_more``), 409 ``invalid_state``, 412.
    """
    row = await _locked(tx, user_id, expected)
    step(USERS, status(row.disabled_at), data.action)
    await require_all_of(tx, row.id)
    generated = None
    if data.action == "reset_password":
        generated = passwords.generate()
        await _store_password(tx, row, await passwords.hash_password(generated), data.note)
    else:
        await _set_disabled(tx, row, data.action, data.note)
    return _with_password(await read(tx, row.id), generated)


async def _set_disabled(tx: Tx, row: AnyRow, action: str, note: str | None) -> None:
    after = {"disabled_at": tx.now if action == "disable" else None}
    await queries.change_user(tx.session, row.id, {**after, "updated_at": tx.now})
    if action == "disable":
        # Otherwise an account enabled again would still be signed in wherever it was.
        await sign_in_queries.end_other_sessions(tx.session, row.id, None, wall())
    subject = Subject("user", row.id, unit_of(row))
    await record(tx, f"user.{action}", subject, change=({"disabled_at": row.disabled_at}, after), note=note)


async def _store_password(tx: Tx, row: AnyRow, hashed: str, note: str | None) -> None:
    """A new password by another's hand; it also ends the second factor (a lost telephone), sessions and back-off."""
    values = {"password_hash": hashed, "password_changed_at": wall(), "updated_at": tx.now}
    factor = {"totp_secret": None, "totp_confirmed": False, "totp_last_step": None}
    await queries.change_user(tx.session, row.id, {**values, **factor})
    await sign_in_queries.end_other_sessions(tx.session, row.id, None, wall())
    await backoff.forgive(tx.session, name_bucket(row.username))
    change = ({"second_factor": row.second_factor}, {"second_factor": False})
    await record(tx, "user.reset_password", Subject("user", row.id, unit_of(row)), change=change, note=note)


async def disable_user(tx: Tx, user_id: UUID, *, note: str | None = None) -> None:
    """Disable a user at once; done already, nothing happens. Raises 404, 403 as :func:`move`."""
    row = await _locked(tx, user_id)
    await require_all_of(tx, row.id)
    if row.disabled_at is None:
        await _set_disabled(tx, row, "disable", note)


async def set_password(tx: Tx, user_id: UUID, password: str, *, note: str | None = None) -> None:
    """Give a user this password, as ``reset_password`` does. Raises 404, 403, 422 with weaknesses at ``/password``."""
    row = await _locked(tx, user_id)
    await require_all_of(tx, row.id)
    context = [row.username, row.full_name, row.unit_name]
    await _store_password(tx, row, await _hashed(password, "/password", context, second_factor=False), note)
