"""HTTP: criteria sets."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.criteria import queries, service, transfer, versions
from app.criteria.document import CriteriaSetFile
from app.criteria.schemas import (
    CriteriaSetBody,
    CriteriaSetIn,
    CriteriaSetOut,
    CriteriaSetPatch,
    CriteriaSetQuery,
    CriteriaSetSummary,
    CriteriaSetTransition,
)
from app.criteria.versions import MapIn, MapOut
from app.kernel.http import IfMatch, attachment, media_type_of, one, page, router
from app.kernel.pagination import PageSince

routes = router("/criteria-sets", "criteria-sets")

Format = Annotated[
    Literal["json", "csv"] | None,
    Query(description="As a file that `POST /criteria-sets/import` reads back; without it, the resource"),
]
Owner = Annotated[UUID, Query(description="The unit that is to keep the set")]
_CSV_ANSWER: dict[str, Any] = {transfer.CSV: {"schema": {"type": "string"}}}
_FILES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            transfer.JSON: {"schema": {"$ref": "#/components/schemas/CriteriaSetFile"}},
            transfer.CSV: {"schema": {"type": "string"}},
        },
    }
}


@routes.get("", response_model=PageSince[CriteriaSetSummary], summary="Danh sách bộ tiêu chí / List criteria sets")
async def list_criteria_sets(
    request: Request, query: Annotated[CriteriaSetQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """All versions of all sets, without their criteria. Everyone signed in may read them."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "criteria_set")
    return page(request, CriteriaSetSummary, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=CriteriaSetOut, status_code=201, summary="Tạo bộ tiêu chí / Create a criteria set")
async def create_criteria_set(request: Request, body: CriteriaSetIn, tx: Tx = requires(P.CRITERIA_MANAGE)) -> Response:
    """Start a draft of version 1 with all its groups and criteria. 409 when the unit has a set of this code."""
    made = await service.create(tx, body)
    return one(request, CriteriaSetOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.post(
    "/import",
    response_model=CriteriaSetOut,
    status_code=201,
    summary="Nhập bộ tiêu chí từ tệp / Import a criteria set",
    openapi_extra=_FILES,
)
async def import_criteria_set(request: Request, unit: Owner, tx: Tx = requires(P.CRITERIA_MANAGE)) -> Response:
    """Start a draft from a JSON or CSV file as exported, all or nothing.

    Where the unit has an earlier version, the draft is the next one. Faults are named by pointer (JSON) or as
    `/lines/12/threshold` (CSV).
    """
    made = await transfer.imported(tx, unit, await request.body(), media_type_of(request))
    base = request.url.path.removesuffix("/import")
    return one(request, CriteriaSetOut, made, status=201, location=f"{base}/{made.id}")


@routes.get(
    "/{id}",
    response_model=CriteriaSetOut | CriteriaSetFile,
    summary="Một bộ tiêu chí / Read a criteria set",
    responses={200: {"description": "The resource, or the set as a file", "content": _CSV_ANSWER}},
)
async def read_criteria_set(request: Request, id: UUID, format: Format = None, tx: Tx = requires(None)) -> Response:
    """One version of a set with its groups and criteria in printed order, or as a file."""
    if format is None:
        return one(request, CriteriaSetOut, await service.read(tx, id))
    return attachment(request, *await transfer.exported(tx, id, format))


@routes.put("/{id}", response_model=CriteriaSetOut, summary="Thay toàn bộ bản nháp / Replace a draft")
async def replace_criteria_set(
    request: Request, id: UUID, body: CriteriaSetBody, version: IfMatch, tx: Tx = requires(P.CRITERIA_MANAGE)
) -> Response:
    """Put a whole set in the place of a draft; 409 once it is published. Criteria of the same code keep their id."""
    return one(request, CriteriaSetOut, await service.replace(tx, id, version, body))


@routes.patch("/{id}", response_model=CriteriaSetOut, summary="Sửa bản nháp / Change a draft")
async def edit_criteria_set(
    request: Request, id: UUID, body: CriteriaSetPatch, version: IfMatch, tx: Tx = requires(P.CRITERIA_MANAGE)
) -> Response:
    """Change members of a draft (RFC 7396); 409 once it is published."""
    return one(request, CriteriaSetOut, await service.patch(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp / Delete a draft")
async def delete_criteria_set(id: UUID, version: IfMatch, tx: Tx = requires(P.CRITERIA_MANAGE)) -> Response:
    """Delete a draft; 409 once it is published."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=CriteriaSetOut, summary="Ban hành, bãi bỏ / Publish or retire")
async def move_criteria_set(
    request: Request, id: UUID, body: CriteriaSetTransition, version: IfMatch, tx: Tx = requires(P.CRITERIA_MANAGE)
) -> Response:
    """`publish` a draft, for good; 422 names what it still lacks. `retire` a published set: it stays readable."""
    return one(request, CriteriaSetOut, await service.move(tx, id, version, body))


@routes.post(
    "/{id}/versions",
    response_model=CriteriaSetOut,
    status_code=201,
    summary="Phiên bản tiếp theo / Start the next version",
)
async def start_next_version(request: Request, id: UUID, tx: Tx = requires(P.CRITERIA_MANAGE)) -> Response:
    """Copy a published or retired set as the next draft; each criterion is mapped onto its copy."""
    made = await versions.next_version(tx, id)
    base = request.url.path.removesuffix(f"/{id}/versions")
    return one(request, CriteriaSetOut, made, status=201, location=f"{base}/{made.id}")


@routes.get("/{id}/map", response_model=MapOut, summary="Bảng đối chiếu tiêu chí / Read the map of criteria")
async def read_criteria_map(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """Which criteria of the previous version live on in which of this one."""
    return one(request, MapOut, await versions.read_map(tx, id))


@routes.put("/{id}/map", response_model=MapOut, summary="Sửa bảng đối chiếu / Replace the map of criteria")
async def replace_criteria_map(
    request: Request, id: UUID, body: MapIn, version: IfMatch, tx: Tx = requires(P.CRITERIA_MANAGE)
) -> Response:
    """Replace the map of a draft that was made from another version."""
    return one(request, MapOut, await versions.write_map(tx, id, version, body))
