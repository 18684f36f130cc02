"""Campaigns over an act: what a level that is gone owes, whose later day passes on, what the board counts."""

from collections.abc import Callable

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.campaigns import owing, plan_320, stored
from tests.builders.units import unit_id
from tests.reorganisations.scene import applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def test_a_deadline_of_the_districts_warns_once_there_are_none(
    as_: As, system: Tx, later: Callable[[], None]
) -> None:
    coordinator = as_("province", "coordinator")
    campaign = f"/campaigns/{await plan_320(system, opened=False)}"
    assert (await coordinator.get(campaign)).json()["warnings"] == []
    later()
    await applied(coordinator)
    draft = (await coordinator.get(campaign, headers={"Accept-Language": "en"})).json()
    assert [(one["code"], one["task"], one["level"]) for one in draft["warnings"]] == [
        ("no_units", "report", "district")
    ]
    assert draft["warnings"][0]["message"].startswith("No living unit")
    opened = await coordinator.done(campaign, "open")
    assert (opened["status"], [one["level"] for one in opened["warnings"]]) == ("open", ["district"])
    assert await owing(system, opened["id"]) == {
        *(("report", code) for code in ("SO-40-1", "16714", "17510")),
        ("conference", "40"),
    }
    # Others see the campaign, and nothing of who owes in it.
    assert (await as_("commune_c", "editor").get(campaign)).json()["warnings"] == []


async def test_a_later_day_passes_on_with_what_is_owed(as_: As, system: Tx, later: Callable[[], None]) -> None:
    campaign = await plan_320(system)
    coordinator = as_("province", "coordinator")
    for key, day in (("commune_a", "2025-08-01"), ("commune_b", "2025-07-20")):
        owed = await stored(system, campaign, key)
        answer = await coordinator.post(
            f"/obligations/{owed.id}/extensions",
            {"due_before": day, "reason": "Bão lũ"},
            headers={"If-Match": await coordinator.etag(f"/obligations/{owed.id}")},
        )
        assert answer.status_code == 201, answer.text
    later()
    await applied(coordinator)
    new = await unit(coordinator, "17510")
    (owed,) = (await coordinator.get(f"/campaigns/{campaign}/obligations", unit=new["id"], task="report")).json()[
        "items"
    ]
    # Of what both were granted, the later day.
    assert (owed["extended_to"], owed["timeliness"], owed["status"]) == ("2025-08-01", "not_due", "not_started")
    board = (await coordinator.get("/progress", unit=str(unit_id("province")), campaign=campaign)).json()
    assert [child["unit"]["code"] for child in board["children"]] == ["SO-40-1", "17510", "16714"]
    total = {name: count for name, count in board["total"]["by_timeliness"].items() if count}
    assert total == {"overdue": 2, "not_due": 1}, board["total"]
