"""The log of a subscription's deliveries, sending one of them again, and sending a test."""

from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.audit.service import record
from app.kernel.clock import wall
from app.kernel.db import AnyRow
from app.kernel.errors import InvalidState, Text
from app.kernel.ids import new_id
from app.kernel.jobs import Job, enqueue
from app.kernel.pagination import PageRows
from app.webhooks import queries
from app.webhooks.events import TEST, test_body
from app.webhooks.schemas import DeliveryOut, DeliveryQuery
from app.webhooks.service import MANAGE, locked, subject_of, unit_of

DELIVER = "webhooks.deliver"
"""The job that makes one attempt."""


def attempt(delivery_id: UUID, attempts: int) -> Job:
    """The job that makes the attempt after ``attempts`` others; enqueued twice, it is one."""
    payload = {"delivery": delivery_id, "attempts": attempts}
    return Job(DELIVER, payload, key=f"{DELIVER}:{delivery_id}:{attempts}")


def present(row: AnyRow) -> DeliveryOut:
    """A delivery as it travels."""
    return DeliveryOut.of({name: getattr(row, name) for name in DeliveryOut.model_fields})


async def list_deliveries(tx: Tx, webhook_id: UUID, query: DeliveryQuery) -> PageRows:
    """The subscription's deliveries, newest first. Raises 404, 403 by the subscription."""
    row = await queries.get(tx.session, webhook_id)
    tx.actor.require(MANAGE, unit_of(row))
    given = {**query.filters(), "webhook": webhook_id}
    return await queries.DELIVERIES.page(tx.session, query, sort=query.sort, given=given)


async def read(tx: Tx, webhook_id: UUID, delivery_id: UUID) -> DeliveryOut:
    """One delivery. Raises 404, 403."""
    row = await queries.get(tx.session, webhook_id)
    tx.actor.require(MANAGE, unit_of(row))
    return present(await queries.delivery(tx.session, webhook_id, delivery_id))


def _require_active(row: AnyRow) -> None:
    if row.status != "active":
        raise InvalidState(Text("Webhook đang tắt; hãy bật lại (enable)", "The webhook is disabled: enable it first"))


async def replay(tx: Tx, webhook_id: UUID, delivery_id: UUID) -> DeliveryOut:
    """Send a finished message again, word for word and under its old ``webhook-id``.

    Raises 404, 403, 409 ``invalid_state`` while it is still waiting or the subscription is disabled.
    """
    row = await locked(tx, webhook_id)
    _require_active(row)
    found = await queries.delivery(tx.session, webhook_id, delivery_id, lock=True)
    if found.status == "pending":
        raise InvalidState(Text("Thông điệp này đang chờ gửi", "This message is waiting to be sent already"))
    values = {"status": "pending", "attempts": 0, "next_attempt_at": wall(), "updated_at": wall()}
    await queries.change_delivery(tx.session, found.id, values)
    await enqueue(tx.session, attempt(found.id, 0))
    change = (None, {"delivery_id": found.id, "event_id": found.event_id})
    await record(tx, "webhook.replay", subject_of(row), change=change)
    return present(await queries.delivery(tx.session, webhook_id, delivery_id))


async def send_test(tx: Tx, webhook_id: UUID) -> DeliveryOut:
    """Send a message of type ``webhook.test``. Raises 404, 403, 409 while the subscription is disabled."""
    row = await locked(tx, webhook_id)
    _require_active(row)
    now = wall()
    values: dict[str, Any] = {
        "id": new_id(),
        "webhook_id": row.id,
        "unit_id": row.unit_id,
        "unit_path": row.unit_path,
        "event_id": new_id(),
        "event_type": TEST,
        "body": test_body(row.id, tx.now),
        "next_attempt_at": now,
        "created_at": now,
        "updated_at": now,
    }
    await queries.add_deliveries(tx.session, values)
    await enqueue(tx.session, attempt(values["id"], 0))
    await record(tx, "webhook.test", subject_of(row), change=(None, {"delivery_id": values["id"]}))
    return present(await queries.delivery(tx.session, row.id, values["id"]))
