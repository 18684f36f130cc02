"""Units as other slices and the command line name them: for new work, and by their code."""

from uuid import UUID

from sqlalchemy import bindparam, select

from app.access.actor import UnitEnded, UnitRef
from app.kernel.db import Session
from app.kernel.errors import NotFound
from app.units.models import Unit
from app.units.queries import REF

_REF_BY_CODE = select(Unit.id, Unit.path, Unit.level).where(Unit.code == bindparam("code"), Unit.ended_on.is_(None))


async def living_ref(session: Session, unit_id: UUID) -> UnitRef:
    """``unit_ref`` for new work. Raises 404 when there is no such unit, 409 ``unit_ended`` when it has ended."""
    row = (await session.execute(REF, {"id": unit_id})).one_or_none()
    if row is None:
        raise NotFound
    if row.ended_on is not None:
        raise UnitEnded.of(unit_id)
    return UnitRef(row.id, row.path, row.level)


async def ref_by_code(session: Session, code: str) -> UnitRef | None:
    """The living unit with the code, or None."""
    row = (await session.execute(_REF_BY_CODE, {"code": code})).one_or_none()
    return UnitRef(row.id, row.path, row.level) if row else None
