"""A nation of invented units and five years of their evaluations: deterministic rows, table by table. Pure.

Everything follows from the scale. At 1.0: 34 provinces, 3,321 communes, 30 base units each (about 103,000 units with
those above), 498,150 evaluations and ten results for each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.kernel.text import fold, sort_key

RECIPE: Final = 1
"""Counted up whenever the rows change, so that an older database is made again."""

YEARS: Final = (2021, 2022, 2023, 2024, 2025)
FRESH_YEAR: Final = 2026
"""Registered, not yet evaluated: what the benchmark's own POSTs are about."""

BASE_UNITS: Final = 30
CRITERIA: Final = 10
ROLES: Final = ("viewer", "editor")
NATIONWIDE_PROVINCES: Final = 34
NATIONWIDE_COMMUNES: Final = 3_321

Rows = Iterator[tuple[Any, ...]]

_KINDS = {"unit": 1, "fact": 2, "user": 3, "grant": 4, "session": 5, "set": 6, "group": 7, "criterion": 8}
_KINDS |= {"registration": 9, "evaluation": 10, "campaign": 11, "deadline": 12, "obligation": 13}
_BASE = (("agency", "Cơ quan"), ("enterprise", "Doanh nghiệp"), ("school", "Trường THCS"))
_FOREVER = datetime(2100, 1, 1, tzinfo=UTC)


def ident(kind: str, number: int) -> UUID:
    """The id of the ``number``-th thing of ``kind``. Ordered by number, as version 7 orders by time."""
    return UUID(int=(_KINDS[kind] << 96) | (7 << 76) | (2 << 62) | number)


class Place(NamedTuple):
    """A unit of the nation. ``label`` is its number in paths."""

    label: int
    path: str
    level: str
    kind: str
    parent: int | None
    name: str

    @property
    def id(self) -> UUID:
        """Its id."""
        return ident("unit", self.label)


@dataclass(frozen=True)
class Nation:
    """All rows at one scale."""

    scale: float

    @property
    def provinces(self) -> int:
        """How many provinces."""
        return max(2, round(NATIONWIDE_PROVINCES * self.scale))

    @property
    def communes(self) -> int:
        """How many communes; never fewer than two in a province."""
        return max(2 * self.provinces, round(NATIONWIDE_COMMUNES * self.scale))

    def places(self) -> list[Place]:
        """Every unit: the centre, then provinces, communes and base units, each after the unit it hangs under."""
        centre = Place(1, "000001.", "central", "ministry", None, "Bộ Công an (đo tốc độ)")
        return [centre, *self.at("province"), *self.at("commune"), *self.at("base")]

    def at(self, level: str) -> list[Place]:
        """The units of one level."""
        if level == "province":
            return [_under(_CENTRE_PATH, 1, 2 + n, "province", f"Tỉnh {n + 1}") for n in range(self.provinces)]
        first = 2 + self.provinces
        if level == "commune":
            above = self.at("province")
            return [
                _under(above[n % len(above)].path, above[n % len(above)].label, first + n, "commune", f"Xã {n + 1}")
                for n in range(self.communes)
            ]
        found = []
        for n, commune in enumerate(self.at("commune")):
            for i in range(BASE_UNITS):
                kind, title = _BASE[i % len(_BASE)]
                label = first + self.communes + n * BASE_UNITS + i
                found.append(_under(commune.path, commune.label, label, kind, f"{title} {i + 1} xã {n + 1}"))
        return found

    # --- rows, in the order of the columns that loading.py names ----------------------------------------------------

    def units(self) -> Rows:
        """Rows of ``units``."""
        for place in self.places():
            parent = None if place.parent is None else ident("unit", place.parent)
            yield (place.id, place.label, place.path, parent, *_described(place))

    def facts(self) -> Rows:
        """Rows of ``unit_facts``: as they stand, from before the first year."""
        for place in self.places():
            parent = None if place.parent is None else ident("unit", place.parent)
            yield (
                *(ident("fact", place.label), place.id, place.label, date(2020, 1, 1), parent, place.path),
                *_described(place),
            )

    def staffed(self) -> Iterator[tuple[Place, str]]:
        """Who signs in: viewers at the centre, the provinces and the communes, and an editor at each commune."""
        for place in self.places():
            if place.level != "base":
                yield place, "viewer"
            if place.level == "commune":
                yield place, "editor"

    def users(self) -> Rows:
        """Rows of ``users``. Nobody's password is known: the benchmark issues the tokens itself."""
        for place, role in self.staffed():
            name = f"{role} {place.name}"
            yield (
                *(person(place, role), f"bench.{place.label}.{role}", name, fold(name)),
                *(place.id, place.path, "!", datetime(2021, 1, 1, tzinfo=UTC)),
            )

    def grants(self) -> Rows:
        """Rows of ``grants``."""
        for place, role in self.staffed():
            user = person(place, role)
            yield ident("grant", user.int & 0xFFFFFFFF), user, role, place.id, place.path, date(2021, 1, 1)

    def sessions(self) -> Rows:
        """Rows of ``sessions``."""
        begun = datetime(2021, 1, 1, tzinfo=UTC)
        for place, role in self.staffed():
            user, session = person(place, role), session_of(place, role)
            yield session, user, session.bytes, session.bytes, begun, _FOREVER, begun

    def registrations(self) -> Rows:
        """Rows of ``registrations``: every base unit, every year, all accepted."""
        for unit, place in enumerate(self.at("base")):
            for i, year in enumerate((*YEARS, FRESH_YEAR)):
                sent = datetime(year, 1, 20, 3, tzinfo=UTC) + timedelta(seconds=unit)
                yield (
                    *(registration(unit, i), place.id, place.path, year, "accepted", f"{unit + 1}/QĐ", sent.date()),
                    *(sent, sent + timedelta(days=9), sent, sent),
                )

    def evaluations(self) -> Rows:
        """Rows of ``evaluations``: eight in ten recognised, one not, one only verified."""
        for unit, place in enumerate(self.at("base")):
            for i, year in enumerate(YEARS):
                number = unit * len(YEARS) + i
                status = _status(number)
                passed, decided = status != "not_recognised", status != "verified"
                sent = datetime(year, 11, 1, 3, tzinfo=UTC) + timedelta(seconds=unit)
                decision = (f"{number + 1}/QĐ", sent.date()) if status == "recognised" else (None, None)
                yield (
                    *(ident("evaluation", number), place.id, place.path, registration(unit, i), ident("set", 1), year),
                    *("final", status, passed, passed, passed if decided else None, *decision),
                    *(sent, sent, sent if decided else None, sent, sent),
                )

    def results(self) -> Rows:
        """Rows of ``evaluation_results``: what fails, fails where it must for the evaluation's state."""
        criteria = [ident("criterion", n) for n in range(CRITERIA)]
        base = self.at("base")
        for unit, place in enumerate(base):
            unit_id, author = place.id, ident("user", 0)
            for i, year in enumerate(YEARS):
                number = unit * len(YEARS) + i
                evaluation = ident("evaluation", number)
                at = datetime(year, 10, 1, 3, tzinfo=UTC)
                decided = _status(number) != "verified"
                for n, criterion in enumerate(criteria):
                    value = (*_value(number, n), author, at)
                    final = value if decided else _NOTHING
                    yield evaluation, criterion, unit_id, place.path, *value, *value, *final


_CENTRE_PATH: Final = "000001."
_NOTHING: Final = (None,) * 5
_FIGURES: Final = tuple(Decimal(n) for n in range(101))


def _under(path: str, parent: int, label: int, kind: str, name: str) -> Place:
    level = kind if kind in {"province", "commune"} else "base"
    return Place(label, f"{path}{label:06x}.", level, kind, parent, name)


def _described(place: Place) -> tuple[Any, ...]:
    code = f"DO-{place.label}"
    return code, place.name, place.name, place.kind, place.level, fold(place.name), sort_key(place.name)


def person(place: Place, role: str) -> UUID:
    """The id of who holds ``role`` at ``place``."""
    return ident("user", place.label * len(ROLES) + ROLES.index(role))


def session_of(place: Place, role: str) -> UUID:
    """The session in which that person is signed in."""
    return ident("session", place.label * len(ROLES) + ROLES.index(role))


def registration(unit: int, year: int) -> UUID:
    """The id of the registration of the ``unit``-th base unit for the ``year``-th year."""
    return ident("registration", unit * (len(YEARS) + 1) + year)


def _status(number: int) -> str:
    return {0: "not_recognised", 1: "verified"}.get(number % 10, "recognised")


def _value(number: int, n: int) -> tuple[str, Decimal | None, str | None]:
    """Outcome, figure and reason of the ``n``-th criterion; the second half of them takes a percentage."""
    failed = _status(number) == "not_recognised" and n in {number // 10 % CRITERIA, number // 100 % CRITERIA}
    figure = None if n < CRITERIA // 2 else _FIGURES[60 if failed else 80 + number % 21]
    return ("not_met", figure, "Chưa đạt (số liệu đo tốc độ)") if failed else ("met", figure, None)
