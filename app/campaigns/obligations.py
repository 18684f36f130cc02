"""The verbs of an obligation: extend, join, leave, and follow the work that fulfils it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.campaigns import obligation_queries as queries
from app.campaigns.deadlines import days_left, in_force, timeliness
from app.campaigns.obligation_queries import Owed
from app.campaigns.queries import get as get_campaign
from app.campaigns.queries import keep_state
from app.campaigns.schemas import (
    ExtensionIn,
    ExtensionOut,
    ObligationIn,
    ObligationItem,
    ObligationOut,
    ObligationTransition,
    Standing,
)
from app.campaigns.service import kept_open, owner_of, require_open
from app.campaigns.workflow import EXPECTED
from app.kernel.db import AnyRow
from app.kernel.errors import (
    Duplicate,
    FieldError,
    Invalid,
    InvalidState,
    Text,
    check_version,
    on_constraint,
)
from app.kernel.ids import new_id
from app.kernel.workflow import require_note, step
from app.units.references import living_ref
from app.units.schemas import UnitBrief

MANAGE = Permission.OBLIGATION_MANAGE

_OWES = Text(
    "Đơn vị đã có trong danh sách; nếu đã rời danh sách thì dùng rejoin",
    "The unit is on the list already; if it left, let it rejoin",
)
on_constraint("uq_obligations_campaign_id_task_unit_id", Duplicate(_OWES, [FieldError("/unit_id", "duplicate", _OWES)]))


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def _subject(row: AnyRow) -> Subject:
    return Subject("obligation", row.id, _unit(row))


def _terms(tx: Tx, values: Mapping[str, Any]) -> dict[str, Any]:
    dates = (values["due_before"], values["extended_to"], values["first_counted_at"], tx.now)
    return {"timeliness": timeliness(*dates), "days_left": days_left(*dates)}


def standing(tx: Tx, values: Mapping[str, Any]) -> Standing:
    """How the obligation stands now whose columns ``values`` holds."""
    found = {**values, **_terms(tx, values)}
    return Standing.model_construct(**{name: found[name] for name in Standing.model_fields})


def _values(tx: Tx, row: AnyRow) -> dict[str, Any]:
    state = "expected" if row.left_on is None else "left"
    return {
        **row._asdict(),
        **_terms(tx, row._asdict()),
        "unit": UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
        "allowed_actions": allowed(tx.actor, EXPECTED, state, _unit(row)),
    }


def present_item(tx: Tx, row: AnyRow) -> ObligationItem:
    """A row as it stands in a list."""
    values = _values(tx, row)
    return ObligationItem.model_construct(**{name: values[name] for name in ObligationItem.model_fields})


async def read(tx: Tx, obligation_id: UUID) -> ObligationOut:
    """One obligation with its extensions. Raises 404 outside the fence."""
    row = await queries.get(tx.session, obligation_id)
    granted = [
        ExtensionOut.model_construct(**found._asdict()) for found in await queries.extensions(tx.session, row.id)
    ]
    values = _values(tx, row) | {"extensions": granted}
    return ObligationOut.model_construct(**{name: values[name] for name in ObligationOut.model_fields})


async def extend(tx: Tx, obligation_id: UUID, expected: int | None, data: ExtensionIn) -> ObligationOut:
    """Grant a later day. Raises 403, 409 ``campaign_closed`` or ``invalid_state``, 412, 422 when it is not later."""
    row = await _managed(tx, obligation_id, expected)
    if row.left_on is not None:
        raise InvalidState(Text("Đơn vị đã rời danh sách", "The unit has left the list"))
    now_due = in_force(row.due_before, row.extended_to)
    if data.due_before <= now_due:
        text = Text("Phải sau hạn đang áp dụng ({due})", "Must be later than the day in force ({due})")
        raise Invalid(errors=[FieldError("/due_before", "not_later", text.fill(due=now_due.isoformat()))])
    await queries.add_extension(
        tx.session,
        {
            "id": new_id(),
            "obligation_id": row.id,
            "unit_id": row.unit_id,
            "unit_path": row.unit_path,
            "due_before": data.due_before,
            "reason": data.reason,
            "granted_by": tx.actor.id,
            "granted_at": tx.now,
        },
    )
    await queries.change(tx.session, row.id, {"extended_to": data.due_before, "updated_at": tx.now})
    change = ({"due_before": now_due}, {"due_before": data.due_before})
    await record(tx, "obligation.extend", _subject(row), change=change, note=data.reason)
    return await read(tx, row.id)


async def _managed(tx: Tx, obligation_id: UUID, expected: int | None) -> AnyRow:
    row = await queries.get(tx.session, obligation_id, lock=True)
    tx.actor.require(MANAGE, _unit(row))
    check_version(expected, row.version)
    await kept_open(tx, row.campaign_id)
    return row


async def join(tx: Tx, campaign_id: UUID, data: ObligationIn) -> UUID:
    """Put a unit on the frozen list; the id of its obligation.

    Raises 404 / 403 by the unit, 409 ``unit_ended``, ``campaign_closed`` or ``duplicate``, 422 ``outside_campaign`` or
    ``no_deadline``.
    """
    await keep_state(tx.session, campaign_id)
    campaign = await get_campaign(tx.session, campaign_id)
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(MANAGE, unit)
    require_open(campaign)
    owed = Owed(campaign_id, unit.id, data.task)
    deadline = await queries.deadline_for(tx.session, owed)
    if not unit.path.startswith(owner_of(campaign).path):
        text = Text("Đơn vị không thuộc đơn vị tổ chức đợt này", "The unit is not under the campaign's own unit")
        raise Invalid(errors=[FieldError("/unit_id", "outside_campaign", text)])
    if deadline is None:
        text = Text("Đợt này không có hạn cho cấp của đơn vị", "The campaign has no deadline for this unit's level")
        raise Invalid(errors=[FieldError("/unit_id", "no_deadline", text)])
    obligation_id = new_id()
    values = {
        "id": obligation_id,
        "unit_id": unit.id,
        "unit_path": unit.path,
        "campaign_id": campaign_id,
        "task": data.task,
        "deadline_id": deadline.id,
        "due_before": deadline.due_before,
        "joined_reason": data.reason,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await queries.add(tx.session, values)
    after = {"campaign_id": campaign_id, "task": data.task, "due_before": deadline.due_before}
    subject = Subject("obligation", obligation_id, unit)
    await record(tx, "obligation.join", subject, change=(None, after), note=data.reason)
    return obligation_id


async def move(tx: Tx, obligation_id: UUID, expected: int | None, data: ObligationTransition) -> ObligationOut:
    """``leave`` takes a unit off the list, ``rejoin`` puts it back, each with a reason. Raises 403, 409, 412, 422."""
    row = await _managed(tx, obligation_id, expected)
    found = step(EXPECTED, "expected" if row.left_on is None else "left", data.action)
    require_note(found, data.note)
    leaving = found.to == "left"
    values = {"left_on": tx.today if leaving else None, "left_reason": data.note if leaving else None}
    await queries.change(tx.session, row.id, {**values, "updated_at": tx.now})
    change = ({name: getattr(row, name) for name in values}, values)
    await record(tx, f"obligation.{data.action}", _subject(row), change=change, note=data.note)
    return await read(tx, row.id)


@dataclass(frozen=True, slots=True)
class Movement:
    """How the work that fulfils an obligation stands now.

    ``counted_at`` = the instant its first complete submission counts as made; None = nothing counts (any more). Once
    an instant counts, a later one never replaces it.
    """

    status: str
    counted_at: datetime | None


async def obligation_moved(tx: Tx, owed: Owed, to: Movement) -> None:
    """Let the unit's obligation follow the work that fulfils it; nothing happens where the unit owes nothing."""
    row = await queries.find(tx.session, owed, lock=True)
    if row is None or row.status == to.status == "not_started":
        return
    counted = (row.first_counted_at or to.counted_at) if to.counted_at is not None else None
    values = {"status": to.status, "first_counted_at": counted}
    before = {name: getattr(row, name) for name in values}
    await queries.change(tx.session, row.id, {**values, "last_activity_at": tx.now, "updated_at": tx.now})
    if values != before:
        await record(tx, "obligation.follow", _subject(row), change=(before, values))
