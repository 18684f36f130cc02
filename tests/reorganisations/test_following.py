"""Partners over an act: who is told of what, and that a copy can be kept true. These transactions really commit."""

import asyncio
import json
import runpy
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from app.kernel.clock import Clock, wall
from app.main import wire
from app.webhooks.following import follow
from tests.actors import Api
from tests.builders.people import ROBOT_KEY
from tests.builders.units import unit_id
from tests.clients.conftest import ROOT
from tests.real import Real, real_application
from tests.reorganisations.scene import CHANGES, act, unit
from tests.webhooks.scene import Scene, scene

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
TREE = ["unit.created", "unit.changed", "unit.ended", "unit.left", "reorganisation.applied", "reorganisation.reversed"]
SCRIPT = runpy.run_path(str(ROOT / "clients" / "examples" / "pull_changes.py"))
MOVED = {"kind": "moved", "old_code": "16714", "new_code": "16714", "new_parent_code": "426"}


@pytest.fixture
async def stage(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Scene]:
    """An application of its own, and somebody who listens."""
    async with real_application(server_url, new_database, 6) as real, scene(real) as made:
        at(real, "2024-06-03")
        for key in ("commune_a", "commune_b", "commune_c"):
            await made.registered(key)
        yield made


def at(real: Real, day: str) -> None:
    """Let it be the morning of that day."""
    offset = datetime.fromisoformat(f"{day}T08:00:00+07:00") - wall()
    wire(real.app, real.database, Clock(offset), real.tokens)


@dataclass
class Partner:
    """Who keeps a copy with the example script."""

    who: Api
    file: Path

    async def copied(self) -> set[str]:
        """Follow to the end of the log; the codes of the units whose registrations the copy holds."""
        return await asyncio.to_thread(self._run, asyncio.get_running_loop())

    def _run(self, loop: asyncio.AbstractEventLoop) -> set[str]:
        def get(path: str, params: dict[str, Any] | None = None) -> httpx.Response:
            return asyncio.run_coroutine_threadsafe(self.who.get(path, **(params or {})), loop).result(60)

        copy, source = SCRIPT["Copy"](str(self.file)), SCRIPT["Source"](SimpleNamespace(get=get))
        SCRIPT["begin"](source, copy)
        SCRIPT["follow"](source, copy)
        rows = copy.database.execute("SELECT unit FROM records WHERE resource = 'registrations'").fetchall()
        copy.database.close()
        return {row[0] for row in rows}

    async def held(self) -> set[str]:
        """What the partner may read now."""
        return {item["unit"]["code"] for item in (await self.who.get("/registrations", limit=200)).json()["items"]}


async def level(stage: Scene) -> None:
    """Wait until no transaction of other tests on the server holds the end of the log back."""
    (last,) = await stage.rows("SELECT max(xact) AS xact FROM audit_events")
    for _ in range(600):
        (row,) = await stage.rows("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon")
        if row.horizon > last.xact:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the log's end is held back")


async def test_copies_stay_true_while_units_come_and_go(stage: Scene, tmp_path: Path) -> None:
    real = stage.real
    partners = {
        key: Partner(who, tmp_path / f"{key}.sqlite")
        for key, who in {
            "province": real.as_("province", "viewer"),
            "vinh": real.as_("district_vinh", "viewer"),
            "yen_thanh": real.as_("district_yen_thanh", "viewer"),
            "robot": Api(real.http, {"Authorization": f"Bearer {ROBOT_KEY}"}),
        }.items()
    }

    async def copies() -> dict[str, set[str]]:
        await level(stage)
        found = {key: await partner.copied() for key, partner in partners.items()}
        assert found == {key: await partner.held() for key, partner in partners.items()}
        return found

    every = {"17509", "17510", "16714"}
    assert await copies() == {"province": every, "vinh": {"16714"}, "yen_thanh": {"17509", "17510"}, "robot": {"17509"}}
    at(real, "2025-03-02")
    coordinator = real.as_("province", "coordinator")
    moved = await coordinator.made("/reorganisations", act(MOVED, effective_on="2025-03-01"))
    # Nobody touched a record: the one district learns that the commune went, the other that it came.
    assert await copies() == {"province": every, "vinh": set(), "yen_thanh": every, "robot": {"17509"}}
    await coordinator.done(f"/reorganisations/{moved['id']}", "reverse", note="Đính chính")
    assert (await copies())["vinh"] == {"16714"}
    at(real, "2025-07-02")
    del partners["vinh"], partners["yen_thanh"]  # whose rights end with the districts
    merged = await coordinator.made("/reorganisations", act())
    # A new draft of the merged commune, and for its key what both predecessors recorded.
    assert (await copies())["robot"] == (await copies())["province"] - {"16714"} >= {"17509", "17510"}
    await coordinator.done(f"/reorganisations/{merged['id']}", "reverse", note="Đính chính")
    assert (await copies())["robot"] == {"17509"}


async def test_the_province_the_heirs_and_the_abandoned_are_told_of_an_act(stage: Scene) -> None:
    coordinator = stage.real.as_("province", "coordinator")
    at(stage.real, "2025-03-01")
    subscribed = {}
    for key in ("province", "commune_a", "commune_c", "district_vinh"):
        made = await stage.subscribed(key, events=TREE, url=f"{stage.receiver.url}?{key}")
        subscribed[made["id"]] = key
    at(stage.real, "2025-07-02")
    made = await coordinator.made("/reorganisations", act(*CHANGES))
    new = (await unit(coordinator, "17510"))["id"]
    a, b, c, school, vinh, yen_thanh = (
        str(unit_id(key))
        for key in ("commune_a", "commune_b", "commune_c", "school_a1", "district_vinh", "district_yen_thanh")
    )
    await level(stage)
    await follow(stage.real.database)
    # The predecessor's subscription stands at the successor: both predecessors, the new unit, and what moved there.
    here = {("unit.ended", a), ("unit.ended", b), ("unit.created", new), ("unit.changed", school)}
    districts = {("unit.ended", vinh), ("unit.ended", yen_thanh)}
    assert await told(stage, subscribed) == {
        "province": here | districts | {("unit.changed", c), ("reorganisation.applied", made["id"])},
        "commune_a": here,
        "commune_c": {("unit.changed", c)},
    }
    await stage.change("DELETE FROM webhook_deliveries")
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    await level(stage)
    await follow(stage.real.database)
    after = await told(stage, subscribed)
    assert ("reorganisation.reversed", made["id"]) in after["province"]
    assert after["commune_a"] == {("unit.changed", a), ("unit.changed", school)}
    assert ("unit.changed", vinh) in after["district_vinh"]


async def told(stage: Scene, subscribed: dict[str, str]) -> dict[str, set[tuple[str, str]]]:
    """What each is to be told: the type and of what."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in await stage.deliveries():
        message = json.loads(row.body)
        found.setdefault(subscribed[str(row.webhook_id)], set()).add((message["type"], message["data"]["id"]))
    return found
