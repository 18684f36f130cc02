"""HTTP: good practices."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import PageSince
from app.practices import queries, service
from app.practices.schemas import PracticeIn, PracticeOut, PracticePatch, PracticeQuery, PracticeTransition

routes = router("/good-practices", "good-practices")


@routes.get("", response_model=PageSince[PracticeOut], summary="Danh sách mô hình, cách làm hay / List good practices")
async def list_practices(
    request: Request, query: Annotated[PracticeQuery, Query()], tx: Tx = requires(P.PRACTICE_READ)
) -> Response:
    """Good practices the caller may see, in the order of the tree unless `sort` says otherwise."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "practice")
    return page(request, PracticeOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post(
    "", response_model=PracticeOut, status_code=201, summary="Ghi mô hình, cách làm hay / Record a good practice"
)
async def create_practice(request: Request, body: PracticeIn, tx: Tx = requires(P.PRACTICE_WRITE)) -> Response:
    """Start a draft. 409 `period_locked` where a report of the unit has counted `started_on`."""
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, PracticeOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=PracticeOut, summary="Một mô hình, cách làm hay / Read a good practice")
async def read_practice(request: Request, id: UUID, tx: Tx = requires(P.PRACTICE_READ)) -> Response:
    """One good practice."""
    return one(request, PracticeOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=PracticeOut, summary="Sửa mô hình, cách làm hay / Change a good practice")
async def edit_practice(
    request: Request, id: UUID, body: PracticePatch, version: IfMatch, tx: Tx = requires(P.PRACTICE_WRITE)
) -> Response:
    """Change a draft or returned practice while no report of the unit has counted it."""
    return one(request, PracticeOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp / Delete a draft")
async def delete_practice(id: UUID, version: IfMatch, tx: Tx = requires(P.PRACTICE_WRITE)) -> Response:
    """Delete a draft that was never proposed."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=PracticeOut, summary="Chuyển trạng thái / Take an action")
async def move_practice(
    request: Request, id: UUID, body: PracticeTransition, version: IfMatch, tx: Tx = requires(P.PRACTICE_SUBMIT)
) -> Response:
    """`propose`, `select` (the unit directly above), `replicate` (a unit further above), `return` (with a note).

    Proposing needs `results`. Where only the root stands above the unit directly above, that unit may both select and
    replicate.
    """
    return one(request, PracticeOut, await service.move(tx, id, version, body))
