"""The verbs of a set of forms: rule, change, audit entry."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.audit.service import Subject, record
from app.forms import queries
from app.forms.definition import Definition
from app.forms.schemas import (
    FormSetBody,
    FormSetIn,
    FormSetItem,
    FormSetOut,
    FormSetPatch,
    FormSetTransition,
)
from app.forms.soundness import faults
from app.forms.workflow import MACHINE, MANAGE
from app.kernel.db import AnyRow
from app.kernel.errors import (
    Duplicate,
    FieldError,
    Forbidden,
    Invalid,
    InvalidState,
    Text,
    check_version,
    on_constraint,
    refuse_null,
)
from app.kernel.ids import new_id
from app.kernel.workflow import step
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_TAKEN = Text(
    "Đơn vị đã có bộ biểu mẫu với mã này; phiên bản tiếp theo bắt đầu bằng POST .../versions",
    "The unit has a set with this code; its next version starts with POST .../versions",
)
_DRAFTED = Text(
    "Đã có một bản nháp của bộ biểu mẫu này; hãy hoàn thành hoặc xóa bản nháp đó",
    "There is a draft of this set already: finish or delete it",
)
_KEPT_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị giữ bộ biểu mẫu (hoặc cấp trên) mới được thay đổi",
    "Only a coordinator of the unit that keeps the set, or of one above it, may change it",
)
_NEVER_CHANGES = Text(
    "Bộ biểu mẫu đã ban hành không thay đổi; hãy tạo phiên bản tiếp theo (POST .../versions)",
    "A published set never changes: start the next version (POST .../versions)",
)
_FROM_DRAFT = Text(
    "Phiên bản tiếp theo chỉ bắt đầu từ một bộ đã ban hành; bản nháp thì sửa trực tiếp",
    "The next version starts from a published set; a draft is changed itself",
)

for _name, _message in (("uq_form_sets_unit_code_version", _TAKEN), ("uq_form_sets_draft", _DRAFTED)):
    on_constraint(_name, Duplicate(_message, [FieldError("/code", "duplicate", _message)]))
on_constraint("ck_form_sets_frozen", InvalidState(_NEVER_CHANGES))


def unit_of(row: AnyRow) -> UnitRef:
    """The unit that keeps the set."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def _shown(tx: Tx, row: AnyRow) -> dict[str, Any]:
    unit = unit_of(row)
    return {
        **{name: value for name, value in row._asdict().items() if name in FormSetItem.model_fields},
        "unit": UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name}),
        "editable": row.status == "draft" and tx.actor.can(MANAGE, unit),
        "allowed_actions": allowed(tx.actor, MACHINE, row.status, unit),
    }


def present(tx: Tx, row: AnyRow) -> FormSetItem:
    """A row as the caller sees it in a list."""
    return FormSetItem.of(_shown(tx, row))


def present_whole(tx: Tx, row: AnyRow) -> FormSetOut:
    """A row with its definition."""
    return FormSetOut.of({**_shown(tx, row), "definition": Definition.model_validate(row.definition)})


async def read(tx: Tx, set_id: UUID) -> FormSetOut:
    """One set with its definition. Raises 404."""
    return present_whole(tx, await queries.get(tx.session, set_id))


def check(definition: Definition) -> None:
    """Refuse with 422 a definition that names what does not exist, each fault by its pointer."""
    found = faults(definition)
    if found:
        raise Invalid(errors=found)


def _values(body: FormSetBody) -> dict[str, Any]:
    return {"code": body.code, "title": body.title, "notice": body.notice, "definition": _plain(body.definition)}


def _plain(definition: Definition) -> dict[str, Any]:
    return definition.model_dump(mode="json", exclude_defaults=True)


async def create(tx: Tx, data: FormSetIn) -> FormSetOut:
    """Start a draft of version 1. Raises 404 / 403 by the unit, 409 ``duplicate``, 422 by pointer."""
    unit = await living_ref(tx.session, data.unit_id)
    return await read(tx, await start(tx, unit, _values(data)))


async def start(
    tx: Tx, unit: UnitRef, values: Mapping[str, Any], *, set_version: int = 1, previous: UUID | None = None
) -> UUID:
    """Insert a draft of ``values``; its id. Raises 404 / 403 by the unit, 409 ``duplicate``, 422 by pointer."""
    tx.actor.require(MANAGE, unit)
    check(Definition.model_validate(values["definition"]))
    set_id = new_id()
    head = {**values, "set_version": set_version, "previous_id": previous}
    stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    await queries.add(tx.session, {"id": set_id, "unit_id": unit.id, "unit_path": unit.path, **head, **stamps})
    await record(tx, "form_set.create", Subject("form_set", set_id, unit), change=(None, head))
    return set_id


async def managed(tx: Tx, set_id: UUID) -> AnyRow:
    """The set, locked, when the caller may manage it. Raises 404 where there is none, 403 (everyone may read it)."""
    row = await queries.get(tx.session, set_id)
    if not tx.actor.can(MANAGE, unit_of(row)):
        raise Forbidden(_KEPT_BY_OTHERS, permission=MANAGE.value)
    return await queries.get(tx.session, set_id, lock=True)


async def _draft(tx: Tx, set_id: UUID, expected: int | None) -> AnyRow:
    row = await managed(tx, set_id)
    check_version(expected, row.version)
    if row.status != "draft":
        raise InvalidState(_NEVER_CHANGES, current_status=row.status)
    return row


async def edit(tx: Tx, set_id: UUID, expected: int | None, data: FormSetPatch) -> FormSetOut:
    """Change members of a draft. Raises 403, 404, 409 ``invalid_state``, 412, 422 by pointer."""
    row = await _draft(tx, set_id, expected)
    given = data.model_dump(exclude_unset=True, mode="json")
    refuse_null(given, "title", "definition")
    if data.definition is not None:
        check(data.definition)
        given["definition"] = _plain(data.definition)
    before = {name: getattr(row, name) for name in given}
    await queries.change(tx.session, row.id, {**given, "updated_at": tx.now})
    await record(tx, "form_set.edit", Subject("form_set", row.id, unit_of(row)), change=(before, given))
    return await read(tx, row.id)


async def delete(tx: Tx, set_id: UUID, expected: int | None) -> None:
    """Delete a draft. Raises 403, 404, 409 ``invalid_state``, 412."""
    row = await _draft(tx, set_id, expected)
    await queries.remove(tx.session, row.id)
    before = {"code": row.code, "set_version": row.set_version, "title": row.title, "definition": row.definition}
    await record(tx, "form_set.delete", Subject("form_set", row.id, unit_of(row)), change=(before, None))


async def move(tx: Tx, set_id: UUID, expected: int | None, data: FormSetTransition) -> FormSetOut:
    """Publish or retire. Raises 403, 404, 409 ``invalid_state``, 412; 422 when what it names has gone meanwhile."""
    row = await managed(tx, set_id)
    check_version(expected, row.version)
    found = step(MACHINE, row.status, data.action)
    values: dict[str, Any] = {"status": found.to, "updated_at": tx.now}
    if data.action == "publish":
        check(Definition.model_validate(row.definition))
        values["published_at"] = tx.now
    else:
        values["retired_at"] = tx.now
    await queries.change(tx.session, row.id, values)
    subject = Subject("form_set", row.id, unit_of(row))
    await record(tx, f"form_set.{data.action}", subject, change=({"status": row.status}, {"status": found.to}))
    return await read(tx, row.id)


async def next_version(tx: Tx, set_id: UUID) -> FormSetOut:
    """Start the next version as a copy. Raises 403, 404, 409 (a draft itself, or one is under way)."""
    row = await managed(tx, set_id)
    if row.status == "draft":
        raise InvalidState(_FROM_DRAFT, current_status=row.status)
    existing = await queries.versions(tx.session, row.unit_id, row.code)
    values = {name: getattr(row, name) for name in ("code", "title", "notice", "definition")}
    number = existing[-1].set_version + 1
    return await read(tx, await start(tx, unit_of(row), values, set_version=number, previous=row.id))
