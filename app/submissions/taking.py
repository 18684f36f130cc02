"""Taking bundles in: all are judged first, then the good ones are written together, each of them whole or not at all.

Everything goes through the slices' own verbs: new records by their ``plan``, which shares its rules with the single
verb, changes by the single verb itself.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.access.actor import Tx
from app.audit.planned import Plan, carry_out
from app.campaigns.periods import Periods, keep_periods
from app.kernel.db import constraint_of
from app.kernel.errors import DomainError, error_for_constraint
from app.submissions import kinds_report, queries_places, reading_bundles
from app.submissions.cases import Case, Slot, Terms, living
from app.submissions.deciding import KINDS, decide, find_places
from app.submissions.kinds import Kind
from app.submissions.kinds_resting import refuse_without_ground

_BY_NAME = {kind.name: kind for kind in KINDS}


class _Undone(Exception):
    """Ends a savepoint whose effect is not wanted."""


@asynccontextmanager
async def _savepoint(tx: Tx) -> AsyncIterator[None]:
    """What happens inside is undone when it raises; ``_Undone`` goes no further."""
    try:
        async with tx.session.begin_nested():
            yield
    except _Undone:
        pass


async def take(tx: Tx, raws: Sequence[Any], terms: Terms) -> list[Case]:
    """Take the bundles ``raws`` (parsed JSON) in; each is stored whole, or not at all, or as ``terms`` say.

    Never raises for what is wrong with a bundle: its case tells.
    """
    cases = [reading_bundles.read(raw) for raw in raws]
    if terms.dry_run:
        async with _savepoint(tx):
            await _take(tx, cases, terms)
            raise _Undone
        for case in cases:
            case.stored = False
    else:
        await _take(tx, cases, terms)
    return cases


async def _take(tx: Tx, cases: Sequence[Case], terms: Terms) -> None:
    await find_places(tx, cases)
    found = living(cases)
    if not found:
        return
    await queries_places.take_turns(tx.session, sorted({case.place.id for case in found}))
    periods = await keep_periods(tx, [case.place.id for case in found])
    for part in _rounds(found):
        await _take_round(tx, part, terms, periods)


def _rounds(cases: Sequence[Case]) -> list[list[Case]]:
    """Cases in parts of different units: a later bundle of a unit sees what an earlier one stored."""
    rounds: list[list[Case]] = []
    seen: Counter[UUID] = Counter()
    for case in cases:
        turn = seen[case.place.id]
        seen[case.place.id] += 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(case)
    return rounds


async def _take_round(tx: Tx, found: Sequence[Case], terms: Terms, periods: Periods) -> None:
    for kind in KINDS:
        pairs = await decide(tx, kind, found, terms)
        new = [pair for pair in pairs if pair[1].action == "create"]
        if new or kind.name == "figure":
            await kind.plan(tx, pairs if kind.name == "figure" else new, periods)
        _collect(slot for _, slot in new)
    for case in found:
        await kinds_report.decide(tx, case, terms)
    await _write(tx, found, terms)


def _collect(slots: Any) -> None:
    for slot in slots:
        if slot.entry is not None and slot.entry.fault is not None:
            slot.refuse(slot.entry.fault)


async def _write(tx: Tx, cases: Sequence[Case], terms: Terms) -> None:
    """Cases that only bring new records together, in a few statements; the others one by one."""
    simple = [case for case in cases if not _needs_verbs(case) and (terms.partial or not case.failed())]
    if simple and not await _write_together(tx, simple):
        for case in simple:
            await _write_alone(tx, case, terms)
    done = set(map(id, simple))
    for case in cases:
        if id(case) not in done and (_needs_verbs(case) or not case.failed()):
            await _write_alone(tx, case, terms)


def _needs_verbs(case: Case) -> bool:
    return kinds_report.is_wanted(case) or any(slot.action == "update" for slot in case.slots)


def _plans(cases: Sequence[Case], kind: Kind) -> list[Plan]:
    return [
        slot.entry.plan
        for case in cases
        for slot in case.slots
        if slot.kind == kind.name and slot.action == "create" and slot.entry is not None and slot.entry.plan is not None
    ]


async def _write_together(tx: Tx, cases: Sequence[Case]) -> bool:
    """Whether the new records of all ``cases`` were written. The database refusing one undoes them all."""
    try:
        async with tx.session.begin_nested():
            for kind in KINDS:
                await carry_out(tx.session, _plans(cases, kind))
    except IntegrityError:
        return False
    for case in cases:
        _tell_created(case)
        case.stored = case.kept()
    return True


def _tell_created(case: Case) -> None:
    for slot in case.slots:
        if slot.action == "create" and slot.kind in _BY_NAME:
            slot.outcome = "created"


async def _write_alone(tx: Tx, case: Case, terms: Terms) -> None:
    """One case with everything it takes. With a fault in it, nothing stays unless the good part is wanted."""
    async with _savepoint(tx):
        for slot in case.slots:
            if slot.action == "create" and slot.kind in _BY_NAME and not refuse_without_ground(case, slot):
                await _attempt(tx, slot, _create(tx, slot))
        for slot in case.slots:
            if slot.action == "update" and slot.kind in _BY_NAME:
                await _attempt(tx, slot, _update(tx, slot))
        if kinds_report.is_wanted(case):
            await _write_report(tx, case)
        if case.failed() and not terms.partial:
            raise _Undone
        case.stored = case.kept()
    if not case.stored:
        for slot in case.slots:
            if slot.outcome in {"created", "updated"}:
                slot.outcome = "not_stored"


async def _create(tx: Tx, slot: Slot) -> None:
    assert slot.entry is not None
    if slot.entry.plan is not None:
        await carry_out(tx.session, [slot.entry.plan])
    slot.outcome = "created"


async def _update(tx: Tx, slot: Slot) -> None:
    await _BY_NAME[slot.kind].update(tx, slot)
    slot.outcome = "updated"


async def _attempt(tx: Tx, slot: Slot, work: Any) -> None:
    """Do ``work`` for an item; what it refuses becomes the item's fault, and leaves nothing behind."""
    try:
        async with tx.session.begin_nested():
            await work
    except DomainError as fault:
        slot.refuse(fault)
    except IntegrityError as fault:
        known = error_for_constraint(constraint_of(fault))
        if known is None:
            raise
        slot.refuse(known)


async def _write_report(tx: Tx, case: Case) -> None:
    async with _savepoint(tx):
        await kinds_report.write(tx, case)
        if any(slot.outcome == "failed" for name in kinds_report.REPORT_KINDS for slot in case.of(name)):
            raise _Undone
