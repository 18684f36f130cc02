"""Cross-checks over HTTP: seen before submitting, resolved or taken note of, and then gone."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import everything
from tests.builders.reports import draft, ready, warnings
from tests.builders.units import unit_id
from tests.evaluations.scene import MET, Scene
from tests.propaganda.test_activities import EVENT, TOTAL

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened, with all catalogues and forms."""
    await everything(system)
    return await plan_320(system)


async def checked(who: Api, path: str) -> dict[str, Any]:
    """All that stands against submitting."""
    answer = await who.get(f"{path}/checks")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def warning(who: Api, path: str, code: str) -> dict[str, Any]:
    """The one warning with that code."""
    [found] = [warning for warning in (await checked(who, path))["warnings"] if warning["code"] == code]
    return dict(found)


async def test_a_new_report_is_told_what_is_missing(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    seen = await checked(editor, path)
    assert (seen["errors"], [w["code"] for w in seen["warnings"]]) == ([], ["empty_sections", "no_situation_figures"])
    items = {item["code"]: (item["done"], item["required"]) for item in seen["checklist"]}
    assert (items["review_method"], items["number"], items["place"]) == ((False, True), (False, False), (True, False))
    assert items["sections/II.1"] == (False, False)
    await editor.change("PATCH", path, {"review_method": "conference", "sections": {"II.1": "x"}})
    items = {item["code"]: (item["done"], item["required"]) for item in (await checked(editor, path))["checklist"]}
    assert (items["review_method"], items["held_on"], "sections/II.1" in items) == ((True, True), (False, True), False)


async def test_warnings_are_resolved_or_taken_note_of(as_: As, plan: str) -> None:
    path, editor, approver = await ready(as_, plan), as_("commune_a", "editor"), as_("commune_a", "approver")
    refused = await approver.act(path, "submit")
    assert (refused.status_code, refused.json()["code"]) == (422, "warnings_stand")
    assert codes(refused) == [
        ("/acknowledged", "empty_sections"),
        ("/acknowledged", "no_situation_figures"),
        ("/note", "note_required"),
    ]
    figure = {"campaign_id": plan, "unit_id": str(unit_id("commune_a")), "indicator": "complaints"}
    await editor.made("/situation-figures", {**figure, "before_value": 4, "after_value": 3})
    assert await warnings(approver, path) == ["empty_sections"]
    refused = await approver.act(path, "submit", note="Viết sau", acknowledged=["no_situation_figures"])
    assert codes(refused) == [("/acknowledged", "empty_sections")]
    done = await approver.done(path, "submit", note="Viết sau", acknowledged=["empty_sections"])
    assert (done["status"], done["acknowledged"]) == ("submitted", ["empty_sections"])


async def test_a_finding_fills_its_section(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    before = (await warning(editor, path, "empty_sections"))["figures"]["empty"]
    await editor.made(f"{path}/findings", {"kind": "limit", "text": "Còn chậm"})
    found = await warning(editor, path, "empty_sections")
    assert (found["figures"]["empty"], "IV.2" in found["message"]) == (before - 1, False)


async def test_who_registered_and_was_not_evaluated_is_named(as_: As, plan: str, system: Tx) -> None:
    scene = Scene(as_, system)
    await scene.registered("submitted")
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    found = await warning(editor, path, "registered_not_evaluated")
    assert found["figures"] == {"records": 1}
    assert found["links"] == [{"title": "Xã Mã Thành (2024)", "href": f"/api/v1/registrations/{scene.registration}"}]
    assert (await editor.get(found["links"][0]["href"])).status_code == 200
    await scene.submitted(stage="forecast")
    assert "registered_not_evaluated" not in await warnings(editor, path)


async def test_undecided_evaluations_are_counted_with_their_records(as_: As, plan: str, system: Tx) -> None:
    scene = Scene(as_, system)
    await scene.submitted()
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    found = await warning(editor, path, "undecided")
    assert found["figures"] == {"undecided": 1}
    [item] = (await editor.get(found["links"][0]["href"])).json()["items"]
    assert item["id"] == scene.path.rpartition("/")[2]


async def test_totals_across_the_window_and_events_inside_totals_are_named(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    across = {**TOTAL, "date_from": "2023-01-01", "date_to": "2023-03-31", "title": "Quý I 2023"}
    straddling = await editor.made("/propaganda-activities", across)
    found = await warning(editor, path, "period_total_straddles")
    assert found["links"] == [{"title": "Quý I 2023", "href": f"/api/v1/propaganda-activities/{straddling['id']}"}]
    await editor.made("/propaganda-activities", TOTAL)
    inside = await editor.made("/propaganda-activities", EVENT)
    found = await warning(editor, path, "event_inside_period_total")
    assert (await editor.get(found["links"][0]["href"])).json()["id"] == inside["id"]
    elsewhere = {**EVENT, "venue_kind": "school", "title": "Tại trường"}
    await editor.made("/propaganda-activities", elsewhere)
    assert (await warning(editor, path, "event_inside_period_total"))["figures"] == {"records": 1}
    # The district's report leaves to the commune what only the commune can put right.
    above = await draft(as_, plan, "district_yen_thanh")
    assert not {"event_inside_period_total", "period_total_straddles"} & set(
        await warnings(as_("district_yen_thanh", "editor"), above)
    )


async def test_broken_arithmetic_refuses_the_submission_by_pointer(as_: As, plan: str, system: Tx) -> None:
    scene = Scene(as_, system)
    await scene.registered(year=2023)
    await scene.recognised()
    made = await scene.editor.made("/evaluations", scene.body("maintenance", results=MET))
    maintenance = f"/evaluations/{made['id']}"
    await scene.approver.done(maintenance, "submit")
    await scene.above.done(maintenance, "verify")
    await scene.above.done(maintenance, "recognise")
    # What the product itself never lets happen: kept, and no longer recognised.
    for statement in (
        "DELETE FROM evaluation_results WHERE evaluation_id IN (SELECT id FROM evaluations WHERE stage = 'final')",
        "DELETE FROM evaluations WHERE stage = 'final'",
    ):
        await system.session.execute(text(statement))
    path, approver = await ready(as_, plan), as_("commune_a", "approver")
    [error] = (await checked(approver, path))["errors"]
    assert (error["code"], error["figures"]) == ("kept_exceed_recognised", {"kept": 1, "recognised": 0})
    refused = await approver.act(path, "submit", note="x", acknowledged=await warnings(approver, path))
    assert (refused.status_code, refused.json()["code"]) == (422, "checks_failed")
    assert codes(refused) == [("/figures/2023", "kept_exceed_recognised")]
    assert (await approver.get(path)).json()["status"] == "draft"


async def test_checks_are_read_by_who_reads_the_report(as_: As, plan: str, anonymous: Api) -> None:
    path = await draft(as_, plan)
    assert (await anonymous.get(f"{path}/checks")).status_code == 401
    assert (await as_("commune_b", "viewer").get(f"{path}/checks")).status_code == 404
    assert (await as_("province", "viewer").get(f"{path}/checks")).status_code == 200
    english = (await as_("commune_a", "viewer").get(f"{path}/checks", headers={"Accept-Language": "en"})).json()
    assert english["warnings"][0]["message"].startswith("Nothing is written under")


async def test_without_a_set_of_forms_a_report_is_sealed_all_the_same(as_: As, system: Tx) -> None:
    path = await ready(as_, await plan_320(system))
    approver = as_("commune_a", "approver")
    await approver.done(path, "submit", note="x", acknowledged=await warnings(approver, path))
    body = (await approver.get(f"{path}/seal/body")).json()
    assert (body["forms"], body["format"]) == ([], "dienhinh.report.2")
