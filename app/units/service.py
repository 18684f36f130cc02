"""Reading units: everyone signed in may. The verbs that change them: ``base_units.py``, ``loading.py``."""

from datetime import date
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.access.permissions import Permission
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.pagination import Listing, PageRows
from app.units import lineage, queries
from app.units.facts import labels_above, search
from app.units.kinds import KINDS
from app.units.schemas import ChildrenQuery, FactOut, HistoryQuery, StepOut, StepQuery, UnitBrief, UnitOut, UnitQuery
from app.units.workflow import MACHINE, Status

_SHOWN = ("code", "name", "short_name", "kind", "level", "valid_from", "valid_to")


def present(tx: Tx, row: AnyRow) -> UnitOut:
    """A unit as the caller sees it; rights follow from its place in today's tree, whatever date is shown."""
    unit = UnitRef(row.id, row.path_now, row.level_now)
    status: Status = "in_force" if row.ended_on is None else "ended"
    base = unit.level == "base"
    return UnitOut.model_construct(
        **{name: getattr(row, name) for name in _SHOWN},
        id=row.id,
        kind_title=KINDS[row.kind].title_vi,
        parent=_parent(row),
        status=status,
        ended_on=row.ended_on,
        successor_id=row.successor_id,
        editable=base and row.ended_on is None and tx.actor.can(Permission.UNIT_MANAGE, unit),
        allowed_actions=allowed(tx.actor, MACHINE, status, unit) if base else [],
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def present_fact(row: AnyRow) -> FactOut:
    """One span of a unit's history."""
    return FactOut.model_construct(
        **{name: getattr(row, name) for name in _SHOWN},
        kind_title=KINDS[row.kind].title_vi,
        parent=_parent(row),
        legal_basis=row.legal_basis,
    )


def _parent(row: AnyRow) -> UnitBrief | None:
    if row.parent_id is None:
        return None
    return UnitBrief.model_construct(id=row.parent_id, code=row.parent_code, name=row.parent_name)


async def read(tx: Tx, unit_id: UUID, as_of: date | None = None) -> UnitOut:
    """One unit, as it is or was. Raises 404."""
    return present(tx, await queries.get(tx.session, unit_id, as_of))


async def find(tx: Tx, query: UnitQuery) -> PageRows:
    """A page of units.

    Raises 422 for ``include_ended`` or ``updated_since`` with ``as_of``: a date shows whatever existed on it.
    """
    given = query.filters()
    include_ended = given.pop("include_ended")
    if query.q is not None:
        given |= search(query.q)
    if query.as_of is not None:
        text = Text("Không dùng cùng as_of", "Not together with as_of")
        refused = {"include_ended": include_ended, "updated_since": query.updated_since is not None}
        if any(refused.values()):
            pointers = [f"/{name}" for name, given_too in refused.items() if given_too]
            raise Invalid(errors=[FieldError(pointer, "not_with_as_of", text, "query") for pointer in pointers])
        return await queries.LISTING_AS_OF.page(tx.session, query, sort=query.sort, given=given)
    # Whoever follows the changes has to learn what ended.
    if not include_ended and query.updated_since is None:
        given["living"] = True
    return await queries.LISTING.page(tx.session, query, sort=query.sort, given=given)


async def children(tx: Tx, unit_id: UUID, query: ChildrenQuery) -> PageRows:
    """A page of the units directly under one. Raises 404 when it does not, or did not, exist."""
    await queries.get(tx.session, unit_id, query.as_of)
    given = {**query.filters(), "parent_id": unit_id}
    if query.as_of is not None:
        return await queries.LISTING_AS_OF.page(tx.session, query, sort=query.sort, given=given)
    return await queries.LISTING.page(tx.session, query, sort=query.sort, given={**given, "living": True})


async def ancestors(tx: Tx, unit_id: UUID, as_of: date | None) -> list[UnitOut]:
    """The units above one, root first. Raises 404 when it does not, or did not, exist."""
    row = await queries.get(tx.session, unit_id, as_of)
    return [present(tx, above) for above in await queries.ancestors(tx.session, labels_above(row.path_shown), as_of)]


async def history(tx: Tx, unit_id: UUID, query: HistoryQuery) -> PageRows:
    """A page of the dated facts about a unit, newest first. Raises 404."""
    await queries.get(tx.session, unit_id)
    return await queries.HISTORY.page(tx.session, query, sort="-valid_from", given={"unit_id": unit_id})


async def predecessors(tx: Tx, unit_id: UUID, query: StepQuery) -> PageRows:
    """A page of the units that a unit came of, newest step first. Raises 404."""
    return await _steps(tx, unit_id, query, lineage.PREDECESSORS, "-effective_on")


async def successors(tx: Tx, unit_id: UUID, query: StepQuery) -> PageRows:
    """A page of the units that came of a unit, oldest step first. Raises 404."""
    return await _steps(tx, unit_id, query, lineage.SUCCESSORS, "effective_on")


async def _steps(tx: Tx, unit_id: UUID, query: StepQuery, listing: Listing, sort: str) -> PageRows:
    await queries.get(tx.session, unit_id)
    given = {"unit_id": unit_id, "all_of" if query.all else "nearest": unit_id}
    return await listing.page(tx.session, query, sort=sort, given=given)


def present_step(row: AnyRow, *, back: bool) -> StepOut:
    """One step, seen from the unit it leads to (``back``) or from."""
    old = UnitBrief.model_construct(id=row.old_unit_id, code=row.old_code, name=row.old_name)
    new = UnitBrief.model_construct(id=row.new_unit_id, code=row.new_code, name=row.new_name)
    unit, other = (old, new) if back else (new, old)
    told = ("kind", "effective_on", "is_primary", "decision_number", "reorganisation_id")
    return StepOut.model_construct(unit=unit, other=other, **{name: getattr(row, name) for name in told})
