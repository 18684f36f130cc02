"""Reorganisations (sắp xếp đơn vị hành chính): the act, its lines as sent, and what carrying it out did, row by row."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("planned", "applied", "failed", "cancelled", "reversed")
KINDS = ("created", "merged", "split", "renamed", "moved", "dissolved", "unchanged")
EFFECTS = ("created", "ended", "changed", "placed", "unplaced", "moved_along", "followed", "carried", "left", "joined")


class Reorganisation(Base):
    """A legal act on the units under ``unit``; readable by everyone signed in."""

    __tablename__ = "reorganisations"
    __table_args__ = (
        unit_reference("reorganisations"),
        Index(
            "uq_reorganisations_decision",
            "unit_id",
            "decision_number",
            "effective_on",
            unique=True,
            postgresql_where="status IN ('planned', 'applied', 'failed')",
        ),
        Index("ix_reorganisations_unit_path", "unit_path"),
        Index("ix_reorganisations_updated_at", "updated_at", "id"),
        Index("ix_reorganisations_planned", "effective_on", postgresql_where="status = 'planned'"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint("grants IN ('carry', 'end')", name="grants"),
        CheckConstraint("open_work IN ('carry', 'stay')", name="open_work"),
        CheckConstraint("(status IN ('applied', 'reversed')) = (applied_at IS NOT NULL)", name="applied"),
        CheckConstraint("(status = 'reversed') = (reversed_at IS NOT NULL)", name="reversed"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    """Under which everything happens that the act says."""
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    decision_number: Mapped[str] = mapped_column(String(300))
    issuing_body: Mapped[str] = mapped_column(String(300))
    issued_on: Mapped[date | None] = mapped_column(Date)
    title: Mapped[str] = mapped_column(String(300))
    effective_on: Mapped[date] = mapped_column(Date)
    grants: Mapped[str] = mapped_column(String(10))
    open_work: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    balance: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    """What carrying it out came to, as the dry run shows it."""
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    """Why it could not take effect on its day."""
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reversed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    note: Mapped[str | None] = mapped_column(String(2_000))
    created_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ReorganisationChange(Base):
    """One line of an act as it was sent, and the units it meant once the act was carried out.

    ``kind`` is null for the place of a base unit (``old_code`` goes under ``new_parent_code``).
    """

    __tablename__ = "reorganisation_changes"
    __table_args__ = (
        unit_reference("reorganisation_changes"),
        Index("ix_reorganisation_changes_unit_path", "unit_path"),
        Index("ix_reorganisation_changes_old_unit_id", "old_unit_id"),
        Index("ix_reorganisation_changes_new_unit_id", "new_unit_id"),
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        CheckConstraint("base_units IN ('successor', 'unplaced')", name="base_units"),
    )

    reorganisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("reorganisations.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    place: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str | None] = mapped_column(String(20))
    old_code: Mapped[str | None] = mapped_column(String(35))
    new_code: Mapped[str | None] = mapped_column(String(35))
    new_name: Mapped[str | None] = mapped_column(String(200))
    new_kind: Mapped[str | None] = mapped_column(String(20))
    new_parent_code: Mapped[str | None] = mapped_column(String(35))
    is_primary: Mapped[bool] = mapped_column(Boolean, server_default="false")
    base_units: Mapped[str | None] = mapped_column(String(10))
    old_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    new_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))


class ReorganisationEffect(Base):
    """One row of the house that an act changed, so that it can be told, and undone."""

    __tablename__ = "reorganisation_effects"
    __table_args__ = (
        unit_reference("reorganisation_effects"),
        Index("ix_reorganisation_effects_act", "reorganisation_id", "effect"),
        Index("ix_reorganisation_effects_unit_path", "unit_path"),
        Index(
            "ix_reorganisation_effects_waiting",
            "reorganisation_id",
            "unit_id",
            postgresql_where="effect = 'unplaced' AND settled_at IS NULL",
        ),
        CheckConstraint(f"effect IN {EFFECTS!r}", name="effect"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    reorganisation_id: Mapped[UUID] = mapped_column(ForeignKey("reorganisations.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    effect: Mapped[str] = mapped_column(String(20))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[UUID]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    settled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """When a base unit that waited was placed."""
