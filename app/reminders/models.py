"""When units are reminded and whose superior is told, what was sent, and everybody's inbox."""

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
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

KINDS: Final = ("approaching", "missed", "by_hand")
NOTICE_KINDS: Final = (*KINDS, "escalation")
MAIL_STATUSES: Final = ("none", "waiting", "sent", "failed")


class ReminderPlan(Base):
    """When the units of a campaign are reminded. A campaign without a plan of its own follows the shipped proposal."""

    __tablename__ = "reminder_plans"
    __table_args__ = (unit_reference("reminder_plans"), Index("ix_reminder_plans_unit_path", "unit_path"))

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    enabled: Mapped[bool] = mapped_column(Boolean)
    remind_days_before: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    """Days from the day of the reminder to the last day on time."""
    escalate_days_after: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    """Days from the last day on time to the day on which the level above is told."""
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Reminder(Base):
    """A unit was reminded of an obligation. The key keeps it from being reminded of the same thing twice."""

    __tablename__ = "reminders"
    __table_args__ = (
        unit_reference("reminders"),
        UniqueConstraint("obligation_id", "kind", "day"),
        Index("ix_reminders_campaign_id", "campaign_id", "id"),
        Index("ix_reminders_unit_path", "unit_path"),
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    obligation_id: Mapped[UUID] = mapped_column(ForeignKey("obligations.id"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    kind: Mapped[str] = mapped_column(String(20))
    day: Mapped[date] = mapped_column(Date)
    """The day it was planned for; by hand, the day it was sent."""
    due_before: Mapped[date] = mapped_column(Date)
    """The deadline in force then, the extended one where there was one."""
    recipients: Mapped[int] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(String(2_000))
    sent_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Notice(Base):
    """A message in one person's inbox. ``facts`` hold what its text is made of, in whichever language it is read."""

    __tablename__ = "notices"
    __table_args__ = (
        unit_reference("notices"),
        UniqueConstraint("reminder_id", "user_id"),
        Index("ix_notices_user_id", "user_id", "id"),
        Index("ix_notices_unit_path", "unit_path"),
        CheckConstraint(f"kind IN {NOTICE_KINDS!r}", name="kind"),
        CheckConstraint(f"mail_status IN {MAIL_STATUSES!r}", name="mail_status"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    reminder_id: Mapped[UUID] = mapped_column(ForeignKey("reminders.id"))
    kind: Mapped[str] = mapped_column(String(20))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mail_status: Mapped[str] = mapped_column(String(10), server_default="none")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
