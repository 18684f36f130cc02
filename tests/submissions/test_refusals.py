"""What a submission refuses, and what it tells whom."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.access.actor import Tx
from app.submissions.examples import BUNDLE
from tests.actors import Api, codes
from tests.builders.submissions import activity, bundle, counts, directive, scene
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def plan(system: Tx) -> str:
    """The scene; the id of the campaign."""
    return await scene(system)


async def test_nobody_in_particular_is_refused(anonymous: Api) -> None:
    assert (await anonymous.post("/submissions", bundle())).status_code == 401
    assert (await anonymous.get("/submissions")).status_code == 401
    lines = await anonymous.post("/submissions", content=b"{}\n", headers={"Content-Type": "application/x-ndjson"})
    assert lines.status_code == 401


@pytest.mark.parametrize("unit", ["commune_b", "district_yen_thanh"])
async def test_a_unit_outside_the_scope_is_not_there(as_: As, system: Tx, plan: str, unit: str) -> None:
    before = await counts(system)
    answer = await as_("commune_a", "editor").post("/submissions", bundle(unit))
    assert answer.status_code == 404
    assert codes(answer) == [("/unit", "not_found")]
    unknown = await as_("commune_a", "editor").post("/submissions", {**bundle(), "unit": "99999"})
    assert (unknown.status_code, codes(unknown)) == (404, codes(answer))
    assert await counts(system) == before


async def test_inside_the_scope_without_the_right_is_403_for_each_item(as_: As, system: Tx, plan: str) -> None:
    before = await counts(system)
    for unit, role in (("commune_a", "viewer"), ("district_yen_thanh", "editor")):
        answer = await as_(unit, role).post("/submissions", bundle())
        assert answer.status_code == 403, answer.text
        assert {code for _, code in codes(answer)} == {"forbidden"}
        assert len(codes(answer)) == 6
    assert await counts(system) == before


async def test_a_service_account_submits_for_its_unit(robot: Api, plan: str, audit: Any) -> None:
    answer = await robot.post("/submissions", bundle())
    assert answer.status_code == 200, answer.text
    assert {event.actor_name for event in await audit() if event.verb == "directive.create"} == {"robot"}


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ({"unit": "17509", "directive": []}, ("/directive", "extra_forbidden")),
        ({"directives": []}, ("/unit", "missing")),
        ({"unit": "17509"}, ("", "empty_bundle")),
        ([], ("", "model_type")),
        ({"unit": "17509", "directives": {}}, ("/directives", "list_type")),
        ({"unit": "17509", "registrations": [{"year": "2024"}]}, ("/registrations/0/year", "int_type")),
        ({"unit": "17509", "situation_figures": [{"indicator": "complaints"}]}, ("/campaign", "missing")),
        ({"unit": "17509", "campaign": "KH9", "report": {"number": "1"}}, ("/campaign", "not_found")),
        ({"unit": "17509", "evaluations": [{"stage": "final"}]}, ("/evaluations/0/year", "missing")),
        ({"unit": "17509", "evaluations": [{"stage": "final", "year": 2031}]}, ("/evaluations/0/year", "not_found")),
        ({"unit": "17509", "activities": [activity(1, form="x")]}, ("/activities/0/form", "not_found")),
        (
            {"unit": "17509", "registrations": [{"year": 2024}] * 5_001},
            ("/registrations", "too_long"),
        ),
    ],
)
async def test_each_fault_is_named_by_its_place(as_: As, plan: str, sent: Any, fault: tuple[str, str]) -> None:
    answer = await as_("commune_a", "editor").post("/submissions", sent)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == [fault]
    assert all(error["message"] for error in answer.json()["errors"])


async def test_all_faults_of_all_kinds_come_at_once(as_: As, system: Tx, plan: str) -> None:
    sent = bundle(
        campaign=plan,
        evaluations=[{"year": 2024, "stage": "final", "results": [{"criterion": "TC9", "outcome": "met"}]}],
        directives=[directive(1, issued_on="2030-01-01"), directive(2)],
        activities=[activity(1, venue_kind=None)],
        situation_figures=[
            {"indicator": "reports_received", "before_value": 5, "after_value": 5},
            {"indicator": "reports_resolved", "before_value": 6, "after_value": 5},
        ],
        report={"sections": {"II.1": "Tốt", "IX": "Không có mục này"}},
    )
    before = await counts(system)
    answer = await as_("commune_a", "editor").post("/submissions", sent)
    assert answer.status_code == 422
    assert set(codes(answer)) == {
        ("/evaluations/0/results/0/criterion", "unknown_criterion"),
        ("/directives/0/issued_on", "in_future"),
        ("/activities/0/venue_kind", "missing"),
        ("/situation_figures/0/before_value", "below_part"),
        ("/situation_figures/1/before_value", "exceeds_whole"),
        ("/report/sections/IX", "unknown_section"),
    }
    assert await counts(system) == before


async def test_partial_stores_the_good_and_tells_the_bad(as_: As, system: Tx, plan: str) -> None:
    sent = bundle(
        directives=[directive(1), directive(2, issued_on="2030-01-01")],
        activities=[activity(1), activity(2, form="x")],
    )
    answer = await as_("commune_a", "editor").post("/submissions?partial=true", sent)
    assert answer.status_code == 200, answer.text
    failed = {i["pointer"]: i["errors"][0]["code"] for i in answer.json()["items"] if i["outcome"] == "failed"}
    assert failed == {"/directives/1": "in_future", "/activities/1": "not_found"}
    assert answer.json()["summary"]["created"] == 5
    rows = await counts(system)
    assert (rows["directives"], rows["propaganda_activities"], rows["registrations"]) == (1, 1, 1)


async def test_a_locked_period_refuses_its_items(as_: As, system: Tx, plan: str) -> None:
    editor, approver = as_("commune_a", "editor"), as_("commune_a", "approver")
    report = await editor.made("/reports", {"campaign_id": plan, "unit_id": str(unit_id("commune_a"))})
    path = f"/reports/{report['id']}"
    head = {"review_method": "in_writing", "number": "1", "signer_name": "A", "signer_position": "B"}
    await editor.change("PATCH", path, {**head, "signed_on": "2024-06-30", "sections": {"II.1": "x"}})
    refused = await approver.act(path, "submit", note="Gửi")
    warnings = [error["code"] for error in refused.json().get("errors", [])]
    submitted = await approver.act(path, "submit", note="Gửi", acknowledged=warnings)
    assert submitted.status_code == 200, submitted.text
    before = await counts(system)
    sent = {"unit": "17509", "directives": [directive(1), directive(2, issued_on="2019-01-01")]}
    answer = await editor.post("/submissions", sent)
    assert answer.status_code == 409
    assert codes(answer) == [("/directives/0", "period_locked")]
    assert await counts(system) == before
    partial = await editor.post("/submissions?partial=true", sent)
    assert [item["outcome"] for item in partial.json()["items"]] == ["failed", "created"]


async def test_the_example_of_the_document_is_taken(as_: As, plan: str) -> None:
    answer = await as_("commune_a", "editor").post("/submissions", BUNDLE)
    assert answer.status_code == 200, answer.text


async def test_messages_come_in_the_language_of_the_request(as_: As, plan: str) -> None:
    editor = as_("commune_a", "editor")
    sent = {"unit": "17509", "directives": [directive(1, issued_on="2030-01-01")]}
    vi = await editor.post("/submissions", sent)
    en = await editor.post("/submissions", sent, headers={"Accept-Language": "en"})
    assert vi.json()["errors"][0]["message"] == "Ngày ban hành không được ở tương lai"
    assert en.json()["items"][0]["errors"][0]["message"] == "The day of issue cannot lie in the future"


CHOSEN: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "registration": ("/registrations", {"year": 2024}, {"year": 2025}),
    "directive": ("/directives", directive(1), {"title": "Khác"}),
    "activity": ("/propaganda-activities", activity(1), {"title": "Khác"}),
    "practice": ("/good-practices", {"title": "A", "summary": "B", "started_on": "2024-02-05"}, {"title": "C"}),
    "figure": ("/situation-figures", {"indicator": "complaints", "after_value": 3}, {"after_value": 4}),
    "report": ("/reports", {}, {"unit_id": str(unit_id("school_a1"))}),
}


@pytest.mark.parametrize("kind", sorted(CHOSEN))
async def test_a_chosen_id_makes_a_single_post_repeatable(as_: As, system: Tx, plan: str, kind: str) -> None:
    path, fields, change = CHOSEN[kind]
    body: dict[str, Any] = {"id": str(uuid4()), "unit_id": str(unit_id("commune_a")), **fields}
    if kind in {"figure", "report"}:
        body["campaign_id"] = plan
    editor = as_("commune_a", "editor")
    first = await editor.post(path, body)
    assert (first.status_code, first.json()["id"]) == (201, body["id"]), first.text
    before = await counts(system)
    again = await editor.post(path, body)
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["etag"] == first.headers["etag"]
    other = await editor.post(path, {**body, **change})
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_id")
    stranger = {**body, "unit_id": str(unit_id("commune_b"))}
    elsewhere = await as_("commune_b", "editor").post(path, stranger)
    assert (elsewhere.status_code, codes(elsewhere)) == (409, codes(other))
    assert await counts(system) == before
