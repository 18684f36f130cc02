"""Webhooks: who is told of what happens in a subtree, with which secrets, and every message sent or waiting."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STATUSES: Final = ("active", "disabled")
REASONS: Final = ("by_hand", "failing", "gone", "unit_ended")
DELIVERY_STATUSES: Final = ("pending", "delivered", "failed")


class Webhook(Base):
    """A subscription: events of some types, in the subtree of a unit, are sent to an address."""

    __tablename__ = "webhooks"
    __table_args__ = (
        unit_reference("webhooks"),
        UniqueConstraint("unit_id", "url"),
        Index("ix_webhooks_unit_path", "unit_path"),
        Index("ix_webhooks_updated_at", "updated_at", "id"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint(f"disabled_reason IN {REASONS!r}", name="disabled_reason"),
        CheckConstraint("(status = 'disabled') = (disabled_reason IS NOT NULL)", name="disabled"),
        CheckConstraint("cardinality(events) > 0", name="events"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    url: Mapped[str] = mapped_column(String(2_000))
    events: Mapped[list[str]] = mapped_column(ARRAY(String(60)))
    description: Mapped[str | None] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(10), server_default="active")
    disabled_reason: Mapped[str | None] = mapped_column(String(10))
    active_since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    """Instant of the domain clock: what happened before is not sent."""
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    """Real time of the first failed attempt since the last success."""
    created_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class WebhookSecret(Base):
    """A key that messages are signed with. Requests write it and cannot read it again; only the worker does."""

    __tablename__ = "webhook_secrets"
    __table_args__ = (
        unit_reference("webhook_secrets"),
        Index("ix_webhook_secrets_webhook_id", "webhook_id"),
        Index("ix_webhook_secrets_unit_path", "unit_path"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    secret: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class WebhookDelivery(Base):
    """One event for one subscription: what is sent, and how the attempts went."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        unit_reference("webhook_deliveries"),
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_deliveries_webhook_id", "webhook_id", "id"),
        Index("ix_webhook_deliveries_unit_path", "unit_path"),
        Index("ix_webhook_deliveries_created_at", "created_at"),
        Index("ix_webhook_deliveries_next_attempt_at", "next_attempt_at", postgresql_where="status = 'pending'"),
        CheckConstraint(f"status IN {DELIVERY_STATUSES!r}", name="status"),
        CheckConstraint("(status = 'pending') = (next_attempt_at IS NOT NULL)", name="next_attempt"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    webhook_id: Mapped[UUID] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    event_id: Mapped[UUID]
    event_type: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    """The message word for word, so that every attempt sends the same."""
    status: Mapped[str] = mapped_column(String(10), server_default="pending")
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    """Attempts since it was made or replayed."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    response_status: Mapped[int | None] = mapped_column(SmallInteger)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class WebhookPosition(Base):
    """How far the log of events has been read: one row, locked by the process that reads on."""

    __tablename__ = "webhook_position"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    xact: Mapped[int] = mapped_column(BigInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
