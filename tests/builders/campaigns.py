"""Plan 320 under the province of the small tree, as a draft or opened."""

from typing import Any

from sqlalchemy import select

from app.access.actor import Tx
from app.campaigns.models import Obligation
from app.campaigns.service import open_campaign
from app.campaigns.shipped import load_shipped_campaign
from app.units.models import Unit
from tests.builders.units import ref

EXPECTED = {
    ("conference", "province"),
    ("report", "agency_p1"),
    ("report", "commune_a"),
    ("report", "commune_b"),
    ("report", "commune_c"),
    ("report", "district_vinh"),
    ("report", "district_yen_thanh"),
}
"""Who owes what in the small tree: the school is no unit directly under a province."""


async def plan_320(system: Tx, *, opened: bool = True) -> str:
    """The id of plan 320 in the small tree."""
    campaign_id = await load_shipped_campaign(system, ref("province"))
    if opened:
        await open_campaign(system, campaign_id)
    return str(campaign_id)


async def stored(system: Tx, campaign_id: str, unit: str, task: str = "report") -> Any:
    """The obligation of ``unit`` as the database holds it, or None."""
    of_unit = (Obligation.campaign_id == campaign_id, Obligation.task == task, Obligation.unit_id == ref(unit).id)
    return (await system.session.execute(select(Obligation.__table__).where(*of_unit))).one_or_none()


async def owing(system: Tx, campaign_id: str) -> set[tuple[str, str]]:
    """(task, code of the unit) of all that stands on the campaign's list."""
    rows = await system.session.execute(
        select(Obligation.task, Unit.code)
        .join(Unit, Unit.id == Obligation.unit_id)
        .where(Obligation.campaign_id == campaign_id)
    )
    return {(row.task, row.code) for row in rows}
