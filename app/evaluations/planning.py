"""Many new evaluations at once: planned by the rules of ``service.create``, and written together by whoever asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.audit.planned import Entry, Plan
from app.audit.service import Subject
from app.campaigns.periods import Periods, yearly_day
from app.criteria.definition import SetDefinition
from app.criteria.queries import definition as definition_of
from app.evaluations import queries, queries_many
from app.evaluations.models import Evaluation, EvaluationResult
from app.evaluations.queries import Facts
from app.evaluations.schemas import EvaluationBody
from app.evaluations.service import check_ground, choose_set, entered, new_values, told
from app.kernel.errors import DomainError, NotFound


@dataclass(frozen=True, slots=True)
class Ground:
    """The registration that is to be evaluated: one that stands, or one that is planned in the same breath."""

    registration_id: UUID
    planned_year: int | None = None
    """Of a registration that is not yet written."""


async def plan(
    tx: Tx,
    entries: Sequence[Entry[EvaluationBody]],
    grounds: Mapping[UUID, Ground],
    periods: Periods,
) -> None:
    """What ``service.create`` would write for each of ``entries``, or why it would refuse. ``grounds`` by entry."""
    standing = sorted({one.registration_id for one in grounds.values() if one.planned_year is None})
    registrations = await queries_many.grounds(tx.session, standing) if standing else {}
    sets = await queries_many.sets_for(tx.session, sorted({entry.unit.id for entry in entries}))
    for entry in entries:
        try:
            facts = _facts(entry, grounds[entry.id], registrations, sets)
            tx.actor.require(Permission.EVALUATION_WRITE, entry.unit)
            periods.require_unlocked(entry.unit.id, yearly_day(tx.today, facts["year"]))
            check_ground(facts, entry.data)
            chosen = choose_set(facts, entry.data)
            definition = await definition_of(tx.session, chosen["criteria_set_id"])
            entry.plan = _plan(tx, entry, facts, definition)
        except DomainError as fault:
            entry.fault = fault


def _facts(
    entry: Entry[EvaluationBody], ground: Ground, registrations: Mapping[UUID, Facts], sets: Mapping[UUID, Facts]
) -> Facts:
    """What the evaluation stands on, as ``queries.ground`` shows it."""
    place = sets.get(entry.unit.id)
    if ground.planned_year is not None:
        found: dict[str, Any] | None = {
            "registration_id": ground.registration_id,
            "registration_status": "draft",
            "year": ground.planned_year,
            "recognised": False,
        }
    else:
        found = registrations.get(ground.registration_id)
    if found is None or place is None or found.get("unit_id", entry.unit.id) != entry.unit.id:
        raise NotFound
    return {**place, **found}


def _plan(tx: Tx, entry: Entry[EvaluationBody], facts: Facts, definition: SetDefinition) -> Plan:
    assessed = entered(tx, definition, entry.data.results or [])
    values = new_values(tx, entry, facts, definition)
    made = Plan()
    made.insert(Evaluation, values)
    made.insert(EvaluationResult, *queries.result_rows(values, assessed))
    after = told(values, definition, assessed)
    made.record(tx, "evaluation.create", Subject("evaluation", entry.id, entry.unit), (None, after))
    return made
