"""HTTP: figures."""

from typing import Annotated

import orjson
from fastapi import Path, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.exports.files import answers
from app.kernel.http import attachment, page, router
from app.kernel.pagination import Page
from app.statistics import service
from app.statistics.files import file_of
from app.statistics.measures import MEASURES
from app.statistics.schemas import CountedRecord, MeasuresOut, RecordsQuery, StatisticsOut, StatisticsQuery

routes = router("/statistics", "statistics")

# Not an enum to the code: an unknown measure is an address that does not exist (404), not a faulty value (422).
MeasureCode = Annotated[
    str,
    Path(
        description="Mã chỉ tiêu, xem GET /api/v1/statistics / Code of a measure, see GET /api/v1/statistics",
        json_schema_extra={"enum": list(MEASURES)},
    ),
]

_HEADERS = {"Vary": "Authorization, Accept-Language", "Cache-Control": "private, no-cache"}


@routes.get("", response_model=MeasuresOut, summary="Danh mục chỉ tiêu / List the measures")
async def list_measures(tx: Tx = requires(P.STATISTICS_READ)) -> MeasuresOut:
    """Every figure that can be asked for: what it counts, its values, by what it can be grouped and narrowed."""
    return service.measures(tx)


@routes.get(
    "/{measure}",
    response_model=StatisticsOut,
    summary="Số liệu tổng hợp / Read figures",
    responses={200: {"description": "The figures", "content": answers("csv", "xlsx")}},
)
async def read_statistics(
    request: Request,
    measure: MeasureCode,
    query: Annotated[StatisticsQuery, Query()],
    tx: Tx = requires(P.STATISTICS_READ),
) -> Response:
    """Figures of a unit and everything below it, grouped, with totals and with how much has been reported.

    Only groups that have records are rows. 404 for an unknown measure or a unit outside one's scope; 422 names what the
    measure cannot be grouped or narrowed by.
    """
    answer = await service.statistics(tx, measure, query)
    if query.format != "json":
        return attachment(request, *await file_of(tx, MEASURES[measure], answer, query.format))
    # Rows of the database as they are: checking thousands of them against the schema would cost more than the query.
    body = orjson.dumps(answer, default=str, option=orjson.OPT_UTC_Z)
    return Response(body, headers=_HEADERS, media_type="application/json")


@routes.get(
    "/{measure}/records", response_model=Page[CountedRecord], summary="Bản ghi tạo nên số liệu / Records behind a cell"
)
async def list_records(
    request: Request,
    measure: MeasureCode,
    query: Annotated[RecordsQuery, Query()],
    tx: Tx = requires(P.STATISTICS_READ),
) -> Response:
    """Exactly the records that a cell counts. Its address: the row's `records`, with `cell=` for one of the values.

    Their `value` adds up to the cell, over all pages. Each says whose it was on its own day and who bears it today.
    """
    rows = await service.records(tx, measure, query)
    return page(request, CountedRecord, rows)
