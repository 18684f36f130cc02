"""Good practices (mô hình hay, cách làm sáng tạo): described by the unit that found them, chosen upward."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("draft", "proposed", "selected", "to_be_replicated", "returned")


class Practice(Base):
    """One practice of one unit, which stays its origin however high it is chosen."""

    __tablename__ = "practices"
    __table_args__ = (
        unit_reference("practices"),
        Index("ix_practices_unit_path", "unit_path", "started_on"),
        Index("ix_practices_unit_id", "unit_id"),
        Index("ix_practices_updated_at", "updated_at", "id"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(
            "status NOT IN ('proposed', 'selected', 'to_be_replicated') OR (proposed_at IS NOT NULL"
            " AND results IS NOT NULL)",
            name="proposed",
        ),
        CheckConstraint(
            "(status IN ('selected', 'to_be_replicated')) = (selected_at IS NOT NULL)"
            " AND (selected_at IS NULL) = (selected_unit_id IS NULL)",
            name="selected",
        ),
        CheckConstraint(
            "(status = 'to_be_replicated') = (replicated_at IS NOT NULL)"
            " AND (replicated_at IS NULL) = (replicated_unit_id IS NULL)",
            name="replicated",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    title: Mapped[str] = mapped_column(String(1_000))
    summary: Mapped[str] = mapped_column(Text)
    results: Mapped[str | None] = mapped_column(Text)
    started_on: Mapped[date] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    return_note: Mapped[str | None] = mapped_column(String(2_000))
    proposed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    proposed_by: Mapped[UUID | None]
    selected_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    selected_by: Mapped[UUID | None]
    selected_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    """The unit whose approver selected it: the one directly above at that time."""
    selection_note: Mapped[str | None] = mapped_column(String(2_000))
    replicated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    replicated_by: Mapped[UUID | None]
    replicated_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    """The unit, further above, that wants it done elsewhere too."""
    replication_note: Mapped[str | None] = mapped_column(String(2_000))
    created_by: Mapped[UUID | None]
    created_with_key: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

PROPOSED: Final = Practice.status.in_(("proposed", "selected", "to_be_replicated"))
"""Được đề xuất: handed up and not sent back, whatever became of it since."""

SELECTED: Final = Practice.status.in_(("selected", "to_be_replicated"))
"""Được lựa chọn by the unit directly above; what is to be replicated was selected first."""

TO_BE_REPLICATED: Final = Practice.status == "to_be_replicated"
"""Đề nghị nhân rộng."""
