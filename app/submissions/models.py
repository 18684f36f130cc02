"""Submissions of many units that are worked off after the answer: what was sent, how far it is, what came of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, LargeBinary, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base

STATUSES = ("queued", "running", "done", "cancelled", "failed")
CONFLICTS = ("fail", "skip", "update")


class Submission(Base):
    """One call with many bundles. It belongs to no unit but to its sender, whose rights work it off."""

    __tablename__ = "submissions"
    __table_args__ = (
        Index("ix_submissions_caller_id", "caller_id", "created_at"),
        Index("ix_submissions_unfinished", "worked_at", postgresql_where=text("finished_at IS NULL")),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"on_conflict IN {CONFLICTS!r}", name="on_conflict"),
        CheckConstraint("(status IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"),
        CheckConstraint("stored <= done AND done <= total", name="counts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    caller_id: Mapped[UUID]
    key_id: Mapped[UUID | None]
    """The service-account key it was sent with: its narrower rights hold for the work, and its end ends it."""
    session_id: Mapped[UUID | None]
    request_id: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(2))
    status: Mapped[str] = mapped_column(String(10), server_default="queued")
    dry_run: Mapped[bool]
    on_conflict: Mapped[str] = mapped_column(String(10))
    partial: Mapped[bool]
    total: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, server_default="0")
    done_until: Mapped[int] = mapped_column(Integer, server_default="0")
    """The last line that was worked off."""
    stored: Mapped[int] = mapped_column(Integer, server_default="0")
    worked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    """Real time of the last step, by which a submission is known that lost its worker."""
    summary: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    fault: Mapped[str | None] = mapped_column(String(300))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class SubmissionLine(Base):
    """One bundle of such a call, as it was sent until it was worked off, then what it came to."""

    __tablename__ = "submission_lines"
    __table_args__ = (CheckConstraint("(body IS NULL) = (result IS NOT NULL)", name="worked_off"),)

    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    caller_id: Mapped[UUID]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    stored: Mapped[bool | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
