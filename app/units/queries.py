"""All SQL about units."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from app.access.actor import UnitRef
from app.kernel.db import Session
from app.kernel.errors import NotFound
from app.units.models import Unit

_REF = select(Unit.id, Unit.path, Unit.level, Unit.ended_on).where(Unit.id == bindparam("id"))


async def unit_ref(session: Session, unit_id: UUID) -> UnitRef:
    """The unit as questions of rights need it. Raises 404 when there is none."""
    row = (await session.execute(_REF, {"id": unit_id})).one_or_none()
    if row is None:
        raise NotFound
    return UnitRef(row.id, row.path, row.level)


def under_clause(path: InstrumentedAttribute[str], parameter: str = "under") -> ColumnElement[bool]:
    """Rows whose ``path`` lies in the subtree of the unit with the id bound to ``parameter``."""
    root = select(Unit.path).where(Unit.id == bindparam(parameter)).scalar_subquery()
    return and_(path >= root, path < func.rtrim(root, ".").concat("/"))
