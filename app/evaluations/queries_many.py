"""SQL about many evaluations at once: what new ones stand on, and what stands already."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, cast, exists, or_, select

from app.evaluations.models import Evaluation
from app.evaluations.queries import FINAL, PUBLISHED, RESULT, RESULT_ROWS, SELECT, Facts
from app.kernel.db import AnyRow, Session
from app.registrations.models import Registration
from app.units.models import Unit

_SETS = select(
    Unit.id.label("unit_id"),
    Unit.path.label("unit_path"),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
    Unit.ended_on.is_not(None).label("unit_ended"),
    Unit.kind.label("unit_kind"),
    cast(PUBLISHED, String).label("sets"),
).where(Unit.id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))))
_GROUNDS = (
    select(
        Registration.id.label("registration_id"),
        Registration.status.label("registration_status"),
        Registration.unit_id,
        Registration.year,
        exists()
        .where(FINAL.c.registration_id == Registration.id, FINAL.c.stage == "final", FINAL.c.status == "recognised")
        .label("recognised"),
    )
    .where(Registration.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(Registration.id)
    .with_for_update(of=Registration, read=True, key_share=False)
)
_STANDING = SELECT.add_columns(
    select(RESULT_ROWS).where(RESULT.evaluation_id == Evaluation.id).scalar_subquery().label("result_rows")
).where(
    or_(
        Evaluation.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        Evaluation.registration_id == any_(bindparam("registration_ids", type_=ARRAY(Uuid))),
    )
)


async def sets_for(session: Session, unit_ids: Sequence[UUID]) -> dict[UUID, Facts]:
    """The units with the published sets for their kind, as :func:`ground` shows them."""
    return {row.unit_id: row._asdict() for row in await session.execute(_SETS, {"unit_ids": list(unit_ids)})}


async def grounds(session: Session, registration_ids: Sequence[UUID]) -> dict[UUID, Facts]:
    """Registrations, kept from being changed meanwhile, by their id: :func:`ground` for many, without units and sets.

    Those outside the fence are not there.
    """
    rows = await session.execute(_GROUNDS, {"ids": list(registration_ids)})
    return {row.registration_id: row._asdict() for row in rows}


async def standing(session: Session, ids: Sequence[UUID], registration_ids: Sequence[UUID]) -> Sequence[AnyRow]:
    """Evaluations with one of ``ids`` or of one of the registrations, with their results."""
    given = {"ids": list(ids), "registration_ids": list(registration_ids)}
    return (await session.execute(_STANDING, given)).all()
