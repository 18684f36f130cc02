"""Attachments (minh chứng, tệp đính kèm): which file stands on which record. The bytes are in ``storage.py``."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Integer, String, func
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

SUBJECTS: Final = ("evaluation", "report", "directive", "activity", "practice", "award")
"""The records that take files; each has a column ``<name>_id``."""

_COLUMNS: Final = tuple(f"{name}_id" for name in SUBJECTS)


class Attachment(Base):
    """One file on one record, of one unit. A draft that is deleted takes the rows of its files with it."""

    __tablename__ = "attachments"
    __table_args__ = (
        unit_reference("attachments"),
        CheckConstraint(f"num_nonnulls({', '.join(_COLUMNS)}) = 1", name="subject"),
        CheckConstraint("criterion_id IS NULL OR evaluation_id IS NOT NULL", name="criterion"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("size_bytes > 0", name="size_bytes"),
        # The same content stands once on a record (of an evaluation: once on each criterion).
        Index(
            "uq_attachments_subject_sha256",
            *_COLUMNS,
            "criterion_id",
            "sha256",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        *(Index(f"ix_attachments_{name}", name, postgresql_where=f"{name} IS NOT NULL") for name in _COLUMNS[1:]),
        Index("ix_attachments_criterion_id", "criterion_id", postgresql_where="criterion_id IS NOT NULL"),
        Index("ix_attachments_unit_path", "unit_path", "id"),
        Index("ix_attachments_updated_at", "updated_at", "id"),
        Index("ix_attachments_sha256", "sha256"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    evaluation_id: Mapped[UUID | None] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(ForeignKey("reports.id", ondelete="CASCADE"))
    directive_id: Mapped[UUID | None] = mapped_column(ForeignKey("directives.id", ondelete="CASCADE"))
    activity_id: Mapped[UUID | None] = mapped_column(ForeignKey("propaganda_activities.id", ondelete="CASCADE"))
    practice_id: Mapped[UUID | None] = mapped_column(ForeignKey("practices.id", ondelete="CASCADE"))
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("awards.id", ondelete="CASCADE"))
    criterion_id: Mapped[UUID | None] = mapped_column(ForeignKey("criteria.id"))
    title: Mapped[str | None] = mapped_column(String(300))
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64, collation="C"))
    """Names the content in the store, too; rows with the same content share it."""
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    """When ``created_by`` declared that it holds no state secret."""
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
    created_with_key: Mapped[UUID | None]
