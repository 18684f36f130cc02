"""Webhooks over an act: told on at the successor, or disabled, and given back when the act is taken back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access.actor import Tx
from app.webhooks.addresses import Addresses
from tests.actors import Api
from tests.builders.units import unit_id
from tests.reorganisations.scene import applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def _public(_host: str, _port: int) -> list[str]:
    return ["93.184.215.14"]


@pytest.fixture(autouse=True)
def names(app: FastAPI) -> Iterator[None]:
    """No test asks a name server."""
    before = app.state.webhook_addresses
    app.state.webhook_addresses = Addresses(resolve=_public)
    yield
    app.state.webhook_addresses = before


async def subscribed(coordinator: Api, where: str, to: str = "one", *events: str) -> str:
    """A subscription for a unit's subtree; its id."""
    body = {"unit_id": str(unit_id(where)), "url": f"https://hook.example/{to}"}
    made = await coordinator.made("/webhooks", {**body, "events": list(events or ["unit.ended"])})
    return str(made["id"])


async def shown(coordinator: Api, webhook: str) -> tuple[str, str, str | None, list[str]]:
    """Where it listens, whether, why not, and to what."""
    found = (await coordinator.get(f"/webhooks/{webhook}")).json()
    return (found["unit"]["id"], found["status"], found["disabled_reason"], found["events"])


async def test_subscriptions_pass_to_the_successor_and_back(
    coordinator: Api, system: Tx, audit: Callable[..., Any]
) -> None:
    first = await subscribed(coordinator, "commune_a", "one", "report.submitted")
    second = await subscribed(coordinator, "commune_b", "one", "award.granted")
    other = await subscribed(coordinator, "commune_b", "two", "award.granted")
    nobody = await subscribed(coordinator, "district_vinh")
    made = await applied(coordinator)
    new = (await unit(coordinator, "17510"))["id"]
    # One address, one subscription: it tells what either told.
    assert await shown(coordinator, first) == (new, "active", None, ["award.granted", "report.submitted"])
    assert (await shown(coordinator, second))[:3] == (str(unit_id("commune_b")), "disabled", "unit_ended")
    assert await shown(coordinator, other) == (new, "active", None, ["award.granted"])
    assert (await shown(coordinator, nobody))[1:3] == ("disabled", "unit_ended")
    secrets = "SELECT s.unit_id = w.unit_id AND s.unit_path = w.unit_path FROM webhook_secrets s JOIN webhooks w"
    kept = (await system.session.execute(text(f"{secrets} ON w.id = s.webhook_id"))).scalars()
    assert set(kept) == {True}
    told = [(event.verb, event.subject_id) for event in await audit() if event.verb.startswith("webhook.")][4:]
    assert sorted(verb for verb, _ in told) == ["webhook.carry"] * 2 + ["webhook.disable"] * 2
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    assert await shown(coordinator, first) == (str(unit_id("commune_a")), "active", None, ["report.submitted"])
    assert await shown(coordinator, second) == (str(unit_id("commune_b")), "active", None, ["award.granted"])
    assert await shown(coordinator, other) == (str(unit_id("commune_b")), "active", None, ["award.granted"])
    assert (await shown(coordinator, nobody))[:2] == (str(unit_id("district_vinh")), "active")


async def test_they_end_where_rights_end_and_cannot_be_woken(coordinator: Api) -> None:
    webhook = await subscribed(coordinator, "commune_a")
    await applied(coordinator, grants="end")
    at = f"/webhooks/{webhook}"
    found = (await coordinator.get(at)).json()
    assert (found["status"], found["disabled_reason"], found["allowed_actions"]) == ("disabled", "unit_ended", [])
    refused = [
        await coordinator.act(at, "enable"),
        await coordinator.change("PATCH", at, {"description": "x"}),
        await coordinator.post(f"{at}/secrets", {"overlap_hours": 1}),
        await coordinator.post(f"{at}/test"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(409, "unit_ended")] * 4
    assert refused[0].json()["successor"]["code"] == "17510"
    assert (await coordinator.change("DELETE", at)).status_code == 204
