"""Which unit became which: what an act says of units, written and taken out with the act; read by everyone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    TIMESTAMP,
    String,
    Table,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    delete,
    func,
    or_,
    select,
    table,
)
from sqlalchemy.orm import aliased

from app.kernel.bulk import insert_rows
from app.kernel.db import AnyRow, Session
from app.kernel.ids import new_id
from app.kernel.pagination import Listing
from app.units.act import Act, Outcome
from app.units.models import Unit, UnitFact, UnitLineage
from app.units.spans import in_force, last_before

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


# --- reading -------------------------------------------------------------------------------------------------------


_Old, _New = aliased(Unit, name="old"), aliased(Unit, name="new")
_OldFact, _NewFact = aliased(UnitFact, name="old_fact"), aliased(UnitFact, name="new_fact")
_ASKED: Final = bindparam("unit_id", type_=Uuid)

# Both ends of a step with their names: of the old unit its last, of the new one its first.
_NAMED = (
    select(
        *(UnitLineage.effective_on, UnitLineage.kind, UnitLineage.is_primary, UnitLineage.decision_number),
        UnitLineage.reorganisation_id,
        *(UnitLineage.old_unit_id, UnitLineage.new_unit_id),
        func.coalesce(_OldFact.code, _Old.code).label("old_code"),
        func.coalesce(_OldFact.name, _Old.name).label("old_name"),
        func.coalesce(_NewFact.code, _New.code).label("new_code"),
        func.coalesce(_NewFact.name, _New.name).label("new_name"),
    )
    .outerjoin(_Old, _Old.id == UnitLineage.old_unit_id)
    .outerjoin(_New, _New.id == UnitLineage.new_unit_id)
    .outerjoin(_OldFact, and_(_OldFact.unit_id == _Old.id, last_before(_OldFact, UnitLineage.effective_on)))
    .outerjoin(_NewFact, and_(_NewFact.unit_id == _New.id, in_force(_NewFact, UnitLineage.effective_on)))
)
# Neither what was made of nothing, nor what became nothing, nor what lives on.
_STEP = _NAMED.where(UnitLineage.old_unit_id != UnitLineage.new_unit_id)


def _reached(*, back: bool) -> CTE:
    """The steps that lead to the unit asked about, or away from it, through every act.

    One act does one thing to a unit: who came into it and who left it by the same act have nothing of each other.
    """
    near, far = (
        (UnitLineage.new_unit_id, UnitLineage.old_unit_id)
        if back
        else (UnitLineage.old_unit_id, UnitLineage.new_unit_id)
    )
    apart = UnitLineage.old_unit_id != UnitLineage.new_unit_id
    found = (
        select(UnitLineage.id, far.label("far_id"), UnitLineage.effective_on, UnitLineage.reorganisation_id)
        .where(near == _ASKED, apart)
        .cte("reached", recursive=True)
    )
    day, act = UnitLineage.effective_on, UnitLineage.reorganisation_id
    onward = day <= found.c.effective_on if back else day >= found.c.effective_on
    another = or_(act.is_(None), act.is_distinct_from(found.c.reorganisation_id))
    further = select(UnitLineage.id, far, day, act).join(found, near == found.c.far_id)
    return found.union(further.where(apart, onward, another))


def _listing(*, back: bool) -> Listing:
    near = UnitLineage.new_unit_id if back else UnitLineage.old_unit_id
    reached = _reached(back=back)
    return Listing(
        select=_STEP,
        key=UnitLineage.id,
        sorts={"-effective_on": (UnitLineage.effective_on,), "effective_on": (UnitLineage.effective_on,)},
        filters={"nearest": near == _ASKED, "all_of": UnitLineage.id.in_(select(reached.c.id))},
    )


PREDECESSORS: Final = _listing(back=True)
"""Steps to a unit: with ``nearest`` the last, with ``all_of`` every one; both bind ``unit_id``."""

SUCCESSORS: Final = _listing(back=False)
"""Steps away from a unit, likewise."""


# The register of acts, which stands further up: all that is asked of it here is when an act was put to the map.
_ACTS: Final = table(
    "reorganisations", *map(column, ("id", "unit_path", "status", "applied_at", "effective_on", "decision_number"))
)
_PLACE = bindparam("path", type_=String)
_SINCE: Final = (
    select(_ACTS.c.id, _ACTS.c.effective_on, _ACTS.c.decision_number)
    .where(
        _ACTS.c.status == "applied",
        _ACTS.c.applied_at > bindparam("since", type_=TIMESTAMP(timezone=True)),
        or_(func.starts_with(_ACTS.c.unit_path, _PLACE), func.starts_with(_PLACE, _ACTS.c.unit_path)),
    )
    .order_by(_ACTS.c.effective_on, _ACTS.c.applied_at, _ACTS.c.id)
)
_OF_AREA: Final = bindparam("units", type_=ARRAY(Uuid()))
_TOUCHED: Final = _NAMED.where(
    UnitLineage.reorganisation_id == any_(bindparam("acts", type_=ARRAY(Uuid()))),
    or_(UnitLineage.old_unit_id == any_(_OF_AREA), UnitLineage.new_unit_id == any_(_OF_AREA)),
).order_by(_Old.sort_key, _New.sort_key, UnitLineage.id)


async def acts_since(session: Session, path: str, since: datetime) -> Sequence[AnyRow]:
    """The acts put to the map after ``since`` under, above or at the place ``path``, the earliest effective first."""
    return (await session.execute(_SINCE, {"path": path, "since": since})).all()


async def touched(session: Session, acts: Iterable[UUID], units: Iterable[UUID]) -> Sequence[AnyRow]:
    """The steps of ``acts`` from or to ``units``, with the names of both ends as they were around the act."""
    return (await session.execute(_TOUCHED, {"acts": list(acts), "units": list(units)})).all()
