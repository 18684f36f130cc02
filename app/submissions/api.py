"""HTTP: submissions."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.kernel.http import NDJSON, IfMatch, one, page, refusals, router
from app.kernel.openapi import document_body
from app.kernel.pagination import Page
from app.submissions import answering, queries, service
from app.submissions.examples import ANSWER, BUNDLE
from app.submissions.receiving import Received, received
from app.submissions.schemas import Bundle, LineOut, LineQuery, Options, RunOut, RunQuery, RunTransition, TakenOut

routes = router("/submissions", "submissions")

_LINES = "One `Bundle` per line, one line per unit"
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": document_body(Bundle)},
                "examples": {"commune": {"summary": "Một xã / One commune", "value": BUNDLE}},
            },
            NDJSON: {"schema": {"type": "string", "format": "binary", "description": _LINES}},
        },
    },
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": TakenOut,
        "description": "What became of each item; for many bundles one line of JSON (`LineOut`) for each",
        "content": {"application/json": {"example": ANSWER}, NDJSON: {"schema": {"type": "string"}}},
    },
    202: {"model": RunOut, "description": "Accepted: worked off after the answer; `Location` tells the progress"},
    **refusals(404, 408, 409, 413, 415),
}


@routes.post("", responses=_ANSWERS, openapi_extra=_BODY, summary="Nộp trọn gói / Submit a bundle")
async def submit_bundle(
    request: Request,
    options: Annotated[Options, Query()],
    prefer: Annotated[str | None, Header(description="`respond-async`: answer 202 at once (RFC 7240)")] = None,
    sent: Received = Depends(received),
    tx: Tx = requires(None),
) -> Response:
    """Store what a unit reports, all or nothing: records are matched by `id` or natural key, by the rules of each kind.

    Any fault answers 422 (403, 404, 409 where all faults are of that sort) with every one in `errors` by pointer into
    the bundle, and stores nothing; `partial=true` stores the good items. As `application/x-ndjson`, one bundle per
    line, each is stored for itself: up to 200 at once, beyond that (or with `Prefer: respond-async`) 202 and the work
    goes on with the sender's rights. Drafts only: submitting and approving stay acts of their own.
    """
    return await answering.answer(request, tx, sent, (options, prefer))


@routes.get("", response_model=Page[RunOut], summary="Các lần nộp của tôi / List my submissions")
async def list_submissions(request: Request, query: Annotated[RunQuery, Query()], tx: Tx = requires(None)) -> Response:
    """Submissions of many units that the caller sent in the last thirty days, the newest first."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    return page(request, RunOut, rows, items=[service.present(row) for row in rows.rows])


@routes.get("/{id}", response_model=RunOut, summary="Tiến độ một lần nộp / Read a submission's progress")
async def read_submission(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """How far it is: `queued`, `running`, `done`, `cancelled`, or `failed` when the sender's account or key ended."""
    return one(request, RunOut, await service.read(tx, id))


@routes.get("/{id}/lines", response_model=Page[LineOut], summary="Kết quả từng dòng / List results by line")
async def list_submission_lines(
    request: Request, id: UUID, query: Annotated[LineQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """What each line that was worked off came to, in the order in which they were sent."""
    rows = await service.lines(tx, id, query)
    return page(request, LineOut, rows, items=[row.result for row in rows.rows])


@routes.post("/{id}/transitions", response_model=RunOut, summary="Hủy phần còn lại / Cancel what is left")
async def move_submission(
    request: Request, id: UUID, body: RunTransition, version: IfMatch, tx: Tx = requires(None)
) -> Response:
    """`cancel` while it is queued or running: what is stored stays, the rest is left."""
    return one(request, RunOut, await service.move(tx, id, version, body))
