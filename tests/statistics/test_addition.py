"""However records lie in the tree: a unit's figure is its own and its children's, and no grouping loses any."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Tx
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from tests.actors import Api
from tests.builders.criteria import criteria_set
from tests.builders.units import TREE, unit_id
from tests.statistics.scene import (
    Evaluated,
    Owed,
    Registered,
    campaign,
    evaluate,
    local,
    merge,
    register,
    stood_under,
)
from tests.statistics.test_figures import figures
from tests.statistics.work import (
    FORMS,
    Did,
    Proposed,
    act,
    activity_forms,
    award_form,
    count,
    indicators,
    issue,
    practise,
    propose,
)

pytestmark = pytest.mark.anyio
UNITS = st.sampled_from(list(TREE))
DAYS = st.integers(0, 500).map(lambda n: local(date(2023, 6, 1) + timedelta(days=n)))
OUTCOMES = st.sampled_from(["met", "not_met", "not_assessed", None])


@st.composite
def scenes(draw: Any) -> dict[str, Any]:
    """Records of every measure on a few units, and what may have happened to the tree."""
    registered = draw(
        st.dictionaries(
            st.tuples(UNITS, st.integers(2022, 2024)),
            st.tuples(st.sampled_from(["draft", "submitted", "accepted", "returned", "withdrawn"]), DAYS),
            max_size=8,
        )
    )
    evaluated = draw(
        st.dictionaries(
            st.tuples(UNITS, st.sampled_from(["final", "maintenance", "forecast"])),
            st.tuples(
                st.sampled_from(["draft", "submitted", "returned", "verified"]), st.booleans(), DAYS, OUTCOMES, OUTCOMES
            ),
            max_size=6,
        )
    )
    owed = draw(
        st.dictionaries(
            UNITS,
            st.tuples(st.sampled_from(["not_started", "submitted", "accepted"]), DAYS, st.booleans()),
            max_size=6,
        )
    )
    amounts = st.one_of(st.none(), st.integers(0, 50))
    did = draw(st.lists(st.tuples(UNITS, st.sampled_from(list(FORMS)), st.integers(0, 9), amounts, DAYS), max_size=6))
    counted = draw(
        st.dictionaries(
            UNITS,
            st.tuples(st.integers(0, 50), st.integers(0, 50)).map(lambda pair: ((sum(pair), pair[0]), pair)),
            max_size=5,
        )
    )
    return {
        "registered": registered,
        "did": did,
        "counted": counted,
        "issued": draw(st.lists(st.tuples(UNITS, DAYS), max_size=4)),
        "practised": draw(
            st.lists(st.tuples(UNITS, st.sampled_from(["draft", "proposed", "to_be_replicated"]), DAYS), max_size=4)
        ),
        "proposed": draw(
            st.lists(st.tuples(UNITS, st.sampled_from(["draft", "submitted", "granted"]), st.booleans()), max_size=4)
        ),
        "evaluated": evaluated,
        "owed": owed,
        "moved": draw(st.booleans()),
        "merged": draw(st.booleans()),
    }


async def build(tx: Tx, scene: dict[str, Any]) -> None:
    """Set the scene down."""
    if scene["moved"]:
        await stood_under(tx, "commune_a", "district_vinh", date(2024, 3, 1))
    for (unit, year), (status, at) in scene["registered"].items():
        await register(tx, Registered(unit, status, year, at))
    found = await criteria_set(tx)
    for (unit, stage), (status, passed, at, own, verified) in scene["evaluated"].items():
        year = {"final": 2010, "maintenance": 2011, "forecast": 2012}[stage]
        results = (("TC1", own, verified, None), ("TC2", verified, own, own))
        await evaluate(tx, Evaluated(unit, found, stage, status, passed, year, at, results))
    owed = [
        Owed(unit, status, None if status == "not_started" else at, left=left)
        for unit, (status, at, left) in scene["owed"].items()
    ]
    await work(tx, scene, await campaign(tx, *owed))
    if scene["merged"]:
        await merge(tx, "commune_b", "commune_a", date(2024, 5, 1))


async def work(tx: Tx, scene: dict[str, Any], found: UUID) -> None:
    """What the units did, and their security figures: of each unit a whole and a part of it."""
    forms, known, award = await activity_forms(tx), await indicators(tx), await award_form(tx)
    wanted = (Did(unit, form, amount, people, at.date()) for unit, form, amount, people, at in scene["did"])
    await act(tx, forms, *wanted)
    for unit, (whole, part) in scene["counted"].items():
        await count(tx, unit, found, known["crimes"], whole)
        await count(tx, unit, found, known["solved"], (part[0], None))
    for unit, at in scene["issued"]:
        await issue(tx, unit, at.date())
    for unit, status, at in scene["practised"]:
        await practise(tx, unit, status, at.date())
    await propose(tx, found, award, *(Proposed(*one) for one in scene["proposed"]))


def children(unit: str, *, merged: bool) -> list[str]:
    """The units directly below, in today's tree."""
    if merged and unit == "commune_a":
        return ["school_a1", "commune_b"]
    found = [key for key, (*_, parent) in TREE.items() if parent == unit]
    return [key for key in found if not (merged and key == "commune_b")]


async def check(who: Api, measure: Measure, scene: dict[str, Any], dimensions: list[str], structure: str) -> None:
    """total(unit) = own + children for all units; and the total is that of the rows, however they are made."""

    async def total(unit: str, **narrowed: Any) -> dict[str, Any]:
        answer = await figures(who, measure.code, unit=str(unit_id(unit)), **narrowed)
        return {code: answer["totals"][code] for code in measure.additive_of}

    totals = {unit: await total(unit) for unit in TREE}
    for unit in TREE:
        own = await total(unit, own_unit=str(unit_id(unit)), structure="as_recorded")
        parts = [own, *(totals[child] for child in children(unit, merged=scene["merged"]))]
        assert totals[unit] == {code: sum(part[code] for part in parts) for code in totals[unit]}, unit
    for group_by in {*dimensions, ",".join(dict.fromkeys(dimensions))}:
        answer = await figures(who, measure.code, group_by=group_by, structure=structure)
        assert {code: answer["totals"][code] for code in measure.additive_of} == totals["ministry"], group_by
        for code in measure.additive_of:
            assert sum(row["values"][code] for row in answer["rows"]) == totals["ministry"][code], (group_by, code)


@pytest.mark.parametrize("code", list(MEASURES))
@settings(max_examples=3, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scene=scenes(),
    picks=st.lists(st.integers(0, 100), min_size=1, max_size=3),
    structure=st.sampled_from(["as_recorded", "current", "2024-02-01", "2024-06-01"]),
)
async def test_parent_is_own_and_children(
    *,
    as_: Callable[[str, str], Api],
    system: Tx,
    connection: AsyncConnection,
    code: str,
    scene: dict[str, Any],
    picks: list[int],
    structure: str,
) -> None:
    measure = MEASURES[code]
    # Picked by number: to draw here would let Hypothesis stop the runner of all the asynchronous tests.
    known = list(measure.dimension_of)
    dimensions = [known[pick % len(known)] for pick in picks]
    kept = await connection.begin_nested()
    try:
        await build(system, scene)
        await check(as_("ministry", "viewer"), measure, scene, dimensions, structure)
    finally:
        await kept.rollback()
