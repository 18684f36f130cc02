"""Who the caller is, for every kind of caller; and the public keys."""

from collections.abc import Callable
from typing import Any

import pytest
from jose import jwt

from app.access.permissions import ROLES, Role
from tests.actors import Api
from tests.builders.people import ROLES_AT, session_id, user_id
from tests.builders.units import unit_id
from tests.identity.conftest import Door

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
EVERYONE = [(unit, role) for unit, roles in ROLES_AT.items() for role in roles if unit != "school_a1"]


@pytest.mark.parametrize(("unit", "role"), EVERYONE)
async def test_everyone_learns_what_they_may(as_: As, unit: str, role: str) -> None:
    me = (await as_(unit, role).get("/me")).json()
    held = Role(role.rstrip("2"))
    (grant,) = me["grants"]
    assert (me["kind"], me["id"], me["session_id"]) == (
        "user",
        str(user_id(unit, role)),
        str(session_id(unit, role)),
    )
    assert (me["home"]["id"], grant["unit"]["id"], grant["role"]) == (str(unit_id(unit)), str(unit_id(unit)), held)
    assert grant["permissions"] == sorted(ROLES[held])
    assert grant["permissions"]
    assert (me["second_factor"], me["key_id"]) == (False, None)


async def test_the_place_of_a_grant_is_named(as_: As) -> None:
    me = (await as_("commune_a", "editor").get("/me")).json()
    assert me["full_name"] == "editor Xã Mã Thành"
    assert me["grants"][0]["unit"] == {
        "id": str(unit_id("commune_a")),
        "code": "17509",
        "name": "Xã Mã Thành",
        "level": "commune",
    }


async def test_a_script_learns_it_too(robot: Api) -> None:
    me = (await robot.get("/me")).json()
    assert (me["kind"], me["name"], me["full_name"], me["session_id"]) == ("service_account", "robot", None, None)
    assert me["key_id"]
    assert me["home"]["code"] == "17509"
    assert [grant["role"] for grant in me["grants"]] == ["integrator"]


async def test_the_domain_clock_and_its_offset(as_: As, clock: Any) -> None:
    clock.set("2024-07-14T23:59:30+07:00")
    shown = (await as_("commune_a", "editor").get("/me")).json()["clock"]
    assert (shown["now"][:16], shown["today"], shown["demo"]) == ("2024-07-14T16:59", "2024-07-14", True)
    assert abs(shown["offset_seconds"] - clock.offset.total_seconds()) <= 1
    clock.offset *= 0
    shown = (await as_("commune_a", "editor").get("/me")).json()["clock"]
    assert (shown["offset_seconds"], shown["demo"]) == (0, False)


async def test_anonymous_is_refused(anonymous: Api) -> None:
    for path in ("/me", "/auth/sessions"):
        assert (await anonymous.get(path)).json()["code"] == "unauthenticated"
    assert (await anonymous.request("DELETE", "/auth/sessions/current")).status_code == 401


async def test_few_statements(as_: As, statements: Any) -> None:
    await as_("commune_a", "editor").get("/me")
    assert len(statements.seen) <= 4


async def test_the_public_keys_verify_what_sign_in_gives(anonymous: Api, door: Door) -> None:
    answer = await anonymous.get("/.well-known/jwks.json")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=3600")
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("EC", "P-256", "ES256", "sig")
    assert "d" not in key
    token = (await door.enter("17509.editor"))["access_token"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="dienhinh-api")
    assert claims["sub"] == str(user_id("commune_a", "editor"))
