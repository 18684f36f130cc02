"""Service accounts and their keys over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.identity.opening import hash_key
from app.kernel.clock import wall as real_wall
from tests.actors import Api, codes
from tests.builders.people import user_id
from tests.builders.units import unit_id
from tests.identity.conftest import Wall

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
ROBOT = f"/service-accounts/{uuid5(NAMESPACE_URL, 'robot')}"


def admin(as_: As, unit: str = "district_yen_thanh") -> Api:
    """The administrator of ``unit``."""
    return as_(unit, "administrator")


def account(unit: str = "district_yen_thanh", name: str = "Kho dữ liệu") -> dict[str, str]:
    """What is asked for."""
    return {"name": name, "unit_id": str(unit_id(unit))}


def key(days: float = 30, **more: Any) -> dict[str, Any]:
    """What is asked for."""
    return {"name": "Máy chủ 1", "expires_at": (real_wall() + timedelta(days=days)).isoformat(), **more}


async def with_role(as_: As, role: str = "integrator", unit: str = "district_yen_thanh") -> str:
    """The path of a new account of the district with a role at ``unit``."""
    made = await admin(as_).made("/service-accounts", account())
    path = f"/service-accounts/{made['id']}"
    await admin(as_).made(f"{path}/grants", {"role": role, "unit_id": str(unit_id(unit))})
    return path


def script(as_: As, made: dict[str, Any]) -> Api:
    """Whoever holds the key."""
    return Api(admin(as_).http, {"Authorization": f"Bearer {made['key']}"})


async def test_an_account_a_grant_and_a_key_make_a_script_that_acts(as_: As, audit: Callable[..., Any]) -> None:
    path = await with_role(as_)
    answer = await admin(as_).post(f"{path}/keys", key())
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert made["key"].startswith("dhk_")
    assert len(made["key"]) == 4 + 43
    assert (made["hint"], made["usable"], made["permissions"]) == (made["key"][:8], True, None)
    me = (await script(as_, made).get("/me")).json()
    assert (me["kind"], me["name"], me["key_id"]) == ("service_account", "Kho dữ liệu", made["id"])
    body = {"unit_id": str(unit_id("district_yen_thanh")), "year": 2024}
    assert (await script(as_, made).post("/registrations", body)).status_code == 201
    events = await audit()
    assert [event.verb for event in events] == [
        "service_account.create",
        "grant.create",
        "service_key.create",
        "registration.create",
    ]
    assert str(events[-1].key_id) == made["id"]
    assert made["key"] not in str(events)


async def test_the_key_is_stored_hashed_and_never_shown_again(as_: As, system: Tx) -> None:
    path = await with_role(as_)
    made = await admin(as_).made(f"{path}/keys", key())
    (listed,) = (await admin(as_).get(f"{path}/keys")).json()["items"]
    assert "key" not in listed
    assert (listed["name"], listed["hint"], listed["created_by"]) == (
        "Máy chủ 1",
        made["key"][:8],
        str(user_id("district_yen_thanh", "administrator")),
    )
    stored = await system.session.scalar(
        text("SELECT secret_hash FROM service_keys WHERE id = :id"), {"id": made["id"]}
    )
    assert stored == hash_key(made["key"])


async def test_a_key_narrows_to_its_unit_and_permissions(as_: As) -> None:
    path = await with_role(as_)
    narrow = key(unit_id=str(unit_id("commune_a")), permissions=["registration.write", "registration.read"])
    made = await admin(as_).made(f"{path}/keys", narrow)
    robot = script(as_, made)
    (grant,) = (await robot.get("/me")).json()["grants"]
    assert (grant["unit"]["code"], grant["permissions"]) == ("17509", ["registration.read", "registration.write"])
    inside, outside = ({"unit_id": str(unit_id(u)), "year": 2024} for u in ("commune_a", "commune_b"))
    assert (await robot.post("/registrations", inside)).status_code == 201
    assert (await robot.post("/registrations", outside)).status_code == 404
    assert (await robot.get("/evaluations")).status_code == 403


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"unit_id": str(unit_id("province"))}, ("/unit_id", "outside_account")),
        ({"unit_id": str(unit_id("commune_c"))}, ("/unit_id", "outside_account")),
        ({"permissions": ["registration.read", "user.manage"]}, ("/permissions/1", "not_held")),
        ({"permissions": []}, ("/permissions", "too_short")),
        ({"permissions": ["all"]}, ("/permissions/0", "enum")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, ("/expires_at", "out_of_range")),
        ({"expires_at": "2024-01-01T00:00:00"}, ("/expires_at", "timezone_aware")),
        ({"name": ""}, ("/name", "string_too_short")),
    ],
)
async def test_what_a_key_cannot_be(as_: As, more: dict[str, Any], fault: tuple[str, str]) -> None:
    path = await with_role(as_)
    answer = await admin(as_).post(f"{path}/keys", {**key(), **more})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_a_key_lives_400_days_at_most(as_: As) -> None:
    path = await with_role(as_)
    assert (await admin(as_).post(f"{path}/keys", key(399.9))).status_code == 201
    assert codes(await admin(as_).post(f"{path}/keys", key(400.1))) == [("/expires_at", "out_of_range")]


async def test_an_expired_a_revoked_and_a_disabled_key_are_refused_at_once(
    as_: As, wall: Wall, audit: Callable[..., Any]
) -> None:
    path = await with_role(as_)
    one, other, third = [await admin(as_).made(f"{path}/keys", key(days)) for days in (0.001, 1, 1)]
    for made in (one, other, third):
        assert (await script(as_, made).get("/registrations")).status_code == 200
    for _ in range(2):  # the second changes nothing
        assert (await admin(as_).request("DELETE", f"{path}/keys/{other['id']}")).status_code == 204
    assert (await script(as_, other).get("/registrations")).status_code == 401
    assert [event.verb for event in await audit()].count("service_key.revoke") == 1
    await admin(as_).done(path, "disable")
    assert (await script(as_, third).get("/registrations")).status_code == 401
    refused = await admin(as_).post(f"{path}/keys", key())
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    await admin(as_).done(path, "enable")
    assert (await script(as_, third).get("/registrations")).status_code == 200
    wall.advance(minutes=2)
    assert (await script(as_, one).get("/registrations")).status_code == 401
    assert [key["usable"] for key in (await admin(as_).get(f"{path}/keys")).json()["items"]] == [False, False, True]


async def test_an_ended_grant_acts_on_the_scripts_next_request(as_: As, robot: Api) -> None:
    (given,) = (await admin(as_).get(f"{ROBOT}/grants")).json()["items"]
    assert (await robot.get("/registrations")).status_code == 200
    assert (await admin(as_).request("DELETE", f"{ROBOT}/grants/{given['id']}")).status_code == 204
    assert (await robot.get("/registrations")).status_code == 403


@pytest.mark.parametrize("role", ["editor", "administrator"])
async def test_scripts_take_two_roles_only(as_: As, role: str) -> None:
    body = {"role": role, "unit_id": str(unit_id("commune_a"))}
    assert codes(await admin(as_).post(f"{ROBOT}/grants", body)) == [("/role", "role_not_for_holder")]


async def test_nobody_elses_accounts_are_there(as_: As, anonymous: Api) -> None:
    etag = await admin(as_).etag(ROBOT)
    (one,) = (await admin(as_).get(f"{ROBOT}/keys")).json()["items"]
    for who, status in ((anonymous, 401), (admin(as_, "district_vinh"), 404), (as_("commune_a", "editor"), 403)):
        assert (await who.get("/service-accounts")).status_code == (200 if status == 404 else status)
        assert (await who.post("/service-accounts", account("commune_a"))).status_code == status
        assert (await who.get(ROBOT)).status_code == status
        assert (await who.change("PATCH", ROBOT, {"name": "X"}, etag)).status_code == status
        assert (await who.act(ROBOT, "disable", etag)).status_code == status
        assert (await who.get(f"{ROBOT}/keys")).status_code == status
        assert (await who.post(f"{ROBOT}/keys", key())).status_code == status
        assert (await who.request("DELETE", f"{ROBOT}/keys/{one['id']}")).status_code == status
    assert (await admin(as_, "district_vinh").get("/service-accounts")).json()["items"] == []


async def test_an_account_is_changed_by_its_version_and_named_once_in_its_unit(
    as_: As, audit: Callable[..., Any]
) -> None:
    made = await admin(as_).made("/service-accounts", account())
    path = f"/service-accounts/{made['id']}"
    again = await admin(as_).post("/service-accounts", account())
    assert (again.status_code, codes(again)) == (409, [("/name", "duplicate")])
    await admin(as_).made("/service-accounts", account("commune_b"))
    etag = await admin(as_).etag(path)
    assert (await admin(as_).request("PATCH", path, {"name": "Y"})).status_code == 428
    changed = await admin(as_).change("PATCH", path, {"description": "Nạp số liệu hằng đêm"}, etag)
    assert (changed.json()["description"], changed.json()["version"]) == ("Nạp số liệu hằng đêm", 2)
    assert (await admin(as_).change("PATCH", path, {"name": "Y"}, etag)).status_code == 412
    assert codes(await admin(as_).change("PATCH", path, {"name": None})) == [("/name", "null")]
    event = (await audit())[-1]
    assert (event.verb, event.after) == ("service_account.edit", {"description": "Nạp số liệu hằng đêm"})


async def test_lists_are_filtered_and_take_few_statements(as_: As, statements: Any) -> None:
    await admin(as_).made("/service-accounts", account())
    statements.seen.clear()
    listed = (await admin(as_).get("/service-accounts", include_total="true")).json()
    assert len(statements.seen) <= 3
    assert [one["name"] for one in listed["items"]] == ["Kho dữ liệu", "robot"]
    under = (await admin(as_).get("/service-accounts", under=str(unit_id("commune_a")), disabled="false")).json()
    assert [one["name"] for one in under["items"]] == ["robot"]
    statements.seen.clear()
    await admin(as_).get(f"{ROBOT}/keys", sort="-created_at")
    assert len(statements.seen) <= 3


async def test_an_account_with_rights_above_is_not_shut_from_below(as_: As) -> None:
    body = {"role": "viewer", "unit_id": str(unit_id("province"))}
    await admin(as_, "province").made(f"{ROBOT}/grants", body)
    answer = await admin(as_).act(ROBOT, "disable")
    assert (answer.status_code, answer.json()["code"]) == (403, "holds_more")
    made = await admin(as_).made(f"{ROBOT}/keys", key())
    units = {grant["unit"]["code"] for grant in (await script(as_, made).get("/me")).json()["grants"]}
    assert units == {"17509"}  # a key from below reaches no further than the account's own unit
