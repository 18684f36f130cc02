"""The verbs of the catalogue of forms: a used entry is ended by date, and never means anything else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
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
)
from app.kernel.ids import new_id
from app.propaganda import queries
from app.propaganda.models import GROUPS
from app.propaganda.schemas import ActivityFormBody, ActivityFormIn, ActivityFormOut, ActivityFormPatch
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_MANAGE = Permission.CATALOGUE_MANAGE
_ALWAYS = frozenset({"valid_to", "position"})
"""What may change in a used entry too."""

_TAKEN = Text("Danh mục của đơn vị đã có mã này", "The unit's catalogue has this code already")
_USED = Text(
    "Hình thức đã được dùng: chỉ còn đổi được ngày hết hiệu lực và thứ tự; muốn đổi nghĩa thì thêm hình thức mới",
    "This form is in use: only its end and its position can change; for another meaning, add another form",
)
_KEPT_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị giữ danh mục (hoặc cấp trên) mới được thay đổi",
    "Only a coordinator of the unit that keeps the catalogue, or of one above it, may change it",
)
_GROUP = Text("Nhóm này không thuộc loại đã chọn", "This group does not belong to the category")
_ENDS = Text("Ngày hết hiệu lực phải sau ngày có hiệu lực", "It cannot end before it begins")
_USED_LATER = Text(
    "Đã có hoạt động vào ngày {day:%d/%m/%Y}, nên chỉ kết thúc được sau ngày đó",
    "There is an activity on {day}, so it can end only after that day",
)
_NULL = Text("Không được để trống", "Cannot be null")
on_constraint("uq_activity_forms_unit_code", Duplicate(_TAKEN, [FieldError("/code", "duplicate", _TAKEN)]))
on_constraint("ck_activity_forms_used", InvalidState(_USED))

_SAME = tuple(name for name in ActivityFormOut.model_fields if name not in {"unit", "group", "editable"})


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def present(tx: Tx, row: AnyRow) -> ActivityFormOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    shown["group"] = row.group_code
    shown["editable"] = tx.actor.can(_MANAGE, _unit(row))
    return ActivityFormOut.of(shown)


async def read(tx: Tx, form_id: UUID) -> ActivityFormOut:
    """One entry. Raises 404."""
    return present(tx, await queries.form(tx.session, form_id))


async def create(tx: Tx, data: ActivityFormIn) -> ActivityFormOut:
    """Add an entry to a unit's catalogue. Raises 404 / 403 by the unit, 409 ``duplicate``, 422."""
    unit = await living_ref(tx.session, data.unit_id)
    return await read(tx, await add(tx, unit, data, source="proposal"))


async def add(tx: Tx, unit: UnitRef, body: ActivityFormBody, *, source: str) -> UUID:
    """Insert an entry with its audit event; its id. Raises 404 / 403 by the unit, 422."""
    tx.actor.require(_MANAGE, unit)
    values = _columns(body.model_dump(include=set(ActivityFormBody.model_fields))) | {"source": source}
    _check(values)
    form_id = new_id()
    place = {"id": form_id, "unit_id": unit.id, "unit_path": unit.path}
    stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    await queries.add_form(tx.session, {**values, **place, **stamps})
    await record(tx, "activity_form.create", Subject("activity_form", form_id, unit), change=(None, values))
    return form_id


async def edit(tx: Tx, form_id: UUID, expected: int | None, data: ActivityFormPatch) -> ActivityFormOut:
    """Change an entry; once used, only its end and position. Raises 403, 404, 409, 412, 422."""
    row = await _managed(tx, form_id)
    check_version(expected, row.version)
    given = _columns(data.model_dump(exclude_unset=True))
    empty = [name for name, value in given.items() if value is None and name != "valid_to"]
    if empty:
        raise Invalid(errors=[FieldError(f"/{name}", "null", _NULL) for name in map(_public, empty)])
    changed = {name: value for name, value in given.items() if value != getattr(row, name)}
    _check({name: getattr(row, name) for name in ("category", "group_code", "valid_from", "valid_to")} | changed)
    last_use = await queries.last_use(tx.session, row.id)
    if last_use is not None:
        if not changed.keys() <= _ALWAYS:
            raise InvalidState(_USED, [FieldError(f"/{_public(n)}", "in_use", _USED) for n in changed.keys() - _ALWAYS])
        if changed.get("valid_to") is not None and changed["valid_to"] <= last_use:
            text = _USED_LATER.fill(day=last_use)
            raise Invalid(errors=[FieldError("/valid_to", "in_use", text)])
    before = {name: getattr(row, name) for name in changed}
    await queries.change_form(tx.session, row.id, {**changed, "updated_at": tx.now})
    await record(tx, "activity_form.edit", Subject("activity_form", row.id, _unit(row)), change=(before, changed))
    return await read(tx, row.id)


async def _managed(tx: Tx, form_id: UUID) -> AnyRow:
    """The entry, locked, when the caller keeps its catalogue. Raises 404 where there is none, 403 (all may read)."""
    row = await queries.form(tx.session, form_id)
    if not tx.actor.can(_MANAGE, _unit(row)):
        raise Forbidden(_KEPT_BY_OTHERS, permission=_MANAGE.value)
    return await queries.form(tx.session, form_id, lock=True)


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as the table names them: ``group`` is a word of SQL."""
    return {"group_code" if name == "group" else name: value for name, value in values.items()}


def _public(column: str) -> str:
    return "group" if column == "group_code" else column


def _check(values: Mapping[str, Any]) -> None:
    found = []
    if (values["category"] == "propaganda") != (values["group_code"] in GROUPS[:5]):
        found.append(FieldError("/group", "not_of_category", _GROUP))
    if values["valid_to"] is not None and values["valid_to"] <= values["valid_from"]:
        found.append(FieldError("/valid_to", "before_valid_from", _ENDS))
    if found:
        raise Invalid(errors=found)
