"""HTTP: propaganda activities and the catalogue of their forms."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import PageSince
from app.propaganda import catalogue, queries, service
from app.propaganda.schemas import (
    ActivityFormIn,
    ActivityFormOut,
    ActivityFormPatch,
    ActivityFormQuery,
    ActivityIn,
    ActivityOut,
    ActivityPatch,
    ActivityQuery,
)

forms = router("/activity-forms", "propaganda")
routes = router("/propaganda-activities", "propaganda")


@forms.get(
    "",
    response_model=PageSince[ActivityFormOut],
    summary="Danh mục hình thức tuyên truyền, phát động / List activity forms",
)
async def list_activity_forms(
    request: Request, query: Annotated[ActivityFormQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """The catalogue, as printed unless `sort` says otherwise. Everyone signed in may read it.

    A unit uses its own entries and those of the units above it (`for_unit`).
    """
    rows = await queries.FORMS.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "activity_form")
    return page(request, ActivityFormOut, rows, items=[catalogue.present(tx, row) for row in rows.rows])


@forms.post("", response_model=ActivityFormOut, status_code=201, summary="Thêm hình thức / Add an activity form")
async def create_activity_form(
    request: Request, body: ActivityFormIn, tx: Tx = requires(P.CATALOGUE_MANAGE)
) -> Response:
    """Add an entry to a unit's catalogue. 409 `duplicate` for a code in use there."""
    made = await catalogue.create(tx, body)
    return one(request, ActivityFormOut, made, status=201, location=f"{request.url.path}/{made.id}")


@forms.get("/{id}", response_model=ActivityFormOut, summary="Một hình thức / Read an activity form")
async def read_activity_form(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One entry of the catalogue."""
    return one(request, ActivityFormOut, await catalogue.read(tx, id))


@forms.patch("/{id}", response_model=ActivityFormOut, summary="Sửa hình thức / Change an activity form")
async def edit_activity_form(
    request: Request, id: UUID, body: ActivityFormPatch, version: IfMatch, tx: Tx = requires(P.CATALOGUE_MANAGE)
) -> Response:
    """Change an entry. Once an activity is of this form, only its end and position (409 `invalid_state`)."""
    return one(request, ActivityFormOut, await catalogue.edit(tx, id, version, body))


@routes.get("", response_model=PageSince[ActivityOut], summary="Danh sách tuyên truyền, phát động / List activities")
async def list_activities(
    request: Request, query: Annotated[ActivityQuery, Query()], tx: Tx = requires(P.ACTIVITY_READ)
) -> Response:
    """Activities the caller may see, the latest first unless `sort` says otherwise."""
    rows = await queries.ACTIVITIES.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "activity")
    return page(request, ActivityOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=ActivityOut, status_code=201, summary="Ghi hoạt động / Record an activity")
async def create_activity(request: Request, body: ActivityIn, tx: Tx = requires(P.ACTIVITY_WRITE)) -> Response:
    """Record an event, or the total of a span of days.

    409 `duplicate` when a total of the same unit, form and venue covers some of its days (`other` names it), 409
    `period_locked` when a submitted or accepted report has counted that day.
    """
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, ActivityOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=ActivityOut, summary="Một hoạt động / Read an activity")
async def read_activity(request: Request, id: UUID, tx: Tx = requires(P.ACTIVITY_READ)) -> Response:
    """One activity."""
    return one(request, ActivityOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=ActivityOut, summary="Sửa hoạt động / Change an activity")
async def edit_activity(
    request: Request, id: UUID, body: ActivityPatch, version: IfMatch, tx: Tx = requires(P.ACTIVITY_WRITE)
) -> Response:
    """Change an activity that no report has counted. The result must be a valid activity as a whole."""
    return one(request, ActivityOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa hoạt động / Delete an activity")
async def delete_activity(id: UUID, version: IfMatch, tx: Tx = requires(P.ACTIVITY_WRITE)) -> Response:
    """Delete an activity that no report has counted (409 `period_locked` otherwise)."""
    await service.delete(tx, id, version)
    return Response(status_code=204)
