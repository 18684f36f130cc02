"""Grants over HTTP: within the subtree one administers, never one's own, never deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.identity.grants import GrantAt, Holder, end_grant, give_grant
from app.identity.schemas import GrantIn
from tests.actors import Api, codes
from tests.builders.people import user_id
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
VIEWER = f"/users/{user_id('commune_a', 'viewer')}/grants"


def admin(as_: As, unit: str = "district_yen_thanh") -> Api:
    """The administrator of ``unit``."""
    return as_(unit, "administrator")


def grant(role: str = "editor", unit: str = "commune_a", **more: Any) -> dict[str, Any]:
    """What is asked for."""
    return {"role": role, "unit_id": str(unit_id(unit)), **more}


async def test_a_grant_holds_from_the_next_request_and_is_told(as_: As, audit: Callable[..., Any]) -> None:
    viewer = as_("commune_a", "viewer")
    body = {"unit_id": str(unit_id("commune_a")), "year": 2024}
    assert (await viewer.post("/registrations", body)).status_code == 403
    made = await admin(as_).made(VIEWER, grant())
    assert (made["role"], made["unit"]["level"], made["valid_from"], made["valid_to"], made["in_force"]) == (
        "editor",
        "commune",
        "2024-07-01",
        None,
        True,
    )
    assert made["granted_by"] == str(user_id("district_yen_thanh", "administrator"))
    assert (await viewer.post("/registrations", body)).status_code == 201
    (event,) = [event for event in await audit() if event.subject_kind == "grant"]
    assert (event.verb, event.unit_id, event.after["role"], event.after["user_id"]) == (
        "grant.create",
        unit_id("commune_a"),
        "editor",
        str(user_id("commune_a", "viewer")),
    )


@pytest.mark.parametrize(
    ("unit", "status"),
    [("commune_b", 201), ("district_yen_thanh", 201), ("province", 404), ("commune_c", 404), ("district_vinh", 404)],
)
async def test_a_grant_is_given_only_inside_the_subtree_one_administers(as_: As, unit: str, status: int) -> None:
    answer = await admin(as_).post(VIEWER, grant("administrator", unit))
    assert answer.status_code == status
    me = (await as_("commune_a", "viewer").get("/me")).json()
    assert ("administrator" in {one["role"] for one in me["grants"]}) == (status == 201)


async def test_somebody_elses_people_are_not_there(as_: As, anonymous: Api) -> None:
    given = (await admin(as_).get(VIEWER)).json()["items"][0]
    one = f"{VIEWER}/{given['id']}"
    for who, status in ((anonymous, 401), (admin(as_, "district_vinh"), 404), (as_("commune_a", "approver"), 403)):
        assert (await who.get(VIEWER)).status_code == status
        assert (await who.get(one)).status_code == status
        assert (await who.post(VIEWER, grant("viewer", "commune_c"))).status_code == status
        assert (await who.change("PATCH", one, {"valid_to": "2025-01-01"}, '"1"')).status_code == status
        assert (await who.request("DELETE", one)).status_code == status
    assert (await as_("commune_a", "viewer").get("/me")).json()["grants"]


async def test_nobody_changes_the_own_grants(as_: As) -> None:
    path = f"/users/{user_id('district_yen_thanh', 'administrator')}/grants"
    own = (await admin(as_).get(path)).json()["items"][0]
    for answer in (
        await admin(as_).post(path, grant("viewer", "district_yen_thanh")),
        await admin(as_).change("PATCH", f"{path}/{own['id']}", {"valid_to": "2030-01-01"}),
        await admin(as_).request("DELETE", f"{path}/{own['id']}"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "own_grants")
    assert (await admin(as_, "province").request("DELETE", f"{path}/{own['id']}")).status_code == 204
    assert (await admin(as_).get("/users")).status_code == 403


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"role": "integrator"}, ("/role", "role_not_for_holder")),
        ({"role": "emperor"}, ("/role", "enum")),
        ({"valid_to": "2024-07-01"}, ("/valid_to", "too_early")),
        ({"valid_from": "2024-08-01", "valid_to": "2024-08-01"}, ("/valid_to", "too_early")),
        ({"valid_from": "1/8/2024"}, ("/valid_from", "date_parsing")),
        ({"unit": "x"}, ("/unit", "extra_forbidden")),
    ],
)
async def test_bad_input_names_the_place(as_: As, more: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await admin(as_).post(VIEWER, {**grant(), **more})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_the_same_grant_twice_is_a_duplicate_until_it_has_ended(as_: As) -> None:
    made = await admin(as_).made(VIEWER, grant())
    again = await admin(as_).post(VIEWER, grant())
    assert (again.status_code, codes(again)) == (409, [("/role", "duplicate")])
    await admin(as_).request("DELETE", f"{VIEWER}/{made['id']}")
    assert (await admin(as_).post(VIEWER, grant())).status_code == 201


async def test_a_grant_starts_and_ends_on_its_days(as_: As, clock: Any) -> None:
    await admin(as_).made(VIEWER, grant("approver", valid_from="2024-07-10", valid_to="2024-07-12"))
    seen = {}
    for day in ("09", "10", "11", "12"):
        clock.set(f"2024-07-{day}T00:00:00+07:00")
        roles = {one["role"] for one in (await as_("commune_a", "viewer").get("/me")).json()["grants"]}
        seen[day] = "approver" in roles
    assert seen == {"09": False, "10": True, "11": True, "12": False}


async def test_ending_a_grant_keeps_it_and_acts_at_once(as_: As, audit: Callable[..., Any], clock: Any) -> None:
    editor = as_("commune_a", "editor")
    path = f"/users/{user_id('commune_a', 'editor')}/grants"
    given = (await admin(as_).get(path)).json()["items"][0]
    assert (await editor.get("/registrations")).status_code == 200
    for _ in range(2):  # the second changes nothing
        assert (await admin(as_).request("DELETE", f"{path}/{given['id']}")).status_code == 204
        clock.set("2024-07-02T12:00:00+07:00")
    assert (await editor.get("/registrations")).status_code == 403
    kept = (await admin(as_).get(path)).json()["items"][0]
    assert (kept["id"], kept["valid_to"], kept["in_force"]) == (given["id"], "2024-07-01", False)
    (event,) = await audit()
    assert (event.verb, event.before, event.after) == ("grant.end", {"valid_to": None}, {"valid_to": "2024-07-01"})


async def test_a_grant_ended_before_it_began_never_holds(as_: As, clock: Any) -> None:
    made = await admin(as_).made(VIEWER, grant("approver", valid_from="2024-07-10"))
    assert (await admin(as_).request("DELETE", f"{VIEWER}/{made['id']}")).status_code == 204
    ended = (await admin(as_).get(f"{VIEWER}/{made['id']}")).json()
    assert (ended["valid_from"], ended["valid_to"]) == ("2024-07-10", "2024-07-10")
    clock.set("2024-07-10T12:00:00+07:00")
    assert len((await as_("commune_a", "viewer").get("/me")).json()["grants"]) == 1


async def test_the_end_may_be_moved_but_the_past_may_not(as_: As, audit: Callable[..., Any]) -> None:
    made = await admin(as_).made(VIEWER, grant())
    path = f"{VIEWER}/{made['id']}"
    etag = await admin(as_).etag(path)
    assert (await admin(as_).request("PATCH", path, {"valid_to": "2024-12-31"})).status_code == 428
    moved = await admin(as_).change("PATCH", path, {"valid_to": "2024-12-31"}, etag)
    assert (moved.json()["valid_to"], moved.json()["version"]) == ("2024-12-31", 2)
    assert (await admin(as_).change("PATCH", path, {"valid_to": None}, etag)).status_code == 412
    early = await admin(as_).change("PATCH", path, {"valid_to": "2024-07-01"})
    assert (early.status_code, codes(early)) == (422, [("/valid_to", "too_early")])
    assert (await admin(as_).change("PATCH", path, {"valid_to": None})).json()["valid_to"] is None
    await admin(as_).request("DELETE", path)
    ended = await admin(as_).change("PATCH", path, {"valid_to": "2025-01-01"})
    assert (ended.status_code, ended.json()["code"]) == (409, "invalid_state")
    assert [event.verb for event in await audit()] == ["grant.create", "grant.edit", "grant.edit", "grant.end"]


async def test_a_grant_of_another_holder_is_not_found_here(as_: As) -> None:
    made = await admin(as_).made(VIEWER, grant())
    other = f"/users/{user_id('commune_b', 'viewer')}/grants/{made['id']}"
    assert (await admin(as_).get(other)).status_code == 404
    assert (await admin(as_).request("DELETE", other)).status_code == 404


async def test_listing_takes_few_statements(as_: As, statements: Any) -> None:
    await admin(as_).get(VIEWER, include_total="true", sort="-valid_from")
    assert len(statements.seen) <= 4


async def test_the_command_line_uses_the_same_verbs(system: Tx, as_: As) -> None:
    holder = Holder("user", user_id("commune_a", "viewer"))
    made = await give_grant(system, holder, GrantIn.model_validate(grant("auditor", "province")))
    assert made.granted_by is None
    assert (await as_("commune_a", "viewer").get("/audit-events")).status_code == 200
    await end_grant(system, GrantAt(holder, made.id))
    assert (await as_("commune_a", "viewer").get("/audit-events")).status_code == 403
    kept = await system.session.scalar(text("SELECT count(*) FROM grants WHERE id = :id"), {"id": made.id})
    assert kept == 1


async def test_nothing_is_given_at_a_unit_that_has_ended(as_: As, system: Tx) -> None:
    await system.session.execute(
        text("UPDATE units SET ended_on = '2024-01-01' WHERE id = :id"), {"id": unit_id("commune_b")}
    )
    admin, gone = as_("province", "administrator"), str(unit_id("commune_b"))
    person = f"/users/{user_id('commune_a', 'editor')}"
    account = {"name": "Trục dữ liệu", "unit_id": gone}
    robot = await admin.made("/service-accounts", {"name": "Trục", "unit_id": str(unit_id("commune_a"))})
    attempts = [
        await admin.post(f"{person}/grants", {"role": "viewer", "unit_id": gone}),
        await admin.post(f"/service-accounts/{robot['id']}/grants", {"role": "viewer", "unit_id": gone}),
        await admin.post("/users", {"username": "moi.den", "full_name": "Người Mới", "unit_id": gone}),
        await admin.change("PATCH", person, {"unit_id": gone}),
        await admin.post("/service-accounts", account),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in attempts] == [(409, "unit_ended")] * 5
