"""HTTP: registrations."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import PageSince
from app.registrations import queries, service
from app.registrations.schemas import (
    RegistrationIn,
    RegistrationOut,
    RegistrationPatch,
    RegistrationQuery,
    RegistrationTransition,
)

routes = router("/registrations", "registrations")


@routes.get("", response_model=PageSince[RegistrationOut], summary="Danh sách đăng ký / List registrations")
async def list_registrations(
    request: Request, query: Annotated[RegistrationQuery, Query()], tx: Tx = requires(P.REGISTRATION_READ)
) -> Response:
    """Registrations the caller may see, in the order of the tree unless `sort` says otherwise."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "registration")
    return page(request, RegistrationOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=RegistrationOut, status_code=201, summary="Đăng ký / Register")
async def create_registration(
    request: Request, body: RegistrationIn, tx: Tx = requires(P.REGISTRATION_WRITE)
) -> Response:
    """Start a draft registration of a unit for a year. One per unit, programme and year."""
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, RegistrationOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=RegistrationOut, summary="Một đăng ký / Read a registration")
async def read_registration(request: Request, id: UUID, tx: Tx = requires(P.REGISTRATION_READ)) -> Response:
    """One registration."""
    return one(request, RegistrationOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=RegistrationOut, summary="Sửa đăng ký / Change a registration")
async def edit_registration(
    request: Request, id: UUID, body: RegistrationPatch, version: IfMatch, tx: Tx = requires(P.REGISTRATION_WRITE)
) -> Response:
    """Change a draft or returned registration."""
    return one(request, RegistrationOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp / Delete a draft")
async def delete_registration(id: UUID, version: IfMatch, tx: Tx = requires(P.REGISTRATION_WRITE)) -> Response:
    """Delete a draft that was never submitted."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=RegistrationOut, summary="Chuyển trạng thái / Take an action")
async def move_registration(
    request: Request, id: UUID, body: RegistrationTransition, version: IfMatch, tx: Tx = requires(P.REGISTRATION_SUBMIT)
) -> Response:
    """`submit`, `accept` (the unit directly above), `return` (with a note), `withdraw`."""
    return one(request, RegistrationOut, await service.move(tx, id, version, body))
