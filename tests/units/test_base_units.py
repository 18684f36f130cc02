"""Base units over HTTP, written: who may make, change, move and end them, and what becomes of their records."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from app.access.actor import Tx
from app.registrations.models import Registration
from app.units.models import Unit, UnitFact
from tests.actors import Api, codes
from tests.builders.units import path, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
SCHOOL = f"/units/{unit_id('school_a1')}"


def school(parent: str = "commune_a", **more: Any) -> dict[str, Any]:
    """A new school under ``parent``."""
    return {"name": "Trường Tiểu học Mã Thành", "kind": "school", "parent_id": str(unit_id(parent)), **more}


async def names(api: Api, where: str = SCHOOL) -> list[tuple[str, str, str | None]]:
    """The history of a unit as (name, from, to)."""
    items = (await api.get(f"{where}/history")).json()["items"]
    return [(item["name"], item["valid_from"], item["valid_to"]) for item in items]


async def test_an_editor_adds_a_school_of_the_commune(as_: As, audit: Callable[..., Any], system: Tx) -> None:
    made = await as_("commune_a", "editor").made(
        "/units", school(name="  Trường   Tiểu học Mã Thành ", legal_basis="12/QĐ-UBND", valid_from="2024-03-01")
    )
    assert (made["code"], made["name"], made["level"]) == ("CSGD-17509-1", "Trường Tiểu học Mã Thành", "base")
    assert (made["parent"]["code"], made["valid_from"], made["version"]) == ("17509", "2024-03-01", 1)
    assert (made["editable"], made["allowed_actions"]) == (True, [{"action": "end", "needs_note": False}])
    (event,) = await audit()
    assert (event.verb, event.subject_id, event.after["code"]) == ("unit.create", UUID(made["id"]), "CSGD-17509-1")
    unit = (await system.session.execute(select(Unit).where(Unit.id == UUID(made["id"])))).one()
    fact = (await system.session.execute(select(UnitFact).where(UnitFact.unit_id == unit.id))).one()
    assert unit.path.startswith(path("commune_a"))
    assert fact.path == unit.path == f"{path('commune_a')}{unit.label:06x}."
    assert (fact.legal_basis, fact.name) == ("12/QĐ-UBND", unit.name)
    assert (await as_("commune_b", "viewer").get(f"/units/{made['id']}")).json()["editable"] is False


async def test_codes_are_numbered_and_never_given_twice(as_: As) -> None:
    editor = as_("commune_a", "editor")
    first = await editor.made("/units", school(valid_from="2024-02-01"))
    await editor.done(f"/units/{first['id']}", "end", ended_on="2024-06-01")
    assert (await editor.made("/units", school()))["code"] == "CSGD-17509-2"
    assert (await editor.made("/units", school(kind="enterprise")))["code"] == "DN-17509-1"
    assert (await editor.made("/units", school(kind="agency", code="CA.xa-1")))["code"] == "CA.xa-1"


@pytest.mark.parametrize(
    ("unit", "role", "parent", "status"),
    [
        ("commune_a", "editor", "commune_a", 201),
        ("commune_a", "viewer", "commune_a", 403),
        ("commune_b", "editor", "commune_a", 404),
        ("school_a1", "editor", "commune_a", 404),
        ("district_yen_thanh", "editor", "district_yen_thanh", 201),
        ("district_yen_thanh", "editor", "commune_a", 403),  # a higher level never edits a lower unit's data
        ("district_yen_thanh", "editor", "province", 404),
        ("province", "coordinator", "commune_a", 201),
        ("province", "administrator", "province", 403),
    ],
)
async def test_who_may_add_a_base_unit(as_: As, unit: str, role: str, parent: str, status: int) -> None:
    assert (await as_(unit, role).post("/units", school(parent))).status_code == status


async def test_the_robot_may_do_what_an_editor_may(robot: Api) -> None:
    assert (await robot.made("/units", school()))["parent"]["code"] == "17509"


async def test_anonymous_is_refused(anonymous: Api) -> None:
    assert (await anonymous.post("/units", school())).status_code == 401
    for method, where in (("PATCH", SCHOOL), ("POST", f"{SCHOOL}/transitions")):
        assert (await anonymous.request(method, where, {}, {"If-Match": "*"})).status_code == 401


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"name": ""}, ("/name", "string_too_short")),
        ({"name": " "}, ("/name", "string_too_short")),
        ({"name": "a\nb"}, ("/name", "string_pattern_mismatch")),
        ({"name": "x" * 201}, ("/name", "string_too_long")),
        ({"kind": "commune"}, ("/kind", "literal_error")),
        ({"code": "a b"}, ("/code", "string_pattern_mismatch")),
        ({"code": "17509\n"}, ("/code", "string_pattern_mismatch")),
        ({"parent_id": "17509"}, ("/parent_id", "uuid_parsing")),
        ({"parrent": 1}, ("/parrent", "extra_forbidden")),
        ({"valid_from": 20240101}, ("/valid_from", "date_parsing")),
        ({"valid_from": "2024-07-02"}, ("/valid_from", "in_the_future")),
        ({"valid_from": "1899-12-31"}, ("/valid_from", "greater_than_equal")),
        ({"valid_from": "2023-12-31"}, ("/valid_from", "manager_not_in_force")),
    ],
)
async def test_bad_input_names_the_place(as_: As, body: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("commune_a", "editor").post("/units", school(**body))
    assert (answer.status_code, codes(answer)) == (422, [fault])
    assert answer.json()["errors"][0]["message"]


async def test_base_units_stand_under_administrative_units_only(as_: As) -> None:
    answer = await as_("province", "coordinator").post("/units", school("school_a1"))
    assert (answer.status_code, codes(answer)) == (422, [("/parent_id", "parent_level")])


@pytest.mark.parametrize("code", ["17509", "TH-17509-1", "BCA"])
async def test_a_code_of_another_unit_is_a_duplicate(as_: As, code: str) -> None:
    answer = await as_("commune_a", "editor").post("/units", school(code=code))
    assert (answer.status_code, answer.json()["code"], codes(answer)) == (409, "duplicate", [("/code", "duplicate")])


async def test_a_code_is_free_again_when_its_unit_has_ended(as_: As) -> None:
    editor = as_("commune_a", "editor")
    await editor.done(SCHOOL, "end", ended_on="2024-06-01")
    early = await editor.post("/units", school(code="TH-17509-1", valid_from="2024-05-31"))
    assert codes(early) == [("/code", "duplicate")]
    assert (await editor.made("/units", school(code="TH-17509-1", valid_from="2024-06-01")))["code"] == "TH-17509-1"


async def test_a_new_name_holds_from_its_date(as_: As, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    body = {"name": "Trường THCS Hồ Tùng Mậu", "effective_from": "2024-06-01", "legal_basis": "5/QĐ", "note": "x"}
    changed = (await editor.change("PATCH", SCHOOL, body)).json()
    assert (changed["name"], changed["valid_from"], changed["version"]) == (
        "Trường THCS Hồ Tùng Mậu",
        "2024-06-01",
        2,
    )
    assert await names(editor) == [
        ("Trường THCS Hồ Tùng Mậu", "2024-06-01", None),
        ("Trường THCS Mã Thành", "2024-01-01", "2024-06-01"),
    ]
    assert (await editor.get(SCHOOL, as_of="2024-05-31")).json()["name"] == "Trường THCS Mã Thành"
    assert [i["code"] for i in (await editor.get("/units", q="ho tung mau")).json()["items"]] == ["TH-17509-1"]
    (event,) = await audit()
    assert (event.verb, event.note) == ("unit.change", "x")
    assert (event.before["name"], event.after["name"], event.after["effective_from"]) == (
        "Trường THCS Mã Thành",
        "Trường THCS Hồ Tùng Mậu",
        "2024-06-01",
    )


async def test_a_correction_rewrites_the_present_facts(as_: As, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    body = {"name": "Doanh nghiệp An Phú", "code": "DN1", "kind": "enterprise", "correction": True}
    changed = (await editor.change("PATCH", SCHOOL, body)).json()
    assert (changed["code"], changed["short_name"], changed["kind_title"]) == ("DN1", "An Phú", "doanh nghiệp")
    assert await names(editor) == [("Doanh nghiệp An Phú", "2024-01-01", None)]
    assert [event.verb for event in await audit()] == ["unit.correct"]


async def test_saying_what_is_so_already_changes_nothing(as_: As, audit: Callable[..., Any]) -> None:
    same = {"name": "Trường THCS Mã Thành", "correction": True}
    assert (await as_("commune_a", "editor").change("PATCH", SCHOOL, same)).json()["version"] == 1
    assert await audit() == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"name": "B"}, ("/effective_from", "one_of")),
        ({"name": "B", "correction": True, "effective_from": "2024-06-01"}, ("/effective_from", "one_of")),
        ({"name": "B", "effective_from": "2024-07-02"}, ("/effective_from", "in_the_future")),
        ({"name": "B", "effective_from": "2024-01-01"}, ("/effective_from", "not_after_current")),
        ({"name": None, "correction": True}, ("/name", "null")),
        ({"parent_id": None, "correction": True}, ("/parent_id", "null")),
        ({"kind": "ward", "correction": True}, ("/kind", "literal_error")),
        ({"correction": "yes"}, ("/correction", "bool_type")),
        ({"level": "commune"}, ("/level", "extra_forbidden")),
    ],
)
async def test_a_bad_change_names_the_place(as_: As, body: dict[str, Any], fault: tuple[str, str]) -> None:
    editor = as_("commune_a", "editor")
    answer = await editor.change("PATCH", SCHOOL, body)
    assert (answer.status_code, codes(answer)) == (422, [fault])
    assert await names(editor) == [("Trường THCS Mã Thành", "2024-01-01", None)]


async def test_a_change_to_a_taken_code_is_a_duplicate(as_: As) -> None:
    answer = await as_("commune_a", "editor").change("PATCH", SCHOOL, {"code": "17510", "correction": True})
    assert (answer.status_code, codes(answer)) == (409, [("/code", "duplicate")])


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_a", "viewer", 403),
        ("commune_b", "editor", 404),
        ("district_yen_thanh", "editor", 403),
        ("district_vinh", "editor", 404),
        ("commune_a", "editor", 200),
        ("school_a1", "editor", 200),
        ("province", "coordinator", 200),
    ],
)
async def test_who_may_change_and_end(as_: As, unit: str, role: str, status: int) -> None:
    api = as_(unit, role)
    edited = await api.change("PATCH", SCHOOL, {"name": "Trường B", "correction": True})
    assert edited.status_code == status
    assert (await api.act(SCHOOL, "end", ended_on="2024-06-01")).status_code == status
    assert (await api.get(SCHOOL)).json()["status"] == ("ended" if status == 200 else "in_force")


@pytest.mark.parametrize(("unit", "role"), [("commune_a", "editor"), ("province", "coordinator")])
async def test_administrative_units_change_by_law_only(as_: As, unit: str, role: str) -> None:
    where = f"/units/{unit_id('commune_a')}"
    edited = await as_(unit, role).change("PATCH", where, {"name": "Xã Khác", "correction": True})
    assert (edited.status_code, edited.json()["code"]) == (409, "administrative_unit")
    ended = await as_(unit, role).act(where, "end", ended_on="2024-06-01")
    assert (ended.status_code, ended.json()["code"]) == (409, "administrative_unit")


async def test_changes_need_the_version_that_was_read(as_: As) -> None:
    editor = as_("commune_a", "editor")
    etag = await editor.etag(SCHOOL)
    body = {"name": "Trường B", "correction": True}
    assert (await editor.request("PATCH", SCHOOL, body)).status_code == 428
    assert (await editor.change("PATCH", SCHOOL, body, etag)).status_code == 200
    assert (await editor.change("PATCH", SCHOOL, {**body, "name": "Trường C"}, etag)).status_code == 412
    assert (await editor.act(SCHOOL, "end", etag, ended_on="2024-06-01")).status_code == 412
    assert (await editor.get(SCHOOL)).json()["name"] == "Trường B"


async def test_a_move_takes_the_records_along(as_: As, system: Tx, audit: Callable[..., Any]) -> None:
    body = {"unit_id": str(unit_id("school_a1")), "year": 2024}
    made = await as_("commune_a", "editor").made("/registrations", body)
    where = f"/registrations/{made['id']}"
    assert (await as_("commune_b", "editor").get(where)).status_code == 404
    moved = await as_("province", "coordinator").change(
        "PATCH", SCHOOL, {"parent_id": str(unit_id("commune_b")), "effective_from": "2024-06-01"}
    )
    assert moved.json()["parent"]["code"] == "17510"
    assert (await as_("commune_b", "editor").get(where)).json()["editable"] is True
    assert (await as_("commune_a", "editor").get(where)).status_code == 404
    assert (await as_("school_a1", "editor").get(where)).status_code == 200
    row = (await system.session.execute(select(Registration))).one()
    assert row.unit_path == path("commune_b") + path("school_a1")[-7:]
    api = as_("commune_c", "viewer")
    before = (await api.get(f"/units/{unit_id('commune_a')}/children", as_of="2024-05-31")).json()["items"]
    assert [item["code"] for item in before] == ["TH-17509-1"]
    event = (await audit())[-1]
    assert (event.verb, event.path_then, event.unit_path) == ("unit.change", path("school_a1"), row.unit_path)


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [("commune_a", "editor", 404), ("school_a1", "editor", 404), ("province", "editor", 403)],
)
async def test_a_move_needs_the_right_at_both_ends(as_: As, unit: str, role: str, status: int) -> None:
    body = {"parent_id": str(unit_id("commune_b")), "effective_from": "2024-06-01"}
    assert (await as_(unit, role).change("PATCH", SCHOOL, body)).status_code == status
    assert (await as_(unit, role).get(SCHOOL)).json()["parent"]["code"] == "17509"


async def test_an_ended_unit_keeps_its_records_under_its_successor(as_: As, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    made = await editor.made("/registrations", {"unit_id": str(unit_id("school_a1")), "year": 2024})
    heir = await editor.made("/units", school(valid_from="2024-02-01"))
    ended = await editor.done(SCHOOL, "end", ended_on="2024-06-01", successor_id=heir["id"], note="Sáp nhập")
    assert (ended["status"], ended["successor_id"], ended["parent"]["id"]) == ("ended", heir["id"], heir["id"])
    assert (ended["editable"], ended["allowed_actions"], ended["valid_to"]) == (False, [], "2024-06-01")
    assert (await editor.get(f"/registrations/{made['id']}")).json()["unit"]["code"] == "TH-17509-1"
    assert [i["code"] for i in (await editor.get(f"{SCHOOL}/ancestors")).json()["items"]][-2:] == [
        "17509",
        heir["code"],
    ]
    event = (await audit())[-1]
    assert (event.verb, event.note, event.after["successor_id"]) == ("unit.end", "Sáp nhập", heir["id"])
    # The heir moves, and what hangs under it goes along.
    await as_("province", "coordinator").change(
        "PATCH",
        f"/units/{heir['id']}",
        {"parent_id": str(unit_id("commune_b")), "effective_from": "2024-06-15"},
    )
    assert (await as_("commune_b", "viewer").get(f"/registrations/{made['id']}")).status_code == 200
    assert (await editor.get(f"/registrations/{made['id']}")).status_code == 404


async def test_without_a_successor_it_stays_under_its_manager_and_ends_once(as_: As) -> None:
    editor = as_("commune_a", "editor")
    assert (await editor.done(SCHOOL, "end", ended_on="2024-06-01"))["parent"]["code"] == "17509"
    again = await editor.act(SCHOOL, "end", ended_on="2024-06-02")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")
    edited = await editor.change("PATCH", SCHOOL, {"name": "Trường B", "correction": True})
    assert (edited.status_code, edited.json()["code"]) == (409, "invalid_state")
    made = await editor.made("/units", school())
    heir = await editor.act(
        f"/units/{made['id']}", "end", ended_on="2024-07-01", successor_id=str(unit_id("school_a1"))
    )
    assert heir.status_code == 422  # it began today and cannot have ended before


@pytest.mark.parametrize(
    ("body", "status", "fault"),
    [
        ({}, 422, ("/ended_on", "missing")),
        ({"ended_on": "2024-07-02"}, 422, ("/ended_on", "in_the_future")),
        ({"ended_on": "2024-01-01"}, 422, ("/ended_on", "not_after_current")),
        ({"successor_id": str(unit_id("school_a1"))}, 422, ("/successor_id", "own_successor")),
        ({"successor_id": str(unit_id("commune_a"))}, 422, ("/successor_id", "successor_level")),
    ],
)
async def test_a_bad_end_names_the_place(as_: As, body: dict[str, Any], status: int, fault: tuple[str, str]) -> None:
    editor = as_("commune_a", "editor")
    answer = await editor.act(SCHOOL, "end", **({"ended_on": "2024-06-01", **body} if body else {}))
    assert (answer.status_code, codes(answer)) == (status, [fault])
    assert (await editor.get(SCHOOL)).json()["status"] == "in_force"


async def test_a_successor_must_be_living_and_ones_own(as_: As) -> None:
    editor = as_("commune_a", "editor")
    gone = await editor.made("/units", school(valid_from="2024-02-01"))
    await editor.done(f"/units/{gone['id']}", "end", ended_on="2024-05-01")
    answer = await editor.act(SCHOOL, "end", ended_on="2024-06-01", successor_id=gone["id"])
    assert (answer.status_code, codes(answer)) == (409, [("/successor_id", "ended")])
    foreign = await editor.act(SCHOOL, "end", ended_on="2024-06-01", successor_id=str(unit_id("agency_p1")))
    assert foreign.status_code == 404


async def test_writing_takes_few_statements(as_: As, statements: Any) -> None:
    editor = as_("commune_a", "editor")
    await editor.made("/units", school(code="X1"))
    assert len(statements.seen) <= 8
