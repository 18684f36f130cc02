"""All SQL that reads the event log. Which events exist for a caller is the fence's matter."""

from uuid import UUID

from sqlalchemy import String, Uuid, and_, bindparam, column, func, select, table

from app.audit.models import AuditEvent
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing

# The log stands below the slice of units and may not import it: it names the columns it needs itself.
UNITS = table(
    "units", column("id", Uuid()), column("path", String(collation="C")), column("code", String), column("name", String)
)
_ROOT = select(UNITS.c.path).where(UNITS.c.id == bindparam("under")).scalar_subquery()
_SELECT = select(
    *(found for found in AuditEvent.__table__.columns if found.name not in {"unit_path", "path_then", "xact"}),
    UNITS.c.code.label("unit_code"),
    UNITS.c.name.label("unit_name"),
).join(UNITS, UNITS.c.id == AuditEvent.unit_id)
_ONE = _SELECT.where(AuditEvent.id == bindparam("id"))

LISTING = Listing(
    select=_SELECT,
    key=AuditEvent.seq,
    sorts={"-seq": ()},
    filters={
        "subject_kind": AuditEvent.subject_kind == bindparam("subject_kind"),
        "subject_id": AuditEvent.subject_id == bindparam("subject_id"),
        "actor_id": AuditEvent.actor_id == bindparam("actor_id"),
        "verb": AuditEvent.verb == bindparam("verb"),
        "unit": AuditEvent.unit_id == bindparam("unit"),
        "under": and_(AuditEvent.unit_path >= _ROOT, AuditEvent.unit_path < func.rtrim(_ROOT, ".").concat("/")),
        "from_": AuditEvent.at >= bindparam("from_"),
        "to": AuditEvent.at < bindparam("to"),
        "request_id": AuditEvent.request_id == bindparam("request_id"),
    },
)


async def get(session: Session, event_id: UUID) -> AnyRow:
    """One event. 404 outside the fence."""
    row = (await session.execute(_ONE, {"id": event_id})).one_or_none()
    if row is None:
        raise NotFound
    return row
