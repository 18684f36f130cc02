"""HTTP: users and their grants, within the subtree one administers."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.identity import grants, queries, users
from app.identity.grants import GrantAt, Holder
from app.identity.schemas import (
    GrantIn,
    GrantOut,
    GrantPatch,
    GrantQuery,
    UserIn,
    UserOut,
    UserPatch,
    UserQuery,
    UserTransition,
    UserWithPassword,
)
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import Page, PageSince
from app.kernel.text import fold

routes = router("/users", "users")


@routes.get("", response_model=PageSince[UserOut], summary="Danh sách người dùng / List users")
async def list_users(
    request: Request, query: Annotated[UserQuery, Query()], tx: Tx = requires(P.USER_READ)
) -> Response:
    """Users whose home unit the caller administers. `q` finds parts of full name and username, without accents too."""
    given = query.filters()
    if query.q is not None:
        given["q"] = fold(query.q)
    rows = await queries.USERS.page(tx.session, query, sort=query.sort, given=given)
    rows = await with_deleted(tx, rows, query, "user")
    return page(request, UserOut, rows, items=[users.present(tx, row) for row in rows.rows])


@routes.post("", response_model=UserWithPassword, status_code=201, summary="Tạo người dùng / Create a user")
async def create_user(request: Request, body: UserIn, tx: Tx = requires(P.USER_MANAGE)) -> Response:
    """A user without any right yet. Without a password given, a generated one is in this answer and nowhere else."""
    made = await users.create_user(tx, body)
    location = f"{request.url.path}/{made.id}"
    return _no_store(one(request, UserWithPassword, made, status=201, location=location))


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get("/{id}", response_model=UserOut, summary="Một người dùng / Read a user")
async def read_user(request: Request, id: UUID, tx: Tx = requires(P.USER_READ)) -> Response:
    """One user."""
    return one(request, UserOut, await users.read(tx, id))


@routes.patch("/{id}", response_model=UserOut, summary="Sửa người dùng / Change a user")
async def edit_user(
    request: Request, id: UUID, body: UserPatch, version: IfMatch, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """Change name, contact or home unit; the new unit must be one the caller administers too."""
    return one(request, UserOut, await users.edit(tx, id, version, body))


@routes.post("/{id}/transitions", response_model=UserWithPassword, summary="Khóa, mở khóa, cấp lại mật khẩu / Act")
async def move_user(
    request: Request, id: UUID, body: UserTransition, version: IfMatch, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """`disable` (from the next request on), `enable`, `reset_password` (the new one is in this answer only).

    A reset also takes away the second factor, since it serves those who lost their telephone. 403 `own_account` for
    oneself, `holds_more` for an account with rights beyond what the caller administers.
    """
    return _no_store(one(request, UserWithPassword, await users.move(tx, id, version, body)))


def holder_of(id: UUID) -> Holder:
    """The user whose grants the path names."""
    return Holder("user", id)


def grant_of(id: UUID, grant_id: UUID) -> GrantAt:
    """The grant that the path names."""
    return GrantAt(Holder("user", id), grant_id)


Held = Annotated[Holder, Depends(holder_of)]
Given = Annotated[GrantAt, Depends(grant_of)]


@routes.get("/{id}/grants", response_model=Page[GrantOut], summary="Quyền của người dùng / List a user's grants")
async def list_user_grants(
    request: Request, holder: Held, query: Annotated[GrantQuery, Query()], tx: Tx = requires(P.USER_READ)
) -> Response:
    """The user's grants within the caller's scope, ended ones too."""
    rows, items = await grants.list_grants(tx, holder, query)
    return page(request, GrantOut, rows, items=items)


@routes.post("/{id}/grants", response_model=GrantOut, status_code=201, summary="Cấp quyền / Give a grant")
async def give_user_grant(request: Request, holder: Held, body: GrantIn, tx: Tx = requires(P.USER_MANAGE)) -> Response:
    """A role at a unit inside the subtree the caller administers: 404 outside or above it. 403 `own_grants`."""
    made = await grants.give_grant(tx, holder, body)
    return one(request, GrantOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}/grants/{grant_id}", response_model=GrantOut, summary="Một quyền / Read a grant")
async def read_user_grant(request: Request, grant: Given, tx: Tx = requires(P.USER_READ)) -> Response:
    """One grant."""
    return one(request, GrantOut, await grants.read_grant(tx, grant))


@routes.patch("/{id}/grants/{grant_id}", response_model=GrantOut, summary="Đổi ngày kết thúc / Change its end")
async def change_user_grant(
    request: Request, grant: Given, body: GrantPatch, version: IfMatch, tx: Tx = requires(P.USER_MANAGE)
) -> Response:
    """Set the day on which it ends, after today. 409 for one that has ended."""
    return one(request, GrantOut, await grants.change_grant(tx, grant, version, body))


@routes.delete("/{id}/grants/{grant_id}", status_code=204, summary="Thu hồi quyền / End a grant")
async def end_user_grant(grant: Given, tx: Tx = requires(P.USER_MANAGE)) -> Response:
    """End it today: `valid_to` is set and the row stays. Idempotent, hence without If-Match."""
    await grants.end_grant(tx, grant)
    return Response(status_code=204)
