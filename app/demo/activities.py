"""The sample's propaganda, launches and security figures: totals of half-years, a few events, all before the first
report of the open campaign is handed in. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.demo.scene import Place, Scene, day, stable_id, user_of


@dataclass(frozen=True, slots=True)
class Kind:
    """A form of activity as the sample uses it: how likely, and between which amounts."""

    form: str
    chance: float
    least: int
    most: int
    venue: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """An entry of the catalogue as the sample needs it."""

    id: UUID
    title: str
    counted: str


@dataclass(slots=True)
class Records:
    """What is to be inserted, table by table."""

    directives: list[dict[str, Any]] = field(default_factory=list)
    practices: list[dict[str, Any]] = field(default_factory=list)
    activities: list[dict[str, Any]] = field(default_factory=list)
    figures: list[dict[str, Any]] = field(default_factory=list)


SPANS = (
    (date(2023, 1, 15), date(2023, 6, 30), "6 tháng đầu năm 2023"),
    (date(2023, 7, 1), date(2023, 11, 27), "từ 01/7 đến 27/11/2023"),
    (date(2024, 1, 1), date(2024, 6, 25), "6 tháng đầu năm 2024"),
)
"""Each total is of one of these; they share no day."""

TOTALS = {
    "commune": (
        Kind("direct", 1, 3, 18, "commune"),
        Kind("broadcast", 1, 20, 120, "commune"),
        Kind("news_item", 0.2, 1, 5),
        Kind("slogan", 0.2, 4, 30),
    ),
    "district": (
        Kind("direct", 1, 4, 15, "agency"),
        Kind("direct", 1, 3, 12, "enterprise"),
        Kind("news_item", 1, 5, 40),
        Kind("article", 0.8, 2, 15),
        Kind("panel", 0.5, 3, 12),
        Kind("printed", 0.6, 200, 3_000),
    ),
    "province": (
        Kind("direct", 1, 10, 30, "agency"),
        Kind("article", 1, 20, 60),
        Kind("feature", 1, 3, 12),
        Kind("poster", 1, 100, 400),
        Kind("printed", 1, 5_000, 20_000),
    ),
}
EVENTS = {
    "commune": (
        (Kind("launch_ceremony", 0.9, 1, 1, "commune"), "2023-02-06"),
        (Kind("launch_residents", 0.7, 3, 12, "commune"), "2023-08-10"),
        (Kind("launch_residents", 0.7, 3, 12, "commune"), "2024-02-20"),
        (Kind("direct", 0.5, 1, 2, "school"), "2024-03-04"),
        (Kind("printed", 0.4, 50, 600), "2023-05-08"),
    ),
    "district": (
        (Kind("launch_ceremony", 1, 1, 1, "commune"), "2023-02-02"),
        (Kind("launch_combined", 1, 1, 1, "agency"), "2024-01-18"),
        (Kind("launch_briefing", 0.8, 1, 3, "enterprise"), "2024-03-14"),
    ),
    "province": (
        (Kind("launch_ceremony", 1, 1, 1, "agency"), "2023-02-01"),
        (Kind("launch_combined", 1, 1, 1, "agency"), "2024-01-16"),
    ),
}
AT_BASE = 0.25
"""One base unit in four has something of its own to report."""

COUNTS = {
    "criminal_offences": (0, 12),
    "social_evils": (0, 8),
    "traffic_accidents": (0, 6),
    "fires_explosions": (0, 3),
    "reports_received": (4, 30),
    "complaints": (0, 5),
}
RESOLVED = ("reports_resolved", "reports_received")


def add_activities(scene: Scene, records: Records, forms: Mapping[str, Form]) -> None:
    """Activities of the province, every district and commune, and one base unit in four."""
    above = {place.id: place for place in scene.places}
    for place in scene.places:
        manager = above.get(place.parent_id) if place.parent_id else None
        writer = user_of(manager, "editor") if place.level == "base" and manager else user_of(place, "editor")
        for kind, (first, last, when) in _planned(scene, place):
            form = forms[kind.form]
            amount = scene.random.randint(kind.least, kind.most)
            sessions = amount if form.counted == "sessions" else 0
            entered_at = day(last.isoformat()) + timedelta(days=scene.random.randrange(1, 3))
            records.activities.append(
                {
                    "id": stable_id("activity", place.code, kind.form, kind.venue, first),
                    **place.columns,
                    "form_id": form.id,
                    "nature": "event" if first == last else "period_total",
                    "venue_kind": kind.venue,
                    "date_from": first,
                    "date_to": last,
                    "title": f"{form.title}{when} (dữ liệu mẫu)",
                    "place": None,
                    "sessions": sessions,
                    "quantity": amount - sessions,
                    "people_reached": sessions * scene.random.randint(30, 90) if sessions and kind.venue else None,
                    "result": "Nhân dân hưởng ứng, tích cực tham gia (dữ liệu mẫu)" if sessions else None,
                    **entered(entered_at, writer),
                }
            )


def _planned(scene: Scene, place: Place) -> Iterator[tuple[Kind, tuple[date, date, str]]]:
    """Which activities a unit had, and when: (kind, (first day, last day, words))."""
    totals, events = TOTALS.get(place.level, ()), EVENTS.get(place.level, ())
    if place.level == "base" and scene.random.random() < AT_BASE:
        totals = (Kind("direct", 0.6, 1, 4, place.kind),)
        events = ((Kind("launch_briefing", 1, 1, 1, place.kind), "2024-02-05"),)
    for first, last, words in SPANS:
        for kind in totals:
            if scene.random.random() < kind.chance:
                yield kind, (first, last, f", {words}")
    for kind, about in events:
        if scene.random.random() < kind.chance:
            held = date.fromisoformat(about) + timedelta(days=scene.random.randrange(20))
            yield kind, (held, held, "")


def add_figures(scene: Scene, records: Records, indicators: Mapping[str, UUID], campaign_id: UUID) -> None:
    """All counts of every commune before and after; those above have none of their own, theirs are the sums."""
    for place in scene.at("commune"):
        values = {code: _before_and_after(scene, *bounds) for code, bounds in COUNTS.items()}
        part, whole = RESOLVED
        before, after = values[whole]
        values[part] = (_some(scene, before, 0.75), _some(scene, after, 0.85))
        entered_at = day("2024-06-26") + timedelta(hours=scene.random.randrange(72))
        for code, (before, after) in values.items():
            records.figures.append(
                {
                    "id": stable_id("figure", place.code, code),
                    **place.columns,
                    "campaign_id": campaign_id,
                    "indicator_id": indicators[code],
                    "before_value": before,
                    "after_value": after,
                    "note": "Dữ liệu mẫu",
                    **entered(entered_at, user_of(place, "editor")),
                }
            )


def _before_and_after(scene: Scene, least: int, most: int) -> tuple[int, int]:
    before = scene.random.randint(least, most)
    return before, round(before * scene.random.uniform(0.6, 1.15))


def _some(scene: Scene, whole: int, share: float) -> int:
    """A part of ``whole`` that is at least ``share`` of it."""
    return min(whole, round(whole * scene.random.uniform(share, 1)))


def entered(at: datetime, by: UUID) -> dict[str, Any]:
    """The columns of a record that ``by`` entered ``at``, and nobody has changed since."""
    return {"version": 1, "created_at": at, "updated_at": at, "created_by": by}
