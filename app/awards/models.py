"""Awards (khen thưởng): the catalogue of forms, quotas, proposals with their chain of endorsements."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES = ("draft", "submitted", "endorsed", "granted", "declined", "returned")
KINDS = ("collective", "individual")
LEVELS = ("central", "province", "district", "commune")
SOURCES = ("plan", "proposal")


class AwardForm(Base):
    """A form of award (Bằng khen, Giấy khen) with the authority that gives it: dated data, owned by a unit."""

    __tablename__ = "award_forms"
    __table_args__ = (
        unit_reference("award_forms"),
        UniqueConstraint("unit_id", "code", name="uq_award_forms_unit_code"),
        Index("ix_award_forms_unit_path", "unit_path"),
        Index("ix_award_forms_updated_at", "updated_at", "id"),
        CheckConstraint(f"authority_level IN {LEVELS!r}", name="authority_level"),
        CheckConstraint(f"handled_level IN {LEVELS!r}", name="handled_level"),
        CheckConstraint(f"source IN {SOURCES!r}", name="source"),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="validity"),
        CheckConstraint(
            "cardinality(recipient_kinds) > 0 AND recipient_kinds <@ ARRAY['collective', 'individual']::varchar[]",
            name="recipient_kinds",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    code: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(300))
    authority: Mapped[str] = mapped_column(String(300))
    authority_level: Mapped[str] = mapped_column(String(10))
    handled_level: Mapped[str] = mapped_column(String(10))
    """The level whose awards officers keep its quotas and record its decisions. The Ministry has no account: what it
    decides is handled by the province."""
    recipient_kinds: Mapped[list[str]] = mapped_column(ARRAY(String(20)))
    requires_quota: Mapped[bool] = mapped_column(Boolean, server_default="false")
    valid_from: Mapped[date] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    """First day on which the form is no longer given."""
    legal_basis: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    source: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class AwardQuota(Base):
    """How many awards of a form the subtree of a unit may receive in a campaign."""

    __tablename__ = "award_quotas"
    __table_args__ = (
        unit_reference("award_quotas"),
        UniqueConstraint("campaign_id", "award_form_id", "unit_id", name="uq_award_quotas_campaign_form_unit"),
        Index("ix_award_quotas_unit_path", "unit_path"),
        Index("ix_award_quotas_updated_at", "updated_at", "id"),
        CheckConstraint("collectives >= 0 AND individuals >= 0", name="counts"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    award_form_id: Mapped[UUID] = mapped_column(ForeignKey("award_forms.id"))
    collectives: Mapped[int] = mapped_column(Integer)
    individuals: Mapped[int] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(String(2_000))
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class Award(Base):
    """A proposal, until it is decided the award itself. Of a person only name, position and unit are stored."""

    __tablename__ = "awards"
    __table_args__ = (
        unit_reference("awards"),
        Index("ix_awards_unit_path", "unit_path", "id"),
        Index("ix_awards_updated_at", "updated_at", "id"),
        Index("ix_awards_campaign_form", "campaign_id", "award_form_id", "unit_path"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"recipient_kind IN {KINDS!r}", name="recipient_kind"),
        CheckConstraint(
            "CASE recipient_kind WHEN 'individual' THEN position IS NOT NULL AND NOT recipient_is_unit"
            " ELSE position IS NULL END",
            name="recipient",
        ),
        CheckConstraint("period_to >= period_from", name="period"),
        CheckConstraint("(council_minutes_number IS NULL) = (council_minutes_date IS NULL)", name="council_minutes"),
        CheckConstraint("(decision_number IS NULL) = (decision_date IS NULL)", name="decision"),
        CheckConstraint("(status = 'granted') = (decision_number IS NOT NULL)", name="granted"),
        CheckConstraint("status = 'draft' OR submitted_at IS NOT NULL", name="submitted"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    """The unit that proposes."""
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaigns.id"))
    award_form_id: Mapped[UUID] = mapped_column(ForeignKey("award_forms.id"))
    recipient_kind: Mapped[str] = mapped_column(String(20))
    recipient_unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    """The unit that receives, or the one the team or person belongs to."""
    recipient_is_unit: Mapped[bool] = mapped_column(Boolean)
    recipient_name: Mapped[str] = mapped_column(String(300))
    """Of a unit: as it was called when proposed."""
    position: Mapped[str | None] = mapped_column(String(300))
    achievement: Mapped[str] = mapped_column(Text)
    period_from: Mapped[date] = mapped_column(Date)
    period_to: Mapped[date] = mapped_column(Date)
    council_minutes_number: Mapped[str | None] = mapped_column(String(300))
    council_minutes_date: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    deciding_unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    """The unit on the proposer's way up whose awards officers record the decision."""
    round: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """How often it was submitted; every round is endorsed anew."""
    endorsed_by_unit_id: Mapped[UUID | None] = mapped_column(ForeignKey("units.id"))
    """The highest unit that has endorsed it in this round."""
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submitted_by: Mapped[UUID | None]
    endorsed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    return_note: Mapped[str | None] = mapped_column(String(2_000))
    decline_note: Mapped[str | None] = mapped_column(String(2_000))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[UUID | None]
    decision_number: Mapped[str | None] = mapped_column(String(300))
    decision_date: Mapped[date | None] = mapped_column(Date)
    override_note: Mapped[str | None] = mapped_column(String(2_000))
    """Why an awards officer lets it stand beside another proposal for the same achievement."""
    override_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    override_by: Mapped[UUID | None]
    claim: Mapped[bytes] = mapped_column(LargeBinary)
    """Hash of recipient and achievement (``claims.py``)."""
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class AwardEndorsement(Base):
    """One unit's endorsement on the way up. Never changed."""

    __tablename__ = "award_endorsements"
    __table_args__ = (
        unit_reference("award_endorsements"),
        UniqueConstraint("award_id", "round", "endorsing_unit_id", name="uq_award_endorsements_round_unit"),
        Index("ix_award_endorsements_unit_path", "unit_path"),
        CheckConstraint("(council_minutes_number IS NULL) = (council_minutes_date IS NULL)", name="council_minutes"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    award_id: Mapped[UUID] = mapped_column(ForeignKey("awards.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    """The proposer's, as of the award."""
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    round: Mapped[int] = mapped_column(SmallInteger)
    endorsing_unit_id: Mapped[UUID] = mapped_column(ForeignKey("units.id"))
    level: Mapped[str] = mapped_column(String(10))
    endorsed_by: Mapped[UUID | None]
    endorsed_by_name: Mapped[str] = mapped_column(String(200))
    endorsed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    note: Mapped[str | None] = mapped_column(String(2_000))
    council_minutes_number: Mapped[str | None] = mapped_column(String(300))
    council_minutes_date: Mapped[date | None] = mapped_column(Date)


class AwardClaim(Base):
    """What a standing proposal claims, as a hash: the one thing the check for duplicates reads beyond the fence.

    A trigger on ``awards`` keeps it; requests may not read it, only ask ``award_twins`` (migration 0013).
    """

    __tablename__ = "award_claims"
    __table_args__ = (Index("ix_award_claims_claim", "claim"),)

    award_id: Mapped[UUID] = mapped_column(ForeignKey("awards.id", ondelete="CASCADE"), primary_key=True)
    claim: Mapped[bytes] = mapped_column(LargeBinary)
    period_from: Mapped[date] = mapped_column(Date)
    period_to: Mapped[date] = mapped_column(Date)
    overridden: Mapped[bool] = mapped_column(Boolean)


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

PROPOSED: Final = and_(Award.status != "draft", Award.submitted_at.is_not(None))
"""Ever submitted, whatever became of it: a draft is nobody's figure."""

ENDORSED: Final = Award.status == "endorsed"
"""Endorsed up to the deciding level and waiting for the decision."""

GRANTED: Final = Award.status == "granted"
DECLINED: Final = Award.status == "declined"
RETURNED: Final = Award.status == "returned"
COLLECTIVES: Final = Award.recipient_kind == "collective"
INDIVIDUALS: Final = Award.recipient_kind == "individual"
