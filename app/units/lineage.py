"""Which unit became which: what an act says of units, written and taken out with the act; read by everyone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, delete

from app.kernel.bulk import insert_rows
from app.kernel.db import Session
from app.kernel.ids import new_id
from app.units.act import Act, Outcome
from app.units.models import UnitLineage

_STEPS: Final = cast("Table", UnitLineage.__table__)


@dataclass(frozen=True, slots=True)
class Basis:
    """The act by which something happens: its number, for people, and its id in the register of acts."""

    decision_number: str
    act_id: UUID


def steps_of(act: Act, outcome: Outcome) -> Iterable[dict[str, Any]]:
    """The steps from old units to new ones that ``outcome`` says. A unit that nothing happens to makes none.

    What a unit did counts for its (primary) successor; of one that lives on, for itself.
    """
    for step in outcome.steps:
        kind, old, new = step.change.kind, step.old_id, step.new_id
        if kind == "unchanged" and old == new:
            continue
        heir = new if old is None else outcome.ended.get(old, old)
        yield {
            "unit_id": old or new,
            "old_unit_id": old,
            "new_unit_id": new,
            "effective_on": act.effective_on,
            "kind": kind,
            "is_primary": new is not None and new == heir,
        }


async def trace(session: Session, steps: Iterable[Mapping[str, Any]], basis: Basis, paths: Mapping[UUID, str]) -> None:
    """Put down ``steps`` of the act ``basis``; ``paths`` are the units' places once the act holds."""
    more = {"decision_number": basis.decision_number, "reorganisation_id": basis.act_id}
    rows = [{"id": new_id(), **step, "unit_path": paths[step["unit_id"]], **more} for step in steps]
    await insert_rows(session, _STEPS, rows)


async def succeed(session: Session, row: Mapping[str, Any]) -> None:
    """Put down that a base unit passed over to another, by no act."""
    nothing = {"decision_number": None, "reorganisation_id": None}
    await insert_rows(session, _STEPS, [{"id": new_id(), "kind": "merged", "is_primary": True, **nothing, **row}])


async def untrace(session: Session, act_id: UUID) -> None:
    """Take out what ``trace`` put down of an act."""
    await session.execute(delete(UnitLineage).where(UnitLineage.reorganisation_id == act_id))
