"""The verbs of a report's findings: write them, pick them from below, put them in order."""

from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.kernel.pagination import PageRows
from app.reports import queries
from app.reports import queries_findings as found
from app.reports.queries_findings import FindingAt
from app.reports.reading import unit_of
from app.reports.schemas_findings import BelowQuery, FindingBelow, FindingIn, FindingOut, FindingPatch, FindingQuery
from app.reports.service import editable
from app.reports.shown_findings import brief, origin_of
from app.reports.workflow import EDITABLE
from app.units.schemas import UnitBrief

_FIGURES = Text(
    "Số liệu tự cập nhật {{ ... }} chỉ dùng trong các mục của báo cáo; nội dung này cấp trên lấy nguyên văn",
    "Figures that fill themselves in, {{ ... }}, belong in the sections: the level above takes a finding word for word",
)
_TWICE = Text("Báo cáo đã lấy nội dung này", "The report has picked this one already")
on_constraint("uq_report_findings_origin", Duplicate(_TWICE, [FieldError("/origin_id", "duplicate", _TWICE)]))


def _keep_plain(text: str | None) -> None:
    if text is not None and ("{{" in text or "[[" in text):
        raise Invalid(errors=[FieldError("/text", "placeholder_not_allowed", _FIGURES)])


def _present(tx: Tx, report: AnyRow, row: AnyRow) -> FindingOut:
    may = tx.actor.can(Permission.REPORT_WRITE, unit_of(report))
    also = {name: getattr(row, name) for name in ("report_id", "version", "created_at", "updated_at")}
    now = report.status in EDITABLE and report.campaign_status == "open" and may
    return FindingOut.of({**brief(row), **also, "editable": now})


async def page(tx: Tx, report_id: UUID, query: FindingQuery) -> tuple[PageRows, list[FindingOut]]:
    """A page of a report's findings. Raises 404."""
    report = await queries.get(tx.session, report_id)
    given = {**query.filters(), "report_id": report_id}
    rows = await found.LISTING.page(tx.session, query, sort=query.sort, given=given)
    return rows, [_present(tx, report, row) for row in rows.rows]


async def below(tx: Tx, report_id: UUID, query: BelowQuery) -> tuple[PageRows, list[FindingBelow]]:
    """A page of what the units below wrote in submitted or accepted reports of the same campaign. Raises 404."""
    report = await queries.get(tx.session, report_id)
    given = {**query.filters(), **found.below_of(report)}
    rows = await found.BELOW.page(tx.session, query, sort=query.sort, given=given)
    shown = [
        FindingBelow.of(
            {
                **{name: getattr(row, name) for name in ("id", "report_id", "kind", "text", "picked")},
                "unit": UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name}),
                "origin": origin_of(row),
            }
        )
        for row in rows.rows
    ]
    return rows, shown


async def read(tx: Tx, at: FindingAt) -> FindingOut:
    """One finding. Raises 404."""
    report = await queries.get(tx.session, at.report_id)
    return _present(tx, report, await found.get(tx.session, at))


async def create(tx: Tx, report_id: UUID, data: FindingIn) -> FindingOut:
    """Add a finding, written or picked.

    Raises 403, 409 ``invalid_state``, ``campaign_closed`` or ``duplicate`` (picked already), 422.
    """
    report = await editable(tx, report_id, None)
    _keep_plain(data.text)
    chosen = await _chosen(tx, report, data)
    order = await found.places(tx.session, report_id, chosen["kind"])
    key = new_id()
    place = len(order) if data.position is None else min(data.position - 1, len(order))
    order.insert(place, key)
    whose = {"report_id": report.id, "unit_id": report.unit_id, "unit_path": report.unit_path}
    when = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    await found.add(tx.session, {"id": key, **whose, **chosen, "position": place + 1, **when})
    await found.put_in_order(tx.session, order)
    await _count_up(tx, report)
    after = {"report_id": report.id, **chosen, "position": place + 1}
    await record(tx, "report_finding.create", _subject(report, key), change=(None, after))
    return await read(tx, FindingAt(report_id, key))


async def _chosen(tx: Tx, report: AnyRow, data: FindingIn) -> dict[str, Any]:
    """Kind, text and origin of a new finding."""
    given = {"kind": data.kind, "text": data.text}
    origin: dict[str, Any] = {}
    if data.origin_id is not None:
        source = await found.below(tx.session, report, data.origin_id)
        if source is None:
            text = Text(
                "Không phải nội dung của báo cáo cấp dưới đã gửi trong đợt này",
                "Not of a submitted report of a unit below in this campaign",
            )
            raise Invalid(errors=[FieldError("/origin_id", "not_found", text)])
        given = {name: value or getattr(source, name) for name, value in given.items()}
        origin = {"origin_finding_id": source.id, "origin_unit_id": source.unit_id}
    text = Text("Cần nêu, trừ khi lấy từ cấp dưới", "Needed, unless it is picked from below")
    faults = [FieldError(f"/{name}", "missing", text) for name, value in given.items() if value is None]
    if faults:
        raise Invalid(errors=faults)
    return {**given, **origin}


def _subject(report: AnyRow, finding_id: UUID) -> Subject:
    return Subject("report_finding", finding_id, unit_of(report))


async def _count_up(tx: Tx, report: AnyRow) -> None:
    """The report changed with its finding: who read it before must not submit or accept it unseen."""
    await queries.change(tx.session, report.id, {"updated_at": tx.now})


async def edit(tx: Tx, at: FindingAt, expected: int | None, data: FindingPatch) -> FindingOut:
    """Change a finding. Raises 403, 409 ``invalid_state`` or ``campaign_closed``, 412, 422."""
    report = await editable(tx, at.report_id, None)
    row = await found.get(tx.session, at)
    check_version(expected, row.version)
    _keep_plain(data.text)
    values = data.model_dump(exclude_unset=True)
    text = Text("Không được để trống", "Cannot be emptied")
    empty = [FieldError(f"/{name}", "null", text) for name, value in values.items() if value is None]
    if empty:
        raise Invalid(errors=empty)
    before = {name: getattr(row, name) for name in values}
    kind = values.get("kind", row.kind)
    if values.keys() & {"kind", "position"}:
        order = [key for key in await found.places(tx.session, row.report_id, kind) if key != row.id]
        wanted = values.get("position", row.position if kind == row.kind else len(order) + 1)
        place = min(wanted - 1, len(order))
        order.insert(place, row.id)
        values["position"] = place + 1
        await found.put_in_order(tx.session, order)
    await found.change(tx.session, row.id, {**values, "updated_at": tx.now})
    await _count_up(tx, report)
    await record(tx, "report_finding.edit", _subject(report, row.id), change=(before, values))
    return await read(tx, at)


async def delete(tx: Tx, at: FindingAt, expected: int | None) -> None:
    """Delete a finding. Raises 403, 409 ``invalid_state`` or ``campaign_closed``, 412."""
    report = await editable(tx, at.report_id, None)
    row = await found.get(tx.session, at)
    check_version(expected, row.version)
    await found.remove(tx.session, row.id)
    await found.put_in_order(tx.session, await found.places(tx.session, at.report_id, row.kind))
    await _count_up(tx, report)
    before = {"report_id": at.report_id, "kind": row.kind, "text": row.text, "position": row.position}
    await record(tx, "report_finding.delete", _subject(report, row.id), change=(before, None))
