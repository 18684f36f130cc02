"""HTTP: what a submission sealed, its signatures, and what has changed since."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.kernel.http import attachment, one, page, router
from app.kernel.pagination import Page
from app.reports import comparing, sealing
from app.reports.schemas_seals import DiffOut, SealedRecord, SealOut, SealQuery, SealRecordsQuery
from app.reports.sealed_records import sealed_records

routes = router("/reports/{id}", "reports")
_BODY = {
    "type": "object",
    "description": "`format`, `report`, `unit`, `campaign`, `outline`, `sections`, `findings`, `forms` (each column"
    " names under `records` the collections it is counted from), `records` (by collection, each as [id, version]),"
    " `note`, `sealed_at`. Which records were counted is sealed, not in which cell each of them counts",
}


@routes.get("/seal", response_model=SealOut, summary="Niêm phong của báo cáo / Read a report's seal")
async def read_seal(
    request: Request, id: UUID, query: Annotated[SealQuery, Query()], tx: Tx = requires(P.REPORT_READ)
) -> Response:
    """Digest and signatures of what was submitted; 404 `not_sealed` for a report that never was."""
    return one(request, SealOut, await sealing.read(tx, id, query.sequence))


@routes.get(
    "/seal/body",
    summary="Nội dung đã niêm phong / Download what was sealed",
    response_class=Response,
    responses={200: {"description": "The sealed body", "content": {"application/json": {"schema": _BODY}}}},
)
async def read_seal_body(
    request: Request, id: UUID, query: Annotated[SealQuery, Query()], tx: Tx = requires(P.REPORT_READ)
) -> Response:
    """The sealed JSON byte for byte (RFC 8785): its SHA-256 is the digest. Texts, findings, forms, counted records."""
    found = await sealing.body(tx, id, query.sequence)
    name = f"bao-cao-{found.report_id}-{found.sequence}.json"
    return attachment(request, found.body, "application/json", name, found.sequence)


@routes.get(
    "/seal/records",
    response_model=Page[SealedRecord],
    summary="Bản ghi đã niêm phong / List the records that a seal counted",
)
async def list_sealed_records(
    request: Request, id: UUID, query: Annotated[SealRecordsQuery, Query()], tx: Tx = requires(P.REPORT_READ)
) -> Response:
    """Exactly the records that were counted when the report was submitted, with what has become of each since.

    By collection and id. Units, which nobody records, and the obligations that submitting itself moves are not listed.
    The seal says which records were counted and which figure stands in each cell, not in which cell each record counts:
    the column of a sealed form names the collections behind it. 404 `not_sealed` for a report that never was submitted.
    """
    return page(request, SealedRecord, await sealed_records(tx, id, query))


@routes.get("/diff", response_model=DiffOut, summary="So số đã niêm phong với hiện tại / Sealed against live")
async def read_diff(request: Request, id: UUID, tx: Tx = requires(P.REPORT_READ)) -> Response:
    """Figure by figure, text by text, record by record: what differs now from the newest seal."""
    return one(request, DiffOut, await comparing.diff(tx, id))
