"""Templates of documents (mẫu văn bản): what an office has made of the shipped ones in Word."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Integer, LargeBinary, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

CODES = ("report", "award_list")


class DocumentTemplate(Base):
    """The template of one kind of document for the subtree of a unit; without one, that of the nearest unit above."""

    __tablename__ = "document_templates"
    __table_args__ = (
        unit_reference("document_templates"),
        UniqueConstraint("unit_id", "code", name="uq_document_templates_unit_code"),
        Index("ix_document_templates_unit_path", "unit_path"),
        Index("ix_document_templates_updated_at", "updated_at", "id"),
        CheckConstraint(f"code IN {CODES!r}", name="code"),
        CheckConstraint("octet_length(content) BETWEEN 1 AND 2000000", name="content"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(300))
    """The name of the file that was installed."""
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
