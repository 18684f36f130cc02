"""The server's reading of HTTP, bounded before any application sees a request.

uvicorn's fast parser keeps a request's head for as long as it grows: an address of 200 MB took 280 MB, and a minute
and a half in which nobody else was served. (Its h11 parser is bounded, but slower.) Here is counted what it holds.
"""

from asyncio import BaseTransport, Transport
from asyncio.events import TimerHandle
from contextlib import suppress
from http import HTTPStatus
from typing import Final, cast
from uuid import uuid4

import orjson
import structlog
from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

MAX_HELD_BYTES: Final = 65_536
"""What may arrive without completing a head, a piece of a body or a message."""

HEAD_SECONDS: Final = 20.0
"""How long a head may take to arrive, and the rest of a request that was answered already."""

log = structlog.get_logger("dienhinh.access")


def _refusal(status: HTTPStatus, code: str, title: str) -> bytes:
    """An answer to what is no request yet: nothing is known of its language but the house's own."""
    request_id = uuid4().hex
    log.warning("refused_unread", code=code, request_id=request_id)
    problem: dict[str, object] = {
        "type": f"urn:dienhinh:problem:{code}",
        "title": title,
        "status": status.value,
        "detail": title,
        "instance": "",
        "code": code,
        "request_id": request_id,
        "errors": [],
    }
    body = orjson.dumps(problem)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\nX-Request-Id: {request_id}\r\n\r\n"
    )
    return head.encode() + body


class BoundedHttp(HttpToolsProtocol):
    """One connection. Heads are bounded in size and time; trailers are not taken for headers (RFC 9110, 6.5.1)."""

    _held = 0
    _in_head = False
    _deadline: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """A client has connected, and has to say something."""
        super().connection_made(cast("Transport", transport))
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes: parsed at once, or held by the parser until their line ends.

        In uvicorn's place, which would log a refusal without a request's id.
        """
        self._unset_keepalive_if_required()
        self._held += len(data)
        try:
            with suppress(HttpParserUpgrade):  # asked for, and not followed: the request is answered as it stands
                self.parser.feed_data(data)
        except HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST, "bad_request", "Không phải yêu cầu HTTP hợp lệ")
        if self._held > MAX_HELD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large", "Phần đầu yêu cầu quá dài")
        elif self._idle() and self._deadline is None:
            self._arm()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header of the head; what comes behind a body is dropped."""
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is there: the application takes over, with its own limits."""
        self._held = 0
        self._in_head = False
        self._disarm()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._held = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is complete."""
        self._held = 0
        super().on_message_complete()

    def _idle(self) -> bool:
        """Whether no request of this connection is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever uvicorn declares
        return cycle is None or cycle.response_complete

    def _refuse(self, status: HTTPStatus, code: str, title: str) -> None:
        """Close, with an answer where it cannot be taken for that to an earlier request."""
        if self.transport.is_closing():
            return
        if self._idle():
            self.transport.write(_refusal(status, code, title))
        elif not self.pipeline and self.cycle.more_body and not self.cycle.response_started:
            self.cycle.disconnected = True  # the application, which waits for the body, need not answer any more
            self.transport.write(_refusal(status, code, title))
        self.transport.close()

    def _arm(self) -> None:
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self._refuse(HTTPStatus.REQUEST_TIMEOUT, "request_timeout", "Phần đầu yêu cầu đến quá chậm")
