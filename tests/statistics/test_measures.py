"""Every measure, whichever it is: it has records in the scene, and those behind each cell are its sum."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.access.actor import Tx
from app.statistics.measures import MEASURES
from tests.actors import Api
from tests.builders.criteria import criteria_set
from tests.builders.units import unit_id
from tests.statistics.scene import Evaluated, Owed, Registered, campaign, evaluate, local, register, stood_under
from tests.statistics.test_figures import figures, table
from tests.statistics.test_records import behind
from tests.statistics.test_structures import MOVED
from tests.statistics.work import (
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
As = Callable[[str, str], Api]
LAST_YEAR = date(2023, 5, 2)
BEFORE_ALL = date(2022, 12, 31)


async def work(tx: Tx, found: UUID) -> dict[str, UUID]:
    """Directives, activities, practices, awards and security figures; the ids of the indicators."""
    await issue(tx, "commune_a")
    await issue(tx, "commune_a", LAST_YEAR, kind="decision")
    await issue(tx, "commune_c", track="issued_directly")
    await issue(tx, "province", BEFORE_ALL)
    forms = await activity_forms(tx)
    await act(
        tx,
        forms,
        Did("commune_a", amount=3, people=120),
        Did("commune_a", amount=2, people=None, venue="school"),
        Did("commune_b", "news", 40, 1000, venue=None),
        Did("school_a1", "ceremony", 1, 300, LAST_YEAR, "school"),
        Did("province", "news", 5, day=BEFORE_ALL, venue=None),
        Did("agency_p1", amount=0),
    )
    for unit, status in (
        ("commune_a", "proposed"),
        ("commune_b", "selected"),
        ("commune_c", "to_be_replicated"),
        ("commune_c", "draft"),
        ("commune_a", "returned"),
    ):
        await practise(tx, unit, status)
    form = await award_form(tx)
    await propose(
        tx,
        found,
        form,
        Proposed("commune_a", "granted"),
        Proposed("commune_a", "endorsed", person=True),
        Proposed("commune_b", "declined"),
        Proposed("school_a1", "returned"),
        Proposed("commune_c", "draft"),
    )
    known = await indicators(tx)
    await count(tx, "commune_a", found, known["crimes"], (20, 15))
    await count(tx, "commune_a", found, known["solved"], (10, 12))
    await count(tx, "commune_b", found, known["crimes"], (5, None))
    await count(tx, "commune_c", found, known["crimes"], (0, 4))
    await count(tx, "commune_c", found, known["solved"], (0, 4))
    return known


async def everything(tx: Tx) -> dict[str, UUID]:
    """Records of every measure, every one of its values counted at least once."""
    await register(
        tx,
        Registered("commune_b", "submitted"),
        Registered("school_a1", "returned"),
        Registered("agency_p1", "withdrawn"),
    )
    results = (
        ("TC1", "not_met", "met", None),
        ("TC2", "met", "not_met", None),
        ("TC3", "met", "met", None),
        ("TC4", "not_assessed", None, None),
    )
    found = await criteria_set(tx)
    evaluated = (
        ("commune_a", "final", "recognised", True),
        ("commune_a", "maintenance", "recognised", True),
        ("commune_a", "forecast", "verified", True),
        ("commune_c", "final", "not_recognised", False),
        ("commune_c", "maintenance", "not_recognised", False),
        ("commune_c", "forecast", "verified", False),
    )
    await evaluate(
        tx,
        *(
            Evaluated(unit, found, stage, status, passed, 2023, results=results)
            for unit, stage, status, passed in evaluated
        ),
    )
    owed = [
        Owed("commune_a", "submitted", local(date(2024, 7, 1))),
        Owed("commune_b", "accepted", local(date(2024, 7, 20))),
        Owed("commune_c", "returned"),
        Owed("district_vinh", "submitted", local(date(2024, 7, 16)), date(2024, 7, 20)),
        Owed("district_yen_thanh", extended_to=date(2024, 12, 1)),
    ]
    asked = await campaign(tx, *owed)
    known = await work(tx, asked)
    await stood_under(tx, "commune_a", "district_vinh", MOVED)
    return {**known, "campaign": asked}


@pytest.mark.parametrize("code", list(MEASURES))
async def test_the_records_of_every_cell_are_its_sum(as_: As, system: Tx, clock: Any, code: str) -> None:
    clock.set("2024-07-25T09:00:00+07:00")
    await everything(system)
    measure, province = MEASURES[code], as_("province", "viewer")
    own = [d.code for d in measure.dimensions if not d.place]
    for group_by, structure in (
        ("child", "as_recorded"),
        ("district,unit_kind", "current"),
        (",".join(own[:3]), "2024-06-14"),
        (",".join([*own[3:6], "child"]), "current"),
    ):
        answer = await figures(province, code, group_by=group_by, structure=structure)
        for value in measure.additive_of:
            assert answer["totals"][value] > 0, f"the scene has nothing of {value}"
        for row in answer["rows"]:
            for value in measure.listed_of:
                found = await behind(province, row["records"].removeprefix("/api/v1"), value)
                assert sum(record["value"] for record in found) == row["values"][value], (row, value)


@pytest.mark.parametrize("code", list(MEASURES))
async def test_records_can_be_opened(as_: As, system: Tx, clock: Any, code: str) -> None:
    clock.set("2024-07-25T09:00:00+07:00")
    await everything(system)
    ministry = as_("ministry", "viewer")
    for structure in ("as_recorded", "2024-06-14", "current"):
        address = f"/statistics/{code}/records?structure={structure}"
        found = await behind(ministry, address)
        assert await behind(ministry, address, limit=7) == found
    (record, *_) = found
    assert (await ministry.get(record["resource"].removeprefix("/api/v1"))).status_code == 200, record["resource"]


@pytest.mark.parametrize("code", list(MEASURES))
async def test_a_campaign_and_a_year_narrow_every_measure(as_: As, system: Tx, code: str) -> None:
    asked = await everything(system)
    province = as_("province", "viewer")
    first = next(iter(MEASURES[code].additive_of))
    whole = (await figures(province, code))["totals"][first]
    seen = (await figures(province, code, campaign=str(asked["campaign"])))["totals"][first]
    none = (await figures(province, code, year=2031))["totals"][first]
    assert (seen, none) == ({"directives": 3, "propaganda": 5}.get(code, whole), whole if code == "units" else 0)


async def test_units_in_force(as_: As, system: Tx) -> None:
    await stood_under(system, "commune_a", "district_vinh", MOVED)
    province = as_("province", "viewer")
    values = ("units", "administrative", "base")
    answer = await figures(province, "units", group_by="child")
    assert sorted(table(answer, *values)) == [("40", 1, 1, 0), ("412", 2, 2, 0), ("426", 4, 3, 1), ("SO-40-1", 1, 0, 1)]
    then = await figures(province, "units", group_by="district", structure="2024-06-14")
    assert sorted(table(then, "units"), key=str) == [("412", 4), ("426", 2), (None, 2)]
    assert (await figures(province, "units", year=2023))["totals"]["units"] == 0
    assert (await figures(as_("commune_a", "viewer"), "units"))["totals"]["units"] == 2
    refused = await province.get("/statistics/units?from=2024-01-01")
    assert refused.json()["errors"][0]["pointer"] == "/from"


async def test_directives_and_practices(as_: As, system: Tx) -> None:
    asked = await everything(system)
    province = as_("province", "viewer")
    window = str(asked["campaign"])
    documents = await figures(province, "directives", campaign=window, group_by="track,document_kind")
    assert table(documents, "directives") == [
        ("advised", "decision", 1),
        ("advised", "plan", 1),
        ("issued_directly", "plan", 1),
    ]
    assert table(await figures(province, "directives", group_by="year"), "advised") == [(2022, 1), (2023, 1), (2024, 1)]
    chosen = await figures(province, "practices", group_by="status")
    assert table(chosen, "proposed", "selected", "to_be_replicated") == [
        ("proposed", 1, 0, 0),
        ("selected", 1, 1, 0),
        ("to_be_replicated", 1, 1, 1),
    ]


async def test_propaganda_sums_sessions_people_and_things(as_: As, system: Tx) -> None:
    asked = await everything(system)
    province = as_("province", "viewer")
    values = ("activities", "sessions", "people_reached", "quantity")
    by_form = await figures(province, "propaganda", campaign=str(asked["campaign"]), group_by="activity_form")
    assert table(by_form, *values) == [("talk", 3, 5, 120, 0), ("news", 1, 0, 1000, 40), ("ceremony", 1, 1, 300, 0)]
    assert by_form["rows"][0]["keys"]["activity_form"]["title"] == "Hình thức talk"
    assert by_form["totals"] == {"activities": 5, "sessions": 6, "people_reached": 1420, "quantity": 40}
    venues = await figures(province, "propaganda", year=2024, group_by="venue_kind")
    assert table(venues, *values) == [("commune", 2, 3, 120, 0), ("school", 1, 2, 0, 0), (None, 1, 0, 1000, 40)]
    nowhere = await figures(province, "propaganda", venue_kind="none")
    assert nowhere["totals"]["quantity"] == 45
    some = await figures(province, "propaganda", form_group="news,ceremony", category="propaganda")
    assert some["totals"]["quantity"] == 45


async def test_awards_by_recipient(as_: As, system: Tx) -> None:
    await everything(system)
    answer = await figures(as_("province", "viewer"), "awards", group_by="recipient_kind")
    values = ("proposed", "endorsed", "granted", "declined", "returned", "granted_rate")
    assert table(answer, *values) == [("collective", 3, 0, 1, 1, 1, 0.333333), ("individual", 1, 1, 0, 0, 0, 0.0)]
    assert (answer["totals"]["collectives"], answer["totals"]["individuals"]) == (3, 1)


async def test_situation_before_and_after(as_: As, system: Tx) -> None:
    known = await everything(system)
    province = as_("province", "viewer")
    values = ("before", "after", "difference", "change", "figures", "compared")
    answer = await figures(province, "situation", campaign=str(known["campaign"]), group_by="indicator")
    assert table(answer, *values) == [("crimes", 25, 19, -6, -0.24, 3, 2), ("solved", 10, 16, 6, 0.6, 2, 2)]
    assert [note["code"] for note in answer["notes"]] == ["unlike_units"]
    one = await figures(province, "situation", indicator=str(known["crimes"]), group_by="district")
    assert table(one, *values) == [("412", 0, 4, 4, None, 1, 1), ("426", 25, 15, -10, -0.4, 2, 1)]
    assert one["notes"] == []
    ward = await figures(province, "situation", indicator=str(known["crimes"]), own_unit=str(unit_id("commune_c")))
    assert [ward["totals"][value] for value in values] == [0, 4, 4, None, 1, 1]


async def test_rates_are_made_anew_from_sums(as_: As, system: Tx) -> None:
    known = await everything(system)
    province = as_("province", "viewer")
    answer = await figures(province, "situation_rates", indicator=str(known["solved_rate"]), group_by="child")
    values = ("part_before", "whole_before", "part_after", "whole_after", "before", "after", "difference", "change")
    assert table(answer, *values) == [
        ("412", 0, 0, 4, 4, None, 1.0, None, None),
        ("426", 10, 25, 12, 15, 0.4, 0.8, 0.4, 1.0),
    ]
    assert [answer["totals"][value] for value in ("before", "after", "difference")] == [0.4, 0.842105, 0.442105]
    row = answer["rows"][1]
    parts = await behind(province, row["records"].removeprefix("/api/v1"), "part_after")
    assert [(record["part"], record["value"]) for record in parts] == [("solved_rate", 12)]
