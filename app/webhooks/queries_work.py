"""All SQL of the worker: following the log of events, and keeping what became of deliveries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, bindparam, delete, select, text, update

from app.kernel.db import AnyRow, Session
from app.units.models import Unit
from app.webhooks.models import Webhook, WebhookDelivery, WebhookPosition, WebhookSecret

_POSITION = select(WebhookPosition.xact, WebhookPosition.seq).with_for_update(skip_locked=True)
_SUBSCRIPTIONS = (
    select(Webhook.id, Webhook.unit_id, Webhook.unit_path, Webhook.events, Webhook.active_since)
    .where(Webhook.status == "active")
    .order_by(Webhook.id)
    .with_for_update(read=True, key_share=True)
)
# As app/audit/feed.py reads: whatever a running transaction could still precede is left for the next turn. The horizon
# is told even where nothing happened, so that quiet times are passed over.
_EVENTS = text(
    """
SELECT h.horizon, e.*
FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon) AS h
LEFT JOIN LATERAL (
    SELECT a.id, a.xact, a.seq, a.at, a.verb, a.subject_kind, a.subject_id, a.unit_id, a.unit_path,
        u.code AS unit_code, u.name AS unit_name
    FROM audit_events AS a JOIN units AS u ON u.id = a.unit_id
    WHERE (a.xact, a.seq) > (:xact, :seq) AND a.xact < h.horizon AND a.verb = ANY (:verbs)
        AND a.subject_id IS NOT NULL
    ORDER BY a.xact, a.seq LIMIT :most
) AS e ON true
ORDER BY e.xact, e.seq
"""
).bindparams(bindparam("xact", type_=BigInteger), bindparam("seq", type_=BigInteger))
_MOVE = update(WebhookPosition).values(xact=bindparam("to_xact"), seq=bindparam("to_seq"))


async def position(session: Session) -> "AnyRow | None":
    """How far the log was read, locked; None while another process reads on."""
    return (await session.execute(_POSITION)).one_or_none()


async def subscriptions(session: Session) -> Sequence[AnyRow]:
    """The active subscriptions; none of them is deleted or moved meanwhile."""
    return (await session.execute(_SUBSCRIPTIONS)).all()


async def events(session: Session, after: AnyRow, verbs: Sequence[str], most: int) -> Sequence[AnyRow]:
    """What happened after a place, oldest first; one row without an event where nothing did."""
    given = {"xact": after.xact, "seq": after.seq, "verbs": list(verbs), "most": most}
    return (await session.execute(_EVENTS, given)).all()


async def move(session: Session, xact: int, seq: int) -> None:
    """Remember how far the log was read."""
    await session.execute(_MOVE, {"to_xact": xact, "to_seq": seq})


# --- sending ---------------------------------------------------------------------------------------------------------

_SECRETS = (
    select(WebhookSecret.secret)
    .where(
        WebhookSecret.webhook_id == bindparam("webhook"),
        (WebhookSecret.expires_at.is_(None)) | (WebhookSecret.expires_at > bindparam("wall")),
    )
    .order_by(WebhookSecret.id.desc())
)
_OUTGOING: Final = (
    select(
        WebhookDelivery.id,
        WebhookDelivery.webhook_id,
        WebhookDelivery.event_id,
        WebhookDelivery.body,
        WebhookDelivery.attempts,
        Webhook.url,
        Webhook.status.label("webhook_status"),
        Webhook.failing_since,
        Webhook.unit_id,
        Webhook.unit_path,
        Unit.level.label("unit_level"),
    )
    .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
    .join(Unit, Unit.id == Webhook.unit_id)
    .where(
        WebhookDelivery.id == bindparam("id"),
        WebhookDelivery.status == "pending",
        WebhookDelivery.attempts == bindparam("attempts"),
    )
)
_OUTGOING_LOCKED = _OUTGOING.with_for_update(of=(Webhook, WebhookDelivery), key_share=True)


async def secrets(session: Session, webhook_id: UUID, wall: datetime) -> list[str]:
    """The secrets that sign now, the newest first. Ask as the owning role: requests cannot."""
    return list((await session.execute(_SECRETS, {"webhook": webhook_id, "wall": wall})).scalars())


async def outgoing(session: Session, delivery_id: UUID, attempts: int, *, lock: bool = False) -> "AnyRow | None":
    """The delivery with its subscription, unless that attempt was made or the message is no longer waiting."""
    statement = _OUTGOING_LOCKED if lock else _OUTGOING
    return (await session.execute(statement, {"id": delivery_id, "attempts": attempts})).one_or_none()


async def change_webhook(session: Session, webhook_id: UUID, values: Mapping[str, Any]) -> None:
    """Note on a locked subscription how sending goes, without counting its version up."""
    await session.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values))


# --- upkeep ----------------------------------------------------------------------------------------------------------

# A message whose attempt is overdue lost its job (a process that ended while at work): it gets another one.
_STRANDED = (
    select(WebhookDelivery.id, WebhookDelivery.attempts)
    .where(WebhookDelivery.status == "pending", WebhookDelivery.next_attempt_at < bindparam("before"))
    .order_by(WebhookDelivery.next_attempt_at)
    .limit(500)
)
_OLD = delete(WebhookDelivery).where(
    WebhookDelivery.status != "pending", WebhookDelivery.created_at < bindparam("before")
)
_EXPIRED = delete(WebhookSecret).where(WebhookSecret.expires_at < bindparam("before"))


async def stranded(session: Session, before: datetime) -> Sequence[AnyRow]:
    """Messages that should have been tried before then."""
    return (await session.execute(_STRANDED, {"before": before})).all()


async def remove_old(session: Session, before: datetime) -> None:
    """Forget finished deliveries of before then."""
    await session.execute(_OLD, {"before": before})


async def remove_expired_secrets(session: Session, before: datetime) -> None:
    """Forget secrets that ended before then. As the owning role."""
    await session.execute(_EXPIRED, {"before": before})
