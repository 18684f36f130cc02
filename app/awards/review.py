"""The verbs that move a proposal: submit, endorse unit by unit, return, grant within quota, decline."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.access.actor import Tx, refuse_sending_back
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.awards import queries, queries_quotas
from app.awards.faults import DuplicateAward, NoDuplicate, NoQuota, QuotaExceeded
from app.awards.presenting import may, next_unit, unit_of
from app.awards.schemas import AwardOut, AwardTransition
from app.awards.service import after, form_for, minutes_faults
from app.awards.workflow import APPROVALS, MACHINE
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Forbidden, Invalid, InvalidState, Text, check_version
from app.kernel.ids import new_id
from app.kernel.personal import identifiers
from app.kernel.workflow import permission_for, require_note, step

Values = dict[str, Any]
_ONLY_WITH = {
    "council_minutes_number": "endorse",
    "council_minutes_date": "endorse",
    "decision_number": "grant",
    "decision_date": "grant",
}


async def move(tx: Tx, award_id: UUID, expected: int | None, data: AwardTransition) -> AwardOut:
    """Take a step of the workflow.

    Raises 403 (``self_approval``), 409 (``invalid_state``, ``no_quota``, ``quota_exceeded``, ``duplicate_award``,
    ``no_duplicate``), 412, 422 by pointer.
    """
    row = await queries.get(tx.session, award_id, lock=True)
    _require_may(tx, row, data.action)
    check_version(expected, row.version)
    found = step(MACHINE, row.status, data.action)
    refuse_sending_back(unit_of(row), found)
    if data.action in APPROVALS:
        tx.actor.require_not_submitter(row.submitted_by)
    require_note(found, data.note)
    _check(data)
    values = {"status": found.to, **await _ACTIONS[data.action](tx, row, data), "updated_at": tx.now}
    await queries.change(tx.session, row.id, values)
    before = {name: getattr(row, name) for name in values}
    subject = Subject("award", row.id, unit_of(row))
    await record(tx, f"award.{data.action}", subject, change=(before, values), note=data.note)
    return await after(tx, row.id)


def _require_may(tx: Tx, row: AnyRow, action: str) -> None:
    """Refuse with 403 who may not do ``action`` where the proposal stands now, naming who may."""
    here = MACHINE.get((row.status, action))
    permission = Permission(here.permission if here else permission_for(MACHINE, action))
    if may(tx, row, permission):
        return
    if permission is Permission.AWARD_ENDORSE:
        name = row.next_unit_name or row.deciding_unit_name
        raise Forbidden(
            Text("Chờ lãnh đạo (approver) của {unit}", "This is for an approver of {unit}").fill(unit=name),
            permission=permission.value,
        )
    if permission is Permission.AWARD_DECIDE:
        raise Forbidden(
            Text(
                "Do cán bộ thi đua - khen thưởng (awards_officer) của {unit} thực hiện",
                "This is for an awards officer of {unit}",
            ).fill(unit=row.deciding_unit_name),
            permission=permission.value,
        )
    tx.actor.require(permission, unit_of(row))


def _check(data: AwardTransition) -> None:
    """Refuse with 422 what does not go with the action, half minutes or decisions, and identity numbers in a note."""
    faults = identifiers({name: getattr(data, name) for name in ("note", "council_minutes_number", "decision_number")})
    for name, action in _ONLY_WITH.items():
        if getattr(data, name) is not None and data.action != action:
            text = Text("Chỉ dùng với thao tác {action}", "Only with `{action}`").fill(action=action)
            faults.append(FieldError(f"/{name}", "not_applicable", text))
        elif getattr(data, name) is None and data.action == action == "grant":
            text = Text("Cần cả số và ngày quyết định", "The decision needs both its number and its date")
            faults.append(FieldError(f"/{name}", "missing", text))
    if data.action == "endorse":
        faults += minutes_faults(data.model_dump())
    if faults:
        raise Invalid(errors=faults)


async def _submit(tx: Tx, row: AnyRow, _data: AwardTransition) -> Values:
    """Hand in; a unit that is itself the deciding one has nobody above to endorse."""
    form, deciding = await form_for(tx, unit_of(row), row.award_form_id)
    await _refuse_twins(tx, row, granting=False)
    if form.requires_quota:
        bounds = await queries_quotas.bounding(tx.session, row.campaign_id, form.id, row.unit_path)
        if not bounds or any(_limit(row, bound) == 0 for bound in bounds):
            raise NoQuota(
                Text(
                    "Hình thức này chỉ đề xuất khi được giao chỉ tiêu; đợt này chưa có chỉ tiêu cho đơn vị",
                    "This form is proposed only with a quota, and the unit has none in this campaign",
                )
            )
    at_once = deciding.id == row.unit_id
    return {
        "status": "endorsed" if at_once else "submitted",
        "round": row.round + 1,
        "deciding_unit_id": deciding.id,
        "endorsed_by_unit_id": None,
        "endorsed_at": tx.now if at_once else None,
        "submitted_at": tx.now,
        "submitted_by": tx.actor.id,
    }


async def _endorse(tx: Tx, row: AnyRow, data: AwardTransition) -> Values:
    """Stand by it for the unit at which it waits; at the deciding level it is ready for the decision."""
    here = next_unit(row)
    if here is None:
        raise InvalidState(Text("Không còn cấp trên", "There is no unit above"), current_status=row.status)
    await queries.endorse(
        tx.session,
        {
            "id": new_id(),
            "award_id": row.id,
            "unit_id": row.unit_id,
            "unit_path": row.unit_path,
            "round": row.round,
            "endorsing_unit_id": here.id,
            "level": here.level,
            "endorsed_by": tx.actor.id,
            "endorsed_by_name": tx.actor.name,
            "endorsed_at": tx.now,
            "note": data.note,
            "council_minutes_number": data.council_minutes_number,
            "council_minutes_date": data.council_minutes_date,
        },
    )
    arrived = row.deciding_unit_path.startswith(here.path)
    reached = {"status": "endorsed", "endorsed_at": tx.now} if arrived else {}
    return {"endorsed_by_unit_id": here.id, **reached}


async def _return(_tx: Tx, _row: AnyRow, data: AwardTransition) -> Values:
    """Give back to the unit that proposes."""
    return {"return_note": data.note, "endorsed_at": None}


async def _grant(tx: Tx, row: AnyRow, data: AwardTransition) -> Values:
    """Record the decision, within every quota that bounds the unit."""
    form = await queries_quotas.form(tx.session, row.award_form_id)
    assert data.decision_date is not None  # _check saw to it
    if data.decision_date > tx.today:
        text = Text("Ngày quyết định ở tương lai", "The decision lies in the future")
        raise Invalid(errors=[FieldError("/decision_date", "in_future", text)])
    if not queries_quotas.in_force(form.valid_from, form.valid_to, data.decision_date):
        text = Text("Hình thức này không áp dụng vào ngày đó", "This form was not given on that day")
        raise Invalid(errors=[FieldError("/decision_date", "form_not_in_force", text)])
    _check_order(row, data.decision_date, data.note)
    await _refuse_twins(tx, row, granting=True)
    await _refuse_beyond_quota(tx, row, needed=form.requires_quota)
    decision = {"decision_number": data.decision_number, "decision_date": data.decision_date}
    return {**decision, "decided_at": tx.now, "decided_by": tx.actor.id}


def _check_order(row: AnyRow, decided: date, note: str | None) -> None:
    """Refuse with 422 a decision of before the achievement, or of before the proposal unless a note says how that was.

    Papers run ahead of what is entered; a date set wrong does not come with a reason.
    """
    if decided < row.period_from:
        text = Text("Ngày quyết định trước khi thành tích bắt đầu", "The decision is older than the achievement")
        raise Invalid(errors=[FieldError("/decision_date", "before_period", text)])
    handed_in = local_date(row.endorsed_at or row.submitted_at)
    if decided < handed_in and not note:
        text = Text(
            "Ngày quyết định trước ngày đề nghị được gửi hoặc nhất trí ({day:%d/%m/%Y}); nếu hồ sơ giấy có trước, ghi"
            " rõ ở note",
            "The decision is older than the submission or endorsement ({day:%Y-%m-%d}): if the papers came first, say"
            " so in `note`",
        ).fill(day=handed_in)
        raise Invalid(errors=[FieldError("/decision_date", "before_endorsement", text)])


async def _decline(tx: Tx, _row: AnyRow, data: AwardTransition) -> Values:
    """Decide against it."""
    return {"decline_note": data.note, "decided_at": tx.now, "decided_by": tx.actor.id}


async def _allow_duplicate(tx: Tx, row: AnyRow, data: AwardTransition) -> Values:
    """Let it stand beside another for the same recipient and time. There must be one: nothing is allowed in advance."""
    if not await _twins(tx, row):
        raise NoDuplicate
    return {"override_note": data.note, "override_at": tx.now, "override_by": tx.actor.id}


_ACTIONS: Mapping[str, Callable[[Tx, AnyRow, AwardTransition], Awaitable[Values]]] = {
    "submit": _submit,
    "endorse": _endorse,
    "return": _return,
    "grant": _grant,
    "decline": _decline,
    "allow_duplicate": _allow_duplicate,
}


# --- one achievement, one award ------------------------------------------------------------------------------------


async def _twins(tx: Tx, row: AnyRow) -> Sequence[AnyRow]:
    claim = await queries.claim(tx.session, row.id)
    return await queries.twins(tx.session, row.id, claim, (row.period_from, row.period_to))


async def _refuse_twins(tx: Tx, row: AnyRow, *, granting: bool) -> None:
    """Refuse with 409 while another proposal for the same recipient and time stands, unless an officer has allowed it.

    When granting, one that was itself allowed to stand beside this is no reason either. Of proposals beyond the
    caller's fence it says only that there are some.
    """
    if row.override_note is not None:
        if not granting:
            await _twins(tx, row)  # for its lock: who submits the same at this moment must see this one
        return
    against = [twin.award_id for twin in await _twins(tx, row) if not (granting and twin.overridden)]
    if not against:
        return
    visible = await queries.seen(tx.session, against)
    named = "; ".join(f"{other.form_title} - {other.unit_name}" for other in visible)
    text = Text(
        "Đối tượng này đã được đề nghị khen thưởng trong thời gian trùng nhau{named}. Nếu là thành tích khác, đề nghị"
        " cán bộ thi đua - khen thưởng cho phép (allow_duplicate) kèm lý do",
        "The recipient is proposed already for an overlapping period{named}. If the achievement is another, ask an"
        " awards officer to allow it (allow_duplicate) with a note",
    )
    told = text.fill(named=f": {named}" if named else "")
    others = [{"id": str(other.id), "href": f"/api/v1/awards/{other.id}", "status": other.status} for other in visible]
    raise DuplicateAward(
        told,
        [FieldError("/achievement", "duplicate_award", told, "resource")],
        others=others,
        outside_your_scope=len(visible) < len(against),
    )


# --- quota ---------------------------------------------------------------------------------------------------------


def _limit(row: AnyRow, bound: AnyRow) -> int:
    return int(bound.collectives if row.recipient_kind == "collective" else bound.individuals)


def _granted(row: AnyRow, bound: AnyRow) -> int:
    return int(bound.granted_collectives if row.recipient_kind == "collective" else bound.granted_individuals)


async def _refuse_beyond_quota(tx: Tx, row: AnyRow, *, needed: bool) -> None:
    """Refuse with 409 unless every quota on the way up has room for one more. Holds others off until it is granted."""
    await queries_quotas.seize(tx.session, row.campaign_id, row.award_form_id)
    bounds = await queries_quotas.bounding(tx.session, row.campaign_id, row.award_form_id, row.unit_path)
    if needed and not bounds:
        raise NoQuota
    for bound in bounds:
        limit, granted = _limit(row, bound), _granted(row, bound)
        if granted >= limit:
            text = Text(
                "Chỉ tiêu của {unit} là {limit}, đã khen thưởng {granted}",
                "The quota of {unit} is {limit}; {granted} are granted",
            ).fill(unit=bound.unit_name, limit=limit, granted=granted)
            raise QuotaExceeded(text, quota=f"/api/v1/award-quotas/{bound.id}", limit=limit, granted=granted)
