"""The shipped catalogues under the province of the small tree."""

from app.access.actor import Tx
from app.forms.shipped import load_shipped_form_sets
from app.propaganda.shipped import load_shipped_activity_forms
from app.situation.shipped import load_shipped_indicators
from tests.builders.units import ref


async def activity_forms(system: Tx, owner: str = "province") -> None:
    """The forms of propaganda and launch."""
    await load_shipped_activity_forms(system, ref(owner))


async def indicators(system: Tx, owner: str = "province") -> None:
    """The indicators of security and order."""
    await load_shipped_indicators(system, ref(owner))


async def form_sets(system: Tx, owner: str = "province") -> None:
    """The eight forms."""
    await load_shipped_form_sets(system, ref(owner))


async def everything(system: Tx, owner: str = "province") -> None:
    """Activities, indicators and forms."""
    await activity_forms(system, owner)
    await indicators(system, owner)
    await form_sets(system, owner)
