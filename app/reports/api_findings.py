"""HTTP: the findings of a report."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import Page
from app.reports import findings
from app.reports.queries_findings import FindingAt
from app.reports.schemas_findings import BelowQuery, FindingBelow, FindingIn, FindingOut, FindingPatch, FindingQuery


async def _finding_at(id: UUID, finding_id: UUID) -> FindingAt:
    return FindingAt(id, finding_id)


At = Annotated[FindingAt, Depends(_finding_at)]
routes = router("/reports/{id}/findings", "reports")


@routes.get("", response_model=Page[FindingOut], summary="Nhận xét, đánh giá của báo cáo / List findings")
async def list_findings(
    request: Request, id: UUID, query: Annotated[FindingQuery, Query()], tx: Tx = requires(P.REPORT_READ)
) -> Response:
    """Strengths, limits, lessons, proposals and directions of a report, in the order in which they stand in it."""
    rows, items = await findings.page(tx, id, query)
    return page(request, FindingOut, rows, items=items)


@routes.get("/below", response_model=Page[FindingBelow], summary="Nhận xét của cấp dưới / Findings of units below")
async def list_findings_below(
    request: Request, id: UUID, query: Annotated[BelowQuery, Query()], tx: Tx = requires(P.REPORT_READ)
) -> Response:
    """What units below wrote in submitted or accepted reports of the same campaign: pick one by its id (`POST`)."""
    rows, items = await findings.below(tx, id, query)
    return page(request, FindingBelow, rows, items=items)


@routes.post("", response_model=FindingOut, status_code=201, summary="Thêm nhận xét / Add or pick a finding")
async def create_finding(request: Request, id: UUID, body: FindingIn, tx: Tx = requires(P.REPORT_WRITE)) -> Response:
    """Write a finding or pick one from below by `origin_id`, keeping where it comes from (once: 409 `duplicate`)."""
    made = await findings.create(tx, id, body)
    return one(request, FindingOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{finding_id}", response_model=FindingOut, summary="Một nhận xét / Read a finding")
async def read_finding(request: Request, at: At, tx: Tx = requires(P.REPORT_READ)) -> Response:
    """One finding."""
    return one(request, FindingOut, await findings.read(tx, at))


@routes.patch("/{finding_id}", response_model=FindingOut, summary="Sửa nhận xét / Change a finding")
async def edit_finding(
    request: Request, at: At, body: FindingPatch, version: IfMatch, tx: Tx = requires(P.REPORT_WRITE)
) -> Response:
    """Change text, kind or place of a finding while the report is a draft or returned."""
    return one(request, FindingOut, await findings.edit(tx, at, version, body))


@routes.delete("/{finding_id}", status_code=204, summary="Xóa nhận xét / Delete a finding")
async def delete_finding(at: At, version: IfMatch, tx: Tx = requires(P.REPORT_WRITE)) -> Response:
    """Delete a finding while the report is a draft or returned."""
    await findings.delete(tx, at, version)
    return Response(status_code=204)
