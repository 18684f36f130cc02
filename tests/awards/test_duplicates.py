"""One recipient has one proposal at a time, whoever made the other, seen or not, unless an officer judges otherwise."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Tx
from tests.actors import Api
from tests.awards.scene import ACHIEVEMENT, DECISION, PERSON, As, Scene
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
AT_A = {"recipient_unit_id": str(unit_id("commune_a"))}


async def refused(caller: Api, path: str, action: str = "submit", **more: Any) -> dict[str, Any]:
    """The problem that answers a duplicate."""
    answer = await caller.act(path, action, **more)
    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate_award"), answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {}),  # the same form a second time
        ({}, {"form": "GK-CAT"}),
        (PERSON, {**PERSON, "form": "GK-CAT"}),
        (PERSON, {**PERSON, "form": "GK-CAT", "recipient_name": "nguyen  van a", "position": "Phó Công an xã"}),
        ({}, {"form": "GK-CAT", "achievement": ACHIEVEMENT.upper() + "."}),
        ({}, {"form": "GK-CAT", "achievement": ACHIEVEMENT + " năm 2024"}),  # one word more
        ({}, {"achievement": "Dập tắt vụ cháy chợ xã"}),  # another achievement is for the officer to see
        (PERSON, {**PERSON, "form": "GK-CAT", "recipient_name": "Đ/c Thượng tá NGUYỄN VĂN A"}),
        ({"recipient_name": "Tổ 1"}, {"form": "GK-CAT", "recipient_name": "tổ 1"}),
        ({}, {"form": "GK-CAT", "recipient_name": "Xã Mã Thành"}),  # the unit by its own name
        ({"period_to": "2023-12-31"}, {"form": "GK-CAT", "period_from": "2023-12-31"}),
    ],
)
async def test_a_second_proposal_is_refused_with_the_way_to_the_first(
    as_: As, scene: Scene, first: dict[str, Any], second: dict[str, Any]
) -> None:
    path = await scene.submitted(**first)
    problem = await refused(as_("commune_a", "approver"), await scene.draft(**second))
    assert problem["others"] == [
        {"id": path.rpartition("/")[2], "href": f"/api/v1{path}", "status": "submitted"},
    ]
    assert (problem["outside_your_scope"], problem["errors"][0]["pointer"]) == (False, "/achievement")
    assert "Xã Mã Thành" in problem["detail"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, PERSON),
        (PERSON, {**PERSON, "recipient_name": "Nguyễn Văn B"}),
        (PERSON, {**PERSON, "recipient_unit_id": str(unit_id("school_a1"))}),
        ({}, {"recipient_name": "Tổ 1"}),
        ({"period_to": "2023-12-31"}, {"period_from": "2024-01-01"}),
    ],
)
async def test_what_is_not_the_same_is_not_refused(
    as_: As, scene: Scene, first: dict[str, Any], second: dict[str, Any]
) -> None:
    await scene.submitted(**first)
    assert (await as_("commune_a", "approver").act(await scene.draft(**second), "submit")).status_code == 200


async def test_what_was_returned_or_declined_does_not_stand_in_the_way(as_: As, scene: Scene) -> None:
    first = await scene.submitted()
    await as_("district_yen_thanh", "approver").done(first, "return", note="Bổ sung")
    second = await scene.submitted(form="GK-CAT")
    problem = await refused(as_("commune_a", "approver"), first)
    assert problem["others"][0]["href"] == f"/api/v1{second}"
    await as_("district_yen_thanh", "approver").done(second, "endorse")
    await as_("province", "approver").done(second, "endorse")
    await as_("province", "awards_officer").done(second, "decline", note="Không đủ")
    assert (await as_("commune_a", "approver").done(first, "submit"))["status"] == "submitted"


async def test_one_beyond_the_fence_refuses_without_showing_itself(as_: As, scene: Scene) -> None:
    hidden = await scene.submitted("district_yen_thanh", "GK-CAT", **PERSON, **AT_A)
    assert (await as_("commune_a", "approver").get(hidden)).status_code == 404
    problem = await refused(as_("commune_a", "approver"), await scene.draft(**PERSON))
    assert (problem["others"], problem["outside_your_scope"]) == ([], True)
    told = str(problem)
    assert hidden.rpartition("/")[2] not in told
    assert "Giám đốc" not in told
    assert "Yên Thành" not in told


async def test_an_awards_officer_allows_it_with_a_note_and_it_is_recorded(
    as_: As, scene: Scene, audit: Callable[..., Any]
) -> None:
    officer, approver = as_("province", "awards_officer"), as_("commune_a", "approver")
    first = await scene.submitted()
    second = await scene.draft(form="GK-CAT")
    await refused(approver, second)
    assert (await approver.act(second, "allow_duplicate", note="x")).status_code == 403
    assert (await officer.act(second, "allow_duplicate")).json()["code"] == "note_required"
    allowed = await officer.done(second, "allow_duplicate", note="Hai thành tích khác nhau")
    assert (allowed["status"], allowed["override_note"]) == ("draft", "Hai thành tích khác nhau")
    event = next(found for found in await audit() if found.verb == "award.allow_duplicate")
    assert (event.note, event.after["override_note"]) == ("Hai thành tích khác nhau", "Hai thành tích khác nhau")
    await approver.done(second, "submit")
    for path in (first, second):
        await as_("district_yen_thanh", "approver").done(path, "endorse")
        await as_("province", "approver").done(path, "endorse")
        assert (await officer.done(path, "grant", **DECISION))["status"] == "granted"


async def test_nothing_is_allowed_in_advance_nor_for_something_else(as_: As, scene: Scene) -> None:
    officer, editor = as_("province", "awards_officer"), as_("commune_a", "editor")
    second = await scene.draft(form="GK-CAT")
    early = await officer.act(second, "allow_duplicate", note="x")
    assert (early.status_code, early.json()["code"]) == (409, "no_duplicate")
    await scene.submitted()
    await scene.submitted(**PERSON)
    await officer.done(second, "allow_duplicate", note="x")
    kept = await editor.change("PATCH", second, {"achievement": f"{ACHIEVEMENT}.", "council_minutes_number": None})
    assert kept.json()["override_note"] == "x"
    changed = await editor.change("PATCH", second, PERSON)
    assert (changed.status_code, changed.json()["override_note"]) == (200, None)
    await refused(as_("commune_a", "approver"), second)


@pytest.mark.parametrize(
    "change", [{"achievement": "Dập tắt vụ cháy chợ xã"}, {"period_from": "2023-02-01"}, {"recipient_name": "Tổ 1"}]
)
async def test_leave_to_stand_ends_when_who_what_or_when_changes(as_: As, scene: Scene, change: dict[str, Any]) -> None:
    await scene.submitted()
    second = await scene.draft(form="GK-CAT")
    await as_("province", "awards_officer").done(second, "allow_duplicate", note="Khác thành tích")
    changed = await as_("commune_a", "editor").change("PATCH", second, change)
    assert (changed.status_code, changed.json()["override_note"]) == (200, None)


async def test_granting_asks_again(as_: As, scene: Scene, system: Tx) -> None:
    path = await scene.endorsed()
    other = await scene.endorsed(**PERSON)
    # As a restore or a mistaken correction by hand might leave it.
    await system.session.execute(
        text("UPDATE awards SET claim = (SELECT claim FROM awards WHERE id = :a) WHERE id = :b"),
        {"a": path.rpartition("/")[2], "b": other.rpartition("/")[2]},
    )
    problem = await refused(as_("province", "awards_officer"), path, "grant", **DECISION)
    assert problem["others"][0]["href"] == f"/api/v1{other}"
    await as_("province", "awards_officer").done(other, "allow_duplicate", note="Khác thành tích")
    assert (await as_("province", "awards_officer").done(path, "grant", **DECISION))["status"] == "granted"


async def test_requests_may_ask_but_not_read_the_claims(connection: AsyncConnection, scene: Scene) -> None:
    await scene.submitted()
    for role in ("dienhinh_app", "dienhinh_whole"):
        for statement in (
            "SELECT * FROM award_claims",
            "INSERT INTO award_claims VALUES (gen_random_uuid(), '', now(), now(), true)",
            "DELETE FROM award_claims",
        ):
            await connection.execute(text(f"SET LOCAL ROLE {role}"))
            savepoint = await connection.begin_nested()
            with pytest.raises(DBAPIError, match="permission denied"):
                await connection.execute(text(statement))
            await savepoint.rollback()
    await connection.execute(text("RESET ROLE"))
    stored = (await connection.execute(text("SELECT * FROM award_claims"))).one()
    assert set(stored._mapping) == {"award_id", "claim", "period_from", "period_to", "overridden"}
    assert len(stored.claim) == 32
