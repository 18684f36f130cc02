"""Every error leaves as problem+json (RFC 9457), in the caller's language, and none with a secret in it."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import InternalError as DriverError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from app.kernel.db import constraint_of
from app.kernel.errors import DomainError, FieldError, Invalid, Text, Unavailable, error_for_constraint
from app.kernel.http import Carrier, api_routes, language_of, request_id_of
from app.kernel.validation import refusal

PROBLEM = "application/problem+json"
log = structlog.get_logger("dienhinh.errors")

_FRAMEWORK = {
    400: ("bad_request", Text("Yêu cầu không hợp lệ", "Bad request")),
    404: ("not_found", Text("Không tìm thấy", "Not found")),
    405: ("method_not_allowed", Text("Phương thức không được phép", "Method not allowed")),
}


class FrameworkError(DomainError):
    """What the framework itself refuses (unknown path, wrong method), in the words of this API."""

    def __init__(self, fault: HTTPException, request: Request) -> None:
        headers = dict(fault.headers or {})
        if fault.status_code == 405:
            headers["Allow"] = _methods_at(request)  # the framework names those of one route among several
        super().__init__(headers=headers)
        self.http_status = fault.status_code


def _methods_at(request: Request) -> str:
    """The methods that exist at the request's address."""
    routes = [route for route in api_routes(request.app) if route.matches(dict(request.scope))[0] is not Match.NONE]
    found = {method for route in routes for method in route.methods or ()}
    return ", ".join(sorted(found | {"HEAD"} if "GET" in found else found))


class InternalError(DomainError):
    """A fault of ours. The request id finds it in the log; the answer says nothing more."""

    status = 500
    code = "internal_error"
    title = Text("Lỗi hệ thống; hãy gửi mã yêu cầu cho quản trị viên", "A fault of ours; quote the request id")


class OutOfRange(Invalid):
    """A value that no field of its kind can hold, such as a year of twenty digits."""

    code = "validation_failed"
    title = Text("Có giá trị nằm ngoài phạm vi cho phép", "A value is out of range")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("", "out_of_range", self.title)])


class Locked(DomainError):
    """Somebody else is changing the same record just now."""

    code = "busy"
    title = Text("Bản ghi đang được người khác xử lý; hãy thử lại", "Somebody else is changing this; try again")


_UNIT_KEY = re.compile(r"fk_\w+_unit")
"""The keys that hold a row and its unit's path together: ``kernel.db.unit_reference``."""


def body_of(error: DomainError, request: Request) -> dict[str, Any]:
    """The problem document for ``error``."""
    status, code, title = error.status, error.code, error.title
    if isinstance(error, FrameworkError):
        status = error.http_status
        code, title = _FRAMEWORK.get(status, ("http_error", Text("Yêu cầu bị từ chối", "Refused")))
    pick = 1 if language_of(request) == "en" else 0
    problem: dict[str, Any] = {
        "type": f"urn:dienhinh:problem:{code}",
        "title": title[pick],
        "status": status,
        "detail": error.detail[pick] if error.detail else None,
        "instance": request.url.path,
        "code": code,
        "request_id": request_id_of(request),
        "errors": [
            {"in": e.where, "pointer": e.pointer, "code": e.code, "message": e.message[pick]} for e in error.errors
        ],
        **error.members,
    }
    if problem["detail"] is None:
        # A problem without its own detail still tells a person what to do: the first fault, or the title.
        problem["detail"] = problem["errors"][0]["message"] if problem["errors"] else title[pick]
    return problem


def respond(error: DomainError, request: Request) -> Response:
    """``error`` as an HTTP answer."""
    problem = body_of(error, request)
    headers: Mapping[str, str] = {
        "Cache-Control": "no-store",
        "Content-Language": language_of(request),
        **error.headers,
    }
    if problem["status"] == 401:
        headers = {"WWW-Authenticate": 'Bearer realm="dienhinh"', **headers}
    content = orjson.dumps(problem, default=str)
    return Response(content, problem["status"], headers, PROBLEM)


def _from_database(fault: Exception) -> DomainError:
    """A database error as a refusal: by the name of the constraint, or by its SQLSTATE."""
    original: Any = getattr(fault, "orig", None)
    cause: Any = getattr(original, "__cause__", None)
    named = error_for_constraint(constraint_of(fault))
    if named is not None:
        return type(named)(named.detail, named.errors)
    state = getattr(original, "sqlstate", None) or getattr(cause, "sqlstate", None) or ""
    if state in {"55P03", "40001", "40P01"}:  # lock not available, serialization failure, deadlock
        return Locked(headers={"Retry-After": "1"})
    if state == "23503" and _UNIT_KEY.fullmatch(constraint_of(fault) or ""):  # its unit was moved meanwhile
        return Locked(headers={"Retry-After": "1"})
    if state.startswith("22"):  # data exception: a number or text that its column cannot hold
        return OutOfRange()
    # Without a state, the driver itself could not go on: the connection broke in the middle of its conversation.
    broken = isinstance(fault, DriverError) and not state
    lost = isinstance(fault, PoolTimeout | OSError | InterfaceError | OperationalError)
    if broken or lost or state[:2] in {"08", "53", "57"}:
        log.warning("database_unavailable", sqlstate=state, error=str(original or fault)[:300])
        return Unavailable(headers={"Retry-After": "2"})
    log.error("database_error", sqlstate=state, constraint=constraint_of(fault), exc_info=fault)
    return InternalError()


def install(app: FastAPI) -> None:
    """Register the handlers on ``app``."""

    async def domain(request: Request, fault: Exception) -> Response:
        error = fault.error if isinstance(fault, Carrier) else fault
        if isinstance(error, HTTPException):
            error = FrameworkError(error, request)
        assert isinstance(error, DomainError)
        return respond(error, request)

    async def invalid(request: Request, fault: Exception) -> Response:
        assert isinstance(fault, RequestValidationError)
        return respond(refusal(fault.errors()), request)

    async def database(request: Request, fault: Exception) -> Response:
        return respond(_from_database(fault), request)

    async def gone(_request: Request, _fault: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it

    async def unexpected(request: Request, fault: Exception) -> Response:
        log.error("unexpected_error", path=request.url.path, request_id=request_id_of(request), exc_info=fault)
        return respond(InternalError(), request)

    app.add_exception_handler(DomainError, domain)
    app.add_exception_handler(HTTPException, domain)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(ClientDisconnect, gone)
    for kind in (DBAPIError, PoolTimeout, ConnectionError):
        app.add_exception_handler(kind, database)
    app.add_exception_handler(Exception, unexpected)
