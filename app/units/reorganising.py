"""Carrying a decided act into the tree, and taking it out again: sets in, sets out, in the caller's transaction.

Whoever calls holds the locks (``lock_map``) and has asked for the rights.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, select, text

from app.access.actor import LABEL_WIDTH, Tx, UnitRef
from app.kernel.bulk import insert_rows
from app.kernel.db import Session
from app.kernel.locks import LockSpace
from app.units import loading_queries
from app.units.act import Act, Facts, Ground, Outcome, Stood, paths_after
from app.units.facts import describe
from app.units.lineage import Basis, steps_of, trace, untrace
from app.units.models import Unit, UnitFact

_UNITS: Final = cast("Table", Unit.__table__)
_STOOD: Final = (
    select(
        *(Unit.id, Unit.code, Unit.name, Unit.kind, Unit.level, Unit.parent_id, Unit.label, Unit.path, Unit.ended_on),
        UnitFact.valid_from.label("since"),
    )
    .outerjoin(UnitFact, and_(UnitFact.unit_id == Unit.id, UnitFact.valid_to.is_(None)))
    .where(Unit.path >= bindparam("path_from"), Unit.path < bindparam("path_to"))
    .order_by(Unit.path)
)
_KEEP_UNITS = text("SELECT id FROM units WHERE path >= :path_from AND path < :path_to ORDER BY id FOR NO KEY UPDATE")
_FENCED = text(
    "SELECT string_agg(DISTINCT quote_ident(c.relname), ', ' ORDER BY quote_ident(c.relname)) FROM pg_constraint k"
    " JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'f' AND k.confrelid = 'units'::regclass"
    " AND k.confupdtype = 'c' AND has_table_privilege(c.oid, 'UPDATE')"
)

# No two living units bear one code, not even between two rows of a statement: whoever gives a code up does so first.
_LAY_DOWN = "UPDATE units SET code = '~' || label WHERE id = ANY ($1::uuid[])"
_END = "UPDATE units SET ended_on = $2 WHERE id = ANY ($1::uuid[])"
_PLANT_ENDED = """
UPDATE units u SET path = n.path, parent_id = coalesce(n.heir, u.parent_id), successor_id = n.heir,
    version = version + 1, updated_at = $4
FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS n(id, path, heir) WHERE u.id = n.id"""
_PLANT_CHANGED = """
UPDATE units u SET path = n.path, parent_id = n.parent_id, code = n.code, name = n.name, short_name = n.short_name,
    kind = n.kind, level = n.level, folded = n.folded, sort_key = n.sort_key, version = version + 1, updated_at = $11
FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::bytea[]) AS n(id, path, parent_id, code, name, short_name, kind, level, folded, sort_key) WHERE u.id = n.id"""
_PLANT_PLACED = """
UPDATE units u SET path = n.path, parent_id = n.parent_id, version = version + 1, updated_at = $4
FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS n(id, path, parent_id) WHERE u.id = n.id"""
_PLANT = "UPDATE units u SET path = n.path FROM unnest($1::uuid[], $2::text[]) AS n(id, path) WHERE u.id = n.id"
_CLOSE = "UPDATE unit_facts SET valid_to = $2 WHERE unit_id = ANY ($1::uuid[]) AND valid_to IS NULL"
_OPEN = """
INSERT INTO unit_facts (id, unit_id, label, valid_from, parent_id, path, code, name, short_name, kind, level, folded,
    sort_key, legal_basis)
SELECT gen_random_uuid(), id, label, $2, parent_id, path, code, name, short_name, kind, level, folded, sort_key, $3
FROM units WHERE id = ANY ($1::uuid[])"""
_FOLLOW = """
UPDATE unit_facts f SET path = u.path, parent_id = u.parent_id FROM units u
WHERE f.unit_id = u.id AND u.id = ANY ($1::uuid[]) AND f.valid_to IS NULL"""
# Made since the act under a unit that goes back: there from its first day on.
_FOLLOW_BACK = """
UPDATE unit_facts f SET path = p.path || right(f.path, $3) FROM units p
WHERE p.id = f.parent_id AND p.id = ANY ($1::uuid[]) AND f.valid_from >= $2 AND f.path <> p.path || right(f.path, $3)"""

_FORGET = "DELETE FROM unit_facts WHERE unit_id = ANY ($1::uuid[]) AND valid_from = $2"
_REOPEN = "UPDATE unit_facts SET valid_to = NULL WHERE unit_id = ANY ($1::uuid[]) AND valid_to = $2"
_RESTORE = """
UPDATE units u SET parent_id = f.parent_id, code = f.code, name = f.name, short_name = f.short_name, kind = f.kind,
    level = f.level, folded = f.folded, sort_key = f.sort_key, ended_on = NULL, successor_id = NULL,
    version = version + 1, updated_at = $2
FROM unit_facts f WHERE u.id = ANY ($1::uuid[]) AND f.unit_id = u.id AND f.valid_to IS NULL"""
_RETIRE = """
UPDATE units SET ended_on = $2, parent_id = $3, version = version + 1, updated_at = $4 WHERE id = ANY ($1::uuid[])"""


@dataclass(slots=True)
class Planted:
    """What an applied act did to rows of units. ``redated``: living units with a new fact from the act's day on."""

    paths: dict[UUID, str] = field(default_factory=dict)
    redated: list[UUID] = field(default_factory=list)
    followed: list[UUID] = field(default_factory=list)
    """Living units newer than the act, whose fact only took the new path."""


def _range(path: str) -> dict[str, str]:
    return {"path_from": path, "path_to": path.rstrip(".") + "/"}


async def lock_map(session: Session, top: UnitRef, *, whole: bool = True) -> None:
    """Let no other act or load of units work until the transaction ends; with ``whole``, no writer of records either.

    Readers go on. Tables are locked before rows: a writer that waits for a unit while the act waits for the writer's
    record would otherwise be a deadlock. Raises 409 ``busy`` when others do not finish in time.
    """
    await session.execute(text("SET LOCAL lock_timeout = '15s'"))
    await session.execute(text("SELECT pg_advisory_xact_lock(:space, 0)"), {"space": LockSpace.REORGANISATION})
    await loading_queries.lock(session)
    if whole:
        tables = await session.scalar(_FENCED)
        await session.execute(text(f"LOCK TABLE {tables} IN EXCLUSIVE MODE"))
        await session.execute(_KEEP_UNITS, _range(top.path))
        # One statement rewrites the paths of all records below: of millions that takes minutes. Waiting for the locks,
        # above, is bounded as every statement is.
        await session.execute(text("SET LOCAL statement_timeout = '30min'"))


async def stood(session: Session, top: UnitRef) -> dict[UUID, Stood]:
    """Every unit at and under ``top`` as it stands, by id."""
    rows = await session.execute(_STOOD, _range(top.path))
    return {row.id: Stood(**row._asdict()) for row in rows}


async def ground_for(session: Session, top: UnitRef, act: Act) -> Ground:
    """What ``deciding.decide`` needs to judge ``act`` at ``top``."""
    codes = sorted({change.new_code for change in act.changes if change.new_code})
    borne = await loading_queries.borne(session, codes, act.effective_on)
    units = await stood(session, top)
    return Ground(top.id, units, {code: frozenset(ids) for code, ids in borne.items()})


def along(ground: Ground, outcome: Outcome, paths: Mapping[UUID, str]) -> list[UUID]:
    """Living units that the act does not name and that move with the unit above them."""
    named = outcome.created.keys() | outcome.changed.keys() | outcome.ended.keys()
    named |= outcome.placed.keys() | outcome.unplaced.keys()
    units = ground.units.values()
    return [u.id for u in units if u.ended_on is None and u.id not in named and paths[u.id] != u.path]


async def plant(tx: Tx, act: Act, ground: Ground, outcome: Outcome, basis: Basis) -> Planted:
    """Write what ``outcome`` says: ends, new units, places, the dated facts of all of it, and who became whom."""
    session = tx.session
    labels = dict(zip(outcome.created, await loading_queries.new_labels(session, len(outcome.created)), strict=True))
    paths = paths_after(ground.units, outcome, labels, ground.top)
    await _run(session, _END, list(outcome.ended), act.effective_on)
    recoded = [key for key, facts in outcome.changed.items() if facts.code != ground.units[key].code]
    await _run(session, _LAY_DOWN, recoded)
    stamps = {"created_at": tx.now, "updated_at": tx.now}
    made = [
        {**_columns(key, facts), "label": labels[key], "path": paths[key], **stamps}
        for key, facts in outcome.created.items()
    ]
    await insert_rows(session, _UNITS, made)
    await _move(tx, ground, outcome, paths)
    carried = along(ground, outcome, paths)
    newer = {key for key in carried if _since(ground.units[key]) >= act.effective_on}
    followed = [key for key in carried if key in newer]
    redated = [*outcome.changed, *outcome.placed, *outcome.unplaced, *(key for key in carried if key not in newer)]
    await _run(session, _CLOSE, [*outcome.ended, *redated], act.effective_on)
    await _run(session, _FOLLOW, followed)
    await _run(session, _OPEN, [*outcome.created, *redated], act.effective_on, basis.decision_number)
    await trace(session, steps_of(act, outcome), basis, paths)
    return Planted(paths, redated, followed)


def _since(unit: Stood) -> date:
    return unit.since or date.min


def _columns(key: UUID, facts: Facts) -> dict[str, Any]:
    return {"id": key, "parent_id": facts.parent_id, **describe(facts.code, facts.name, facts.kind)}


async def _run(session: Session, statement: str, ids: Sequence[UUID], *values: Any) -> None:
    if ids:
        await session.exec_driver_sql(statement, (list(ids), *values))


async def _move(tx: Tx, ground: Ground, outcome: Outcome, paths: Mapping[UUID, str]) -> None:
    session, seen = tx.session, set(outcome.created)
    ended, changed = list(outcome.ended), list(outcome.changed)
    placed = outcome.placed | outcome.unplaced
    await _run(session, _PLANT_ENDED, ended, _of(paths, ended), [outcome.ended[key] for key in ended], tx.now)
    rows = [_columns(key, outcome.changed[key]) for key in changed]
    names = ("parent_id", "code", "name", "short_name", "kind", "level", "folded", "sort_key")
    columns = [[row[name] for row in rows] for name in names]
    await _run(session, _PLANT_CHANGED, changed, _of(paths, changed), *columns, tx.now)
    await _run(session, _PLANT_PLACED, list(placed), _of(paths, placed), list(placed.values()), tx.now)
    seen |= {*ended, *changed, *placed}
    rest = [key for key, unit in ground.units.items() if key not in seen and paths[key] != unit.path]
    await _run(session, _PLANT, rest, _of(paths, rest))


def _of(paths: Mapping[UUID, str], keys: Iterable[UUID]) -> list[str]:
    return [paths[key] for key in keys]


async def place(tx: Tx, ground: Ground, places: Mapping[UUID, UUID]) -> None:
    """Let base units that waited stand under those named, from the day from which they waited on."""
    paths = paths_after(ground.units, Outcome(placed=dict(places)), {}, ground.top)
    await _run(tx.session, _PLANT_PLACED, list(places), _of(paths, places), list(places.values()), tx.now)
    await _run(tx.session, _FOLLOW, list(places))


@dataclass(frozen=True, slots=True)
class Past:
    """What an act did, as it was put down when it was applied."""

    act_id: UUID
    effective_on: date
    created: Sequence[UUID]
    ended: Sequence[UUID]
    redated: Sequence[UUID]
    followed: Sequence[UUID]


async def uproot(tx: Tx, top: UnitRef, past: Past) -> None:
    """Take an applied act out of the tree. Units it made stay as ended ones that never were in force."""
    session, day = tx.session, past.effective_on
    await untrace(session, past.act_id)
    await _run(session, _FORGET, [*past.created, *past.redated], day)
    await _run(session, _REOPEN, [*past.ended, *past.redated], day)
    await _run(session, _RETIRE, past.created, day, top.id, tx.now)
    await _run(session, _LAY_DOWN, past.redated)
    await _run(session, _RESTORE, [*past.ended, *past.redated], tx.now)
    units = await stood(session, top)
    paths = paths_after(units, Outcome(), {}, top.id)
    moved = [key for key, unit in units.items() if paths[key] != unit.path]
    await _run(session, _PLANT, moved, _of(paths, moved))
    await _run(session, _FOLLOW, past.followed)
    await _run(session, _FOLLOW_BACK, moved, day, LABEL_WIDTH)
