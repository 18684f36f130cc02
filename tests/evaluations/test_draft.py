"""Starting an evaluation and entering what the unit found about itself."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.criteria import CRITERIA, SmallSet, criteria_set
from tests.builders.people import user_id
from tests.builders.units import unit_id
from tests.evaluations.scene import DECISION, MET, As, Scene, values

pytestmark = pytest.mark.anyio


async def test_a_draft_lists_every_criterion_in_the_sets_order(scene: Scene, audit: Callable[..., Any]) -> None:
    await scene.drafted()
    seen = await scene.seen()
    assert [row["criterion"]["code"] for row in seen["results"]] == list(CRITERIA)
    assert (seen["status"], seen["stage"], seen["year"], seen["conclusion"], seen["version"]) == (
        *("draft", "final", 2024, None, 1),
    )
    percentage, untouched = seen["results"][1], seen["results"][3]
    assert percentage["criterion"]["threshold"] == 70
    assert percentage["self"] == {
        "outcome": "met",
        "figure": 82.5,
        "reason": None,
        "evidence": "Biên bản số 3",
        "by": str(user_id("commune_a", "editor")),
        "at": seen["created_at"],
    }
    assert (untouched["self"], untouched["verified"], untouched["final"]) == (None, None, None)
    assert (seen["editable"], seen["verifiable"], seen["allowed_actions"]) == (True, False, [])
    event = (await audit())[-1]
    assert (event.verb, event.actor_id) == ("evaluation.create", user_id("commune_a", "editor"))
    assert event.after["self"]["TC2"] == {"outcome": "met", "figure": "82.5", "evidence": "Biên bản số 3"}


async def test_what_a_write_answers_is_what_reading_shows(scene: Scene, system: Tx) -> None:
    await scene.registered()
    await criteria_set(system)
    created = await scene.editor.post("/evaluations", scene.body(results=MET, self_checked_on="2024-06-20"))
    path = created.headers["location"]

    async def same(caller: Api, answer: Any) -> None:
        assert answer.status_code < 300, answer.text
        shown = await caller.get(path)
        assert (answer.json(), answer.headers["etag"]) == (shown.json(), shown.headers["etag"])

    await same(scene.editor, created)
    await same(scene.editor, await scene.editor.change("PUT", f"{path}/results", {"results": MET[:2]}, '"1"'))
    await same(scene.editor, await scene.editor.change("PATCH", path, {"summary": "Tự kiểm tra tốt"}))
    await same(scene.editor, await scene.editor.change("PUT", f"{path}/results", {"results": MET}, "*"))
    await same(scene.approver, await scene.approver.act(path, "submit"))
    entry = {"criterion": "TC4", "outcome": "not_met", "reason": "Không có hồ sơ"}
    await same(scene.above, await scene.above.change("PUT", f"{path}/verification", {"results": [entry]}, "*"))
    await same(scene.above, await scene.above.act(path, "verify"))
    await same(scene.above, await scene.above.act(path, "recognise", **DECISION))


async def test_anonymous_is_refused_everywhere(anonymous: Api, scene: Scene) -> None:
    path = await scene.drafted()
    for method, at in (
        ("GET", "/evaluations"),
        ("POST", "/evaluations"),
        ("GET", path),
        ("PATCH", path),
        ("DELETE", path),
        ("PUT", f"{path}/results"),
        ("PUT", f"{path}/verification"),
        ("POST", f"{path}/transitions"),
    ):
        body: dict[str, Any] | None = {} if method in {"POST", "PUT", "PATCH"} else None
        assert (await anonymous.request(method, at, body, {"If-Match": "*"})).status_code == 401, (method, at)


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),  # the neighbour does not even learn that it could exist
        ("commune_a", "viewer", 403),
        ("commune_a", "approver", 403),
        ("district_yen_thanh", "editor", 403),  # a higher level never edits a lower administrative unit's data
        ("school_a1", "editor", 404),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_evaluates_it(scene: Scene, as_: As, unit: str, role: str, status: int) -> None:
    await criteria_set(scene.system)
    await scene.registered()
    answer = await as_(unit, role).post("/evaluations", scene.body())
    assert answer.status_code == status
    assert len((await scene.editor.get("/evaluations")).json()["items"]) == (status == 201)


@pytest.mark.parametrize(
    ("unit", "role"), [("commune_b", "editor"), ("commune_c", "approver"), ("school_a1", "editor")]
)
async def test_siblings_find_nothing(scene: Scene, as_: As, unit: str, role: str) -> None:
    path = await scene.submitted()
    other = as_(unit, role)
    any_version = {"If-Match": "*"}
    answers = [
        await other.get(path),
        await other.request("PATCH", path, {"summary": "x"}, any_version),
        await other.request("DELETE", path, headers=any_version),
        await other.request("PUT", f"{path}/results", {"results": []}, any_version),
        await other.request("PUT", f"{path}/verification", {"results": MET}, any_version),
        await other.request("POST", f"{path}/transitions", {"action": "submit"}, any_version),
        await other.request("POST", f"{path}/transitions", {"action": "verify"}, any_version),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert (await other.get("/evaluations")).json()["items"] == []
    assert (await scene.seen())["version"] == 2


async def test_a_registration_has_one_evaluation_of_each_stage(scene: Scene) -> None:
    await scene.drafted()
    answer = await scene.editor.post("/evaluations", scene.body())
    assert (answer.status_code, codes(answer)) == (409, [("/stage", "duplicate")])
    assert (await scene.editor.made("/evaluations", scene.body("forecast")))["stage"] == "forecast"


async def test_a_withdrawn_registration_is_not_evaluated(scene: Scene, system: Tx) -> None:
    await criteria_set(system)
    await scene.registered("withdrawn")
    answer = await scene.editor.post("/evaluations", scene.body())
    assert (answer.status_code, answer.json()["code"]) == (409, "registration_withdrawn")


async def test_a_draft_may_be_filled_in_before_the_registration_is_submitted(scene: Scene) -> None:
    await scene.registered("draft")
    await scene.drafted()
    refused = await scene.approver.act(scene.path, "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "registration_not_submitted")
    assert (await scene.seen())["status"] == "draft"
    deleting = await scene.editor.change("DELETE", f"/registrations/{scene.registration}")
    assert (deleting.status_code, deleting.json()["code"]) == (409, "in_use")


async def test_the_newest_published_set_for_the_kind_is_the_default(scene: Scene, system: Tx) -> None:
    await scene.registered()
    none = await scene.editor.post("/evaluations", scene.body())
    assert (none.status_code, codes(none)) == (422, [("/criteria_set_id", "none_applicable")])
    old = await criteria_set(system)
    newest = await criteria_set(system, SmallSet(version=2))
    await criteria_set(system, SmallSet(version=3, status="draft"))
    for other in (
        SmallSet(code="CSGD", kinds=("school",)),
        SmallSet(code="CU", status="retired"),
        SmallSet(code="VINH", owner="district_vinh"),  # of a district that the commune does not belong to
    ):
        await criteria_set(system, other)
    made = await scene.editor.made("/evaluations", scene.body())
    assert made["criteria_set"]["id"] == str(newest)
    chosen = await scene.editor.made("/evaluations", scene.body("forecast", criteria_set_id=str(old)))
    assert chosen["criteria_set"]["set_version"] == 1


async def test_where_several_sets_apply_one_is_chosen(scene: Scene, system: Tx) -> None:
    await scene.registered()
    await criteria_set(system)
    second = await criteria_set(system, SmallSet(code="RIENG", owner="province"))
    answer = await scene.editor.post("/evaluations", scene.body())
    assert (answer.status_code, codes(answer)) == (422, [("/criteria_set_id", "choose")])
    assert "RIENG, THU-XA" in answer.json()["errors"][0]["message"]
    made = await scene.editor.made("/evaluations", scene.body(criteria_set_id=str(second)))
    assert made["criteria_set"]["code"] == "RIENG"
    school = await criteria_set(system, SmallSet(code="CSGD", kinds=("school",)))
    for wrong in (school, unit_id("ministry")):
        answer = await scene.editor.post("/evaluations", scene.body("forecast", criteria_set_id=str(wrong)))
        assert codes(answer) == [("/criteria_set_id", "not_applicable")]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"stage": "final"}, ("/registration_id", "missing")),
        ({"stage": "finale"}, ("/stage", "literal_error")),
        ({"results": [{"criterion": "TC1"}]}, ("/results/0/outcome", "missing")),
        ({"results": [{"criterion": "TC1", "outcome": "yes"}]}, ("/results/0/outcome", "literal_error")),
        ({"results": [{"criterion": "TC9", "outcome": "met"}]}, ("/results/0/criterion", "unknown_criterion")),
        ({"result": []}, ("/result", "extra_forbidden")),
    ],
)
async def test_bad_input_names_the_place(
    scene: Scene, system: Tx, body: dict[str, Any], fault: tuple[str, str]
) -> None:
    await criteria_set(system)
    await scene.registered()
    full = {**scene.body(), **body}
    if fault[1] == "missing" and fault[0] == "/registration_id":
        del full["registration_id"]
    answer = await scene.editor.post("/evaluations", full)
    assert (answer.status_code, codes(answer)) == (422, [fault])


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"criterion": "TC1", "outcome": "met", "figure": 1}, "figure_not_allowed"),
        ({"criterion": "TC2", "outcome": "met"}, "figure_required"),
        ({"criterion": "TC2", "outcome": "met", "figure": 69.9999}, "contradicts_threshold"),
        ({"criterion": "TC2", "outcome": "not_met", "figure": 70, "reason": "x"}, "contradicts_threshold"),
        ({"criterion": "TC2", "outcome": "met", "figure": 100.5}, "above_100"),
        ({"criterion": "TC2", "outcome": "not_met", "figure": -1}, "negative"),
        ({"criterion": "TC3", "outcome": "not_met", "figure": -1}, "negative"),
        ({"criterion": "TC3", "outcome": "met", "figure": 2.5}, "not_whole"),
        ({"criterion": "TC3", "outcome": "met", "figure": 2.00001}, "decimal_max_places"),
        ({"criterion": "TC3", "outcome": "met", "figure": "2"}, "decimal_type"),
        ({"criterion": "TC3", "outcome": "met", "figure": True}, "decimal_type"),
    ],
)
async def test_figures_must_fit_the_criterion_and_the_outcome(scene: Scene, entry: dict[str, Any], fault: str) -> None:
    await scene.drafted()
    # After three good ones, so that the pointer's index means something.
    fillers = [{"criterion": code, "outcome": "not_assessed"} for code in CRITERIA if code != entry["criterion"]]
    answer = await scene.editor.change("PUT", f"{scene.path}/results", {"results": [*fillers, entry]}, "*")
    assert (answer.status_code, codes(answer)) == (422, [("/results/3/figure", fault)])
    assert values(await scene.seen(), "self") == {"TC1": "met", "TC2": "met", "TC3": "met", "TC4": None}


async def test_all_faults_are_told_at_once(scene: Scene) -> None:
    await scene.drafted()
    entries = [
        {"criterion": "TC3", "outcome": "met", "figure": 1.5},
        {"criterion": "TC3", "outcome": "not_met"},
        {"criterion": "nope", "outcome": "met"},
        {"criterion": "TC2", "outcome": "met"},
    ]
    answer = await scene.editor.change("PUT", f"{scene.path}/results", {"results": entries}, "*")
    assert codes(answer) == [
        ("/results/0/figure", "not_whole"),
        ("/results/1/criterion", "duplicate"),
        ("/results/2/criterion", "unknown_criterion"),
        ("/results/3/figure", "figure_required"),
    ]
    assert "TC2" in answer.json()["errors"][3]["message"]


async def test_results_are_replaced_as_a_whole_and_unchanged_ones_keep_their_author(
    scene: Scene, robot: Api, clock: Any, audit: Callable[..., Any]
) -> None:
    await scene.drafted()
    before = await scene.seen()
    clock.set("2024-07-02T09:00:00+07:00")
    ids = {row["criterion"]["code"]: row["criterion"]["id"] for row in before["results"]}
    entries = [
        {"criterion": ids["TC1"], "outcome": "met"},  # by id, and unchanged
        {"criterion": "TC2", "outcome": "not_met", "figure": 41, "reason": "Mới đạt 41%"},
        {"criterion": "TC4", "outcome": "not_assessed"},
    ]
    answer = await robot.change("PUT", f"{scene.path}/results", {"results": entries}, await robot.etag(scene.path))
    assert answer.status_code == 200, answer.text
    after = await scene.seen()
    assert values(after, "self") == {"TC1": "met", "TC2": "not_met", "TC3": None, "TC4": "not_assessed"}
    assert after["results"][0]["self"] == before["results"][0]["self"]
    changed = after["results"][1]["self"]
    assert (changed["evidence"], changed["by"] == before["results"][1]["self"]["by"]) == (None, False)
    assert changed["at"] > before["results"][1]["self"]["at"]
    event = (await audit())[-1]
    assert (event.verb, set(event.before["self"]), event.after["self"]["TC3"]) == (
        *("evaluation.assess", {"TC2", "TC3", "TC4"}, {}),
    )
    await robot.change("PUT", f"{scene.path}/results", {"results": entries}, "*")
    event = (await audit())[-1]
    assert (event.before, event.after) == ({}, {})  # the same again changes nothing


async def test_changes_need_the_version_that_was_read(scene: Scene) -> None:
    await scene.drafted()
    etag = await scene.editor.etag(scene.path)
    missing = await scene.editor.request("PUT", f"{scene.path}/results", {"results": MET})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    done = await scene.editor.change("PATCH", scene.path, {"summary": "a", "self_checked_on": "2024-06-20"}, etag)
    assert (done.json()["summary"], done.json()["self_checked_on"], done.json()["version"]) == ("a", "2024-06-20", 2)
    stale = await scene.editor.change("PUT", f"{scene.path}/results", {"results": []}, etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    assert values(await scene.seen(), "self")["TC1"] == "met"
    emptied = await scene.editor.change("PATCH", scene.path, {"summary": None})
    assert (emptied.json()["summary"], emptied.json()["self_checked_on"]) == (None, "2024-06-20")


async def test_drafts_are_deleted_with_their_results_and_submitted_ones_are_not(
    scene: Scene, audit: Callable[..., Any]
) -> None:
    path = await scene.drafted()
    assert (await scene.editor.change("DELETE", path)).status_code == 204
    assert (await scene.editor.get(path)).status_code == 404
    event = (await audit())[-1]
    assert (event.verb, event.before["self"]["TC3"]["figure"], event.after) == ("evaluation.delete", "2", None)
    await scene.editor.made("/evaluations", scene.body(results=MET))
    path = f"/evaluations/{(await scene.editor.get('/evaluations')).json()['items'][0]['id']}"
    await scene.approver.done(path, "submit")
    await scene.above.done(path, "return", note="Xem lại")
    refused = await scene.editor.change("DELETE", path)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")


async def test_the_year_follows_the_registration(scene: Scene) -> None:
    await scene.registered("draft")
    await scene.drafted()
    await scene.editor.change("PATCH", f"/registrations/{scene.registration}", {"year": 2023})
    assert (await scene.seen())["year"] == 2023


async def test_a_registration_stays_under_an_evaluation_that_was_handed_in(scene: Scene) -> None:
    await scene.registered("submitted")
    await scene.submitted()
    registration = f"/registrations/{scene.registration}"
    await scene.above.done(registration, "return", note="Xem lại")
    refused = [
        await scene.approver.act(registration, "withdraw"),
        await scene.editor.change("PATCH", registration, {"year": 2025}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "registration_evaluated")] * 2
    assert (await scene.seen())["year"] == 2024
    await scene.above.done(scene.path, "return", note="Trả lại để sửa đăng ký")
    assert (await scene.approver.done(registration, "withdraw"))["status"] == "withdrawn"
