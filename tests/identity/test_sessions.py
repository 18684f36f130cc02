"""Sessions over HTTP: refreshing, copies of a token, listing and ending."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.identity import refresh_tokens
from tests.actors import Api, codes
from tests.builders.people import session_id, user_id
from tests.conftest import PASSWORD
from tests.identity.conftest import Door, Wall, bearer

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
EDITOR = "17509.editor"
COOKIE = "__Secure-dienhinh_refresh"


async def alive(door: Door, opened: dict[str, Any]) -> bool:
    """Whether the access token of ``opened`` still opens something."""
    return (await door.http.get("/api/v1/me", headers=bearer(opened))).status_code == 200


async def test_refreshing_gives_a_new_pair_in_the_same_session(door: Door, wall: Wall) -> None:
    opened = await door.enter(EDITOR)
    wall.advance(minutes=14)
    answer = await door.refresh(opened["refresh_token"])
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.json()["refresh_token"] != opened["refresh_token"]
    me = [(await door.http.get("/api/v1/me", headers=bearer(one))).json() for one in (opened, answer.json())]
    assert me[0]["session_id"] == me[1]["session_id"]
    wall.advance(minutes=2)
    assert not await alive(door, opened)
    assert await alive(door, answer.json())


async def test_with_the_cookie_the_next_token_is_a_cookie(door: Door) -> None:
    first = (await door.knock(EDITOR)).cookies[COOKIE]
    answer = await door.http.post("/api/v1/auth/sessions/refresh", json={})
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    assert answer.cookies[COOKIE] not in {"", first}


async def test_refreshing_takes_json_and_nothing_a_form_could_send(door: Door) -> None:
    await door.knock(EDITOR)
    path = "/api/v1/auth/sessions/refresh"
    form = await door.http.post(path, content=b"{}", headers={"Content-Type": "text/plain"})
    assert form.status_code == 415
    empty = await door.http.post(path)
    assert (empty.status_code, codes(empty)) == (422, [("", "missing")])


async def test_a_copy_of_an_old_token_ends_the_session_and_is_told(
    door: Door, wall: Wall, audit: Callable[..., Any]
) -> None:
    opened = await door.enter(EDITOR)
    second = (await door.refresh(opened["refresh_token"])).json()
    third = (await door.refresh(second["refresh_token"])).json()
    stolen = await door.refresh(opened["refresh_token"])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "invalid_refresh_token")
    assert not await alive(door, third)
    assert (await door.refresh(third["refresh_token"])).status_code == 401
    events = [(event.verb, event.actor_id) for event in await audit()]
    assert events == [(verb, user_id("commune_a", "editor")) for verb in ("session.create", "session.revoke")]


async def test_a_lost_answer_may_be_asked_for_again_for_ten_seconds(door: Door, wall: Wall) -> None:
    opened = await door.enter(EDITOR)
    lost = (await door.refresh(opened["refresh_token"])).json()
    wall.advance(seconds=9)
    again = await door.refresh(opened["refresh_token"])
    assert (again.status_code, again.json()["refresh_token"]) == (200, lost["refresh_token"])
    wall.advance(seconds=2)
    assert (await door.refresh(opened["refresh_token"])).status_code == 401
    assert not await alive(door, again.json())


@pytest.mark.real_commits
async def test_tabs_that_refresh_at_once_all_stay_signed_in(committed: httpx.AsyncClient) -> None:
    door = Door(committed)
    opened = await door.enter(EDITOR)
    answers = await asyncio.gather(*(door.refresh(opened["refresh_token"]) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    (following,) = {answer.json()["refresh_token"] for answer in answers}
    assert (await door.refresh(following)).status_code == 200


@pytest.mark.parametrize("token", ["", "dhr_", "x" * 200, "dhr_" + "a" * 43 + "." + "b" * 43, "dhr_é.b"])
async def test_what_is_no_token_of_ours_is_refused(door: Door, token: str) -> None:
    answer = await door.refresh(token)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")


async def test_a_token_with_a_guessed_end_ends_nothing_unless_its_family_is_known(door: Door, system: Tx) -> None:
    await door.enter(EDITOR)
    assert (await door.refresh(refresh_tokens.first())).status_code == 401
    assert await system.session.scalar(text("SELECT count(*) FROM sessions WHERE revoked_at IS NOT NULL")) == 0


async def test_tokens_are_stored_hashed(door: Door, system: Tx) -> None:
    opened = await door.enter(EDITOR)
    rows = await system.session.execute(text("SELECT * FROM sessions WHERE user_agent IS NOT NULL"))
    (row,) = rows.all()
    assert row.refresh_hash == refresh_tokens.token_hash(opened["refresh_token"])
    assert opened["refresh_token"][4:47] not in str(tuple(row))


async def test_a_session_ends_after_its_days_however_often_it_is_refreshed(door: Door, wall: Wall) -> None:
    opened = await door.enter(EDITOR)
    for _ in range(2):
        wall.advance(days=6)
        opened = (await door.refresh(opened["refresh_token"])).json()
    wall.advance(days=2, minutes=1)
    assert (await door.refresh(opened["refresh_token"])).status_code == 401


async def test_a_disabled_user_is_out_at_once(door: Door, as_: As) -> None:
    opened = await door.enter(EDITOR)
    path = f"/users/{user_id('commune_a', 'editor')}"
    assert (await as_("district_yen_thanh", "administrator").done(path, "disable"))["status"] == "disabled"
    assert not await alive(door, opened)
    assert (await door.refresh(opened["refresh_token"])).status_code == 401
    await as_("district_yen_thanh", "administrator").done(path, "enable")
    assert not await alive(door, opened)
    assert await alive(door, await door.enter(EDITOR))


async def test_one_sees_and_ends_ones_own_sessions(door: Door, as_: As, audit: Callable[..., Any]) -> None:
    phone = await door.enter(EDITOR)
    desk = as_("commune_a", "editor")
    listed = (await desk.get("/auth/sessions")).json()["items"]
    assert [one["current"] for one in listed] == [False, True]
    assert listed[0]["user_agent"].startswith("python-httpx")
    assert listed[0]["address"] == "127.0.0.1"
    assert {one["id"] for one in listed[1:]} == {str(session_id("commune_a", "editor"))}
    assert (await desk.request("DELETE", f"/auth/sessions/{listed[0]['id']}")).status_code == 204
    assert not await alive(door, phone)
    assert (await door.refresh(phone["refresh_token"])).status_code == 401
    assert (await desk.request("DELETE", f"/auth/sessions/{listed[0]['id']}")).status_code == 404
    assert (await audit())[-1].verb == "session.end"
    assert len((await desk.get("/auth/sessions")).json()["items"]) == 1


async def test_nobody_ends_another_persons_session(as_: As) -> None:
    other = session_id("commune_a", "approver")
    assert (await as_("commune_a", "editor").request("DELETE", f"/auth/sessions/{other}")).status_code == 404
    assert (await as_("commune_a", "approver").get("/me")).status_code == 200


async def test_signing_out_ends_the_current_session_and_the_cookie(door: Door) -> None:
    opened = (await door.knock(EDITOR)).json()
    answer = await door.http.delete("/api/v1/auth/sessions/current", headers=bearer(opened))
    assert answer.status_code == 204
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert not await alive(door, opened)
    assert (await door.http.delete("/api/v1/auth/sessions/current", headers=bearer(opened))).status_code == 401


async def test_listing_ones_sessions_takes_few_statements(as_: As, statements: Any) -> None:
    await as_("commune_a", "editor").get("/auth/sessions")
    assert len(statements.seen) <= 3


async def test_old_sessions_are_swept_at_the_next_sign_in(door: Door, wall: Wall, system: Tx) -> None:
    await door.enter(EDITOR, PASSWORD)
    count = text("SELECT count(*) FROM sessions WHERE user_id = :id")
    who = {"id": user_id("commune_a", "editor")}
    assert await system.session.scalar(count, who) == 2
    wall.advance(days=14 + 91)
    await door.enter(EDITOR)
    assert await system.session.scalar(count, who) == 1
