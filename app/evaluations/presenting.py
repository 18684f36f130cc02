"""Evaluations as the caller sees them: from what is stored, or from what was just written."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.access.permissions import Permission
from app.campaigns.periods import lock_out
from app.criteria.definition import SetDefinition
from app.evaluations.queries import Facts
from app.evaluations.schemas import CriterionBrief, EvaluationBrief, EvaluationOut, ResultOut, SetBrief, ValueOut
from app.evaluations.values import NOTHING, Results, Value
from app.evaluations.workflow import APPROVALS, EDITABLE, MACHINES, OWN_ACTIONS, conclusion
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

_SAME = tuple(
    name
    for name in EvaluationBrief.model_fields
    if name not in {"unit", "criteria_set", "conclusion", "editable", "lock", "verifiable", "allowed_actions"}
)
_NONE: frozenset[str] = frozenset()
# Sets out of draft never change, and only those are evaluated by.
_CRITERIA: dict[UUID, tuple[CriterionBrief, ...]] = {}
_CRITERIA_MOST = 256


def unit_of(facts: Facts) -> UnitRef:
    """The evaluated unit as questions of rights need it."""
    return UnitRef(
        *(facts["unit_id"], facts["unit_path"], facts["unit_level"], facts["unit_ended"]), facts.get("unit_bearing")
    )


def _actions(tx: Tx, facts: Facts, unit: UnitRef) -> list[ActionOut]:
    machine = MACHINES[facts["stage"]]
    found = allowed(tx.actor, machine, facts["status"], unit, at_level=facts.get("recognising_level"))
    own = tx.actor.id is not None and tx.actor.id == facts["submitted_by"]
    barred = (APPROVALS if own else _NONE) | (_NONE if facts["locked_by"] is None else OWN_ACTIONS)
    return [action for action in found if action.action not in barred] if barred else found


def _head(tx: Tx, facts: Facts) -> dict[str, Any]:
    unit = unit_of(facts)
    status = facts["status"]
    actions = _actions(tx, facts, unit)
    head = {name: facts[name] for name in _SAME}
    head["unit"] = UnitBrief.of({"id": unit.id, "code": facts["unit_code"], "name": facts["unit_name"]})
    head["criteria_set"] = SetBrief.of(
        {
            "id": facts["criteria_set_id"],
            "code": facts["set_code"],
            "set_version": facts["set_version"],
            "title": facts["set_title"],
            "recognised_by": facts["recognised_by"],
        }
    )
    head["conclusion"] = conclusion(facts["stage"], status, facts["passed_verified"])
    may = facts["locked_by"] is None and status in EDITABLE
    head["editable"] = may and tx.actor.can(Permission.EVALUATION_WRITE, unit)
    head["lock"] = lock_out(tx, facts["locked_by"])
    head["verifiable"] = any(action.action == "verify" for action in actions)
    head["allowed_actions"] = actions
    return head


def brief(tx: Tx, facts: Facts) -> EvaluationBrief:
    """An evaluation without its results."""
    return EvaluationBrief.of(_head(tx, facts))


def full(tx: Tx, facts: Facts, definition: SetDefinition, results: Results) -> EvaluationOut:
    """An evaluation with every criterion of its set, whether anything was entered or not."""
    return EvaluationOut.of(_head(tx, facts) | {"results": _rows(definition, results)})


def _rows(definition: SetDefinition, results: Results) -> list[ResultOut]:
    rows: list[ResultOut] = []
    for criterion, shown in zip(definition.criteria, _criteria(definition), strict=True):
        result = results.get(criterion.id, NOTHING)
        rows.append(
            {
                "criterion": shown,
                "self": _value(result.self_),
                "verified": _value(result.verified),
                "final": _value(result.final),
            }
        )
    return rows


def _value(value: Value | None) -> ValueOut | None:
    if value is None:
        return None
    return {
        "outcome": value.outcome,
        "figure": _number(value.figure),
        "reason": value.reason,
        "evidence": value.evidence,
        "by": value.by,
        "at": value.at,
    }


def _number(figure: Decimal | None) -> int | float | None:
    """A JSON number: figures came as such, so nothing is lost on the way back."""
    if figure is None:
        return None
    whole = int(figure)
    return whole if whole == figure else float(figure)


def _criteria(definition: SetDefinition) -> Sequence[CriterionBrief]:
    kept = _CRITERIA.get(definition.id)
    if kept is None:
        if len(_CRITERIA) >= _CRITERIA_MOST:
            del _CRITERIA[next(iter(_CRITERIA))]
        kept = _CRITERIA[definition.id] = tuple(
            CriterionBrief(
                id=criterion.id,
                code=criterion.code,
                title=criterion.title,
                group_code=criterion.group_code,
                measure=criterion.measure,
                threshold=_number(criterion.threshold),
                comparison=criterion.comparison,
                unit_of_count=criterion.unit_of_count,
                required=criterion.required,
                evidence_needed=criterion.evidence_needed,
            )
            for criterion in definition.criteria
        )
    return kept
