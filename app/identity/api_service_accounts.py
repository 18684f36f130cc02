"""HTTP: service accounts, their grants and keys, within the subtree one administers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.identity import grants, queries_service_accounts, service_accounts, service_keys
from app.identity.grants import GrantAt, Holder
from app.identity.schemas import (
    GrantIn,
    GrantOut,
    GrantPatch,
    GrantQuery,
    ServiceAccountIn,
    ServiceAccountOut,
    ServiceAccountPatch,
    ServiceAccountQuery,
    ServiceAccountTransition,
)
from app.identity.schemas_keys import KeyIn, KeyMade, KeyOut, KeyQuery, KeyRotation
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import Page, PageSince

routes = router("/service-accounts", "service-accounts")


@routes.get("", response_model=PageSince[ServiceAccountOut], summary="Tài khoản dịch vụ / List service accounts")
async def list_service_accounts(
    request: Request, query: Annotated[ServiceAccountQuery, Query()], tx: Tx = requires(P.USER_READ)
) -> Response:
    """Service accounts of the units the caller administers."""
    rows = await queries_service_accounts.ACCOUNTS.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "service_account")
    return page(request, ServiceAccountOut, rows, items=[service_accounts.present(tx, row) for row in rows.rows])


@routes.post("", response_model=ServiceAccountOut, status_code=201, summary="Tạo tài khoản dịch vụ / Create one")
async def create_service_account(
    request: Request, body: ServiceAccountIn, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """A service account without rights or keys yet. Its name is unique within its unit."""
    made = await service_accounts.create_service_account(tx, body)
    return one(request, ServiceAccountOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=ServiceAccountOut, summary="Một tài khoản dịch vụ / Read one")
async def read_service_account(request: Request, id: UUID, tx: Tx = requires(P.USER_READ)) -> Response:
    """One service account."""
    return one(request, ServiceAccountOut, await service_accounts.read(tx, id))


@routes.patch("/{id}", response_model=ServiceAccountOut, summary="Sửa tài khoản dịch vụ / Change one")
async def edit_service_account(
    request: Request, id: UUID, body: ServiceAccountPatch, version: IfMatch, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """Change its name or description."""
    return one(request, ServiceAccountOut, await service_accounts.edit(tx, id, version, body))


@routes.post("/{id}/transitions", response_model=ServiceAccountOut, summary="Khóa, mở khóa / Disable, enable")
async def move_service_account(
    request: Request, id: UUID, body: ServiceAccountTransition, version: IfMatch, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """`disable`: all its keys stop from the next request on. `enable`. 403 `holds_more` as for users."""
    return one(request, ServiceAccountOut, await service_accounts.move(tx, id, version, body))


def holder_of(id: UUID) -> Holder:
    """The service account whose grants the path names."""
    return Holder("service_account", id)


def grant_of(id: UUID, grant_id: UUID) -> GrantAt:
    """The grant that the path names."""
    return GrantAt(Holder("service_account", id), grant_id)


Held = Annotated[Holder, Depends(holder_of)]
Given = Annotated[GrantAt, Depends(grant_of)]


@routes.get("/{id}/grants", response_model=Page[GrantOut], summary="Quyền của tài khoản dịch vụ / List its grants")
async def list_service_account_grants(
    request: Request, holder: Held, query: Annotated[GrantQuery, Query()], tx: Tx = requires(P.USER_READ)
) -> Response:
    """The account's grants within the caller's scope, ended ones too."""
    rows, items = await grants.list_grants(tx, holder, query)
    return page(request, GrantOut, rows, items=items)


@routes.post("/{id}/grants", response_model=GrantOut, status_code=201, summary="Cấp quyền / Give a grant")
async def give_service_account_grant(
    request: Request, holder: Held, body: GrantIn, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """`integrator` or `viewer` at a unit inside the subtree the caller administers: 404 outside or above it."""
    made = await grants.give_grant(tx, holder, body)
    return one(request, GrantOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}/grants/{grant_id}", response_model=GrantOut, summary="Một quyền / Read a grant")
async def read_service_account_grant(request: Request, grant: Given, tx: Tx = requires(P.USER_READ)) -> Response:
    """One grant."""
    return one(request, GrantOut, await grants.read_grant(tx, grant))


@routes.patch("/{id}/grants/{grant_id}", response_model=GrantOut, summary="Đổi ngày kết thúc / Change its end")
async def change_service_account_grant(
    request: Request, grant: Given, body: GrantPatch, version: IfMatch, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """Set the day on which it ends, after today. 409 for one that has ended."""
    return one(request, GrantOut, await grants.change_grant(tx, grant, version, body))


@routes.delete("/{id}/grants/{grant_id}", status_code=204, summary="Thu hồi quyền / End a grant")
async def end_service_account_grant(grant: Given, tx: Tx = requires(P.USER_MANAGE)) -> Response:
    """End it today: `valid_to` is set and the row stays. Idempotent, hence without If-Match."""
    await grants.end_grant(tx, grant)
    return Response(status_code=204)


@routes.get("/{id}/keys", response_model=Page[KeyOut], summary="Khóa của tài khoản / List its keys")
async def list_keys(
    request: Request, id: UUID, query: Annotated[KeyQuery, Query()], tx: Tx = requires(P.USER_READ)
) -> Response:
    """The account's keys by name and hint, revoked and expired ones too."""
    rows, items = await service_keys.list_keys(tx, id, query)
    return page(request, KeyOut, rows, items=items)


@routes.post("/{id}/keys", response_model=KeyMade, status_code=201, summary="Tạo khóa / Make a key")
async def create_key(request: Request, id: UUID, body: KeyIn, tx: Tx = requires(P.USER_MANAGE)) -> Response:
    """A key, limited to a unit, permissions, networks and a date. It stands in this answer and nowhere else."""
    response = one(request, KeyMade, await service_keys.create_key(tx, id, body), status=201)
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.post("/{id}/keys/{key_id}/rotate", response_model=KeyMade, status_code=201, summary="Thay khóa / Rotate a key")
async def rotate_key(
    request: Request, id: UUID, key_id: UUID, body: KeyRotation, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """A new key with the limits of this one, which goes on for `overlap_hours` and ends then.

    The new key stands in this answer and nowhere else. 409 `key_not_rotatable` for a key that holds no more, or that
    was rotated before: should that answer be lost, revoke the successor and rotate again.
    """
    response = one(request, KeyMade, await service_keys.rotate_key(tx, id, key_id, body), status=201)
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.delete("/{id}/keys/{key_id}", status_code=204, summary="Thu hồi khóa / Revoke a key")
async def revoke_key(id: UUID, key_id: UUID, tx: Tx = requires(P.USER_MANAGE)) -> Response:
    """Revoke it from the next request on. Idempotent, hence without If-Match."""
    await service_keys.revoke_key(tx, id, key_id)
    return Response(status_code=204)
