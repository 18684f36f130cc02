"""Work that was on its way to a district when the districts went: the province takes it on, nothing waits for ever."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.awards.scene import PERSON, award_scene
from tests.builders import reports
from tests.builders.campaigns import plan_320
from tests.builders.people import also
from tests.builders.records import directive, practice
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.evaluations.scene import DECISION, MET, Scene
from tests.reorganisations.scene import applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
DECIDED = {**DECISION, "decision_date": "2025-07-02"}


async def test_an_evaluation_that_waited_at_the_district_is_recognised_by_the_province(
    as_: As, system: Tx, later: Callable[[], None]
) -> None:
    scene = Scene(as_, system, unit="commune_c", parent="district_vinh")
    at = await scene.submitted()  # by a set that the district recognises
    later()
    await applied(as_("province", "coordinator"))
    above = as_("province", "approver")
    assert [found["action"] for found in (await above.get(at)).json()["allowed_actions"]] == ["verify", "return"]
    verified = await above.done(at, "verify")
    assert {found["action"] for found in verified["allowed_actions"]} == {"recognise", "decline", "return"}
    listed = (await above.get("/evaluations", status="verified")).json()["items"]
    assert "recognise" in {found["action"] for found in listed[0]["allowed_actions"]}
    assert (await as_("commune_c", "approver").act(at, "recognise", **DECIDED)).status_code == 403
    assert (await above.done(at, "recognise", **DECIDED))["status"] == "recognised"


async def test_while_districts_stand_the_province_does_not_decide_for_them(as_: As, system: Tx) -> None:
    scene = Scene(as_, system, unit="commune_c", parent="district_vinh")
    at = await scene.verified()
    assert (await as_("province", "approver").act(at, "recognise", **DECISION)).status_code == 403
    assert (await scene.above.done(at, "recognise", **DECISION))["status"] == "recognised"


async def test_a_new_evaluation_by_a_set_of_the_districts_goes_to_the_province(
    as_: As, system: Tx, later: Callable[[], None], clock: MovableClock
) -> None:
    scene = Scene(as_, system, unit="commune_c", parent="province")
    clock.set("2025-03-01T08:00:00+07:00")
    await Scene(as_, system, unit="commune_c", parent="district_vinh").registered("accepted", 2025)
    later()
    await applied(as_("province", "coordinator"))
    (found,) = (await scene.editor.get("/registrations", year=2025)).json()["items"]
    scene.registration = found["id"]
    at = await scene.submitted(results=MET)
    await scene.above.done(at, "verify")
    assert (await scene.above.done(at, "recognise", **DECIDED))["status"] == "recognised"


async def test_an_award_of_the_district_is_decided_by_the_province_once_there_is_none(
    as_: As, system: Tx, later: Callable[[], None]
) -> None:
    scene = await award_scene(as_, system)
    await also(system.session, "commune_c", "viewer", "awards_officer")
    here = await scene.submitted("commune_c", "GK-UBND-HUYEN")
    there = await scene.submitted("commune_c", "BK-UBND-TINH", **PERSON)
    later()
    await applied(as_("province", "coordinator"))
    for at in (here, there):
        shown = (await as_("province", "approver").get(at)).json()
        assert shown["awaits"]["code"] == "40"
        assert (await as_("province", "approver").done(at, "endorse"))["status"] == "endorsed"
    officer = as_("province", "awards_officer")
    assert (await as_("commune_c", "viewer").act(here, "decline", note="x")).status_code == 403
    assert (await officer.done(here, "decline", note="Không còn cấp huyện"))["status"] == "declined"
    decision = {"decision_number": "1/QĐ-UBND", "decision_date": "2025-07-02"}
    assert (await officer.done(there, "grant", **decision))["status"] == "granted"
    # Nothing new of that form: it was given only while there were districts.
    refused = await as_("commune_c", "editor").post("/awards", scene.body("commune_c", "GK-UBND-HUYEN"))
    assert ("/award_form_id", "form_not_in_force") in codes(refused)


async def test_reports_on_their_way_are_accepted_returned_and_reopened_by_the_province(
    as_: As, system: Tx, later: Callable[[], None]
) -> None:
    campaign = await plan_320(system)
    at = await reports.submitted(as_, campaign, "commune_c")
    later()
    await applied(as_("province", "coordinator"))
    above = as_("province", "approver")
    assert (await above.done(at, "return", note="Bổ sung"))["status"] == "returned"
    await reports.handed_in(as_, at, "commune_c")
    assert (await above.done(at, "accept"))["status"] == "accepted"
    assert (await as_("province", "coordinator").done(at, "reopen", note="Sai"))["status"] == "returned"
    seal = await above.get(f"{at}/seal")
    assert seal.status_code == 200, seal.text


async def test_a_practice_that_was_proposed_is_selected_by_the_province(as_: As, later: Callable[[], None]) -> None:
    idea = await practice(as_, "commune_c", status="proposed")
    later()
    await applied(as_("province", "coordinator"))
    chosen = await as_("province", "approver").done(f"/good-practices/{idea['id']}", "select")
    assert chosen["status"] == "selected"


async def test_a_base_unit_reports_to_the_successor_of_its_commune(as_: As, later: Callable[[], None]) -> None:
    editor, approver = as_("school_a1", "editor"), as_("school_a1", "approver")
    body = {"unit_id": str(unit_id("school_a1")), "year": 2024}
    at = f"/registrations/{(await editor.made('/registrations', body))['id']}"
    await approver.done(at, "submit")
    later()
    await applied(as_("province", "coordinator"))
    # Of the other predecessor: responsibility is one now.
    assert (await as_("commune_b", "approver").done(at, "accept"))["status"] == "accepted"


async def test_a_report_of_a_unit_that_ended_is_history_and_its_successor_owes_one(
    as_: As, system: Tx, later: Callable[[], None]
) -> None:
    campaign = await plan_320(system)
    old = await reports.draft(as_, campaign, "commune_a")
    done = await reports.submitted(as_, campaign, "commune_b")
    later()
    await applied(as_("province", "coordinator"))
    new = await unit(as_("province", "viewer"), "17510")
    editor, above = as_("commune_b", "editor"), as_("province", "approver")
    for answer in (
        await editor.change("PATCH", old, {"sections": {"I": "x"}}),
        await as_("commune_a", "approver").act(old, "submit"),
        await above.act(done, "return", note="x"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "unit_ended"), answer.text
    assert (await above.done(done, "accept"))["status"] == "accepted"
    reopened = await as_("province", "coordinator").act(done, "reopen", note="x")
    assert (reopened.status_code, reopened.json()["code"]) == (409, "unit_ended")
    body = {"campaign_id": campaign, "unit_id": new["id"]}
    made = await editor.made("/reports", body)
    assert made["unit"]["code"] == "17510"
    owed = (await above.get(f"/campaigns/{campaign}/obligations", task="report", limit=200)).json()["items"]
    standing = {item["unit"]["code"]: item["status"] for item in owed if item["left_on"] is None}
    assert standing == {"SO-40-1": "not_started", "16714": "not_started", "17510": standing["17510"]}


async def test_nobody_is_reminded_for_a_unit_that_ended(as_: As, system: Tx, later: Callable[[], None]) -> None:
    campaign = await plan_320(system)
    later()
    await applied(as_("province", "coordinator"), open_work="stay")
    body = {"unit_id": str(unit_id("province"))}
    path = f"/campaigns/{campaign}/reminders?dry_run=true"
    answer = await as_("province", "coordinator").post(path, body)
    assert answer.status_code == 200, answer.text
    assert {item["unit"]["code"] for item in answer.json()["items"]} == {"SO-40-1", "16714"}


async def test_the_refusal_names_who_carries_on(as_: As, later: Callable[[], None]) -> None:
    old = await directive(as_)
    later()
    await applied(as_("province", "coordinator"))
    new = await unit(as_("province", "viewer"), "17510")
    editor = as_("commune_b", "editor")
    answers: list[Any] = [
        await editor.change("PATCH", f"/directives/{old['id']}", {"note": "x"}),
        await editor.post("/registrations", {"unit_id": str(unit_id("commune_a")), "year": 2026}),
    ]
    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "unit_ended")
        assert problem["successor"] == {
            "id": new["id"],
            "code": "17510",
            "name": "Xã Thành Mới",
            "href": f"/api/v1/units/{new['id']}",
        }
        assert problem["detail"].startswith("Xã Mã Thành đã kết thúc từ 01/07/2025")
        assert "Xã Thành Mới (17510)" in problem["detail"]


async def test_people_of_a_level_that_is_gone_are_told_whom_to_ask(as_: As, later: Callable[[], None]) -> None:
    later()
    await applied(as_("province", "coordinator"))
    refused = await as_("district_vinh", "approver").get("/registrations")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "không có vai trò nào" in refused.json()["detail"]
    assert "administrator" in refused.json()["detail"]
