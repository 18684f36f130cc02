"""Which of the three answers a submission gets: one bundle's, many bundles' at once, or 202."""

from fastapi import Request, Response

from app.access.actor import Tx
from app.kernel.http import NDJSON, one
from app.submissions import service
from app.submissions.receiving import Received
from app.submissions.schemas import Options, RunOut, TakenOut
from app.submissions.service import MOST_LINES_NOW


async def answer(request: Request, tx: Tx, sent: Received, asked: tuple[Options, str | None]) -> Response:
    """The answer to what was sent. Raises what the verbs raise."""
    options, prefer = asked
    if sent.spool is None:
        return one(request, TakenOut, await service.submit(tx, sent.bundle, options))
    later = "respond-async" in (prefer or "").lower()
    if not later and sent.count <= MOST_LINES_NOW and sent.size <= request.app.state.settings.max_body_bytes:
        return Response(await service.take_all(tx, sent.lines(), options), 200, {"Cache-Control": "no-cache"}, NDJSON)
    accepted = await service.accept(tx, sent.lines(), sent.count, options)
    found = one(request, RunOut, accepted, status=202, location=f"{request.url.path}/{accepted.id}")
    if later:
        found.headers["Preference-Applied"] = "respond-async"
    return found
