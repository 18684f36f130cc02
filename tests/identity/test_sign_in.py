"""Signing in over HTTP: one answer for every failure, growing delays, and nobody locked out by strangers."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access.actor import Tx
from app.identity import backoff, passwords
from tests.actors import Api, codes
from tests.builders.people import user_id
from tests.builders.units import unit_id
from tests.conftest import PASSWORD
from tests.identity.conftest import Door, Wall, bearer

pytestmark = pytest.mark.anyio
WRONG = "khong phai mat khau nay dau"
EDITOR = "17509.editor"


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were compared with, in order."""
    seen: list[str] = []
    genuine = passwords.verify

    async def counting(hash: str, password: str) -> bool:
        seen.append(hash)
        return await genuine(hash, password)

    monkeypatch.setattr(passwords, "verify", counting)
    return seen


async def test_an_editor_signs_in_and_the_refresh_token_is_a_guarded_cookie(
    door: Door, audit: Callable[..., Any]
) -> None:
    answer = await door.knock(EDITOR)
    assert answer.status_code == 201
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("bearer", 900)
    assert answer.headers["cache-control"] == "no-store"
    value, *attributes = answer.headers["set-cookie"].split("; ")
    assert value.startswith("__Secure-dienhinh_refresh=dhr_")
    assert {a.lower() for a in attributes} == {
        "httponly",
        "secure",
        "samesite=strict",
        "path=/api/v1/auth",
        f"max-age={14 * 86400}",
    }
    me = await door.http.get("/api/v1/me", headers=bearer(answer.json()))
    assert (me.status_code, me.json()["name"]) == (200, EDITOR)
    (event,) = await audit()
    assert (event.verb, event.actor_id, event.unit_id) == (
        "session.create",
        user_id("commune_a", "editor"),
        unit_id("commune_a"),
    )
    assert str(event.session_id) == me.json()["session_id"]


async def test_a_client_without_cookies_gets_the_refresh_token_in_the_body(door: Door) -> None:
    answer = await door.knock(EDITOR, deliver_refresh="body")
    assert answer.json()["refresh_token"].startswith("dhr_")
    assert "set-cookie" not in answer.headers


async def test_the_name_is_taken_in_any_case_and_with_blanks_around_it(door: Door) -> None:
    assert (await door.knock("  17509.EDITOR ")).status_code == 201


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"username": EDITOR}, ("/password", "missing")),
        ({"username": EDITOR, "password": "x" * 1025}, ("/password", "string_too_long")),
        ({"username": EDITOR, "password": 5}, ("/password", "string_type")),
        ({"username": EDITOR, "password": PASSWORD, "remember": True}, ("/remember", "extra_forbidden")),
        ({"username": EDITOR, "password": PASSWORD, "deliver_refresh": "x"}, ("/deliver_refresh", "literal_error")),
    ],
)
async def test_bad_input_names_the_place(anonymous: Api, body: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await anonymous.post("/auth/sessions", body)
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_unknown_wrong_and_disabled_are_one_answer_after_the_same_work(
    door: Door, system: Tx, verified: list[str], statements: Any
) -> None:
    await system.session.execute(
        text("UPDATE users SET disabled_at = now() WHERE id = :id"), {"id": user_id("commune_b", "editor")}
    )
    attempts = {"wrong": (EDITOR, WRONG), "unknown": ("17509.nobody", WRONG), "disabled": ("17510.editor", PASSWORD)}
    answers, work = {}, {}
    for case, (username, password) in attempts.items():
        statements.seen.clear()
        verified.clear()
        answer = await door.knock(username, password)
        body = answer.json()
        body.pop("request_id")
        answers[case] = (answer.status_code, body)
        work[case] = (len(verified), len(statements.seen))
    assert answers["unknown"] == answers["wrong"] == answers["disabled"]
    assert (answers["unknown"][0], answers["unknown"][1]["code"]) == (401, "invalid_credentials")
    assert work["unknown"] == work["wrong"] == work["disabled"]
    assert work["unknown"][0] == 1
    await door.knock("17509.nobody", WRONG)
    assert verified[-1] == passwords.DUMMY_HASH


async def test_a_failure_is_told_to_the_auditors_of_the_account_and_of_nobody_else(
    door: Door, audit: Callable[..., Any]
) -> None:
    await door.knock(EDITOR, WRONG)
    await door.knock("17509.nobody", WRONG)
    (event,) = await audit()
    assert (event.verb, event.subject_id, event.unit_id) == (
        "session.refuse",
        user_id("commune_a", "editor"),
        unit_id("commune_a"),
    )
    assert event.after["reason"] == "password"
    assert WRONG not in str(event)


def test_delays_grow_and_stop_growing() -> None:
    assert [backoff.delay(n).total_seconds() for n in (0, 4, 5, 6, 7, 13, 14, 10_000)] == [
        0,
        0,
        2,
        4,
        8,
        512,
        900,
        900,
    ]


@pytest.mark.parametrize("username", [EDITOR, "17509.nobody"])
async def test_after_five_failures_a_name_waits_whether_or_not_it_exists(
    door: Door, wall: Wall, verified: list[str], username: str
) -> None:
    assert [(await door.knock(username, WRONG)).status_code for _ in range(5)] == [401] * 5
    refused = await door.knock(username, PASSWORD)
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert refused.headers["retry-after"] == "2"
    assert len(verified) == 5  # the right password was not even looked at
    wall.advance(seconds=1)
    assert (await door.knock(username, WRONG)).headers["retry-after"] == "1"  # and waiting is not made longer
    wall.advance(seconds=1.1)
    assert (await door.knock(username, WRONG)).status_code == 401
    assert (await door.knock(username, WRONG)).headers["retry-after"] == "4"


async def test_a_good_sign_in_after_the_wait_clears_the_count(door: Door, wall: Wall, system: Tx) -> None:
    for _ in range(5):
        await door.knock(EDITOR, WRONG)
    assert await system.session.scalar(text("SELECT failures FROM sign_in_failures")) == 5
    wall.advance(seconds=3)
    assert (await door.knock(EDITOR)).status_code == 201
    assert await system.session.scalar(text("SELECT count(*) FROM sign_in_failures")) == 0


async def test_failures_of_yesterday_are_forgotten_and_swept(door: Door, wall: Wall, system: Tx) -> None:
    for name in ("17509.nobody", "17509.nobody2"):
        for _ in range(5):
            await door.knock(name, WRONG)
    wall.advance(days=1, seconds=1)
    assert (await door.knock("17509.nobody", WRONG)).status_code == 401
    found = await system.session.execute(text("SELECT failures FROM sign_in_failures"))
    assert list(found.scalars()) == [1]


async def test_a_stranger_cannot_lock_a_person_out_of_the_usual_place(door: Door, app: FastAPI) -> None:
    def at(address: str) -> Door:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 1))
        return Door(httpx.AsyncClient(transport=transport, base_url="https://test"))

    office, stranger, elsewhere = at("203.0.113.5"), at("198.51.100.7"), at("192.0.2.3")
    await office.enter(EDITOR)
    for _ in range(6):
        last = await stranger.knock(EDITOR, WRONG)
    assert last.status_code == 429
    assert (await elsewhere.knock(EDITOR)).status_code == 429  # strangers share one count wherever they are
    assert (await office.knock(EDITOR)).status_code == 201
    assert (await stranger.knock(EDITOR)).status_code == 429  # which the person's own sign-in does not clear


def test_a_place_is_an_address_or_a_network() -> None:
    assert [backoff.place(a) for a in ("203.0.113.5", "2001:db8::1:2", "testclient", None)] == [
        "203.0.113.5",
        "2001:db8::/64",
        None,
        None,
    ]


async def test_an_old_hash_is_made_anew_when_the_password_is_there(door: Door, system: Tx) -> None:
    query = text("SELECT password_hash FROM users WHERE username = :name")
    assert "m=8," in str(await system.session.scalar(query, {"name": EDITOR}))
    await door.enter(EDITOR)
    assert "m=19456,t=2,p=1" in str(await system.session.scalar(query, {"name": EDITOR}))
    assert (await door.knock(EDITOR)).status_code == 201


@pytest.mark.real_commits
async def test_parallel_guesses_do_not_outrun_the_count(committed: httpx.AsyncClient) -> None:
    door = Door(committed)
    answers = await asyncio.gather(*(door.knock(EDITOR, WRONG) for _ in range(12)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * 5 + [429] * 7
    assert (await door.knock(EDITOR)).status_code == 429
