"""The feed of changes: complete, in order, and only of what the caller reads."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.access.actor import SYSTEM, Tx
from app.audit.feed import READ_BY, RESOURCES
from app.audit.service import Subject, record
from app.identity.opening import open_as_system
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.builders.people import ROBOT_KEY
from tests.builders.units import ref, unit_id
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With six connections."""
    async with real_application(server_url, new_database, 6) as made:
        yield made


async def register(real: Real, unit: str = "commune_a", year: int = 2024) -> dict[str, Any]:
    """A draft registration."""
    return await real.as_(unit, "editor").made("/registrations", {"unit_id": str(unit_id(unit)), "year": year})


async def follow(reader: Api, after: str | None = None, limit: int = 200) -> dict[str, Any]:
    """The feed after a place."""
    given: dict[str, Any] = {"limit": limit} | ({"after": after} if after else {})
    answer = await reader.get("/changes", **given)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def settled(reader: Api, count: int, after: str | None = None) -> dict[str, Any]:
    """The feed once it tells of ``count`` changes: other tests' transactions on the same server hold it back."""
    for _ in range(600):
        feed = await follow(reader, after)
        if len(feed["items"]) >= count:
            return feed
        await asyncio.sleep(0.05)
    raise AssertionError(f"fewer than {count} changes: {feed}")


async def test_creation_change_and_deletion_follow_each_other(real: Real) -> None:
    made = await register(real)
    path = f"/registrations/{made['id']}"
    editor = real.as_("commune_a", "editor")
    await editor.change("PATCH", path, {"note": "Ghi chú"})
    await editor.change("DELETE", path)
    feed = await settled(real.as_("province", "viewer"), 3)
    told = [(item["change"], item["verb"], item["id"]) for item in feed["items"]]
    assert told == [
        ("created", "registration.create", made["id"]),
        ("changed", "registration.edit", made["id"]),
        ("deleted", "registration.delete", made["id"]),
    ]
    assert [item["href"] for item in feed["items"]] == [f"/api/v1{path}", f"/api/v1{path}", None]
    assert (feed["items"][0]["resource"], feed["items"][0]["unit"]["code"]) == ("registrations", "17509")
    assert feed["has_more"] is False


async def test_going_on_from_a_position_neither_repeats_nor_misses(real: Real) -> None:
    reader = real.as_("province", "viewer")
    now = (await follow(reader, limit=0))["position"]
    ids = [(await register(real, year=year))["id"] for year in (2022, 2023, 2024)]
    await settled(reader, 3, after=now)
    first = await follow(reader, after=now, limit=2)
    assert ([item["id"] for item in first["items"]], first["has_more"]) == (ids[:2], True)
    rest = await follow(reader, after=first["position"])
    assert ([item["id"] for item in rest["items"]], rest["has_more"]) == (ids[2:], False)
    assert (await follow(reader, after=rest["position"]))["items"] == []


async def test_only_the_readers_units_are_told_of(real: Real) -> None:
    await register(real, "commune_a")
    other = await register(real, "commune_b")
    await settled(real.as_("province", "viewer"), 2)
    feed = await follow(real.as_("commune_b", "viewer"))
    assert [item["id"] for item in feed["items"]] == [other["id"]]


async def test_what_an_older_transaction_still_holds_back_comes_in_its_place(real: Real) -> None:
    """An event numbered early and committed late must not be jumped over."""
    reader, late = real.as_("province", "viewer"), new_id()
    async with real.database.transaction() as session:
        await open_as_system(session)
        tx = Tx(session, SYSTEM, datetime.now(UTC))
        await record(tx, "registration.edit", Subject("registration", late, ref("commune_b")))
        quick = await register(real)
        before = await follow(reader)
        assert before["items"] == []
    after = await settled(reader, 2, after=before["position"])
    assert [item["id"] for item in after["items"]] == [str(late), quick["id"]]


async def test_accounts_and_sessions_are_no_part_of_it(real: Real) -> None:
    admin = real.as_("province", "administrator")
    await admin.made("/service-accounts", {"name": "Phần mềm", "unit_id": str(unit_id("commune_a"))})
    assert (await follow(real.as_("province", "viewer")))["items"] == []
    assert (await admin.get("/changes")).status_code == 403


async def test_a_key_is_told_only_of_the_kinds_it_reads(real: Real) -> None:
    """Units everyone reads; of the rest, what the key was narrowed to."""
    commune = real.as_("commune_a", "editor")
    await register(real)
    await real.run("UPDATE service_keys SET permissions = ARRAY['change.read', 'registration.read']")
    robot = Api(real.http, {"Authorization": f"Bearer {ROBOT_KEY}"})
    async with real.database.transaction() as session:
        await open_as_system(session)
        tx = Tx(session, SYSTEM, datetime.now(UTC))
        for kind in ("evaluation", "unit"):
            await record(tx, f"{kind}.edit", Subject(kind, new_id(), ref("commune_a")))
    told = [item["verb"] for item in (await settled(commune, 3))["items"]]
    assert told == ["registration.create", "evaluation.edit", "unit.edit"]
    feed = await settled(robot, 2)
    assert [item["verb"] for item in feed["items"]] == ["registration.create", "unit.edit"]
    await real.run("UPDATE service_keys SET permissions = ARRAY['change.read', 'evaluation.read']")
    assert [item["verb"] for item in (await settled(robot, 2))["items"]] == ["evaluation.edit", "unit.edit"]


def test_every_kind_says_who_reads_it() -> None:
    assert READ_BY.keys() == RESOURCES.keys()


async def test_a_place_that_was_never_reached_is_refused(real: Real) -> None:
    reader = real.as_("province", "viewer")
    here = (await follow(reader, limit=0))["position"]
    assert (await follow(reader, after=here))["items"] == []
    answer = await reader.get("/changes", after="ffffffffff-1")
    assert (answer.status_code, codes(answer)) == (422, [("/after", "position_lost")])


@pytest.mark.parametrize("after", ["x", "1-", "1-2-3", "-", "g-1"])
async def test_a_damaged_position_is_refused(real: Real, after: str) -> None:
    answer = await real.as_("province", "viewer").get("/changes", after=after)
    assert (answer.status_code, codes(answer)) == (422, [("/after", "invalid_position")])
