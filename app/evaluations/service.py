"""The verbs of the unit's own side: read, start, assess, change, delete. The superior's side: ``review.py``."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.planned import Entry
from app.audit.service import Subject, record
from app.campaigns.periods import keep_unlocked, yearly_day
from app.criteria.definition import SetDefinition
from app.criteria.queries import definition as definition_of
from app.criteria.queries import kept_definition
from app.evaluations import queries
from app.evaluations.faults import NotRecognisedYet, RegistrationWithdrawn
from app.evaluations.presenting import brief, full, unit_of
from app.evaluations.queries import Facts
from app.evaluations.schemas import (
    EvaluationBody,
    EvaluationBrief,
    EvaluationIn,
    EvaluationOut,
    EvaluationPatch,
    ResultIn,
)
from app.evaluations.values import Result, Results, Side, Value, apply, differences, emptied, read_entered
from app.evaluations.workflow import EDITABLE
from app.kernel.chosen import DuplicateId, same_again
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, Text, check_version
from app.kernel.ids import new_id

_NEW: dict[str, Any] = {
    "status": "draft",
    "version": 1,
    **dict.fromkeys(
        (
            *("passed_self", "passed_verified", "passed_final", "decision_number", "decision_date"),
            *("return_note", "decline_note", "submitted_at", "submitted_by"),
            *("verified_at", "verified_by", "decided_at", "decided_by", "locked_by"),
        )
    ),
}
"""An evaluation as it begins."""


def present(tx: Tx, row: AnyRow) -> EvaluationBrief:
    """A row of a list as the caller sees it."""
    return brief(tx, row._asdict())


async def read(tx: Tx, evaluation_id: UUID) -> EvaluationOut:
    """One evaluation with its results. Raises 404 outside the fence."""
    row = await queries.get(tx.session, evaluation_id)
    definition = await definition_of(tx.session, row["criteria_set_id"])
    return full(tx, row, definition, queries.read_results(row["result_rows"]))


async def create(tx: Tx, data: EvaluationIn) -> EvaluationOut:
    """Start a draft, with results where they are known already.

    Raises 404 / 403 by the unit, 409 ``registration_withdrawn``, ``not_recognised_yet``, ``duplicate`` or
    ``period_locked``, 422.
    """
    ground = await queries.ground(tx.session, data.registration_id)
    unit = UnitRef(ground["unit_id"], ground["unit_path"], ground["unit_level"], ground["unit_ended"])
    tx.actor.require(Permission.EVALUATION_WRITE, unit)
    await keep_unlocked(tx, unit.id, yearly_day(tx.today, ground["year"]))
    check_ground(ground, data)
    chosen = choose_set(ground, data)
    definition = await definition_of(tx.session, chosen["criteria_set_id"])
    assessed = entered(tx, definition, data.results or [])
    values = new_values(tx, Entry(unit, data.id or new_id(), data), ground, definition)
    await queries.add(tx.session, values, assessed)
    after = told(values, definition, assessed)
    await record(tx, "evaluation.create", Subject("evaluation", values["id"], unit), change=(None, after))
    results = apply({}, "self", assessed)
    return full(tx, {**ground, **_NEW, **chosen, **values}, definition, results)


async def made_before(tx: Tx, data: EvaluationIn) -> EvaluationOut | None:
    """The evaluation that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: _same(row, data))
    if row is None:
        return None
    definition = await definition_of(tx.session, row["criteria_set_id"])
    results = queries.read_results(row["result_rows"])
    if not same_results(definition, results, data.results):
        raise DuplicateId
    return full(tx, row, definition, results)


def _same(row: Facts, data: EvaluationIn) -> bool:
    return bool(row["registration_id"] == data.registration_id) and same_head(row, data)


def same_head(row: Mapping[str, Any], data: EvaluationBody) -> bool:
    """Whether the evaluation in ``row`` says what ``data`` says, results left aside."""
    names = ("stage", "criteria_set_id", "self_checked_on", "summary")
    given = {name: getattr(data, name) for name in names if name in data.model_fields_set}
    if given.get("criteria_set_id", row["criteria_set_id"]) is None:
        del given["criteria_set_id"]
    if data.criteria_set not in {None, row["set_code"]}:
        return False
    return all(row[name] == value for name, value in given.items())


def same_results(definition: SetDefinition, results: Results, entries: Sequence[ResultIn] | None) -> bool:
    """Whether the self-assessment that stands is ``entries``; None asks nothing."""
    if entries is None:
        return True
    wanted, faults = read_entered(definition, entries)
    standing = {key: result.self_ for key, result in results.items() if result.self_ is not None}
    same_keys = not faults and wanted.keys() == standing.keys()
    return same_keys and all(value.says_the_same(standing[key]) for key, value in wanted.items())


def same_standing_results(row: Mapping[str, Any], entries: Sequence[ResultIn] | None) -> bool:
    """:func:`same_results` for a row with its ``result_rows``, whose set was asked for before."""
    definition = kept_definition(row["criteria_set_id"])
    return same_results(definition, queries.read_results(row["result_rows"]), entries)


def check_ground(ground: Mapping[str, Any], data: EvaluationBody) -> None:
    """Refuse with 409 an evaluation that its registration does not allow."""
    if ground["registration_status"] == "withdrawn":
        raise RegistrationWithdrawn
    if data.stage == "maintenance" and not ground["recognised"]:
        raise NotRecognisedYet


def new_values(
    tx: Tx, entry: Entry[EvaluationBody], ground: Mapping[str, Any], definition: SetDefinition
) -> dict[str, Any]:
    """The columns of a new evaluation."""
    return {
        "id": entry.id,
        "unit_id": entry.unit.id,
        "unit_path": entry.unit.path,
        "registration_id": ground["registration_id"],
        "criteria_set_id": definition.id,
        "year": ground["year"],
        "stage": entry.data.stage,
        "self_checked_on": entry.data.self_checked_on,
        "summary": entry.data.summary,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def told(values: Mapping[str, Any], definition: SetDefinition, assessed: Mapping[UUID, Value]) -> dict[str, Any]:
    """What the log says of a new evaluation."""
    return {
        "registration_id": values["registration_id"],
        "stage": values["stage"],
        "criteria_set": f"{definition.code} v{definition.set_version}",
        **shown(definition, "self", assessed),
    }


def choose_set(ground: Facts, data: EvaluationBody) -> dict[str, Any]:
    """The set to fill in, as the columns that show it: the one wanted, or the newest of the only one that applies.

    Raises 422 by pointer.
    """
    names = ("criteria_set_id", "owner", "set_code", "set_version", "set_title", "recognised_by")
    applying = [dict(zip(names, values, strict=True)) for values in orjson.loads(ground["sets"] or "[]")]
    for one in applying:
        one["criteria_set_id"] = UUID(one["criteria_set_id"])
    if data.criteria_set is not None:
        applying = [one for one in applying if one["set_code"] == data.criteria_set]
    if data.criteria_set_id is not None:
        found = [one for one in applying if one["criteria_set_id"] == data.criteria_set_id]
        if not found:
            text = Text(
                "Không phải bộ tiêu chí đã ban hành cho loại đơn vị này", "No published set for this kind of unit"
            )
            raise _set_fault("not_applicable", text)
        return found[0]
    if not applying:
        text = Text("Chưa có bộ tiêu chí nào cho loại đơn vị này", "There is no criteria set for this kind of unit")
        raise _set_fault("none_applicable", text)
    if len({(one["owner"], one["set_code"]) for one in applying}) > 1:
        codes = ", ".join(sorted({str(one["set_code"]) for one in applying}))
        text = Text("Có nhiều bộ tiêu chí phù hợp, hãy chọn: {codes}", "Several sets apply, choose one: {codes}")
        raise _set_fault("choose", text.fill(codes=codes))
    return max(applying, key=lambda one: int(one["set_version"]))


def _set_fault(code: str, text: Text) -> Invalid:
    return Invalid(errors=[FieldError("/criteria_set_id", code, text)])


def entered(tx: Tx, definition: SetDefinition, entries: Sequence[ResultIn]) -> dict[UUID, Value]:
    """What was sent as values of the caller, by criterion. Raises 422 with a pointer to each faulty place."""
    values, faults = read_entered(definition, entries)
    if faults:
        raise Invalid(errors=faults[:100])
    return {key: value._replace(by=tx.actor.id, at=tx.now) for key, value in values.items()}


def shown(definition: SetDefinition, side: Side, values: Mapping[UUID, Value | None]) -> dict[str, Any]:
    """``values`` as the audit log tells them: by the criterion's code, without what was not said."""
    names = ("outcome", "figure", "reason", "evidence")
    told = {
        definition.by_id[key].code: {
            name: content for name, content in zip(names, value or (), strict=False) if content is not None
        }
        for key, value in values.items()
    }
    return {side: told} if told else {}


def stood(results: Results, side: Side, keys: Mapping[UUID, Any]) -> dict[UUID, Value | None]:
    """What stood on ``side`` for ``keys`` before a change."""
    return {key: results.get(key, Result()).get(side) for key in keys}


async def assess(tx: Tx, evaluation_id: UUID, expected: int | None, entries: Sequence[ResultIn]) -> EvaluationOut:
    """Replace the self-assessment as a whole; criteria left out become not entered, unchanged ones keep their author.

    Raises 403, 409 ``invalid_state`` or ``period_locked``, 412, 422 with a pointer to each faulty place.
    """
    row = await _editable(tx, evaluation_id, expected)
    definition = await definition_of(tx.session, row["criteria_set_id"])
    found = entered(tx, definition, entries)
    results = await queries.results(tx.session, row["id"])
    wanted = {**emptied(results), **found}
    changed = {
        key: value and value._replace(by=tx.actor.id, at=tx.now)
        for key, value in differences(results, "self", wanted).items()
    }
    values = {"updated_at": tx.now}
    await queries.put(tx.session, row, "self", changed)
    await queries.change(tx.session, row["id"], values)
    before = shown(definition, "self", stood(results, "self", changed))
    after = shown(definition, "self", changed)
    subject = Subject("evaluation", row["id"], unit_of(row))
    await record(tx, "evaluation.assess", subject, change=(before, after))
    facts = {**row, **values, "version": row["version"] + 1}
    return full(tx, facts, definition, apply(results, "self", changed))


async def edit(tx: Tx, evaluation_id: UUID, expected: int | None, data: EvaluationPatch) -> EvaluationOut:
    """Change the summary or the day of the self-check. Raises 403, 409 ``invalid_state``, ``period_locked``, 412."""
    row = await _editable(tx, evaluation_id, expected)
    values = data.model_dump(exclude_unset=True)
    before = {name: row[name] for name in values}
    await queries.change(tx.session, row["id"], {**values, "updated_at": tx.now})
    subject = Subject("evaluation", row["id"], unit_of(row))
    await record(tx, "evaluation.edit", subject, change=(before, values))
    return await read(tx, row["id"])


async def delete(tx: Tx, evaluation_id: UUID, expected: int | None) -> None:
    """Delete a draft that was never submitted. Raises 403, 409 ``invalid_state`` or ``period_locked``, 412."""
    row = await _editable(tx, evaluation_id, expected)
    if row["submitted_at"] is not None:
        raise InvalidState(
            Text("Đã từng gửi nên không xóa được", "It was submitted once, so it stays"), current_status=row["status"]
        )
    definition = await definition_of(tx.session, row["criteria_set_id"])
    results = await queries.results(tx.session, row["id"])
    await queries.remove(tx.session, row["id"])
    before = {"stage": row["stage"], "summary": row["summary"]}
    before |= shown(definition, "self", stood(results, "self", results))
    subject = Subject("evaluation", row["id"], unit_of(row))
    await record(tx, "evaluation.delete", subject, change=(before, None))


async def _editable(tx: Tx, evaluation_id: UUID, expected: int | None) -> Facts:
    row = await queries.lock(tx.session, evaluation_id)
    tx.actor.require(Permission.EVALUATION_WRITE, unit_of(row))
    check_version(expected, row["version"])
    if row["status"] not in EDITABLE:
        raise InvalidState(
            Text("Chỉ sửa được khi là bản nháp hoặc bị trả lại", "Only a draft or a returned one can be changed"),
            current_status=row["status"],
        )
    await keep_unlocked(tx, row["unit_id"], yearly_day(local_date(row["created_at"]), row["year"]))
    return row
