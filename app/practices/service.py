"""The verbs of a good practice: rule, change, audit entry."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed, refuse_sending_back
from app.access.permissions import Permission
from app.audit.planned import Entry, Plan
from app.audit.service import Subject, record
from app.campaigns.periods import Periods, keep_unlocked, lock_out
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, Text, check_version, null_faults
from app.kernel.ids import new_id
from app.kernel.workflow import permission_for, require_note, step
from app.practices import queries
from app.practices.models import Practice
from app.practices.schemas import PracticeBody, PracticeIn, PracticeOut, PracticePatch, PracticeTransition
from app.practices.workflow import APPROVALS, EDITABLE, MACHINE, REPLICATE, written
from app.units.references import living_ref
from app.units.schemas import UnitBrief

refuse_taken_id("practices")

_REQUIRED = ("title", "summary", "started_on")


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended, row.unit_bearing)


_OWN_WAY = {"unit", "selected_by_unit", "replicated_by_unit", "editable", "lock", "allowed_actions"}
_SAME = tuple(name for name in PracticeOut.model_fields if name not in _OWN_WAY)
_CONTENT = tuple(PracticeBody.model_fields)


def _brief(row: AnyRow, role: str) -> UnitBrief | None:
    unit_id = getattr(row, f"{role}_id")
    if unit_id is None:
        return None
    return UnitBrief.of({"id": unit_id, "code": getattr(row, f"{role}_code"), "name": getattr(row, f"{role}_name")})


def present(tx: Tx, row: AnyRow) -> PracticeOut:
    """A row as the caller sees it."""
    unit = _unit(row)
    own = row.proposed_by is not None and row.proposed_by == tx.actor.id
    barred = (APPROVALS if own else frozenset()) | ({"propose"} if row.locked_by else frozenset())
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _SAME}
    shown["unit"] = _brief(row, "unit")
    shown["selected_by_unit"] = _brief(row, "selected_unit")
    shown["replicated_by_unit"] = _brief(row, "replicated_unit")
    may = row.status in EDITABLE and row.locked_by is None
    shown["editable"] = may and tx.actor.can(Permission.PRACTICE_WRITE, unit)
    shown["lock"] = lock_out(tx, row.locked_by)
    actions = allowed(tx.actor, MACHINE, row.status, unit)
    shown["allowed_actions"] = [found for found in actions if found.action not in barred]
    return PracticeOut.of(shown)


async def read(tx: Tx, practice_id: UUID) -> PracticeOut:
    """One good practice. Raises 404 outside the fence."""
    return present(tx, await queries.get(tx.session, practice_id))


def same(row: AnyRow, data: PracticeBody) -> bool:
    """Whether the practice in ``row`` says what ``data`` says."""
    unit_id = data.unit_id if isinstance(data, PracticeIn) else row.unit_id
    given = [name for name in _CONTENT if name in data.model_fields_set]
    return unit_id == row.unit_id and all(getattr(row, name) == getattr(data, name) for name in given)


async def made_before(tx: Tx, data: PracticeIn) -> PracticeOut | None:
    """The practice that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: same(row, data))
    return None if row is None else present(tx, row)


async def create(tx: Tx, data: PracticeIn) -> PracticeOut:
    """Start a draft. Raises 404 / 403 by the unit, 409 ``period_locked``, 422."""
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.PRACTICE_WRITE, unit)
    content = _checked(tx, data)
    await keep_unlocked(tx, unit.id, data.started_on)
    entry = Entry(unit, data.id or new_id(), data)
    await queries.add(tx.session, content | _place(tx, entry))
    await record(tx, "practice.create", Subject("practice", entry.id, unit), change=(None, content))
    return await read(tx, entry.id)


def _checked(tx: Tx, data: PracticeBody) -> dict[str, Any]:
    content = {name: getattr(data, name) for name in _CONTENT}
    _check(tx, content)
    return content


def _place(tx: Tx, entry: Entry[Any]) -> dict[str, Any]:
    made = {"created_by": tx.actor.id, "created_with_key": tx.actor.key_id, "created_at": tx.now, "updated_at": tx.now}
    return {"id": entry.id, "unit_id": entry.unit.id, "unit_path": entry.unit.path, **made}


def plan(tx: Tx, entries: Iterable[Entry[PracticeBody]], periods: Periods) -> None:
    """What :func:`create` would write for each of ``entries``, or why it would refuse."""

    def check(entry: Entry[PracticeBody]) -> Plan:
        tx.actor.require(Permission.PRACTICE_WRITE, entry.unit)
        content, made = _checked(tx, entry.data), Plan()
        periods.require_unlocked(entry.unit.id, entry.data.started_on)
        made.insert(Practice, content | _place(tx, entry))
        made.record(tx, "practice.create", Subject("practice", entry.id, entry.unit), (None, content))
        return made

    for entry in entries:
        entry.settle(check)


async def edit(tx: Tx, practice_id: UUID, expected: int | None, data: PracticePatch) -> PracticeOut:
    """Change a draft or returned practice. Raises 403, 409 ``invalid_state`` / ``period_locked``, 412, 422."""
    row = await _editable(tx, practice_id, expected)
    values = data.model_dump(exclude_unset=True)
    _check(tx, values)
    await keep_unlocked(tx, row.unit_id, row.started_on, values.get("started_on", row.started_on))
    before = {name: getattr(row, name) for name in values}
    await queries.change(tx.session, row.id, {**values, "updated_at": tx.now})
    await record(tx, "practice.edit", Subject("practice", row.id, _unit(row)), change=(before, values))
    return await read(tx, row.id)


async def delete(tx: Tx, practice_id: UUID, expected: int | None) -> None:
    """Delete a draft that was never proposed. Raises 403, 409 ``invalid_state`` / ``period_locked``, 412."""
    row = await _editable(tx, practice_id, expected)
    if row.proposed_at is not None:
        raise InvalidState(Text("Đã từng đề xuất nên không xóa được", "It was proposed once and stays"))
    await keep_unlocked(tx, row.unit_id, row.started_on)
    await queries.remove(tx.session, row.id)
    before = {name: getattr(row, name) for name in _CONTENT}
    await record(tx, "practice.delete", Subject("practice", row.id, _unit(row)), change=(before, None))


async def _editable(tx: Tx, practice_id: UUID, expected: int | None) -> AnyRow:
    row = await queries.get(tx.session, practice_id, lock=True)
    tx.actor.require(Permission.PRACTICE_WRITE, _unit(row))
    check_version(expected, row.version)
    if row.status not in EDITABLE:
        raise InvalidState(
            Text("Chỉ sửa được khi là bản nháp hoặc bị trả lại", "Only a draft or a returned one can be changed"),
            current_status=row.status,
        )
    return row


async def move(tx: Tx, practice_id: UUID, expected: int | None, data: PracticeTransition) -> PracticeOut:
    """Take a step of the workflow.

    Only proposing is the unit's own act and asks for an unlocked period; what others choose from stays theirs.
    Raises 403 (``self_approval``), 409 ``invalid_state`` / ``period_locked``, 412, 422 (``results`` missing).
    """
    row = await queries.get(tx.session, practice_id, lock=True)
    unit = _unit(row)
    tx.actor.require(Permission(permission_for(MACHINE, data.action)), unit)
    check_version(expected, row.version)
    found = step(MACHINE, row.status, data.action)
    refuse_sending_back(unit, found)
    require_note(found, data.note)
    if data.action in APPROVALS:
        tx.actor.require_not_submitter(row.proposed_by)
    else:
        _require_results(row)
        await keep_unlocked(tx, row.unit_id, row.started_on)
    values = written(data.action, tx.now, tx.actor.id, _deciding(tx, data.action, row), data.note)
    values |= {"status": found.to, "updated_at": tx.now}
    await queries.change(tx.session, row.id, values)
    await record(
        tx,
        f"practice.{data.action}",
        Subject("practice", row.id, unit),
        change=({name: getattr(row, name) for name in values}, values),
        note=data.note,
    )
    return await read(tx, row.id)


def _deciding(tx: Tx, action: str, row: AnyRow) -> UUID | None:
    """For which unit the caller decides: the one directly above, or the nearest further above where he or she may."""
    above = [grant.unit for grant in tx.actor.grants if grant.covers(REPLICATE, _unit(row), None)]
    if action == "replicate" and above:
        return max(above, key=lambda unit: len(unit.path)).id
    parent: UUID | None = row.unit_parent_id
    return parent


def _require_results(row: AnyRow) -> None:
    if row.results is None:
        text = Text("Nêu kết quả trước khi đề xuất", "State the results before proposing")
        raise Invalid(errors=[FieldError("/results", "missing", text, "resource")])


def _check(tx: Tx, values: Mapping[str, Any]) -> None:
    faults = null_faults(values, _REQUIRED)
    started_on = values.get("started_on")
    if started_on is not None and started_on > tx.today:
        text = Text("Ngày bắt đầu không được ở tương lai", "The first day cannot lie in the future")
        faults.append(FieldError("/started_on", "in_future", text))
    if faults:
        raise Invalid(errors=faults)
