"""The verbs of a report: write it, delete a draft, let the unit's obligations follow. Up the levels: ``review.py``,
shown: ``reading.py``."""

from collections.abc import Iterable
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.campaigns import obligations
from app.campaigns import queries as campaigns
from app.campaigns.obligation_queries import Owed
from app.campaigns.obligations import Movement, obligation_moved
from app.campaigns.schemas import ObligationIn, ObligationOut
from app.campaigns.service import kept_open, owner_of, require_open
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.clock import start_of
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, InvalidState, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.reports import queries
from app.reports.figures import keep_sound
from app.reports.heads import head_of
from app.reports.reading import read, subject_of, unit_of
from app.reports.schemas import ReportIn, ReportOut, ReportPatch
from app.reports.workflow import EDITABLE
from app.units.references import living_ref

_EXISTS = Text("Đơn vị đã có báo cáo trong đợt này", "The unit already has a report in this campaign")
on_constraint("uq_reports_campaign_id_unit_id", Duplicate(_EXISTS, [FieldError("/unit_id", "duplicate", _EXISTS)]))

refuse_taken_id("reports")


async def made_before(tx: Tx, data: ReportIn) -> ReportOut | None:
    """The report that an earlier request began under the same chosen id. Raises 409 ``duplicate_id``."""

    def same(row: AnyRow) -> bool:
        return bool((row.unit_id, row.campaign_id) == (data.unit_id, data.campaign_id))

    row = await same_again(tx.session, data.id, queries.get, same)
    return None if row is None else await read(tx, row.id)


async def create(tx: Tx, data: ReportIn) -> ReportOut:
    """Start a draft.

    Raises 404 / 403 by the unit, 409 ``campaign_closed`` or ``duplicate``, 422 for a campaign that does not exist or a
    unit outside it.
    """
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.REPORT_WRITE, unit)
    await campaigns.keep_state(tx.session, data.campaign_id)
    campaign = await campaigns.find(tx.session, data.campaign_id)
    if campaign is None:
        text = Text("Không có đợt này", "There is no such campaign")
        raise Invalid(errors=[FieldError("/campaign_id", "not_found", text)])
    require_open(campaign)
    if not unit.path.startswith(owner_of(campaign).path):
        text = Text("Đơn vị không thuộc đơn vị tổ chức đợt này", "The unit is not under the campaign's own unit")
        raise Invalid(errors=[FieldError("/unit_id", "outside_campaign", text)])
    report_id = data.id or new_id()
    head = head_of(*await queries.place(tx.session, unit.id))
    values = {"id": report_id, "unit_id": unit.id, "unit_path": unit.path, "campaign_id": data.campaign_id, **head}
    await queries.add(tx.session, {**values, "created_at": tx.now, "updated_at": tx.now})
    after = {"campaign_id": data.campaign_id, "status": "draft", **head}
    await record(tx, "report.create", Subject("report", report_id, unit), change=(None, after))
    await obligation_moved(tx, Owed(data.campaign_id, unit.id), Movement("drafting", None))
    return await read(tx, report_id)


async def edit(tx: Tx, report_id: UUID, expected: int | None, data: ReportPatch) -> ReportOut:
    """Change a draft or returned report. Raises 403, 409 ``invalid_state`` or ``campaign_closed``, 412, 422."""
    row = await editable(tx, report_id, expected)
    given = data.model_dump(exclude_unset=True)
    texts = given.pop("sections", {})
    given |= {name: [] for name in ("addressees", "recipients") if name in given and given[name] is None}
    before = {name: getattr(row, name) for name in given}
    after = dict(given)
    if texts:
        check_sections(texts, await campaigns.outline(tx.session, row.campaign_id))
        await keep_sound(tx, row, {code: text for code, text in texts.items() if text is not None})
        old = await queries.sections(tx.session, row.id)
        before["sections"], after["sections"] = {code: old.get(code) for code in texts}, texts
        place = {"report_id": row.id, "unit_id": row.unit_id, "unit_path": row.unit_path}
        await queries.write_sections(tx.session, [{**place, "code": c, "text": text} for c, text in texts.items()])
    await queries.change(tx.session, row.id, {**given, "updated_at": tx.now})
    await record(tx, "report.edit", subject_of(row), change=(before, after))
    await follow(tx, row)
    return await read(tx, row.id)


def check_sections(codes: Iterable[str], outline: Iterable[AnyRow]) -> None:
    """Refuse with 422 what the outline does not have, or has as a mere heading; each code by its pointer."""
    writable = {part.code: part.writable for part in outline}
    unknown = Text("Đề cương không có mục này", "The outline has no such section")
    heading = Text("Mục này chỉ là tiêu đề; viết vào các mục con", "This is only a heading: write under its parts")
    faults = []
    for code in codes:
        if code not in writable:
            place = code.replace("~", "~0").replace("/", "~1")
            faults.append(FieldError(f"/sections/{place}"[:200], "unknown_section", unknown))
        elif not writable[code]:
            faults.append(FieldError(f"/sections/{code}", "not_writable", heading))
    if faults:
        raise Invalid(errors=faults)


async def delete(tx: Tx, report_id: UUID, expected: int | None) -> None:
    """Delete a draft that was never submitted. Raises 403, 409 ``invalid_state`` or ``campaign_closed``, 412."""
    row = await editable(tx, report_id, expected)
    if row.submitted_at is not None:
        raise InvalidState(Text("Đã từng gửi nên không xóa được", "It was submitted once and cannot be deleted"))
    before = {"campaign_id": row.campaign_id, "sections": await queries.sections(tx.session, row.id)}
    await queries.remove(tx.session, row.id)
    await record(tx, "report.delete", subject_of(row), change=(before, None))
    await obligation_moved(tx, Owed(row.campaign_id, row.unit_id), Movement("not_started", None))


async def editable(tx: Tx, report_id: UUID, expected: int | None) -> AnyRow:
    """The report, locked, which its unit's editors may change now. Raises 403, 409, 412 as ``edit`` does."""
    row = await queries.get(tx.session, report_id, lock=True)
    tx.actor.require(Permission.REPORT_WRITE, unit_of(row))
    check_version(expected, row.version)
    if row.status not in EDITABLE:
        raise InvalidState(
            Text("Chỉ sửa được khi là bản nháp hoặc bị trả lại", "Only a draft or a returned one can be changed"),
            current_status=row.status,
        )
    await kept_open(tx, row.campaign_id)
    return row


async def follow(tx: Tx, row: AnyRow) -> None:
    """Let the unit's obligation to report stand as the report in ``row`` does."""
    status = "drafting" if row.status == "draft" else row.status
    await obligation_moved(tx, Owed(row.campaign_id, row.unit_id), Movement(status, row.first_counted_at))


async def follow_conference(tx: Tx, row: AnyRow) -> None:
    """A report on a conference also fulfils the unit's ``conference``: held on its day, while the report counts."""
    to = Movement("not_started", None)
    if row.review_method == "conference" and row.first_counted_at is not None:
        status = "accepted" if row.status == "accepted" else "submitted"
        to = Movement(status, start_of(row.held_on))
    await obligation_moved(tx, Owed(row.campaign_id, row.unit_id, "conference"), to)


async def join(tx: Tx, campaign_id: UUID, data: ObligationIn) -> ObligationOut:
    """Put a unit on a campaign's list; a report it has already begun counts from there on. Raises as ``join`` there."""
    obligation_id = await obligations.join(tx, campaign_id, data)
    row = await queries.of_unit(tx.session, campaign_id, data.unit_id)
    if row is not None:
        await follow(tx, row)
        if row.status not in EDITABLE:
            await follow_conference(tx, row)
    return await obligations.read(tx, obligation_id)
