"""Records set down directly, state by state: figures are about what stands, not about how it came there."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from app.access.actor import Tx, UnitRef
from app.campaigns.models import Campaign, Deadline, Obligation
from app.criteria.models import Criterion
from app.evaluations.models import Evaluation, EvaluationResult
from app.kernel.ids import new_id
from app.registrations.models import Registration
from app.units.models import UnitFact
from tests.builders.units import TREE, label, path, unit_id

FEBRUARY = datetime(2024, 2, 20, 3, tzinfo=UTC)
HANDED_IN = {"submitted", "accepted", "returned"}


Where = str | UnitRef
"""A unit of the small tree by its key, or any unit as it stands now."""


def place(unit: Where) -> dict[str, Any]:
    """The unit of a record as its columns say it; one given by its key, where it stands when the test begins."""
    if isinstance(unit, UnitRef):
        return {"unit_id": unit.id, "unit_path": unit.path}
    return {"unit_id": unit_id(unit), "unit_path": path(unit)}


@dataclass(frozen=True)
class Registered:
    """A registration to be set down."""

    unit: Where
    status: str = "accepted"
    year: int = 2024
    at: datetime | None = FEBRUARY


async def register(tx: Tx, *wanted: Registered) -> list[UUID]:
    """Set registrations down; their ids."""
    rows = [
        {
            "id": new_id(),
            "year": one.year,
            "status": one.status,
            "submitted_at": None if one.status == "draft" else one.at,
            "accepted_at": one.at if one.status == "accepted" else None,
            **place(one.unit),
        }
        for one in wanted
    ]
    await tx.session.execute(insert(Registration), rows)
    return [row["id"] for row in rows]


@dataclass(frozen=True)
class Evaluated:
    """An evaluation to be set down on a registration of its own. ``results``: criterion -> (self, verified, final)."""

    unit: Where
    set_id: UUID
    stage: str = "final"
    status: str = "recognised"
    passed: bool = True
    year: int = 2024
    at: datetime = FEBRUARY
    results: tuple[tuple[str, str | None, str | None, str | None], ...] = ()


async def evaluate(tx: Tx, *wanted: Evaluated) -> list[UUID]:
    """Set evaluations down; their ids. Those of one unit and year stand on one registration."""
    found: dict[tuple[Where, int], UUID] = {}
    made = []
    for one in wanted:
        key = (one.unit, one.year)
        if key not in found:
            (found[key],) = await register(tx, Registered(one.unit, year=one.year, at=one.at))
        verified = one.status in {"verified", "recognised", "not_recognised"}
        decided = one.status in {"recognised", "not_recognised"}
        evaluation = new_id()
        decision = {"decision_number": "1/QĐ", "decision_date": date(2024, 3, 1)} if decided else {}
        values = {
            "id": evaluation,
            "registration_id": found[key],
            "criteria_set_id": one.set_id,
            "year": one.year,
            "stage": one.stage,
            "status": one.status,
            "submitted_at": None if one.status == "draft" else one.at,
            "passed_self": None if one.status == "draft" else one.passed,
            "verified_at": one.at if verified else None,
            "passed_verified": one.passed if verified else None,
            "decided_at": one.at if decided else None,
            "passed_final": one.passed if decided else None,
            **decision,
            **place(one.unit),
        }
        await tx.session.execute(insert(Evaluation), values)
        await _results(tx, one, evaluation)
        made.append(evaluation)
    return made


async def _results(tx: Tx, one: Evaluated, evaluation: UUID) -> None:
    if not one.results:
        return
    query = select(Criterion.code, Criterion.id).where(Criterion.set_id == one.set_id)
    criteria: dict[str, UUID] = {row.code: row.id for row in await tx.session.execute(query)}
    rows = [
        {
            "evaluation_id": evaluation,
            "criterion_id": criteria[code],
            "self_outcome": own,
            "verified_outcome": verified,
            "final_outcome": final,
            **place(one.unit),
        }
        for code, own, verified, final in one.results
    ]
    await tx.session.execute(insert(EvaluationResult), rows)


@dataclass(frozen=True)
class Owed:
    """An obligation to report, to be set down. Due before 15/7/2024."""

    unit: Where
    status: str = "not_started"
    first: datetime | None = None
    extended_to: date | None = None
    left: bool = False


async def campaign(tx: Tx, *owed: Owed, years: tuple[int, ...] = (2023, 2024)) -> UUID:
    """An open campaign of the province, with who owes it a report; its id."""
    campaign_id, deadline_id = new_id(), new_id()
    window = {"window_from": date(min(years), 1, 15), "window_to": date(2024, 7, 14)}
    before = {"before_from": date(min(years) - 2, 7, 16), "before_to": date(min(years), 1, 14)}
    head = {"code": f"KH-{campaign_id.hex[-8:]}", "title": "Sơ kết kiểm thử", "years": list(years), **window, **before}
    opened = {"status": "open", "opened_at": FEBRUARY}
    await tx.session.execute(insert(Campaign), {"id": campaign_id, **head, **opened, **place("province")})
    due = {"task": "report", "due_before": date(2024, 7, 15)}
    deadline = {"id": deadline_id, "campaign_id": campaign_id, "level": "commune", **due}
    await tx.session.execute(insert(Deadline), {**deadline, **place("province")})
    for one in owed:
        values = {
            "id": new_id(),
            "campaign_id": campaign_id,
            "deadline_id": deadline_id,
            **due,
            "status": one.status,
            "first_counted_at": one.first,
            "extended_to": one.extended_to,
            "left_on": date(2024, 5, 1) if one.left else None,
            "left_reason": "Giải thể" if one.left else None,
            "created_at": FEBRUARY,
            **place(one.unit),
        }
        await tx.session.execute(insert(Obligation), values)
    return campaign_id


async def stood_under(tx: Tx, key: str, parent: str, until: date) -> None:
    """Write history: until then, ``key`` and all below it stood under ``parent``, and since then where they stand."""
    here = path(key)
    there = path(parent) + here[-7:]
    below = [other for other in TREE if path(other).startswith(here)]
    for other in below:
        fact = select(UnitFact).where(UnitFact.unit_id == unit_id(other))
        row = (await tx.session.execute(fact)).mappings().one()
        past = {**row, "id": new_id(), "valid_to": until, "path": there + path(other)[len(here) :]}
        past.pop("span")
        if other == key:
            past["parent_id"] = unit_id(parent)
        await tx.session.execute(
            text("UPDATE unit_facts SET valid_from = :day WHERE unit_id = :unit"),
            {"day": until, "unit": unit_id(other)},
        )
        await tx.session.execute(insert(UnitFact), past)


async def merge(tx: Tx, key: str, into: str, day: date) -> None:
    """End ``key`` on a day: it hangs under its successor from then on."""
    values = {"unit": unit_id(key), "into": unit_id(into), "day": day, "path": path(into) + f"{label(key):06x}."}
    await tx.session.execute(
        text("UPDATE unit_facts SET valid_to = :day WHERE unit_id = :unit AND valid_to IS NULL"), values
    )
    await tx.session.execute(
        text(
            "UPDATE units SET ended_on = :day, successor_id = :into, parent_id = :into, path = :path WHERE id = :unit"
        ),
        values,
    )


def local(day: date) -> datetime:
    """Noon of a day in Vietnam."""
    return datetime(day.year, day.month, day.day, 5, tzinfo=UTC)


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)
