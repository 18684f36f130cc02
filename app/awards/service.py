"""The verbs of a proposal while its unit works on it: propose, change, delete, read. What follows: ``review.py``."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.planned import Entry, Plan, carry_out
from app.audit.service import Subject, record, record_reading
from app.awards import queries, queries_quotas
from app.awards.claims import claim_of, words
from app.awards.models import Award
from app.awards.presenting import full, item, unit_of
from app.awards.schemas import AwardBody, AwardIn, AwardItem, AwardOut, AwardPatch
from app.awards.workflow import EDITABLE
from app.campaigns import queries as campaigns
from app.campaigns.service import owner_of
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, Text, check_version
from app.kernel.ids import new_id
from app.kernel.personal import identifiers
from app.units.references import living_ref

refuse_taken_id("awards")

_FREE_TEXT = ("recipient_name", "position", "achievement", "council_minutes_number")
_NEVER_NULL = ("award_form_id", "recipient_kind", "recipient_unit_id", "achievement", "period_from", "period_to")
_STORED = (*_NEVER_NULL, "recipient_name", "position", "council_minutes_number", "council_minutes_date")


_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_EARLIEST = date(2000, 1, 1)


def _fault(pointer: str, code: str, vi: str, en: str) -> FieldError:
    return FieldError(pointer, code, Text(vi, en))


async def read(tx: Tx, award_id: UUID) -> AwardOut:
    """One proposal, put down in the log as read. Raises 404 outside the fence."""
    row = await queries.get(tx.session, award_id)
    await record_reading(tx, "award", [(unit_of(row), row.id)])
    return full(tx, row, await queries.endorsements(tx.session, award_id))


async def shown(tx: Tx, rows: Sequence[AnyRow]) -> list[AwardItem]:
    """A page of proposals, put down in the log as read."""
    await record_reading(tx, "award", [(unit_of(row), row.id) for row in rows])
    return [item(tx, row) for row in rows]


async def after(tx: Tx, award_id: UUID) -> AwardOut:
    """The proposal as a change of it left it; the change itself is in the log."""
    row = await queries.get(tx.session, award_id)
    return full(tx, row, await queries.endorsements(tx.session, award_id))


def same(row: AnyRow, data: AwardBody) -> bool:
    """Whether the proposal in ``row`` says what ``data`` says."""
    if isinstance(data, AwardIn) and (data.unit_id, data.campaign_id) != (row.unit_id, row.campaign_id):
        return False
    given = {name: getattr(data, name) for name in _STORED if name in data.model_fields_set}
    if row.recipient_is_unit and given.get("recipient_name") is None:
        given.pop("recipient_name", None)
    derived = ("recipient_unit_id", "period_from", "period_to")
    return all(getattr(row, name) == value for name, value in given.items() if value is not None or name not in derived)


async def made_before(tx: Tx, data: AwardIn) -> AwardOut | None:
    """The proposal that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: same(row, data))
    return None if row is None else await read(tx, row.id)


async def create(tx: Tx, data: AwardIn) -> AwardOut:
    """Start a draft. Raises 404 / 403 by the unit, 422 by pointer (``personal_identifier`` among them)."""
    entry = Entry(await living_ref(tx.session, data.unit_id), data.id or new_id(), data)
    await carry_out(tx.session, [await plan(tx, entry, data.campaign_id)])
    return await after(tx, entry.id)


async def plan(tx: Tx, entry: Entry[Any], campaign_id: UUID) -> Plan:
    """What :func:`create` writes for ``entry``. Raises 404 / 403 by the unit, 422 by pointer."""
    unit, data = entry.unit, entry.data
    tx.actor.require(Permission.AWARD_WRITE, unit)
    campaign = await _campaign(tx, unit, campaign_id)
    given = {name: getattr(data, name) for name in _STORED}
    given["recipient_unit_id"] = given["recipient_unit_id"] or unit.id
    given["period_from"] = given["period_from"] or campaign.window_from
    given["period_to"] = given["period_to"] or campaign.window_to
    _check_period(tx, campaign, given)
    stored = await _checked(tx, unit, given)
    place = {"id": entry.id, "unit_id": unit.id, "unit_path": unit.path, "campaign_id": campaign.id}
    stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    made = Plan()
    made.insert(Award, {**place, **stored, **stamps})
    told = {"campaign_id": campaign.id, **_told(stored)}
    made.record(tx, "award.create", Subject("award", entry.id, unit), (None, told))
    return made


async def edit(tx: Tx, award_id: UUID, expected: int | None, data: AwardPatch) -> AwardOut:
    """Change a draft or returned proposal. Raises 403, 409 ``invalid_state``, 412, 422 by pointer.

    An awards officer's leave to stand beside another does not outlive a change of who, what for, or when.
    """
    row = await _editable(tx, award_id, expected)
    given = data.model_dump(exclude_unset=True)
    nulls = [name for name in _NEVER_NULL if name in given and given[name] is None]
    if nulls:
        raise Invalid(errors=[_fault(f"/{name}", "null", "Không được để trống", "It cannot be null") for name in nulls])
    whole = {name: getattr(row, name) for name in _STORED} | given
    if row.recipient_is_unit and "recipient_name" not in given:
        whole["recipient_name"] = None
    if (whole["period_from"], whole["period_to"]) != (row.period_from, row.period_to):
        _check_period(tx, await _campaign(tx, unit_of(row), row.campaign_id), whole)
    stored = await _checked(tx, unit_of(row), whole)
    if row.override_note is not None and await _is_another(tx, row, stored):
        stored |= dict.fromkeys(("override_note", "override_at", "override_by"))
    changed = {name: value for name, value in _told(stored).items() if getattr(row, name) != value}
    await queries.change(tx.session, row.id, {**stored, "updated_at": tx.now})
    before = {name: getattr(row, name) for name in changed}
    await record(tx, "award.edit", Subject("award", row.id, unit_of(row)), change=(before, changed))
    return await after(tx, row.id)


async def delete(tx: Tx, award_id: UUID, expected: int | None) -> None:
    """Delete a draft that was never submitted. Raises 403, 409 ``invalid_state``, 412."""
    row = await _editable(tx, award_id, expected)
    if row.submitted_at is not None:
        text = Text("Đã từng gửi nên không xóa được", "It was submitted once: it stays")
        raise InvalidState(text, current_status=row.status)
    await queries.remove(tx.session, row.id)
    before = {name: getattr(row, name) for name in _STORED}
    await record(tx, "award.delete", Subject("award", row.id, unit_of(row)), change=(before, None))


async def _is_another(tx: Tx, row: AnyRow, stored: Mapping[str, Any]) -> bool:
    """Whether who, what for or when is no longer what an officer allowed; a respelling is no change."""
    if (stored["period_from"], stored["period_to"]) != (row.period_from, row.period_to):
        return True
    if words(stored["achievement"]) != words(row.achievement):
        return True
    return bool(stored["claim"] != await queries.claim(tx.session, row.id))


def _told(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name != "claim"}


async def _editable(tx: Tx, award_id: UUID, expected: int | None) -> AnyRow:
    row = await queries.get(tx.session, award_id, lock=True)
    tx.actor.require(Permission.AWARD_WRITE, unit_of(row))
    check_version(expected, row.version)
    if row.status not in EDITABLE:
        text = Text("Chỉ sửa được khi là bản nháp hoặc bị trả lại", "Only a draft or a returned one can be changed")
        raise InvalidState(text, current_status=row.status)
    return row


async def _campaign(tx: Tx, unit: UnitRef, campaign_id: UUID) -> AnyRow:
    campaign = await campaigns.find(tx.session, campaign_id)
    if campaign is None:
        raise Invalid(errors=[_fault("/campaign_id", "not_found", "Không có đợt này", "There is no such campaign")])
    if not unit.path.startswith(owner_of(campaign).path):
        vi, en = "Đơn vị không thuộc đơn vị tổ chức đợt này", "The unit is not under the campaign's own unit"
        raise Invalid(errors=[_fault("/unit_id", "outside_campaign", vi, en)])
    if campaign.status == "draft":
        vi, en = "Đợt sơ kết chưa mở", "The campaign has not been opened"
        raise Invalid(errors=[_fault("/campaign_id", "campaign_draft", vi, en)])
    return campaign


def _check_period(tx: Tx, campaign: AnyRow, given: Mapping[str, Any]) -> None:
    """Refuse with 422 an achievement that has not begun, or that the campaign does not review.

    One that began long ago may be rewarded when it went on into the campaign's window. It may end with that window,
    since proposals are gathered before its last day; otherwise today at the latest.
    """
    first, last = given["period_from"], given["period_to"]
    faults = []
    if last < first:
        faults.append(_fault("/period_to", "before_start", "Ngày cuối trước ngày đầu", "It ends before it begins"))
    if first > tx.today:
        vi, en = "Thành tích chưa bắt đầu", "The achievement has not begun yet"
        faults.append(_fault("/period_from", "in_future", vi, en))
    if first < _EARLIEST:
        vi, en = "Thành tích chỉ tính từ năm 2000", "Achievements count from the year 2000"
        faults.append(_fault("/period_from", "too_early", vi, en))
    if last > max(tx.today, campaign.window_to):
        vi, en = "Ngày cuối ở tương lai, sau kỳ sơ kết", "It ends in the future, after the campaign's window"
        faults.append(_fault("/period_to", "in_future", vi, en))
    if last < campaign.window_from and not faults:
        vi, en = "Thành tích kết thúc trước kỳ sơ kết", "It ended before the campaign's window began"
        faults.append(_fault("/period_to", "before_campaign", vi, en))
    if faults:
        raise Invalid(errors=faults)


async def form_for(tx: Tx, unit: UnitRef, form_id: UUID) -> tuple[AnyRow, UnitRef]:
    """The form and the unit that decides on it for ``unit``. Raises 422 by pointer where ``unit`` cannot propose it."""
    form = await queries_quotas.find_form(tx.session, form_id)
    if form is None or not unit.path.startswith(form.unit_path):
        vi, en = "Không có hình thức khen thưởng này", "There is no such form of award here"
        raise Invalid(errors=[_fault("/award_form_id", "not_found", vi, en)])
    if not queries_quotas.in_force(form.valid_from, form.valid_to, tx.today):
        vi, en = "Hình thức này hiện không còn (hoặc chưa) áp dụng", "This form is not given today"
        raise Invalid(errors=[_fault("/award_form_id", "form_not_in_force", vi, en)])
    deciding = await queries.at_level(tx.session, unit.path, form.handled_level)
    if deciding is None:
        vi, en = "Phía trên đơn vị không có cấp quyết định hình thức này", "No unit above decides on this form"
        raise Invalid(errors=[_fault("/award_form_id", "no_deciding_unit", vi, en)])
    return form, deciding


async def _checked(tx: Tx, unit: UnitRef, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns for ``given``. Raises 422 by pointer."""
    form, deciding = await form_for(tx, unit, given["award_form_id"])
    faults = identifiers({name: given[name] for name in _FREE_TEXT}) + _recipient_faults(given)
    if given["recipient_kind"] not in form.recipient_kinds:
        vi, en = "Hình thức này không dùng cho loại đối tượng này", "This form is not given to such recipients"
        faults.append(_fault("/recipient_kind", "not_allowed", vi, en))
    faults += minutes_faults(given)
    if faults:
        raise Invalid(errors=faults)
    recipient = await _recipient(tx, unit, given["recipient_unit_id"])
    itself = given["recipient_name"] is None
    if not itself and given["recipient_kind"] == "collective":
        itself = given["recipient_name"] == recipient.name
    claimed = claim_of(given["recipient_kind"], recipient.id, None if itself else given["recipient_name"])
    return {
        **given,
        "recipient_name": recipient.name if itself else given["recipient_name"],
        "recipient_is_unit": itself,
        "deciding_unit_id": deciding.id,
        "claim": claimed,
    }


def _recipient_faults(given: Mapping[str, Any]) -> list[FieldError]:
    if given["recipient_kind"] == "individual":
        missing = [name for name in ("recipient_name", "position") if given[name] is None]
        vi, en = "Cá nhân cần họ tên và chức vụ", "A person needs name and position"
        faults = [_fault(f"/{name}", "missing", vi, en) for name in missing]
        if _YEAR.search(given["recipient_name"] or ""):
            vi, en = "Họ tên không kèm năm sinh", "A name comes without the year of birth"
            faults.append(_fault("/recipient_name", "personal_identifier", vi, en))
        return faults
    if given["position"] is not None:
        return [_fault("/position", "not_applicable", "Tập thể không có chức vụ", "A collective has no position")]
    return []


def minutes_faults(given: Mapping[str, Any]) -> list[FieldError]:
    """Faults of a council's minutes that have a number without a date, or the reverse."""
    names = ("council_minutes_number", "council_minutes_date")
    missing = [name for name in names if given[name] is None]
    if len(missing) != 1:
        return []
    vi, en = "Biên bản cần cả số và ngày", "Minutes need both their number and their date"
    return [_fault(f"/{missing[0]}", "missing", vi, en)]


async def _recipient(tx: Tx, unit: UnitRef, recipient_unit_id: UUID) -> AnyRow:
    """The recipient's unit: the proposer or one below it."""
    found = await queries.named_unit(tx.session, recipient_unit_id)
    if found is None or not found.path.startswith(unit.path):
        vi = "Đối tượng khen thưởng phải thuộc đơn vị đề nghị"
        en = "The recipient must belong to the proposing unit or one below it"
        raise Invalid(errors=[_fault("/recipient_unit_id", "outside_unit", vi, en)])
    return found
