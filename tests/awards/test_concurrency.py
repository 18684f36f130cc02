"""With real commits: a quota and the rule of one award hold for those who act at the same time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel.clock import Clock
from tests.awards.scene import DECISION, PERSON, Scene, award_scene
from tests.builders.units import unit_id
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
GRANT = {**DECISION, "note": "Hồ sơ giấy có trước"}
"""The clock of these tests runs, and the decision is of long ago."""


@dataclass
class World:
    """The application with the scene committed."""

    real: Real
    scene: Scene


@pytest.fixture
async def world(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[World]:
    """With eight connections."""
    async with real_application(server_url, new_database, 8) as real:
        async with real.database.transaction() as session:
            await open_as_system(session)
            scene = await award_scene(real.as_, Tx(session, SYSTEM, Clock().now(), "test"))
        yield World(real, scene)


async def test_parallel_decisions_do_not_exceed_the_quota(world: World) -> None:
    quota = await world.scene.quota(form="BK-UBND-TINH", individuals=2)
    people = [{**PERSON, "recipient_name": f"Nguyễn Văn {letter}"} for letter in "ABCDEF"]
    paths = [await world.scene.endorsed(**person) for person in people]
    officer = world.real.as_("province", "awards_officer")
    etags = [await officer.etag(path) for path in paths]
    answers = await asyncio.gather(
        *(officer.act(path, "grant", etag=etag, **GRANT) for path, etag in zip(paths, etags, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"quota_exceeded"}
    assert (await officer.get(quota)).json()["granted"]["individuals"] == 2


async def test_a_quota_entered_while_one_grants_is_not_below_what_is_granted(world: World) -> None:
    paths = [await world.scene.endorsed(**{**PERSON, "recipient_name": f"Trần Thị {letter}"}) for letter in "ABC"]
    officer = world.real.as_("province", "awards_officer")
    etags = [await officer.etag(path) for path in paths]
    body = {
        "campaign_id": world.scene.campaign,
        "award_form_id": world.scene.forms["BK-UBND-TINH"],
        "unit_id": str(unit_id("province")),
        "collectives": 0,
        "individuals": 1,
    }
    given, *answers = await asyncio.gather(
        officer.post("/award-quotas", body),
        *(officer.act(path, "grant", etag=etag, **GRANT) for path, etag in zip(paths, etags, strict=True)),
    )
    granted = [answer.status_code for answer in answers].count(200)
    assert given.status_code in {201, 409}
    assert granted <= 1 if given.status_code == 201 else granted >= 2


async def test_of_two_units_that_propose_the_same_at_once_one_gets_through(world: World) -> None:
    at_a = {"recipient_unit_id": str(unit_id("commune_a"))}
    proposers = ("commune_a", "district_yen_thanh", "province")
    paths = [await world.scene.draft(unit, **PERSON, **at_a) for unit in proposers]
    callers = [world.real.as_(unit, "approver") for unit in proposers]
    etags = [await caller.etag(path) for caller, path in zip(callers, paths, strict=True)]
    answers = await asyncio.gather(
        *(c.act(path, "submit", etag=etag) for c, path, etag in zip(callers, paths, etags, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"duplicate_award"}
    assert await world.real.count("award_claims") == 1


async def test_whoever_follows_changes_is_not_told_of_reading(world: World) -> None:
    path = await world.scene.draft(**PERSON)
    viewer = world.real.as_("province", "viewer")
    await viewer.get(path)
    await viewer.get("/awards")
    told: list[str] = []
    for _ in range(600):  # other tests' transactions on the same server hold the feed back
        told = [change["verb"] for change in (await viewer.get("/changes", limit=200)).json()["items"]]
        if "award.create" in told:
            break
        await asyncio.sleep(0.05)
    assert [verb for verb in told if verb.startswith("award.")] == ["award.create"]
    assert await world.real.count("audit_events WHERE verb = 'award.read'") == 2
