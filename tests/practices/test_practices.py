"""Good practices over HTTP: recorded by the unit, chosen upward."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from app.access.actor import Tx
from app.identity.models import GrantRow
from app.kernel.ids import new_id
from app.practices.models import PROPOSED, SELECTED, STATUSES, TO_BE_REPLICATED, Practice
from app.practices.workflow import MACHINE
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.people import also, user_id
from tests.builders.records import PRACTICE, practice
from tests.builders.reports import submitted
from tests.builders.units import path as path_of
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BODY = {"unit_id": str(unit_id("commune_a")), **PRACTICE}


def at(made: dict[str, Any]) -> str:
    """The path of a practice."""
    return f"/good-practices/{made['id']}"


async def test_an_editor_records_a_practice_and_it_is_logged(as_: As, audit: Callable[..., Any]) -> None:
    made = await practice(as_)
    assert (made["status"], made["unit"]["code"], made["started_on"]) == ("draft", "17509", "2024-02-05")
    assert (made["editable"], made["lock"], made["allowed_actions"], made["version"]) == (True, None, [], 1)
    (event,) = await audit()
    assert (event.verb, event.actor_id, event.after) == ("practice.create", user_id("commune_a", "editor"), PRACTICE)


async def test_anonymous_is_refused(anonymous: Api) -> None:
    assert (await anonymous.post("/good-practices", BODY)).status_code == 401
    assert (await anonymous.get("/good-practices")).status_code == 401


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),
        ("commune_a", "viewer", 403),
        ("commune_a", "approver", 403),
        ("district_yen_thanh", "editor", 403),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_records(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/good-practices", BODY)).status_code == status


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"title": ""}, ("/title", "string_too_short")),
        ({"title": "a\tb\nc"}, ("/title", "string_pattern_mismatch")),
        ({"summary": None}, ("/summary", "string_type")),
        ({"started_on": "2024-07-02"}, ("/started_on", "in_future")),
        ({"started_on": 1}, ("/started_on", "date_parsing")),
        ({"status": "selected"}, ("/status", "extra_forbidden")),
        ({"title": "Mô hình (Tối mật)"}, ("/title", "secrecy_mark")),
        ({"results": "Theo Báo cáo số 12/BC-CAT(TM)"}, ("/results", "secrecy_mark")),
    ],
)
async def test_bad_input_names_the_place(as_: As, fields: dict[str, Any], fault: tuple[str, str]) -> None:
    editor = as_("commune_a", "editor")
    answer = await editor.post("/good-practices", {**BODY, **fields})
    assert (answer.status_code, codes(answer)) == (422, [fault])
    if "summary" not in fields:
        patched = await editor.change("PATCH", at(await practice(as_)), fields)
        assert (patched.status_code, codes(patched)) == (422, [fault])


async def test_it_is_chosen_upward_and_keeps_its_origin(as_: As, audit: Callable[..., Any]) -> None:
    path = at(await practice(as_))
    assert (await as_("commune_a", "approver").done(path, "propose"))["status"] == "proposed"
    district, province = as_("district_yen_thanh", "approver"), as_("province", "approver")
    offered = (await district.get(path)).json()["allowed_actions"]
    assert offered == [{"action": "select", "needs_note": False}, {"action": "return", "needs_note": True}]
    chosen = await district.done(path, "select", note="Dễ làm, ít tốn kém")
    assert (chosen["status"], chosen["selected_by_unit"]["code"]) == ("selected", "426")
    assert chosen["selection_note"] == "Dễ làm, ít tốn kém"
    assert [a["action"] for a in (await province.get(path)).json()["allowed_actions"]] == ["replicate"]
    last = await province.done(path, "replicate", note="Nhân rộng toàn tỉnh")
    assert (last["status"], last["replicated_by_unit"]["code"]) == ("to_be_replicated", "40")
    assert (last["unit"]["code"], last["selected_by_unit"]["code"], last["allowed_actions"]) == ("17509", "426", [])
    events = await audit()
    assert [event.verb for event in events] == [f"practice.{a}" for a in ("create", "propose", "select", "replicate")]
    assert (events[-1].before["status"], events[-1].after["status"]) == ("selected", "to_be_replicated")
    assert (events[-1].note, str(events[-1].unit_id)) == ("Nhân rộng toàn tỉnh", last["unit"]["id"])


@pytest.mark.parametrize(
    ("state", "action", "who", "status"),
    [
        ("draft", "propose", ("commune_a", "editor"), 403),
        ("draft", "propose", ("commune_b", "approver"), 404),
        ("draft", "propose", ("district_yen_thanh", "approver"), 403),
        ("proposed", "select", ("commune_a", "approver"), 403),
        ("proposed", "select", ("province", "approver"), 403),  # not directly above
        ("proposed", "select", ("district_yen_thanh", "editor"), 403),
        ("proposed", "select", ("district_vinh", "approver"), 404),
        ("proposed", "select", ("district_yen_thanh", "approver"), 200),
        ("proposed", "return", ("province", "approver"), 403),
        ("selected", "replicate", ("commune_a", "approver"), 403),
        ("selected", "replicate", ("district_yen_thanh", "approver"), 403),  # a unit further above does
        ("selected", "replicate", ("province", "editor"), 403),
        ("selected", "replicate", ("province", "approver"), 200),
        ("selected", "return", ("district_yen_thanh", "approver"), 200),
    ],
)
async def test_each_step_is_taken_by_the_unit_it_belongs_to(
    as_: As, state: str, action: str, who: tuple[str, str], status: int
) -> None:
    made = await practice(as_, status=state)
    etag = await as_("commune_a", "editor").etag(at(made))
    answer = await as_(*who).act(at(made), action, etag=etag, note="Lý do")
    assert answer.status_code == status
    after = (await as_("commune_a", "editor").get(at(made))).json()["status"]
    assert after == (MACHINE[state, action].to if status == 200 else state)


async def test_under_the_root_the_unit_directly_above_selects_and_replicates(as_: As) -> None:
    """Of an agency under the province, whose only other superior is the ministry."""
    made = await as_("agency_p1", "editor").made("/good-practices", {**BODY, "unit_id": str(unit_id("agency_p1"))})
    await as_("agency_p1", "approver").done(at(made), "propose")
    await as_("province", "approver").done(at(made), "select")
    last = await as_("province", "approver").done(at(made), "replicate")
    assert (last["selected_by_unit"]["code"], last["replicated_by_unit"]["code"]) == ("40", "40")


async def test_who_may_at_several_units_decides_for_the_nearest(as_: As, system: Tx) -> None:
    at_ministry = {"unit_id": unit_id("ministry"), "unit_path": path_of("ministry"), "valid_from": date(2023, 1, 1)}
    granted = {"id": new_id(), "user_id": user_id("province", "approver"), "role": "approver"}
    await system.session.execute(insert(GrantRow).values(**granted, **at_ministry))
    made = await practice(as_, status="to_be_replicated")
    assert made["replicated_by_unit"]["name"] == "Tỉnh Nghệ An"


async def test_nobody_chooses_what_he_proposed(as_: As, system: Tx) -> None:
    await also(system.session, "commune_a", "approver", "editor")
    made = await as_("commune_a", "editor").made("/good-practices", {**BODY, "unit_id": str(unit_id("school_a1"))})
    approver = as_("commune_a", "approver")
    assert (await approver.done(at(made), "propose"))["allowed_actions"] == []
    for action in ("select", "return"):
        refused = await approver.act(at(made), action, note="x")
        assert (refused.status_code, refused.json()["code"]) == (403, "self_approval")
    assert (await as_("commune_a", "approver2").done(at(made), "select"))["status"] == "selected"


async def test_every_other_pair_of_state_and_action_is_refused(as_: As, system: Tx) -> None:
    who = {"propose": "commune_a", "select": "district_yen_thanh", "return": "district_yen_thanh"}
    for state in STATUSES:
        made = await practice(as_, status=state)
        for action in ("propose", "select", "return", "replicate"):
            if (state, action) not in MACHINE:
                refused = await as_(who.get(action, "province"), "approver").act(at(made), action, note="x")
                assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state"), (state, action)
                assert refused.json()["current_status"] == state


async def test_proposing_needs_results(as_: As) -> None:
    made = await practice(as_, results=None)
    refused = await as_("commune_a", "approver").act(at(made), "propose")
    assert (refused.status_code, codes(refused)) == (422, [("/results", "missing")])
    await as_("commune_a", "editor").change("PATCH", at(made), {"results": "Giảm 5 vụ"})
    assert (await as_("commune_a", "approver").done(at(made), "propose"))["status"] == "proposed"


async def test_returning_needs_a_note_and_opens_it_again(as_: As) -> None:
    made = await practice(as_, status="selected")
    district = as_("district_yen_thanh", "approver")
    refused = await district.act(at(made), "return")
    assert (refused.status_code, codes(refused)) == (422, [("/note", "note_required")])
    closed = await as_("commune_a", "editor").change("PATCH", at(made), {"title": "Khác"})
    assert (closed.status_code, closed.json()["code"]) == (409, "invalid_state")
    returned = await district.done(at(made), "return", note="Kết quả chưa rõ")
    assert (returned["return_note"], returned["selected_by_unit"], returned["selected_at"]) == (
        "Kết quả chưa rõ",
        None,
        None,
    )
    changed = await as_("commune_a", "editor").change("PATCH", at(made), {"results": "Giảm 5 vụ"})
    assert (changed.status_code, changed.json()["results"]) == (200, "Giảm 5 vụ")
    assert (await as_("commune_a", "approver").done(at(made), "propose"))["status"] == "proposed"


async def test_changes_need_the_version_that_was_read(as_: As) -> None:
    path, editor = at(await practice(as_)), as_("commune_a", "editor")
    etag = await editor.etag(path)
    assert (await editor.request("PATCH", path, {"title": "a"})).status_code == 428
    assert (await editor.request("POST", f"{path}/transitions", {"action": "propose"})).status_code == 403
    bare = await as_("commune_a", "approver").request("POST", f"{path}/transitions", {"action": "propose"})
    assert bare.status_code == 428
    assert (await editor.change("PATCH", path, {"title": "a"}, etag)).json()["version"] == 2
    stale = await as_("commune_a", "approver").act(path, "propose", etag=etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    nothing = await editor.change("PATCH", path, {"title": None, "summary": None, "results": None})
    assert codes(nothing) == [("/title", "null"), ("/summary", "null")]


async def test_drafts_are_deleted_and_proposed_ones_are_not(as_: As, audit: Callable[..., Any]) -> None:
    editor, made = as_("commune_a", "editor"), await practice(as_)
    assert (await editor.change("DELETE", at(made))).status_code == 204
    assert (await editor.get(at(made))).status_code == 404
    event = (await audit())[-1]
    assert (event.verb, event.before["title"], event.after) == ("practice.delete", PRACTICE["title"], None)
    for state in ("proposed", "returned"):
        refused = await editor.change("DELETE", at(await practice(as_, status=state)))
        assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")


async def test_what_a_report_has_counted_stays_and_others_may_still_choose(as_: As, system: Tx) -> None:
    campaign_id = await plan_320(system)
    draft, proposed = await practice(as_), await practice(as_, status="proposed")
    early = await practice(as_, started_on="2022-02-05")
    report = await submitted(as_, campaign_id)
    editor, approver = as_("commune_a", "editor"), as_("commune_a", "approver")
    seen = (await approver.get(at(draft))).json()
    assert (seen["allowed_actions"], seen["editable"], seen["lock"]["code"]) == ([], False, "period_locked")
    refusals = [
        await editor.post("/good-practices", BODY),
        await editor.change("PATCH", at(draft), {"title": "Khác"}),
        await editor.change("PATCH", at(early), {"started_on": "2024-01-05"}),
        await editor.change("DELETE", at(draft)),
        await approver.act(at(draft), "propose"),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refusals} == {(409, "period_locked")}
    district = as_("district_yen_thanh", "approver")
    assert (await district.done(at(proposed), "select"))["status"] == "selected"
    assert (await approver.done(at(early), "propose"))["status"] == "proposed"
    await district.done(report, "return", note="Bổ sung mô hình")
    assert (await approver.done(at(draft), "propose"))["status"] == "proposed"


async def titles(caller: Api, **query: Any) -> list[str]:
    """The titles of the practices that the query finds."""
    answer = await caller.get("/good-practices", **query)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def test_lists_are_fenced_filtered_and_paged(as_: As, system: Tx) -> None:
    campaign_id = await plan_320(system)
    for unit in ("commune_a", "commune_b", "commune_c"):
        for year in (2022, 2024):
            await practice(as_, unit, title=f"{unit[-1]}{year}", started_on=f"{year}-02-05")
    await practice(as_, status="selected", title="chosen", started_on="2023-06-01")
    district, province = as_("district_yen_thanh", "viewer"), as_("province", "viewer")
    assert await titles(district) == ["a2022", "chosen", "a2024", "b2022", "b2024"]
    assert await titles(province, status="selected") == ["chosen"]
    assert await titles(province, under=str(unit_id("district_vinh"))) == ["c2022", "c2024"]
    assert await titles(province, unit=str(unit_id("commune_b")), year=2024) == ["b2024"]
    assert await titles(district, campaign=campaign_id) == ["chosen", "a2024", "b2024"]
    assert await titles(district, updated_since="2024-07-02T00:00:00Z") == []
    assert (await titles(province, sort="-started_on"))[-1] in {"a2022", "b2022", "c2022"}
    page = (await province.get("/good-practices", limit=4, include_total="true")).json()
    rest = await titles(province, limit=4, cursor=page["next_cursor"])
    assert (page["total"], len(page["items"]), len(rest)) == (7, 4, 3)
    assert codes(await province.get("/good-practices", stauts="draft")) == [("/stauts", "extra_forbidden")]


async def test_what_counts_as_proposed_selected_replicated(as_: As, system: Tx) -> None:
    for state in STATUSES:
        await practice(as_, status=state)
    counted = [
        await system.session.scalar(select(func.count()).select_from(Practice).where(rule))
        for rule in (PROPOSED, SELECTED, TO_BE_REPLICATED)
    ]
    assert counted == [3, 2, 1]


async def test_a_simple_request_takes_few_statements(as_: As, statements: Any) -> None:
    path = at(await practice(as_, status="selected"))
    statements.seen.clear()
    await as_("commune_a", "editor").get(path)
    assert len(statements.seen) <= 2
    statements.seen.clear()
    await as_("commune_a", "editor").get("/good-practices", include_total="true")
    assert len(statements.seen) <= 3
