"""All SQL about webhooks that requests run. Following the log and sending: ``queries_work.py``."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, or_, select, update

from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause
from app.webhooks.models import Webhook, WebhookDelivery, WebhookSecret

_SELECT = select(
    *(column for column in Webhook.__table__.columns),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
    Unit.ended_on.is_not(None).label("unit_ended"),
).join(Unit, Unit.id == Webhook.unit_id)
_ONE = _SELECT.where(Webhook.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Webhook, key_share=True)

LISTING: Final = Listing(
    select=_SELECT,
    key=Webhook.id,
    sorts={"unit": (Webhook.unit_path,), "updated_at": (Webhook.updated_at,), "-updated_at": (Webhook.updated_at,)},
    filters={
        "unit": Webhook.unit_id == bindparam("unit"),
        "under": under_clause(Webhook.unit_path),
        "status": Webhook.status == bindparam("status"),
        "updated_since": Webhook.updated_at >= bindparam("updated_since"),
    },
)

_DELIVERY = select(*(column for column in WebhookDelivery.__table__.columns))
_ONE_DELIVERY = _DELIVERY.where(
    WebhookDelivery.id == bindparam("id"), WebhookDelivery.webhook_id == bindparam("webhook")
)
_LOCKED_DELIVERY = _ONE_DELIVERY.with_for_update(key_share=True)
DELIVERIES: Final = Listing(
    select=_DELIVERY,
    key=WebhookDelivery.id,
    sorts={"-id": ()},
    filters={
        "webhook": WebhookDelivery.webhook_id == bindparam("webhook"),
        "status": WebhookDelivery.status == bindparam("status"),
        "event_type": WebhookDelivery.event_type == bindparam("event_type"),
    },
)


async def get(session: Session, webhook_id: UUID, *, lock: bool = False) -> AnyRow:
    """One subscription with its unit. Raises 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": webhook_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a subscription."""
    await session.execute(insert(Webhook), dict(values))


async def change(session: Session, webhook_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked subscription and count its version up."""
    await session.execute(update(Webhook).where(Webhook.id == webhook_id).values(**values, version=Webhook.version + 1))


async def remove(session: Session, webhook_id: UUID) -> None:
    """Delete a subscription with its secrets and the log of its deliveries."""
    await session.execute(delete(Webhook).where(Webhook.id == webhook_id))


async def add_secret(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a secret."""
    await session.execute(insert(WebhookSecret).inline(), dict(values))


_EXPIRE = (
    update(WebhookSecret)
    .where(
        WebhookSecret.webhook_id == bindparam("webhook"),
        or_(WebhookSecret.expires_at.is_(None), WebhookSecret.expires_at > bindparam("until")),
    )
    .values(expires_at=bindparam("until"))
)


async def expire_secrets(session: Session, webhook_id: UUID, until: datetime) -> None:
    """Let the secrets so far sign until then and no longer."""
    await session.execute(_EXPIRE, {"webhook": webhook_id, "until": until})


async def delivery(session: Session, webhook_id: UUID, delivery_id: UUID, *, lock: bool = False) -> AnyRow:
    """One delivery of a subscription. Raises 404."""
    statement = _LOCKED_DELIVERY if lock else _ONE_DELIVERY
    row = (await session.execute(statement, {"id": delivery_id, "webhook": webhook_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def add_deliveries(session: Session, *values: Mapping[str, Any]) -> None:
    """Insert deliveries."""
    await session.execute(insert(WebhookDelivery), [dict(each) for each in values])


async def change_delivery(session: Session, delivery_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked delivery."""
    await session.execute(update(WebhookDelivery).where(WebhookDelivery.id == delivery_id).values(**values))
