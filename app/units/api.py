"""HTTP: units."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import Page, PageRows, PageSince
from app.units import base_units, service
from app.units.schemas import (
    AsOfQuery,
    ChildrenQuery,
    FactOut,
    HistoryQuery,
    StepOut,
    StepQuery,
    UnitIn,
    UnitOut,
    UnitPatch,
    UnitQuery,
    UnitTransition,
)

routes = router("/units", "units")


@routes.get("", response_model=PageSince[UnitOut], summary="Danh sách đơn vị / List units")
async def list_units(request: Request, query: Annotated[UnitQuery, Query()], tx: Tx = requires(None)) -> Response:
    """Units of today's tree, or of the tree on the date `as_of` (those that have ended since included).

    With `updated_since`, those that have ended are among the items.
    """
    rows = await with_deleted(tx, await service.find(tx, query), query, "unit")
    return page(request, UnitOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=UnitOut, status_code=201, summary="Thêm đơn vị cơ sở / Add a base unit")
async def create_unit(request: Request, body: UnitIn, tx: Tx = requires(P.UNIT_MANAGE)) -> Response:
    """Add an agency, enterprise or school under the province, district or commune that manages it."""
    made = await base_units.create(tx, body)
    return one(request, UnitOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=UnitOut, summary="Một đơn vị / Read a unit")
async def read_unit(
    request: Request, id: UUID, query: Annotated[AsOfQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """One unit as it is, or with `as_of` as it was: 404 when it did not exist on that date."""
    return one(request, UnitOut, await service.read(tx, id, query.as_of))


@routes.patch("/{id}", response_model=UnitOut, summary="Sửa đơn vị cơ sở / Change a base unit")
async def edit_unit(
    request: Request, id: UUID, body: UnitPatch, version: IfMatch, tx: Tx = requires(P.UNIT_MANAGE)
) -> Response:
    """Rename, recode or move a base unit from `effective_from` on, or put its present facts right (`correction`).

    409 `administrative_unit` for provinces, districts and communes: they change by legal acts.
    """
    return one(request, UnitOut, await base_units.edit(tx, id, version, body))


@routes.get("/{id}/children", response_model=Page[UnitOut], summary="Đơn vị trực thuộc / List the units directly below")
async def list_children(
    request: Request, id: UUID, query: Annotated[ChildrenQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Units directly below one, today or on the date `as_of`."""
    rows = await service.children(tx, id, query)
    return page(request, UnitOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.get("/{id}/ancestors", response_model=Page[UnitOut], summary="Các đơn vị cấp trên / List the units above")
async def list_ancestors(
    request: Request, id: UUID, query: Annotated[AsOfQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Units above one, root first, today or on the date `as_of`: always a single page."""
    return page(request, UnitOut, PageRows([], None, None), items=await service.ancestors(tx, id, query.as_of))


@routes.get("/{id}/history", response_model=Page[FactOut], summary="Lịch sử đơn vị / List the dated facts of a unit")
async def list_history(
    request: Request, id: UUID, query: Annotated[HistoryQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """What the unit was called, where it stood and since when; newest first."""
    rows = await service.history(tx, id, query)
    return page(request, FactOut, rows, items=[service.present_fact(row) for row in rows.rows])


@routes.get(
    "/{id}/predecessors", response_model=Page[StepOut], summary="Đơn vị tiền thân / List the units that a unit came of"
)
async def list_predecessors(
    request: Request, id: UUID, query: Annotated[StepQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Which units became this one, when and by which act; newest first. With `all`, theirs too."""
    rows = await service.predecessors(tx, id, query)
    return page(request, StepOut, rows, items=[service.present_step(row, back=True) for row in rows.rows])


@routes.get(
    "/{id}/successors", response_model=Page[StepOut], summary="Đơn vị kế thừa / List the units that came of a unit"
)
async def list_successors(
    request: Request, id: UUID, query: Annotated[StepQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Which units this one became, when and by which act; oldest first. With `all`, theirs too, down to today's."""
    rows = await service.successors(tx, id, query)
    return page(request, StepOut, rows, items=[service.present_step(row, back=False) for row in rows.rows])


@routes.post("/{id}/transitions", response_model=UnitOut, summary="Kết thúc đơn vị cơ sở / End a base unit")
async def move_unit(
    request: Request, id: UUID, body: UnitTransition, version: IfMatch, tx: Tx = requires(P.UNIT_MANAGE)
) -> Response:
    """`end`: the unit exists no longer from `ended_on` on; its records stay, under the successor if one is named."""
    return one(request, UnitOut, await base_units.move(tx, id, version, body))
