"""What was deleted since an instant, from the event log: the other half of ``updated_since``."""

from dataclasses import replace
from typing import Final

from sqlalchemy import DateTime, String, Uuid, bindparam, column, exists, func, select
from sqlalchemy.orm import aliased

from app.access.actor import Tx
from app.audit.models import DELETION, AuditEvent
from app.audit.service import READING
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.pagination import PageRows, SinceParams, Tombstone

CATALOGUES: Final = frozenset(
    {"award_form", "award_quota", "campaign", "criteria_set", "document_template", "form_set"}
)
"""Kinds that everyone reads, whichever unit owns them: their tombstones too (migration 0022 names the same ones)."""
MOST: Final = 10_000
_FAR_BACK = Text(
    f"Từ đó đến nay đã xóa hơn {MOST} bản ghi: hãy đọc lại toàn bộ, hoặc theo dõi /changes",
    f"More than {MOST} records were deleted since then: read everything anew, or follow /changes",
)

_later = aliased(AuditEvent)
# Whoever chooses ids may make a record again under the id of a deleted one: that is there, and not gone.
_MADE_AGAIN = exists().where(
    _later.subject_kind == AuditEvent.subject_kind,
    _later.subject_id == AuditEvent.subject_id,
    _later.seq > AuditEvent.seq,
    _later.verb.not_like("%.delete"),
    _later.verb.not_like(f"%{READING}"),
)
_DELETED = (
    select(AuditEvent.subject_id.label("id"), func.max(AuditEvent.at).label("deleted_at"))
    .where(
        AuditEvent.subject_kind == bindparam("kind"),
        DELETION,
        AuditEvent.at >= bindparam("since"),
        ~_MADE_AGAIN,
    )
    .group_by(AuditEvent.subject_id)
    .order_by(func.max(AuditEvent.at), AuditEvent.subject_id)
    .limit(MOST + 1)
)
_DELETED_CATALOGUE = select(
    func.deleted_catalogue_entries(
        bindparam("kind", type_=String), bindparam("since", type_=DateTime(timezone=True))
    ).table_valued(column("id", Uuid()), column("deleted_at", DateTime(timezone=True)))
).limit(MOST + 1)


async def with_deleted(tx: Tx, rows: PageRows, query: SinceParams, kind: str) -> PageRows:
    """``rows`` with what was deleted of ``kind`` since ``updated_since``, if that was asked and this is the last page.

    Read after the items, in the same fence: what is deleted between two pages stands here. Raises 422 for an instant so
    far back that the list would be endless.
    """
    if query.updated_since is None or rows.next_cursor is not None:
        return rows
    statement = _DELETED_CATALOGUE if kind in CATALOGUES else _DELETED
    gone = (await tx.session.execute(statement, {"kind": kind, "since": query.updated_since})).all()
    if len(gone) > MOST:
        raise Invalid(errors=[FieldError("/updated_since", "too_far_back", _FAR_BACK, "query")])
    return replace(rows, deleted=[Tombstone.model_construct(id=row.id, deleted_at=row.deleted_at) for row in gone])
