"""Random acts through the product, on the real database, with records of every kind before, between and after them.

``DIENHINH_PROPERTY_EXAMPLES=500 pytest tests/reorganisations/test_random_worlds.py`` looks longer, and at more at once.
"""

import os
from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Tx
from tests.actors import Api
from tests.conftest import MovableClock
from tests.reorganisations import invariants
from tests.reorganisations.world import World, act_drawn, built, carried_out, entered_late, placed, records

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("DIENHINH_PROPERTY_EXAMPLES", "0"))
STEPS = st.lists(
    st.tuples(st.sampled_from(["act", "act", "late", "reverse", "record", "place"]), st.integers(0, 2**20)),
    min_size=1,
    max_size=5 if EXAMPLES else 3,
)


async def _acted(world: World, chance: Random, *, back: bool, late: bool = False) -> None:
    """One act; with ``back``, it is taken back at once, and everything is as before.

    ``late``: units go on recording from its day on, until somebody enters it.
    """
    body = await act_drawn(world, chance)
    if not body["changes"]:
        return
    since = world.day
    if late:
        await entered_late(world, chance, body)
    before = await invariants.totals(world)
    stood = await invariants.dump(world)
    made = await carried_out(world, body)
    after = await invariants.totals(world)
    assert after.lasting() == before.lasting()
    if back:
        at = f"/reorganisations/{made['id']}"
        undone = await world.coordinator.done(at, "reverse", note="Đính chính")
        assert undone["status"] == "reversed"
        world.acts.pop()
        invariants.restored(stood, await invariants.dump(world))
        assert (await invariants.totals(world)).lasting() == before.lasting()
    world.days += [since, date.fromisoformat(body["effective_on"]), world.day]


async def step(world: World, kind: str, seed: int) -> None:
    """Let one thing happen, then look at everything."""
    chance = Random(seed)
    if kind in {"act", "reverse", "late"}:
        back = kind == "reverse" or (kind == "late" and chance.random() < 0.2)
        await _acted(world, chance, back=back, late=kind == "late")
    elif kind == "record":
        since = world.days[-1] if chance.random() < 0.5 else world.days[0]
        await records(world, seed, since=since, many=6)
    else:
        await placed(world, chance)
    await invariants.structure_holds(world)
    await invariants.figures_hold(world, chance, thorough=bool(EXAMPLES) and chance.random() < 0.2)
    days = [day.isoformat() for day in dict.fromkeys((*world.days, world.day))]
    await invariants.places_hold(world, ["current", "as_recorded", *(days if EXAMPLES else chance.sample(days, 1))])


@settings(
    max_examples=EXAMPLES or 2,
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # to shrink would take minutes, and steps are few
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
@given(seed=st.integers(0, 2**20), steps=STEPS)
async def test_whatever_the_law_does_nothing_is_lost(
    *,
    as_: Callable[[str, str], Api],
    system: Tx,
    clock: MovableClock,
    connection: AsyncConnection,
    seed: int,
    steps: list[tuple[str, int]],
) -> None:
    kept = await connection.begin_nested()
    try:
        world = World(system, as_("province", "coordinator"), as_("province", "viewer"), clock)
        await built(world, seed)
        for kind, drawn in steps:
            note(f"{kind} {drawn} after {[made['decision_number'] for made in world.acts]}")
            await step(world, kind, drawn)
        await invariants.forms_hold(world, Random(seed), thorough=bool(EXAMPLES))
    finally:
        await kept.rollback()
