"""The area of a unit as the tree of an earlier day had it: which units that was, wherever they stand today."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Uuid, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from app.access.actor import LABEL_WIDTH, Actor
from app.access.permissions import Permission
from app.kernel.db import Session
from app.statistics.dated import in_force, on_day
from app.statistics.shapes import Shape
from app.units.models import Unit, UnitFact


@dataclass(frozen=True, slots=True)
class Area:
    """A unit and all below it on ``day``, with what was true of it; what came since belongs to what bears it."""

    day: date
    code: str
    name: str
    level: str
    path: str
    """Of the unit, in the tree of the day."""
    then: Mapping[UUID, str]
    """Where each of its units stood on the day, or what bore it."""
    places: tuple[str, ...]
    """Where they stand today."""
    path_from: str
    path_to: str
    """What of today's tree holds all of ``places``."""

    def bound(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What a statement binds, ``values``, for this area in place of the one that the unit has today."""
        around = {"path_from": self.path_from, "path_to": self.path_to, "area": list(self.then)}
        return {**values, **around, "standing_on": min(values["standing_on"], self.day)}

    def narrowed(self, shape: Shape) -> Shape:
        """``shape`` asked of this area."""
        return replace(shape, former=True)

    def seen_by(self, actor: Actor) -> bool:
        """Whether ``actor`` may read the figures of all of it, where it is today."""
        if actor.kind == "system":
            return True
        held = tuple(grant.unit.path for grant in actor.grants if grant.reach(Permission.STATISTICS_READ))
        return all(place.startswith(held) for place in self.places)


_ASKED: Final = bindparam("unit", type_=Uuid)
_own, _fact, _stands = aliased(UnitFact, name="own"), aliased(UnitFact, name="below"), aliased(Unit, name="stands")

# Of a set of paths the first and the last tell how far all are alike.
_SPAN: Final = (
    select(
        *(_own.code, _own.name, _own.level, _own.path),
        func.min(_stands.path).label("first"),
        func.max(_stands.path).label("last"),
    )
    .join(_fact, and_(_fact.path >= _own.path, _fact.path < func.rtrim(_own.path, ".").concat("/"), in_force(_fact)))
    .join(_stands, _stands.id == _fact.unit_id)
    .where(_own.unit_id == _ASKED, in_force(_own))
    .group_by(_own.code, _own.name, _own.level, _own.path)
)
_THEN: Final = on_day()
_WITHIN: Final = (
    select(_THEN.c.unit_id, _THEN.c.path.label("then"), Unit.path)
    .join(Unit, Unit.id == _THEN.c.unit_id)
    .where(_THEN.c.path >= bindparam("then_from"), _THEN.c.path < bindparam("then_to"))
    .order_by(Unit.path)
)


async def area_on(session: Session, unit: UUID, day: date) -> Area | None:
    """The area of ``unit`` in the tree of ``day``; None where that tree does not have the unit."""
    own = (await session.execute(_SPAN, {"unit": unit, "day": day})).one_or_none()
    if own is None:
        return None
    around = own.first
    while not own.last.startswith(around):
        around = around[:-LABEL_WIDTH]
    span = {"path_from": around, "path_to": around.rstrip(".") + "/"}
    then = {"then_from": own.path, "then_to": own.path.rstrip(".") + "/"}
    rows = (await session.execute(_WITHIN, {**span, **then, "day": day})).all()
    places = {row.unit_id: row.then for row in rows}
    return Area(day, own.code, own.name, own.level, own.path, places, tuple(row.path for row in rows), **span)
