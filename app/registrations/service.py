"""The verbs of a registration: rule, change, audit entry."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed, refuse_sending_back
from app.access.permissions import Permission
from app.audit.planned import Entry, Plan
from app.audit.service import Subject, record
from app.campaigns.periods import Periods, keep_unlocked, lock_out, yearly_day
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, InvalidState, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.kernel.workflow import permission_for, require_note, step
from app.registrations import queries
from app.registrations.models import Registration
from app.registrations.schemas import (
    RegistrationBody,
    RegistrationIn,
    RegistrationOut,
    RegistrationPatch,
    RegistrationTransition,
)
from app.registrations.workflow import APPROVALS, EDITABLE, MACHINE, OWN_ACTIONS
from app.units.references import living_ref
from app.units.schemas import UnitBrief

on_constraint(
    "uq_registrations_unit_programme_year",
    Duplicate(
        Text("Đơn vị đã đăng ký năm này", "The unit has already registered for this year"),
        [FieldError("/year", "duplicate", Text("Đã có đăng ký cho năm này", "There is a registration for this year"))],
    ),
)

refuse_taken_id("registrations")


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended, row.unit_bearing)


_SAME = tuple(
    name for name in RegistrationOut.model_fields if name not in {"unit", "editable", "lock", "allowed_actions"}
)


def present(tx: Tx, row: AnyRow) -> RegistrationOut:
    """A row as the caller sees it."""
    unit = _unit(row)
    own = row.submitted_by is not None and row.submitted_by == tx.actor.id
    barred = APPROVALS if own else frozenset()
    if row.locked_by is not None:
        barred |= OWN_ACTIONS
    actions = [found for found in allowed(tx.actor, MACHINE, row.status, unit) if found.action not in barred]
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    may = row.locked_by is None and row.status in EDITABLE
    shown["editable"] = may and tx.actor.can(Permission.REGISTRATION_WRITE, unit)
    shown["lock"] = lock_out(tx, row.locked_by)
    shown["allowed_actions"] = actions
    return RegistrationOut.of(shown)


async def read(tx: Tx, registration_id: UUID) -> RegistrationOut:
    """One registration. Raises 404 outside the fence."""
    return present(tx, await queries.get(tx.session, registration_id))


def same(row: AnyRow, data: RegistrationBody) -> bool:
    """Whether the registration in ``row`` says what ``data`` says."""
    unit_id = data.unit_id if isinstance(data, RegistrationIn) else row.unit_id
    given = {name: getattr(data, name) for name in data.model_fields_set & {"year", "note"}}
    return unit_id == row.unit_id and all(getattr(row, name) == value for name, value in given.items())


async def made_before(tx: Tx, data: RegistrationIn) -> RegistrationOut | None:
    """The registration that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: same(row, data))
    return None if row is None else present(tx, row)


async def create(tx: Tx, data: RegistrationIn) -> RegistrationOut:
    """Start a draft.

    Raises 404 / 403 by the unit, 409 ``duplicate`` for a second one in the same year, 409 ``period_locked``.
    """
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.REGISTRATION_WRITE, unit)
    await keep_unlocked(tx, unit.id, yearly_day(tx.today, data.year))
    entry = Entry(unit, data.id or new_id(), data)
    told = _told(data)
    await queries.add(tx.session, {**_place(tx, entry), **told})
    await record(tx, "registration.create", Subject("registration", entry.id, unit), change=(None, told))
    return await read(tx, entry.id)


def _told(data: RegistrationBody) -> dict[str, Any]:
    return {"year": data.year, "note": data.note}


def _place(tx: Tx, entry: Entry[Any]) -> dict[str, Any]:
    stamps = {"created_at": tx.now, "updated_at": tx.now}
    return {"id": entry.id, "unit_id": entry.unit.id, "unit_path": entry.unit.path, **stamps}


def plan(tx: Tx, entries: Iterable[Entry[RegistrationBody]], periods: Periods) -> None:
    """What :func:`create` would write for each of ``entries``, or why it would refuse."""

    def check(entry: Entry[RegistrationBody]) -> Plan:
        tx.actor.require(Permission.REGISTRATION_WRITE, entry.unit)
        periods.require_unlocked(entry.unit.id, yearly_day(tx.today, entry.data.year))
        told, made = _told(entry.data), Plan()
        made.insert(Registration, {**_place(tx, entry), **told})
        made.record(tx, "registration.create", Subject("registration", entry.id, entry.unit), (None, told))
        return made

    for entry in entries:
        entry.settle(check)


async def edit(tx: Tx, registration_id: UUID, expected: int | None, data: RegistrationPatch) -> RegistrationOut:
    """Change a draft or returned registration. Raises 403, 409 ``invalid_state`` or ``period_locked``, 412."""
    row = await _editable(tx, registration_id, expected)
    values = data.model_dump(exclude_unset=True)
    if values.get("year", row.year) is None:
        raise Invalid(errors=[FieldError("/year", "null", Text("Năm không được để trống", "The year cannot be null"))])
    before = {name: getattr(row, name) for name in values}
    await queries.change(tx.session, row.id, {**values, "updated_at": tx.now})
    await record(tx, "registration.edit", Subject("registration", row.id, _unit(row)), change=(before, values))
    return await read(tx, row.id)


async def delete(tx: Tx, registration_id: UUID, expected: int | None) -> None:
    """Delete a draft that was never submitted. Raises 403, 409 ``invalid_state`` or ``period_locked``, 412."""
    row = await _editable(tx, registration_id, expected)
    if row.submitted_at is not None:
        raise InvalidState(
            Text("Đã từng gửi nên không xóa được; hãy dùng withdraw", "It was submitted once: withdraw it instead")
        )
    await queries.remove(tx.session, row.id)
    before = {"year": row.year, "note": row.note}
    await record(tx, "registration.delete", Subject("registration", row.id, _unit(row)), change=(before, None))


def _day(row: AnyRow) -> date:
    return yearly_day(local_date(row.created_at), row.year)


async def _editable(tx: Tx, registration_id: UUID, expected: int | None) -> AnyRow:
    row = await queries.get(tx.session, registration_id, lock=True)
    tx.actor.require(Permission.REGISTRATION_WRITE, _unit(row))
    check_version(expected, row.version)
    if row.status not in EDITABLE:
        raise InvalidState(
            Text("Chỉ sửa được khi là bản nháp hoặc bị trả lại", "Only a draft or a returned one can be changed"),
            current_status=row.status,
        )
    await keep_unlocked(tx, row.unit_id, _day(row))
    return row


async def move(tx: Tx, registration_id: UUID, expected: int | None, data: RegistrationTransition) -> RegistrationOut:
    """Take a step of the workflow.

    Raises 403 (``self_approval``), 409 ``invalid_state`` (or ``registration_evaluated`` for withdrawing what was handed
    in for evaluation, ``period_locked`` for what the unit itself does), 412, 422.
    """
    row = await queries.get(tx.session, registration_id, lock=True)
    unit = _unit(row)
    tx.actor.require(Permission(permission_for(MACHINE, data.action)), unit)
    check_version(expected, row.version)
    found = step(MACHINE, row.status, data.action)
    refuse_sending_back(unit, found)
    require_note(found, data.note)
    _check_decision(data)
    values: dict[str, Any] = {"status": found.to, "updated_at": tx.now}
    if data.action == "submit":
        values |= {"submitted_at": tx.now, "submitted_by": tx.actor.id}
    if data.action in APPROVALS:
        tx.actor.require_not_submitter(row.submitted_by)
    if data.action in OWN_ACTIONS:
        await keep_unlocked(tx, unit.id, _day(row))
    if data.action == "return":
        values["return_note"] = data.note
    if data.action == "accept":
        values |= {"accepted_at": tx.now, "accepted_by": tx.actor.id}
        values |= {"decision_number": data.decision_number, "decision_date": data.decision_date}
    await queries.change(tx.session, row.id, values)
    await record(
        tx,
        f"registration.{data.action}",
        Subject("registration", row.id, unit),
        change=({name: getattr(row, name) for name in values}, values),
        note=data.note,
    )
    return await read(tx, row.id)


def _check_decision(data: RegistrationTransition) -> None:
    given = {"decision_number": data.decision_number, "decision_date": data.decision_date}
    stated = [name for name, value in given.items() if value is not None]
    if data.action != "accept":
        text = Text("Chỉ dùng khi chấp nhận", "Only with `accept`")
        faults = [FieldError(f"/{name}", "not_applicable", text) for name in stated]
    else:
        text = Text("Số và ngày quyết định phải đi cùng nhau", "A decision needs both its number and its date")
        faults = [FieldError(f"/{name}", "missing", text) for name in given if stated and name not in stated]
    if faults:
        raise Invalid(errors=faults)
