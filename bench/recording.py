"""The product's own SQL, learned by asking it: the statements of a request, and which of their values change with it.

Each scenario is asked twice. A value that is the same both times belongs to the question. One that differs must be
known when it is replayed: what the request names, what an earlier statement found, a new identifier, the time.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import event

from app.access.deps import Services
from bench.national import Nation
from bench.scenarios import Ask, Scenario

Known: TypeAlias = Mapping[str, Any]

_OPENING: Final = "WITH caller AS"
"""In the statement that opens the transaction of a request (app/identity/opening.py)."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that is filled in on each replay: ``target``, ``session``, ``user``, ``now``, ``request_id``, ``new.N``,
    or ``N.column`` of the row that statement N found."""

    name: str
    end: bool = False
    """Not the path itself, but where its subtree ends: the product writes the last dot as a slash."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A text with slots in it, each written as its name between two NUL characters."""

    text: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One statement with its values, or with several rows of them; ``finds`` = columns that later ones need."""

    sql: str
    rows: tuple[tuple[Any, ...], ...]
    many: bool
    finds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All statements of one request in order; the first one opens the fence. ``keeps``: the transaction commits."""

    steps: tuple[Step, ...]
    keeps: bool


class NotRepeatableError(RuntimeError):
    """The product refused, or a value of a statement follows from nothing that a replay knows."""


@dataclass
class _Heard:
    steps: list[Step] = field(default_factory=list)
    found: list[Known] = field(default_factory=list)
    """The row that each statement found, when it was a single one."""
    connection: Any = None
    """The one on which the request runs, from its first statement on."""


@contextmanager
def _listening(app: FastAPI) -> Iterator[_Heard]:
    services: Services = app.state.services
    heard = _Heard()

    def note(connection: Any, cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        # The product's own jobs run meanwhile, on other connections than the one that knows the caller.
        if heard.connection is None and _OPENING in sql:
            heard.connection = connection
        if connection is not heard.connection:
            return
        heard.steps.append(Step(sql, tuple(map(tuple, values)) if many else (tuple(values),), many))
        # The adapter has fetched all rows by now; there is no public way to see them without taking them.
        rows = [] if many else cursor._rows  # noqa: SLF001
        heard.found.append(dict(rows[0]) if len(rows) == 1 else {})

    engine = services.database.engine.sync_engine
    event.listen(engine, "after_cursor_execute", note)
    yield heard
    event.remove(engine, "after_cursor_execute", note)


async def _asked(app: FastAPI, ask: Ask) -> _Heard:
    session, user = ask.caller
    token = app.state.tokens.issuer.issue(sub=user, sid=session, now=int(time.time()))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    method = "GET" if ask.body is None else "POST"
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench") as client:
        with _listening(app) as heard:
            answer = await client.request(method, ask.path, headers=headers, content=ask.body)
    if not answer.is_success:
        raise NotRepeatableError(f"{method} {ask.path}: {answer.status_code} {answer.text[:500]}")
    return heard


async def record(app: FastAPI, scenario: Scenario, nation: Nation) -> Plan:
    """The plan of ``scenario`` on the running ``app``. Raises NotRepeatableError."""
    asks = scenario.sample(nation)
    first, second = asks[0], asks[len(asks) // 2]
    await _asked(app, asks[-1])  # what the product reads once and keeps is read now
    one, two = await _asked(app, first), await _asked(app, second) if second is not first else _Heard()
    if second is first:
        two = await _asked(app, first)
    if [step.sql for step in one.steps] != [step.sql for step in two.steps]:
        raise NotRepeatableError(f"{scenario.name}: two requests ran different statements")
    reading = _Reading(_named(first), _named(second))
    steps = []
    for number, (a, b) in enumerate(zip(one.steps, two.steps, strict=True)):
        rows = tuple(reading.row(x, y) for x, y in zip(a.rows, b.rows, strict=True))
        steps.append(Step(a.sql, rows, a.many))
        reading.learn(number, one.found[number], two.found[number])
    return Plan(tuple(_with_finds(steps)), keeps=first.body is not None)


def _named(ask: Ask) -> dict[str, Any]:
    session, user = ask.caller
    return {"target": ask.target, "session": session, "user": user}


@dataclass
class _Reading:
    """What a replay knows by now, with its values in the one and in the other recording."""

    one: dict[str, Any]
    two: dict[str, Any]
    new: dict[UUID, str] = field(default_factory=dict)

    def learn(self, number: int, one: Known, two: Known) -> None:
        """Statement ``number`` found these rows."""
        self.one |= {f"{number}.{column}": value for column, value in one.items()}
        self.two |= {f"{number}.{column}": value for column, value in two.items()}

    def row(self, one: tuple[Any, ...], two: tuple[Any, ...]) -> tuple[Any, ...]:
        """The values of a statement, with slots for those that differ."""
        return tuple(a if a == b else self._slot(a, b) for a, b in zip(one, two, strict=True))

    def _slot(self, a: Any, b: Any) -> Slot | Pattern:
        for name, value in self.one.items():
            if value == a and self.two[name] == b:
                return Slot(name)
            if isinstance(a, str) and a == _end(value) and b == _end(self.two[name]):
                return Slot(name, end=True)
        if isinstance(a, UUID):
            return Slot(self.new.setdefault(a, f"new.{len(self.new)}"))
        if isinstance(a, datetime):
            return Slot("now")
        if isinstance(a, str) and re.fullmatch("[0-9a-f]{32}", a):
            return Slot("request_id")
        if isinstance(a, str):
            return self._pattern(a, b)
        raise NotRepeatableError(f"{a!r} became {b!r}")

    def _pattern(self, a: str, b: str) -> Pattern:
        names, left, right = [], a, b
        for name, value in self.one.items():
            if isinstance(value, str | UUID) and value != self.two[name] and str(value) in left:
                left = left.replace(str(value), f"\0{name}\0")
                right = right.replace(str(self.two[name]), f"\0{name}\0")
                names.append(name)
        if left != right:
            raise NotRepeatableError(f"{a!r} became {b!r}")
        return Pattern(left, tuple(names))


def _end(path: Any) -> str | None:
    return f"{path[:-1]}/" if isinstance(path, str) and path.endswith(".") else None


def _with_finds(steps: list[Step]) -> Iterator[Step]:
    used: set[str] = set()
    for step in steps:
        for value in (value for row in step.rows for value in row):
            used |= (
                {value.name} if isinstance(value, Slot) else set(value.names) if isinstance(value, Pattern) else set()
            )
    for number, step in enumerate(steps):
        finds = tuple(sorted(name.partition(".")[2] for name in used if name.startswith(f"{number}.")))
        yield Step(step.sql, step.rows, step.many, finds)
