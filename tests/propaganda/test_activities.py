"""Propaganda and launches over HTTP: who may, what counts, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders import reports
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import activity_forms
from tests.builders.people import user_id
from tests.builders.units import path, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

EVENT = {
    "unit_id": str(unit_id("commune_a")),
    "form": "direct",
    "nature": "event",
    "venue_kind": "commune",
    "date_from": "2024-03-12",
    "title": "Tuyên truyền tại nhà văn hóa xóm",
    "sessions": 1,
    "people_reached": 120,
}
TOTAL = {
    **EVENT,
    "nature": "period_total",
    "date_from": "2024-01-01",
    "date_to": "2024-03-31",
    "title": "Tổng hợp quý I",
    "sessions": 12,
}
PRINTED = {
    "unit_id": str(unit_id("commune_a")),
    "form": "printed",
    "nature": "event",
    "date_from": "2024-03-12",
    "title": "Tờ rơi",
    "quantity": 500,
}


@pytest.fixture(autouse=True)
async def catalogue(system: Tx) -> None:
    """The forms that ship, kept by the province."""
    await activity_forms(system)


@pytest.fixture
def editor(as_: As) -> Api:
    """The editor of commune_a."""
    return as_("commune_a", "editor")


async def test_an_event_is_recorded(editor: Api, audit: Callable[..., Any]) -> None:
    made = await editor.made("/propaganda-activities", EVENT)
    assert (made["date_to"], made["sessions"], made["quantity"], made["amount"]) == ("2024-03-12", 1, 0, 1)
    assert (made["form"]["code"], made["form"]["group"], made["form"]["unit_of_count"]) == ("direct", "direct", "lượt")
    assert (made["unit"]["code"], made["editable"], made["lock"], made["version"]) == ("17509", True, None, 1)
    event = (await audit())[-1]
    assert (event.verb, event.actor_id, event.after["sessions"]) == (
        "activity.create",
        user_id("commune_a", "editor"),
        1,
    )


async def test_pieces_are_counted_where_the_form_counts_them(editor: Api) -> None:
    made = await editor.made("/propaganda-activities", PRINTED)
    assert (made["amount"], made["form"]["unit_of_count"], made["venue_kind"]) == (500, "bản", None)


async def test_anonymous_is_refused(anonymous: Api) -> None:
    assert (await anonymous.post("/propaganda-activities", EVENT)).status_code == 401
    assert (await anonymous.get("/propaganda-activities")).status_code == 401


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),
        ("school_a1", "editor", 404),
        ("commune_a", "viewer", 403),
        ("district_yen_thanh", "editor", 403),
        ("province", "coordinator", 403),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_records(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/propaganda-activities", EVENT)).status_code == status


async def test_the_robot_and_the_communes_editor_record_for_the_school(robot: Api, editor: Api) -> None:
    for title, caller in (("Buổi một", robot), ("Buổi hai", editor)):
        named = {"unit_id": str(unit_id("school_a1")), "title": title}
        body = {**EVENT, **named, "venue_kind": "school"}
        assert (await caller.made("/propaganda-activities", body))["unit"]["code"] == "TH-17509-1"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({**EVENT, "form": "nothing"}, [("/form", "not_found")]),
        ({**EVENT, "date_from": "2022-12-31"}, [("/form", "not_in_force")]),
        ({**EVENT, "venue_kind": None}, [("/venue_kind", "missing")]),
        ({**PRINTED, "venue_kind": "commune"}, [("/venue_kind", "not_applicable")]),
        ({**EVENT, "form": "launch_residents", "venue_kind": "school"}, [("/venue_kind", "not_of_form")]),
        ({**EVENT, "form": "launch_briefing"}, [("/venue_kind", "not_of_form")]),
        ({**EVENT, "venue_kind": "market"}, [("/venue_kind", "literal_error")]),
        ({**EVENT, "date_to": "2024-03-13"}, [("/date_to", "one_day")]),
        ({**TOTAL, "date_to": None}, [("/date_to", "missing")]),
        ({**TOTAL, "date_to": "2023-12-31"}, [("/date_to", "before_date_from")]),
        ({**EVENT, "date_from": "2024-07-02"}, [("/date_from", "in_future")]),
        ({**TOTAL, "date_to": "2024-07-02"}, [("/date_to", "in_future")]),
        ({**EVENT, "sessions": 0}, [("/sessions", "too_few")]),
        ({**EVENT, "quantity": 5}, [("/quantity", "not_applicable")]),
        ({**PRINTED, "sessions": 1, "quantity": 0}, [("/sessions", "not_applicable"), ("/quantity", "too_few")]),
        ({**EVENT, "sessions": 1.5}, [("/sessions", "int_type")]),
        ({**EVENT, "sessions": -1}, [("/sessions", "greater_than_equal")]),
        ({**EVENT, "sessions": 100_001}, [("/sessions", "less_than_equal")]),
        ({**EVENT, "people_reached": 100_000_001}, [("/people_reached", "less_than_equal")]),
        ({**EVENT, "title": "TỐI MẬT"}, [("/title", "secrecy_mark")]),
        ({**EVENT, "title": " "}, [("/title", "string_too_short")]),
        ({**EVENT, "amount": 3}, [("/amount", "extra_forbidden")]),
    ],
)
async def test_bad_input_names_the_place(editor: Api, body: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    answer = await editor.post("/propaganda-activities", body)
    assert (answer.status_code, codes(answer)) == (422, faults)
    assert all(error["message"] for error in answer.json()["errors"])


async def test_an_event_is_entered_once(editor: Api) -> None:
    first = await editor.made("/propaganda-activities", {**EVENT, "place": "Nhà văn hóa xóm 3"})
    twice = {**EVENT, "title": f" {str(EVENT['title']).upper()}. ", "place": "nha van hoa - xom 3", "sessions": 9}
    answer = await editor.post("/propaganda-activities", twice)
    assert (answer.status_code, codes(answer)) == (409, [("/title", "duplicate")])
    others = [{"place": "Nhà văn hóa xóm 4"}, {"title": "Buổi thứ hai"}, {"date_from": "2024-03-13"}]
    for other in others:
        made = await editor.made("/propaganda-activities", {**twice, **other})
        back = {name: first[name] for name in other}
        answer = await editor.change("PATCH", f"/propaganda-activities/{made['id']}", back)
        assert (answer.status_code, codes(answer)) == (409, [("/title", "duplicate")])
    answer = await editor.change("PATCH", f"/propaganda-activities/{first['id']}", {"sessions": 2})
    assert answer.status_code == 200


async def test_today_is_not_the_future(editor: Api, clock: Any) -> None:
    await editor.made("/propaganda-activities", {**EVENT, "date_from": "2024-07-01"})
    clock.set("2024-07-01T17:30:00+00:00")  # already the second of July in Vietnam
    await editor.made("/propaganda-activities", {**EVENT, "date_from": "2024-07-02"})


async def test_an_empty_total_may_say_so(editor: Api) -> None:
    assert (await editor.made("/propaganda-activities", {**TOTAL, "sessions": 0}))["amount"] == 0


@pytest.mark.parametrize("days", [("2024-03-31", "2024-04-30"), ("2023-12-01", "2024-01-01"), ("2024-02-01",) * 2])
async def test_overlapping_totals_are_refused_and_the_other_is_named(editor: Api, days: tuple[str, str]) -> None:
    first = await editor.made("/propaganda-activities", TOTAL)
    answer = await editor.post("/propaganda-activities", {**TOTAL, "date_from": days[0], "date_to": days[1]})
    problem = answer.json()
    assert (answer.status_code, problem["code"], codes(answer)) == (409, "duplicate", [("/date_from", "overlap")])
    assert (problem["other"]["id"], problem["other"]["title"]) == (first["id"], "Tổng hợp quý I")
    assert "01/01/2024 - 31/03/2024" in problem["detail"]


@pytest.mark.parametrize(
    "other",
    [
        {"date_from": "2024-04-01", "date_to": "2024-04-30"},
        {"venue_kind": "school"},
        {"form": "broadcast"},
        {"unit_id": str(unit_id("school_a1"))},
        {"nature": "event", "date_to": "2024-01-01"},
    ],
)
async def test_what_differs_in_days_venue_form_unit_or_nature_stands_beside_it(
    editor: Api, other: dict[str, str]
) -> None:
    await editor.made("/propaganda-activities", TOTAL)
    await editor.made("/propaganda-activities", {**TOTAL, **other})


async def test_totals_without_a_venue_overlap_too(editor: Api) -> None:
    body = {**PRINTED, "nature": "period_total", "date_to": "2024-03-31"}
    await editor.made("/propaganda-activities", body)
    assert (await editor.post("/propaganda-activities", body)).status_code == 409


async def test_a_change_may_not_bring_a_total_over_another(editor: Api) -> None:
    await editor.made("/propaganda-activities", TOTAL)
    second = await editor.made("/propaganda-activities", {**TOTAL, "date_from": "2024-04-01", "date_to": "2024-06-30"})
    where = f"/propaganda-activities/{second['id']}"
    refused = await editor.change("PATCH", where, {"date_from": "2024-03-31"})
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate")
    kept = await editor.change("PATCH", where, {"date_to": "2024-05-31", "sessions": 9})
    assert (kept.status_code, kept.json()["date_to"], kept.json()["amount"]) == (200, "2024-05-31", 9)


async def test_the_database_keeps_totals_apart_too(editor: Api, system: Tx) -> None:
    first = await editor.made("/propaganda-activities", TOTAL)
    again = text(
        "INSERT INTO propaganda_activities (id, unit_id, unit_path, form_id, nature, venue_kind, date_from, date_to,"
        " title) SELECT gen_random_uuid(), unit_id, :p, form_id, nature, venue_kind, date_to, date_to, 'x'"
        " FROM propaganda_activities WHERE id = :id"
    )
    with pytest.raises(DBAPIError, match="another total covers"):
        await system.session.execute(again, {"id": first["id"], "p": path("commune_a")})


async def test_changes_are_whole_versioned_and_recorded(editor: Api, audit: Callable[..., Any]) -> None:
    where = f"/propaganda-activities/{(await editor.made('/propaganda-activities', EVENT))['id']}"
    etag = await editor.etag(where)
    moved = await editor.change("PATCH", where, {"date_from": "2024-03-20", "people_reached": None}, etag)
    assert (moved.json()["date_to"], moved.json()["people_reached"], moved.json()["version"]) == ("2024-03-20", None, 2)
    assert (await editor.change("PATCH", where, {"sessions": 2}, etag)).status_code == 412
    assert (await editor.request("PATCH", where, {"sessions": 2})).status_code == 428
    switched = await editor.change("PATCH", where, {"form": "printed"})
    assert (switched.status_code, {pointer for pointer, _ in codes(switched)}) == (
        422,
        {"/venue_kind", "/sessions", "/quantity"},
    )
    whole = {"form": "printed", "venue_kind": None, "sessions": 0, "quantity": 40}
    assert (await editor.change("PATCH", where, whole)).json()["form"]["code"] == "printed"
    nothing = await editor.change("PATCH", where, {"title": None})
    assert (nothing.status_code, codes(nothing)) == (422, [("/title", "null")])
    event = (await audit())[-1]
    assert (event.verb, event.before["quantity"], event.after["quantity"]) == ("activity.edit", 0, 40)


async def test_deleting_is_recorded_and_needs_the_version(editor: Api, audit: Callable[..., Any]) -> None:
    where = f"/propaganda-activities/{(await editor.made('/propaganda-activities', EVENT))['id']}"
    assert (await editor.request("DELETE", where)).status_code == 428
    assert (await editor.change("DELETE", where)).status_code == 204
    assert (await editor.get(where)).status_code == 404
    event = (await audit())[-1]
    assert (event.verb, event.before["form"], event.after) == ("activity.delete", "direct", None)


async def test_what_a_report_has_counted_is_locked(as_: As, editor: Api, system: Tx) -> None:
    where = f"/propaganda-activities/{(await editor.made('/propaganda-activities', EVENT))['id']}"
    report = await reports.submitted(as_, await plan_320(system))
    seen = (await editor.get(where)).json()
    assert (seen["editable"], seen["lock"]["code"]) == (False, "period_locked")
    assert f"/reports/{seen['lock']['report_id']}" == report
    tries = [
        await editor.change("PATCH", where, {"sessions": 2}),
        await editor.change("PATCH", where, {"date_from": "2023-01-05"}),
        await editor.change("DELETE", where),
        await editor.post("/propaganda-activities", EVENT),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in tries] == [(409, "period_locked")] * 4
    outside = {**EVENT, "date_from": "2023-01-05"}
    free = f"/propaganda-activities/{(await editor.made('/propaganda-activities', outside))['id']}"
    moved_in = await editor.change("PATCH", free, {"date_from": "2024-03-12"})
    assert moved_in.json()["code"] == "period_locked"
    await as_("district_yen_thanh", "approver").done(report, "return", note="Thiếu số liệu")
    assert (await editor.change("PATCH", where, {"sessions": 2})).json()["lock"] is None


async def test_lists_are_fenced_filtered_and_cheap(as_: As, statements: Any, system: Tx) -> None:
    for unit in ("commune_a", "commune_b", "commune_c"):
        caller, named = as_(unit, "editor"), {"unit_id": str(unit_id(unit))}
        await caller.made("/propaganda-activities", {**EVENT, **named})
        await caller.made("/propaganda-activities", {**PRINTED, **named, "date_from": "2024-05-01"})
        await caller.made("/propaganda-activities", {**EVENT, **named, "form": "launch_ceremony"})
    campaign = await plan_320(system)
    district = as_("district_yen_thanh", "viewer")
    statements.seen.clear()
    everything = (await district.get("/propaganda-activities", include_total="true")).json()
    assert (everything["total"], len(statements.seen) <= 3) == (6, True)
    assert [item["date_to"] for item in everything["items"]][:2] == ["2024-05-01"] * 2

    async def found(**filters: Any) -> int:
        answer = await district.get("/propaganda-activities", include_total="true", **filters)
        return int(answer.json()["total"])

    assert await found(unit=str(unit_id("commune_b"))) == 3
    assert await found(category="launch") == 2
    assert await found(group="print") == 2
    assert await found(form="direct", venue_kind="commune", nature="event") == 2
    assert await found(day_from="2024-04-01", day_to="2024-05-01") == 2
    assert await found(campaign=campaign) == 6
    assert await found(campaign=str(unit_id("commune_a"))) == 0
    assert await found(under=str(unit_id("commune_a"))) == 3
