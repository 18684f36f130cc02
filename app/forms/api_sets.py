"""HTTP: sets of forms, and which one a campaign uses."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.forms import pinning, queries, service
from app.forms.schemas import (
    CampaignFormsIn,
    CampaignFormsOut,
    FormSetIn,
    FormSetItem,
    FormSetOut,
    FormSetPatch,
    FormSetQuery,
    FormSetTransition,
)
from app.kernel.http import IfMatch, one, page, refusals, router
from app.kernel.pagination import PageSince

routes = router("/form-sets", "form-sets")
of_campaign = router("/campaigns", "form-sets")


@routes.get("", response_model=PageSince[FormSetItem], summary="Danh sách bộ biểu mẫu / List sets of forms")
async def list_form_sets(
    request: Request, query: Annotated[FormSetQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """All versions of all sets, without their definitions. Everyone signed in may read them."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "form_set")
    return page(request, FormSetItem, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=FormSetOut, status_code=201, summary="Tạo bộ biểu mẫu / Create a set of forms")
async def create_form_set(request: Request, body: FormSetIn, tx: Tx = requires(P.FORM_MANAGE)) -> Response:
    """Start a draft of version 1. 409 when the unit has a set of this code.

    422 names by pointer each measure, value, filter, column or placeholder that does not exist.
    """
    made = await service.create(tx, body)
    return one(request, FormSetOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=FormSetOut, summary="Một bộ biểu mẫu / Read a set of forms")
async def read_form_set(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One version of a set with its definition."""
    return one(request, FormSetOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=FormSetOut, summary="Sửa bản nháp / Change a draft")
async def edit_form_set(
    request: Request, id: UUID, body: FormSetPatch, version: IfMatch, tx: Tx = requires(P.FORM_MANAGE)
) -> Response:
    """Change members of a draft; `definition` is replaced whole. 409 once it is published."""
    return one(request, FormSetOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp / Delete a draft")
async def delete_form_set(id: UUID, version: IfMatch, tx: Tx = requires(P.FORM_MANAGE)) -> Response:
    """Delete a draft; 409 once it is published."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=FormSetOut, summary="Ban hành, bãi bỏ / Publish or retire")
async def move_form_set(
    request: Request, id: UUID, body: FormSetTransition, version: IfMatch, tx: Tx = requires(P.FORM_MANAGE)
) -> Response:
    """`publish` a draft, for good. `retire` a published set: campaigns that use it keep it, no other can choose it."""
    return one(request, FormSetOut, await service.move(tx, id, version, body))


@routes.post(
    "/{id}/versions", response_model=FormSetOut, status_code=201, summary="Phiên bản tiếp theo / Start the next version"
)
async def start_next_form_set(request: Request, id: UUID, tx: Tx = requires(P.FORM_MANAGE)) -> Response:
    """Copy a published or retired set as the next draft; 409 where a draft is under way."""
    made = await service.next_version(tx, id)
    base = request.url.path.removesuffix(f"/{id}/versions")
    return one(request, FormSetOut, made, status=201, location=f"{base}/{made.id}")


@of_campaign.get(
    "/{id}/form-set",
    response_model=CampaignFormsOut,
    summary="Bộ biểu mẫu của đợt / Read a campaign's forms",
    responses=refusals(409),
)
async def read_campaign_forms(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """Which set of forms the campaign uses; 409 `no_form_set` while none is published."""
    return one(request, CampaignFormsOut, await pinning.read(tx, id))


@of_campaign.put(
    "/{id}/form-set", response_model=CampaignFormsOut, summary="Chọn bộ biểu mẫu / Choose a campaign's forms"
)
async def choose_campaign_forms(
    request: Request, id: UUID, body: CampaignFormsIn, version: IfMatch, tx: Tx = requires(P.FORM_MANAGE)
) -> Response:
    """Let the campaign use another published set; 409 once it is closed. Sealed reports keep their figures."""
    return one(request, CampaignFormsOut, await pinning.choose(tx, id, version, body))
