"""Sets of statistical forms (bộ biểu mẫu thống kê): versioned; a published one never changes.

The trigger of revision 0016 holds to that too. Which set a campaign uses: ``queries.PINNED``.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, Integer, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("draft", "published", "retired")


class FormSet(Base):
    """One version of a set. ``unit_id`` is the unit that keeps it."""

    __tablename__ = "form_sets"
    __table_args__ = (
        unit_reference("form_sets"),
        UniqueConstraint("unit_id", "code", "set_version", name="uq_form_sets_unit_code_version"),
        Index("uq_form_sets_draft", "unit_id", "code", unique=True, postgresql_where="status = 'draft'"),
        Index("ix_form_sets_code", "code", "set_version"),
        Index("ix_form_sets_previous_id", "previous_id"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint("set_version >= 1", name="set_version"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="retired"),
        CheckConstraint("jsonb_typeof(definition -> 'forms') = 'array'", name="definition"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    set_version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(1_000))
    notice: Mapped[str | None] = mapped_column(String(20_000))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_id: Mapped[UUID | None] = mapped_column(ForeignKey("form_sets.id"))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class CampaignForms(Base):
    """A campaign uses this set, whatever is published later. The unit is the campaign's."""

    __tablename__ = "campaign_forms"
    __table_args__ = (
        unit_reference("campaign_forms"),
        Index("ix_campaign_forms_unit_path", "unit_path"),
        Index("ix_campaign_forms_form_set_id", "form_set_id"),
    )

    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True)
    form_set_id: Mapped[UUID] = mapped_column(ForeignKey("form_sets.id"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    pinned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    pinned_by: Mapped[UUID | None]
