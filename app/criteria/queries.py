"""All SQL about criteria sets."""

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.criteria.definition import CriterionDef, PassRule, SetDefinition
from app.criteria.models import CriteriaGroup, CriteriaSet, Criterion
from app.kernel.errors import NotFound

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


async def definition(session: AsyncSession, set_id: UUID) -> SetDefinition:
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
    criteria = tuple(
        CriterionDef(
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
        for row in rows
    )
    made = SetDefinition(
        id=head.id,
        code=head.code,
        set_version=head.set_version,
        title=head.title,
        status=head.status,
        applies_to_kinds=frozenset(head.applies_to_kinds),
        recognised_by=head.recognised_by,
        pass_rule=PassRule(head.pass_rule_kind, head.pass_rule_minimum),
        criteria=criteria,
    )
    if made.status != "draft":
        if len(_KEPT) >= _KEPT_MOST:
            del _KEPT[next(iter(_KEPT))]
        _KEPT[set_id] = made
    return made


_STATUS = select(CriteriaSet.status).where(CriteriaSet.id == bindparam("id"))


async def current_status(session: AsyncSession, set_id: UUID) -> str:
    """The state of the set now, in one statement. Raises 404 when there is none."""
    status = await session.scalar(_STATUS, {"id": set_id})
    if status is None:
        raise NotFound
    return status
