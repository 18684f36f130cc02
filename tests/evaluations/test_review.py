"""From the unit's own values to recognition: who may, what is refused, what stays beside what."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import ColumnElement, func, select

from app.access.actor import Tx
from app.evaluations.models import (
    COUNTS,
    EXPECTED_MET,
    EXPECTED_NOT_MET,
    KEPT,
    NOT_KEPT,
    NOT_RECOGNISED,
    RECOGNISED,
    VERIFIED,
    Evaluation,
)
from app.evaluations.workflow import MACHINES
from tests.actors import codes
from tests.builders.criteria import SmallSet, criteria_set
from tests.builders.people import also, user_id
from tests.builders.units import unit_id
from tests.evaluations.scene import DECISION, FAILED, MET, As, Scene, values

pytestmark = pytest.mark.anyio
ACTIONS = ("submit", "return", "verify", "recognise", "decline")
# What rules.md says, written down a second time on purpose.
POSSIBLE = {
    ("draft", "submit"),
    ("submitted", "verify"),
    ("submitted", "return"),
    ("verified", "return"),
    ("verified", "recognise"),
    ("verified", "decline"),
    ("returned", "submit"),
}
STATES = ("draft", "submitted", "returned", "verified", "recognised", "not_recognised")


async def test_the_whole_way_to_recognition(scene: Scene, audit: Callable[..., Any]) -> None:
    await scene.submitted()
    waiting = (await scene.above.get(scene.path)).json()
    assert waiting["allowed_actions"] == [
        {"action": "verify", "needs_note": False},
        {"action": "return", "needs_note": True},
    ]
    assert (waiting["verifiable"], waiting["passed_self"], waiting["passed_verified"]) == (True, True, None)
    verified = await scene.above.done(scene.path, "verify")
    assert [one["action"] for one in verified["allowed_actions"]] == ["return", "recognise", "decline"]
    recognised = await scene.above.done(scene.path, "recognise", **DECISION)
    assert (recognised["status"], recognised["conclusion"], recognised["decision_number"]) == (
        *("recognised", "recognised", "15/QĐ-UBND"),
    )
    assert (recognised["passed_self"], recognised["passed_verified"], recognised["passed_final"]) == (True, True, True)
    assert recognised["allowed_actions"] == []
    told = [event for event in await audit() if event.verb.startswith("evaluation.")]
    assert [event.verb for event in told] == [
        *("evaluation.create", "evaluation.submit", "evaluation.verify", "evaluation.recognise"),
    ]
    assert (told[-1].before["status"], told[-1].after["status"], told[-1].actor_id) == (
        *("verified", "recognised", user_id("district_yen_thanh", "approver")),
    )


async def test_submit_names_every_missing_place_at_once(scene: Scene) -> None:
    await scene.drafted(
        results=[
            {"criterion": "TC2", "outcome": "met", "figure": 90},
            {"criterion": "TC3", "outcome": "not_assessed"},
            {"criterion": "TC4", "outcome": "not_met"},
        ]
    )
    refused = await scene.approver.act(scene.path, "submit")
    assert (refused.status_code, refused.json()["code"]) == (422, "evaluation_incomplete")
    assert codes(refused) == [
        ("/results/0/self/outcome", "not_assessed"),
        ("/results/1/self/evidence", "evidence_required"),
        ("/results/2/self/outcome", "not_assessed"),
        ("/results/3/self/reason", "reason_required"),
    ]
    for error, code in zip(refused.json()["errors"], ("TC1", "TC2", "TC3", "TC4"), strict=True):
        assert (code in error["message"], error["in"] if "in" in error else error["where"]) == (True, "resource")
    seen = await scene.seen()
    assert (seen["status"], [row["criterion"]["code"] for row in seen["results"]][3]) == ("draft", "TC4")


@pytest.mark.parametrize("status", ["draft", "returned", "withdrawn"])
async def test_submit_waits_for_the_registration(scene: Scene, status: str) -> None:
    await scene.registered("draft" if status == "withdrawn" else status)
    await scene.drafted()
    if status == "withdrawn":
        await scene.approver.done(f"/registrations/{scene.registration}", "withdraw")
    refused = await scene.approver.act(scene.path, "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "registration_not_submitted")
    assert (await scene.seen())["status"] == "draft"


async def test_verify_waits_until_the_registration_is_accepted(scene: Scene) -> None:
    await scene.registered("submitted")
    await scene.submitted()
    refused = await scene.above.act(scene.path, "verify")
    assert (refused.status_code, refused.json()["code"]) == (409, "registration_not_accepted")
    await scene.above.done(f"/registrations/{scene.registration}", "accept")
    assert (await scene.above.done(scene.path, "verify"))["status"] == "verified"


async def test_three_values_stand_side_by_side(scene: Scene, clock: Any) -> None:
    await scene.submitted()
    own = {row["criterion"]["code"]: row["self"] for row in (await scene.seen())["results"]}
    clock.set("2024-07-03T09:00:00+07:00")
    judged = {"criterion": "TC2", "outcome": "not_met", "figure": 60, "reason": "Đếm lại chỉ được 60%"}
    entered = await scene.judge(judged)
    assert values(entered, "verified") == {"TC1": None, "TC2": "not_met", "TC3": None, "TC4": None}
    clock.set("2024-07-04T09:00:00+07:00")
    verified = await scene.above.done(scene.path, "verify")
    assert values(verified, "verified") == {"TC1": "met", "TC2": "not_met", "TC3": "met", "TC4": None}
    by_verifier = [row["verified"] for row in verified["results"]]
    assert [one and one["at"][:10] for one in by_verifier] == ["2024-07-04", "2024-07-03", "2024-07-04", None]
    assert {one["by"] for one in by_verifier if one} == {str(user_id("district_yen_thanh", "approver"))}
    assert by_verifier[2]["figure"] == 2
    refused = await scene.above.act(scene.path, "recognise", **DECISION)
    assert (refused.status_code, refused.json()["code"], refused.json()["criteria"]) == (
        *(409, "pass_rule_not_met", ["TC2"]),
    )
    clock.set("2024-07-05T09:00:00+07:00")
    declined = await scene.above.done(scene.path, "decline", note="Chưa đạt tiêu chí 2")
    assert (declined["conclusion"], declined["decline_note"]) == ("not_recognised", "Chưa đạt tiêu chí 2")
    assert (declined["passed_self"], declined["passed_verified"], declined["passed_final"]) == (True, False, False)
    for row, before in zip(declined["results"], by_verifier, strict=True):
        assert row["self"] == own[row["criterion"]["code"]]
        assert row["verified"] == before
        if before:
            moved = {"by": row["final"]["by"], "at": row["final"]["at"]}
            assert (row["final"], row["final"]["at"][:10]) == ({**before, **moved}, "2024-07-05")


async def test_after_a_return_only_what_changed_is_judged_anew(
    scene: Scene, clock: Any, audit: Callable[..., Any]
) -> None:
    await scene.submitted()
    clock.set("2024-07-02T09:00:00+07:00")
    await scene.judge(
        {"criterion": "TC2", "outcome": "not_met", "reason": "Thiếu biên bản"}, {"criterion": "TC4", "outcome": "met"}
    )
    refused = await scene.above.act(scene.path, "return")
    assert (refused.status_code, codes(refused)) == (422, [("/note", "note_required")])
    returned = await scene.above.done(scene.path, "return", note="Bổ sung biên bản")
    assert (returned["return_note"], returned["passed_self"]) == ("Bổ sung biên bản", None)
    clock.set("2024-07-03T09:00:00+07:00")
    better = [MET[0], {**MET[1], "evidence": "Biên bản số 4"}, MET[2]]
    await scene.editor.change("PUT", f"{scene.path}/results", {"results": better}, "*")
    seen = await scene.seen()
    assert values(seen, "verified")["TC2"] == "not_met"  # the unit still sees what was said
    again = await scene.approver.done(scene.path, "submit")
    assert values(again, "verified") == {"TC1": None, "TC2": None, "TC3": None, "TC4": "met"}
    event = (await audit())[-1]
    assert event.before["verified"] == {"TC2": {"outcome": "not_met", "reason": "Thiếu biên bản"}}
    verified = await scene.above.done(scene.path, "verify")
    assert (values(verified, "verified")["TC2"], verified["passed_verified"]) == ("met", True)


async def test_a_value_taken_back_after_it_was_confirmed_is_no_longer_confirmed(scene: Scene, clock: Any) -> None:
    await scene.verified(results=[*MET, {"criterion": "TC4", "outcome": "met"}])
    await scene.above.done(scene.path, "return", note="Xem lại")
    clock.set("2024-07-03T09:00:00+07:00")
    for _ in range(2):  # leaving it out twice is no second change
        answer = await scene.editor.change("PUT", f"{scene.path}/results", {"results": MET}, "*")
        assert (values(answer.json(), "self")["TC4"], values(answer.json(), "verified")["TC4"]) == (
            "not_assessed",
            "met",
        )
    again = await scene.approver.done(scene.path, "submit")
    assert values(again, "verified") == {"TC1": "met", "TC2": "met", "TC3": "met", "TC4": None}


async def test_a_verified_one_can_be_returned_and_starts_over(scene: Scene) -> None:
    await scene.verified()
    returned = await scene.above.done(scene.path, "return", note="Sai số liệu")
    assert (returned["status"], returned["verified_at"], returned["passed_verified"]) == ("returned", None, None)
    await scene.approver.done(scene.path, "submit")
    assert (await scene.above.done(scene.path, "verify"))["passed_verified"] is True


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({"criterion": "TC1", "outcome": "not_met"}, ("/results/0/reason", "reason_required")),
        ({"criterion": "TC2", "outcome": "met", "figure": 5}, ("/results/0/figure", "contradicts_threshold")),
        ({"criterion": "TC7", "outcome": "met"}, ("/results/0/criterion", "unknown_criterion")),
        (None, ("/results", "too_short")),
    ],
)
async def test_bad_verified_values_name_the_place(
    scene: Scene, entry: dict[str, Any] | None, fault: tuple[str, str]
) -> None:
    await scene.submitted()
    body = {"results": [entry] if entry else []}
    answer = await scene.above.change("PUT", f"{scene.path}/verification", body, "*")
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_what_the_verifier_left_unjudged_keeps_it_from_being_verified(scene: Scene) -> None:
    await scene.submitted()
    await scene.judge({"criterion": "TC3", "outcome": "not_assessed"})
    refused = await scene.above.act(scene.path, "verify")
    assert (refused.json()["code"], codes(refused)) == (
        *("evaluation_incomplete", [("/results/2/verified/outcome", "not_assessed")]),
    )


async def test_the_verifier_has_seen_the_evidence_and_need_not_repeat_it(scene: Scene) -> None:
    await scene.submitted()
    await scene.judge({"criterion": "TC2", "outcome": "met", "figure": 71})
    verified = await scene.above.done(scene.path, "verify")
    assert (verified["results"][1]["verified"]["evidence"], verified["passed_verified"]) == (None, True)


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_a", "approver", 403),  # not its own
        ("commune_b", "approver", 404),
        ("province", "approver", 403),  # not directly above
        ("district_yen_thanh", "editor", 403),
        ("district_vinh", "approver", 404),
        ("district_yen_thanh", "approver", 200),
    ],
)
async def test_only_the_unit_directly_above_verifies(scene: Scene, as_: As, unit: str, role: str, status: int) -> None:
    path = await scene.submitted()
    who, any_version = as_(unit, role), {"If-Match": "*"}
    entry = {"results": [{"criterion": "TC1", "outcome": "met"}]}
    assert (await who.request("PUT", f"{path}/verification", entry, any_version)).status_code == status
    assert (await who.act(path, "verify", etag="*")).status_code == status
    assert (await scene.seen())["status"] == ("verified" if status == 200 else "submitted")


@pytest.mark.parametrize(
    ("level", "unit", "status"),
    [
        ("district", "district_yen_thanh", 200),
        ("district", "province", 403),
        ("district", "commune_a", 403),
        ("district", "district_vinh", 404),
        ("province", "district_yen_thanh", 403),
        ("province", "province", 200),
        ("managing_unit", "district_yen_thanh", 200),
        ("managing_unit", "province", 403),
        ("commune", "commune_a", 403),  # a level recognises what stands below it, never itself
    ],
)
async def test_the_sets_level_recognises_or_declines(scene: Scene, as_: As, level: str, unit: str, status: int) -> None:
    path = await scene.verified(made=SmallSet(recognised_by=level))
    who = as_(unit, "approver")
    assert (await who.act(path, "decline", etag='"1"', note="x")).status_code == (412 if status == 200 else status)
    assert (await who.act(path, "recognise", etag="*", **DECISION)).status_code == status
    assert (await scene.seen())["status"] == ("recognised" if status == 200 else "verified")


async def test_a_base_unit_passes_a_commune_with_one_editor_and_one_approver(as_: As, system: Tx) -> None:
    scene = Scene(as_, system, unit="school_a1", parent="commune_a")
    scene.editor = scene.approver = as_("commune_a", "editor")
    path = await scene.recognised(made=SmallSet(kinds=("school",), recognised_by="managing_unit"))
    assert (await as_("school_a1", "viewer").get(path)).json()["conclusion"] == "recognised"


async def test_nobody_judges_what_he_submitted(as_: As, system: Tx) -> None:
    scene = Scene(as_, system, unit="school_a1", parent="commune_a")
    scene.approver = scene.above  # who is also the commune's editor, and as such submits for its school
    await also(system.session, "commune_a", "approver", "editor")
    other = as_("commune_a", "approver2")
    scene.above = other
    await scene.submitted(made=SmallSet(kinds=("school",), recognised_by="managing_unit"))
    assert (await scene.approver.get(scene.path)).json()["allowed_actions"] == []
    entry = {"results": [{"criterion": "TC1", "outcome": "met"}]}
    answers = [
        await scene.approver.change("PUT", f"{scene.path}/verification", entry, "*"),
        await scene.approver.act(scene.path, "return", note="x"),
        await scene.approver.act(scene.path, "verify"),
    ]
    await other.done(scene.path, "verify")
    answers += [
        await scene.approver.act(scene.path, "return", note="x"),
        await scene.approver.act(scene.path, "recognise", **DECISION),
        await scene.approver.act(scene.path, "decline", note="x"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "self_approval")}
    assert (await other.done(scene.path, "recognise", **DECISION))["conclusion"] == "recognised"


def test_the_table_of_states_is_the_one_in_the_rules() -> None:
    assert set(MACHINES["final"]) == set(MACHINES["maintenance"]) == POSSIBLE
    assert set(MACHINES["forecast"]) == {pair for pair in POSSIBLE if pair[1] not in {"recognise", "decline"}}
    assert {pair for pair, found in MACHINES["final"].items() if found.needs_note} == {
        *(("submitted", "return"), ("verified", "return"), ("verified", "decline")),
    }


async def in_state(scene: Scene, state: str, stage: str = "final") -> None:
    """Bring the scene's evaluation to ``state``."""
    if state == "draft":
        await scene.drafted(stage=stage)
    elif state in {"submitted", "returned"}:
        await scene.submitted(stage=stage)
        if state == "returned":
            await scene.above.done(scene.path, "return", note="x")
    else:
        await scene.verified(stage=stage)
        if state == "recognised":
            await scene.above.done(scene.path, "recognise", **DECISION)
        if state == "not_recognised":
            await scene.above.done(scene.path, "decline", note="x")


@pytest.mark.parametrize("state", STATES)
async def test_every_other_action_is_refused(scene: Scene, state: str) -> None:
    await in_state(scene, state)
    version = (await scene.seen())["version"]
    for action in ACTIONS:
        if (state, action) not in POSSIBLE:
            who, other = (scene.approver, scene.above) if action == "submit" else (scene.above, scene.approver)
            refused = await who.act(scene.path, action, note="x")
            assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state"), action
            assert (await other.act(scene.path, action, note="x")).status_code == 403, action
    for method, at, body in (
        ("PUT", "/results", {"results": []}),
        ("PATCH", "", {"summary": "x"}),
        ("DELETE", "", None),
    ):
        if state not in {"draft", "returned"}:
            refused = await scene.editor.change(method, scene.path + at, body, "*")
            assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state"), method
    if state != "submitted":
        entry = {"results": [{"criterion": "TC1", "outcome": "met"}]}
        refused = await scene.above.change("PUT", f"{scene.path}/verification", entry, "*")
        assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    seen = await scene.seen()
    assert (seen["status"], seen["version"]) == (state, version)


@pytest.mark.parametrize("action", ["recognise", "decline"])
async def test_a_forecast_ends_when_verified(scene: Scene, action: str) -> None:
    await scene.verified(stage="forecast")
    refused = await scene.above.act(scene.path, action, note="x")
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    seen = (await scene.above.get(scene.path)).json()
    assert (seen["conclusion"], [one["action"] for one in seen["allowed_actions"]]) == ("expected_met", ["return"])


async def test_a_failing_forecast_is_expected_not_met(scene: Scene) -> None:
    await scene.verified(stage="forecast", results=FAILED)
    assert (await scene.seen())["conclusion"] == "expected_not_met"


async def test_maintenance_follows_recognition_and_is_kept_or_not(scene: Scene) -> None:
    await scene.verified()
    early = await scene.editor.post("/evaluations", scene.body("maintenance"))
    assert (early.status_code, early.json()["code"]) == (409, "not_recognised_yet")
    await scene.above.done(scene.path, "recognise", **DECISION)
    made = await scene.editor.made("/evaluations", scene.body("maintenance", results=MET))
    scene.path = f"/evaluations/{made['id']}"
    await scene.approver.done(scene.path, "submit")
    await scene.above.done(scene.path, "verify")
    kept = await scene.above.done(scene.path, "recognise")  # no decision needed
    assert (kept["conclusion"], kept["decision_number"]) == ("kept", None)


@pytest.mark.parametrize(
    ("action", "body", "faults"),
    [
        ("recognise", {}, [("/decision_number", "missing"), ("/decision_date", "missing")]),
        ("recognise", {"decision_number": "1"}, [("/decision_date", "missing")]),
        (
            "decline",
            {"note": "x", **DECISION},
            [("/decision_number", "not_applicable"), ("/decision_date", "not_applicable")],
        ),
        ("decline", {}, [("/note", "note_required")]),
        ("return", {"note": "x", "decision_number": "1"}, [("/decision_number", "not_applicable")]),
        ("approve", {}, [("/action", "literal_error")]),
    ],
)
async def test_the_decision_belongs_to_recognition(
    scene: Scene, action: str, body: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    await scene.verified()
    refused = await scene.above.act(scene.path, action, **body)
    assert (refused.status_code, codes(refused)) == (422, faults)
    assert (await scene.seen())["status"] == "verified"


@pytest.mark.parametrize(
    ("state", "stage", "true"),
    [
        ("draft", "final", set()),
        ("returned", "final", set()),
        ("submitted", "final", {"counts"}),
        ("verified", "final", {"counts", "verified"}),
        ("recognised", "final", {"counts", "verified", "recognised"}),
        ("not_recognised", "final", {"counts", "verified", "not_recognised"}),
        ("verified", "forecast", {"counts", "verified", "expected_met"}),
    ],
)
async def test_what_counts(scene: Scene, state: str, stage: str, true: set[str]) -> None:
    await in_state(scene, state, stage)
    predicates: dict[str, ColumnElement[bool]] = {
        "counts": COUNTS,
        "verified": VERIFIED,
        "recognised": RECOGNISED,
        "not_recognised": NOT_RECOGNISED,
        "kept": KEPT,
        "not_kept": NOT_KEPT,
        "expected_met": EXPECTED_MET,
        "expected_not_met": EXPECTED_NOT_MET,
    }
    columns = [func.count().filter(clause).label(name) for name, clause in predicates.items()]
    row = (await scene.system.session.execute(select(*columns).select_from(Evaluation))).one()
    assert {name for name, number in row._asdict().items() if number} == true


async def test_a_simple_request_takes_few_statements(scene: Scene, statements: Any) -> None:
    await scene.drafted()
    body = scene.body("forecast", results=MET)

    async def taken(doing: Any) -> int:
        statements.seen.clear()
        assert (await doing).status_code < 300
        return len(statements.seen)

    assert await taken(scene.editor.post("/evaluations", body)) == 7
    assert await taken(scene.editor.get(scene.path)) == 2
    assert await taken(scene.editor.get("/evaluations", include_total="true")) == 3
    fewer = {"results": MET[:2]}
    assert await taken(scene.editor.change("PUT", f"{scene.path}/results", fewer, "*")) == 8
    await scene.editor.change("PUT", f"{scene.path}/results", {"results": MET}, "*")
    assert await taken(scene.approver.act(scene.path, "submit", etag="*")) == 7
    assert await taken(scene.above.act(scene.path, "verify", etag="*")) == 6
    assert await taken(scene.above.act(scene.path, "recognise", etag="*", **DECISION)) == 6


async def test_lists_are_fenced_filtered_and_paged(as_: As, system: Tx) -> None:
    made = await criteria_set(system)
    paths = {}
    for unit, parent in (
        ("commune_a", "district_yen_thanh"),
        ("commune_b", "district_yen_thanh"),
        ("commune_c", "district_vinh"),
    ):
        scene = Scene(as_, system, unit=unit, parent=parent)
        await scene.registered()
        for stage in ("final", "forecast"):
            paths[unit, stage] = (await scene.editor.made("/evaluations", scene.body(stage)))["id"]
    district, province = as_("district_yen_thanh", "viewer"), as_("province", "viewer")
    everything = (await district.get("/evaluations", include_total="true")).json()
    assert ([one["unit"]["code"] for one in everything["items"]], everything["total"]) == (
        *(["17509", "17509", "17510", "17510"], 4),
    )
    assert "results" not in everything["items"][0]
    seen, cursor = [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = (await province.get("/evaluations", limit=2, stage="final", criteria_set=str(made), **more)).json()
        seen += [one["unit"]["code"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["16714", "17509", "17510"]
    for filters, expected in (
        ({"under": str(unit_id("district_vinh"))}, {paths["commune_c", "final"], paths["commune_c", "forecast"]}),
        ({"unit": str(unit_id("commune_b")), "stage": "forecast"}, {paths["commune_b", "forecast"]}),
        ({"year": 2023}, set()),
        ({"status": "submitted"}, set()),
        ({"updated_since": "2024-07-02T00:00:00Z"}, set()),
        ({"year": 2024, "status": "draft", "sort": "-updated_at"}, set(paths.values())),
        (
            {"registration": everything["items"][0]["registration_id"], "sort": "-year"},
            {paths["commune_a", "final"], paths["commune_a", "forecast"]},
        ),
    ):
        found = await province.get("/evaluations", **filters)
        assert {one["id"] for one in found.json()["items"]} == expected, filters
    refused = await province.get("/evaluations", staeg="final")
    assert (refused.status_code, codes(refused)) == (422, [("/staeg", "extra_forbidden")])
