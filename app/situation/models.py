"""Security and order before and after (tình hình ANTT trước và sau): indicators as data, and the units' figures."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

DIRECTIONS = ("lower_is_better", "higher_is_better")
KINDS = ("count", "ratio")
SOURCES = ("plan", "proposal")
MOST = 100_000_000
"""Above this a count is a slip of the hand: more cases than the nation has people."""


class Indicator(Base):
    """What is compared, owned by the unit that keeps the catalogue; readable by everyone signed in.

    A ratio is never entered: it is recomputed from two counts. Its part is always contained in its whole, for every
    unit: that is also how the catalogue says which count may not exceed which.
    """

    __tablename__ = "indicators"
    __table_args__ = (
        unit_reference("indicators"),
        UniqueConstraint("unit_id", "code", name="uq_indicators_unit_code"),
        Index("ix_indicators_unit_path", "unit_path"),
        Index("ix_indicators_updated_at", "updated_at", "id"),
        Index("ix_indicators_part_id", "part_id"),
        Index("ix_indicators_whole_id", "whole_id"),
        CheckConstraint(f"direction IN {DIRECTIONS!r}", name="direction"),
        CheckConstraint(f"kind IN {KINDS!r}", name="kind"),
        CheckConstraint(
            "(kind = 'ratio') = (part_id IS NOT NULL) AND (kind = 'ratio') = (whole_id IS NOT NULL)"
            " AND part_id <> whole_id",
            name="ratio",
        ),
        CheckConstraint(f"source IN {SOURCES!r}", name="source"),
        CheckConstraint("valid_to > valid_from", name="valid"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    title_vi: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    unit_of_count: Mapped[str] = mapped_column(String(100))
    direction: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10), server_default="count")
    part_id: Mapped[UUID | None] = mapped_column(ForeignKey("indicators.id"))
    whole_id: Mapped[UUID | None] = mapped_column(ForeignKey("indicators.id"))
    source: Mapped[str] = mapped_column(String(20), server_default="proposal")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    """The first day on which it no longer holds."""
    position: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class SituationFigure(Base):
    """One unit's count of one indicator: in the campaign's window before, and in its window.

    That a part exceeds its whole in neither window is also kept by the trigger of revision 0012
    (``ck_situation_figures_part_of_whole``), asked when the transaction ends, so that the order of entry is free.
    """

    __tablename__ = "situation_figures"
    __table_args__ = (
        unit_reference("situation_figures"),
        UniqueConstraint("unit_id", "campaign_id", "indicator_id", name="uq_situation_figures_unit_campaign_indicator"),
        Index("ix_situation_figures_campaign_id", "campaign_id", "unit_path"),
        Index("ix_situation_figures_unit_path", "unit_path"),
        Index("ix_situation_figures_indicator_id", "indicator_id"),
        Index("ix_situation_figures_updated_at", "updated_at", "id"),
        CheckConstraint(f"before_value BETWEEN 0 AND {MOST}", name="before_value"),
        CheckConstraint(f"after_value BETWEEN 0 AND {MOST}", name="after_value"),
        CheckConstraint("before_value IS NOT NULL OR after_value IS NOT NULL", name="a_value"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    indicator_id: Mapped[UUID] = mapped_column(ForeignKey("indicators.id"))
    before_value: Mapped[int | None] = mapped_column(BigInteger)
    after_value: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str | None] = mapped_column(String(2_000))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

COUNTS: Final = Indicator.kind == "count"
"""Entered by units and summed up the tree; ratios are recomputed from the sums. Joined with its indicator."""

COMPARED: Final = SituationFigure.before_value.is_not(None) & SituationFigure.after_value.is_not(None)
"""Both windows are filled in: only such figures can be compared."""
