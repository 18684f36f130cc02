"""Looking after subscriptions: who may, where they may go, and what stays in the event log."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access.actor import Tx
from app.access.permissions import Permission
from app.webhooks.addresses import Addresses
from app.webhooks.events import TYPE_OF, EventType
from tests.actors import Api, codes
from tests.builders.people import also
from tests.builders.units import unit_id
from tests.conftest import Statements

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
URL = "https://hook.example/dienhinh"


async def public(_host: str, _port: int) -> list[str]:
    """Every name is public."""
    return ["93.184.215.14"]


@pytest.fixture(autouse=True)
def names(app: FastAPI) -> Iterator[None]:
    """No test asks a name server."""
    before = app.state.webhook_addresses
    app.state.webhook_addresses = Addresses(resolve=public)
    yield
    app.state.webhook_addresses = before


@pytest.fixture
def coordinator(as_: As) -> Api:
    """Who looks after the province's subscriptions."""
    return as_("province", "coordinator")


def body(unit: str = "district_yen_thanh", **more: Any) -> dict[str, Any]:
    """A subscription."""
    return {"unit_id": str(unit_id(unit)), "url": URL, "events": ["report.submitted"], **more}


async def test_a_subscription_shows_its_secret_once(coordinator: Api, system: Tx, audit: Callable[..., Any]) -> None:
    answer = await coordinator.post("/webhooks", body(events=["report.submitted", "award.granted", "report.submitted"]))
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    made = answer.json()
    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) == 6 + 32
    assert (made["events"], made["status"]) == (["award.granted", "report.submitted"], "active")
    shown = (await coordinator.get(f"/webhooks/{made['id']}")).json()
    assert {**shown, "secret": made["secret"]} == made
    assert made["secret"] not in (await coordinator.get("/webhooks")).text
    (event,) = [event for event in await audit() if event.verb == "webhook.create"]
    assert (event.subject_kind, event.unit_id) == ("webhook", unit_id("district_yen_thanh"))
    assert "secret" not in event.after
    with pytest.raises(Exception, match="permission denied"):
        await system.session.scalar(text("SELECT secret FROM webhook_secrets"))


async def test_the_answer_with_the_secret_is_not_kept_for_retries(coordinator: Api) -> None:
    key = {"Idempotency-Key": "subscribe-1"}
    first = await coordinator.request("POST", "/webhooks", body(), key)
    again = await coordinator.request("POST", "/webhooks", body(), key)
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "answer_shown_once")


async def test_a_second_one_to_the_same_address_is_a_duplicate(coordinator: Api) -> None:
    await coordinator.made("/webhooks", body())
    answer = await coordinator.post("/webhooks", body())
    assert (answer.status_code, codes(answer)) == (409, [("/url", "duplicate")])
    assert (await coordinator.post("/webhooks", body("district_vinh"))).status_code == 201


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({"url": "http://hook.example/"}, ("/url", "not_https")),
        ({"url": "https://hook.example:8080/"}, ("/url", "port_not_allowed")),
        ({"url": "https://a:b@hook.example/"}, ("/url", "userinfo")),
        ({"url": "https://hook.example/ x"}, ("/url", "string_pattern_mismatch")),
        ({"events": []}, ("/events", "too_short")),
        ({"events": ["report.burnt"]}, ("/events/0", "enum")),
        ({"secret": "mine"}, ("/secret", "extra_forbidden")),
    ],
)
async def test_what_is_wrong_is_named(coordinator: Api, more: dict[str, Any], found: tuple[str, str]) -> None:
    assert codes(await coordinator.post("/webhooks", body(**more))) == [found]


async def test_a_private_address_is_refused_when_saved_and_when_changed(app: FastAPI, coordinator: Api) -> None:
    made = await coordinator.made("/webhooks", body())

    async def private(_host: str, _port: int) -> list[str]:
        return ["93.184.215.14", "169.254.169.254"]

    app.state.webhook_addresses = Addresses(resolve=private)
    expected = [("/url", "address_not_allowed")]
    assert codes(await coordinator.post("/webhooks", body("district_vinh"))) == expected
    assert codes(await coordinator.change("PATCH", f"/webhooks/{made['id']}", {"url": "https://x.y/"})) == expected
    assert (await coordinator.change("PATCH", f"/webhooks/{made['id']}", {"description": "x"})).status_code == 200


async def test_changing_disabling_and_deleting(coordinator: Api, audit: Callable[..., Any]) -> None:
    made = await coordinator.made("/webhooks", body())
    path = f"/webhooks/{made['id']}"
    stale = await coordinator.etag(path)
    answer = await coordinator.change("PATCH", path, {"events": ["deadline.missed"], "description": "Đôn đốc"})
    assert (answer.status_code, answer.json()["events"]) == (200, ["deadline.missed"])
    assert (await coordinator.change("PATCH", path, {"description": None}, stale)).status_code == 412
    assert (await coordinator.request("PATCH", path, {"description": None})).status_code == 428
    nulls = await coordinator.change("PATCH", path, {"events": None, "url": None})
    assert codes(nulls) == [("/url", "null"), ("/events", "null")]
    off = await coordinator.done(path, "disable", note="Bảo trì")
    assert (off["status"], off["disabled_reason"]) == ("disabled", "by_hand")
    assert [action["action"] for action in off["allowed_actions"]] == ["enable"]
    assert (await coordinator.act(path, "disable")).status_code == 409
    assert (await coordinator.post(f"{path}/test")).status_code == 409
    assert (await coordinator.done(path, "enable"))["disabled_reason"] is None
    assert (await coordinator.post(f"{path}/secrets", {"overlap_hours": 169})).status_code == 422
    assert (await coordinator.change("DELETE", path)).status_code == 204
    assert (await coordinator.get(path)).status_code == 404
    verbs = [event.verb for event in await audit() if event.subject_kind == "webhook"]
    assert verbs == [f"webhook.{verb}" for verb in ("create", "edit", "disable", "enable", "delete")]


async def test_a_test_stands_in_the_log_and_waits(coordinator: Api, as_: As) -> None:
    made = await coordinator.made("/webhooks", body())
    answer = await coordinator.post(f"/webhooks/{made['id']}/test")
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    place = answer.headers["location"]
    assert place == f"/api/v1/webhooks/{made['id']}/deliveries/{answer.json()['id']}"
    assert (await coordinator.get(place)).json()["event_type"] == "webhook.test"
    other = await coordinator.made("/webhooks", body("district_vinh"))
    elsewhere = f"/webhooks/{other['id']}/deliveries/{answer.json()['id']}"
    assert (await coordinator.get(elsewhere)).status_code == 404
    assert (await coordinator.post(f"{elsewhere}/replay")).status_code == 404
    listed = await coordinator.get(f"/webhooks/{made['id']}/deliveries", status="pending", event_type="webhook.test")
    assert len(listed.json()["items"]) == 1
    assert (await coordinator.get(f"/webhooks/{made['id']}/deliveries", status="failed")).json()["items"] == []


BY_ID = [
    ("GET", "", None),
    ("PATCH", "", {"description": "x"}),
    ("DELETE", "", None),
    ("POST", "/transitions", {"action": "disable"}),
    ("POST", "/secrets", {}),
    ("POST", "/test", None),
    ("GET", "/deliveries", None),
    ("GET", "/deliveries/{delivery}", None),
    ("POST", "/deliveries/{delivery}/replay", None),
]


@pytest.mark.parametrize("tried", BY_ID, ids=lambda tried: f"{tried[0]} {tried[1]}")
async def test_nobody_else_comes_near(
    tried: tuple[str, str, Any], coordinator: Api, as_: As, anonymous: Api, system: Tx
) -> None:
    method, tail, given = tried
    made = await coordinator.made("/webhooks", body())
    delivery = (await coordinator.post(f"/webhooks/{made['id']}/test")).json()["id"]
    path = f"/webhooks/{made['id']}{tail.format(delivery=delivery)}"
    await system.session.execute(text("SELECT 1"))
    await also(system.session, "district_vinh", "editor", "coordinator")
    headers = {} if method == "GET" else {"If-Match": "*"}
    for caller, status in (
        (anonymous, 401),
        (as_("district_vinh", "editor"), 404),
        (as_("district_yen_thanh", "editor"), 403),
        (as_("province", "administrator"), 403),
    ):
        assert (await caller.request(method, path, given, headers)).status_code == status


async def test_an_integrator_subscribes_for_its_own_subtree(robot: Api, coordinator: Api) -> None:
    made = await robot.made("/webhooks", body("commune_a"))
    assert (await robot.post("/webhooks", body("commune_b"))).status_code == 404
    await coordinator.made("/webhooks", body("commune_b"))
    assert [item["id"] for item in (await robot.get("/webhooks")).json()["items"]] == [made["id"]]


async def test_a_key_is_not_told_of_what_it_may_not_read(robot: Api, system: Tx) -> None:
    narrow = text("UPDATE service_keys SET permissions = ARRAY['webhook.manage', 'report.read']")
    await system.session.execute(narrow)
    assert (await robot.post("/webhooks", body("commune_a"))).status_code == 201
    more = {"url": URL + "/2", "events": ["report.submitted", "award.granted"]}
    assert (await robot.post("/webhooks", body("commune_a", **more))).status_code == 403


STEERING = [
    ("PATCH", "", {"url": URL + "/mine"}),
    ("PATCH", "", {"events": ["report.submitted"]}),
    ("POST", "/transitions", {"action": "enable"}),
    ("POST", "/secrets", {}),
    ("POST", "/test", None),
    ("POST", "/deliveries/{delivery}/replay", None),
]


@pytest.mark.parametrize("tried", STEERING, ids=lambda tried: f"{tried[0]} {tried[1]} {tried[2]}")
async def test_a_key_does_not_steer_what_it_may_not_read(
    tried: tuple[str, str, Any], robot: Api, coordinator: Api, system: Tx, audit: Callable[..., Any]
) -> None:
    """Somebody else's subscription is not turned towards a key that reads less than it tells."""
    method, tail, given = tried
    made = await coordinator.made("/webhooks", body("commune_a", events=["report.submitted", "award.granted"]))
    delivery = (await coordinator.post(f"/webhooks/{made['id']}/test")).json()["id"]
    await system.session.execute(text("UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL"))
    await system.session.execute(text("UPDATE service_keys SET permissions = ARRAY['webhook.manage', 'report.read']"))
    path = f"/webhooks/{made['id']}"
    before = len(await audit())
    answer = await robot.request(method, path + tail.format(delivery=delivery), given, {"If-Match": "*"})
    assert (answer.status_code, answer.json()["permission"]) == (403, "award.read")
    assert (len(await audit()), (await coordinator.get(path)).json()["url"]) == (before, URL)
    assert (await robot.done(path, "disable"))["status"] == "disabled"
    assert (await robot.change("DELETE", path)).status_code == 204


async def test_the_list_is_filtered_in_few_statements(coordinator: Api, statements: Statements) -> None:
    for unit in ("district_vinh", "district_yen_thanh", "commune_a"):
        await coordinator.made("/webhooks", body(unit))
    statements.seen.clear()
    found = (await coordinator.get("/webhooks", under=str(unit_id("district_yen_thanh")), status="active")).json()
    assert [item["unit"]["code"] for item in found["items"]] == ["426", "17509"]
    assert len(statements.seen) <= 6


def test_every_type_has_a_verb_that_makes_it() -> None:
    assert set(TYPE_OF.values()) == set(EventType)
    assert TYPE_OF["report.submit"] == "report.submitted"
    assert Permission.WEBHOOK_MANAGE.reading is Permission.WEBHOOK_MANAGE
