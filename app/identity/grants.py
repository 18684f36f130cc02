"""The verbs about grants: who gives which role, where, and until when (docs/decisions/0004-granting.md)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission, Role
from app.audit.service import Subject, record
from app.identity import queries
from app.identity import queries_service_accounts as account_queries
from app.identity.looking_after import unit_of
from app.identity.queries import HOLDER_COLUMNS, HolderKind
from app.identity.schemas import GrantIn, GrantOut, GrantPatch, GrantQuery
from app.identity.schemas_account import UnitPlace
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Forbidden, Invalid, InvalidState, Text, check_version
from app.kernel.ids import new_id
from app.kernel.pagination import PageRows

_FOR_ACCOUNTS: Final = frozenset({Role.INTEGRATOR, Role.VIEWER})
_ROLES_FOR: Final[dict[HolderKind, frozenset[Role]]] = {
    "user": frozenset(Role) - {Role.INTEGRATOR},
    "service_account": _FOR_ACCOUNTS,
}


class OwnGrants(Forbidden):
    """Nobody decides about his or her own rights."""

    code = "own_grants"
    title = Text("Không được tự thay đổi quyền của chính mình", "You may not change your own grants")


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose grants are meant."""

    kind: HolderKind
    id: UUID


@dataclass(frozen=True, slots=True)
class GrantAt:
    """One grant of a holder."""

    holder: Holder
    id: UUID


def present(tx: Tx, row: AnyRow) -> GrantOut:
    """A row as it travels."""
    unit = {"id": row.unit_id, "code": row.unit_code, "name": row.unit_name, "level": row.unit_level}
    return GrantOut.model_construct(
        **{name: value for name, value in row._asdict().items() if name in GrantOut.model_fields and name != "role"},
        role=Role(row.role),
        unit=UnitPlace.model_construct(**unit),
        in_force=row.valid_from <= tx.today and (row.valid_to is None or row.valid_to > tx.today),
    )


async def list_grants(tx: Tx, holder: Holder, query: GrantQuery) -> tuple[PageRows, list[GrantOut]]:
    """The holder's grants in the caller's scope, ended ones too. Raises 404 by the holder."""
    await _holder(tx, holder)
    listing = queries.GRANTS[holder.kind]
    rows = await listing.page(tx.session, query, sort=query.sort, given={"holder": holder.id})
    return rows, [present(tx, row) for row in rows.rows]


async def read_grant(tx: Tx, grant: GrantAt) -> GrantOut:
    """One grant. Raises 404 outside the fence."""
    return present(tx, await queries.get_grant(tx.session, grant.holder.kind, grant.holder.id, grant.id))


async def _holder(tx: Tx, holder: Holder, *, lock: bool = False) -> AnyRow:
    """The holder's row. Locked, parallel grants to one holder wait for each other."""
    if holder.kind == "user":
        return await queries.get_user(tx.session, holder.id, lock=lock)
    return await account_queries.get_account(tx.session, holder.id, lock=lock)


async def _managed(tx: Tx, holder: Holder) -> None:
    row = await _holder(tx, holder, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    if tx.actor.id == holder.id:
        raise OwnGrants


async def give_grant(tx: Tx, holder: Holder, data: GrantIn) -> GrantOut:
    """Give a role at a unit, from today unless ``valid_from`` says otherwise.

    Raises:
        NotFound, Forbidden: by the holder's unit and by the grant's; 403 ``own_grants``.
        Invalid: 422 for a role this kind of holder cannot have, or dates that leave no day.
        Duplicate: 409 when the holder has the role there already; ``unit_ended`` where the unit has ended.
    """
    await _managed(tx, holder)
    unit = await queries.place(tx.session, data.unit_id)
    tx.actor.require(Permission.USER_MANAGE, unit_of(unit))
    if data.role not in _ROLES_FOR[holder.kind]:
        roles = ", ".join(sorted(_ROLES_FOR[holder.kind]))
        text = Text("Loại tài khoản này chỉ nhận: {roles}", "This kind of account takes: {roles}").fill(roles=roles)
        raise Invalid(errors=[FieldError("/role", "role_not_for_holder", text)])
    valid_from = data.valid_from or tx.today
    _check_end(data.valid_to, valid_from)
    wanted = {"role": data.role.value, "unit_id": data.unit_id}
    if await queries.has_grant(tx.session, holder.kind, {**wanted, "holder": holder.id, "today": tx.today}):
        text = Text("Đã có vai trò này tại đơn vị", "The role at this unit is held already")
        raise Duplicate(text, [FieldError("/role", "duplicate", text)])
    grant_id = new_id()
    after = {**wanted, HOLDER_COLUMNS[holder.kind].key: holder.id, "valid_from": valid_from, "valid_to": data.valid_to}
    values = {"id": grant_id, "unit_path": unit.unit_path, "granted_by": tx.actor.id, "created_at": tx.now, **after}
    await queries.add_grant(tx.session, values)
    await record(tx, "grant.create", Subject("grant", grant_id, unit_of(unit)), change=(None, after))
    return await read_grant(tx, GrantAt(holder, grant_id))


def _check_end(valid_to: date | None, after: date) -> None:
    if valid_to is not None and valid_to <= after:
        text = Text("Phải sau ngày {day:%d/%m/%Y}", "Must be after {day}").fill(day=after)
        raise Invalid(errors=[FieldError("/valid_to", "too_early", text)])


async def _locked(tx: Tx, grant: GrantAt) -> AnyRow:
    await _managed(tx, grant.holder)
    row = await queries.get_grant(tx.session, grant.holder.kind, grant.holder.id, grant.id, lock=True)
    tx.actor.require(Permission.USER_MANAGE, unit_of(row))
    return row


def _ended(tx: Tx, row: AnyRow) -> bool:
    return row.valid_to is not None and row.valid_to <= max(tx.today, row.valid_from)


async def change_grant(tx: Tx, grant: GrantAt, expected: int | None, data: GrantPatch) -> GrantOut:
    """Set the day on which a grant ends, later than today: what was in force stays in force.

    Raises 403 (``own_grants``), 409 ``invalid_state`` for an ended one, 412, 422.
    """
    row = await _locked(tx, grant)
    check_version(expected, row.version)
    if _ended(tx, row):
        raise InvalidState(Text("Quyền này đã kết thúc; hãy cấp mới", "This grant has ended: give a new one"))
    _check_end(data.valid_to, max(tx.today, row.valid_from))
    await _set_end(tx, row, "grant.edit", data.valid_to)
    return await read_grant(tx, grant)


async def end_grant(tx: Tx, grant: GrantAt) -> None:
    """End a grant today, so that the holder's next request is without it; ended already, nothing happens."""
    row = await _locked(tx, grant)
    if not _ended(tx, row):
        await _set_end(tx, row, "grant.end", max(tx.today, row.valid_from))


async def _set_end(tx: Tx, row: AnyRow, verb: str, valid_to: date | None) -> None:
    await queries.change_grant(tx.session, row.id, valid_to)
    change: tuple[dict[str, Any], dict[str, Any]] = ({"valid_to": row.valid_to}, {"valid_to": valid_to})
    await record(tx, verb, Subject("grant", row.id, unit_of(row)), change=change)
