"""Registrations over HTTP: who may, what happens, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.people import also, user_id
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BODY = {"unit_id": str(unit_id("commune_a")), "year": 2024}


async def draft(as_: As, unit: str = "commune_a", year: int = 2024) -> dict[str, Any]:
    """A draft registration of ``unit``."""
    return await as_(unit, "editor").made("/registrations", {"unit_id": str(unit_id(unit)), "year": year})


async def submitted(as_: As) -> str:
    """The path of a registration that commune_a has submitted."""
    path = f"/registrations/{(await draft(as_))['id']}"
    await as_("commune_a", "approver").done(path, "submit")
    return path


async def test_an_editor_registers_the_unit_and_it_is_recorded(as_: As, audit: Callable[..., Any]) -> None:
    made = await draft(as_)
    assert (made["status"], made["year"], made["unit"]["code"], made["version"]) == ("draft", 2024, "17509", 1)
    assert (made["editable"], made["allowed_actions"]) == (True, [])
    (event,) = await audit()
    assert (event.verb, event.actor_id, event.after["year"]) == (
        "registration.create",
        user_id("commune_a", "editor"),
        2024,
    )


async def test_anonymous_is_refused(anonymous: Api) -> None:
    answer = await anonymous.post("/registrations", BODY)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),  # the neighbour does not even learn that it could exist
        ("commune_a", "viewer", 403),
        ("district_yen_thanh", "editor", 403),  # a higher level never edits a lower administrative unit's data
        ("school_a1", "editor", 404),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_registers_it(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/registrations", BODY)).status_code == status


async def test_a_communes_editor_also_writes_for_its_schools(as_: As) -> None:
    made = await as_("commune_a", "editor").made("/registrations", {"unit_id": str(unit_id("school_a1")), "year": 2024})
    assert made["unit"]["name"] == "Trường THCS Mã Thành"


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_a", "editor", 200),
        ("school_a1", "approver", 200),
        ("commune_a", "approver", 403),
        ("school_a1", "editor", 403),
        ("district_yen_thanh", "editor", 403),
    ],
)
async def test_a_base_unit_hands_in_itself_or_through_its_managers_editor(
    as_: As, unit: str, role: str, status: int
) -> None:
    made = await as_("commune_a", "editor").made("/registrations", {"unit_id": str(unit_id("school_a1")), "year": 2024})
    path = f"/registrations/{made['id']}"
    assert (await as_(unit, role).act(path, "submit")).status_code == status
    if status == 200:
        assert (await as_("commune_a", "approver").done(path, "accept"))["status"] == "accepted"


async def test_a_refusal_names_the_roles_that_may_at_this_unit(as_: As) -> None:
    path = f"/registrations/{(await draft(as_))['id']}"
    refused = await as_("commune_a", "editor").act(path, "submit")
    assert (refused.status_code, "(vai trò: approver của chính đơn vị)" in refused.json()["detail"]) == (403, True)


async def test_the_robot_of_the_unit_registers_and_is_told_apart(robot: Api, audit: Callable[..., Any]) -> None:
    await robot.made("/registrations", BODY)
    (event,) = await audit()
    assert (event.actor_kind, event.actor_name, event.session_id) == ("service_account", "robot", None)
    assert event.key_id is not None


async def test_a_second_registration_in_the_year_is_a_duplicate(as_: As) -> None:
    await draft(as_)
    answer = await as_("commune_a", "editor").post("/registrations", BODY)
    assert (answer.status_code, answer.json()["code"], codes(answer)) == (409, "duplicate", [("/year", "duplicate")])
    await draft(as_, year=2023)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"year": 2024}, ("/unit_id", "missing")),
        ({**BODY, "yaer": 1}, ("/yaer", "extra_forbidden")),
        ({**BODY, "year": "2024"}, ("/year", "int_type")),
        ({**BODY, "year": True}, ("/year", "int_type")),
        ({**BODY, "year": 1999}, ("/year", "greater_than_equal")),
        ({**BODY, "unit_id": "x"}, ("/unit_id", "uuid_parsing")),
        ({**BODY, "note": ""}, ("/note", "string_too_short")),
    ],
)
async def test_bad_input_names_the_place(as_: As, body: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("commune_a", "editor").post("/registrations", body)
    assert (answer.status_code, codes(answer)) == (422, [fault])
    assert answer.json()["errors"][0]["message"]


async def test_submit_accept_with_the_decision(as_: As, audit: Callable[..., Any]) -> None:
    path = await submitted(as_)
    seen = (await as_("district_yen_thanh", "approver").get(path)).json()
    assert seen["allowed_actions"] == [
        {"action": "accept", "needs_note": False},
        {"action": "return", "needs_note": True},
    ]
    accepted = await as_("district_yen_thanh", "approver").done(
        path, "accept", decision_number="12/QĐ-UBND", decision_date="2024-02-28"
    )
    assert (accepted["status"], accepted["decision_number"]) == ("accepted", "12/QĐ-UBND")
    assert [event.verb for event in await audit()] == [
        "registration.create",
        "registration.submit",
        "registration.accept",
    ]


async def test_return_needs_a_note_and_opens_it_again(as_: As) -> None:
    path = await submitted(as_)
    district = as_("district_yen_thanh", "approver")
    refused = await district.act(path, "return")
    assert (refused.status_code, codes(refused)) == (422, [("/note", "note_required")])
    returned = await district.done(path, "return", note="Thiếu kế hoạch")
    assert (returned["status"], returned["return_note"]) == ("returned", "Thiếu kế hoạch")
    assert (await as_("commune_a", "approver").done(path, "submit"))["status"] == "submitted"


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
async def test_only_the_unit_directly_above_accepts(as_: As, unit: str, role: str, status: int) -> None:
    path = await submitted(as_)
    etag = await as_("commune_a", "approver").etag(path)
    assert (await as_(unit, role).act(path, "accept", etag=etag)).status_code == status
    after = (await as_("commune_a", "editor").get(path)).json()["status"]
    assert after == ("accepted" if status == 200 else "submitted")


async def test_a_decision_goes_with_accepting_only_and_is_whole(as_: As) -> None:
    path = f"/registrations/{(await draft(as_))['id']}"
    stray = await as_("commune_a", "approver").act(path, "submit", decision_number="12/QĐ-UBND")
    assert (stray.status_code, codes(stray)) == (422, [("/decision_number", "not_applicable")])
    await as_("commune_a", "approver").done(path, "submit")
    half = await as_("district_yen_thanh", "approver").act(path, "accept", decision_number="12/QĐ-UBND")
    assert (half.status_code, codes(half)) == (422, [("/decision_date", "missing")])


async def test_nobody_accepts_what_he_submitted(as_: As, system: Tx) -> None:
    await also(system.session, "commune_a", "approver", "editor")
    made = await as_("commune_a", "editor").made("/registrations", {"unit_id": str(unit_id("school_a1")), "year": 2024})
    path = f"/registrations/{made['id']}"
    approver = as_("commune_a", "approver")
    await approver.done(path, "submit")
    refused = await approver.act(path, "accept")
    assert (refused.status_code, refused.json()["code"]) == (403, "self_approval")
    assert (await as_("commune_a", "approver2").done(path, "accept"))["status"] == "accepted"


async def test_changes_need_the_version_that_was_read(as_: As) -> None:
    path = f"/registrations/{(await draft(as_))['id']}"
    editor = as_("commune_a", "editor")
    etag = await editor.etag(path)
    missing = await editor.request("PATCH", path, {"note": "a"})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    assert (await editor.change("PATCH", path, {"note": "a"}, etag)).json()["note"] == "a"
    stale = await editor.change("PATCH", path, {"note": "b"}, etag)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    bare = await editor.change("PATCH", path, {"note": "b"}, (await editor.etag(path)).strip('"'))
    assert (bare.status_code, "dấu ngoặc kép" in bare.json()["detail"]) == (412, True)
    assert (await editor.get(path)).json()["note"] == "a"
    unchanged = await editor.get(path, headers={"If-None-Match": await editor.etag(path)})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_drafts_are_deleted_and_submitted_ones_are_not(as_: As) -> None:
    editor = as_("commune_a", "editor")
    path = f"/registrations/{(await draft(as_, year=2023))['id']}"
    assert (await editor.change("DELETE", path)).status_code == 204
    assert (await editor.get(path)).status_code == 404
    path = await submitted(as_)
    assert (await editor.change("DELETE", path)).json()["code"] == "invalid_state"


async def test_lists_are_fenced_filtered_and_paged(as_: As) -> None:
    for unit in ("commune_a", "commune_b", "commune_c"):
        for year in (2023, 2024):
            await draft(as_, unit, year)
    district = as_("district_yen_thanh", "viewer")
    everything = (await district.get("/registrations", include_total="true")).json()
    assert [(i["unit"]["code"], i["year"]) for i in everything["items"]] == [
        ("17509", 2023),
        ("17509", 2024),
        ("17510", 2023),
        ("17510", 2024),
    ]
    assert (everything["total"], everything["next_cursor"]) == (4, None)
    seen, cursor = [], None
    while True:
        page = await as_("province", "viewer").get(
            "/registrations", limit=2, year=2024, **({"cursor": cursor} if cursor else {})
        )
        seen += [i["unit"]["code"] for i in page.json()["items"]]
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break
        assert 'rel="next"' in page.headers["link"]
    assert seen == ["16714", "17509", "17510"]
    under = await as_("province", "viewer").get("/registrations", under=str(unit_id("district_vinh")))
    assert {i["unit"]["code"] for i in under.json()["items"]} == {"16714"}


async def test_a_damaged_or_foreign_cursor_is_refused(as_: As) -> None:
    for year in (2022, 2023, 2024):
        await draft(as_, year=year)
    editor = as_("commune_a", "editor")
    cursor = (await editor.get("/registrations", limit=1)).json()["next_cursor"]
    for bad in ("x", "!!!", cursor[:-4], "W10", ""):
        assert (await editor.get("/registrations", cursor=bad)).json()["code"] == "invalid_cursor", bad
    assert (await editor.get("/registrations", cursor=cursor, year=2024)).json()["code"] == "invalid_cursor"
    assert (await editor.get("/registrations", limit=1, cursor=cursor)).status_code == 200


async def test_an_ended_unit_takes_no_new_registration(as_: As) -> None:
    manager, school = as_("commune_a", "editor"), f"/units/{unit_id('school_a1')}"
    await manager.done(school, "end", ended_on="2024-07-01", note="Sáp nhập")
    refused = await manager.post("/registrations", {**BODY, "unit_id": str(unit_id("school_a1"))})
    assert (refused.status_code, refused.json()["code"]) == (409, "unit_ended")


async def test_actions_one_may_not_take_are_not_offered_to_the_submitter(as_: As, system: Tx) -> None:
    await also(system.session, "commune_a", "approver", "editor")
    made = await as_("commune_a", "editor").made("/registrations", {**BODY, "unit_id": str(unit_id("school_a1"))})
    path = f"/registrations/{made['id']}"
    assert (await as_("commune_a", "approver").done(path, "submit"))["allowed_actions"] == []
    offered = (await as_("commune_a", "approver2").get(path)).json()["allowed_actions"]
    assert [action["action"] for action in offered] == ["accept", "return"]


async def test_unknown_parameters_are_refused(as_: As) -> None:
    answer = await as_("commune_a", "editor").get("/registrations", stauts="draft")
    assert (answer.status_code, codes(answer)) == (422, [("/stauts", "extra_forbidden")])


async def test_a_simple_request_takes_few_statements(as_: As, statements: Any) -> None:
    path = f"/registrations/{(await draft(as_))['id']}"
    statements.seen.clear()
    await as_("commune_a", "editor").get(path)
    assert len(statements.seen) <= 2
    statements.seen.clear()
    await as_("commune_a", "editor").get("/registrations", include_total="true")
    assert len(statements.seen) <= 3
