"""What is asked of the servers, by whom, and how fast the product must be (raw = 1.00)."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

import orjson

from app.identity.tokens import TokenIssuer
from bench.national import BASE_UNITS, CRITERIA, YEARS, Nation, Place, ident, person, registration, session_of

VARIETY = 2_000
"""Different requests of one scenario; those that write may be sent once each."""

CALLERS = 400
"""Communes whose people ask at the same time."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: who asks for what. ``target`` is the id in it that the SQL is about."""

    caller: tuple[UUID, UUID]
    target: UUID
    path: str
    body: bytes | None = None

    def to_product(self, token: str) -> bytes:
        """The request as the product takes it, signed in."""
        return self._request(self.path, f"Authorization: Bearer {token}")

    def to_raw(self, scenario: str, variant: str) -> bytes:
        """The same as ``raw.py`` takes it: no token, but who asks in plain words."""
        session, user = self.caller
        return self._request(f"/{variant}/{scenario}/{self.target}", f"X-Caller: {session} {user}")

    def _request(self, path: str, credentials: str) -> bytes:
        lines = [f"{'GET' if self.body is None else 'POST'} {path} HTTP/1.1", "Host: bench", credentials]
        if self.body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(self.body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + (self.body or b"")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One measure. ``targets``: the least ratio by number of workers; ``once``: each request may be sent only once."""

    name: str
    title: str
    asks: Callable[[Nation], Iterator[Ask]]
    targets: dict[int, float] = field(default_factory=dict)
    once: bool = False
    alone: bool = False
    """One request at a time, compared by latency: ``targets`` is then the most it may take."""

    def sample(self, nation: Nation) -> list[Ask]:
        """The requests of this scenario, the same on every run."""
        return list(islice(self.asks(nation), VARIETY * 5 if self.once else VARIETY))


def signed_in(asks: list[Ask], issuer: TokenIssuer) -> list[bytes]:
    """The requests as the product takes them. A caller keeps one token, as people do for fifteen minutes."""
    now = int(time.time())
    callers = {ask.caller for ask in asks}
    tokens = {caller: issuer.issue(sid=caller[0], sub=caller[1], now=now) for caller in callers}
    return [ask.to_product(tokens[ask.caller]) for ask in asks]


def _caller(place: Place, role: str) -> tuple[UUID, UUID]:
    return session_of(place, role), person(place, role)


def _random_units(nation: Nation) -> Iterator[tuple[int, Place]]:
    """Base units all over the nation: their number, and their commune."""
    chance = Random(nation.communes)
    communes = nation.at("commune")
    busy = chance.sample(range(len(communes)), min(CALLERS, len(communes)))
    while True:
        commune = chance.choice(busy)
        yield commune * BASE_UNITS + chance.randrange(BASE_UNITS), communes[commune]


def _one_registration(nation: Nation) -> Iterator[Ask]:
    for unit, commune in _random_units(nation):
        target = registration(unit, unit % len(YEARS))
        yield Ask(_caller(commune, "viewer"), target, f"/api/v1/registrations/{target}")


def _one_evaluation(nation: Nation) -> Iterator[Ask]:
    for unit, commune in _random_units(nation):
        target = ident("evaluation", unit * len(YEARS) + unit % len(YEARS))
        yield Ask(_caller(commune, "viewer"), target, f"/api/v1/evaluations/{target}")


def _page(nation: Nation) -> Iterator[Ask]:
    for _, commune in _random_units(nation):
        yield Ask(_caller(commune, "viewer"), commune.id, "/api/v1/registrations?limit=50")


def _results() -> list[dict[str, Any]]:
    figures = [{} if n < CRITERIA // 2 else {"figure": 80 + n} for n in range(CRITERIA)]
    return [{"criterion": f"TC{n + 1}", "outcome": "met", **figure} for n, figure in enumerate(figures)]


def _post(nation: Nation) -> Iterator[Ask]:
    communes = nation.at("commune")
    for n, commune in enumerate(communes):
        for i in range(BASE_UNITS):
            target = registration(n * BASE_UNITS + i, len(YEARS))
            body = {"registration_id": str(target), "stage": "final", "results": _results()}
            yield Ask(_caller(commune, "editor"), target, "/api/v1/evaluations", orjson.dumps(body))


_ROLL_UP = "/api/v1/statistics/criterion_results?year={year}&unit={unit}&group_by=criterion"


def _province(nation: Nation) -> Iterator[Ask]:
    provinces = nation.at("province")
    for n in range(len(provinces) * len(YEARS)):
        place = provinces[n % len(provinces)]
        path = _ROLL_UP.format(year=YEARS[2], unit=place.id)
        yield Ask(_caller(place, "viewer"), place.id, path)


def _nation(nation: Nation) -> Iterator[Ask]:
    centre = nation.places()[0]
    yield Ask(_caller(centre, "viewer"), centre.id, _ROLL_UP.format(year=YEARS[2], unit=centre.id))


SCENARIOS = (
    Scenario("registration", "GET one registration", _one_registration, {1: 0.30, 2: 0.45}),
    Scenario("evaluation", "GET one evaluation, 10 results", _one_evaluation, {1: 0.30, 2: 0.45}),
    Scenario("page", "GET page of 50 registrations", _page, {1: 0.30, 2: 0.35}),
    Scenario("post", "POST evaluation, 10 results", _post, {1: 0.45, 2: 0.50}, once=True),
    Scenario("province", "GET province roll-up per criterion", _province, {1: 0.60, 2: 0.70}),
    Scenario("nation", "GET whole-nation roll-up, latency", _nation, {1: 1.5, 2: 1.5}, alone=True),
)
