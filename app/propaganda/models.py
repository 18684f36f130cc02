"""Propaganda and launches (tuyên truyền, phát động): the catalogue of forms, and what units did of each."""

from datetime import date, datetime
from typing import Any, Final
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
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference
from app.propaganda.events import event_key

CATEGORIES = ("propaganda", "launch")
GROUPS = ("direct", "broadcast", "news", "visual", "print", "ceremony", "residents", "briefing", "combined")
"""Columns of form 3: the first five are propaganda, the others launches."""
COUNTED = ("sessions", "quantity")
SOURCES = ("plan", "proposal")
NATURES = ("event", "period_total")
VENUES = ("commune", "agency", "enterprise", "school")
MOST_SESSIONS = 100_000
MOST_THINGS = 10_000_000
MOST_PEOPLE = 100_000_000
"""Above these a figure is a slip of the hand, not a figure: the whole nation counts a hundred million people."""


class ActivityForm(Base):
    """A form of propaganda or launch, owned by the unit that keeps the catalogue; readable by everyone signed in."""

    __tablename__ = "activity_forms"
    __table_args__ = (
        unit_reference("activity_forms"),
        UniqueConstraint("unit_id", "code", name="uq_activity_forms_unit_code"),
        Index("ix_activity_forms_unit_path", "unit_path"),
        Index("ix_activity_forms_updated_at", "updated_at", "id"),
        CheckConstraint(f"category IN {CATEGORIES!r}", name="category"),
        CheckConstraint(f"group_code IN {GROUPS!r}", name="group_code"),
        CheckConstraint(
            f"(category = 'propaganda') = (group_code IN {GROUPS[:5]!r})",
            name="group_of_category",
        ),
        CheckConstraint(f"counted IN {COUNTED!r}", name="counted"),
        CheckConstraint(f"venue_kinds <@ ARRAY{list(VENUES)!r}::varchar[]", name="venue_kinds"),
        CheckConstraint(f"source IN {SOURCES!r}", name="source"),
        CheckConstraint("valid_to > valid_from", name="valid"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    category: Mapped[str] = mapped_column(String(20))
    group_code: Mapped[str] = mapped_column(String(20))
    title_vi: Mapped[str] = mapped_column(String(300))
    title_en: Mapped[str] = mapped_column(String(300))
    counted: Mapped[str] = mapped_column(String(20))
    unit_of_count: Mapped[str] = mapped_column(String(100))
    venue_kinds: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    """Where it can take place; empty where the question makes no sense (a printed leaflet)."""
    source: Mapped[str] = mapped_column(String(20), server_default="proposal")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    """The first day on which it no longer holds."""
    position: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


def _key_of_event(context: Any) -> str | None:
    return event_key(context.get_current_parameters())


class Activity(Base):
    """One event, or the total of a span of days, of one form at one kind of venue.

    Totals of the same unit, form and venue never overlap: the trigger of revision 0011 sees to it
    (``ex_propaganda_activities_period_totals``), one writer per unit at a time.
    """

    __tablename__ = "propaganda_activities"
    __table_args__ = (
        unit_reference("propaganda_activities"),
        UniqueConstraint("unit_id", "event_key"),
        Index("ix_propaganda_activities_unit_path", "unit_path", "date_to"),
        Index("ix_propaganda_activities_unit_id", "unit_id", "form_id", "date_to"),
        Index("ix_propaganda_activities_form_id", "form_id", "date_to"),
        Index("ix_propaganda_activities_updated_at", "updated_at", "id"),
        CheckConstraint(f"nature IN {NATURES!r}", name="nature"),
        CheckConstraint(f"venue_kind IN {VENUES!r}", name="venue_kind"),
        CheckConstraint("date_to >= date_from AND (nature <> 'event' OR date_to = date_from)", name="dates"),
        CheckConstraint(f"sessions BETWEEN 0 AND {MOST_SESSIONS}", name="sessions"),
        CheckConstraint(f"quantity BETWEEN 0 AND {MOST_THINGS}", name="quantity"),
        CheckConstraint("sessions = 0 OR quantity = 0", name="counted_once"),
        CheckConstraint("nature <> 'event' OR sessions + quantity > 0", name="event_counts"),
        CheckConstraint(f"people_reached BETWEEN 0 AND {MOST_PEOPLE}", name="people_reached"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    form_id: Mapped[UUID] = mapped_column(ForeignKey("activity_forms.id"))
    nature: Mapped[str] = mapped_column(String(20))
    venue_kind: Mapped[str | None] = mapped_column(String(20))
    date_from: Mapped[date] = mapped_column(Date)
    date_to: Mapped[date] = mapped_column(Date)
    """The day of the record: what a locked period and the statistics go by."""
    title: Mapped[str] = mapped_column(String(300))
    place: Mapped[str | None] = mapped_column(String(300))
    sessions: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    quantity: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    people_reached: Mapped[int | None] = mapped_column(BigInteger)
    result: Mapped[str | None] = mapped_column(String(2_000))
    event_key: Mapped[str | None] = mapped_column(String(64), default=_key_of_event)
    """What an event shares with no other of its unit; null for totals."""
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

AMOUNT: Final = Activity.sessions + Activity.quantity
"""How much it was, in the form's unit of count: one of the two is always 0."""

DAY: Final = Activity.date_to
"""The day by which an activity falls into a window or a locked period."""

PROPAGANDA: Final = ActivityForm.category == "propaganda"
"""Tuyên truyền; joined with its form."""

LAUNCHES: Final = ActivityForm.category == "launch"
"""Phát động; joined with its form."""

SESSIONS: Final = ActivityForm.counted == "sessions"
"""Counted by sessions (lượt, cuộc) and not by pieces; joined with its form."""

AT_COMMUNES: Final = Activity.venue_kind.in_(("commune",))
"""Held at xã, phường, thị trấn."""

AT_BODIES: Final = Activity.venue_kind.in_(("agency", "enterprise", "school"))
"""Held at cơ quan, doanh nghiệp, cơ sở giáo dục."""
