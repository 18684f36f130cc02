"""A dump of an older server in a younger one: the feed and the webhooks go on, and nobody follows into nothing.

Simulated: what the older server numbered is put far beyond what this one has reached.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.cli.runtime import follow_this_server, migrate_to
from app.kernel.rebasing import rebase
from tests.actors import codes
from tests.audit.test_changes import follow, register, settled
from tests.real import Real, real_application
from tests.webhooks.scene import Scene, scene

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
FAR = 100_000_000


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With six connections."""
    async with real_application(server_url, new_database, 6) as made:
        yield made


@pytest.fixture
async def stage(real: Real) -> AsyncIterator[Scene]:
    """With a receiver of webhooks."""
    async with scene(real) as made:
        yield made


async def restored(stage: Scene) -> None:
    """What was written so far comes from a server that had counted much further."""
    await stage.change(f"UPDATE audit_events SET xact = xact + {FAR}")
    await stage.change(f"UPDATE webhook_position SET xact = xact + {FAR}")


async def test_the_feed_goes_on_and_old_places_are_refused(stage: Scene) -> None:
    reader = stage.real.as_("province", "viewer")
    ids = [(await register(stage.real, year=year))["id"] for year in (2021, 2022, 2023)]
    await settled(reader, 3)
    await restored(stage)
    stale = f"{FAR + 5_000:x}-2"
    answer = await reader.get("/changes", after=stale)
    assert (answer.status_code, codes(answer)) == (422, [("/after", "position_lost")])
    await migrate_to(stage.real.address)
    ids.append((await register(stage.real, year=2024))["id"])
    feed = await settled(reader, 4)
    assert [item["id"] for item in feed["items"]] == ids
    answer = await reader.get("/changes", after=stale)
    assert (answer.status_code, codes(answer)) == (422, [("/after", "position_lost")])
    assert (await follow(reader, after=feed["position"]))["items"] == []
    second = (await follow(reader, limit=2))["position"]
    assert [item["id"] for item in (await follow(reader, after=second))["items"]] == ids[2:]


async def test_webhooks_tell_what_was_not_told_and_nothing_twice(stage: Scene) -> None:
    await stage.subscribed()
    told = await stage.registered(year=2021)
    await stage.followed(1)
    waiting = await stage.registered(year=2022)
    await restored(stage)
    await follow_this_server(stage.real.address)
    new = await stage.registered(year=2023)
    await stage.followed(2)
    bodies = [row.body for row in await stage.deliveries()]
    assert [made["id"] in body for made, body in zip((told, waiting, new), bodies, strict=True)] == [True] * 3


async def test_a_server_that_wrote_its_own_log_is_left_alone(stage: Scene) -> None:
    """Also while others write."""
    rows = "SELECT seq, xact FROM audit_events ORDER BY seq"
    await register(stage.real)
    before = await stage.rows(rows)

    async def looked() -> bool:
        async with stage.real.engine.connect() as connection:
            return await rebase(connection)

    found = await asyncio.gather(looked(), register(stage.real, year=2023), looked(), looked())
    assert (found[0], found[2], found[3]) == (False, False, False)
    assert (await stage.rows(rows))[:1] == before
    await restored(stage)
    assert (await looked(), await looked()) == (True, False)
