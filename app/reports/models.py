"""Reports (báo cáo sơ kết): what a unit reports in a campaign, section by section of the outline."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("draft", "submitted", "returned", "accepted")
REVIEW_METHODS = ("conference", "in_writing")


class Report(Base):
    """One unit's report in one campaign."""

    __tablename__ = "reports"
    __table_args__ = (
        unit_reference("reports"),
        UniqueConstraint("campaign_id", "unit_id"),
        Index("ix_reports_unit_path", "unit_path", "campaign_id"),
        Index("ix_reports_updated_at", "updated_at", "id"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"review_method IN {REVIEW_METHODS!r}", name="review_method"),
        CheckConstraint("status <> 'submitted' OR submitted_at IS NOT NULL", name="submitted"),
        CheckConstraint("status <> 'accepted' OR accepted_at IS NOT NULL", name="accepted"),
        CheckConstraint("status NOT IN ('submitted', 'accepted') OR first_counted_at IS NOT NULL", name="counted"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    review_method: Mapped[str | None] = mapped_column(String(20))
    held_on: Mapped[date | None] = mapped_column(Date)
    number: Mapped[str | None] = mapped_column(String(300))
    signer_name: Mapped[str | None] = mapped_column(String(300))
    signer_position: Mapped[str | None] = mapped_column(String(300))
    signed_on: Mapped[date | None] = mapped_column(Date)
    submit_note: Mapped[str | None] = mapped_column(String(2_000))
    return_note: Mapped[str | None] = mapped_column(String(2_000))
    first_counted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Instant of the first submission that was not returned as incomplete: it decides timeliness for good."""
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submitted_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ReportSection(Base):
    """The text under one heading of the outline."""

    __tablename__ = "report_sections"
    __table_args__ = (unit_reference("report_sections"), Index("ix_report_sections_unit_path", "unit_path"))

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    text: Mapped[str] = mapped_column(Text)
