"""Pure ASGI middleware: the request id and the access log. (Framework middleware costs a third of a request.)"""

import re
from secrets import token_hex
from time import perf_counter
from typing import Any

import structlog

log = structlog.get_logger("dienhinh.access")
_REQUEST_ID = re.compile(rb"[0-9A-Za-z._\-]{1,64}")
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
]


class RequestLog:
    """Accepts or makes ``X-Request-Id``, echoes it, writes one line for each request, and answers HEAD."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One ASGI call."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request_id = given if _REQUEST_ID.fullmatch(given) else token_hex(16).encode()
        scope.setdefault("state", {})["request_id"] = request_id.decode()
        started = perf_counter()
        status = 0
        # HEAD is what GET would answer, without the body (RFC 9110, 9.3.2), on every route.
        head = scope["method"] == "HEAD"
        inner = {**scope, "method": "GET"} if head else scope

        async def send_with_id(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id), *_SECURITY]
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        structlog.contextvars.bind_contextvars(request_id=request_id.decode())  # each request runs in a task of its own
        try:
            await self.app(inner, receive, send_with_id)
        finally:
            log.info(
                "request",
                method=scope["method"],
                path=scope["path"],
                status=status,
                ms=round((perf_counter() - started) * 1000, 1),
            )
