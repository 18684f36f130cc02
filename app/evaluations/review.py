"""The verbs that move an evaluation up: submit, verify value by value and as a whole, return, recognise, decline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access.actor import Tx, refuse_sending_back
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.campaigns.periods import keep_unlocked, yearly_day
from app.criteria.definition import SetDefinition
from app.criteria.passrule import passes
from app.criteria.queries import definition as definition_of
from app.evaluations import queries
from app.evaluations.faults import (
    EvaluationIncomplete,
    PassRuleNotMet,
    RegistrationNotAccepted,
    RegistrationNotSubmitted,
)
from app.evaluations.presenting import full, unit_of
from app.evaluations.queries import Facts
from app.evaluations.schemas import EvaluationOut, EvaluationTransition, ResultIn
from app.evaluations.service import shown, stood
from app.evaluations.values import (
    NOTHING,
    Results,
    Side,
    Value,
    apply,
    differences,
    missing,
    not_met,
    outcomes,
    outdated,
    read_entered,
    unconfirmed,
)
from app.evaluations.workflow import APPROVALS, DECIDED, MACHINES, OWN_ACTIONS
from app.kernel.clock import local_date
from app.kernel.errors import FieldError, Invalid, InvalidState, Text, check_version
from app.kernel.workflow import permission_for, require_note, step


@dataclass(frozen=True, slots=True)
class Case:
    """A locked evaluation with what it is judged by."""

    row: Facts
    definition: SetDefinition
    results: Results


@dataclass(frozen=True, slots=True)
class Move:
    """What an action changes: columns of the evaluation, and values of one side."""

    values: Mapping[str, Any]
    side: Side = "verified"
    results: Mapping[UUID, Value | None] | None = None


async def enter_verification(
    tx: Tx, evaluation_id: UUID, expected: int | None, entries: Sequence[ResultIn]
) -> EvaluationOut:
    """Set the verified values of the criteria listed; the others stay as they are.

    Raises 403 (``self_approval``), 409 ``invalid_state`` unless it is submitted, 412, 422 by pointer.
    """
    row = await queries.lock(tx.session, evaluation_id)
    tx.actor.require(Permission.EVALUATION_VERIFY, unit_of(row))
    check_version(expected, row["version"])
    if row["status"] != "submitted":
        text = Text("Chỉ thẩm định được khi phiếu đã được gửi", "Only a submitted evaluation can be verified")
        raise InvalidState(text, current_status=row["status"])
    tx.actor.require_not_submitter(row["submitted_by"])
    definition = await definition_of(tx.session, row["criteria_set_id"])
    read, faults = read_entered(definition, entries, reasons=True)
    if faults:
        raise Invalid(errors=faults[:100])
    results = await queries.results(tx.session, row["id"])
    entered = {key: value._replace(by=tx.actor.id, at=tx.now) for key, value in read.items()}
    changed = differences(results, "verified", entered)
    case = Case(row, definition, results)
    return await _write(tx, case, "evaluation.enter_verification", Move({}, "verified", changed))


async def move(tx: Tx, evaluation_id: UUID, expected: int | None, data: EvaluationTransition) -> EvaluationOut:
    """Take a step of the workflow.

    Raises 403 (``self_approval``), 409 ``invalid_state``, ``period_locked`` for ``submit`` and the refusals of each
    action, 412, 422.
    """
    row = await queries.lock(tx.session, evaluation_id)
    tx.actor.require(Permission(permission_for(DECIDED, data.action)), unit_of(row), at_level=row["recognising_level"])
    check_version(expected, row["version"])
    found = step(MACHINES[row["stage"]], row["status"], data.action)
    refuse_sending_back(unit_of(row), found)
    if data.action in APPROVALS:
        tx.actor.require_not_submitter(row["submitted_by"])
    require_note(found, data.note)
    if data.action in OWN_ACTIONS:
        await keep_unlocked(tx, row["unit_id"], yearly_day(local_date(row["created_at"]), row["year"]))
    _check_decision(row, data)
    definition = await definition_of(tx.session, row["criteria_set_id"])
    case = Case(row, definition, await queries.results(tx.session, row["id"]))
    made = _ACTIONS[data.action](tx, case, data)
    values = {"status": found.to, **made.values}
    return await _write(tx, case, f"evaluation.{data.action}", Move(values, made.side, made.results), note=data.note)


async def _write(tx: Tx, case: Case, verb: str, made: Move, *, note: str | None = None) -> EvaluationOut:
    """Store what ``made`` changes, with its audit entry; the evaluation after it."""
    row, changed = case.row, made.results or {}
    values = {**made.values, "updated_at": tx.now}
    await queries.put(tx.session, row, made.side, changed)
    await queries.change(tx.session, row["id"], values)
    before = {name: row[name] for name in made.values}
    before |= shown(case.definition, made.side, stood(case.results, made.side, changed))
    after = {**made.values, **shown(case.definition, made.side, changed)}
    subject = Subject("evaluation", row["id"], unit_of(row))
    await record(tx, verb, subject, change=(before, after), note=note)
    facts = {**row, **values, "version": row["version"] + 1}
    return full(tx, facts, case.definition, apply(case.results, made.side, changed))


def _check_decision(row: Facts, data: EvaluationTransition) -> None:
    given = {"decision_number": data.decision_number, "decision_date": data.decision_date}
    faults = []
    if data.action != "recognise":
        text = Text("Chỉ dùng khi công nhận", "Only with `recognise`")
        faults = [FieldError(f"/{name}", "not_applicable", text) for name, value in given.items() if value is not None]
    elif row["stage"] == "final" or any(value is not None for value in given.values()):
        text = Text("Cần cả số và ngày của quyết định công nhận", "The decision needs both its number and its date")
        faults = [FieldError(f"/{name}", "missing", text) for name, value in given.items() if value is None]
    if faults:
        raise Invalid(errors=faults)


def _submit(tx: Tx, case: Case, _data: EvaluationTransition) -> Move:
    """Hand in. Values verified before the unit changed its own are put down: they judged something else."""
    if case.row["registration_status"] not in {"submitted", "accepted"}:
        raise RegistrationNotSubmitted(current_status=case.row["registration_status"])
    _require_complete(case.definition, case.results, "self")
    values = {
        "submitted_at": tx.now,
        "submitted_by": tx.actor.id,
        "passed_self": passes(case.definition, outcomes(case.results, "self")),
    }
    return Move(values, "verified", dict.fromkeys(outdated(case.results)))


def _return(_tx: Tx, _case: Case, data: EvaluationTransition) -> Move:
    """Give back. What the unit sees beside its own values is what the verifier entered; nothing has passed any more."""
    ended = dict.fromkeys(("passed_self", "passed_verified", "verified_at", "verified_by"))
    return Move({"return_note": data.note, **ended})


def _verify(tx: Tx, case: Case, _data: EvaluationTransition) -> Move:
    """Stand by the values: those the verifier did not judge apart are confirmed as the unit entered them."""
    if case.row["registration_status"] != "accepted":
        raise RegistrationNotAccepted(current_status=case.row["registration_status"])
    confirmed = _copied(tx, case.results, "self", list(unconfirmed(case.results)))
    results = apply(case.results, "verified", confirmed)
    _require_complete(case.definition, results, "verified")
    values = {
        "verified_at": tx.now,
        "verified_by": tx.actor.id,
        "passed_verified": passes(case.definition, outcomes(results, "verified")),
    }
    return Move(values, "verified", confirmed)


def _recognise(tx: Tx, case: Case, data: EvaluationTransition) -> Move:
    """Decide that the unit is exemplary, or has kept it."""
    if not case.row["passed_verified"]:
        raise _pass_rule_fault(case)
    decision = {"decision_number": data.decision_number, "decision_date": data.decision_date}
    return _decided(tx, case, {**decision, "decline_note": None})


def _decline(tx: Tx, case: Case, data: EvaluationTransition) -> Move:
    """Decide that it is not, or has not."""
    return _decided(tx, case, {"decline_note": data.note})


def _decided(tx: Tx, case: Case, values: Mapping[str, Any]) -> Move:
    judged = [key for key, result in case.results.items() if result.verified is not None]
    passed = {"decided_at": tx.now, "decided_by": tx.actor.id, "passed_final": case.row["passed_verified"]}
    return Move({**values, **passed}, "final", _copied(tx, case.results, "verified", judged))


def _copied(tx: Tx, results: Results, source: Side, keys: Sequence[UUID]) -> dict[UUID, Value | None]:
    """The values of ``source`` as the caller's own, now."""
    found = {key: results.get(key, NOTHING).get(source) for key in keys}
    return {key: value._replace(by=tx.actor.id, at=tx.now) for key, value in found.items() if value is not None}


def _require_complete(definition: SetDefinition, results: Results, side: Side) -> None:
    faults = missing(definition, results, side)
    if faults:
        raise EvaluationIncomplete(errors=faults)


def _pass_rule_fault(case: Case) -> PassRuleNotMet:
    failing = not_met(case.definition, case.results, "verified")
    required = [code for code in failing if case.definition.by_code[code].required]
    named = ", ".join(required or failing)
    text = Text("Chưa đạt: {codes}", "Not met: {codes}").fill(codes=named)
    return PassRuleNotMet(text, criteria=required or failing)


_ACTIONS: Mapping[str, Callable[[Tx, Case, EvaluationTransition], Move]] = {
    "submit": _submit,
    "return": _return,
    "verify": _verify,
    "recognise": _recognise,
    "decline": _decline,
}
