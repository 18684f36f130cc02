"""The verbs of a campaign and its deadlines: rule, change, audit entry."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.campaigns import obligation_queries, queries
from app.campaigns.outline import outline_faults
from app.campaigns.queries import DeadlineAt
from app.campaigns.schemas import (
    CampaignIn,
    CampaignItem,
    CampaignOut,
    CampaignPatch,
    CampaignTransition,
    DeadlineIn,
    DeadlineOut,
    DeadlinePatch,
    LegalBasis,
    Section,
)
from app.campaigns.unowed import unowed
from app.campaigns.windows import WINDOWS, windows
from app.campaigns.workflow import CAMPAIGN, MANAGE
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
from app.kernel.workflow import require_note, step
from app.units.references import living_ref
from app.units.schemas import UnitBrief

AFTER_OPENING = frozenset({"number", "title", "issuing_body", "issued_on"})
"""What may still be corrected once units owe: nothing that changes what they owe."""

_TAKEN = Text("Mã này đã dùng cho một đợt khác", "Another campaign has this code")
on_constraint("uq_campaigns_unit_id_code", Duplicate(_TAKEN, [FieldError("/code", "duplicate", _TAKEN)]))
_TWICE = Text("Đã có hạn cho nhiệm vụ và cấp này", "This task and level already have a deadline")
on_constraint(
    "uq_deadlines_campaign_id_task_level_parent_level", Duplicate(_TWICE, [FieldError("/level", "duplicate", _TWICE)])
)


class CampaignClosed(DomainError):
    """Work is taken only while the campaign is open."""

    code = "campaign_closed"
    title = Text("Đợt sơ kết chưa mở hoặc đã đóng", "The campaign is not open")


def require_open(campaign: AnyRow) -> None:
    """Refuse with 409 ``campaign_closed`` unless units may work in ``campaign`` now."""
    if campaign.status != "open":
        raise CampaignClosed(campaign_status=campaign.status)


async def kept_open(tx: Tx, campaign_id: UUID) -> AnyRow:
    """The campaign, kept open until this transaction ends. Raises 404, 409 ``campaign_closed``."""
    await queries.keep_state(tx.session, campaign_id)
    campaign = await queries.get(tx.session, campaign_id)
    require_open(campaign)
    return campaign


def owner_of(row: AnyRow) -> UnitRef:
    """The unit that conducts the campaign in ``row``."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def _subject(row: AnyRow) -> Subject:
    return Subject("campaign", row.id, owner_of(row))


def _common(tx: Tx, row: AnyRow) -> dict[str, Any]:
    return {
        **row._asdict(),
        "unit": UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
        "allowed_actions": allowed(tx.actor, CAMPAIGN, row.status, owner_of(row)),
    }


def present_item(tx: Tx, row: AnyRow) -> CampaignItem:
    """A row as it stands in a list."""
    values = _common(tx, row)
    return CampaignItem.model_construct(**{name: values[name] for name in CampaignItem.model_fields})


async def read(tx: Tx, campaign_id: UUID) -> CampaignOut:
    """One campaign with its outline. Raises 404."""
    row = await queries.get(tx.session, campaign_id)
    values = _common(tx, row) | {
        "legal_basis": [LegalBasis.model_validate(basis) for basis in row.legal_basis],
        "outline": [Section.model_construct(**part._asdict()) for part in await queries.outline(tx.session, row.id)],
        "warnings": await unowed(tx, row) if tx.actor.can(MANAGE, owner_of(row)) else [],
        "editable": row.status == "draft" and tx.actor.can(MANAGE, owner_of(row)),
    }
    return CampaignOut.model_construct(**{name: values[name] for name in CampaignOut.model_fields})


async def create(tx: Tx, data: CampaignIn) -> CampaignOut:
    """Start a draft. Raises 404 / 403 by the unit, 409 ``duplicate`` for a code in use, 422 for window or outline."""
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.CAMPAIGN_MANAGE, unit)
    values = data.model_dump(exclude={"unit_id", "outline", "legal_basis"})
    values |= windows(values)
    values |= {"id": new_id(), "unit_id": unit.id, "unit_path": unit.path, "legal_basis": _bases(data.legal_basis)}
    await queries.add(tx.session, {**values, "created_at": tx.now, "updated_at": tx.now})
    await _write_outline(tx, values["id"], unit, data.outline)
    after = data.model_dump(exclude={"unit_id"})
    await record(tx, "campaign.create", Subject("campaign", values["id"], unit), change=(None, after))
    return await read(tx, values["id"])


async def edit(tx: Tx, campaign_id: UUID, expected: int | None, data: CampaignPatch) -> CampaignOut:
    """Change a draft, or correct the wording of an opened one. Raises 403, 409 ``invalid_state``, 412, 422."""
    row = await locked(tx, campaign_id, expected)
    given = data.model_dump(exclude_unset=True)
    if row.status != "draft" and not given.keys() <= AFTER_OPENING:
        raise InvalidState(
            Text(
                "Đợt đã mở: chỉ còn sửa được số, tên, cơ quan và ngày ban hành",
                "Once opened, only number, title, issuing body and date of issue can be corrected",
            ),
            current_status=row.status,
        )
    refuse_null(given, "code", "title", "window_from", "window_to", "years", "legal_basis", "outline")
    if not given.keys().isdisjoint(WINDOWS):
        given |= windows({name: getattr(row, name) for name in WINDOWS} | given)
    before = {name: getattr(row, name) for name in given if name != "outline"}
    values = {name: value for name, value in given.items() if name != "outline"}
    if data.legal_basis is not None:
        values["legal_basis"] = _bases(data.legal_basis)
    if data.outline is not None:
        before["outline"] = [part._asdict() for part in await queries.outline(tx.session, row.id)]
        await _write_outline(tx, row.id, owner_of(row), data.outline)
    await queries.change(tx.session, row.id, {**values, "updated_at": tx.now})
    await record(tx, "campaign.edit", _subject(row), change=(before, given))
    return await read(tx, row.id)


async def delete(tx: Tx, campaign_id: UUID, expected: int | None) -> None:
    """Delete a draft. Raises 403, 409 ``invalid_state`` once it was opened, 412."""
    row = await locked(tx, campaign_id, expected)
    require_draft(row)
    await queries.remove(tx.session, row.id)
    await record(tx, "campaign.delete", _subject(row), change=({"code": row.code, "title": row.title}, None))


async def move(tx: Tx, campaign_id: UUID, expected: int | None, data: CampaignTransition) -> CampaignOut:
    """``open`` freezes who owes what; ``close`` ends the work; ``reopen`` resumes it. Raises 403, 409, 412, 422."""
    row = await locked(tx, campaign_id, expected)
    found = step(CAMPAIGN, row.status, data.action)
    require_note(found, data.note)
    await queries.seize_state(tx.session, row.id)
    values: dict[str, Any] = {"status": found.to, "updated_at": tx.now}
    values["closed_at"] = tx.now if found.to == "closed" else None
    after: dict[str, Any] = {"status": found.to}
    if data.action == "open":
        values["opened_at"] = tx.now
        after["obligations"] = await obligation_queries.freeze(tx.session, row.id, owner_of(row), tx.now, tx.today)
        if not after["obligations"]:
            raise Invalid(
                Text("Không có đơn vị nào phải thực hiện", "No unit would owe anything"),
                [FieldError("/deadlines", "no_obligations", _NOBODY, "resource")],
            )
    await queries.change(tx.session, row.id, values)
    change = ({"status": row.status}, after)
    await record(tx, f"campaign.{data.action}", _subject(row), change=change, note=data.note)
    return await read(tx, row.id)


_NOBODY = Text(
    "Các hạn phải ứng với ít nhất một đơn vị đang hoạt động", "The deadlines must fit at least one living unit"
)


async def open_campaign(tx: Tx, campaign_id: UUID) -> CampaignOut:
    """Open a draft as ``move`` does, for callers without a version at hand (command line, demonstration)."""
    return await move(tx, campaign_id, None, CampaignTransition(action="open"))


async def locked(tx: Tx, campaign_id: UUID, expected: int | None) -> AnyRow:
    """The campaign, locked for a change by who manages it. Raises 404, 403, 412."""
    row = await queries.get(tx.session, campaign_id, lock=True)
    tx.actor.require(Permission.CAMPAIGN_MANAGE, owner_of(row))
    check_version(expected, row.version)
    return row


def require_draft(row: AnyRow) -> None:
    """Refuse with 409 ``invalid_state`` once the campaign was opened: what units owe changes by extensions only."""
    if row.status != "draft":
        raise InvalidState(
            Text(
                "Đợt đã mở: hạn chỉ thay đổi bằng gia hạn cho từng đơn vị",
                "Once opened, due dates change only by extensions for single units",
            ),
            current_status=row.status,
        )


def _bases(bases: Sequence[LegalBasis]) -> list[dict[str, Any]]:
    return [basis.model_dump(mode="json") for basis in bases]


async def _write_outline(tx: Tx, campaign_id: UUID, unit: UnitRef, sections: Sequence[Section]) -> None:
    faults = outline_faults([(section.code, section.parent) for section in sections])
    if faults:
        raise Invalid(errors=faults)
    rows = [
        {
            **section.model_dump(exclude={"parent"}),
            "parent_code": section.parent,
            "position": position,
            "campaign_id": campaign_id,
            "unit_id": unit.id,
            "unit_path": unit.path,
        }
        for position, section in enumerate(sections)
    ]
    await queries.replace_outline(tx.session, campaign_id, rows)


async def add_deadline(tx: Tx, campaign_id: UUID, data: DeadlineIn) -> DeadlineOut:
    """Give a draft one more deadline. Raises 403, 409 ``duplicate`` or ``invalid_state`` once opened."""
    row = await locked(tx, campaign_id, None)
    require_draft(row)
    made = {**data.model_dump(), "id": new_id(), "campaign_id": row.id}
    made |= {"unit_id": row.unit_id, "unit_path": row.unit_path, "created_at": tx.now, "updated_at": tx.now}
    await queries.add_deadlines(tx.session, [made])
    await record(tx, "deadline.create", _subject(row), change=(None, {"id": made["id"], **data.model_dump()}))
    return await read_deadline(tx, DeadlineAt(row.id, made["id"]))


async def read_deadline(tx: Tx, at: DeadlineAt) -> DeadlineOut:
    """One deadline. Raises 404."""
    return DeadlineOut.model_validate(await queries.deadline(tx.session, at))


async def edit_deadline(tx: Tx, at: DeadlineAt, expected: int | None, data: DeadlinePatch) -> DeadlineOut:
    """Change a deadline of a draft. Raises 403, 404, 409 ``invalid_state`` once opened, 412, 422."""
    row = await locked(tx, at.campaign_id, None)
    found = await queries.deadline(tx.session, at)
    check_version(expected, found.version)
    require_draft(row)
    given = data.model_dump(exclude_unset=True)
    refuse_null(given, "due_before")
    await queries.change_deadline(tx.session, at.id, {**given, "updated_at": tx.now})
    before = {name: getattr(found, name) for name in given}
    await record(tx, "deadline.edit", _subject(row), change=({"id": at.id, **before}, given))
    return await read_deadline(tx, at)


async def delete_deadline(tx: Tx, at: DeadlineAt, expected: int | None) -> None:
    """Take a deadline out of a draft. Raises 403, 404, 409 ``invalid_state`` once opened, 412."""
    row = await locked(tx, at.campaign_id, None)
    found = await queries.deadline(tx.session, at)
    check_version(expected, found.version)
    require_draft(row)
    await queries.remove_deadline(tx.session, at.id)
    before = {name: getattr(found, name) for name in ("id", "task", "level", "parent_level", "due_before")}
    await record(tx, "deadline.delete", _subject(row), change=(before, None))
