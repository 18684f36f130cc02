"""Taking the body of a submission in: one JSON bundle, or bundles line by line, spooled to a temporary file.

A slow line must hold neither a connection to the database nor the memory of the whole: the request's transaction opens
afterwards, and what was sent stands on disk until then.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from fastapi import Request

from app.access.deps import glance
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.http import NDJSON, PayloadTooLarge, RequestTimeout, media_type_of
from app.kernel.idempotency import RECEIVED

_IN_MEMORY: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Received:
    """What was sent: ``bundle`` (parsed JSON), or ``lines`` of them."""

    bundle: Any = None
    spool: IO[bytes] | None = None
    count: int = 0
    size: int = 0

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """The lines that hold something, with their numbers from 1."""
        assert self.spool is not None
        self.spool.seek(0)
        for number, line in enumerate(self.spool, 1):
            if line.strip():
                yield number, line


async def received(request: Request) -> AsyncGenerator[Received]:
    """The body of the request. Raises 401, 408, 413, 415, 422."""
    if media_type_of(request) != NDJSON:
        yield Received(await request.json())
        return
    async with glance(request, None):
        pass
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
        yield await _spooled(request, spool)


async def _spooled(request: Request, spool: Any) -> Received:
    settings = request.app.state.settings
    digest, size, count, length = hashlib.sha256(), 0, 0, 0
    try:
        async with asyncio.timeout(settings.upload_timeout_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > settings.max_submission_bytes:
                    raise _too_large(settings.max_submission_bytes)
                pieces = chunk.split(b"\n")
                longest = max(length + len(pieces[0]), *map(len, pieces))
                if longest > settings.max_body_bytes:
                    raise _line_too_long(count + 1, settings.max_body_bytes)
                length = len(pieces[-1]) + (length if len(pieces) == 1 else 0)
                count += len(pieces) - 1
                digest.update(chunk)
                spool.write(chunk)
    except TimeoutError as fault:
        raise RequestTimeout(headers={"Connection": "close"}) from fault
    found = Received(None, spool, 0, size)
    total = sum(1 for _ in found.lines())
    if total == 0:
        text = Text("Không có gói nào", "There are no bundles")
        raise Invalid(errors=[FieldError("", "empty", text)])
    request.scope[RECEIVED] = digest.digest()
    return Received(None, spool, total, size)


def _too_large(limit: int) -> PayloadTooLarge:
    told = Text(
        f"Một lần gửi tối đa {limit:,} byte; hãy chia thành nhiều lần".replace(",", "."),
        f"One call takes at most {limit:,} bytes: split it",
    )
    return PayloadTooLarge(told, limit_bytes=limit, headers={"Connection": "close"})


def _line_too_long(line: int, limit: int) -> PayloadTooLarge:
    told = Text(
        f"Dòng {line}: một gói tối đa {limit:,} byte".replace(",", "."),
        f"Line {line}: one bundle takes at most {limit:,} bytes",
    )
    return PayloadTooLarge(told, limit_bytes=limit, headers={"Connection": "close"})
