"""The verbs about the keys of service accounts: made, rotated, revoked, never shown again."""

from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import ROLES, Permission, Role
from app.audit.service import Subject, record
from app.identity import queries
from app.identity import queries_service_accounts as account_queries
from app.identity.looking_after import unit_of
from app.identity.opening import KEY_PREFIX, hash_key
from app.identity.schemas_keys import KeyIn, KeyMade, KeyOut, KeyQuery, KeyRotation
from app.identity.service_accounts import brief, locked
from app.kernel.addresses import network_of
from app.kernel.clock import wall
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, Text
from app.kernel.ids import new_id
from app.kernel.pagination import PageRows

LONGEST_KEY_LIFE = timedelta(days=400)
_SHOWN_AS_IS = tuple(name for name in KeyOut.model_fields if name not in {"permissions", "networks", "unit", "usable"})


class NotRotatable(InvalidState):
    """Only a key that still holds, and was not replaced yet, can be rotated."""

    code = "key_not_rotatable"
    title = Text(
        "Chỉ thay được khóa còn hiệu lực và chưa được thay", "Only a key that holds and was not replaced can be rotated"
    )


def _usable(row: AnyRow) -> bool:
    return row.revoked_at is None and bool(row.expires_at > wall())


def present(row: AnyRow) -> KeyOut:
    """A key as it travels; never the key itself."""
    return KeyOut.model_construct(
        **{name: getattr(row, name) for name in _SHOWN_AS_IS},
        permissions=None if row.permissions is None else [Permission(name) for name in row.permissions],
        networks=None if row.networks is None else [str(network) for network in row.networks],
        unit=brief(row),
        usable=_usable(row),
    )


async def list_keys(tx: Tx, account_id: UUID, query: KeyQuery) -> tuple[PageRows, list[KeyOut]]:
    """The account's keys, revoked and expired ones too. Raises 404 by the account."""
    await account_queries.get_account(tx.session, account_id)
    given = {"account": account_id}
    rows = await account_queries.KEYS.page(tx.session, query, sort=query.sort, given=given)
    return rows, [present(row) for row in rows.rows]


async def _account(tx: Tx, account_id: UUID) -> AnyRow:
    account = await locked(tx, account_id)
    if account.disabled_at is not None:
        raise InvalidState(Text("Tài khoản dịch vụ đang bị khóa", "The service account is disabled"))
    return account


async def create_key(tx: Tx, account_id: UUID, data: KeyIn) -> KeyMade:
    """Make a key; the answer is the only place it ever stands in.

    Raises 404 / 403 by the account, 409 ``invalid_state`` when it is disabled or ``unit_ended``, 422 for a unit outside
    the account's, a permission its roles do not give, a network that is none, or an expiry that has passed or lies too
    far ahead.
    """
    account = await _account(tx, account_id)
    unit = await queries.place(tx.session, data.unit_id or account.unit_id)
    networks, faults = _networks(data.networks)
    faults = [*_unit_faults(account, unit), *await _permission_faults(tx, account_id, data), *faults]
    faults += _expiry_faults(data.expires_at)
    if faults:
        raise Invalid(errors=faults)
    shown = {
        "name": data.name,
        "permissions": sorted({p.value for p in data.permissions}) if data.permissions else None,
        "networks": networks,
        "expires_at": data.expires_at,
    }
    return await _make(tx, account_id, unit, shown)


async def _make(tx: Tx, account_id: UUID, unit: AnyRow, shown: dict[str, Any]) -> KeyMade:
    """Store a new key with the limits ``shown``, and tell it once."""
    key, key_id = f"{KEY_PREFIX}{token_urlsafe(32)}", new_id()
    shown = {**shown, "hint": key[:8]}
    place = {"unit_id": unit.unit_id, "unit_path": unit.unit_path}
    stamped = {"created_by": tx.actor.id, "created_at": tx.now}
    values = {"id": key_id, "service_account_id": account_id, "secret_hash": hash_key(key), **place, **stamped, **shown}
    await account_queries.add_key(tx.session, values)
    await record(tx, "service_key.create", Subject("service_key", key_id, unit_of(unit)), change=(None, shown))
    made = present(await account_queries.get_key(tx.session, account_id, key_id))
    return KeyMade.model_construct(**dict(made), key=key)


async def rotate_key(tx: Tx, account_id: UUID, key_id: UUID, data: KeyRotation) -> KeyMade:
    """Make a key with the limits of another one, which goes on for the overlap and ends then.

    Raises 404 / 403 by the account and the key, 409 ``invalid_state`` when the account is disabled, 409
    ``key_not_rotatable`` for a key that holds no more or has a successor that does, 422 ``out_of_range``.
    """
    await _account(tx, account_id)
    old = await account_queries.get_key(tx.session, account_id, key_id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(old))
    if not _usable(old):
        raise NotRotatable
    if old.replaced_by is not None and _usable(await account_queries.get_key(tx.session, account_id, old.replaced_by)):
        raise NotRotatable(replaced_by=old.replaced_by)
    expires_at = data.expires_at or old.expires_at
    if faults := _expiry_faults(expires_at):
        raise Invalid(errors=faults)
    shown = {
        "name": data.name or old.name,
        "permissions": old.permissions,
        "networks": None if old.networks is None else [str(network) for network in old.networks],
        "expires_at": expires_at,
    }
    made = await _make(tx, account_id, old, shown)
    ends = min(old.expires_at, wall() + timedelta(hours=data.overlap_hours))
    after = {"expires_at": ends, "replaced_by": made.id}
    await account_queries.change_key(tx.session, old.id, after)
    before = {name: getattr(old, name) for name in after}
    await record(tx, "service_key.rotate", Subject("service_key", old.id, unit_of(old)), change=(before, after))
    return made


def _networks(given: list[str] | None) -> tuple[list[str] | None, list[FieldError]]:
    """``given`` as the database keeps networks, without repetitions; and what is none of them."""
    found: dict[str, None] = {}
    faults = []
    text = Text(
        "Viết dạng CIDR, các bit sau độ dài tiền tố bằng 0, ví dụ 203.0.113.0/24",
        "Write it in CIDR notation, with no bits behind the prefix, such as 203.0.113.0/24",
    )
    for index, written in enumerate(given or ()):
        try:
            found[str(network_of(written))] = None
        except ValueError:
            faults.append(FieldError(f"/networks/{index}", "not_a_network", text))
    return list(found) or None, faults


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


def _expiry_faults(expires_at: datetime) -> list[FieldError]:
    now = wall()
    if now < expires_at <= now + LONGEST_KEY_LIFE:
        return []
    text = Text("Phải trong tương lai, tối đa 400 ngày", "Must lie in the future, at most 400 days ahead")
    return [FieldError("/expires_at", "out_of_range", text)]


async def revoke_key(tx: Tx, account_id: UUID, key_id: UUID) -> None:
    """Revoke a key at once; done already, nothing happens. Raises 404 / 403 by the key's unit."""
    row = await account_queries.get_key(tx.session, account_id, key_id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    if row.revoked_at is None:
        now = wall()
        await account_queries.change_key(tx.session, row.id, {"revoked_at": now})
        change = ({"revoked_at": None}, {"revoked_at": now})
        await record(tx, "service_key.revoke", Subject("service_key", row.id, unit_of(row)), change=change)
