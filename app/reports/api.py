"""HTTP: reports; and joining a campaign, where a report already begun counts."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.campaigns.schemas import ObligationIn, ObligationOut
from app.exports.files import answers
from app.kernel.http import IfMatch, attachment, one, page, router
from app.kernel.pagination import PageSince
from app.reports import checking, queries, reading, review, service
from app.reports.pack import conference_pack
from app.reports.printing import report_file
from app.reports.schemas import ReportIn, ReportItem, ReportOut, ReportPatch, ReportQuery, ReportTransition
from app.reports.schemas_checks import ChecksOut

routes = router("/reports", "reports")
joining = router("/campaigns", "obligations")
packs = router("/campaigns", "reports")

Format = Annotated[
    Literal["docx", "xlsx"] | None,
    Query(description="`docx` = the Word document instead of the resource; `xlsx` = the workbook of its annexes"),
]


@routes.get("", response_model=PageSince[ReportItem], summary="Danh sách báo cáo / List reports")
async def list_reports(
    request: Request, query: Annotated[ReportQuery, Query()], tx: Tx = requires(P.REPORT_READ)
) -> Response:
    """Reports the caller may see, in the order of the tree unless `sort` says otherwise; texts only in a single one."""
    given = {**query.filters(), "today": tx.today}
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort, given=given)
    rows = await with_deleted(tx, rows, query, "report")
    return page(request, ReportItem, rows, items=[reading.present_item(tx, row) for row in rows.rows])


@routes.post("", response_model=ReportOut, status_code=201, summary="Lập báo cáo / Start a report")
async def create_report(request: Request, body: ReportIn, tx: Tx = requires(P.REPORT_WRITE)) -> Response:
    """Start a draft. One per unit and campaign (409 `duplicate`); the campaign must be open (409 `campaign_closed`)."""
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, ReportOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get(
    "/{id}",
    response_model=ReportOut,
    summary="Một báo cáo / Read a report",
    responses={200: {"description": "The resource, or its paper", "content": answers("docx", "xlsx")}},
)
async def read_report(request: Request, id: UUID, format: Format = None, tx: Tx = requires(P.REPORT_READ)) -> Response:
    """One report: its texts by heading, the outline, the obligation with its timeliness, the state of those below.

    `format=docx`: the paper in the layout of Nghị định 30/2020/NĐ-CP with the forms, the documents and the registered
    units as annexes; `format=xlsx`: those annexes in full. While the report stands submitted or accepted its figures
    are the sealed ones; a draft says DỰ THẢO on every page.
    """
    if format is None:
        return one(request, ReportOut, await reading.read(tx, id))
    return attachment(request, *await report_file(tx, id, format))


@routes.patch("/{id}", response_model=ReportOut, summary="Sửa báo cáo / Change a report")
async def edit_report(
    request: Request, id: UUID, body: ReportPatch, version: IfMatch, tx: Tx = requires(P.REPORT_WRITE)
) -> Response:
    """Change a draft or returned report (RFC 7396): only the sections named change, null removes one."""
    return one(request, ReportOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp / Delete a draft")
async def delete_report(id: UUID, version: IfMatch, tx: Tx = requires(P.REPORT_WRITE)) -> Response:
    """Delete a draft that was never submitted."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=ReportOut, summary="Chuyển trạng thái / Take an action")
async def move_report(
    request: Request, id: UUID, body: ReportTransition, version: IfMatch, tx: Tx = requires(P.REPORT_SUBMIT)
) -> Response:
    """`submit`, `accept` and `return` (the unit directly above), `reopen` (a coordinator).

    `submit` answers 422 with what is missing, `children_incomplete` while units below are not all accepted and no note
    says why, `checks_failed` where figures contradict each other, and `warnings_stand` until every warning of `/checks`
    stands in `acknowledged` and a `note` explains them. It seals the report and locks its period. `return` may give
    reasons per section; with `incomplete: true` it takes back that the submission counts as made in time.
    """
    return one(request, ReportOut, await review.move(tx, id, version, body))


@routes.get("/{id}/checks", response_model=ChecksOut, summary="Kiểm tra chéo trước khi gửi / Cross-checks")
async def check_report(request: Request, id: UUID, tx: Tx = requires(P.REPORT_READ)) -> Response:
    """What stands against submitting now: errors refuse it, warnings must be acknowledged; and what is filled in."""
    return one(request, ChecksOut, await checking.checks(tx, id))


@joining.post(
    "/{id}/obligations", response_model=ObligationOut, status_code=201, summary="Thêm vào danh sách / Join the list"
)
async def join_campaign(
    request: Request, id: UUID, body: ObligationIn, tx: Tx = requires(P.OBLIGATION_MANAGE)
) -> Response:
    """A unit joins the frozen list by an act with a reason, with the deadline of its level (422 `no_deadline`)."""
    made = await service.join(tx, id, body)
    return one(request, ObligationOut, made, status=201, location=f"/api/v1/obligations/{made.id}")


@packs.get(
    "/{id}/conference-pack",
    response_class=Response,
    summary="Tài liệu hội nghị sơ kết / Download the conference pack",
    responses={200: {"description": "A ZIP file", "content": answers("zip")}},
)
async def download_conference_pack(
    request: Request, id: UUID, tx: Tx = requires(P.REPORT_READ, recorded=True)
) -> Response:
    """What a review conference has on the table, of the unit that holds the campaign and everything below it.

    The report, all forms, chosen good practices and the list of awards, in Word and Excel, with `manifest.json` and
    `SHA256SUMS`. Who read the nominees is kept in the event log (`award.read`).
    """
    return attachment(request, *await conference_pack(tx, id))
