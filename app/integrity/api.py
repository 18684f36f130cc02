"""HTTP: whether the stored data is sound."""

from typing import Annotated

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.integrity import presenting, service
from app.integrity.schemas import IntegrityOut, IntegrityQuery
from app.kernel.http import one, refusals, router

routes = router("/integrity", "integrity")


@routes.get(
    "",
    response_model=IntegrityOut,
    summary="Kiểm tra tính toàn vẹn dữ liệu / Check the integrity of the data",
    responses=refusals(409, 422),
)
async def check_integrity(
    request: Request, query: Annotated[IntegrityQuery, Query()], tx: Tx = requires(P.INTEGRITY_READ)
) -> Response:
    """Look over the caller's part of the tree: what breaks a rule, where, and how to mend it. Changes nothing.

    A check that takes over 10 seconds, or comes after 25 in all, is `not_run`: ask for it alone. 409 `busy` while
    another look-over runs.
    """
    return one(request, IntegrityOut, presenting.answer(tx, await service.look_over(tx, query.code)))
