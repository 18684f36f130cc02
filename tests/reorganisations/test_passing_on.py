"""After an act: whose rights, whose work, whose history. Nothing handed in changes hands or is rewritten."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.campaigns import plan_320
from tests.builders.records import directive, practice
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.evaluations.scene import Scene
from tests.reorganisations.scene import CHANGES, act, applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def test_people_of_a_unit_that_ended_work_at_its_successor_and_see_its_history(
    as_: As, later: Callable[[], None]
) -> None:
    old = await directive(as_)
    later()
    await applied(as_("province", "coordinator"))
    new = await unit(as_("province", "viewer"), "17510")
    for former in ("commune_a", "commune_b"):
        editor = as_(former, "editor")
        me = (await editor.get("/me")).json()
        assert {grant["unit"]["code"] for grant in me["grants"]} == {"17510"}
        # Of both predecessors, although only one of them recorded it: responsibility is one now.
        assert (await editor.get(f"/directives/{old['id']}")).json()["number_symbol"] == old["number_symbol"]
        listed = (await editor.get("/directives")).json()["items"]
        assert [found["id"] for found in listed] == [old["id"]]
    made = await as_("commune_b", "editor").made("/registrations", {"unit_id": new["id"], "year": 2025})
    assert made["unit"]["code"] == "17510"


async def test_history_is_read_and_not_rewritten(as_: As, system: Tx, later: Callable[[], None]) -> None:
    scene = Scene(as_, system)
    await scene.registered("submitted")
    old, idea = await directive(as_), await practice(as_, status="proposed")
    later()
    await applied(as_("province", "coordinator"))
    editor, approver, above = as_("commune_b", "editor"), as_("commune_b", "approver"), as_("province", "approver")
    attempts = [
        await editor.change("PATCH", f"/directives/{old['id']}", {"note": "x"}),
        await editor.change("DELETE", f"/directives/{old['id']}"),
        await approver.act(f"/registrations/{scene.registration}", "accept"),
        await above.act(f"/registrations/{scene.registration}", "return", note="x"),
        await above.act(f"/good-practices/{idea['id']}", "return", note="x"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in attempts] == [(409, "unit_ended")] * 5
    shown = (await editor.get(f"/directives/{old['id']}")).json()
    assert (shown["editable"], shown["version"]) == (False, old["version"])
    registration = (await approver.get(f"/registrations/{scene.registration}")).json()
    assert (registration["status"], registration["allowed_actions"]) == ("submitted", [])


async def test_grants_end_where_the_act_says_so(as_: As, later: Callable[[], None], audit: Callable[..., Any]) -> None:
    later()
    await applied(as_("province", "coordinator"), grants="end")
    assert (await as_("commune_a", "editor").get("/me")).json()["grants"] == []
    assert (await as_("district_vinh", "editor").get("/me")).json()["grants"] == []
    # Whose unit moved but lives keeps everything.
    assert (await as_("commune_c", "editor").get("/me")).json()["grants"] != []
    ended = [event for event in await audit() if event.verb == "grant.end"]
    assert all(event.after["valid_to"] == "2025-07-02" for event in ended)
    assert ended


async def test_nobody_inherits_rights_from_a_unit_without_a_successor(as_: As, later: Callable[[], None]) -> None:
    later()
    await applied(as_("province", "coordinator"))
    assert (await as_("district_vinh", "editor").get("/me")).json()["grants"] == []


async def test_communes_report_straight_to_the_province(as_: As, later: Callable[[], None]) -> None:
    later()
    await applied(as_("province", "coordinator"))
    new = await unit(as_("province", "viewer"), "17510")
    editor, approver = as_("commune_a", "editor"), as_("commune_b", "approver")
    made = await editor.made("/registrations", {"unit_id": new["id"], "year": 2025})
    at = f"/registrations/{made['id']}"
    await approver.done(at, "submit")
    assert (await approver.act(at, "accept")).status_code == 403
    assert (await as_("district_yen_thanh", "approver").get(at)).status_code in {403, 404}
    assert (await as_("province", "approver").done(at, "accept"))["status"] == "accepted"


async def test_what_is_owed_passes_by_leaving_and_joining(as_: As, system: Tx, later: Callable[[], None]) -> None:
    campaign = await plan_320(system)
    later()
    await applied(as_("province", "coordinator"))
    rows = await system.session.execute(
        text(
            "SELECT u.code, u.ended_on IS NULL AS living, o.left_on, o.left_reason, o.joined_reason FROM obligations o"
            " JOIN units u ON u.id = o.unit_id WHERE o.campaign_id = :id AND o.task = 'report'"
        ),
        {"id": campaign},
    )
    found = {(row.code, row.living): row for row in rows}
    reason = "Theo 1678/NQ-UBTVQH15 (Ủy ban Thường vụ Quốc hội)"
    assert found[("17509", False)].left_reason == found[("17510", False)].left_reason == reason
    assert found[("412", False)].left_on is not None
    assert (found[("17510", True)].joined_reason, found[("17510", True)].left_on) == (reason, None)
    assert found[("16714", True)].left_on is None


async def test_open_work_stays_where_the_act_says_so(as_: As, system: Tx, later: Callable[[], None]) -> None:
    await plan_320(system)
    idea = await practice(as_)
    later()
    await applied(as_("province", "coordinator"), open_work="stay")
    left = await system.session.scalar(text("SELECT count(*) FROM obligations WHERE left_on IS NOT NULL"))
    assert left == 0
    shown = (await as_("province", "viewer").get(f"/good-practices/{idea['id']}")).json()
    assert shown["unit"]["id"] == str(unit_id("commune_a"))


async def test_drafts_pass_and_what_was_handed_in_stays(
    as_: As, system: Tx, clock: MovableClock, later: Callable[[], None]
) -> None:
    idea, told = await practice(as_), await practice(as_, status="proposed", title="Tổ tự quản")
    clock.set("2025-03-01T08:00:00+07:00")
    scene = Scene(as_, system)
    accepted = await scene.registered("accepted", 2025)
    later()
    await applied(as_("province", "coordinator"))
    new = await unit(as_("province", "viewer"), "17510")
    editor = as_("commune_b", "editor")
    assert (await editor.get(f"/good-practices/{idea['id']}")).json()["unit"]["id"] == new["id"]
    assert (await editor.get(f"/good-practices/{told['id']}")).json()["unit"]["id"] == str(unit_id("commune_a"))
    registrations = (await editor.get("/registrations", year=2025)).json()["items"]
    assert {(found["unit"]["id"], found["status"]) for found in registrations} == {
        (str(unit_id("commune_a")), "accepted"),
        (new["id"], "draft"),
    }
    assert next(found for found in registrations if found["status"] == "accepted")["id"] == accepted


async def test_base_units_go_where_the_act_says_or_wait_to_be_placed(as_: As, later: Callable[[], None]) -> None:
    later()
    coordinator = as_("province", "coordinator")
    waiting = [{**change, "base_units": "unplaced"} for change in CHANGES]
    waiting[2:] = CHANGES[2:]
    made = await coordinator.made("/reorganisations", act(*waiting))
    at = f"/reorganisations/{made['id']}"
    assert made["balance"]["base_units_unplaced"] == 1
    items = (await coordinator.get(f"{at}/unplaced")).json()["items"]
    assert [(i["unit"]["code"], i["former"]["code"], i["waiting_under"]["code"]) for i in items] == [
        ("TH-17509-1", "17509", "40")
    ]
    new = await unit(coordinator, "17510")
    body = {"placements": [{"unit_id": str(unit_id("school_a1")), "parent_id": new["id"]}]}
    wrong = {"placements": [{"unit_id": str(unit_id("agency_p1")), "parent_id": new["id"]}]}
    assert (await as_("province", "editor").post(f"{at}/placements", body)).status_code == 403
    assert (await as_("commune_c", "editor").post(f"{at}/placements", body)).status_code == 404
    assert (await coordinator.post(f"{at}/placements", wrong)).status_code == 422
    answer = await coordinator.post(f"{at}/placements", body)
    assert (answer.status_code, answer.json()) == (200, {"placed": 1, "waiting": 0})
    school = (await coordinator.get(f"/units/{unit_id('school_a1')}")).json()
    assert (school["parent"]["code"], school["valid_from"]) == ("17510", "2025-07-01")
    assert (await coordinator.get(f"{at}/unplaced")).json()["items"] == []


async def test_taking_back_gives_everybody_back_what_passed(as_: As, system: Tx, later: Callable[[], None]) -> None:
    await plan_320(system)
    idea = await practice(as_)
    later()
    coordinator = as_("province", "coordinator")
    made = await applied(coordinator)
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    editor = as_("commune_a", "editor")
    assert {grant["unit"]["code"] for grant in (await editor.get("/me")).json()["grants"]} == {"17509"}
    assert (await editor.get(f"/good-practices/{idea['id']}")).json()["unit"]["id"] == str(unit_id("commune_a"))
    assert (await as_("district_vinh", "editor").get("/me")).json()["grants"] != []
    owed = "SELECT u.code FROM obligations o JOIN units u ON u.id = o.unit_id WHERE left_on IS NULL AND task = 'report'"
    codes = set((await system.session.execute(text(owed))).scalars())
    assert codes == {"SO-40-1", "16714", "17509", "17510", "412", "426"}
