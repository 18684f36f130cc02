"""A report's way up over HTTP, and when it counts as made in time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from app.access.actor import Tx
from app.kernel.workflow import actions
from app.reports import queries
from app.reports.review import move
from app.reports.schemas import ReportIn, ReportTransition
from app.reports.service import create
from app.reports.workflow import MACHINE
from app.units.models import Unit
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320, stored
from tests.builders.people import also
from tests.builders.reports import accepted, draft, handed_in, ready, submitted
from tests.builders.units import path as path_of
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
ON_TIME = "2024-07-14T23:59:45+07:00"  # the clock runs on; the last instant itself: tests/campaigns/test_deadlines.py
LATE = "2024-07-15T00:00:00+07:00"


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened."""
    return await plan_320(system)


async def timeliness(as_: As, path: str) -> str:
    """How the report's obligation stands."""
    return str((await as_("province", "viewer").get(path)).json()["obligation"]["timeliness"])


async def test_submit_and_accept(as_: As, plan: str, system: Tx, audit: Callable[..., Any]) -> None:
    path = await ready(as_, plan)
    seen = (await as_("commune_a", "approver").get(path)).json()
    assert seen["allowed_actions"] == [{"action": "submit", "needs_note": False}]
    await handed_in(as_, path)
    district = as_("district_yen_thanh", "approver")
    assert [a["action"] for a in (await district.get(path)).json()["allowed_actions"]] == ["accept", "return"]
    done = await district.done(path, "accept")
    assert (done["status"], done["obligation"]["status"], done["obligation"]["timeliness"]) == (
        "accepted",
        "accepted",
        "on_time",
    )
    assert done["accepted_at"] is not None
    assert (await stored(system, plan, "commune_a")).status == "accepted"
    verbs = [event.verb for event in await audit() if event.verb.startswith("report.")]
    assert verbs == ["report.create", "report.edit", "report.submit", "report.accept"]


async def test_what_is_missing_is_named(as_: As, plan: str) -> None:
    path = await draft(as_, plan)
    refused = await as_("commune_a", "approver").act(path, "submit")
    assert (refused.status_code, codes(refused)) == (422, [("/review_method", "missing"), ("/sections", "empty")])
    assert {error["in"] for error in refused.json()["errors"]} == {"resource"}
    editor = as_("commune_a", "editor")
    await editor.change("PATCH", path, {"review_method": "conference", "sections": {"I": "x"}})
    assert codes(await as_("commune_a", "approver").act(path, "submit")) == [("/held_on", "missing")]
    await editor.change("PATCH", path, {"held_on": "2024-07-02"})
    assert codes(await as_("commune_a", "approver").act(path, "submit")) == [("/held_on", "in_future")]
    await editor.change("PATCH", path, {"held_on": "2024-07-01"})
    assert (await handed_in(as_, path))["status"] == "submitted"


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_a", "approver", 403),
        ("commune_b", "approver", 404),
        ("district_vinh", "approver", 404),
        ("district_yen_thanh", "editor", 403),
        ("province", "approver", 403),
        ("district_yen_thanh", "approver", 200),
    ],
)
async def test_only_the_unit_directly_above_accepts(as_: As, plan: str, unit: str, role: str, status: int) -> None:
    path = await submitted(as_, plan)
    etag = await as_("commune_a", "approver").etag(path)
    assert (await as_(unit, role).act(path, "accept", etag)).status_code == status
    after = (await as_("commune_a", "editor").get(path)).json()["status"]
    assert after == ("accepted" if status == 200 else "submitted")


async def test_nobody_reviews_what_he_submitted(as_: As, plan: str, system: Tx) -> None:
    await also(system.session, "commune_a", "approver", "editor")
    path = await ready(as_, plan, "school_a1")
    approver = as_("commune_a", "approver")
    await handed_in(as_, path)
    assert (await approver.get(path)).json()["allowed_actions"] == []
    for action in ("accept", "return"):
        refused = await approver.act(path, action, note="x")
        assert (refused.status_code, refused.json()["code"]) == (403, "self_approval")
    assert (await as_("commune_a", "approver2").done(path, "accept"))["status"] == "accepted"


async def test_returning_needs_a_note_and_opens_it_again(as_: As, plan: str, system: Tx) -> None:
    path = await submitted(as_, plan)
    district = as_("district_yen_thanh", "approver")
    assert codes(await district.act(path, "return")) == [("/note", "note_required")]
    assert codes(await district.act(path, "accept", incomplete=True)) == [("/incomplete", "not_allowed")]
    returned = await district.done(path, "return", note="Thiếu mục V")
    assert (returned["status"], returned["return_note"]) == ("returned", "Thiếu mục V")
    assert (await stored(system, plan, "commune_a")).status == "returned"
    assert (await as_("commune_a", "editor").change("PATCH", path, {"number": "6"})).status_code == 200
    assert (await handed_in(as_, path))["obligation"]["status"] == "submitted"


async def test_a_coordinator_reopens_what_was_accepted(as_: As, plan: str) -> None:
    path = await accepted(as_, plan)
    coordinator = as_("province", "coordinator")
    refused = await as_("district_yen_thanh", "approver").act(path, "reopen", note="x")
    assert refused.status_code == 403
    assert codes(await coordinator.act(path, "reopen")) == [("/note", "note_required")]
    reopened = await coordinator.done(path, "reopen", note="Sửa số liệu")
    assert (reopened["status"], reopened["accepted_at"], reopened["obligation"]["timeliness"]) == (
        "returned",
        None,
        "on_time",
    )


async def test_a_unit_that_left_the_list_owes_no_report_any_more(as_: As, plan: str, system: Tx) -> None:
    path = await submitted(as_, plan)
    obligation = (await stored(system, plan, "commune_a")).id
    await as_("province", "coordinator").done(f"/obligations/{obligation}", "leave", note="Giải thể")
    assert (await as_("commune_a", "viewer").get(path)).json()["obligation"] is None
    listed = await as_("province", "viewer").get("/reports", timeliness="on_time")
    assert listed.json()["items"] == []


async def test_every_action_outside_the_table_is_refused(as_: As, plan: str) -> None:
    paths = {
        "draft": await draft(as_, plan, "school_a1"),
        "submitted": await submitted(as_, plan, "commune_a"),
        "accepted": await accepted(as_, plan, "commune_b"),
        "returned": await submitted(as_, plan, "commune_c"),
    }
    await as_("district_vinh", "approver").done(paths["returned"], "return", note="x")
    who = {
        "draft": ("school_a1", "commune_a"),
        "submitted": ("commune_a", "district_yen_thanh"),
        "accepted": ("commune_b", "district_yen_thanh"),
        "returned": ("commune_c", "district_vinh"),
    }
    for state, path in paths.items():
        unit, above = who[state]
        may = {
            "submit": as_(unit, "approver"),
            "accept": as_(above, "approver"),
            "return": as_(above, "approver"),
            "reopen": as_("province", "coordinator"),
        }
        for action in actions(MACHINE):
            if (state, action) not in MACHINE:
                refused = await may[action].act(path, action, note="x")
                assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state"), (state, action)


async def test_transitions_need_the_version_that_was_read(as_: As, plan: str) -> None:
    path, approver = await ready(as_, plan), as_("commune_a", "approver")
    etag = await approver.etag(path)
    assert (await approver.request("POST", f"{path}/transitions", {"action": "submit"})).status_code == 428
    await as_("commune_a", "editor").change("PATCH", path, {"number": "7"})
    assert (await approver.act(path, "submit", etag)).status_code == 412


@pytest.mark.parametrize(("now", "expected"), [(ON_TIME, "on_time"), (LATE, "late")])
async def test_the_last_instant_before_the_day_is_on_time(
    as_: As, plan: str, clock: Any, now: str, expected: str
) -> None:
    path = await ready(as_, plan)
    clock.set(now)
    done = await handed_in(as_, path)
    assert done["obligation"]["timeliness"] == expected
    assert done["obligation"]["days_left"] is None


async def test_an_extension_counts_apart(as_: As, plan: str, clock: Any, system: Tx) -> None:
    path = await ready(as_, plan)
    obligation, coordinator = (
        f"/obligations/{(await stored(system, plan, 'commune_a')).id}",
        as_("province", "coordinator"),
    )
    body = {"due_before": "2024-07-20", "reason": "Mưa lũ"}
    match = {"If-Match": await coordinator.etag(obligation)}
    assert (await coordinator.request("POST", f"{obligation}/extensions", body, match)).status_code == 201
    clock.set("2024-07-19T23:59:59+07:00")
    done = await handed_in(as_, path)
    assert done["obligation"]["timeliness"] == "on_time_extended"


async def test_later_revisions_do_not_turn_on_time_into_late(as_: As, plan: str, clock: Any) -> None:
    clock.set(ON_TIME)
    path = await submitted(as_, plan)
    clock.set("2024-07-16T08:00:00+07:00")
    await as_("district_yen_thanh", "approver").done(path, "return", note="Sửa số liệu")
    assert await timeliness(as_, path) == "on_time"
    await handed_in(as_, path)
    # The first submission counts: that a later one is incomplete changes nothing.
    await as_("district_yen_thanh", "approver").done(path, "return", note="Thiếu", incomplete=True)
    assert await timeliness(as_, path) == "on_time"


async def test_a_submission_returned_as_incomplete_does_not_count(
    as_: As, plan: str, clock: Any, audit: Callable[..., Any]
) -> None:
    clock.set(ON_TIME)
    path = await submitted(as_, plan)
    clock.set(LATE)
    await as_("district_yen_thanh", "approver").done(path, "return", note="Thiếu phụ lục", incomplete=True)
    assert await timeliness(as_, path) == "overdue"
    event = next(event for event in await audit() if event.verb == "report.return")
    assert (event.note, event.before["first_counted_at"][:10], event.after["first_counted_at"]) == (
        "Thiếu phụ lục",
        "2024-07-14",
        None,
    )
    await handed_in(as_, path)
    assert await timeliness(as_, path) == "late"


async def test_late_stays_late(as_: As, plan: str, clock: Any) -> None:
    clock.set(LATE)
    path = await submitted(as_, plan)
    await as_("district_yen_thanh", "approver").done(path, "return", note="Sửa")
    await handed_in(as_, path)
    assert await timeliness(as_, path) == "late"


async def test_units_below_that_still_owe_need_a_word(as_: As, plan: str) -> None:
    await accepted(as_, plan, "commune_a")
    path, approver = await ready(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "approver")
    assert (await approver.get(path)).json()["units_below"] == {"expected": 2, "submitted": 1, "accepted": 1}
    refused = await approver.act(path, "submit")
    problem = refused.json()
    assert (refused.status_code, problem["code"], codes(refused)) == (
        422,
        "children_incomplete",
        [("/note", "children_incomplete")],
    )
    counts = {name: problem[name] for name in ("expected", "submitted", "accepted", "missing")}
    assert counts == {"expected": 2, "submitted": 1, "accepted": 1, "missing": 1}
    done = await handed_in(as_, path, "district_yen_thanh", note="Xã Tiến Thành gửi sau")
    assert done["submit_note"] == "Xã Tiến Thành gửi sau"


async def test_with_everything_below_accepted_no_word_is_needed(as_: As, plan: str) -> None:
    below = await submitted(as_, plan, "commune_c")
    path = await ready(as_, plan, "district_vinh")
    refused = (await as_("district_vinh", "approver").act(path, "submit")).json()
    assert (refused["code"], refused["missing"], refused["accepted"]) == ("children_incomplete", 0, 0)
    await as_("district_vinh", "approver").done(below, "accept")
    done = await handed_in(as_, path, "district_vinh")
    assert done["units_below"] == {"expected": 1, "submitted": 1, "accepted": 1}


async def test_the_provinces_conference_is_fulfilled_on_its_day(as_: As, plan: str, clock: Any, system: Tx) -> None:
    clock.set("2024-08-20T09:00:00+07:00")
    path = await submitted(as_, plan, "province", review_method="conference", held_on="2024-08-14")
    found = await stored(system, plan, "province", "conference")
    assert (found.status, found.first_counted_at.isoformat()) == ("submitted", "2024-08-13T17:00:00+00:00")
    assert (await as_("province", "viewer").get(path)).json()["obligation"] is None
    board = await as_("province", "viewer").get("/progress", unit=str(unit_id("province")), task="conference")
    assert board.json()["own"]["timeliness"] == "on_time"
    # Returned as incomplete by the ministry, the conference no longer stands as held.
    row = await queries.get(system.session, UUID(path.rpartition("/")[2]))
    await move(
        replace(system, now=clock.now()), row.id, None, ReportTransition(action="return", note="x", incomplete=True)
    )
    found = await stored(system, plan, "province", "conference")
    assert (found.status, found.first_counted_at) == ("not_started", None)


async def test_a_conference_too_late_or_in_writing_does_not_pass_for_one_in_time(
    as_: As, plan: str, clock: Any, system: Tx
) -> None:
    clock.set("2024-08-20T09:00:00+07:00")
    path = await submitted(as_, plan, "province")
    assert (await stored(system, plan, "province", "conference")).status == "not_started"
    assert (await as_("province", "viewer").get(path)).json()["status"] == "submitted"
    board = (await as_("province", "viewer").get("/progress", unit=str(unit_id("province")), task="conference")).json()
    assert board["own"]["timeliness"] == "overdue"


async def new_commune(system: Tx) -> UUID:
    """A ward of Vinh that came into being after the campaign opened."""
    made = uuid4()
    place = {"label": 99, "path": path_of("district_vinh") + "000099.", "parent_id": unit_id("district_vinh")}
    names = {"code": "99999", "name": "Phường Mới", "short_name": "Mới", "kind": "ward", "level": "commune"}
    await system.session.execute(insert(Unit), {"id": made, **place, **names, "folded": "phuong moi", "sort_key": b"m"})
    return made


async def test_a_unit_joins_with_the_report_it_has_begun(
    as_: As, plan: str, system: Tx, audit: Callable[..., Any]
) -> None:
    unit = await new_commune(system)
    await create(system, ReportIn(campaign_id=UUID(plan), unit_id=unit))
    body = {"unit_id": str(unit), "task": "report", "reason": "Phường mới thành lập"}
    joined = await as_("province", "coordinator").made(f"/campaigns/{plan}/obligations", body)
    assert (joined["due_before"], joined["status"], joined["joined_reason"]) == (
        "2024-07-15",
        "drafting",
        "Phường mới thành lập",
    )
    event = next(event for event in await audit() if event.verb == "obligation.join")
    assert (event.note, event.after["task"]) == ("Phường mới thành lập", "report")
    board = (await as_("district_vinh", "viewer").get("/progress", unit=str(unit_id("district_vinh")))).json()
    assert board["total"]["coverage"]["expected"] == 3


async def test_joining_is_for_coordinators_and_for_units_with_a_deadline(as_: As, plan: str) -> None:
    path, coordinator = f"/campaigns/{plan}/obligations", as_("province", "coordinator")
    body = {"unit_id": str(unit_id("school_a1")), "task": "report", "reason": "Bổ sung"}
    no_deadline = await coordinator.post(path, body)
    assert (no_deadline.status_code, codes(no_deadline)) == (422, [("/unit_id", "no_deadline")])
    twice = await coordinator.post(path, {**body, "unit_id": str(unit_id("commune_a"))})
    assert (twice.status_code, codes(twice)) == (409, [("/unit_id", "duplicate")])
    assert (await as_("province", "approver").post(path, body)).status_code == 403
    assert (await coordinator.post(path, {**body, "unit_id": str(unit_id("ministry"))})).status_code == 404
    assert codes(await coordinator.post(path, {"unit_id": body["unit_id"]})) == [("/reason", "missing")]
    await coordinator.done(f"/campaigns/{plan}", "close")
    assert (await coordinator.post(path, body)).json()["code"] == "campaign_closed"


async def test_single_sections_are_returned_with_their_reason(as_: As, plan: str, audit: Callable[..., Any]) -> None:
    path, above = await submitted(as_, plan), as_("district_yen_thanh", "approver")
    wrong = await above.act(path, "return", note="Sửa", sections={"III": "x", "II": "x"})
    assert (wrong.status_code, codes(wrong)) == (
        422,
        [("/sections/III", "unknown_section"), ("/sections/II", "not_writable")],
    )
    done = await above.done(path, "return", note="Sửa", sections={"II.1": "Thiếu số lượt tại trường học"})
    assert done["return_sections"] == {"II.1": "Thiếu số lượt tại trường học"}
    seen = (await as_("commune_a", "editor").get(path)).json()
    assert (seen["return_note"], seen["return_sections"]) == ("Sửa", {"II.1": "Thiếu số lượt tại trường học"})
    assert (await handed_in(as_, path))["return_sections"] == {}
    event = next(event for event in await audit() if event.verb == "report.return")
    assert event.after["return_sections"] == {"II.1": "Thiếu số lượt tại trường học"}


async def test_reasons_per_section_go_with_return_only(as_: As, plan: str) -> None:
    path = await submitted(as_, plan)
    refused = await as_("district_yen_thanh", "approver").act(path, "accept", sections={"II.1": "x"}, incomplete=True)
    assert codes(refused) == [("/incomplete", "not_allowed"), ("/sections", "not_allowed")]
    refused = await as_("district_yen_thanh", "approver").act(path, "return", note="x", acknowledged=["x"])
    assert codes(refused) == [("/acknowledged", "not_allowed")]
