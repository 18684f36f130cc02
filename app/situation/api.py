"""HTTP: situation figures and the catalogue of their indicators."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.http import IfMatch, one, page, refusals, router
from app.kernel.pagination import PageSince
from app.situation import catalogue, queries, service, table
from app.situation.schemas import (
    ComparisonOut,
    ComparisonQuery,
    FigureIn,
    FigureOut,
    FigurePatch,
    FigureQuery,
    FigureTable,
    IndicatorIn,
    IndicatorOut,
    IndicatorPatch,
    IndicatorQuery,
)

indicators = router("/indicators", "situation")
routes = router("/situation-figures", "situation")


@indicators.get(
    "", response_model=PageSince[IndicatorOut], summary="Danh mục chỉ tiêu tình hình ANTT / List situation indicators"
)
async def list_indicators(
    request: Request, query: Annotated[IndicatorQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """The catalogue, as printed unless `sort` says otherwise. Everyone signed in may read it.

    A unit uses its own entries and those of the units above it (`for_unit`).
    """
    rows = await queries.INDICATORS.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "indicator")
    return page(request, IndicatorOut, rows, items=[catalogue.present(tx, row) for row in rows.rows])


@indicators.post("", response_model=IndicatorOut, status_code=201, summary="Thêm chỉ tiêu / Add an indicator")
async def create_indicator(request: Request, body: IndicatorIn, tx: Tx = requires(P.CATALOGUE_MANAGE)) -> Response:
    """Add an entry to a unit's catalogue: a count, or the ratio of two counts. 409 `duplicate` for a code in use."""
    made = await catalogue.create(tx, body)
    return one(request, IndicatorOut, made, status=201, location=f"{request.url.path}/{made.id}")


@indicators.get("/{id}", response_model=IndicatorOut, summary="Một chỉ tiêu / Read an indicator")
async def read_indicator(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One entry of the catalogue."""
    return one(request, IndicatorOut, await catalogue.read(tx, id))


@indicators.patch("/{id}", response_model=IndicatorOut, summary="Sửa chỉ tiêu / Change an indicator")
async def edit_indicator(
    request: Request, id: UUID, body: IndicatorPatch, version: IfMatch, tx: Tx = requires(P.CATALOGUE_MANAGE)
) -> Response:
    """Change an entry. Once a figure is of this indicator, only its end and position (409 `invalid_state`)."""
    return one(request, IndicatorOut, await catalogue.edit(tx, id, version, body))


@routes.get("", response_model=PageSince[FigureOut], summary="Số liệu tình hình ANTT / List situation figures")
async def list_situation_figures(
    request: Request, query: Annotated[FigureQuery, Query()], tx: Tx = requires(P.SITUATION_READ)
) -> Response:
    """Figures the caller may see, each with difference, percent and trend, in the order of the tree."""
    rows = await queries.FIGURES.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "situation_figure")
    return page(request, FigureOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=FigureOut, status_code=201, summary="Ghi số liệu / Record a situation figure")
async def create_situation_figure(request: Request, body: FigureIn, tx: Tx = requires(P.SITUATION_WRITE)) -> Response:
    """Record a unit's count of one indicator: before, after, or both. One per unit, campaign and indicator.

    422 `exceeds_whole` or `below_part` when a part would exceed its whole. 409 `period_locked` when a submitted or
    accepted report of the campaign has counted the figures.
    """
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, FigureOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.put(
    "",
    response_model=ComparisonOut,
    responses=refusals(412),
    summary="Ghi cả bảng số liệu / Write a unit's whole table",
)
async def put_situation_figures(request: Request, body: FigureTable, tx: Tx = requires(P.SITUATION_WRITE)) -> Response:
    """Insert, change or take away all listed figures of a unit in a campaign, or none of them.

    There is no `If-Match`, since no single record is replaced: a line may carry the `version` it was read in and is
    then refused with 412 when somebody else has changed the figure. The same body again changes nothing. Answers the
    unit's comparison, ratios included.
    """
    return one(request, ComparisonOut, await table.write(tx, body))


@routes.get("/comparison", response_model=ComparisonOut, summary="So sánh trước và sau / Compare before and after")
async def compare_situation(
    request: Request, query: Annotated[ComparisonQuery, Query()], tx: Tx = requires(P.SITUATION_READ)
) -> Response:
    """A unit's own figures in a campaign, a line for each indicator in force, ratios recomputed from their counts."""
    return one(request, ComparisonOut, await table.comparison(tx, query.unit, query.campaign))


@routes.get("/{id}", response_model=FigureOut, summary="Một số liệu / Read a situation figure")
async def read_situation_figure(request: Request, id: UUID, tx: Tx = requires(P.SITUATION_READ)) -> Response:
    """One figure."""
    return one(request, FigureOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=FigureOut, summary="Sửa số liệu / Change a situation figure")
async def edit_situation_figure(
    request: Request, id: UUID, body: FigurePatch, version: IfMatch, tx: Tx = requires(P.SITUATION_WRITE)
) -> Response:
    """Change the values or the remarks of a figure that no report has counted."""
    return one(request, FigureOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa số liệu / Delete a situation figure")
async def delete_situation_figure(id: UUID, version: IfMatch, tx: Tx = requires(P.SITUATION_WRITE)) -> Response:
    """Delete a figure that no report has counted (409 `period_locked` otherwise)."""
    await service.delete(tx, id, version)
    return Response(status_code=204)
