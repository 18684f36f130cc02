"""Users over HTTP: who looks after whom, and what nobody may do to accounts."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.identity.passwords import weaknesses
from app.identity.schemas import UserIn
from app.identity.users import create_user, disable_user, set_password
from app.kernel.errors import Invalid
from tests.actors import Api, codes
from tests.builders.people import user_id
from tests.builders.units import unit_id
from tests.conftest import PASSWORD
from tests.identity.conftest import Door, bearer
from tests.identity.test_own_account import with_second_factor

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BODY = {"username": "an.nguyen", "full_name": "Nguyễn Văn An", "unit_id": str(unit_id("commune_a"))}
CHOSEN = "nam con meo leo cay cau 77"


def admin(as_: As, unit: str = "district_yen_thanh") -> Api:
    """The administrator of ``unit``."""
    return as_(unit, "administrator")


def of(unit: str, role: str) -> str:
    """The path of that person's account."""
    return f"/users/{user_id(unit, role)}"


async def test_a_user_is_made_with_a_password_shown_once(as_: As, door: Door, audit: Callable[..., Any]) -> None:
    answer = await admin(as_).post("/users", {**BODY, "email": "an@example.vn", "phone": "0912 345 678"})
    made = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert answer.headers["location"] == f"/api/v1/users/{made['id']}"
    assert (made["status"], made["second_factor"], made["unit"]["code"]) == ("active", False, "17509")
    assert weaknesses(made["generated_password"], context=["an.nguyen"], second_factor=False) == []
    seen = (await admin(as_).get(f"/users/{made['id']}")).json()
    assert (seen["email"], seen["phone"], "generated_password" in seen) == ("an@example.vn", "0912 345 678", False)
    (event,) = await audit()
    assert (event.verb, event.actor_id) == ("user.create", user_id("district_yen_thanh", "administrator"))
    assert made["generated_password"] not in str(event)
    opened = await door.enter("an.nguyen", made["generated_password"])
    me = (await door.http.get("/api/v1/me", headers=bearer(opened))).json()
    assert (me["full_name"], me["grants"]) == ("Nguyễn Văn An", [])


async def test_with_a_password_given_none_is_generated(as_: As, door: Door) -> None:
    made = await admin(as_).made("/users", {**BODY, "username": " An.Nguyen", "password": CHOSEN})
    assert (made["username"], made["generated_password"]) == ("an.nguyen", None)
    assert (await door.knock("an.nguyen", CHOSEN)).status_code == 201


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"username": "an"}, ("/username", "string_pattern_mismatch")),
        ({"username": "an nguyen"}, ("/username", "string_pattern_mismatch")),
        ({"username": "an\n"[:2] + "ế"}, ("/username", "string_pattern_mismatch")),
        ({"full_name": " "}, ("/full_name", "string_too_short")),
        ({"full_name": "x" * 201}, ("/full_name", "string_too_long")),
        ({"email": "an@"}, ("/email", "string_pattern_mismatch")),
        ({"phone": "goi cho toi"}, ("/phone", "string_pattern_mismatch")),
        ({"password": "ngan"}, ("/password", "too_short")),
        ({"password": "Nguyễn Văn An Nguyễn Văn An"}, ("/password", "context_word")),
        ({"role": "editor"}, ("/role", "extra_forbidden")),
        ({"unit_id": "x"}, ("/unit_id", "uuid_parsing")),
    ],
)
async def test_bad_input_names_the_place(as_: As, more: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await admin(as_).post("/users", {**BODY, **more})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_a_taken_name_is_a_duplicate_wherever_it_is(as_: As) -> None:
    answer = await admin(as_).post("/users", {**BODY, "username": "412.editor"})
    assert (answer.status_code, codes(answer)) == (409, [("/username", "duplicate")])


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("district_vinh", "administrator", 404),
        ("commune_a", "editor", 403),
        ("province", "auditor", 403),
        ("province", "administrator", 201),
        ("district_yen_thanh", "administrator", 201),
    ],
)
async def test_only_an_administrator_of_the_unit_makes_users(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/users", BODY)).status_code == status


async def test_nobody_else_sees_or_changes_an_account(as_: As, anonymous: Api) -> None:
    path = of("commune_a", "editor")
    etag = await admin(as_).etag(path)
    for who, status in ((anonymous, 401), (admin(as_, "district_vinh"), 404), (as_("commune_a", "editor"), 403)):
        assert (await who.get("/users")).status_code == (200 if status == 404 else status)
        assert (await who.get(path)).status_code == status
        assert (await who.change("PATCH", path, {"full_name": "X"}, etag)).status_code == status
        assert (await who.act(path, "disable", etag)).status_code == status
    assert (await admin(as_).get(path)).json()["full_name"] == "editor Xã Mã Thành"


async def test_changes_are_kept_told_and_need_the_version(as_: As, audit: Callable[..., Any]) -> None:
    path = of("commune_a", "editor")
    etag = await admin(as_).etag(path)
    assert (await admin(as_).request("PATCH", path, {"phone": "0912345678"})).status_code == 428
    changed = await admin(as_).change("PATCH", path, {"full_name": "Trần Thị Bình", "phone": "0912345678"}, etag)
    assert (changed.json()["full_name"], changed.json()["version"]) == ("Trần Thị Bình", 2)
    assert (await admin(as_).change("PATCH", path, {"phone": None}, etag)).status_code == 412
    null = await admin(as_).change("PATCH", path, {"full_name": None})
    assert (null.status_code, codes(null)) == (422, [("/full_name", "null")])
    (event,) = await audit()
    assert (event.verb, event.before["full_name"], event.after["full_name"]) == (
        "user.edit",
        "editor Xã Mã Thành",
        "Trần Thị Bình",
    )
    found = (await admin(as_).get("/users", q="tran thi BINH")).json()["items"]
    assert [one["username"] for one in found] == ["17509.editor"]


async def test_an_account_moves_only_where_one_administers_too(as_: As) -> None:
    path = of("commune_a", "editor")
    outside = await admin(as_).change("PATCH", path, {"unit_id": str(unit_id("commune_c"))})
    assert outside.status_code == 404
    moved = await admin(as_).change("PATCH", path, {"unit_id": str(unit_id("commune_b"))})
    assert moved.json()["unit"]["code"] == "17510"


async def test_lists_are_fenced_filtered_and_sorted(as_: As, statements: Any) -> None:
    district = admin(as_)
    everyone = (await district.get("/users", include_total="true", limit=200)).json()
    assert everyone["total"] == len(everyone["items"]) == 14
    assert [one["username"] for one in everyone["items"]] == sorted(one["username"] for one in everyone["items"])

    async def names(**filters: Any) -> set[str]:
        return {one["username"] for one in (await district.get("/users", **filters)).json()["items"]}

    assert await names(unit=str(unit_id("commune_b"))) == {"17510.editor", "17510.viewer", "17510.approver"}
    assert "th-17509-1.editor" in await names(under=str(unit_id("commune_a")))
    assert await names(q="tien thanh") == await names(unit=str(unit_id("commune_b")))
    assert await names(q="%") == set()
    assert await names(disabled="true") == set()
    await district.done(of("commune_b", "viewer"), "disable")
    assert await names(disabled="true") == {"17510.viewer"}
    assert "17510.viewer" not in await names(disabled="false")
    statements.seen.clear()
    await district.get("/users", include_total="true", sort="unit")
    assert len(statements.seen) <= 3


async def test_a_reset_password_is_shown_once_and_ends_everything_else(
    as_: As, door: Door, audit: Callable[..., Any], system: Tx
) -> None:
    opened = await door.enter("17509.editor")
    await with_second_factor(as_("commune_a", "editor"))
    for _ in range(5):
        await door.knock("17510.editor", "khong phai mat khau nay")
    reset = await admin(as_).done(of("commune_a", "editor"), "reset_password", note="Mất điện thoại")
    assert (reset["second_factor"], reset["status"]) == (False, "active")
    assert (await door.http.get("/api/v1/me", headers=bearer(opened))).status_code == 401
    assert (await door.knock("17509.editor")).status_code == 401
    assert (await door.knock("17509.editor", reset["generated_password"])).status_code == 201
    event = next(event for event in await audit() if event.verb == "user.reset_password")
    assert (event.note, event.after) == ("Mất điện thoại", {"second_factor": False})
    waiting = await admin(as_).done(of("commune_b", "editor"), "reset_password")
    assert (await door.knock("17510.editor", waiting["generated_password"])).status_code == 201


async def test_a_disabled_account_is_out_on_the_next_request(as_: As, door: Door, audit: Callable[..., Any]) -> None:
    editor, path = as_("commune_a", "editor"), of("commune_a", "editor")
    assert (await editor.get("/registrations")).status_code == 200
    gone = await admin(as_).done(path, "disable", note="Chuyển công tác")
    assert [action["action"] for action in gone["allowed_actions"]] == ["enable"]
    assert (await editor.get("/registrations")).status_code == 401
    assert (await door.knock("17509.editor")).json()["code"] == "invalid_credentials"
    again = await admin(as_).act(path, "disable")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")
    await admin(as_).done(path, "enable")
    assert (await door.knock("17509.editor")).status_code == 201
    verbs = [(event.verb, event.note) for event in await audit()]
    assert ("user.disable", "Chuyển công tác") in verbs


@pytest.mark.parametrize("action", ["disable", "reset_password"])
async def test_nobody_shuts_the_own_account(as_: As, action: str) -> None:
    path = of("district_yen_thanh", "administrator")
    assert (await admin(as_).get(path)).json()["allowed_actions"] == []
    answer = await admin(as_).act(path, action)
    assert (answer.status_code, answer.json()["code"]) == (403, "own_account")
    assert (await admin(as_, "province").act(path, action)).status_code == 200


@pytest.mark.parametrize("action", ["disable", "reset_password"])
async def test_an_account_with_rights_above_is_not_taken_over_from_below(as_: As, action: str) -> None:
    """The account of a commune may hold a role at the province: its password is worth the province."""
    grant = {"role": "viewer", "unit_id": str(unit_id("province")), "valid_from": "2030-01-01"}
    await admin(as_, "province").made(f"{of('commune_a', 'editor')}/grants", grant)
    path = of("commune_a", "editor")
    answer = await admin(as_).act(path, action)
    assert (answer.status_code, answer.json()["code"]) == (403, "holds_more")
    assert (await as_("commune_a", "editor").get("/me")).status_code == 200
    assert (await admin(as_, "province").act(path, action)).status_code == 200


async def test_the_command_line_uses_the_same_verbs(system: Tx, door: Door) -> None:
    made = await create_user(system, UserIn.model_validate({**BODY, "password": CHOSEN}))
    assert (await door.knock("an.nguyen", CHOSEN)).status_code == 201
    with pytest.raises(Invalid):
        await set_password(system, made.id, "ngan")
    await set_password(system, made.id, PASSWORD)
    assert (await door.knock("an.nguyen", CHOSEN)).status_code == 401
    assert (await door.knock("an.nguyen")).status_code == 201
    for _ in range(2):
        await disable_user(system, made.id, note="Nghỉ việc")
    assert (await door.knock("an.nguyen")).status_code == 401
    found = await system.session.execute(text("SELECT verb FROM audit_events WHERE actor_kind = 'system' ORDER BY seq"))
    assert list(found.scalars()) == ["user.create", "user.reset_password", "user.disable"]
