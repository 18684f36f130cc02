"""The chasing board (bảng đôn đốc): how each child of a unit stands, and the whole subtree."""

from collections.abc import Sequence
from typing import Any

from app.access.actor import Tx
from app.access.permissions import Permission
from app.campaigns import obligation_queries, queries
from app.campaigns.deadlines import TIMELINESS
from app.campaigns.models import OBLIGATION_STATUSES
from app.campaigns.obligation_queries import Board
from app.campaigns.obligations import standing
from app.campaigns.schemas import CampaignBrief, Coverage
from app.campaigns.schemas_progress import ProgressChild, ProgressOut, ProgressQuery, Tally
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.units.queries import unit_ref
from app.units.schemas import UnitBrief


def _tally(rows: Sequence[AnyRow]) -> Tally:
    """The counts of disjoint branches, added up."""
    status: dict[Any, int] = {name: sum(getattr(row, f"n_{name}") for row in rows) for name in OBLIGATION_STATUSES}
    timely: dict[Any, int] = {name: sum(getattr(row, f"n_{name}") for row in rows) for name in TIMELINESS}
    coverage = Coverage.model_construct(
        expected=sum(status.values()),
        submitted=status["submitted"] + status["accepted"],
        accepted=status["accepted"],
    )
    return Tally.model_construct(by_status=status, by_timeliness=timely, coverage=coverage)


def _brief(row: AnyRow) -> UnitBrief:
    return UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name)


async def campaign_of(tx: Tx, query: ProgressQuery) -> AnyRow:
    """The campaign asked for, or the open one. Raises 404, or 422 where none or several are open."""
    if query.campaign is not None:
        return await queries.get(tx.session, query.campaign)
    found = await queries.open_ones(tx.session)
    if len(found) != 1:
        text = (
            Text("Có nhiều đợt sơ kết đang mở, hãy chọn một (campaign)", "Several campaigns are open: name one")
            if found
            else Text("Không có đợt sơ kết nào đang mở, hãy chọn đợt (campaign)", "No campaign is open: name one")
        )
        raise Invalid(errors=[FieldError("/campaign", "missing", text, "query")])
    return found[0]


async def progress(tx: Tx, query: ProgressQuery) -> ProgressOut:
    """The board of a unit the caller may see. Raises 404 for another unit, 422 without a campaign to choose."""
    campaign = await campaign_of(tx, query)
    unit = await unit_ref(tx.session, query.unit) if query.unit else tx.actor.topmost(Permission.OBLIGATION_READ)
    tx.actor.require(Permission.OBLIGATION_READ, unit)
    wanted = Board(campaign.id, unit, query.task, tx.today, query.sort)
    rows = await obligation_queries.board(tx.session, wanted)
    own = next(row for row in rows if row.unit_id == unit.id)
    return ProgressOut.model_construct(
        campaign=CampaignBrief.model_validate(campaign),
        task=query.task,
        unit=_brief(own),
        own=standing(tx, own._asdict()) if own.id is not None else None,
        children=[
            ProgressChild.model_construct(
                unit=_brief(row),
                level=row.unit_level,
                own=standing(tx, row._asdict()) if row.id is not None else None,
                subtree=_tally([row]),
            )
            for row in rows
            if row is not own
        ],
        total=_tally(rows),
        generated_at=tx.now,
    )
