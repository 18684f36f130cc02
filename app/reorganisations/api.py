"""HTTP: reorganisations."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.kernel.bounds import bounded_by
from app.kernel.http import IfMatch, one, page, router
from app.kernel.pagination import Page, PageSince
from app.reorganisations import placing, presenting, queries, service
from app.reorganisations.balance_schemas import BalanceOut, UnitBalance
from app.reorganisations.csvfile import parse
from app.reorganisations.judging import act_of
from app.reorganisations.schemas import (
    BalancedQuery,
    ChangeOut,
    ChangesQuery,
    DryRun,
    PlacedOut,
    PlacementsIn,
    ReorganisationFileQuery,
    ReorganisationHead,
    ReorganisationIn,
    ReorganisationItem,
    ReorganisationOut,
    ReorganisationQuery,
    ReorganisationTransition,
    UnplacedOut,
    UnplacedQuery,
)
from app.units.act import Act

routes = router("/reorganisations", "reorganisations")
_CSV: dict[str, Any] = {"requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}}


@routes.get(
    "", response_model=PageSince[ReorganisationItem], summary="Danh sách văn bản sắp xếp / List reorganisations"
)
async def list_reorganisations(
    request: Request, query: Annotated[ReorganisationQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Legal acts on the map, the latest first. The law is public: everyone signed in may read them."""
    rows = await with_deleted(tx, await service.find(tx, query), query, "reorganisation")
    return page(request, ReorganisationItem, rows, items=[presenting.item(row) for row in rows.rows])


@routes.post(
    "",
    response_model=ReorganisationOut | BalanceOut,
    status_code=201,
    summary="Sắp xếp đơn vị hành chính / Reorganise",
    responses={200: {"model": BalanceOut, "description": "With `dry_run`: the balance sheet; nothing has changed"}},
)
@bounded_by("max_act_bytes")
async def create_reorganisation(
    request: Request,
    body: ReorganisationIn,
    query: Annotated[DryRun, Query()],
    tx: Tx = requires(P.REORGANISATION_MANAGE),
) -> Response:
    """Take in a legal act, all or nothing: carried out at once, or on its day if that is still to come.

    422 names every fault by its line; 409 `overlapping_act` while another is planned for the same part of the tree.
    """
    return await _taken(request, tx, body, _wanted(body, act_of(body), query))


@routes.post(
    "/csv",
    response_model=ReorganisationOut | BalanceOut,
    status_code=201,
    summary="Sắp xếp theo tệp CSV / Reorganise from a CSV file",
    openapi_extra=_CSV,
    responses={200: {"model": BalanceOut, "description": "With `dry_run`: the balance sheet; nothing has changed"}},
)
@bounded_by("max_act_bytes")
async def import_reorganisation(
    request: Request, query: Annotated[ReorganisationFileQuery, Query()], tx: Tx = requires(P.REORGANISATION_MANAGE)
) -> Response:
    """The same from a file with the columns
    `old_code,new_code,kind,effective_date,new_name,new_type,new_parent_code,primary,base_units` (the last five may be
    left out). Faults are named as `/lines/12/new_code`.
    """
    head = ReorganisationHead.model_validate(query.model_dump(exclude={"dry_run", "at_most", "later_records"}))
    act = await asyncio.to_thread(parse, await request.body())
    return await _taken(request, tx, head, _wanted(query, act, query))


def _wanted(said: ReorganisationIn | ReorganisationFileQuery, act: Act, query: DryRun) -> service.Wanted:
    return service.Wanted(act, query.dry_run, query.at_most, said.later_records == "keep")


async def _previewed(tx: Tx, head: ReorganisationHead, wanted: service.Wanted) -> BalanceOut:
    return await service.preview(tx, head, wanted.act, at_most=wanted.at_most, keep_later=wanted.keep_later)


async def _taken(request: Request, tx: Tx, head: ReorganisationHead, wanted: service.Wanted) -> Response:
    if wanted.dry_run:
        return one(request, BalanceOut, await _previewed(tx, head, wanted))
    made = await service.create(tx, head, wanted.act, keep_later=wanted.keep_later)
    base = request.url.path.removesuffix("/csv")
    return one(request, ReorganisationOut, made, status=201, location=f"{base}/{made.id}")


@routes.get("/{id}", response_model=ReorganisationOut, summary="Một văn bản sắp xếp / Read a reorganisation")
async def read_reorganisation(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """One act with its balance sheet, once carried out."""
    return one(request, ReorganisationOut, await service.read(tx, id))


@routes.get(
    "/{id}/units", response_model=Page[UnitBalance], summary="Bảng cân đối theo đơn vị / List the balance by unit"
)
async def list_reorganisation_units(
    request: Request, id: UUID, query: Annotated[BalancedQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """The units that the act touched, as they stand in its balance sheet: none before it was carried out."""
    rows = await service.balanced(tx, id, query)
    return page(request, UnitBalance, rows, items=[UnitBalance.model_construct(**row.unit) for row in rows.rows])


@routes.get("/{id}/changes", response_model=Page[ChangeOut], summary="Các dòng của văn bản / List the lines of an act")
async def list_reorganisation_changes(
    request: Request, id: UUID, query: Annotated[ChangesQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """The lines as they were sent, with the units they meant."""
    await queries.get(tx.session, id)
    rows = await queries.CHANGES.page(tx.session, query, sort="position", given={"act": id})
    return page(request, ChangeOut, rows)


@routes.get(
    "/{id}/unplaced",
    response_model=Page[UnplacedOut],
    summary="Đơn vị cơ sở chờ sắp xếp / List base units to be placed",
)
async def list_unplaced(
    request: Request, id: UUID, query: Annotated[UnplacedQuery, Query()], tx: Tx = requires(P.UNIT_READ)
) -> Response:
    """Agencies, enterprises and schools nobody was named for; until they are placed they stand under the unit above."""
    rows = await placing.waiting(tx, id, query)
    return page(request, UnplacedOut, rows, items=[presenting.unplaced(row) for row in rows.rows])


@routes.post("/{id}/placements", response_model=PlacedOut, summary="Sắp xếp đơn vị cơ sở / Place base units")
async def place_base_units(
    request: Request, id: UUID, body: PlacementsIn, tx: Tx = requires(P.REORGANISATION_MANAGE)
) -> Response:
    """Let waiting base units stand under the units named, all or nothing, from the act's day on."""
    return one(request, PlacedOut, await placing.settle(tx, id, body))


@routes.post(
    "/{id}/transitions",
    response_model=ReorganisationOut,
    summary="Hủy kế hoạch, áp dụng lại, hoàn tác / Cancel, apply or reverse",
)
async def move_reorganisation(
    request: Request,
    id: UUID,
    body: ReorganisationTransition,
    version: IfMatch,
    tx: Tx = requires(P.REORGANISATION_MANAGE),
) -> Response:
    """`cancel` what is planned, `apply` what failed on its day, `reverse` what is applied.

    An act is reversible until the first record is made in the new structure; then 409 `already_recorded`, whose
    `recorded` names the first ones (`resource`, `id`, `unit`, `at`, `href`) and `recorded_total` counts them. Signing
    in, reading, accounts, roles, subscriptions and reminders bar nothing; roles given and subscriptions made at a unit
    that goes with the act end. While a later act stands that changed the same units: 409 `later_act`, which names it.
    """
    return one(request, ReorganisationOut, await service.move(tx, id, version, body))
