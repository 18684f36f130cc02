"""The verbs about service accounts. Their keys: ``service_keys.py``."""

from typing import Any
from uuid import UUID

from app.access.actor import Tx, allowed
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.identity import queries
from app.identity import queries_service_accounts as account_queries
from app.identity.looking_after import require_all_of, unit_of
from app.identity.schemas import (
    ServiceAccountIn,
    ServiceAccountOut,
    ServiceAccountPatch,
    ServiceAccountTransition,
)
from app.identity.workflow import SERVICE_ACCOUNTS, status
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Text, check_version, on_constraint, refuse_null
from app.kernel.ids import new_id
from app.kernel.workflow import step
from app.units.schemas import UnitBrief

_TAKEN = Text("Đơn vị đã có tài khoản dịch vụ tên này", "The unit has a service account of this name already")
on_constraint("uq_service_accounts_unit_id_name", Duplicate(_TAKEN, [FieldError("/name", "duplicate", _TAKEN)]))


def brief(row: AnyRow) -> UnitBrief:
    """The unit of an account or key."""
    return UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name)


def present(tx: Tx, row: AnyRow) -> ServiceAccountOut:
    """A row as the caller sees it."""
    state = status(row.disabled_at)
    return ServiceAccountOut.model_construct(
        **{name: value for name, value in row._asdict().items() if name in ServiceAccountOut.model_fields},
        unit=brief(row),
        status=state,
        allowed_actions=allowed(tx.actor, SERVICE_ACCOUNTS, state, unit_of(row)),
    )


async def read(tx: Tx, account_id: UUID) -> ServiceAccountOut:
    """One service account. Raises 404 outside the fence."""
    return present(tx, await account_queries.get_account(tx.session, account_id))


async def create_service_account(tx: Tx, data: ServiceAccountIn) -> ServiceAccountOut:
    """Make a service account without rights and keys.

    Raises 404 / 403 by its unit, 409 ``unit_ended`` or ``duplicate`` at ``/name``.
    """
    unit = await queries.place(tx.session, data.unit_id)
    tx.actor.require(Permission.USER_MANAGE, unit_of(unit))
    account_id = new_id()
    shown = data.model_dump()
    values = {"id": account_id, "unit_path": unit.unit_path, "created_at": tx.now, "updated_at": tx.now, **shown}
    await account_queries.add_account(tx.session, values)
    subject = Subject("service_account", account_id, unit_of(unit))
    await record(tx, "service_account.create", subject, change=(None, shown))
    return await read(tx, account_id)


async def locked(tx: Tx, account_id: UUID, expected: int | None = None) -> AnyRow:
    """The account, kept from changing meanwhile. Raises 404, 403, 412."""
    row = await account_queries.get_account(tx.session, account_id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    check_version(expected, row.version)
    return row


async def edit(tx: Tx, account_id: UUID, expected: int | None, data: ServiceAccountPatch) -> ServiceAccountOut:
    """Change name or description. Raises 403, 409 ``duplicate``, 412, 422."""
    row = await locked(tx, account_id, expected)
    values: dict[str, Any] = data.model_dump(exclude_unset=True)
    refuse_null(values, "name")
    before = {name: getattr(row, name) for name in values}
    await account_queries.change_account(tx.session, row.id, {**values, "updated_at": tx.now})
    subject = Subject("service_account", row.id, unit_of(row))
    await record(tx, "service_account.edit", subject, change=(before, values))
    return await read(tx, row.id)


async def move(tx: Tx, account_id: UUID, expected: int | None, data: ServiceAccountTransition) -> ServiceAccountOut:
    """Disable (all its keys stop at once) or enable. Raises 403 (``holds_more``), 409 ``invalid_state``, 412."""
    row = await locked(tx, account_id, expected)
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
