"""The load: keep-alive connections that each send the next request as soon as the last answer is whole.

It runs in a process of its own; on a machine with few cores it still takes its share from the servers, so rates are
for comparing with each other, not for promising.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import cast

import uvloop

_PATIENCE = 60.0
"""Seconds that the last answers may take after the end before a server counts as stuck."""


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    seconds: float
    statuses: Counter[int]
    waits: list[float] = field(default_factory=list)
    """Seconds from request to whole answer."""

    @property
    def rate(self) -> float:
        """Good answers per second."""
        return sum(n for status, n in self.statuses.items() if 200 <= status < 300) / self.seconds

    @property
    def latency(self) -> float:
        """The median wait in seconds."""
        return median(self.waits) if self.waits else float("inf")

    @property
    def failures(self) -> dict[int, int]:
        """Answers that are not good, by status."""
        return {status: n for status, n in self.statuses.items() if not 200 <= status < 300}


class _Feed:
    """The requests, shared by all connections; ends when the time is over, or the requests are if not repeated."""

    def __init__(self, requests: Sequence[bytes], seconds: float, repeat: bool) -> None:
        self._requests, self._repeat, self._next = requests, repeat, 0
        self._until = time.perf_counter() + seconds

    def take(self) -> bytes | None:
        """The next request, or None at the end."""
        if time.perf_counter() >= self._until or (not self._repeat and self._next >= len(self._requests)):
            return None
        found = self._requests[self._next % len(self._requests)]
        self._next += 1
        return found


class _Connection(asyncio.Protocol):
    """One keep-alive connection. Answers are read by their Content-Length, which both servers send."""

    def __init__(self, feed: _Feed, outcome: Outcome, done: "asyncio.Future[None]") -> None:
        self._feed, self._outcome, self._done = feed, outcome, done
        self._received = b""
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class, which is none by descent
        self._send()

    def _send(self) -> None:
        request = self._feed.take()
        if request is None:
            self._transport.close()
            return
        self._begun = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        place = head.lower().find(b"content-length:")
        length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        if len(body) < length:
            return
        self._outcome.statuses[int(head[9:12])] += 1
        self._outcome.waits.append(time.perf_counter() - self._begun)
        self._received = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if error is not None:
            self._outcome.statuses[0] += 1
        if not self._done.done():
            self._done.set_result(None)


async def _drive(port: int, requests: Sequence[bytes], seconds: float, connections: int, repeat: bool) -> Outcome:
    loop = asyncio.get_running_loop()
    outcome = Outcome(seconds, Counter())
    feed = _Feed(requests, seconds, repeat)
    begun = time.perf_counter()
    waiting = []
    for _ in range(connections):
        done = loop.create_future()
        await loop.create_connection(lambda done=done: _Connection(feed, outcome, done), "127.0.0.1", port)  # type: ignore[misc]
        waiting.append(done)
    async with asyncio.timeout(seconds + _PATIENCE):
        await asyncio.gather(*waiting)
    outcome.seconds = time.perf_counter() - begun
    return outcome


def drive(port: int, requests: Sequence[bytes], seconds: float, connections: int, repeat: bool = True) -> Outcome:
    """Send ``requests`` to ``port`` for ``seconds``, in turn and from the beginning again if ``repeat``.

    Status 0 counts connections that broke.
    """
    return uvloop.run(_drive(port, requests, seconds, connections, repeat))
