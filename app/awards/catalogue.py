"""The verbs of the catalogue of forms: add, change, delete what was never used."""

from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.awards import queries_quotas as queries
from app.awards.schemas_quotas import AwardBasis, AwardFormIn, AwardFormOut, AwardFormPatch
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, Text, check_version
from app.kernel.ids import new_id
from app.units.kinds import is_above
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_SAME = tuple(name for name in AwardFormOut.model_fields if name not in {"unit", "legal_basis", "editable"})
_NEVER_NULL = ("title", "valid_from", "legal_basis", "position")


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def present(tx: Tx, row: AnyRow) -> AwardFormOut:
    """A form as the caller sees it."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _SAME}
    values["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    values["legal_basis"] = [AwardBasis.model_validate(basis) for basis in row.legal_basis]
    values["editable"] = tx.actor.can(Permission.CATALOGUE_MANAGE, _unit(row))
    return AwardFormOut.of(values)


async def read(tx: Tx, form_id: UUID) -> AwardFormOut:
    """One form. Raises 404."""
    return present(tx, await queries.form(tx.session, form_id))


async def create(tx: Tx, data: AwardFormIn) -> AwardFormOut:
    """Add a form. Raises 404 / 403 by the unit, 409 ``duplicate`` for a code in use there or above, 422."""
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.CATALOGUE_MANAGE, unit)
    values = data.model_dump() | {"legal_basis": _bases(data.legal_basis)}
    values["recipient_kinds"] = sorted(set(values["recipient_kinds"]))
    _check_validity(values["valid_from"], values["valid_to"])
    _check_authority(unit, data)
    await _refuse_shadow(tx, unit, data.code)
    form_id = new_id()
    place = {"id": form_id, "unit_path": unit.path, "created_by": tx.actor.id}
    await queries.add_form(tx.session, {**values, **place, "created_at": tx.now, "updated_at": tx.now})
    await record(tx, "award_form.create", Subject("award_form", form_id, unit), change=(None, values))
    return await read(tx, form_id)


async def edit(tx: Tx, form_id: UUID, expected: int | None, data: AwardFormPatch) -> AwardFormOut:
    """Change what a form is called, rests on, or how long it is given. Raises 403, 412, 422."""
    row = await _locked(tx, form_id, expected)
    values = data.model_dump(exclude_unset=True)
    nulls = [name for name in _NEVER_NULL if name in values and values[name] is None]
    if nulls:
        text = Text("Không được để trống", "It cannot be null")
        raise Invalid(errors=[FieldError(f"/{name}", "null", text) for name in nulls])
    if data.legal_basis is not None:
        values["legal_basis"] = _bases(data.legal_basis)
    _check_validity(values.get("valid_from", row.valid_from), values.get("valid_to", row.valid_to))
    await queries.change_form(tx.session, row.id, {**values, "updated_at": tx.now})
    before = {name: getattr(row, name) for name in values}
    await record(tx, "award_form.edit", Subject("award_form", row.id, _unit(row)), change=(before, values))
    return await read(tx, row.id)


async def delete(tx: Tx, form_id: UUID, expected: int | None) -> None:
    """Delete a form that was never used. Raises 403, 409 ``award_form_used``, 412."""
    row = await _locked(tx, form_id, expected)
    await queries.remove_form(tx.session, row.id)
    before = {"code": row.code, "title": row.title}
    await record(tx, "award_form.delete", Subject("award_form", row.id, _unit(row)), change=(before, None))


async def _locked(tx: Tx, form_id: UUID, expected: int | None) -> AnyRow:
    tx.actor.require(Permission.CATALOGUE_MANAGE, _unit(await queries.form(tx.session, form_id)))
    row = await queries.form(tx.session, form_id, lock=True)
    check_version(expected, row.version)
    return row


def _bases(bases: list[AwardBasis]) -> list[dict[str, Any]]:
    return [basis.model_dump(mode="json") for basis in bases]


def _check_authority(unit: UnitRef, data: AwardFormIn) -> None:
    """Refuse with 422 a form of more authority than the unit has: a commune does not list the Ministry's awards.

    The one exception is a form of the Ministry, which has no unit here: a province keeps and handles it, by quota.
    """
    central = data.authority_level == "central"
    kept_for = "province" if central else data.authority_level
    faults = []
    if is_above(kept_for, unit.level):
        text = Text("Đơn vị không giữ danh mục của cấp trên mình", "The unit does not keep forms of a level above it")
        faults.append(FieldError("/authority_level", "above_unit", text))
    if data.handled_level not in {data.authority_level, kept_for}:
        text = Text("Cấp xử lý phải là {level}", "It is handled at the level {level}").fill(level=kept_for)
        faults.append(FieldError("/handled_level", "not_allowed", text))
    if central and not data.requires_quota:
        text = Text("Hình thức của Bộ chỉ đề xuất khi có chỉ tiêu", "A form of the Ministry is given by quota only")
        faults.append(FieldError("/requires_quota", "quota_required", text))
    if faults:
        raise Invalid(errors=faults)


async def _refuse_shadow(tx: Tx, unit: UnitRef, code: str) -> None:
    """Refuse with 409 a code by which a unit above already calls a form: the nearer one would stand in its place."""
    if await queries.serving_form(tx.session, code, unit.path) is not None:
        text = Text("Mã đã dùng ở đơn vị này hoặc cấp trên", "The code is in use at this unit or above it")
        raise Duplicate(text, [FieldError("/code", "duplicate", text)])


def _check_validity(valid_from: Any, valid_to: Any) -> None:
    if valid_to is not None and valid_to <= valid_from:
        text = Text("Ngày kết thúc phải sau ngày bắt đầu", "It must end after it begins")
        raise Invalid(errors=[FieldError("/valid_to", "before_start", text)])
