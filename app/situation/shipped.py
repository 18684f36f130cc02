"""The indicators that ship (``app/data/situation``): a proposal, since the plan asks to compare but names none."""

from importlib import resources
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.kernel import strictjson
from app.situation import queries
from app.situation.catalogue import add
from app.situation.schemas import IndicatorBody, Source


class ShippedIndicator(IndicatorBody):
    """An entry as the file has it."""

    source: Source


def shipped_indicators() -> list[ShippedIndicator]:
    """The entries of the file, in printed order: counts stand before the ratios made of them."""
    content = resources.files("app.data").joinpath("situation", "indicators.json").read_bytes()
    return [ShippedIndicator.model_validate(entry) for entry in strictjson.loads(content)["indicators"]]


async def load_shipped_indicators(tx: Tx, owner: UnitRef) -> list[UUID]:
    """Add the shipped indicators that ``owner`` does not have yet, by code; the ids of those added.

    What is there stays as it is, whatever became of it. Raises 403 / 404 unless the actor keeps catalogues there.
    """
    there = await queries.codes(tx.session, owner.id)
    return [await add(tx, owner, each, source=each.source) for each in shipped_indicators() if each.code not in there]
