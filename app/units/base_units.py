"""The verbs of base units (cơ quan, doanh nghiệp, cơ sở giáo dục): those who manage them make, change and end them."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.kernel.db import AnyRow
from app.kernel.errors import (
    DomainError,
    Duplicate,
    FieldError,
    Invalid,
    InvalidState,
    Text,
    check_version,
    on_constraint,
    refuse_null,
)
from app.kernel.ids import new_id
from app.kernel.workflow import step
from app.units import lineage, queries
from app.units.csvtree import CODE
from app.units.facts import beneath, child_of, describe
from app.units.kinds import is_above
from app.units.schemas import UnitIn, UnitOut, UnitPatch, UnitTransition
from app.units.service import read
from app.units.workflow import MACHINE

FIRST_DAY: Final = date(1900, 1, 1)
"""No fact begins earlier: the database's guard against overlaps counts days from here."""

_MANAGE = Permission.UNIT_MANAGE
_FIELDS = ("name", "kind", "code", "parent_id", "legal_basis")
# The abbreviations of the plan: CQ, DN, CSGD.
_STEMS = {"agency": "CQ", "enterprise": "DN", "school": "CSGD"}
_TAKEN = Text("Mã này đã thuộc đơn vị khác", "Another unit has this code")
_DUPLICATE = Duplicate(_TAKEN, [FieldError("/code", "duplicate", _TAKEN)])

on_constraint("uq_units_living_code", _DUPLICATE)


class AdministrativeUnit(DomainError):
    """A province, district or commune changes by a legal act, not by hand."""

    code = "administrative_unit"
    title = Text(
        "Đơn vị hành chính chỉ thay đổi theo văn bản sắp xếp đơn vị hành chính",
        "An administrative unit changes only by a legal act",
    )


def _invalid(pointer: str, code: str, vi: str, en: str) -> Invalid:
    return Invalid(errors=[FieldError(pointer, code, Text(vi, en))])


def _check_day(tx: Tx, pointer: str, day: date) -> None:
    if day > tx.today:
        raise _invalid(pointer, "in_the_future", f"Không được sau hôm nay ({tx.today})", f"Not after today, {tx.today}")
    if day < FIRST_DAY:
        raise _invalid(pointer, "too_early", f"Không được trước {FIRST_DAY}", f"Not before {FIRST_DAY}")


def _check_after(pointer: str, day: date, begun: date, vi: str, en: str) -> None:
    if day <= begun:
        raise _invalid(pointer, "not_after_current", f"Phải sau {begun}: {vi}", f"Must be after {begun}: {en}")


async def create(tx: Tx, data: UnitIn) -> UnitOut:
    """Make a base unit. Raises 404 / 403 by its manager, 409 ``duplicate`` for the code, 409 if the manager ended."""
    since = data.valid_from or tx.today
    parent = await _manager(tx, data.parent_id)
    _check_day(tx, "/valid_from", since)
    _check_placed("/valid_from", parent, since)
    code = data.code or await _next_code(tx, data.kind, parent.code)
    await _check_code(tx, code, since)
    label = await queries.new_label(tx.session)
    unit = UnitRef(new_id(), beneath(parent.path, label), "base")
    place = {"label": label, "path": unit.path, "parent_id": parent.id, **describe(code, data.name, data.kind)}
    dated = {"id": new_id(), "unit_id": unit.id, "valid_from": since, "legal_basis": data.legal_basis}
    stamps = {"created_at": tx.now, "updated_at": tx.now}
    await queries.add(tx.session, {"id": unit.id, **place, **stamps}, {**dated, **place})
    after = {**data.model_dump(exclude_none=True), "code": code, "valid_from": since}
    await record(tx, "unit.create", Subject("unit", unit.id, unit), change=(None, after))
    return await read(tx, unit.id)


async def edit(tx: Tx, unit_id: UUID, expected: int | None, data: UnitPatch) -> UnitOut:
    """Change a base unit from a date on, or correct its present facts. Raises 403, 404, 409, 412, 422."""
    row = await _changeable(tx, unit_id, expected)
    changed = _changed(row, data)
    if not changed:
        return await read(tx, row.id)
    since = _since(tx, row, data)
    path, parent_id = row.path_now, row.parent_id
    if "parent_id" in changed:
        parent = await _manager(tx, changed["parent_id"])
        _check_placed("/parent_id" if data.correction else "/effective_from", parent, since)
        path, parent_id = beneath(parent.path, row.label), parent.id
    if "code" in changed:
        await _check_code(tx, changed["code"], since, row.id)
    before = {name: getattr(row, name) for name in changed}
    after = {**changed, "correction": True} if data.correction else {**changed, "effective_from": since}
    # Written before the move, so that the event keeps the path as it was.
    subject = Subject("unit", row.id, UnitRef(row.id, row.path_now, "base"))
    verb = "unit.correct" if data.correction else "unit.change"
    await record(tx, verb, subject, change=(before, after), note=data.note)
    facts = describe(*(changed.get(name, getattr(row, name)) for name in ("code", "name", "kind")))
    if path != row.path_now:
        await queries.replant(tx.session, row.path_now, path)
    await queries.change(tx.session, row.id, {**facts, "parent_id": parent_id, "updated_at": tx.now})
    basis = changed.get("legal_basis", row.legal_basis if data.correction else None)
    fact = {**facts, "parent_id": parent_id, "path": path, "legal_basis": basis}
    if data.correction:
        await queries.rewrite_fact(tx.session, row.fact_id, fact)
    else:
        await queries.close_fact(tx.session, row.fact_id, since)
        dated = {"id": new_id(), "unit_id": row.id, "label": row.label, "valid_from": since}
        await queries.add_fact(tx.session, {**dated, **fact})
    return await read(tx, row.id)


async def move(tx: Tx, unit_id: UUID, expected: int | None, data: UnitTransition) -> UnitOut:
    """End a base unit: identity and records stay, under its successor or manager. Raises 403, 404, 409, 412, 422."""
    row = await _changeable(tx, unit_id, expected, data.action)
    _check_day(tx, "/ended_on", data.ended_on)
    _check_after("/ended_on", data.ended_on, row.valid_from, "ngày bắt đầu hiện tại", "the present facts began then")
    path, parent_id = row.path_now, row.parent_id
    if data.successor_id is not None:
        successor = await _successor(tx, row, data.successor_id)
        path, parent_id = beneath(successor.path, row.label), successor.id
    values = {"ended_on": data.ended_on, "successor_id": data.successor_id}
    subject = Subject("unit", row.id, UnitRef(row.id, row.path_now, "base"))
    await record(tx, "unit.end", subject, change=({"ended_on": None}, values), note=data.note)
    if path != row.path_now:
        await queries.replant(tx.session, row.path_now, path)
    await queries.change(tx.session, row.id, {**values, "parent_id": parent_id, "updated_at": tx.now})
    await queries.close_fact(tx.session, row.fact_id, data.ended_on)
    if data.successor_id is not None:
        ends = {"unit_id": row.id, "unit_path": path, "old_unit_id": row.id, "new_unit_id": data.successor_id}
        await lineage.succeed(tx.session, {**ends, "effective_on": data.ended_on})
    return await read(tx, row.id)


async def _changeable(tx: Tx, unit_id: UUID, expected: int | None, action: str | None = None) -> AnyRow:
    """The locked unit, if it is a living base unit of the caller's in the version he or she read."""
    row = await queries.lock(tx.session, unit_id)
    tx.actor.require(_MANAGE, UnitRef(row.id, row.path_now, row.level_now))
    check_version(expected, row.version)
    if row.level_now != "base":
        raise AdministrativeUnit
    if action is not None:
        step(MACHINE, "in_force" if row.ended_on is None else "ended", action)
    if row.ended_on is not None:
        raise InvalidState(Text("Đơn vị đã kết thúc", "The unit has ended"), current_status="ended")
    return row


async def _manager(tx: Tx, unit_id: UUID) -> AnyRow:
    """The unit that is to manage a base unit, if the caller may have one there."""
    parent = await queries.manager(tx.session, unit_id)
    tx.actor.require(_MANAGE, UnitRef(parent.id, child_of(parent.path), "base"))
    if not (is_above("central", parent.level) and is_above(parent.level, "base")):
        vi = "Đơn vị quản lý phải là cấp tỉnh, cấp huyện hoặc cấp xã"
        raise _invalid("/parent_id", "parent_level", vi, "The manager must be a province, district or commune")
    _check_lasting(parent, "/parent_id")
    return parent


async def _successor(tx: Tx, row: AnyRow, unit_id: UUID) -> AnyRow:
    if unit_id == row.id:
        vi = "Đơn vị không thể kế thừa chính mình"
        raise _invalid("/successor_id", "own_successor", vi, "A unit cannot succeed itself")
    successor = await queries.manager(tx.session, unit_id)
    tx.actor.require(_MANAGE, UnitRef(successor.id, successor.path, successor.level))
    if successor.level != "base":
        vi = "Đơn vị kế thừa phải là cơ quan, doanh nghiệp hoặc cơ sở giáo dục"
        raise _invalid("/successor_id", "successor_level", vi, "The successor must be a base unit")
    _check_lasting(successor, "/successor_id")
    return successor


def _check_lasting(unit: AnyRow, pointer: str) -> None:
    if unit.ended_on is not None:
        text = Text(f"Đơn vị này đã kết thúc từ {unit.ended_on:%d/%m/%Y}", f"That unit ended on {unit.ended_on}")
        raise InvalidState(text, [FieldError(pointer, "ended", text)])


def _check_placed(pointer: str, parent: AnyRow, since: date) -> None:
    """Refuse a day on which the manager was not yet where it stands today: two places would need two facts."""
    if parent.placed_from is None or since < parent.placed_from:
        day = parent.placed_from
        vi = f"Đơn vị quản lý chỉ ở vị trí hiện nay từ {day}"
        raise _invalid(pointer, "manager_not_in_force", vi, f"The manager has its present place only since {day}")


def _changed(row: AnyRow, data: UnitPatch) -> dict[str, Any]:
    """The given fields that say something new. Raises 422 for a null where none can be."""
    given = {name: value for name, value in data.model_dump(exclude_unset=True).items() if name in _FIELDS}
    refuse_null(given, *(name for name in given if name != "legal_basis"))
    return {name: value for name, value in given.items() if value != getattr(row, name)}


def _since(tx: Tx, row: AnyRow, data: UnitPatch) -> date:
    """The first day for which the change holds. Raises 422 unless exactly one way of changing is stated."""
    if data.correction == (data.effective_from is not None):
        vi = "Nêu ngày có hiệu lực (effective_from) hoặc đính chính (correction: true), chỉ một trong hai"
        en = "State since when (effective_from) or that it is a correction (correction: true), one of the two"
        raise _invalid("/effective_from", "one_of", vi, en)
    if data.effective_from is None:
        begun: date = row.valid_from
        return begun
    _check_day(tx, "/effective_from", data.effective_from)
    why_vi = "thông tin hiện tại bắt đầu từ ngày đó; nếu ghi sai thì dùng correction"
    why_en = "the present facts began then; to mend them use correction"
    _check_after("/effective_from", data.effective_from, row.valid_from, why_vi, why_en)
    return data.effective_from


async def _check_code(tx: Tx, code: str, since: date, but: UUID | None = None) -> None:
    if await queries.code_taken(tx.session, code, since, but):
        raise Duplicate(_TAKEN, _DUPLICATE.errors)


async def _next_code(tx: Tx, kind: str, manager_code: str) -> str:
    """A code nobody ever had: kind, the manager's code, a running number (CSGD-17509-2). The manager is locked."""
    stem = f"{_STEMS[kind]}-{manager_code}-"
    number = await queries.free_number(tx.session, stem)
    code = f"{stem}{number}"
    if number is None or not CODE.fullmatch(code):
        raise _invalid("/code", "missing", "Không tự đặt được mã; hãy nêu mã", "No code can be made; state one")
    return code
