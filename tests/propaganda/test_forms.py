"""The catalogue of forms over HTTP: read by all, kept by its coordinator, and never changed in meaning once used."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.actor import Tx
from app.propaganda.shipped import load_shipped_activity_forms, shipped_activity_forms
from tests.actors import Api, codes
from tests.builders.catalogues import activity_forms
from tests.builders.units import ref, unit_id
from tests.propaganda.test_activities import EVENT

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
FORM = {
    "unit_id": str(unit_id("province")),
    "code": "social_media",
    "category": "propaganda",
    "group": "news",
    "title_vi": "Qua mạng xã hội",
    "title_en": "Social media",
    "counted": "quantity",
    "unit_of_count": "bài",
    "venue_kinds": [],
    "valid_from": "2024-01-01",
    "position": 55,
}


async def path_of(caller: Api, code: str) -> str:
    """Where the province's form with that code stands."""
    (found,) = (await caller.get("/activity-forms", code=code)).json()["items"]
    return f"/activity-forms/{found['id']}"


async def test_the_plans_forms_ship_and_say_so(as_: As, system: Tx) -> None:
    await activity_forms(system)
    items = (await as_("school_a1", "viewer").get("/activity-forms")).json()["items"]
    assert [item["code"] for item in items] == [form.code for form in shipped_activity_forms()]
    assert {item["source"] for item in items} == {"plan"}
    assert {(item["group"], item["unit_of_count"]) for item in items} >= {
        ("direct", "lượt"),
        ("broadcast", "lượt"),
        ("news", "phóng sự"),
        ("visual", "cái"),
        ("print", "bản"),
        ("ceremony", "cuộc"),
        ("residents", "cuộc"),
        ("briefing", "cuộc"),
        ("combined", "cuộc"),
    }
    assert all(bool(item["venue_kinds"]) == (item["counted"] == "sessions") for item in items)
    assert {item["editable"] for item in items} == {False}


async def test_loading_twice_adds_nothing_and_keeps_what_was_changed(as_: As, system: Tx) -> None:
    first = await load_shipped_activity_forms(system, ref("province"))
    coordinator = as_("province", "coordinator")
    where = await path_of(coordinator, "panel")
    assert (await coordinator.change("PATCH", where, {"title_vi": "Pa nô"})).status_code == 200
    assert (len(first), await load_shipped_activity_forms(system, ref("province"))) == (13, [])
    assert (await coordinator.get(where)).json()["title_vi"] == "Pa nô"


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("province", "coordinator", 201),
        ("province", "editor", 403),
        ("commune_a", "editor", 403),
        ("province", "administrator", 403),
    ],
)
async def test_only_coordinators_add(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/activity-forms", FORM)).status_code == status


async def test_what_is_added_is_a_proposal_and_recorded(as_: As, anonymous: Api, audit: Callable[..., Any]) -> None:
    coordinator = as_("province", "coordinator")
    made = await coordinator.made("/activity-forms", FORM)
    assert (made["source"], made["editable"], made["group"]) == ("proposal", True, "news")
    event = (await audit())[-1]
    assert (event.verb, event.after["code"]) == ("activity_form.create", "social_media")
    again = await coordinator.post("/activity-forms", FORM)
    assert (again.status_code, codes(again)) == (409, [("/code", "duplicate")])
    assert (await anonymous.get("/activity-forms")).status_code == 401
    above = await coordinator.post("/activity-forms", {**FORM, "unit_id": str(unit_id("ministry"))})
    assert above.status_code == 404  # above the coordinator's own subtree


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"group": "ceremony"}, ("/group", "not_of_category")),
        ({"valid_to": "2024-01-01"}, ("/valid_to", "before_valid_from")),
        ({"venue_kinds": ["market"]}, ("/venue_kinds/0", "literal_error")),
        ({"source": "plan"}, ("/source", "extra_forbidden")),
        ({"position": "1"}, ("/position", "int_type")),
    ],
)
async def test_bad_entries_are_refused(as_: As, more: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("province", "coordinator").post("/activity-forms", {**FORM, **more})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_a_used_entry_keeps_its_meaning_and_ends_by_date(as_: As, system: Tx) -> None:
    await activity_forms(system)
    coordinator, editor = as_("province", "coordinator"), as_("commune_a", "editor")
    where = await path_of(coordinator, "direct")
    assert (await coordinator.change("PATCH", where, {"unit_of_count": "buổi"})).status_code == 200
    await editor.made("/propaganda-activities", EVENT)
    refused = await coordinator.change("PATCH", where, {"unit_of_count": "lượt", "position": 1})
    assert (refused.status_code, codes(refused)) == (409, [("/unit_of_count", "in_use")])
    early = await coordinator.change("PATCH", where, {"valid_to": "2024-03-12"})
    assert (early.status_code, codes(early)) == (422, [("/valid_to", "in_use")])
    ended = await coordinator.change("PATCH", where, {"valid_to": "2024-03-13", "position": 1})
    assert (ended.status_code, ended.json()["valid_to"]) == (200, "2024-03-13")
    late = await editor.post("/propaganda-activities", {**EVENT, "date_from": "2024-03-13"})
    assert (late.status_code, codes(late)) == (422, [("/form", "not_in_force")])
    await editor.made("/propaganda-activities", {**EVENT, "place": "Xóm 2"})
    with pytest.raises(DBAPIError, match="keeps its meaning"):
        await system.session.execute(text("UPDATE activity_forms SET counted = 'quantity' WHERE code = 'direct'"))


async def test_changing_needs_the_right_and_the_version(as_: As, system: Tx) -> None:
    await activity_forms(system)
    coordinator = as_("province", "coordinator")
    where = await path_of(coordinator, "poster")
    etag = await coordinator.etag(where)
    assert (await as_("commune_a", "editor").change("PATCH", where, {"position": 1}, etag)).status_code == 403
    assert (await coordinator.request("PATCH", where, {"position": 1})).status_code == 428
    assert (await coordinator.change("PATCH", where, {"position": 1}, etag)).json()["version"] == 2
    assert (await coordinator.change("PATCH", where, {"position": 2}, etag)).status_code == 412
    empty = await coordinator.change("PATCH", where, {"group": None, "valid_to": None})
    assert (empty.status_code, codes(empty)) == (422, [("/group", "null")])


async def test_a_nearer_entry_with_the_same_code_is_the_one_that_is_meant(as_: As, system: Tx) -> None:
    await load_shipped_activity_forms(system, ref("ministry"))
    await as_("province", "coordinator").made(
        "/activity-forms", {**FORM, "code": "direct", "unit_of_count": "buổi", "counted": "quantity"}
    )
    body = {**EVENT, "venue_kind": None, "sessions": 0, "quantity": 3}
    made = await as_("commune_a", "editor").made("/propaganda-activities", body)
    assert (made["form"]["unit_of_count"], made["amount"]) == ("buổi", 3)


async def test_the_catalogue_is_filtered(as_: As, system: Tx, statements: Any) -> None:
    await activity_forms(system)
    await activity_forms(system, "district_vinh")
    viewer = as_("commune_a", "viewer")
    statements.seen.clear()
    served = (await viewer.get("/activity-forms", for_unit=str(unit_id("commune_a")), include_total="true")).json()
    assert (served["total"], len(statements.seen) <= 3) == (13, True)
    assert {item["unit"]["code"] for item in served["items"]} == {"40"}
    cases: list[tuple[dict[str, Any], int]] = [
        ({"unit": str(unit_id("district_vinh"))}, 13),
        ({"category": "launch"}, 8),
        ({"group": "visual"}, 6),
        ({"on": "2022-12-31"}, 0),
        ({"on": "2023-01-01"}, 26),
    ]
    for filters, number in cases:
        assert (await viewer.get("/activity-forms", include_total="true", **filters)).json()["total"] == number
