"""An act before the tree it meets: without faults it becomes what is to be done, with its balance sheet."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.kernel.clock import start_of
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid
from app.reorganisations import queries
from app.reorganisations.balance import Sheet
from app.reorganisations.balance_schemas import BalanceOut
from app.reorganisations.schemas import ReorganisationIn
from app.reorganisations.wording import later_records
from app.units.act import Act, Change, Fault, Ground, Outcome, Placement
from app.units.deciding import decide
from app.units.reorganising import ground_for


@dataclass(frozen=True, slots=True)
class Judged:
    """An act without faults on the tree it meets, with its balance sheet."""

    act: Act
    ground: Ground
    outcome: Outcome
    balance: BalanceOut


def act_of(data: ReorganisationIn) -> Act:
    """The lines of a body, each with its pointer."""
    changes = [Change(f"/changes/{n}", **line.model_dump()) for n, line in enumerate(data.changes)]
    places = [Placement(f"/placements/{n}", item.code, item.parent_code) for n, item in enumerate(data.placements)]
    return Act(data.effective_on, changes, places)


async def judge(tx: Tx, top: UnitRef, act: Act, *, keep_later: bool = False) -> Judged:
    """What ``act`` comes to. Raises 422 with every fault by its line.

    ``keep_later``: what was recorded since the act's day stays with the unit that did it, as in an act that takes
    effect by itself; otherwise that is a fault.
    """
    ground = await ground_for(tx.session, top, act)
    # Of a nation this takes half a second and more, during which nobody else would be answered.
    outcome, faults = await asyncio.to_thread(decide, act, ground)
    counts = await queries.counts(tx.session, top, start_of(act.effective_on))
    if not faults and not keep_later:
        faults = _recorded_later(act, ground, outcome, counts)
    if faults:
        raise Invalid(errors=[FieldError(fault.place, fault.code, fault.text) for fault in faults])
    held = await queries.held(tx.session, list(outcome.ended), tx.today)
    sheet = await asyncio.to_thread(lambda: Sheet(act, ground, outcome, counts).whole(held, tx.today))
    return Judged(act, ground, outcome, sheet)


def _recorded_later(act: Act, ground: Ground, outcome: Outcome, counts: Sequence[AnyRow]) -> list[Fault]:
    """Units that are to end on a day after which they recorded something."""
    later: dict[UUID, dict[str, int]] = defaultdict(dict)
    for row in counts:
        if row.later and row.unit_id in outcome.ended:
            later[row.unit_id][row.kind] = row.later
    faults = []
    for line in outcome.steps:
        if line.old_id is not None and (kinds := later.pop(line.old_id, None)):
            told = later_records(ground.units[line.old_id], kinds, act.effective_on)
            faults.append(Fault(f"{line.change.place}/old_code", "records_exist", told))
    return faults


async def stored_act(tx: Tx, row: AnyRow) -> Act:
    """An act as it was taken in."""
    lines = await queries.lines(tx.session, row.id)
    changes = [
        Change(
            *(line.place, line.kind, line.old_code, line.new_code, line.new_name, line.new_kind),
            *(line.new_parent_code, line.is_primary, line.base_units),
        )
        for line in lines
        if line.kind is not None
    ]
    places = [Placement(line.place, line.old_code, line.new_parent_code) for line in lines if line.kind is None]
    return Act(row.effective_on, changes, places)


def lines_of(act: Act) -> list[dict[str, Any]]:
    """The lines of an act as they are stored."""
    nothing = dict.fromkeys(("kind", "new_code", "new_name", "new_kind", "base_units"))
    found: list[dict[str, Any]] = [
        {
            "place": change.place,
            "kind": change.kind,
            "old_code": change.old_code,
            "new_code": change.new_code,
            "new_name": change.new_name,
            "new_kind": change.new_kind,
            "new_parent_code": change.new_parent_code,
            "is_primary": change.primary,
            "base_units": change.base_units,
        }
        for change in act.changes
    ]
    found += [
        {**nothing, "place": p.place, "old_code": p.code, "new_parent_code": p.parent_code, "is_primary": False}
        for p in act.placements
    ]
    return [{"position": n, **line} for n, line in enumerate(found)]
