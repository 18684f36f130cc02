"""HTTP: reminders of a campaign, and the inbox."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.kernel.http import IfMatch, one, page, refusals, router
from app.kernel.pagination import Page
from app.reminders import inbox as inboxes
from app.reminders import service
from app.reminders.schemas import (
    ChaseIn,
    ChaseOut,
    ChaseQuery,
    InboxQuery,
    Marked,
    NoticeOut,
    NoticePatch,
    PlanIn,
    PlanOut,
    ReminderOut,
    ReminderQuery,
)

of_campaign = router("/campaigns", "reminders")
inbox = router("/inbox", "inbox")


@of_campaign.get("/{id}/reminder-plan", response_model=PlanOut, summary="Kế hoạch nhắc hạn / Read the reminder plan")
async def read_reminder_plan(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """On which days units are reminded and the level above is told: the campaign's own, or the shipped proposal."""
    return one(request, PlanOut, await service.read_plan(tx, id))


@of_campaign.put("/{id}/reminder-plan", response_model=PlanOut, summary="Đặt kế hoạch nhắc hạn / Set the reminder plan")
async def set_reminder_plan(
    request: Request, id: UUID, body: PlanIn, version: IfMatch, tx: Tx = requires(P.CAMPAIGN_MANAGE)
) -> Response:
    """Give the campaign a plan of its own. It counts from the next look, within ten minutes."""
    return one(request, PlanOut, await service.put_plan(tx, id, version, body))


@of_campaign.get("/{id}/reminders", response_model=Page[ReminderOut], summary="Các lần nhắc / List reminders")
async def list_reminders(
    request: Request, id: UUID, query: Annotated[ReminderQuery, Query()], tx: Tx = requires(P.OBLIGATION_READ)
) -> Response:
    """Who was reminded when, within the caller's scope, newest first."""
    rows, items = await service.list_reminders(tx, id, query)
    return page(request, ReminderOut, rows, items=items)


@of_campaign.post(
    "/{id}/reminders", response_model=ChaseOut, summary="Đôn đốc đơn vị chưa nộp / Chase", responses=refusals(409)
)
async def chase_units(
    request: Request,
    id: UUID,
    body: ChaseIn,
    query: Annotated[ChaseQuery, Query()],
    tx: Tx = requires(P.OBLIGATION_MANAGE),
) -> Response:
    """Remind by hand every unit of a subtree that has not handed in: in the inbox and, where set up, by e-mail.

    Each unit once a day at most; who has handed in is left in peace. `dry_run=true` only tells who would be reminded.
    409 `campaign_closed`.
    """
    mail = request.app.state.settings.smtp_url is not None
    return one(request, ChaseOut, await service.chase(tx, id, body, dry_run=query.dry_run, mail=mail))


@inbox.get("", response_model=Page[NoticeOut], summary="Hộp thư đến / The inbox")
async def list_inbox(request: Request, query: Annotated[InboxQuery, Query()], tx: Tx = requires(None)) -> Response:
    """The caller's notices, newest first, in the language asked for."""
    rows = await inboxes.list_inbox(tx, query)
    return page(request, NoticeOut, rows, items=[inboxes.present(tx, row) for row in rows.rows])


@inbox.post("/read-all", response_model=Marked, summary="Đánh dấu đã đọc tất cả / Mark all as read")
async def mark_inbox_read(request: Request, tx: Tx = requires(None)) -> Response:
    """Mark everything in the caller's inbox as read."""
    return one(request, Marked, Marked(marked=await inboxes.mark_all(tx)))


@inbox.get("/{id}", response_model=NoticeOut, summary="Một thông báo / Read a notice")
async def read_notice(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One of the caller's notices; 404 for another person's."""
    return one(request, NoticeOut, await inboxes.read(tx, id))


@inbox.patch("/{id}", response_model=NoticeOut, summary="Đánh dấu thông báo / Mark a notice")
async def mark_notice(
    request: Request, id: UUID, body: NoticePatch, version: IfMatch, tx: Tx = requires(None)
) -> Response:
    """Mark it as read, or as unread again."""
    return one(request, NoticeOut, await inboxes.mark(tx, id, version, body))
