"""A report's way up the levels: submit, accept, return, reopen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access.actor import Tx, refuse_sending_back
from app.access.permissions import Permission
from app.audit.service import record
from app.campaigns import queries as campaigns
from app.campaigns.obligation_queries import coverage_below
from app.campaigns.periods import lock_period, unlock_period
from app.campaigns.service import kept_open
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text, check_version
from app.kernel.workflow import permission_for, require_note, step
from app.reports import queries
from app.reports.checking import gather, hold_against
from app.reports.figures import rendered
from app.reports.oddities import run
from app.reports.reading import read, subject_of, unit_of
from app.reports.schemas import ReportOut, ReportTransition
from app.reports.sealing import Narrative, seal, sign_accepted, snapshot
from app.reports.service import check_sections, follow, follow_conference
from app.reports.shown_findings import of_report
from app.reports.workflow import MACHINE, submit_faults


class ChildrenIncomplete(Invalid):
    """Units below still owe: the submission must say why it does not wait for them."""

    code = "children_incomplete"
    title = Text("Còn đơn vị cấp dưới chưa hoàn thành báo cáo", "Units below have not completed their reports")


async def move(tx: Tx, report_id: UUID, expected: int | None, data: ReportTransition) -> ReportOut:
    """Take a step of the workflow.

    Raises 403 (``self_approval``), 409 ``invalid_state``, ``campaign_closed`` or ``busy``, 412, 422 (what is missing by
    pointer, ``children_incomplete``, ``checks_failed``, ``warnings_stand``).
    """
    row = await queries.get(tx.session, report_id, lock=True)
    tx.actor.require(Permission(permission_for(MACHINE, data.action)), unit_of(row))
    check_version(expected, row.version)
    found = step(MACHINE, row.status, data.action)
    refuse_sending_back(unit_of(row), found)
    require_note(found, data.note)
    _check_belonging(data)
    values: dict[str, Any] = {"status": found.to, "updated_at": tx.now}
    done = await _submitted(tx, row, data) if data.action == "submit" else await _reviewed(tx, row, data)
    values |= done.values
    await queries.change(tx.session, row.id, values)
    sealed = {"digest": done.digest} if done.digest else {}
    change = ({name: getattr(row, name) for name in values}, values | sealed)
    await record(tx, f"report.{data.action}", subject_of(row), change=change, note=data.note)
    after = await queries.get(tx.session, row.id)
    await follow(tx, after)
    await follow_conference(tx, after)
    return await read(tx, row.id)


_GOES_WITH = {"incomplete": "return", "sections": "return", "acknowledged": "submit"}


def _check_belonging(data: ReportTransition) -> None:
    text = Text("Chỉ dùng với thao tác '{action}'", "Goes with `{action}` only")
    faults = [
        FieldError(f"/{name}", "not_allowed", text.fill(action=action))
        for name, action in _GOES_WITH.items()
        if getattr(data, name) and data.action != action
    ]
    if faults:
        raise Invalid(errors=faults)


@dataclass(frozen=True, slots=True)
class Done:
    """What an action changes, and the digest that was signed with it."""

    values: Mapping[str, Any]
    digest: str | None = None


async def _submitted(tx: Tx, row: AnyRow, data: ReportTransition) -> Done:
    """What a submission sets. The first that is not returned as incomplete decides timeliness for good."""
    await kept_open(tx, row.campaign_id)
    texts = await queries.sections(tx.session, row.id)
    findings = await of_report(tx, row.id)
    faults = submit_faults(row.review_method, row.held_on, tx.today, written=bool(texts or findings))
    if faults:
        raise Invalid(errors=faults)
    below = await coverage_below(tx.session, row.campaign_id, unit_of(row))
    if below.accepted < below.expected and not data.note:
        text = Text("Nêu lý do gửi khi cấp dưới chưa đủ", "Say why you submit before all below are accepted")
        counts = {**below._asdict(), "missing": below.expected - below.submitted}
        raise ChildrenIncomplete(errors=[FieldError("/note", "children_incomplete", text)], **counts)
    await lock_period(tx, row, await campaigns.get(tx.session, row.campaign_id))
    taken = await snapshot(tx, row)
    hold_against(run(await gather(tx, row, taken)), data.acknowledged, data.note)
    filled = await rendered(tx, taken.source, texts)
    if filled.faults:
        raise Invalid(errors=filled.faults)
    digest = await seal(tx, row, taken, Narrative(filled.texts, findings, data.note))
    values: dict[str, Any] = {
        "submitted_at": tx.now,
        "submitted_by": tx.actor.id,
        "submit_note": data.note,
        "return_sections": {},
        "acknowledged": data.acknowledged,
        "first_counted_at": row.first_counted_at or tx.now,
    }
    return Done(values, digest)


async def _reviewed(tx: Tx, row: AnyRow, data: ReportTransition) -> Done:
    """What accepting, returning or reopening sets. Nobody reviews what he or she submitted."""
    if data.action != "reopen":
        tx.actor.require_not_submitter(row.submitted_by)
    if data.action == "accept":
        return Done({"accepted_at": tx.now, "accepted_by": tx.actor.id}, await sign_accepted(tx, row))
    await unlock_period(tx, row)
    if data.action == "reopen":
        return Done({"return_note": data.note, "accepted_at": None, "accepted_by": None})
    check_sections(data.sections, await campaigns.outline(tx.session, row.campaign_id))
    uncounted = data.incomplete and row.first_counted_at == row.submitted_at
    first = None if uncounted else row.first_counted_at
    return Done({"return_note": data.note, "return_sections": data.sections, "first_counted_at": first})
