"""Reports (báo cáo sơ kết): what a unit reports in a campaign, section by section of the outline, and its seals."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
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

STATUSES = ("draft", "submitted", "returned", "accepted")
REVIEW_METHODS = ("conference", "in_writing")
FINDING_KINDS = ("strength", "limit", "lesson", "proposal", "direction")
SOURCES = ("plan", "proposal")
SIGNED_ACTS = ("submit", "accept")


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
    parent_body: Mapped[str | None] = mapped_column(String(300))
    """Cơ quan chủ quản, above the issuing body at the head of the printed report (Nghị định 30/2020)."""
    issuing_body: Mapped[str | None] = mapped_column(String(300))
    place: Mapped[str | None] = mapped_column(String(300))
    addressees: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """Kính gửi."""
    recipients: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """Nơi nhận, one line each."""
    signer_authority: Mapped[str | None] = mapped_column(String(300))
    signer_name: Mapped[str | None] = mapped_column(String(300))
    signer_position: Mapped[str | None] = mapped_column(String(300))
    signed_on: Mapped[date | None] = mapped_column(Date)
    submit_note: Mapped[str | None] = mapped_column(String(2_000))
    return_note: Mapped[str | None] = mapped_column(String(2_000))
    return_sections: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """Why single sections were sent back, by their code; emptied when the report is submitted again."""
    acknowledged: Mapped[list[str]] = mapped_column(ARRAY(String), server_default=text("'{}'"))
    """Codes of the warnings that the last submission took note of."""
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


class ReportFinding(Base):
    """A strength, limit, lesson, proposal or direction, one by one, so that the level above can pick from them."""

    __tablename__ = "report_findings"
    __table_args__ = (
        unit_reference("report_findings"),
        Index("ix_report_findings_unit_path", "unit_path"),
        Index("ix_report_findings_report_id", "report_id", "kind", "position"),
        Index(
            "uq_report_findings_origin",
            "report_id",
            "origin_finding_id",
            unique=True,
            postgresql_where="origin_finding_id IS NOT NULL",
        ),
        CheckConstraint(f"kind IN {FINDING_KINDS!r}", name="kind"),
        CheckConstraint("(origin_finding_id IS NULL) = (origin_unit_id IS NULL)", name="origin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    origin_finding_id: Mapped[UUID | None]
    """No foreign key: the copy outlives what it was copied from."""
    origin_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class OutlineTemplate(Base):
    """The draft text that a campaign proposes under a heading, in the place of the shipped one."""

    __tablename__ = "outline_templates"
    __table_args__ = (
        unit_reference("outline_templates"),
        Index("ix_outline_templates_unit_path", "unit_path"),
        CheckConstraint(f"source IN {SOURCES!r}", name="source"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    text: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(10), server_default="proposal")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class ReportSeal(Base):
    """What a submission said, word for word: never changed, never deleted."""

    __tablename__ = "report_seals"
    __table_args__ = (
        unit_reference("report_seals"),
        Index("ix_report_seals_unit_path", "unit_path"),
        CheckConstraint("sequence >= 1", name="sequence"),
        CheckConstraint("digest = encode(sha256(body), 'hex')", name="digest"),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey("reports.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of ``body``, in hexadecimal."""
    body: Mapped[bytes] = mapped_column(LargeBinary)
    """Canonical JSON (RFC 8785). The database compresses it by itself."""
    sections: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The rendered texts by heading, as ``body`` has them: for showing a report without reading all of it."""
    sealed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    sealed_by: Mapped[UUID | None]


class ReportSignature(Base):
    """Somebody put his or her name to a seal: who submitted, who accepted, each to the same digest."""

    __tablename__ = "report_signatures"
    __table_args__ = (
        unit_reference("report_signatures"),
        ForeignKeyConstraint(["report_id", "sequence"], ["report_seals.report_id", "report_seals.sequence"]),
        Index("ix_report_signatures_unit_path", "unit_path"),
        Index("ix_report_signatures_report_id", "report_id", "sequence"),
        CheckConstraint(f"act IN {SIGNED_ACTS!r}", name="act"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[UUID]
    sequence: Mapped[int] = mapped_column(SmallInteger)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    act: Mapped[str] = mapped_column(String(10))
    signer_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    """The unit for which it was signed: the report's own, or the one that accepted."""
    signed_by: Mapped[UUID | None]
    signed_with_key: Mapped[UUID | None]
    signer_name: Mapped[str] = mapped_column(String(300))
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    digest: Mapped[str] = mapped_column(String(64))
