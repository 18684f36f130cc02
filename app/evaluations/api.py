"""HTTP: evaluations."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.evaluations import queries, review, service
from app.evaluations.schemas import (
    EvaluationBrief,
    EvaluationIn,
    EvaluationOut,
    EvaluationPatch,
    EvaluationQuery,
    EvaluationTransition,
    SelfResultsIn,
    VerificationIn,
)
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import PageSince

routes = router("/evaluations", "evaluations")


@routes.get("", response_model=PageSince[EvaluationBrief], summary="Danh sách phiếu đánh giá / List evaluations")
async def list_evaluations(
    request: Request, query: Annotated[EvaluationQuery, Query()], tx: Tx = requires(P.EVALUATION_READ)
) -> Response:
    """Evaluations the caller may see, without their results, in the order of the tree unless `sort` says otherwise."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "evaluation")
    return page(request, EvaluationBrief, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post("", response_model=EvaluationOut, status_code=201, summary="Lập phiếu đánh giá / Start an evaluation")
async def create_evaluation(request: Request, body: EvaluationIn, tx: Tx = requires(P.EVALUATION_WRITE)) -> Response:
    """Start a draft for a registration and a stage, one of each, with results where they are known already.

    409 `registration_withdrawn`; `not_recognised_yet` for `maintenance` before the unit is recognised.
    """
    before = await service.made_before(tx, body)
    made = before or await service.create(tx, body)
    return one(request, EvaluationOut, made, status=200 if before else 201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=EvaluationOut, summary="Một phiếu đánh giá / Read an evaluation")
async def read_evaluation(request: Request, id: UUID, tx: Tx = requires(P.EVALUATION_READ)) -> Response:
    """One evaluation with every criterion of its set: the unit's own value, the verified and the final one."""
    return one(request, EvaluationOut, await service.read(tx, id))


@routes.patch("/{id}", response_model=EvaluationOut, summary="Sửa phiếu đánh giá / Change an evaluation")
async def edit_evaluation(
    request: Request, id: UUID, body: EvaluationPatch, version: IfMatch, tx: Tx = requires(P.EVALUATION_WRITE)
) -> Response:
    """Change the summary or the day of the self-check of a draft or returned evaluation."""
    return one(request, EvaluationOut, await service.edit(tx, id, version, body))


@routes.delete("/{id}", status_code=204, summary="Xóa bản nháp / Delete a draft")
async def delete_evaluation(id: UUID, version: IfMatch, tx: Tx = requires(P.EVALUATION_WRITE)) -> Response:
    """Delete a draft that was never submitted, with its results."""
    await service.delete(tx, id, version)
    return Response(status_code=204)


@routes.put("/{id}/results", response_model=EvaluationOut, summary="Tự đánh giá / Enter the self-assessment")
async def put_results(
    request: Request, id: UUID, body: SelfResultsIn, version: IfMatch, tx: Tx = requires(P.EVALUATION_WRITE)
) -> Response:
    """Replace the self-assessment as a whole while it is a draft or returned: criteria left out become not entered."""
    return one(request, EvaluationOut, await service.assess(tx, id, version, body.results))


@routes.put("/{id}/verification", response_model=EvaluationOut, summary="Thẩm định / Enter verified values")
async def put_verification(
    request: Request, id: UUID, body: VerificationIn, version: IfMatch, tx: Tx = requires(P.EVALUATION_VERIFY)
) -> Response:
    """Set verified values of the criteria listed while it is submitted; the unit's own values stay beside them."""
    return one(request, EvaluationOut, await review.enter_verification(tx, id, version, body.results))


@routes.post("/{id}/transitions", response_model=EvaluationOut, summary="Chuyển trạng thái / Take an action")
async def move_evaluation(
    request: Request, id: UUID, body: EvaluationTransition, version: IfMatch, tx: Tx = requires(P.EVALUATION_SUBMIT)
) -> Response:
    """`submit`; `verify` and `return` (the unit directly above); `recognise` and `decline` (the level of the set).

    422 `evaluation_incomplete` points at each place that is missing. 409 `registration_not_submitted`,
    `registration_not_accepted`, `pass_rule_not_met`. In the stage `maintenance`, recognised means kept.
    """
    return one(request, EvaluationOut, await review.move(tx, id, version, body))
