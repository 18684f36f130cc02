"""What a unit had handed in when it ended is still decided: by whoever stands above its successor, not within it."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.awards.scene import PERSON, award_scene
from tests.builders.campaigns import plan_320
from tests.builders.records import practice
from tests.builders.reports import submitted as reported
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.evaluations.scene import DECISION, Scene
from tests.reorganisations.scene import applied

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
DECIDED = {**DECISION, "decision_date": "2025-07-02"}


async def offered(caller: Api, path: str) -> set[str]:
    """The actions that ``caller`` may take on what stands at ``path``."""
    shown = (await caller.get(path)).json()
    return {found["action"] for found in shown["allowed_actions"]}


async def left_to(above: Api, heir: Api, path: str, action: str, **more: Any) -> None:
    """``action`` is for ``above`` alone, who cannot send the work back; ``heir`` only reads it."""
    assert await offered(heir, path) == set()
    refused = await heir.act(path, action, **more)
    assert refused.status_code in {403, 409}, refused.text
    actions = await offered(above, path)
    assert action in actions
    assert "return" not in actions
    back = await above.act(path, "return", note="Bổ sung")
    assert (back.status_code, back.json()["code"]) == (409, "unit_ended")
    await above.done(path, action, **more)


async def test_a_registration_is_accepted(
    as_: As, system: Tx, later: Callable[[], None], audit: Callable[..., Any]
) -> None:
    path = f"/registrations/{await Scene(as_, system).registered('submitted')}"
    later()
    await applied(as_("province", "coordinator"))
    await left_to(as_("province", "approver"), as_("commune_b", "approver"), path, "accept")
    (event,) = [found for found in await audit() if found.verb == "registration.accept"]
    assert event.unit_id == unit_id("commune_a")


async def test_an_evaluation_is_verified_and_recognised(as_: As, system: Tx, later: Callable[[], None]) -> None:
    path = await Scene(as_, system).submitted()
    later()
    await applied(as_("province", "coordinator"))
    above, heir = as_("province", "approver"), as_("commune_b", "approver")
    body = {"results": [{"criterion": "TC2", "outcome": "met", "figure": 80, "evidence": "Biên bản"}]}
    entered = await above.change("PUT", f"{path}/verification", body, await above.etag(path))
    assert entered.status_code == 200, entered.text
    await left_to(above, heir, path, "verify")
    await left_to(above, heir, path, "recognise", **DECIDED)
    shown = (await heir.get(path)).json()
    assert (shown["status"], shown["unit"]["code"]) == ("recognised", "17509")


async def test_an_award_goes_on_above_the_successor(as_: As, system: Tx, later: Callable[[], None]) -> None:
    path = await (await award_scene(as_, system)).submitted("commune_a", "BK-UBND-TINH", **PERSON)
    later()
    await applied(as_("province", "coordinator"))
    above, heir = as_("province", "approver"), as_("commune_b", "approver")
    assert (await above.get(path)).json()["awaits"]["code"] == "40"
    await left_to(above, heir, path, "endorse")
    decision = {"decision_number": "1/QĐ-UBND", "decision_date": "2025-07-02"}
    officer = as_("province", "awards_officer")
    assert await offered(officer, path) == {"grant", "decline", "allow_duplicate"}
    assert (await officer.done(path, "grant", **decision))["status"] == "granted"


async def test_a_good_practice_is_selected(as_: As, later: Callable[[], None]) -> None:
    path = f"/good-practices/{(await practice(as_, status='proposed'))['id']}"
    later()
    await applied(as_("province", "coordinator"))
    await left_to(as_("province", "approver"), as_("commune_b", "approver"), path, "select")


async def test_a_report_is_accepted_and_counts(as_: As, system: Tx, later: Callable[[], None]) -> None:
    campaign = await plan_320(system)
    path = await reported(as_, campaign, "commune_a")
    later()
    await applied(as_("province", "coordinator"))
    above = as_("province", "approver")
    await left_to(above, as_("commune_b", "approver"), path, "accept")
    owed = (await above.get(f"/campaigns/{campaign}/obligations", unit=str(unit_id("commune_a")))).json()["items"]
    assert [item["status"] for item in owed if item["task"] == "report"] == ["accepted"]


async def test_a_closed_school_is_decided_by_its_commune_and_then_by_the_successor_of_that(
    as_: As, system: Tx, later: Callable[[], None], clock: MovableClock
) -> None:
    """Nobody took the school over: who managed it decides, whoever that is today."""
    paths = []
    for year in (2024, 2025):
        body = {"unit_id": str(unit_id("school_a1")), "year": year}
        clock.set(f"{year}-02-01T08:00:00+07:00")
        paths.append(f"/registrations/{(await as_('school_a1', 'editor').made('/registrations', body))['id']}")
        await as_("school_a1", "approver").done(paths[-1], "submit")
    await as_("commune_a", "editor").done(f"/units/{unit_id('school_a1')}", "end", ended_on="2025-02-01")
    assert (await as_("district_yen_thanh", "approver").act(paths[0], "accept")).status_code == 409
    assert (await as_("commune_a", "approver").done(paths[0], "accept"))["status"] == "accepted"
    later()
    await applied(as_("province", "coordinator"))
    assert (await as_("province", "approver").act(paths[1], "accept")).status_code == 409
    assert (await as_("commune_b", "approver").done(paths[1], "accept"))["status"] == "accepted"
