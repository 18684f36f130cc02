"""The web framework's side of the kernel: strict requests, preconditions and answers. Errors: ``problems.py``."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal
from urllib.parse import quote
from zlib import crc32

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from starlette.exceptions import HTTPException
from starlette.routing import Match

from app.kernel import idempotency, strictjson
from app.kernel.bounds import USUAL_BOUND, bound_of
from app.kernel.errors import FOREIGN_VERSION, NO_VERSION, DomainError, Text
from app.kernel.pagination import PageRows, Tombstone
from app.kernel.parameters import check_query, query_names
from app.kernel.text import fold

_BODY_METHODS = {"POST", "PUT", "PATCH"}
_JSON = ("application/json", "application/merge-patch+json")
MULTIPART = "multipart/form-data"
NDJSON = "application/x-ndjson"
STREAMED = frozenset({MULTIPART, NDJSON})
"""A route that takes one of these reads its body itself, in a dependency before the one that opens its transaction."""

OPENED = "dienhinh.transaction"
"""Where in a request's scope its opened transaction stands until the route ends it."""

PERMISSION = "permission"
"""Attribute by which a dependency of a route tells the permission it checks (``app/access/deps.py``)."""


class PayloadTooLarge(DomainError):
    """The body is larger than this server reads."""

    status = 413
    code = "payload_too_large"
    title = Text("Nội dung gửi lên quá lớn", "The body is too large")


class UnsupportedType(DomainError):
    """The body is of another type than this route reads."""

    status = 415
    code = "unsupported_media_type"
    title = Text("Kiểu nội dung không được hỗ trợ", "The type of the body is not supported")


class RequestTimeout(DomainError):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"
    title = Text("Nội dung gửi lên quá chậm", "The body did not arrive in time")


class Carrier(HTTPException):
    """Carries a DomainError through FastAPI's body reading, which turns every other exception into a bare 400."""

    def __init__(self, error: DomainError) -> None:
        super().__init__(error.status)
        self.error = error


def language_of(request: Request) -> Literal["vi", "en"]:
    """English when ``Accept-Language`` prefers it to Vietnamese, otherwise Vietnamese."""
    return _language(request.headers.get("accept-language", ""))


@lru_cache(maxsize=256)
def _language(header: str) -> Literal["vi", "en"]:
    weights = {"vi": 0.0, "en": 0.0}
    for part in header.split(","):
        tag, _, parameters = part.strip().partition(";")
        match = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", parameters)
        primary = tag.split("-")[0].lower()
        if primary in weights:
            weights[primary] = max(weights[primary], float(match[1]) if match else 1.0)
    return "en" if weights["en"] > weights["vi"] else "vi"


def request_id_of(request: Request) -> str:
    """The id that ties this request's log lines and audit entries together (``app/kernel/asgi.py`` sets it)."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def media_type_of(request: Request) -> str:
    """The type of the body, without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


class StrictRequest(Request):
    """Reads a body within size and time, of the types that are accepted and no other, and parses JSON strictly."""

    accepted: Sequence[str] = _JSON
    bound: str = USUAL_BOUND

    async def body(self) -> bytes:
        """The whole body. Raises 413, 415, or 408 as problems before anything parses it."""
        if not hasattr(self, "_body"):
            try:
                self._body = await self._read()
            except DomainError as error:
                raise Carrier(error) from error
        return self._body

    async def _read(self) -> bytes:
        settings = self.app.state.settings
        limit = int(getattr(settings, self.bound))
        declared = self.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise PayloadTooLarge(limit_bytes=limit, headers={"Connection": "close"})
        received = bytearray()
        try:
            async with asyncio.timeout(settings.body_timeout_seconds):
                async for chunk in self.stream():
                    received += chunk
                    if len(received) > limit:
                        raise PayloadTooLarge(limit_bytes=limit, headers={"Connection": "close"})
        except TimeoutError as fault:
            raise RequestTimeout(headers={"Connection": "close"}) from fault
        if received and media_type_of(self) not in self.accepted:
            types = ", ".join(self.accepted)
            told = Text(f"Hãy gửi {' hoặc '.join(self.accepted)}", f"Send {' or '.join(self.accepted)}")
            raise UnsupportedType(told, headers={"Accept": types})
        return bytes(received)

    async def json(self) -> Any:
        """The body's value. Raises 422 ``malformed_json``."""
        try:
            return strictjson.loads(await self.body())
        except DomainError as error:
            raise Carrier(error) from error


class StrictRoute(APIRoute):
    """A route that refuses unknown and repeated query parameters and reads its body strictly.

    A route that takes files declares their types in ``openapi_extra["requestBody"]["content"]``; its handler takes
    ``await request.body()``, which was read before a transaction opened. A form with a file is not read here: a
    dependency that stands before ``requires`` takes it in piece by piece (``app/attachments/receiving.py``).
    """

    closer: tuple[re.Pattern[str], ...] = ()
    """Addresses that this route's template fits and that belong to others (``addressing.py``)."""

    def matches(self, scope: Any) -> tuple[Match, Any]:
        """Nearly every route tried in the search for one is another's: its fixed beginning says so fastest."""
        path = scope["path"]
        if not path.startswith(self.path.partition("{")[0]) or any(other.match(path) for other in self.closer):
            return Match.NONE, {}
        return super().matches(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the strict checks."""
        handle = super().get_route_handler()
        known, many = query_names(self)
        types = tuple((self.openapi_extra or {}).get("requestBody", {}).get("content", ()))

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                check_query(request, known, many)
            if request.method in _BODY_METHODS:
                request = StrictRequest(request.scope, request.receive)
                request.bound = bound_of(self.endpoint)
                if types and STREAMED.isdisjoint(types):
                    request.accepted = types
                    await request.body()
            try:
                response = await handle(request)
                await idempotency.keep(request, response)
            except idempotency.Replayed as replayed:
                await _end_transaction(request, replayed)
                return replayed.response
            except BaseException as fault:
                await _end_transaction(request, fault)
                raise
            await _end_transaction(request, None)
            return response

        return strict


async def _end_transaction(request: Request, fault: BaseException | None) -> None:
    """Commit or roll back what ``access.deps.requires`` opened: before the answer leaves, and seen by the handlers of
    errors. (The framework's generator dependency would do the same for a seventh of a small request.)"""
    opened = request.scope.pop(OPENED, None)
    if opened is not None:
        await opened.__aexit__(type(fault) if fault else None, fault, fault.__traceback__ if fault else None)


def router(path: str, tag: str) -> APIRouter:
    """A slice's router: strict, under the API's base, with one tag; a handler's name is its ``operationId``."""
    return APIRouter(
        prefix=f"/api/v1{path}",
        tags=[tag],
        route_class=StrictRoute,
        generate_unique_id_function=lambda route: route.name,
    )


def api_routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every API route of ``app``, those of included routers too (FastAPI keeps routers whole)."""
    for found in app.routes:
        included = getattr(found, "original_router", None)
        for route in included.routes if included else [found]:
            if isinstance(route, APIRoute):
                yield route


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: errors that its door and method do not tell already (``openapi.py`` describes them)."""
    return {status: {} for status in statuses}


# --- preconditions -------------------------------------------------------------------------------------------------


async def expected_version(request: Request) -> int | None:
    """The version in ``If-Match``. A missing or foreign one is refused by ``check_version``: after 401, 404 and 403."""
    header = request.headers.get("if-match")
    if header is None:
        return NO_VERSION
    if header.strip() == "*":
        return None
    match = re.fullmatch(r'\s*"(\d{1,9})(?:-[0-9a-f]+)?"\s*', header)
    return int(match[1]) if match else FOREIGN_VERSION


IfMatch = Annotated[int | None, Depends(expected_version)]
"""The version the caller read, from ``If-Match``; None for ``*``. The ETag's part before the hyphen is the version of
the record; the rest tells apart representations of it (other callers see other ``allowed_actions``)."""


# --- answers -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def one(
    request: Request, model: type[BaseModel], row: Any, *, status: int = 200, location: str | None = None
) -> Response:
    """A single resource with its strong ETag; 304 when ``If-None-Match`` already names it. ``row`` has ``version``."""
    adapter = _adapter(model)
    value = row if isinstance(row, model) else adapter.validate_python(row, from_attributes=True)
    body = adapter.dump_json(value)
    version = getattr(value, "version", 0)
    etag = f'"{version}-{crc32(body):08x}"'
    headers = {"ETag": etag, "Vary": "Authorization, Accept-Language", "Cache-Control": "private, no-cache"}
    if request.method == "GET" and etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if location:
        headers["Location"] = location
    return Response(body, status, headers, "application/json")


def page(request: Request, model: Any, rows: PageRows, *, items: Sequence[Any] | None = None) -> Response:
    """A page of a collection: ``items``, ``next_cursor``, ``total`` when asked, ``deleted`` where ``rows`` tells it,
    and ``Link: rel="next"`` (RFC 8288)."""
    adapter = _adapter(list[model])
    values = adapter.validate_python(list(rows.rows if items is None else items), from_attributes=True)
    cursor = f'"{rows.next_cursor}"' if rows.next_cursor else "null"
    total = f',"total":{rows.total}' if rows.total is not None else ""
    told = "" if rows.deleted is None else f',"deleted":{_adapter(list[Tombstone]).dump_json(rows.deleted).decode()}'
    body = b'{"items":' + adapter.dump_json(values) + f',"next_cursor":{cursor}{total}{told}}}'.encode()
    headers = {"Vary": "Authorization, Accept-Language", "Cache-Control": "private, no-cache"}
    if rows.next_cursor:
        following = request.url.include_query_params(cursor=rows.next_cursor)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(body, 200, headers, "application/json")


def attachment(request: Request, content: bytes, media_type: str, name: str, version: int) -> Response:
    """A file to be saved under ``name`` (RFC 6266: plain ASCII beside the real name), with its ETag."""
    headers = download_headers(name, f'"{version}-{crc32(content):08x}"')
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, media_type)


def download_headers(name: str, etag: str) -> dict[str, str]:
    """Headers of a file to be saved under ``name``. (``asgi.py`` forbids every answer to be taken for another type.)"""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", fold(name))
    return {
        "ETag": etag,
        "Vary": "Authorization, Accept-Language",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
    }
