"""HTTP: signing in, sessions, one's own account, who the caller is, and the keys that check access tokens.

Ending something of one's own (DELETE) takes no If-Match: it is idempotent, and nobody's work can be overwritten by it.
"""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from app.access.deps import Services
from app.identity import me as own
from app.identity import own_account, sessions
from app.identity.entrance import Client, Entrance
from app.identity.keys import Tokens
from app.identity.opening import CallerOpener
from app.identity.schemas_account import (
    Jwk,
    JwkSet,
    MeOut,
    OneTimeCodeIn,
    PasswordChange,
    PasswordIn,
    RefreshIn,
    SecondFactorDisable,
    SecondFactorStarted,
    SessionOut,
    SessionQuery,
    SignedIn,
    SignIn,
)
from app.identity.sign_in import Opened, sign_in
from app.kernel.http import PERMISSION, language_of, page, refusals, request_id_of, router
from app.kernel.pagination import Page
from app.kernel.schema import Out

COOKIE = "__Secure-dienhinh_refresh"
COOKIE_PATH = "/api/v1/auth"


class JwkSetResponse(JSONResponse):
    """A set of keys in its own type (RFC 7517, 8.5.2)."""

    media_type = "application/jwk-set+json"


routes = router("", "identity")
keys = APIRouter(tags=["identity"])


def entrance(request: Request) -> Entrance:
    """The entrance as this request meets it, for whoever comes."""
    services: Services = request.app.state.services
    tokens: Tokens = request.app.state.tokens
    return Entrance(
        services.database,
        services.clock,
        CallerOpener(tokens.verifier, services.clock, request.app.state.key_uses),
        tokens.issuer,
        timedelta(days=request.app.state.settings.session_days),
        Client(
            request.headers.get("authorization"),
            request.client.host if request.client else None,
            request.headers.get("user-agent", "")[:300] or None,
            request_id_of(request),
            language_of(request),
        ),
    )


def signed_in(request: Request) -> Entrance:
    """The entrance for routes that the caller must be signed in for; their verbs open the transaction and check it.

    What cannot be credentials is refused here already, before anything is said about the body.
    """
    door = entrance(request)
    door.open_as_caller.credentials(door.presented)
    return door


setattr(signed_in, PERMISSION, None)
Anyone = Annotated[Entrance, Depends(entrance)]
SomeoneSignedIn = Annotated[Entrance, Depends(signed_in)]


def _opened(opened: Opened, status: int, *, in_body: bool) -> Response:
    """The answer to a sign-in or a refresh, with the refresh token where the client wants it."""
    answer = SignedIn(
        access_token=opened.access_token,
        expires_in=opened.expires_in,
        refresh_token=opened.refresh_token if in_body else None,
    )
    response = _secret(answer, status)
    if not in_body:
        _set_cookie(response, opened.refresh_token, opened.refresh_seconds)
    return response


def _set_cookie(response: Response, value: str, seconds: int) -> None:
    response.set_cookie(COOKIE, value, max_age=seconds, path=COOKIE_PATH, secure=True, httponly=True, samesite="strict")


def _secret(answer: Out, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(answer.model_dump_json(exclude_none=True), status, headers, "application/json")


@routes.post(
    "/auth/sessions",
    response_model=SignedIn,
    status_code=201,
    summary="Đăng nhập / Sign in",
    responses=refusals(401, 429),
)
async def create_session(body: SignIn, door: Anyone) -> Response:
    """Sign in. An unknown name, a wrong password and a disabled account get the same 401 `invalid_credentials`.

    With a second factor: 401 `one_time_code_required` after the right password, `invalid_one_time_code` for a wrong or
    used one. After five failures in a row 429 with `Retry-After`, growing to 15 minutes, the right password included.
    """
    return _opened(await sign_in(door, body), 201, in_body=body.deliver_refresh == "body")


@routes.post(
    "/auth/sessions/refresh", response_model=SignedIn, summary="Gia hạn phiên / Refresh", responses=refusals(401)
)
async def refresh_session(request: Request, body: RefreshIn, door: Anyone) -> Response:
    """A new access token and the next refresh token, delivered the way the old one came.

    The body is JSON in any case (`{}` with the cookie), which no foreign page can send unasked. A token used before
    ends the session (401); only the one before the last may be sent again within 10 seconds, for a lost answer.
    """
    opened = await sessions.refresh(door, body.refresh_token or request.cookies.get(COOKIE))
    return _opened(opened, 200, in_body=body.refresh_token is not None)


@routes.get("/auth/sessions", response_model=Page[SessionOut], summary="Các phiên của tôi / List one's sessions")
async def list_sessions(request: Request, query: Annotated[SessionQuery, Query()], door: SomeoneSignedIn) -> Response:
    """One's own living sessions, newest first."""
    rows, items = await sessions.own_sessions(door, query)
    return page(request, SessionOut, rows, items=items)


@routes.delete("/auth/sessions/current", status_code=204, summary="Đăng xuất / Sign out")
async def end_current_session(door: SomeoneSignedIn) -> Response:
    """End the session that asks: its tokens are worth nothing from the next request on."""
    await sessions.end(door, None)
    response = Response(status_code=204)
    _set_cookie(response, "", 0)
    return response


@routes.delete("/auth/sessions/{id}", status_code=204, summary="Kết thúc một phiên / End a session")
async def end_session(id: UUID, door: SomeoneSignedIn) -> Response:
    """End one of one's own sessions, on another device say. 404 for any other, and for one that is over."""
    await sessions.end(door, id)
    return Response(status_code=204)


@routes.post("/auth/password", status_code=204, summary="Đổi mật khẩu / Change one's password", responses=refusals(429))
async def change_password(body: PasswordChange, door: SomeoneSignedIn) -> Response:
    """Replace one's password; all one's other sessions end. 422 names every weakness at `/new_password`."""
    await own_account.change_password(door, body)
    return Response(status_code=204)


@routes.post(
    "/auth/second-factor",
    response_model=SecondFactorStarted,
    summary="Bắt đầu xác thực hai lớp / Start a second factor",
    responses=refusals(429),
)
async def start_second_factor(body: PasswordIn, door: SomeoneSignedIn) -> Response:
    """A new secret for an authenticator app. Nothing changes until it is confirmed. 409 when one is on."""
    return _secret(await own_account.start_second_factor(door, body))


@routes.post("/auth/second-factor/confirm", status_code=204, summary="Bật xác thực hai lớp / Confirm it")
async def confirm_second_factor(body: OneTimeCodeIn, door: SomeoneSignedIn) -> Response:
    """Turn the second factor on with a code of the new secret. 422 `wrong_code`, 409 when none was started."""
    await own_account.confirm_second_factor(door, body)
    return Response(status_code=204)


@routes.post(
    "/auth/second-factor/disable",
    status_code=204,
    summary="Tắt xác thực hai lớp / Turn it off",
    responses=refusals(429),
)
async def disable_second_factor(body: SecondFactorDisable, door: SomeoneSignedIn) -> Response:
    """Turn the second factor off. 422 `too_short` at `/password` when the password is too short to stand alone."""
    await own_account.disable_second_factor(door, body)
    return Response(status_code=204)


@routes.get("/me", response_model=MeOut, summary="Tôi là ai / Who am I")
async def read_me(door: SomeoneSignedIn) -> Response:
    """The caller, today's grants with their permissions, and the domain clock with its offset."""
    answer = (await own.me(door)).model_dump_json()
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}
    return Response(answer, 200, headers, "application/json")


@keys.get(
    "/.well-known/jwks.json",
    operation_id="read_public_keys",
    response_class=JwkSetResponse,
    response_model=JwkSet,
    summary="Khóa công khai / Public keys",
)
async def read_keys(request: Request) -> Response:
    """The public keys of access tokens (RFC 7517). May be cached for an hour; a new `kid` is a reason to ask again."""
    tokens: Tokens = request.app.state.tokens
    body = JwkSet(keys=[Jwk(**key) for key in tokens.jwks])
    return JwkSetResponse(body.model_dump(), headers={"Cache-Control": "public, max-age=3600"})
