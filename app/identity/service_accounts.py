"""The verbs about service accounts and their keys."""

from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from app.access.actor import Tx, allowed
from app.access.permissions import ROLES, Permission, Role
from app.audit.service import Subject, record
from app.identity import queries
from app.identity import queries_service_accounts as account_queries
from app.identity.looking_after import refuse_null, require_all_of, unit_of
from app.identity.opening import KEY_PREFIX, hash_key
from app.identity.schemas import (
    KeyIn,
    KeyMade,
    KeyOut,
    KeyQuery,
    ServiceAccountIn,
    ServiceAccountOut,
    ServiceAccountPatch,
    ServiceAccountTransition,
)
from app.identity.workflow import SERVICE_ACCOUNTS, status
from app.kernel.clock import wall
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, InvalidState, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.kernel.pagination import PageRows
from app.kernel.workflow import step
from app.units.schemas import UnitBrief

LONGEST_KEY_LIFE = timedelta(days=400)

_TAKEN = Text("Đơn vị đã có tài khoản dịch vụ tên này", "The unit has a service account of this name already")
on_constraint("uq_service_accounts_unit_id_name", Duplicate(_TAKEN, [FieldError("/name", "duplicate", _TAKEN)]))


def _brief(row: AnyRow) -> UnitBrief:
    return UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name)


def present(tx: Tx, row: AnyRow) -> ServiceAccountOut:
    """A row as the caller sees it."""
    state = status(row.disabled_at)
    return ServiceAccountOut.model_construct(
        **{name: value for name, value in row._asdict().items() if name in ServiceAccountOut.model_fields},
        unit=_brief(row),
        status=state,
        allowed_actions=allowed(tx.actor, SERVICE_ACCOUNTS, state, unit_of(row)),
    )


async def read(tx: Tx, account_id: UUID) -> ServiceAccountOut:
    """One service account. Raises 404 outside the fence."""
    return present(tx, await account_queries.get_account(tx.session, account_id))


async def create_service_account(tx: Tx, data: ServiceAccountIn) -> ServiceAccountOut:
    """Make a service account without rights and keys. Raises 404 / 403 by its unit, 409 ``duplicate`` at ``/name``."""
    unit = await queries.place(tx.session, data.unit_id)
    tx.actor.require(Permission.USER_MANAGE, unit_of(unit))
    account_id = new_id()
    shown = data.model_dump()
    values = {"id": account_id, "unit_path": unit.unit_path, "created_at": tx.now, "updated_at": tx.now, **shown}
    await account_queries.add_account(tx.session, values)
    subject = Subject("service_account", account_id, unit_of(unit))
    await record(tx, "service_account.create", subject, change=(None, shown))
    return await read(tx, account_id)


async def _locked(tx: Tx, account_id: UUID, expected: int | None = None) -> AnyRow:
    row = await account_queries.get_account(tx.session, account_id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    check_version(expected, row.version)
    return row


async def edit(tx: Tx, account_id: UUID, expected: int | None, data: ServiceAccountPatch) -> ServiceAccountOut:
    """Change name or description. Raises 403, 409 ``duplicate``, 412, 422."""
    row = await _locked(tx, account_id, expected)
    values: dict[str, Any] = data.model_dump(exclude_unset=True)
    refuse_null(values, "name")
    before = {name: getattr(row, name) for name in values}
    await account_queries.change_account(tx.session, row.id, {**values, "updated_at": tx.now})
    subject = Subject("service_account", row.id, unit_of(row))
    await record(tx, "service_account.edit", subject, change=(before, values))
    return await read(tx, row.id)


async def move(tx: Tx, account_id: UUID, expected: int | None, data: ServiceAccountTransition) -> ServiceAccountOut:
    """Disable (all its keys stop at once) or enable. Raises 403 (``holds_more``), 409 ``invalid_state``, 412."""
    row = await _locked(tx, account_id, expected)
    step(SERVICE_ACCOUNTS, status(row.disabled_at), data.action)
    await require_all_of(tx, row.id)
    after = {"disabled_at": tx.now if data.action == "disable" else None}
    await account_queries.change_account(tx.session, row.id, {**after, "updated_at": tx.now})
    await record(
        tx,
        f"service_account.{data.action}",
        Subject("service_account", row.id, unit_of(row)),
        change=({"disabled_at": row.disabled_at}, after),
        note=data.note,
    )
    return await read(tx, row.id)


def present_key(row: AnyRow) -> KeyOut:
    """A key as it travels; never the key itself."""
    return KeyOut.model_construct(
        **{
            name: value
            for name, value in row._asdict().items()
            if name in KeyOut.model_fields and name != "permissions"
        },
        permissions=None if row.permissions is None else [Permission(name) for name in row.permissions],
        unit=_brief(row),
        usable=row.revoked_at is None and row.expires_at > wall(),
    )


async def list_keys(tx: Tx, account_id: UUID, query: KeyQuery) -> tuple[PageRows, list[KeyOut]]:
    """The account's keys, revoked and expired ones too. Raises 404 by the account."""
    await account_queries.get_account(tx.session, account_id)
    given = {"account": account_id}
    rows = await account_queries.KEYS.page(tx.session, query, sort=query.sort, given=given)
    return rows, [present_key(row) for row in rows.rows]


async def create_key(tx: Tx, account_id: UUID, data: KeyIn) -> KeyMade:
    """Make a key; the answer is the only place it ever stands in.

    Raises 404 / 403 by the account, 409 ``invalid_state`` when it is disabled, 422 for a unit outside the account's, a
    permission its roles do not give, or an expiry that has passed or lies too far ahead.
    """
    account = await _locked(tx, account_id)
    if account.disabled_at is not None:
        raise InvalidState(Text("Tài khoản dịch vụ đang bị khóa", "The service account is disabled"))
    unit = await queries.place(tx.session, data.unit_id) if data.unit_id else account
    faults = [*_unit_faults(account, unit), *await _permission_faults(tx, account_id, data), *_expiry_faults(data)]
    if faults:
        raise Invalid(errors=faults)
    key = f"{KEY_PREFIX}{token_urlsafe(32)}"
    shown = {
        "name": data.name,
        "hint": key[:8],
        "permissions": sorted({p.value for p in data.permissions}) if data.permissions else None,
        "expires_at": data.expires_at,
    }
    values = {
        "id": new_id(),
        "service_account_id": account_id,
        "secret_hash": hash_key(key),
        "unit_id": unit.unit_id,
        "unit_path": unit.unit_path,
        "created_by": tx.actor.id,
        "created_at": tx.now,
        **shown,
    }
    await account_queries.add_key(tx.session, values)
    await record(tx, "service_key.create", Subject("service_key", values["id"], unit_of(unit)), change=(None, shown))
    made = present_key(await account_queries.get_key(tx.session, account_id, values["id"]))
    return KeyMade.model_construct(**dict(made), key=key)


def _unit_faults(account: AnyRow, unit: AnyRow) -> list[FieldError]:
    if unit.unit_path.startswith(account.unit_path):
        return []
    text = Text("Phải là đơn vị của tài khoản hoặc đơn vị bên dưới", "Must be the account's unit or one below it")
    return [FieldError("/unit_id", "outside_account", text)]


async def _permission_faults(tx: Tx, account_id: UUID, data: KeyIn) -> list[FieldError]:
    if data.permissions is None:
        return []
    roles = await queries.roles_held(tx.session, "service_account", account_id, tx.today)
    held = {permission for role in roles for permission in ROLES[Role(role)]}
    text = Text("Tài khoản không có vai trò nào cho quyền này", "No role of the account gives this permission")
    return [
        FieldError(f"/permissions/{index}", "not_held", text)
        for index, permission in enumerate(data.permissions)
        if permission not in held
    ]


def _expiry_faults(data: KeyIn) -> list[FieldError]:
    now = wall()
    if now < data.expires_at <= now + LONGEST_KEY_LIFE:
        return []
    text = Text("Phải trong tương lai, tối đa 400 ngày", "Must lie in the future, at most 400 days ahead")
    return [FieldError("/expires_at", "out_of_range", text)]


async def revoke_key(tx: Tx, account_id: UUID, key_id: UUID) -> None:
    """Revoke a key at once; done already, nothing happens. Raises 404 / 403 by the key's unit."""
    row = await account_queries.get_key(tx.session, account_id, key_id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    if row.revoked_at is None:
        now = wall()
        await account_queries.revoke_key(tx.session, row.id, now)
        change = ({"revoked_at": None}, {"revoked_at": now})
        await record(tx, "service_key.revoke", Subject("service_key", row.id, unit_of(row)), change=change)
