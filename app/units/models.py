"""A unit is a lasting identity; its code, name, kind, level and parent are dated facts about it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Sequence,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import INT8RANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference
from app.units.act import CHANGE_KINDS

PathText = String(collation="C")
LABELS = Sequence("unit_label", metadata=Base.metadata)
LEVEL_CHECK = "level IN ('central', 'province', 'district', 'commune', 'base')"
_SPAN = (
    "int8range(label::bigint * 1000000 + (valid_from - date '1900-01-01'),"
    " label::bigint * 1000000 + (coalesce(valid_to, date '4600-01-01') - date '1900-01-01'))"
)


class Unit(Base):
    """A unit as it is today: the current facts, and its place in the current tree.

    ``path`` is the chain of labels from the root, each six letters and a dot, in the collation "C": the subtree of a
    unit is one range of it. An ended unit hangs under its successor, so whoever is responsible today sees its history.
    """

    __tablename__ = "units"
    __table_args__ = (
        UniqueConstraint("id", "path", name="uq_units_id_path"),
        Index("uq_units_living_code", "code", unique=True, postgresql_where="ended_on IS NULL"),
        Index("ix_units_parent_id", "parent_id"),
        Index("ix_units_sort_key", "sort_key", "id"),
        Index("ix_units_level", "level", "path"),
        CheckConstraint(LEVEL_CHECK, name="level"),
        CheckConstraint("path ~ '^([0-9a-z]{6}[.])+$'", name="path"),
        CheckConstraint("(parent_id IS NULL) = (level = 'central')", name="root"),
        CheckConstraint("successor_id IS NULL OR ended_on IS NOT NULL", name="successor"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    label: Mapped[int] = mapped_column(Integer, LABELS, server_default=LABELS.next_value(), unique=True)
    path: Mapped[str] = mapped_column(PathText, unique=True)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    code: Mapped[str] = mapped_column(String(35))
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(10))
    folded: Mapped[str] = mapped_column(Text)
    sort_key: Mapped[bytes] = mapped_column(LargeBinary)
    ended_on: Mapped[date | None] = mapped_column(Date)
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class UnitFact(Base):
    """What was true of a unit from ``valid_from`` until before ``valid_to`` (none = still)."""

    __tablename__ = "unit_facts"
    __table_args__ = (
        UniqueConstraint("unit_id", "valid_from"),
        # One unit is never described twice for one day. (The wheel's PostgreSQL has no btree_gist, hence the span.)
        ExcludeConstraint(("span", "&&"), using="gist", name="ex_unit_facts_span"),
        Index("ix_unit_facts_code", "code"),
        Index("ix_unit_facts_parent_id", "parent_id"),
        # Few facts have ended; statistics of past places read only those.
        Index("ix_unit_facts_ended", "unit_id", "valid_to", postgresql_where="valid_to IS NOT NULL"),
        CheckConstraint(LEVEL_CHECK, name="level"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    label: Mapped[int] = mapped_column(Integer)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    path: Mapped[str] = mapped_column(PathText)
    """The unit's place in the tree of that time; labels as in ``units.path``."""
    code: Mapped[str] = mapped_column(String(35))
    name: Mapped[str] = mapped_column(String(200))
    short_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    level: Mapped[str] = mapped_column(String(10))
    folded: Mapped[str] = mapped_column(Text)
    sort_key: Mapped[bytes] = mapped_column(LargeBinary)
    legal_basis: Mapped[str | None] = mapped_column(String(300))
    span: Mapped[Range[int]] = mapped_column(INT8RANGE, Computed(_SPAN, persisted=True))


class UnitLineage(Base):
    """One step from a unit to the one that came of it on a day; ``unit`` is the old one, or the one that came of none.

    A unit that lives on, but gave or took a part, has a step to itself. ``decision_number`` and ``reorganisation_id``
    say by which act; a base unit that passed over to another has neither.
    """

    __tablename__ = "unit_lineage"
    __table_args__ = (
        unit_reference("unit_lineage"),
        UniqueConstraint(
            *("old_unit_id", "new_unit_id", "effective_on", "reorganisation_id"),
            name="uq_unit_lineage_step",
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_unit_lineage_new_unit_id", "new_unit_id"),
        Index("ix_unit_lineage_unit_path", "unit_path"),
        Index("ix_unit_lineage_reorganisation_id", "reorganisation_id"),
        # Every question about figures asks whether a unit below was split: few ever were.
        Index("ix_unit_lineage_splits", "old_unit_id", postgresql_where="kind = 'split' AND NOT is_primary"),
        CheckConstraint(f"kind IN {CHANGE_KINDS!r}", name="kind"),
        CheckConstraint(
            "(old_unit_id IS NULL) = (kind = 'created') AND (new_unit_id IS NULL) = (kind = 'dissolved')", name="ends"
        ),
        CheckConstraint("NOT is_primary OR new_unit_id IS NOT NULL", name="primary"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(PathText)
    old_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    new_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    effective_on: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(20))
    is_primary: Mapped[bool] = mapped_column(Boolean)
    """Whether what the old unit did counts for the new one from that day on."""
    decision_number: Mapped[str | None] = mapped_column(String(300))
    reorganisation_id: Mapped[UUID | None]
