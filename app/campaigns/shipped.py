"""Campaigns that ship as data (``app/data/campaigns``): loaded once, never twice."""

from importlib import resources
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.campaigns import queries
from app.campaigns.schemas import CampaignIn, DeadlineIn
from app.campaigns.service import add_deadline, create
from app.kernel.strictjson import loads


def shipped_campaign(name: str) -> dict[str, Any]:
    """The file ``app/data/campaigns/<name>.json``. Raises FileNotFoundError for another name."""
    found = loads(resources.files("app.data").joinpath("campaigns", f"{name}.json").read_bytes())
    assert isinstance(found, dict)
    return found


async def load_shipped_campaign(tx: Tx, owner: UnitRef, name: str = "plan_320") -> UUID:
    """Put the shipped campaign under ``owner`` as a draft with its outline and deadlines; its id.

    A campaign with the same code at ``owner`` is left as it is, whatever became of it meanwhile.
    """
    shipped = shipped_campaign(name)
    found = await queries.by_code(tx.session, owner.id, shipped["code"])
    if found is not None:
        found_id: UUID = found.id
        return found_id
    deadlines = shipped.pop("deadlines")
    made = await create(tx, CampaignIn.model_validate({**shipped, "unit_id": owner.id}))
    for deadline in deadlines:
        await add_deadline(tx, made.id, DeadlineIn.model_validate(deadline))
    return made.id
