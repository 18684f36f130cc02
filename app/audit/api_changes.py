"""HTTP: the feed of changes."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.feed import changes
from app.audit.schemas import ChangesOut, ChangesQuery
from app.kernel.http import one, router

routes = router("/changes", "changes")


@routes.get("", response_model=ChangesOut, summary="Theo dõi thay đổi / Follow changes")
async def list_changes(
    request: Request, query: Annotated[ChangesQuery, Query()], tx: Tx = requires(P.CHANGE_READ)
) -> Response:
    """Every change of the records the caller reads, oldest first, deletions among them.

    To copy everything and stay up to date: ask with `limit=0` for the `position` of now, read the collections, then
    come back with `after=position` as often as you like. A change appears once its transaction and all before it have
    ended, normally at once. Kinds of records that the caller may not read are left out. 422 `position_lost` after the
    server's data was restored from a back-up: read everything anew.
    """
    return one(request, ChangesOut, await changes(tx, query))
