"""Carrying an act out, and taking it back: the tree, what passes on, what was done row by row, and the event log."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast
from uuid import UUID

import orjson
from sqlalchemy import Table

from app.access.actor import Tx, UnitRef
from app.audit.models import AuditEvent
from app.audit.service import Subject, event, record
from app.kernel.bulk import insert_rows
from app.kernel.db import AnyRow
from app.kernel.ids import new_id
from app.reorganisations import queries
from app.reorganisations.carrying import Manner, carry, take_back
from app.reorganisations.judging import Judged
from app.reorganisations.models import ReorganisationEffect
from app.reorganisations.presenting import unit_of
from app.units.act import Ground
from app.units.lineage import Basis
from app.units.reorganising import Past, Planted, plant, uproot

_EFFECTS: Final = cast("Table", ReorganisationEffect.__table__)
_EVENTS: Final = cast("Table", AuditEvent.__table__)
_VERBS: Final = {
    "unit.created": "unit.create",
    "unit.ended": "unit.end",
    "unit.changed": "unit.change",
    "unit.placed": "unit.change",
    "unit.unplaced": "unit.change",
    "grant.created": "grant.create",
    "grant.ended": "grant.end",
    "obligation.joined": "obligation.join",
    "obligation.left": "obligation.leave",
    "registration.created": "registration.create",
    "webhook.ended": "webhook.disable",
}
"""How the event log calls an effect; what is not here moved with its unit (nothing is told) or was carried."""

Effect = dict[str, Any]


async def carry_out(tx: Tx, row: AnyRow, judged: Judged) -> None:
    """Let the stored act ``row`` hold. The caller holds the map (``lock_map``) and judged it since."""
    top, outcome = unit_of(row), judged.outcome
    planted = await plant(tx, judged.act, judged.ground, outcome, Basis(row.decision_number, row.id))
    reason = f"Theo {row.decision_number} ({row.issuing_body})"
    year = max(judged.act.effective_on, tx.today).year
    manner = Manner(row.grants == "carry", row.open_work == "carry", reason, year)
    passed = await carry(tx, outcome.ended, manner)
    effects = [*_on_units(judged, planted)]
    effects += [
        _effect(row.id, (found.unit_id, planted.paths), kind, found.effect, _change(found)) | {"subject_id": found.id}
        for kind, found in passed
    ]
    for effect in effects:
        effect["reorganisation_id"] = row.id
    await insert_rows(tx.session, _EFFECTS, effects)
    steps = {line.change.place: line for line in outcome.steps}
    lines = await queries.lines(tx.session, row.id)
    means = [
        (line.position, steps[line.place].old_id, steps[line.place].new_id) for line in lines if line.place in steps
    ]
    await queries.meant(tx.session, row.id, means)
    await _tell(tx, judged.ground, effects, reason)
    await insert_rows(tx.session, _EVENTS, list(_partings(tx, judged, planted, reason)))
    balance = judged.balance.model_dump(mode="json")
    values = {"status": "applied", "applied_at": tx.now, "balance": balance, "faults": [], "updated_at": tx.now}
    await queries.change(tx.session, row.id, values)
    # Last of all: what stands later in the log happened in the new structure.
    summary = {name: balance[name] for name in ("levels", "units_created", "units_changed", "units_ended")}
    change = ({"status": row.status}, {"status": "applied", **summary, "passed_on": len(passed)})
    await record(tx, "reorganisation.apply", Subject("reorganisation", row.id, top), change=change)


def _change(found: AnyRow) -> tuple[Any, Any]:
    before, after = (orjson.loads(value) if isinstance(value, str) else value for value in (found.before, found.after))
    return before, after


def _effect(
    act_id: UUID | None, at: tuple[UUID, Mapping[UUID, str]], kind: str, effect: str, change: tuple[Any, Any]
) -> Effect:
    unit_id, paths = at
    return {
        "id": new_id(),
        "reorganisation_id": act_id,
        "unit_id": unit_id,
        "unit_path": paths[unit_id],
        "effect": effect,
        "subject_kind": kind,
        "subject_id": unit_id,
        "before": change[0],
        "after": change[1],
    }


def _on_units(judged: Judged, planted: Planted) -> Iterable[Effect]:
    outcome, units = judged.outcome, judged.ground.units

    def one(key: UUID, effect: str, after: dict[str, Any] | None) -> Effect:
        unit = units.get(key)
        before = None if unit is None else {"code": unit.code, "name": unit.name, "parent_id": unit.parent_id}
        return _effect(None, (key, planted.paths), "unit", effect, (before, after))

    for key, facts in (outcome.created | outcome.changed).items():
        told = {"code": facts.code, "name": facts.name, "kind": facts.kind, "parent_id": facts.parent_id}
        yield one(key, "created" if key in outcome.created else "changed", told)
    for key, heir in outcome.ended.items():
        yield one(key, "ended", {"ended_on": judged.act.effective_on, "successor_id": heir})
    for effect, places in (("placed", outcome.placed), ("unplaced", outcome.unplaced)):
        for key, parent in places.items():
            yield one(key, effect, {"parent_id": parent})
    named = outcome.changed.keys() | outcome.placed.keys() | outcome.unplaced.keys()
    for effect, keys in (("moved_along", planted.redated), ("followed", planted.followed)):
        for key in keys:
            if key not in named:
                yield one(key, effect, None)


async def _tell(tx: Tx, ground: Ground, effects: Iterable[Effect], reason: str) -> None:
    """One event for every unit and row that changed by name; nothing for what merely moved with the unit above it."""
    events = []
    for effect in effects:
        called = f"{effect['subject_kind']}.{effect['effect']}"
        if effect["effect"] in {"moved_along", "followed"}:
            continue
        verb = _VERBS.get(called, f"{effect['subject_kind']}.carry")
        at = UnitRef(effect["unit_id"], effect["unit_path"], "")
        told = event(tx, verb, Subject(effect["subject_kind"], effect["subject_id"], at))
        before = ground.units.get(effect["unit_id"])
        if before is not None:
            told["path_then"] = before.path
        events.append({**told, "note": reason, "before": effect["before"], "after": effect["after"]})
    await insert_rows(tx.session, _EVENTS, events)


def _partings(tx: Tx, judged: Judged, planted: Planted, reason: str) -> Iterable[Effect]:
    """One event at each unit that no longer has another under it: whoever follows that unit alone learns it so."""
    outcome, units = judged.outcome, judged.ground.units
    for key in outcome.ended.keys() | outcome.changed.keys() | outcome.placed.keys() | outcome.unplaced.keys():
        former = units[key].parent_id
        while former in outcome.ended:  # whoever followed it follows its successor
            former = outcome.ended[former]
        if former in planted.paths:
            yield from _parted(tx, key, former, planted.paths, reason)


def _parted(tx: Tx, key: UUID, former: UUID, paths: Mapping[UUID, str], note: str) -> Iterable[Effect]:
    if not paths[key].startswith(paths[former]):
        told = event(tx, "unit.leave", Subject("unit", key, UnitRef(former, paths[former], "")))
        yield {**told, "note": note, "before": None, "after": None}


async def take_out(tx: Tx, row: AnyRow, note: str) -> None:
    """Undo an applied act: the tree, what was passed on. The caller made sure that nothing was recorded since."""
    effects = await queries.effects(tx.session, row.id)
    left = await take_back(tx, row.id, f"{row.decision_number}: {note}"[:2_000])
    by_effect: dict[str, list[UUID]] = {}
    for effect in effects:
        if effect.subject_kind == "unit":
            by_effect.setdefault(effect.effect, []).append(effect.unit_id)
    redated = [key for name in ("changed", "placed", "unplaced", "moved_along") for key in by_effect.get(name, ())]
    created, ended = (by_effect.get(name, []) for name in ("created", "ended"))
    past = Past(row.id, row.effective_on, created, ended, redated, by_effect.get("followed", []))
    await uproot(tx, unit_of(row), past)
    above = {effect.unit_id: _above(effect.after) for effect in effects if effect.subject_kind == "unit"}
    met = {effect.unit_id for effect in effects} | {unit for unit in above.values() if unit is not None}
    paths = await queries.paths(tx.session, met)
    events: list[Effect] = []
    for key, former in above.items():
        if former is not None and former not in created:
            events += _parted(tx, key, former, paths, note)
    for effect in effects:
        if effect.effect in {"moved_along", "followed"}:
            continue
        gone = (effect.subject_kind, effect.effect) == ("registration", "created")
        verb = "registration.delete" if gone else f"{effect.subject_kind}.restore"
        at = UnitRef(effect.unit_id, paths[effect.unit_id], "")
        told = event(tx, verb, Subject(effect.subject_kind, effect.subject_id, at))
        events.append({**told, "note": note, "before": effect.after, "after": effect.before})
    for kind, found in left:
        at = UnitRef(found.unit_id, paths[found.unit_id], "")
        told = event(tx, _VERBS[f"{kind}.ended"], Subject(kind, found.id, at))
        events.append({**told, "note": note, "before": found.before, "after": found.after})
    await insert_rows(tx.session, _EVENTS, events)


def _above(after: dict[str, Any] | None) -> UUID | None:
    """Under which unit an effect put its unit, or whose it became."""
    named = (after or {}).get("successor_id") or (after or {}).get("parent_id")
    return None if named is None else UUID(named)
