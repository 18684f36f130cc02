"""Those who read while an act is carried out: one question each, asked again 20 ms after its answer."""

import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

_PAUSE: Final = 0.020  # seconds
_PATIENCE: Final = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Question:
    """A path of the product on this machine, and who asks."""

    port: int
    token: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came, and how long it took."""

    body: bytes
    seconds: float


class RefusedError(RuntimeError):
    """The product answered something else than success, so that its time means nothing."""


def _ask(connection: HTTPConnection, question: Question) -> Answer:
    begun = time.perf_counter()
    connection.request("GET", question.path, headers={"Authorization": f"Bearer {question.token}"})
    response = connection.getresponse()
    body = response.read()
    if response.status != 200:
        raise RefusedError(f"{question.path}: {response.status} {body[:300]!r}")
    return Answer(body, time.perf_counter() - begun)


def fetch(question: Question) -> Answer:
    """One answer. Raises RefusedError."""
    connection = HTTPConnection("127.0.0.1", question.port, timeout=_PATIENCE)
    try:
        return _ask(connection, question)
    finally:
        connection.close()


def watch(question: Question, folder: str, name: str) -> list[float]:
    """Ask until ``folder`` is gone; the seconds of every answer. Raises RefusedError.

    The file ``name`` in it tells that asking has begun: a new process takes seconds to come that far.
    """
    fetch(question)
    (Path(folder) / name).touch()
    connection = HTTPConnection("127.0.0.1", question.port, timeout=_PATIENCE)
    found = []
    try:
        while Path(folder).exists():
            found.append(_ask(connection, question).seconds)
            time.sleep(_PAUSE)
    finally:
        connection.close()
    return found
