"""Base units that wait to be placed: who they are, and where they go."""

from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.audit.service import Subject, record
from app.kernel.errors import FieldError, Invalid, InvalidState, Text
from app.kernel.pagination import PageRows
from app.reorganisations import queries
from app.reorganisations.presenting import unit_of
from app.reorganisations.schemas import PlacedOut, PlacementsIn, UnplacedQuery
from app.reorganisations.service import MANAGE
from app.units.act import Ground, Stood
from app.units.kinds import is_above
from app.units.reorganising import lock_map, place, stood


async def waiting(tx: Tx, act_id: UUID, query: UnplacedQuery) -> PageRows:
    """A page of the base units that wait. Raises 404."""
    await queries.get(tx.session, act_id)
    return await queries.UNPLACED.page(tx.session, query, sort="name", given={"act": act_id})


async def settle(tx: Tx, act_id: UUID, data: PlacementsIn) -> PlacedOut:
    """Place some of them, all or nothing, from the act's day on.

    Raises 404, 403, 409 ``invalid_state`` unless the act is applied, 422 by pointer for a unit that does not wait, is
    named twice, or a manager that cannot be one.
    """
    row = await queries.get(tx.session, act_id)
    top = unit_of(row)
    tx.actor.require(MANAGE, top)
    await lock_map(tx.session, top)
    row = await queries.get(tx.session, act_id, lock=True)
    if row.status != "applied":
        raise InvalidState(Text("Văn bản chưa có hiệu lực", "The act is not in force"), current_status=row.status)
    ground = Ground(top.id, await stood(tx.session, top))
    found = {item.unit_id: item for item in await queries.waiting(tx.session, act_id)}
    places: dict[UUID, UUID] = {}
    faults: list[FieldError] = []
    for n, item in enumerate(data.placements):
        parent = ground.units.get(item.parent_id)
        if item.unit_id not in found or item.unit_id in places:
            text = Text("Đơn vị này không chờ sắp xếp", "This unit does not wait to be placed")
            faults.append(FieldError(f"/placements/{n}/unit_id", "not_waiting", text))
        elif parent is None or parent.ended_on is not None or not is_above(parent.level, "base"):
            faults.append(FieldError(f"/placements/{n}/parent_id", "unknown_parent", _unfit(parent)))
        else:
            places[item.unit_id] = item.parent_id
    if faults:
        raise Invalid(errors=faults)
    await _place(tx, ground, places, row.decision_number)
    await queries.settle(tx.session, [found[key].id for key in places], tx.now)
    return PlacedOut(placed=len(places), waiting=len(found) - len(places))


def _unfit(parent: Stood | None) -> Text:
    """Why a unit cannot manage a base unit."""
    if parent is None:
        return Text("Không có đơn vị này trong phạm vi của văn bản", "There is no such unit under the act's own")
    if parent.ended_on is not None:
        return Text(
            "Đơn vị này đã kết thúc, không thể làm đơn vị quản lý", "This unit has ended: it cannot manage another"
        )
    return Text("Đơn vị cơ sở không quản lý được đơn vị khác", "A base unit cannot manage another")


async def _place(tx: Tx, ground: Ground, places: dict[UUID, UUID], reason: str) -> None:
    for key, parent in places.items():
        unit = ground.units[key]
        # Before the move, so that the event keeps the path as it was.
        subject = Subject("unit", key, UnitRef(key, unit.path, unit.level))
        await record(
            tx, "unit.change", subject, change=({"parent_id": unit.parent_id}, {"parent_id": parent}), note=reason
        )
    await place(tx, ground, places)
