"""Campaigns (đợt sơ kết), their outline and deadlines, and who owes what by when (nghĩa vụ báo cáo)."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

CAMPAIGN_STATUSES = ("draft", "open", "closed")
OBLIGATION_STATUSES = ("not_started", "drafting", "submitted", "returned", "accepted")
TASKS = ("report", "conference")
LEVELS = ("central", "province", "district", "commune", "base")


class Campaign(Base):
    """One review cycle, owned by the unit that conducts it and readable by everyone signed in."""

    __tablename__ = "campaigns"
    __table_args__ = (
        unit_reference("campaigns"),
        UniqueConstraint("unit_id", "code"),
        Index("ix_campaigns_unit_path", "unit_path"),
        Index("ix_campaigns_updated_at", "updated_at", "id"),
        CheckConstraint(f"status IN {CAMPAIGN_STATUSES!r}", name="status"),
        CheckConstraint("window_to >= window_from", name="window"),
        CheckConstraint("before_to >= before_from AND before_to < window_from", name="before"),
        CheckConstraint("status = 'draft' OR opened_at IS NOT NULL", name="opened"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    number: Mapped[str | None] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(String(1_000))
    issuing_body: Mapped[str | None] = mapped_column(String(300))
    issued_on: Mapped[date | None] = mapped_column(Date)
    programme: Mapped[str] = mapped_column(String(40), server_default="exemplary_units")
    window_from: Mapped[date] = mapped_column(Date)
    window_to: Mapped[date] = mapped_column(Date)
    before_from: Mapped[date] = mapped_column(Date)
    """First day of the window with which the security figures are compared."""
    before_to: Mapped[date] = mapped_column(Date)
    years: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    legal_basis: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    status: Mapped[str] = mapped_column(String(10), server_default="draft")
    opened_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class OutlineSection(Base):
    """A heading of the report's outline. ``code`` is its full address; ``number`` what the plan prints before it."""

    __tablename__ = "outline_sections"
    __table_args__ = (
        unit_reference("outline_sections"),
        UniqueConstraint("campaign_id", "position"),
        Index("ix_outline_sections_unit_path", "unit_path"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    position: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(1_000))
    guidance: Mapped[str | None] = mapped_column(Text)
    parent_code: Mapped[str | None] = mapped_column(String(40))
    writable: Mapped[bool] = mapped_column(Boolean, server_default="true")


class Deadline(Base):
    """By when units of a level owe a task. With ``parent_level``, only those directly under a unit of that level."""

    __tablename__ = "deadlines"
    __table_args__ = (
        unit_reference("deadlines"),
        UniqueConstraint("campaign_id", "task", "level", "parent_level", postgresql_nulls_not_distinct=True),
        Index("ix_deadlines_unit_path", "unit_path"),
        CheckConstraint(f"task IN {TASKS!r}", name="task"),
        CheckConstraint(f"level IN {LEVELS!r}", name="level"),
        CheckConstraint(f"parent_level IN {LEVELS!r}", name="parent_level"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    task: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(10))
    parent_level: Mapped[str | None] = mapped_column(String(10))
    due_before: Mapped[date] = mapped_column(Date)
    source: Mapped[str | None] = mapped_column(String(2_000))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Obligation(Base):
    """A unit owes a task of a campaign. Frozen when the campaign opens; ``left_on`` = it no longer counts."""

    __tablename__ = "obligations"
    __table_args__ = (
        unit_reference("obligations"),
        UniqueConstraint("campaign_id", "task", "unit_id"),
        Index("ix_obligations_campaign_id_task_unit_path", "campaign_id", "task", "unit_path"),
        Index("ix_obligations_unit_path", "unit_path", "campaign_id"),
        Index("ix_obligations_unit_id", "unit_id"),
        Index("ix_obligations_updated_at", "updated_at", "id"),
        CheckConstraint(f"task IN {TASKS!r}", name="task"),
        CheckConstraint(f"status IN {OBLIGATION_STATUSES!r}", name="status"),
        CheckConstraint("extended_to > due_before", name="extension"),
        CheckConstraint("(left_on IS NULL) = (left_reason IS NULL)", name="left"),
        CheckConstraint("status NOT IN ('submitted', 'accepted') OR first_counted_at IS NOT NULL", name="counted"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    task: Mapped[str] = mapped_column(String(20))
    deadline_id: Mapped[UUID] = mapped_column(ForeignKey("deadlines.id"))
    due_before: Mapped[date] = mapped_column(Date)
    extended_to: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(20), server_default="not_started")
    first_counted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """The instant that decides timeliness: of the first submission that was not returned as incomplete."""
    last_activity_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    joined_reason: Mapped[str | None] = mapped_column(String(2_000))
    left_on: Mapped[date | None] = mapped_column(Date)
    left_reason: Mapped[str | None] = mapped_column(String(2_000))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Extension(Base):
    """A later date granted to one unit for one task (gia hạn)."""

    __tablename__ = "extensions"
    __table_args__ = (
        unit_reference("extensions"),
        Index("ix_extensions_obligation_id", "obligation_id", "id"),
        Index("ix_extensions_unit_path", "unit_path"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligations.id"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    due_before: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(2_000))
    granted_by: Mapped[UUID | None]
    granted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class PeriodLock(Base):
    """While a unit's report is submitted or accepted, what the unit recorded inside the campaign's window stays."""

    __tablename__ = "period_locks"
    __table_args__ = (
        unit_reference("period_locks"),
        Index("ix_period_locks_unit_path", "unit_path"),
        CheckConstraint("window_to >= window_from", name="window"),
    )

    unit_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"), primary_key=True)
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    report_id: Mapped[UUID]
    """No foreign key: reports stand above campaigns and clear their own lock."""
    report_number: Mapped[str | None] = mapped_column(String(300))
    window_from: Mapped[date] = mapped_column(Date)
    window_to: Mapped[date] = mapped_column(Date)
    locked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

SUBMITTED: Final = Obligation.status.in_(("submitted", "accepted"))
"""Đã nộp: handed in and not sent back."""

ACCEPTED: Final = Obligation.status == "accepted"
RETURNED: Final = Obligation.status == "returned"
