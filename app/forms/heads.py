"""What the rows of tables are about: units directly below, criteria of the sets in use, indicators. All SQL of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, Date, String, Uuid, and_, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.criteria.models import CriteriaGroup, CriteriaSet, Criterion
from app.kernel.db import AnyRow, Session
from app.situation.models import Indicator
from app.units.kinds import LEVELS
from app.units.models import UnitFact
from app.units.schemas import UnitBrief
from app.units.spans import in_force

_DAY = bindparam("day", type_=Date)
_UNIT = bindparam("unit", type_=Uuid)
_BELOW = (
    select(UnitFact.unit_id, UnitFact.code, UnitFact.name, UnitFact.level)
    .where(UnitFact.parent_id == _UNIT, in_force(UnitFact, _DAY))
    .order_by(func.array_position(list(LEVELS), UnitFact.level), UnitFact.sort_key, UnitFact.code)
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a row is about. ``found`` is the key by which its figures are known; None = it has none (a heading)."""

    kind: Literal["group", "row"]
    key: str
    title: str
    found: UUID | None = None
    code: str = ""
    unit: UnitBrief | None = None
    level: str = ""
    unit_of_count: str | None = None
    ratio: tuple[UUID, UUID] | None = None
    """Its figures are those of one row through those of another, each summed first."""


async def children(session: Session, unit: UUID, day: date) -> list[Head]:
    """The units directly below ``unit`` on ``day``: the higher levels first, each in the order of names."""
    rows = (await session.execute(_BELOW, {"unit": unit, "day": day})).all()
    return [
        Head(
            *("row", str(row.unit_id), row.name, row.unit_id, row.code),
            unit=UnitBrief.of({"id": row.unit_id, "code": row.code, "name": row.name}),
            level=row.level,
        )
        for row in rows
    ]


_SERVED = bindparam("path", type_=String)

# The sets that hold criteria with figures, and the newest published ones that serve the unit: what is shown while
# nobody has evaluated.
_USED = select(Criterion.set_id).where(Criterion.id == any_(bindparam("criteria", type_=ARRAY(Uuid))))
_CURRENT = (
    select(CriteriaSet.id)
    .ext(distinct_on(CriteriaSet.code))
    .where(
        CriteriaSet.status == "published",
        CriteriaSet.applies_to_kinds.overlap(bindparam("kinds", type_=ARRAY(String))),
        func.starts_with(_SERVED, CriteriaSet.unit_path),
    )
    .order_by(CriteriaSet.code, CriteriaSet.published_at.desc())
)
_SETS = (
    select(CriteriaSet.id, CriteriaSet.code, CriteriaSet.set_version, CriteriaSet.title, CriteriaSet.applies_to_kinds)
    .where(or_(CriteriaSet.id.in_(_USED), CriteriaSet.id.in_(_CURRENT)))
    .order_by(CriteriaSet.code, CriteriaSet.set_version)
)
_OF_SETS = bindparam("sets", type_=ARRAY(Uuid))
_GROUPS = (
    select(CriteriaGroup.id, CriteriaGroup.set_id, CriteriaGroup.code, CriteriaGroup.title)
    .where(CriteriaGroup.set_id == any_(_OF_SETS))
    .order_by(CriteriaGroup.set_id, CriteriaGroup.position)
)
_CRITERIA = (
    select(Criterion.id, Criterion.set_id, Criterion.group_id, Criterion.code, Criterion.title)
    .where(Criterion.set_id == any_(_OF_SETS))
    .order_by(Criterion.set_id, Criterion.position)
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria sets with their groups and criteria, each in printed order."""

    sets: Sequence[AnyRow]
    groups: Sequence[AnyRow]
    criteria: Sequence[AnyRow]

    def heads(self, counted: Collection[UUID], kinds: Collection[str]) -> list[Head]:
        """The rows of a table: the sets of the criteria in ``counted``, or those for ``kinds`` where there are none."""
        used = {row.set_id for row in self.criteria if row.id in counted}
        shown = [
            row for row in self.sets if (row.id in used if used else not {*kinds}.isdisjoint(row.applies_to_kinds))
        ]
        return [head for row in shown for head in self._of_set(row, named=len(shown) > 1)]

    def _of_set(self, head: AnyRow, *, named: bool) -> Iterable[Head]:
        prefix = f"{head.code}.v{head.set_version}"
        if named:
            yield Head("group", prefix, f"{head.title} (phiên bản {head.set_version})")
        members: dict[UUID, list[AnyRow]] = {}
        for row in self.criteria:
            members.setdefault(row.group_id, []).append(row)
        for group in self.groups:
            if group.set_id != head.id:
                continue
            yield Head("group", f"{prefix}.group.{group.code}", group.title, code=group.code)
            for row in members.get(group.id, ()):
                yield Head("row", f"{prefix}.{row.code}", row.title or row.code, row.id, row.code)


async def criteria(session: Session, path: str, counted: Collection[UUID], kinds: Collection[str]) -> Criteria:
    """The sets that hold the criteria in ``counted``, and the newest for ``kinds`` that serve the unit at ``path``."""
    given = {"criteria": list(counted), "kinds": list(kinds), "path": path}
    sets = (await session.execute(_SETS, given)).all()
    of_sets = {"sets": [row.id for row in sets]}
    groups = (await session.execute(_GROUPS, of_sets)).all()
    return Criteria(sets, groups, (await session.execute(_CRITERIA, of_sets)).all())


# The catalogues of the unit and of those above it, on the last day of the window; an ended indicator stays where
# figures speak of it.
_COUNTED = Indicator.id == any_(bindparam("counted", type_=ARRAY(Uuid)))
_IN_FORCE = and_(
    Indicator.valid_from <= _DAY,
    or_(Indicator.valid_to.is_(None), Indicator.valid_to > _DAY),
    func.starts_with(_SERVED, Indicator.unit_path),
)
_INDICATORS = (
    select(
        *(Indicator.id, Indicator.code, Indicator.title_vi, Indicator.unit_of_count, Indicator.kind),
        *(Indicator.part_id, Indicator.whole_id, Indicator.position, _COUNTED.label("counted")),
    )
    .where(or_(_COUNTED, _IN_FORCE))
    .order_by(func.length(Indicator.unit_path).desc(), Indicator.position, Indicator.code)
)


async def indicators(session: Session, path: str, counted: Collection[UUID], day: date) -> list[Head]:
    """What the unit at ``path`` compares on ``day``, and what has figures, in the order of the catalogue.

    Of two with one code, that of the nearer catalogue; the other only where it has figures.
    """
    given = {"path": path, "counted": list(counted), "day": day}
    rows = (await session.execute(_INDICATORS, given)).all()
    first = {row.code: row.id for row in reversed(rows)}
    shown = sorted((row for row in rows if row.counted or first[row.code] == row.id), key=lambda row: row.position)
    return [
        Head(
            *("row", row.code, row.title_vi, row.id, row.code),
            unit_of_count=row.unit_of_count,
            ratio=None if row.kind == "count" else (row.part_id, row.whole_id),
        )
        for row in shown
    ]
