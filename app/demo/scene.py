"""What the sample is made from, and the dates it plays on. Pure."""

from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
STARTS_AT = datetime(2024, 7, 10, 8, 0, tzinfo=LOCAL)
"""The demonstration's calendar starts here: five days before the reports are due."""
LEFT_FREE = "17509"
"""Xã Mã Thành has neither registered for 2024 nor begun its report: it is the one the README's walk registers."""


def stable_id(*parts: object) -> UUID:
    """The same identifier for the same parts, in every demonstration."""
    return uuid5(NAMESPACE_URL, "dienhinh-demo:" + ":".join(map(str, parts)))


def day(text: str, hour: int = 8, minute: int = 0) -> datetime:
    """``YYYY-MM-DD`` at that local time."""
    return datetime.fromisoformat(text).replace(hour=hour, minute=minute, tzinfo=LOCAL)


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as the sample needs it."""

    id: UUID
    path: str
    code: str
    name: str
    short_name: str
    kind: str
    level: str
    parent_id: UUID | None

    @property
    def columns(self) -> dict[str, object]:
        """The columns by which a row belongs to the unit."""
        return {"unit_id": self.id, "unit_path": self.path}


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion as the sample needs it."""

    id: UUID
    code: str
    measure: str
    threshold: float | None
    comparison: str | None
    required: bool


@dataclass(frozen=True, slots=True)
class CriteriaSet:
    """A published set and the kinds of unit it is for."""

    id: UUID
    kinds: frozenset[str]
    criteria: tuple[Criterion, ...]


@dataclass(slots=True)
class Rows:
    """What is to be inserted, table by table."""

    registrations: list[dict[str, object]] = field(default_factory=list)
    evaluations: list[dict[str, object]] = field(default_factory=list)
    results: list[dict[str, object]] = field(default_factory=list)
    reports: list[dict[str, object]] = field(default_factory=list)
    sections: list[dict[str, object]] = field(default_factory=list)
    obligations: list[dict[str, object]] = field(default_factory=list)
    award_quotas: list[dict[str, object]] = field(default_factory=list)
    awards: list[dict[str, object]] = field(default_factory=list)
    award_endorsements: list[dict[str, object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scene:
    """The world of the sample; ``random`` is seeded, so that every demonstration is the same."""

    places: tuple[Place, ...]
    sets: tuple[CriteriaSet, ...]
    random: Random

    def set_for(self, place: Place) -> CriteriaSet:
        """The published set for the unit's kind."""
        return next(found for found in self.sets if place.kind in found.kinds)

    def at(self, level: str) -> list[Place]:
        """Places of one level, in the order of their codes."""
        return sorted((place for place in self.places if place.level == level), key=lambda place: place.code)

    def approver_above(self, place: Place) -> UUID | None:
        """The demo account that approves for the unit directly above."""
        above = self._above(place)
        return user_of(above, "approver") if above else None

    def writer(self, place: Place) -> UUID | None:
        """The demo account that writes for the unit: base units have none of their own, their manager's editor does."""
        responsible = self._above(place) if place.level == "base" else place
        return user_of(responsible, "editor") if responsible else None

    def submitter(self, place: Place) -> UUID | None:
        """The demo account that hands in for the unit: its approver; for a base unit, its manager's editor."""
        return self.writer(place) if place.level == "base" else user_of(place, "approver")

    def _above(self, place: Place) -> Place | None:
        return next((found for found in self.places if found.id == place.parent_id), None)


def user_of(place: Place, role: str) -> UUID:
    """The id of the demo account ``<unit code>.<role>``; the province's are named ``province.<role>``."""
    name = "province" if place.level == "province" else place.code
    return stable_id("user", f"{name.lower()}.{role}")
