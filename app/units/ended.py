"""What a refusal about a unit that has ended says: since when, and who carries on."""

from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from app.access.actor import UnitEnded
from app.kernel.db import Session
from app.kernel.errors import Text
from app.units.models import Unit
from app.units.upward import is_above

_Bearer = aliased(Unit, name="bearer")
_CARRIES_ON = (
    select(Unit.name, Unit.ended_on, _Bearer.id, _Bearer.code, _Bearer.name.label("bearer"))
    .join(_Bearer, is_above(_Bearer.path, Unit.path))
    .where(Unit.id == bindparam("id"), Unit.ended_on.is_not(None), _Bearer.ended_on.is_(None))
    .order_by(func.length(_Bearer.path).desc())
    .limit(1)
)
_TOLD = Text(
    "{name} đã kết thúc từ {day:%d/%m/%Y}; dữ liệu đã ghi nhận được giữ nguyên. Công việc do {bearer} ({code}) tiếp"
    " tục: hãy ghi mới tại đơn vị đó",
    "{name} ended on {day:%Y-%m-%d}; what it recorded stays as it is. {bearer} ({code}) carries on: record anew there",
)


async def told(session: Session, unit_id: UUID) -> UnitEnded | None:
    """The refusal with the names in it; None where the unit has not ended."""
    row = (await session.execute(_CARRIES_ON, {"id": unit_id})).one_or_none()
    if row is None:
        return None
    successor = {"id": str(row.id), "code": row.code, "name": row.bearer, "href": f"/api/v1/units/{row.id}"}
    text = _TOLD.fill(name=row.name, day=row.ended_on, bearer=row.bearer, code=row.code)
    return UnitEnded(text, successor=successor)
