"""All SQL about criteria sets."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, any_, bindparam, delete, func, insert, select, true, update

from app.criteria.definition import CriterionDef, PassRule, SetDefinition
from app.criteria.models import TEXT_STATUSES, CriteriaGroup, CriteriaSet, Criterion, CriterionMap
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

_HEAD = select(
    CriteriaSet.id,
    CriteriaSet.code,
    CriteriaSet.set_version,
    CriteriaSet.title,
    CriteriaSet.status,
    CriteriaSet.applies_to_kinds,
    CriteriaSet.recognised_by,
    CriteriaSet.pass_rule_kind,
    CriteriaSet.pass_rule_minimum,
).where(CriteriaSet.id == bindparam("id"))
_CRITERIA = (
    select(*(column for column in Criterion.__table__.columns), CriteriaGroup.code.label("group_code"))
    .join(CriteriaGroup, CriteriaGroup.id == Criterion.group_id)
    .where(Criterion.set_id == bindparam("id"))
    .order_by(Criterion.position)
)

# Sets that are out of draft never change, so what one request read serves all later ones.
_KEPT: dict[UUID, SetDefinition] = {}
_KEPT_MOST = 256


def _criterion(row: AnyRow) -> CriterionDef:
    return CriterionDef(
        id=row.id,
        code=row.code,
        title=row.title or "",
        group_code=row.group_code,
        measure=row.measure,
        threshold=row.threshold,
        comparison=row.comparison,
        required=row.required,
        evidence_needed=row.evidence_needed,
        weight=row.weight,
        position=row.position,
        unit_of_count=row.unit_of_count,
    )


async def definition(session: Session, set_id: UUID) -> SetDefinition:
    """The set as a value, in two statements the first time and none later. Raises 404 when there is none.

    Kept per process for published and retired sets only. ``status`` is that of the first reading: whether a set is
    still published is asked of the database (:func:`current_status`).
    """
    kept = _KEPT.get(set_id)
    if kept is not None:
        return kept
    head = (await session.execute(_HEAD, {"id": set_id})).one_or_none()
    if head is None:
        raise NotFound
    rows = (await session.execute(_CRITERIA, {"id": set_id})).all()
    made = SetDefinition(
        id=head.id,
        code=head.code,
        set_version=head.set_version,
        title=head.title,
        status=head.status,
        applies_to_kinds=frozenset(head.applies_to_kinds),
        recognised_by=head.recognised_by,
        pass_rule=PassRule(head.pass_rule_kind, head.pass_rule_minimum),
        criteria=tuple(map(_criterion, rows)),
    )
    if made.status != "draft":
        if len(_KEPT) >= _KEPT_MOST:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[set_id] = made
    return made


def kept_definition(set_id: UUID) -> SetDefinition:
    """A published or retired set that :func:`definition` has read before."""
    return _KEPT[set_id]


_STATUS = select(CriteriaSet.status).where(CriteriaSet.id == bindparam("id"))


async def current_status(session: Session, set_id: UUID) -> str:
    """The state of the set now, in one statement. Raises 404 when there is none."""
    status = await session.scalar(_STATUS, {"id": set_id})
    if status is None:
        raise NotFound
    return status


_TEXTS = (
    select(*(func.count().filter(Criterion.text_status == status).label(status) for status in TEXT_STATUSES))
    .where(Criterion.set_id == CriteriaSet.id)
    .lateral("texts")
)
_SELECT = (
    select(
        *(column for column in CriteriaSet.__table__.columns),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        *_TEXTS.columns,
    )
    .join(Unit, Unit.id == CriteriaSet.unit_id)
    .join(_TEXTS, true())
)
_ONE = _SELECT.where(CriteriaSet.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=CriteriaSet, key_share=True)
_GROUPS = (
    select(*(column for column in CriteriaGroup.__table__.columns))
    .where(CriteriaGroup.set_id == bindparam("id"))
    .order_by(CriteriaGroup.position)
)

LISTING = Listing(
    select=_SELECT,
    key=CriteriaSet.id,
    sorts={
        "code": (CriteriaSet.code, CriteriaSet.set_version),
        "-code": (CriteriaSet.code, CriteriaSet.set_version),
        "-set_version": (CriteriaSet.set_version, CriteriaSet.code),
        "updated_at": (CriteriaSet.updated_at,),
        "-updated_at": (CriteriaSet.updated_at,),
    },
    filters={
        "code": CriteriaSet.code == bindparam("code"),
        "status": CriteriaSet.status == bindparam("status"),
        "kind": bindparam("kind", type_=String) == any_(CriteriaSet.applies_to_kinds),
        "unit": CriteriaSet.unit_id == bindparam("unit"),
        "under": under_clause(CriteriaSet.unit_path),
        "updated_since": CriteriaSet.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, set_id: UUID, *, lock: bool = False) -> AnyRow:
    """One set without its criteria; ``lock`` keeps others from changing it meanwhile. Raises 404.

    Locking needs the right to write: outside the writing fence a row that can be read is not found for locking.
    """
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": set_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def contents(session: Session, set_id: UUID) -> tuple[Sequence[AnyRow], Sequence[AnyRow]]:
    """The groups and the criteria of a set, each in printed order."""
    groups = (await session.execute(_GROUPS, {"id": set_id})).all()
    return groups, (await session.execute(_CRITERIA, {"id": set_id})).all()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a set without contents."""
    await session.execute(insert(CriteriaSet), dict(values))


async def fill(session: Session, groups: Sequence[dict[str, Any]], criteria: Sequence[dict[str, Any]]) -> None:
    """Insert the contents of a draft; parents stand before their children."""
    if groups:
        await session.execute(insert(CriteriaGroup), list(groups))
    if criteria:
        await session.execute(insert(Criterion), list(criteria))


async def empty(session: Session, set_id: UUID) -> None:
    """Delete the contents of a draft; the database deletes criteria and map with their groups."""
    await session.execute(delete(CriteriaGroup).where(CriteriaGroup.set_id == set_id))


async def change(session: Session, set_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked set and count its version up."""
    await session.execute(
        update(CriteriaSet).where(CriteriaSet.id == set_id).values(**values, version=CriteriaSet.version + 1)
    )


async def remove(session: Session, set_id: UUID) -> None:
    """Delete a draft with its contents."""
    await session.execute(delete(CriteriaSet).where(CriteriaSet.id == set_id))


_VERSIONS = (
    select(CriteriaSet.id, CriteriaSet.set_version, CriteriaSet.status)
    .where(CriteriaSet.unit_id == bindparam("unit_id"), CriteriaSet.code == bindparam("code"))
    .order_by(CriteriaSet.set_version)
)


async def versions(session: Session, unit_id: UUID, code: str) -> Sequence[AnyRow]:
    """All versions of the unit's set ``code``, the oldest first."""
    return (await session.execute(_VERSIONS, {"unit_id": unit_id, "code": code})).all()


_MAP = select(CriterionMap.old_criterion_id, CriterionMap.new_criterion_id).where(
    CriterionMap.set_id == bindparam("id")
)


async def mapped(session: Session, set_id: UUID) -> list[tuple[UUID, UUID]]:
    """The map that leads to ``set_id``: pairs (old criterion, new criterion)."""
    rows = (await session.execute(_MAP, {"id": set_id})).all()
    return [(row.old_criterion_id, row.new_criterion_id) for row in rows]


async def map_to(session: Session, common: Mapping[str, Any], pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Replace the map that leads to the draft ``common["set_id"]`` by ``pairs``; ``common`` also names its unit."""
    await session.execute(delete(CriterionMap).where(CriterionMap.set_id == common["set_id"]))
    if pairs:
        rows = [{**common, "old_criterion_id": old, "new_criterion_id": new} for old, new in pairs]
        await session.execute(insert(CriterionMap), rows)
