"""HTTP: forms of award, quotas."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.awards import catalogue
from app.awards import quotas as verbs
from app.awards.queries_quotas import FORMS, QUOTAS
from app.awards.schemas_quotas import (
    AwardFormIn,
    AwardFormOut,
    AwardFormPatch,
    AwardFormQuery,
    AwardQuotaIn,
    AwardQuotaOut,
    AwardQuotaPatch,
    AwardQuotaQuery,
)
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import PageSince

forms = router("/award-forms", "awards")
quotas = router("/award-quotas", "awards")


@forms.get("", response_model=PageSince[AwardFormOut], summary="Danh mục hình thức khen thưởng / List forms of award")
async def list_award_forms(
    request: Request, query: Annotated[AwardFormQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """The catalogue: who gives what, who decides, on which legal basis, from when until when."""
    rows = await FORMS.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "award_form")
    return page(request, AwardFormOut, rows, items=[catalogue.present(tx, row) for row in rows.rows])


@forms.post("", response_model=AwardFormOut, status_code=201, summary="Thêm hình thức khen thưởng / Add a form")
async def create_award_form(request: Request, body: AwardFormIn, tx: Tx = requires(P.CATALOGUE_MANAGE)) -> Response:
    """Add a form to the catalogue of a unit; its subtree may propose it. 409 `duplicate` for a code in use there."""
    made = await catalogue.create(tx, body)
    return one(request, AwardFormOut, made, status=201, location=f"{request.url.path}/{made.id}")


@forms.get("/{id}", response_model=AwardFormOut, summary="Một hình thức khen thưởng / Read a form of award")
async def read_award_form(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One form."""
    return one(request, AwardFormOut, await catalogue.read(tx, id))


@forms.patch("/{id}", response_model=AwardFormOut, summary="Sửa hình thức khen thưởng / Change a form of award")
async def edit_award_form(
    request: Request, id: UUID, body: AwardFormPatch, version: IfMatch, tx: Tx = requires(P.CATALOGUE_MANAGE)
) -> Response:
    """Change title, legal basis or dates. Ending it (`valid_to`) leaves what was granted as it is."""
    return one(request, AwardFormOut, await catalogue.edit(tx, id, version, body))


@forms.delete("/{id}", status_code=204, summary="Xóa hình thức chưa dùng / Delete an unused form")
async def delete_award_form(id: UUID, version: IfMatch, tx: Tx = requires(P.CATALOGUE_MANAGE)) -> Response:
    """Delete a form that was never used (409 `award_form_used`)."""
    await catalogue.delete(tx, id, version)
    return Response(status_code=204)


@quotas.get("", response_model=PageSince[AwardQuotaOut], summary="Chỉ tiêu khen thưởng / List quotas")
async def list_award_quotas(
    request: Request, query: Annotated[AwardQuotaQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Quotas of all units, in the order of the tree: everyone signed in may know them."""
    rows = await QUOTAS.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "award_quota")
    return page(request, AwardQuotaOut, rows, items=[verbs.present(tx, row) for row in rows.rows])


@quotas.post("", response_model=AwardQuotaOut, status_code=201, summary="Giao chỉ tiêu / Give a quota")
async def create_award_quota(request: Request, body: AwardQuotaIn, tx: Tx = requires(P.AWARD_QUOTA)) -> Response:
    """Enter how many awards of a form a unit's whole subtree may receive in a campaign.

    By an awards officer of the level that handles the form; for the Ministry's the province's, since the Ministry has
    no account. Where several units on the way up have a quota, all of them bound what is granted.
    """
    made = await verbs.create(tx, body)
    return one(request, AwardQuotaOut, made, status=201, location=f"{request.url.path}/{made.id}")


@quotas.get("/{id}", response_model=AwardQuotaOut, summary="Một chỉ tiêu / Read a quota")
async def read_award_quota(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One quota."""
    return one(request, AwardQuotaOut, await verbs.read(tx, id))


@quotas.patch("/{id}", response_model=AwardQuotaOut, summary="Sửa chỉ tiêu / Change a quota")
async def edit_award_quota(
    request: Request, id: UUID, body: AwardQuotaPatch, version: IfMatch, tx: Tx = requires(P.AWARD_QUOTA)
) -> Response:
    """Change a quota, never below what is granted (409 `below_granted`)."""
    return one(request, AwardQuotaOut, await verbs.edit(tx, id, version, body))


@quotas.delete("/{id}", status_code=204, summary="Thu hồi chỉ tiêu / Take a quota back")
async def delete_award_quota(id: UUID, version: IfMatch, tx: Tx = requires(P.AWARD_QUOTA)) -> Response:
    """Take back a quota under which nothing is granted (409 `below_granted`)."""
    await verbs.delete(tx, id, version)
    return Response(status_code=204)
