"""The verbs of a criteria set: rule, change, audit entry."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.criteria import queries
from app.criteria.document import CriteriaSetFile, check, file_of, parse, rows_of, shown
from app.criteria.readiness import faults
from app.criteria.schemas import (
    CriteriaSetBody,
    CriteriaSetIn,
    CriteriaSetOut,
    CriteriaSetPatch,
    CriteriaSetSummary,
    CriteriaSetTransition,
    PassRuleOut,
    SetLegalBasisOut,
    TextCounts,
)
from app.criteria.workflow import MACHINE
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
from app.kernel.workflow import step
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_MANAGE = Permission.CRITERIA_MANAGE
_TAKEN = Text(
    "Đơn vị đã có bộ tiêu chí với mã và phiên bản này; phiên bản tiếp theo bắt đầu bằng POST .../versions,"
    " hoặc nhập tệp không ghi version",
    "The unit has a set with this code and version; the next version starts with POST .../versions,"
    " or with a file that names no version",
)
_DRAFTED = Text(
    "Đã có một bản nháp của bộ tiêu chí này; hãy hoàn thành hoặc xóa bản nháp đó",
    "There is a draft of this set already: finish or delete it",
)
_KEPT_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị giữ bộ tiêu chí (hoặc cấp trên) mới được thay đổi",
    "Only a coordinator of the unit that keeps the set, or of one above it, may change it",
)
_NEVER_CHANGES = Text(
    "Bộ tiêu chí đã ban hành không thay đổi; hãy tạo phiên bản tiếp theo (POST .../versions)",
    "A published set never changes: start the next version (POST .../versions)",
)
_SAME_CODE = Text("Mã giữ nguyên qua các phiên bản", "The code stays the same in all versions")

for _name, _message in (("uq_criteria_sets_unit_code_version", _TAKEN), ("uq_criteria_sets_draft", _DRAFTED)):
    on_constraint(_name, Duplicate(_message, [FieldError("/code", "duplicate", _message)]))
on_constraint("ck_criteria_sets_frozen", InvalidState(_NEVER_CHANGES))


def unit_of(row: AnyRow) -> UnitRef:
    """The unit that keeps the set."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def _shown(tx: Tx, row: AnyRow) -> dict[str, Any]:
    unit = unit_of(row)
    manages = tx.actor.can(_MANAGE, unit)
    return {
        **{name: value for name, value in row._asdict().items() if name in CriteriaSetSummary.model_fields},
        "unit": UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
        "legal_basis": None if row.legal_basis is None else SetLegalBasisOut.model_validate(row.legal_basis),
        "pass_rule": PassRuleOut.model_construct(kind=row.pass_rule_kind, minimum=row.pass_rule_minimum),
        "text_counts": TextCounts.model_construct(
            sourced=row.sourced, to_be_entered=row.to_be_entered, proposal=row.proposal
        ),
        "editable": row.status == "draft" and manages,
        "allowed_actions": allowed(tx.actor, MACHINE, row.status, unit),
    }


def present(tx: Tx, row: AnyRow) -> CriteriaSetSummary:
    """A row as the caller sees it in a list."""
    return CriteriaSetSummary.model_construct(**_shown(tx, row))


async def read(tx: Tx, set_id: UUID) -> CriteriaSetOut:
    """One set with its groups and criteria. Raises 404."""
    row = await queries.get(tx.session, set_id)
    groups, criteria = await queries.contents(tx.session, set_id)
    return CriteriaSetOut.model_construct(**_shown(tx, row), groups=shown(groups, criteria))


async def document(tx: Tx, set_id: UUID) -> CriteriaSetFile:
    """One set as a file. Raises 404."""
    row = await queries.get(tx.session, set_id)
    return file_of(row, *await queries.contents(tx.session, set_id))


async def managed(tx: Tx, set_id: UUID) -> AnyRow:
    """The set, locked, when the caller may manage it. Raises 404 where there is none, 403 (everyone may read it)."""
    row = await queries.get(tx.session, set_id)
    if not tx.actor.can(_MANAGE, unit_of(row)):
        raise Forbidden(_KEPT_BY_OTHERS, permission=_MANAGE.value)
    return await queries.get(tx.session, set_id, lock=True)


async def draft(tx: Tx, set_id: UUID, expected: int | None) -> AnyRow:
    """The draft, locked, in the version the caller read. Raises 403, 404, 409 ``invalid_state``, 412."""
    row = await managed(tx, set_id)
    check_version(expected, row.version)
    if row.status != "draft":
        raise InvalidState(_NEVER_CHANGES, current_status=row.status)
    return row


def head_of(body: CriteriaSetBody) -> dict[str, Any]:
    """The columns of the set itself."""
    return {
        "code": body.code,
        "title": body.title,
        "notice": body.notice,
        "legal_basis": None if body.legal_basis is None else body.legal_basis.model_dump(mode="json"),
        "applies_to_kinds": list(body.applies_to_kinds),
        "recognised_by": body.recognised_by,
        "pass_rule_kind": body.pass_rule.kind,
        "pass_rule_minimum": body.pass_rule.minimum,
    }


def audited(body: CriteriaSetBody) -> Mapping[str, Any]:
    """The whole set for the event log."""
    return body.model_dump(mode="json", exclude={"version", "unit_id"})


async def create(tx: Tx, data: CriteriaSetIn) -> CriteriaSetOut:
    """Start a draft of version 1. Raises 404 / 403 by the unit, 409 ``duplicate``, 422."""
    check(data)
    unit = await living_ref(tx.session, data.unit_id)
    return await read(tx, await start(tx, unit, data))


async def start(
    tx: Tx, unit: UnitRef, body: CriteriaSetBody, *, set_version: int = 1, previous: UUID | None = None
) -> UUID:
    """Insert a draft that was made from ``previous``; criteria of the same code are mapped. The caller checked it."""
    tx.actor.require(_MANAGE, unit)
    set_id = new_id()
    common = {"unit_id": unit.id, "unit_path": unit.path}
    values = {
        **common,
        **head_of(body),
        "id": set_id,
        "set_version": set_version,
        "previous_id": previous,
        "created_at": tx.now,
        "updated_at": tx.now,
    }
    await queries.add(tx.session, values)
    common["set_id"] = set_id
    groups, criteria = rows_of(body, common, lambda _code: new_id(), lambda _code: new_id())
    await queries.fill(tx.session, groups, criteria)
    if previous is not None:
        old = {row.code: row.id for row in (await queries.contents(tx.session, previous))[1]}
        pairs = [(old[row["code"]], row["id"]) for row in criteria if row["code"] in old]
        await queries.map_to(tx.session, common, pairs)
    after = {**audited(body), "set_version": set_version}
    await record(tx, "criteria_set.create", Subject("criteria_set", set_id, unit), change=(None, after))
    return set_id


async def replace(tx: Tx, set_id: UUID, expected: int | None, body: CriteriaSetBody) -> CriteriaSetOut:
    """Put ``body`` in the place of a draft. Groups and criteria of the same code keep their identity and their map.

    Raises 403, 404, 409 ``invalid_state``, 412, 422.
    """
    check(body)
    row = await draft(tx, set_id, expected)
    return await _replace(tx, row, await queries.contents(tx.session, row.id), body)


async def patch(tx: Tx, set_id: UUID, expected: int | None, data: CriteriaSetPatch) -> CriteriaSetOut:
    """Change members of a draft (RFC 7396). Raises as :func:`replace`."""
    row = await draft(tx, set_id, expected)
    found = await queries.contents(tx.session, row.id)
    changes = data.model_dump(mode="json", exclude_unset=True)
    now = file_of(row, *found).model_dump(mode="json", exclude={"version"})
    return await _replace(tx, row, found, parse(CriteriaSetBody, merge(now, changes)))


def merge(target: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396), where null stands for the empty member that the set's fields allow."""
    merged = dict(target)
    for name, value in changes.items():
        inner = merged.get(name)
        merged[name] = merge(inner if isinstance(inner, dict) else {}, value) if isinstance(value, dict) else value
    return merged


async def _replace(
    tx: Tx, row: AnyRow, found: tuple[Sequence[AnyRow], Sequence[AnyRow]], body: CriteriaSetBody
) -> CriteriaSetOut:
    if row.previous_id is not None and body.code != row.code:
        raise Invalid(errors=[FieldError("/code", "fixed", _SAME_CODE)])
    group_ids = {group.code: group.id for group in found[0]}
    criterion_ids = {criterion.code: criterion.id for criterion in found[1]}
    common = {"unit_id": row.unit_id, "unit_path": row.unit_path, "set_id": row.id}
    groups, criteria = rows_of(
        body,
        common,
        lambda code: group_ids.get(code) or new_id(),
        lambda code: criterion_ids.get(code) or new_id(),
    )
    kept = {criterion["id"] for criterion in criteria}
    pairs = [pair for pair in await queries.mapped(tx.session, row.id) if pair[1] in kept]
    await queries.empty(tx.session, row.id)
    await queries.fill(tx.session, groups, criteria)
    await queries.map_to(tx.session, common, pairs)
    await queries.change(tx.session, row.id, {**head_of(body), "updated_at": tx.now})
    change = (audited(file_of(row, *found)), audited(body))
    await record(tx, "criteria_set.edit", Subject("criteria_set", row.id, unit_of(row)), change=change)
    return await read(tx, row.id)


async def delete(tx: Tx, set_id: UUID, expected: int | None) -> None:
    """Delete a draft. Raises 403, 404, 409 ``invalid_state``, 412."""
    row = await draft(tx, set_id, expected)
    before = audited(file_of(row, *await queries.contents(tx.session, row.id)))
    await queries.remove(tx.session, row.id)
    await record(tx, "criteria_set.delete", Subject("criteria_set", row.id, unit_of(row)), change=(before, None))


async def move(tx: Tx, set_id: UUID, expected: int | None, data: CriteriaSetTransition) -> CriteriaSetOut:
    """Publish or retire. Raises 403, 404, 409 ``invalid_state``, 412, and 422 for what a draft still lacks."""
    row = await managed(tx, set_id)
    check_version(expected, row.version)
    found = step(MACHINE, row.status, data.action)
    values: dict[str, Any] = {"status": found.to, "updated_at": tx.now}
    if data.action == "publish":
        lacking = faults(file_of(row, *await queries.contents(tx.session, row.id)))
        if lacking:
            raise Invalid(
                Text("Bộ tiêu chí chưa đủ điều kiện ban hành", "The set cannot be published yet"), lacking[:100]
            )
        values["published_at"] = tx.now
    else:
        values["retired_at"] = tx.now
    await queries.change(tx.session, row.id, values)
    subject = Subject("criteria_set", row.id, unit_of(row))
    await record(tx, f"criteria_set.{data.action}", subject, change=({"status": row.status}, values))
    return await read(tx, row.id)
