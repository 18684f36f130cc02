"""HTTP: proposals for awards. Reading them is put down in the event log, since they name people."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.awards import queries, review, service
from app.awards.printed import award_file
from app.awards.schemas import AwardIn, AwardItem, AwardOut, AwardPatch, AwardQuery, AwardTransition
from app.exports.files import answers
from app.kernel.http import IfMatch, attachment, one, page, refusals, router
from app.kernel.pagination import PageSince

routes = router("/awards", "awards")
_FILES = answers("xlsx", "docx")


@routes.get(
    "",
    response_model=PageSince[AwardItem],
    summary="Danh sách đề nghị khen thưởng / List proposals for awards",
    responses={
        200: {"description": "A page of proposals, or the whole list as a file", "content": _FILES},
        **refusals(404),
    },
)
async def list_awards(
    request: Request, query: Annotated[AwardQuery, Query()], tx: Tx = requires(P.AWARD_READ, recorded=True)
) -> Response:
    """Proposals the caller may see, in the order of the tree unless `sort` says otherwise.

    Who was shown which nominees is kept in the event log (`award.read`). As a file: every proposal of the query that
    stands (of one state, where `status` names it), under the unit named by `unit` or `under`, by form of award.
    """
    if query.format != "json":
        return attachment(request, *await award_file(tx, query, query.format))
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "award")
    return page(request, AwardItem, rows, items=await service.shown(tx, rows.rows))


@routes.post("", response_model=AwardOut, status_code=201, summary="Đề nghị khen thưởng / Propose an award")
async def create_award(request: Request, body: AwardIn, tx: Tx = requires(P.AWARD_WRITE)) -> Response:
    """Start a draft for a collective (a unit, or a team in it) or a person.

    Of a person only name, position and unit are taken: identity numbers, birth dates and the like are refused (422
    `personal_identifier`). The achievement's period is the campaign's window unless another is given.
    """
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, AwardOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=AwardOut, summary="Một đề nghị khen thưởng / Read a proposal for an award")
async def read_award(request: Request, id: UUID, tx: Tx = requires(P.AWARD_READ, recorded=True)) -> Response:
    """One proposal with the endorsements on its way up. That it was read is kept in the event log (`award.read`)."""
    return one(request, AwardOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=AwardOut, summary="Sửa đề nghị khen thưởng / Change a proposal for an award")
async def edit_award(
    request: Request, id: UUID, body: AwardPatch, version: IfMatch, tx: Tx = requires(P.AWARD_WRITE)
) -> Response:
    """Change a draft or returned proposal."""
    return one(request, AwardOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp đề nghị khen thưởng / Delete a draft proposal")
async def delete_award(id: UUID, version: IfMatch, tx: Tx = requires(P.AWARD_WRITE)) -> Response:
    """Delete a draft that was never submitted."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.post("/{id}/transitions", response_model=AwardOut, summary="Chuyển trạng thái đề nghị / Move a proposal")
async def move_award(
    request: Request, id: UUID, body: AwardTransition, version: IfMatch, tx: Tx = requires(P.AWARD_SUBMIT)
) -> Response:
    """`submit`; `endorse`: each unit above in turn (`awaits`) up to the deciding level; `return` (with a note).

    Then an awards officer of that level records the decision: `grant` with its number and date, within the quotas (409
    `quota_exceeded`), or `decline` (with a note). 409 `no_quota`: the form needs one. 409 `duplicate_award`: the
    recipient is proposed elsewhere for the same achievement; an awards officer may `allow_duplicate` (with a note).
    """
    return one(request, AwardOut, await review.move(tx, id, version, body))
