"""The verbs of quotas: enter, change, delete; never below what is granted."""

from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.awards import queries_quotas as queries
from app.awards.faults import BelowGranted
from app.awards.presenting import campaign_of, form_of
from app.awards.schemas_quotas import AwardQuotaIn, AwardQuotaOut, AwardQuotaPatch, Granted
from app.campaigns import queries as campaigns
from app.campaigns.service import owner_of
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text, check_version
from app.kernel.ids import new_id
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_COUNTS = ("collectives", "individuals")
_MADE = frozenset({"campaign", "form", "unit", "granted", "editable"})
_SAME = tuple(name for name in AwardQuotaOut.model_fields if name not in _MADE)


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended)


def present(tx: Tx, row: AnyRow) -> AwardQuotaOut:
    """A quota as the caller sees it; what is granted only to those who see all of it."""
    unit, values = _unit(row), {name: getattr(row, name) for name in _SAME}
    used = {"collectives": row.granted_collectives, "individuals": row.granted_individuals}
    values["campaign"] = campaign_of(row)
    values["form"] = form_of(row)
    values["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    values["granted"] = Granted.of(used) if tx.actor.can(Permission.AWARD_READ, unit) else None
    values["editable"] = tx.actor.can(Permission.AWARD_QUOTA, unit, at_level=row.handled_level)
    return AwardQuotaOut.of(values)


async def read(tx: Tx, quota_id: UUID) -> AwardQuotaOut:
    """One quota. Raises 404."""
    return present(tx, await queries.quota(tx.session, quota_id))


async def create(tx: Tx, data: AwardQuotaIn) -> AwardQuotaOut:
    """Enter a quota. Raises 404 / 403 by the unit, 409 ``duplicate`` or ``below_granted``, 422 by pointer."""
    unit = await living_ref(tx.session, data.unit_id)
    form = await queries.find_form(tx.session, data.award_form_id)
    tx.actor.require(Permission.AWARD_QUOTA, unit, at_level=form.handled_level if form else None)
    faults = []
    if form is None or not unit.path.startswith(form.unit_path):
        text = Text("Không có hình thức khen thưởng này", "There is no such form of award here")
        faults.append(FieldError("/award_form_id", "not_found", text))
    campaign = await campaigns.find(tx.session, data.campaign_id)
    if campaign is None or not unit.path.startswith(owner_of(campaign).path):
        text = Text("Không có đợt này cho đơn vị", "There is no such campaign for the unit")
        faults.append(FieldError("/campaign_id", "not_found", text))
    if faults:
        raise Invalid(errors=faults)
    await queries.seize(tx.session, data.campaign_id, data.award_form_id)
    values: dict[str, Any] = {"id": new_id(), "unit_path": unit.path, **data.model_dump()}
    await queries.add_quota(
        tx.session, {**values, "created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    )
    made = await queries.quota(tx.session, values["id"])
    _refuse_below(made, values)
    await record(tx, "award_quota.create", Subject("award_quota", made.id, unit), change=(None, data.model_dump()))
    return present(tx, made)


async def edit(tx: Tx, quota_id: UUID, expected: int | None, data: AwardQuotaPatch) -> AwardQuotaOut:
    """Change a quota. Raises 403, 409 ``below_granted``, 412, 422."""
    row = await _seized(tx, quota_id, expected)
    values = data.model_dump(exclude_unset=True)
    nulls = [name for name in _COUNTS if name in values and values[name] is None]
    if nulls:
        text = Text("Không được để trống", "It cannot be null")
        raise Invalid(errors=[FieldError(f"/{name}", "null", text) for name in nulls])
    _refuse_below(row, values)
    await queries.change_quota(tx.session, row.id, {**values, "updated_at": tx.now})
    before = {name: getattr(row, name) for name in values}
    await record(tx, "award_quota.edit", Subject("award_quota", row.id, _unit(row)), change=(before, values))
    return await read(tx, row.id)


async def delete(tx: Tx, quota_id: UUID, expected: int | None) -> None:
    """Take a quota back under which nothing is granted. Raises 403, 409 ``below_granted``, 412."""
    row = await _seized(tx, quota_id, expected)
    _refuse_below(row, dict.fromkeys(_COUNTS, 0))
    await queries.remove_quota(tx.session, row.id)
    before = {name: getattr(row, name) for name in ("campaign_id", "award_form_id", *_COUNTS, "note")}
    await record(tx, "award_quota.delete", Subject("award_quota", row.id, _unit(row)), change=(before, None))


async def _seized(tx: Tx, quota_id: UUID, expected: int | None) -> AnyRow:
    """The quota, with nobody granting under it until this transaction ends."""
    found = await queries.quota(tx.session, quota_id)
    tx.actor.require(Permission.AWARD_QUOTA, _unit(found), at_level=found.handled_level)
    await queries.seize(tx.session, found.campaign_id, found.award_form_id)
    row = await queries.quota(tx.session, quota_id, lock=True)
    check_version(expected, row.version)
    return row


def _refuse_below(row: AnyRow, values: dict[str, Any]) -> None:
    faults = []
    for name in _COUNTS:
        granted = getattr(row, f"granted_{name}")
        if values.get(name, granted) < granted:
            text = Text("Đã khen thưởng {granted}", "{granted} are granted already").fill(granted=granted)
            faults.append(FieldError(f"/{name}", "below_granted", text))
    if faults:
        raise BelowGranted(errors=faults)
