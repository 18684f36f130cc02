"""HTTP: campaigns, their deadlines, obligations, the progress board."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.campaigns import obligation_queries, obligations, queries, service
from app.campaigns.progress import progress
from app.campaigns.queries import DeadlineAt
from app.campaigns.schemas import (
    CampaignIn,
    CampaignItem,
    CampaignOut,
    CampaignPatch,
    CampaignQuery,
    CampaignTransition,
    DeadlineIn,
    DeadlineOut,
    DeadlinePatch,
    DeadlineQuery,
    ExtensionIn,
    ObligationItem,
    ObligationOut,
    ObligationQuery,
    ObligationTransition,
)
from app.campaigns.schemas_progress import ProgressOut, ProgressQuery
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import Page, PageSince

campaigns = router("/campaigns", "campaigns")
owed = router("", "obligations")
board = router("/progress", "progress")


async def _deadline_at(id: UUID, deadline_id: UUID) -> DeadlineAt:
    return DeadlineAt(id, deadline_id)


At = Annotated[DeadlineAt, Depends(_deadline_at)]


@campaigns.get("", response_model=PageSince[CampaignItem], summary="Danh sách đợt sơ kết / List campaigns")
async def list_campaigns(
    request: Request, query: Annotated[CampaignQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """All campaigns, open ones first, then the latest window, unless `sort` says otherwise.

    Everyone signed in may read them.
    """
    rows = await queries.CAMPAIGNS.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "campaign")
    return page(request, CampaignItem, rows, items=[service.present_item(tx, row) for row in rows.rows])


@campaigns.post("", response_model=CampaignOut, status_code=201, summary="Lập đợt sơ kết / Prepare a campaign")
async def create_campaign(request: Request, body: CampaignIn, tx: Tx = requires(P.CAMPAIGN_MANAGE)) -> Response:
    """Start a draft. Its structure may change until it is opened. 409 `duplicate` for a code in use at the unit."""
    made = await service.create(tx, body)
    return one(request, CampaignOut, made, status=201, location=f"{request.url.path}/{made.id}")


@campaigns.get("/{id}", response_model=CampaignOut, summary="Một đợt sơ kết / Read a campaign")
async def read_campaign(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One campaign with its outline, numbered as printed."""
    return one(request, CampaignOut, await service.read(tx, id))


@campaigns.patch("/{id}", response_model=CampaignOut, summary="Sửa đợt sơ kết / Change a campaign")
async def edit_campaign(
    request: Request, id: UUID, body: CampaignPatch, version: IfMatch, tx: Tx = requires(P.CAMPAIGN_MANAGE)
) -> Response:
    """Everything in a draft; once opened only number, title, issuing body and date of issue (409 `invalid_state`)."""
    return one(request, CampaignOut, await service.edit(tx, id, version, body))


@campaigns.delete("/{id}", status_code=204, summary="Xóa đợt chưa mở / Delete a draft campaign")
async def delete_campaign(id: UUID, version: IfMatch, tx: Tx = requires(P.CAMPAIGN_MANAGE)) -> Response:
    """Delete a draft with its outline and deadlines. 409 `invalid_state` once it was opened."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@campaigns.post("/{id}/transitions", response_model=CampaignOut, summary="Mở, đóng đợt / Open or close a campaign")
async def move_campaign(
    request: Request, id: UUID, body: CampaignTransition, version: IfMatch, tx: Tx = requires(P.CAMPAIGN_MANAGE)
) -> Response:
    """`open` freezes who owes what by when; `close` ends all work; `reopen` (with a note) resumes it."""
    return one(request, CampaignOut, await service.move(tx, id, version, body))


@campaigns.get("/{id}/deadlines", response_model=Page[DeadlineOut], summary="Các hạn / List deadlines")
async def list_deadlines(
    request: Request, id: UUID, query: Annotated[DeadlineQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """By when the units of each level owe each task. 404 for an unknown campaign."""
    await queries.get(tx.session, id)
    given = {**query.filters(), "campaign": id}
    rows = await queries.DEADLINES.page(tx.session, query, sort=query.sort, given=given)
    return page(request, DeadlineOut, rows)


@campaigns.post("/{id}/deadlines", response_model=DeadlineOut, status_code=201, summary="Thêm hạn / Add a deadline")
async def add_deadline(request: Request, id: UUID, body: DeadlineIn, tx: Tx = requires(P.CAMPAIGN_MANAGE)) -> Response:
    """Add a deadline to a draft. 409 `duplicate` for the same task and level, `invalid_state` once opened."""
    made = await service.add_deadline(tx, id, body)
    return one(request, DeadlineOut, made, status=201, location=f"{request.url.path}/{made.id}")


@campaigns.get("/{id}/deadlines/{deadline_id}", response_model=DeadlineOut, summary="Một hạn / Read a deadline")
async def read_deadline(request: Request, at: At, tx: Tx = requires(None)) -> Response:
    """One deadline of a campaign."""
    return one(request, DeadlineOut, await service.read_deadline(tx, at))


@campaigns.patch("/{id}/deadlines/{deadline_id}", response_model=DeadlineOut, summary="Sửa hạn / Change a deadline")
async def edit_deadline(
    request: Request, at: At, body: DeadlinePatch, version: IfMatch, tx: Tx = requires(P.CAMPAIGN_MANAGE)
) -> Response:
    """Change a deadline of a draft. Once opened, due dates change only by extensions (409 `invalid_state`)."""
    return one(request, DeadlineOut, await service.edit_deadline(tx, at, version, body))


@campaigns.delete("/{id}/deadlines/{deadline_id}", status_code=204, summary="Xóa hạn / Delete a deadline")
async def delete_deadline(at: At, version: IfMatch, tx: Tx = requires(P.CAMPAIGN_MANAGE)) -> Response:
    """Take a deadline out of a draft. 409 `invalid_state` once opened."""
    await service.delete_deadline(tx, at, version)
    return Response(status_code=204)


@owed.get(
    "/campaigns/{id}/obligations",
    response_model=PageSince[ObligationItem],
    summary="Ai phải nộp gì, khi nào / List obligations",
)
async def list_obligations(
    request: Request, id: UUID, query: Annotated[ObligationQuery, Query()], tx: Tx = requires(P.OBLIGATION_READ)
) -> Response:
    """The frozen list of who owes what by when, as far as the caller sees, in the order of the tree."""
    await queries.get(tx.session, id)
    given = {**query.filters(), "campaign": id, "today": tx.today}
    rows = await obligation_queries.OBLIGATIONS.page(tx.session, query, sort=query.sort, given=given)
    rows = await with_deleted(tx, rows, query, "obligation")
    return page(request, ObligationItem, rows, items=[obligations.present_item(tx, row) for row in rows.rows])


@owed.get("/obligations/{id}", response_model=ObligationOut, summary="Một nghĩa vụ / Read an obligation")
async def read_obligation(request: Request, id: UUID, tx: Tx = requires(P.OBLIGATION_READ)) -> Response:
    """What one unit owes, how it stands, and the extensions granted."""
    return one(request, ObligationOut, await obligations.read(tx, id))


@owed.post(
    "/obligations/{id}/extensions",
    response_model=ObligationOut,
    status_code=201,
    summary="Gia hạn / Grant an extension",
)
async def extend_obligation(
    request: Request, id: UUID, body: ExtensionIn, version: IfMatch, tx: Tx = requires(P.OBLIGATION_MANAGE)
) -> Response:
    """Grant a day later than the one in force, with the reason. It counts apart: `on_time_extended`."""
    return one(request, ObligationOut, await obligations.extend(tx, id, version, body), status=201)


@owed.post(
    "/obligations/{id}/transitions", response_model=ObligationOut, summary="Rời, trở lại danh sách / Leave or rejoin"
)
async def move_obligation(
    request: Request, id: UUID, body: ObligationTransition, version: IfMatch, tx: Tx = requires(P.OBLIGATION_MANAGE)
) -> Response:
    """`leave` takes the unit off the expected list, `rejoin` puts it back; both need a note."""
    return one(request, ObligationOut, await obligations.move(tx, id, version, body))


@board.get("", response_model=ProgressOut, summary="Bảng đôn đốc / The chasing board")
async def read_progress(
    request: Request, query: Annotated[ProgressQuery, Query()], tx: Tx = requires(P.OBLIGATION_READ)
) -> Response:
    """Each child of `unit`: its own obligation and the counts of its subtree, with the totals of the whole.

    Without `campaign`, the open one is meant; 422 unless there is just one.
    """
    return one(request, ProgressOut, await progress(tx, query))
