"""One's own password and second factor over HTTP."""

import time
from collections.abc import Callable
from typing import Any

import pyotp
import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.people import user_id
from tests.conftest import PASSWORD
from tests.identity.conftest import Door, Wall, bearer

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
EDITOR = "17509.editor"
BETTER = "nam con meo leo cay cau 77"
SHORT = "Kx7#qvT2"


def code(secret: str, ahead: int = 0) -> str:
    """What the authenticator app shows, ``ahead`` steps of 30 seconds from now."""
    return pyotp.TOTP(secret).at(time.time() + 30 * ahead)


async def with_second_factor(person: Api) -> str:
    """Turn the second factor on; its secret."""
    started = await person.post("/auth/second-factor", {"password": PASSWORD})
    assert started.status_code == 200, started.text
    assert started.headers["cache-control"] == "no-store"
    secret = str(started.json()["secret"])
    assert secret in started.json()["otpauth_uri"]
    confirmed = await person.post("/auth/second-factor/confirm", {"one_time_code": code(secret, -1)})
    assert confirmed.status_code == 204, confirmed.text
    return secret


async def change(person: Api, new: str, current: str = PASSWORD) -> Any:
    """Change the password."""
    return await person.post("/auth/password", {"current_password": current, "new_password": new})


async def test_a_new_password_replaces_the_old_and_ends_the_other_sessions(
    door: Door, as_: As, audit: Callable[..., Any]
) -> None:
    other = await door.enter(EDITOR)
    person = as_("commune_a", "editor")
    assert (await change(person, BETTER)).status_code == 204
    assert (await person.get("/me")).status_code == 200
    assert (await door.http.get("/api/v1/me", headers=bearer(other))).status_code == 401
    assert (await door.refresh(other["refresh_token"])).status_code == 401
    assert (await door.knock(EDITOR)).status_code == 401
    assert (await door.knock(EDITOR, BETTER)).status_code == 201
    event = next(event for event in await audit() if event.verb == "user.change_password")
    assert (event.actor_id, event.subject_id, event.after) == (user_id("commune_a", "editor"),) * 2 + (None,)


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        ("con meo 7788", "too_short"),
        ("17509.editor 17509.editor", "context_word"),
        ("Xã Mã Thành xã Mã Thành", "context_word"),
        ("123456789012345678", "sequence"),
    ],
)
async def test_a_weak_password_is_refused_with_its_reasons(as_: As, new: str, fault: str) -> None:
    answer = await change(as_("commune_a", "editor"), new)
    assert answer.status_code == 422
    assert ("/new_password", fault) in codes(answer)
    assert new not in answer.text


async def test_the_current_password_is_asked_for_and_cannot_be_guessed(as_: As, wall: Wall) -> None:
    person = as_("commune_a", "editor")
    for _ in range(5):
        answer = await change(person, BETTER, "khong phai mat khau nay")
        assert (answer.status_code, codes(answer)) == (422, [("/current_password", "wrong_password")])
    waiting = await change(person, BETTER)
    assert (waiting.status_code, waiting.headers["retry-after"]) == (429, "2")
    wall.advance(seconds=3)
    assert (await change(person, BETTER)).status_code == 204


async def test_guesses_with_a_stolen_token_do_not_keep_the_person_from_signing_in(as_: As, door: Door) -> None:
    for _ in range(6):
        await change(as_("commune_a", "editor"), BETTER, "khong phai mat khau nay")
    assert (await door.knock(EDITOR)).status_code == 201


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/password", {"current_password": PASSWORD, "new_password": BETTER}),
        ("/auth/second-factor", {"password": PASSWORD}),
        ("/auth/second-factor/confirm", {"one_time_code": "123456"}),
        ("/auth/second-factor/disable", {"password": PASSWORD, "one_time_code": "123456"}),
    ],
)
async def test_only_signed_in_people_have_them(anonymous: Api, robot: Api, path: str, body: dict[str, str]) -> None:
    for sent in (body, {}):
        assert (await anonymous.post(path, sent)).json()["code"] == "unauthenticated"
    refused = await robot.post(path, body)
    assert (refused.status_code, refused.json()["code"]) == (403, "people_only")


async def test_with_a_second_factor_signing_in_takes_a_code_once(as_: As, door: Door) -> None:
    secret = await with_second_factor(as_("commune_a", "editor"))
    asked = await door.knock(EDITOR)
    assert (asked.status_code, asked.json()["code"]) == (401, "one_time_code_required")
    wrong = await door.knock(EDITOR, "khong phai mat khau nay", one_time_code=code(secret))
    assert wrong.json()["code"] == "invalid_credentials"
    right = code(secret)
    assert (await door.knock(EDITOR, one_time_code=right)).status_code == 201
    replayed = await door.knock(EDITOR, one_time_code=right)
    assert (replayed.status_code, replayed.json()["code"]) == (401, "invalid_one_time_code")
    assert (await as_("commune_a", "editor").get("/me")).json()["second_factor"] is True


async def test_wrong_codes_count_as_failures_and_are_told(
    as_: As, door: Door, audit: Callable[..., Any], system: Tx
) -> None:
    secret = await with_second_factor(as_("commune_a", "editor"))
    for _ in range(5):
        answer = await door.knock(EDITOR, one_time_code="abcdef")
        assert answer.json()["code"] == "invalid_one_time_code"
    assert (await door.knock(EDITOR, one_time_code=code(secret))).status_code == 429
    reasons = [event.after["reason"] for event in await audit() if event.verb == "session.refuse"]
    assert reasons == ["one_time_code"] * 5


async def test_nothing_changes_until_the_factor_is_confirmed(as_: As, door: Door) -> None:
    person = as_("commune_a", "editor")
    assert (await person.post("/auth/second-factor/confirm", {"one_time_code": "123456"})).status_code == 409
    secret = (await person.post("/auth/second-factor", {"password": PASSWORD})).json()["secret"]
    wrong = await person.post("/auth/second-factor/confirm", {"one_time_code": "abcdef"})
    assert (wrong.status_code, codes(wrong)) == (422, [("/one_time_code", "wrong_code")])
    assert (await door.knock(EDITOR)).status_code == 201
    assert (await person.post("/auth/second-factor/confirm", {"one_time_code": code(secret)})).status_code == 204
    assert (await door.knock(EDITOR)).status_code == 401
    again = await person.post("/auth/second-factor", {"password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")


async def test_turning_it_off_takes_password_and_code(as_: As, door: Door, audit: Callable[..., Any]) -> None:
    person = as_("commune_a", "editor")
    body = {"password": PASSWORD, "one_time_code": "abcdef"}
    assert (await person.post("/auth/second-factor/disable", body)).status_code == 409
    secret = await with_second_factor(person)
    assert codes(await person.post("/auth/second-factor/disable", body)) == [("/one_time_code", "wrong_code")]
    wrong = {"password": "khong phai mat khau nay", "one_time_code": code(secret)}
    assert codes(await person.post("/auth/second-factor/disable", wrong)) == [("/password", "wrong_password")]
    body["one_time_code"] = code(secret)
    assert (await person.post("/auth/second-factor/disable", body)).status_code == 204
    assert (await door.knock(EDITOR)).status_code == 201
    assert [event.verb for event in await audit() if event.subject_kind == "user"] == [
        "user.start_second_factor",
        "user.confirm_second_factor",
        "user.disable_second_factor",
    ]


async def test_a_short_password_needs_the_second_factor_and_keeps_it(as_: As, door: Door) -> None:
    person = as_("commune_a", "editor")
    assert ("/new_password", "too_short") in codes(await change(person, SHORT))
    secret = await with_second_factor(person)
    assert (await change(person, SHORT)).status_code == 204
    kept = await person.post("/auth/second-factor/disable", {"password": SHORT, "one_time_code": code(secret)})
    assert (kept.status_code, codes(kept)) == (422, [("/password", "too_short")])
    assert (await door.knock(EDITOR, SHORT)).json()["code"] == "one_time_code_required"


async def test_secrets_never_reach_the_event_log(as_: As, system: Tx) -> None:
    secret = await with_second_factor(as_("commune_a", "editor"))
    await change(as_("commune_a", "editor"), BETTER)
    found = await system.session.execute(text("SELECT * FROM audit_events"))
    written = str(found.all())
    assert "user.change_password" in written
    for hidden in (secret, PASSWORD, BETTER, "argon2"):
        assert hidden not in written
