"""Registrations (đăng ký): a unit undertakes to become exemplary in a year."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Date,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    and_,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("draft", "submitted", "accepted", "returned", "withdrawn")


class Registration(Base):
    """One unit, one programme, one year."""

    __tablename__ = "registrations"
    __table_args__ = (
        unit_reference("registrations"),
        Index(
            "uq_registrations_unit_programme_year",
            "unit_id",
            "programme",
            "year",
            unique=True,
            postgresql_where="status <> 'withdrawn'",
        ),
        # What refers to a registration copies its unit and year, and this keeps the copy true.
        UniqueConstraint("id", "unit_id", "year", name="uq_registrations_id_unit_id_year"),
        Index("ix_registrations_unit_path", "unit_path", "year"),
        Index("ix_registrations_updated_at", "updated_at", "id"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        CheckConstraint("(decision_number IS NULL) = (decision_date IS NULL)", name="decision"),
        CheckConstraint("status <> 'accepted' OR accepted_at IS NOT NULL", name="accepted"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    programme: Mapped[str] = mapped_column(String(40), server_default="exemplary_units")
    year: Mapped[int] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    note: Mapped[str | None] = mapped_column(String(2_000))
    return_note: Mapped[str | None] = mapped_column(String(2_000))
    decision_number: Mapped[str | None] = mapped_column(String(300))
    decision_date: Mapped[date | None] = mapped_column(Date)
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submitted_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    accepted_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

HANDED_IN: Final = and_(Registration.status != "draft", Registration.submitted_at.is_not(None))
"""Ever submitted: a draft, or one withdrawn before anybody saw it, is nobody's figure."""

REGISTERED: Final = Registration.status.in_(("submitted", "accepted"))
"""Đã đăng ký: handed in and standing, neither sent back nor withdrawn."""

ACCEPTED: Final = Registration.status == "accepted"
RETURNED: Final = Registration.status == "returned"
WITHDRAWN: Final = Registration.status == "withdrawn"
