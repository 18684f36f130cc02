"""Criteria sets (bộ tiêu chí): versioned; a published one never changes.

The same rule stands in the database: the policies and the trigger of revision 0002 let nobody write groups, criteria or
maps of a set that is not a draft, nor the content of the set itself.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("draft", "published", "retired")
RECOGNISERS = ("province", "district", "commune", "managing_unit")
PASS_RULES = ("all_required", "minimum_met", "minimum_score")
MEASURES = ("yes_no", "number", "percentage", "count")
COMPARISONS = ("at_least", "at_most")
TEXT_STATUSES = ("sourced", "to_be_entered", "proposal")


class CriteriaSet(Base):
    """One version of a set. ``unit_id`` is the unit that keeps it."""

    __tablename__ = "criteria_sets"
    __table_args__ = (
        unit_reference("criteria_sets"),
        UniqueConstraint("unit_id", "code", "set_version", name="uq_criteria_sets_unit_code_version"),
        Index("uq_criteria_sets_draft", "unit_id", "code", unique=True, postgresql_where="status = 'draft'"),
        Index("ix_criteria_sets_code", "code", "set_version"),
        Index("ix_criteria_sets_previous_id", "previous_id"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"recognised_by IN {RECOGNISERS!r}", name="recognised_by"),
        CheckConstraint(f"pass_rule_kind IN {PASS_RULES!r}", name="pass_rule_kind"),
        CheckConstraint("pass_rule_minimum >= 0", name="pass_rule_minimum"),
        CheckConstraint("set_version >= 1", name="set_version"),
        CheckConstraint("(status = 'draft') = (published_at IS NULL)", name="published"),
        CheckConstraint("(status = 'retired') = (retired_at IS NOT NULL)", name="retired"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    set_version: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(1_000))
    notice: Mapped[str | None] = mapped_column(String(20_000))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    legal_basis: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    applies_to_kinds: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    recognised_by: Mapped[str] = mapped_column(String(20))
    pass_rule_kind: Mapped[str] = mapped_column(String(20))
    pass_rule_minimum: Mapped[int | None] = mapped_column(Integer)
    previous_id: Mapped[UUID | None] = mapped_column(ForeignKey("criteria_sets.id"))
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class CriteriaGroup(Base):
    """A heading of a set; headings nest. ``position`` counts through the whole set, as it is printed."""

    __tablename__ = "criteria_groups"
    __table_args__ = (
        unit_reference("criteria_groups"),
        UniqueConstraint("set_id", "code"),
        Index("ix_criteria_groups_parent_id", "parent_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    set_id: Mapped[UUID] = mapped_column(ForeignKey("criteria_sets.id", ondelete="CASCADE"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("criteria_groups.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(1_000))
    position: Mapped[int] = mapped_column(Integer)


class Criterion(Base):
    """One criterion. ``position`` counts through the whole set, as it is printed."""

    __tablename__ = "criteria"
    __table_args__ = (
        unit_reference("criteria"),
        UniqueConstraint("set_id", "code"),
        Index("ix_criteria_group_id", "group_id"),
        CheckConstraint(f"measure IN {MEASURES!r}", name="measure"),
        CheckConstraint(f"comparison IN {COMPARISONS!r}", name="comparison"),
        CheckConstraint(f"text_status IN {TEXT_STATUSES!r}", name="text_status"),
        CheckConstraint("weight >= 0", name="weight"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    set_id: Mapped[UUID] = mapped_column(ForeignKey("criteria_sets.id", ondelete="CASCADE"))
    group_id: Mapped[UUID] = mapped_column(ForeignKey("criteria_groups.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str | None] = mapped_column(String(1_000))
    description: Mapped[str | None] = mapped_column(String(20_000))
    measure: Mapped[str] = mapped_column(String(20))
    threshold: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    comparison: Mapped[str | None] = mapped_column(String(20))
    unit_of_count: Mapped[str | None] = mapped_column(String(100))
    required: Mapped[bool] = mapped_column(Boolean)
    evidence_needed: Mapped[bool] = mapped_column(Boolean)
    weight: Mapped[Decimal] = mapped_column(Numeric(18, 4), server_default="1")
    text_status: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(Integer)


class CriterionMap(Base):
    """An old criterion lives on in a new one; ``set_id`` is the newer set. Results compare across versions by it."""

    __tablename__ = "criteria_map"
    __table_args__ = (unit_reference("criteria_map"), Index("ix_criteria_map_set_id", "set_id"))

    old_criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criteria.id", ondelete="CASCADE"), primary_key=True)
    new_criterion_id: Mapped[UUID] = mapped_column(
        ForeignKey("criteria.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    set_id: Mapped[UUID] = mapped_column(ForeignKey("criteria_sets.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
