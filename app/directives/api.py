"""HTTP: directives."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.directives import service
from app.directives.schemas import DirectiveIn, DirectiveOut, DirectivePatch, DirectiveQuery
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import PageSince

routes = router("/directives", "directives")


@routes.get("", response_model=PageSince[DirectiveOut], summary="Danh sách văn bản chỉ đạo / List directives")
async def list_directives(
    request: Request, query: Annotated[DirectiveQuery, Query()], tx: Tx = requires(P.DIRECTIVE_READ)
) -> Response:
    """Directives the caller may see, in the order of the tree unless `sort` says otherwise."""
    rows = await service.find(tx, query)
    rows = await with_deleted(tx, rows, query, "directive")
    return page(request, DirectiveOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=DirectiveOut, status_code=201, summary="Ghi văn bản chỉ đạo / Record a directive")
async def create_directive(request: Request, body: DirectiveIn, tx: Tx = requires(P.DIRECTIVE_WRITE)) -> Response:
    """Record a document that was issued, once per unit, number and day.

    A number or text that carries a mark of a state secret answers 422 `secrecy_mark`: such documents must not be
    stored here. 409 `period_locked` where a report of the unit has counted that day.
    """
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, DirectiveOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=DirectiveOut, summary="Một văn bản chỉ đạo / Read a directive")
async def read_directive(request: Request, id: UUID, tx: Tx = requires(P.DIRECTIVE_READ)) -> Response:
    """One directive."""
    return one(request, DirectiveOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=DirectiveOut, summary="Sửa văn bản chỉ đạo / Change a directive")
async def edit_directive(
    request: Request, id: UUID, body: DirectivePatch, version: IfMatch, tx: Tx = requires(P.DIRECTIVE_WRITE)
) -> Response:
    """Change a directive while no report of the unit has counted its day; errors as for recording one."""
    return one(request, DirectiveOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa văn bản chỉ đạo / Delete a directive")
async def delete_directive(id: UUID, version: IfMatch, tx: Tx = requires(P.DIRECTIVE_WRITE)) -> Response:
    """Delete a directive that was recorded by mistake, while no report of the unit has counted its day."""
    await service.delete(tx, id, version)
    return Response(status_code=204)
