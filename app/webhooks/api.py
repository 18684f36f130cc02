"""HTTP: webhooks."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.http import IfMatch, one, page, refusals, router
from app.kernel.pagination import Page, PageSince
from app.webhooks import log, queries, service
from app.webhooks.addresses import Addresses
from app.webhooks.schemas import (
    DeliveryOut,
    DeliveryQuery,
    SecretIn,
    SecretMade,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    WebhookPatch,
    WebhookQuery,
    WebhookTransition,
)

routes = router("/webhooks", "webhooks")


def _rule(request: Request) -> Addresses:
    """Where webhooks of this installation may go."""
    found: Addresses = request.app.state.webhook_addresses
    return found


@routes.get("", response_model=PageSince[WebhookOut], summary="Danh sách webhook / List webhooks")
async def list_webhooks(
    request: Request, query: Annotated[WebhookQuery, Query()], tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """Subscriptions of the units where the caller looks after them."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "webhook")
    return page(request, WebhookOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=WebhookMade, status_code=201, summary="Đăng ký nhận sự kiện / Subscribe")
async def create_webhook(request: Request, body: WebhookIn, tx: Tx = requires(P.WEBHOOK_MANAGE)) -> Response:
    """Be told of what happens in the subtree of a unit. The secret stands in this answer and nowhere else.

    Messages follow Standard Webhooks: `webhook-id`, `webhook-timestamp`, `webhook-signature`. They are thin: read the
    record at `data.href`. 403 for events about what the caller may not read. 422 at `/url` for an address that is not
    public, not https, or on another port than 443, unless the operator allows it.
    """
    made = await service.create(tx, _rule(request), body)
    response = one(request, WebhookMade, made, status=201, location=f"{request.url.path}/{made.id}")
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.get("/{id}", response_model=WebhookOut, summary="Một webhook / Read a webhook")
async def read_webhook(request: Request, id: UUID, tx: Tx = requires(P.WEBHOOK_MANAGE)) -> Response:
    """One subscription, without its secret."""
    return one(request, WebhookOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=WebhookOut, summary="Sửa webhook / Change a webhook")
async def edit_webhook(
    request: Request, id: UUID, body: WebhookPatch, version: IfMatch, tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """Change address, events or description. What waits goes to the new address."""
    return one(request, WebhookOut, await service.edit(tx, _rule(request), id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa webhook / Delete a webhook")
async def delete_webhook(id: UUID, version: IfMatch, tx: Tx = requires(P.WEBHOOK_MANAGE)) -> Response:
    """Delete it with its secrets and the log of its deliveries."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=WebhookOut, summary="Tắt, bật / Disable or enable")
async def move_webhook(
    request: Request, id: UUID, body: WebhookTransition, version: IfMatch, tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """`disable` and `enable`. What happens while it is disabled is never sent; failed messages can be replayed."""
    return one(request, WebhookOut, await service.move(tx, id, version, body))


@routes.post("/{id}/secrets", response_model=SecretMade, status_code=201, summary="Đổi khóa ký / Replace the secret")
async def rotate_webhook_secret(
    request: Request, id: UUID, body: SecretIn, tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """A new secret. For `overlap_hours`, messages carry the signatures of both, so that receivers change at leisure."""
    response = one(request, SecretMade, await service.rotate(tx, id, body), status=201)
    response.headers["Cache-Control"] = "no-store"
    return response


@routes.post(
    "/{id}/test", response_model=DeliveryOut, status_code=202, summary="Gửi thử / Send a test", responses=refusals(409)
)
async def send_webhook_test(request: Request, id: UUID, tx: Tx = requires(P.WEBHOOK_MANAGE)) -> Response:
    """Send a message of type `webhook.test`; how it went stands in the log. 409 while the subscription is disabled."""
    made = await log.send_test(tx, id)
    place = request.url.path.removesuffix("/test") + f"/deliveries/{made.id}"
    return one(request, DeliveryOut, made, status=202, location=place)


@routes.get("/{id}/deliveries", response_model=Page[DeliveryOut], summary="Nhật ký gửi / List deliveries")
async def list_webhook_deliveries(
    request: Request, id: UUID, query: Annotated[DeliveryQuery, Query()], tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """What was sent in the last thirty days and what waits, newest first."""
    rows = await log.list_deliveries(tx, id, query)
    return page(request, DeliveryOut, rows, items=[log.present(row) for row in rows.rows])


@routes.get("/{id}/deliveries/{delivery_id}", response_model=DeliveryOut, summary="Một lần gửi / Read a delivery")
async def read_webhook_delivery(
    request: Request, id: UUID, delivery_id: UUID, tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """One message and how its attempts went."""
    return one(request, DeliveryOut, await log.read(tx, id, delivery_id))


@routes.post(
    "/{id}/deliveries/{delivery_id}/replay",
    response_model=DeliveryOut,
    status_code=202,
    summary="Gửi lại / Send again",
    responses=refusals(409),
)
async def replay_webhook_delivery(
    request: Request, id: UUID, delivery_id: UUID, tx: Tx = requires(P.WEBHOOK_MANAGE)
) -> Response:
    """Send a delivered or failed message again, word for word, under the same `webhook-id`. 409 while it waits."""
    return one(request, DeliveryOut, await log.replay(tx, id, delivery_id), status=202)
