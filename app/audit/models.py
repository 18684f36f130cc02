"""The event log: written with every change, never altered. The application's role may insert and read, nothing else."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Identity, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

DELETION = text("verb LIKE '%.delete'")
"""Which events tell of a deletion. Said in the same words by the index and by what reads it."""


class AuditEvent(Base):
    """Who did what to what, where, and what it was before and after."""

    __tablename__ = "audit_events"
    __table_args__ = (
        unit_reference("audit_events"),
        Index("ix_audit_events_unit_path", "unit_path", "seq"),
        Index("ix_audit_events_subject", "subject_kind", "subject_id", "seq"),
        Index("ix_audit_events_actor_id", "actor_id", "seq"),
        Index("ix_audit_events_xact", "xact", "seq"),
        Index("ix_audit_events_deleted", "subject_kind", "at", postgresql_where=DELETION),
    )

    seq: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(String(200))
    session_id: Mapped[UUID | None]
    key_id: Mapped[UUID | None]
    key_name: Mapped[str | None] = mapped_column(String(100))
    request_id: Mapped[str] = mapped_column(String(64))
    verb: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID | None]
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    path_then: Mapped[str] = mapped_column(String(collation="C"))
    note: Mapped[str | None] = mapped_column(String(2_000))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    xact: Mapped[int] = mapped_column(BigInteger, server_default=text("pg_current_xact_id()::text::bigint"))
    """The transaction that wrote it: who follows the log reads only what no running transaction can still precede."""
