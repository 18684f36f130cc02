"""The server's own reading of HTTP, over a real socket: what no application can bound."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
import uvicorn

from app.kernel import wire
from app.kernel.wire import BoundedHttp

pytestmark = pytest.mark.anyio
PIECE = b"a" * 65_536


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that reads the whole body and tells what it saw."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    seen = {"size": size, "headers": [name.decode() for name, _ in scope["headers"]]}
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": json.dumps(seen).encode()})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A running server's port."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(echo, http=BoundedHttp, ws="none", lifespan="off", log_config=None, access_log=False)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        await serving


async def talk(port: int, pieces: Iterable[bytes]) -> tuple[bytes, int]:
    """What the server answers to ``pieces`` until it closes, and how many bytes it let itself be sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    except ConnectionError:
        sent = -abs(sent)
    answer = b""
    try:
        async with asyncio.timeout(5):
            while piece := await reader.read(65_536):
                answer += piece
    except (ConnectionError, TimeoutError):
        answer += b"[cut]"
    writer.close()
    return answer, abs(sent)


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
ENDLESS = {
    "an address": [b"GET /"],
    "a header": [HEAD + b"X-A: "],
    "a header's name": [HEAD],
    "a trailer": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-A: "],
    "a chunk's extension": [HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;"],
}


@pytest.mark.parametrize("start", ENDLESS)
async def test_what_the_parser_holds_is_bounded(port: int, start: str) -> None:
    answer, sent = await talk(port, ENDLESS[start] + [PIECE] * 400)
    assert sent < 16 * 2**20, "the rest, behind the buffers of the sockets, was not taken"
    assert b" 431 " in answer or b" 400 " in answer or answer == b"[cut]"


async def test_many_headers_are_bounded_too(port: int) -> None:
    answer, sent = await talk(port, [HEAD] + [b"X-A: " + b"a" * 1000 + b"\r\n"] * 20_000)
    assert sent < 16 * 2**20
    assert b" 200 " not in answer


async def test_a_long_head_is_refused_as_a_problem(port: int) -> None:
    answer, _ = await talk(port, [b"GET /", PIECE, PIECE[:100]])
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in head
    problem = json.loads(body.removesuffix(b"[cut]"))  # the unread rest may reset the connection
    assert (problem["status"], problem["code"]) == (431, "head_too_large")
    assert problem["request_id"].encode() in head


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["TLS", "bytes", "chunk"],
)
async def test_what_is_not_http_is_400(port: int, garbage: bytes) -> None:
    answer, _ = await talk(port, [garbage])
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1") == 1
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "bad_request"


@pytest.mark.parametrize("start", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["silent", "half a head"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    port: int, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)
    answer, _ = await talk(port, [start])
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_the_rest_of_an_answered_request_is_not_waited_for(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await reader.readuntil(b"}")
    assert answer.startswith(b"HTTP/1.1 200 ")
    writer.write(b"GET / HTT")
    async with asyncio.timeout(3):
        assert b" 408 " in await reader.read()
    writer.close()


async def test_large_bodies_pass_and_requests_follow_one_another(port: int) -> None:
    body = HEAD.replace(b"close", b"keep-alive") + b"Content-Length: 6553600\r\n\r\n"
    answer, _ = await talk(port, [body, *[PIECE] * 100, HEAD + b"Content-Length: 0\r\n\r\n"])
    assert answer.count(b"HTTP/1.1 200 ") == 2
    assert b'"size": 6553600' in answer


async def test_garbage_is_no_answer_to_an_earlier_request(port: int) -> None:
    first = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    answer, _ = await talk(port, [first + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"])
    assert b" 400 " not in answer


async def test_trailers_are_no_headers(port: int) -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
    answer, _ = await talk(port, [HEAD + body])
    assert b'"size": 2' in answer
    assert b"authorization" not in answer


async def test_an_upgrade_is_not_followed(port: int) -> None:
    asking = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    answer, _ = await talk(port, [asking])
    assert answer.startswith(b"HTTP/1.1 200 ")
