"""What happens is told: signed, once for each event and subscription, again until it is taken, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from app.kernel.clock import Clock, wall
from app.kernel.worker import Worker
from app.webhooks import jobs
from app.webhooks.following import follow
from app.webhooks.retries import DELAYS, MOST_ATTEMPTS, delay_after
from tests.actors import Api
from tests.builders.units import unit_id
from tests.real import Real, real_application
from tests.webhooks.scene import Scene, scene

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture(scope="module")
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """One database for all of this file, since making one takes longer than any of its tests."""
    async with real_application(server_url, new_database, 8) as made:
        yield made


@pytest.fixture
async def stage(real: Real) -> AsyncIterator[Scene]:
    """The application as new, and a receiver."""
    async with scene(real) as made:
        await made.change(
            "TRUNCATE webhooks, webhook_secrets, webhook_deliveries, registrations, audit_events, pgqueuer CASCADE"
        )
        yield made


@pytest.fixture
def coordinator(stage: Scene) -> Api:
    """Who looks after the subscriptions."""
    return stage.real.as_("province", "coordinator")


async def test_an_event_arrives_signed_and_thin(stage: Scene, coordinator: Api) -> None:
    webhook = await stage.subscribed()
    made = await stage.registered()
    await stage.followed(1)
    await stage.attempted()
    (arrival,) = stage.receiver.arrived
    message = arrival.verified(webhook["secret"])
    assert message["type"] == "registration.created"
    assert message["data"] == {
        "resource": "registrations",
        "id": made["id"],
        "href": f"/api/v1/registrations/{made['id']}",
        "unit": {"id": str(unit_id("commune_a")), "code": "17509", "name": "Xã Mã Thành"},
        "verb": "registration.create",
    }
    assert datetime.fromisoformat(message["timestamp"]) <= wall()
    event = (await stage.rows("SELECT id FROM audit_events WHERE verb = 'registration.create'"))[0]
    assert arrival.headers["webhook-id"] == str(event.id)
    assert arrival.headers["host"] == stage.receiver.url.split("/")[2]
    with pytest.raises(WebhookVerificationError):
        arrival.verified("whsec_" + "A" * 32)
    (shown,) = (await coordinator.get(f"/webhooks/{webhook['id']}/deliveries")).json()["items"]
    assert (shown["status"], shown["attempts"], shown["response_status"]) == ("delivered", 1, 204)
    assert (shown["error"], shown["next_attempt_at"]) == (None, None)
    assert shown["event_id"] == str(event.id)
    assert shown["duration_ms"] >= 0


async def test_nothing_from_outside_the_subtree_of_before_or_not_asked_for_is_told(stage: Scene) -> None:
    await stage.registered(year=2023)  # before there was a subscription
    await stage.subscribed(events=["registration.created"])
    await stage.registered("commune_c")  # in another district
    told = await stage.registered("commune_a")
    approver = stage.real.as_("commune_a", "approver")
    await approver.done(f"/registrations/{told['id']}", "submit")  # another type
    await stage.followed(1)
    await stage.registered("commune_b")
    await stage.followed(1)
    assert [row.unit_id for row in await stage.deliveries()] == [unit_id("district_yen_thanh")] * 2
    await stage.attempted()
    codes = [arrival.body.decode().split('"code":"')[1][:5] for arrival in stage.receiver.arrived]
    assert codes == ["17509", "17510"]


async def test_two_followers_at_once_make_one_delivery(stage: Scene) -> None:
    await stage.subscribed()
    for year in range(2020, 2030):
        await stage.registered(year=year)
    made = 0
    for _ in range(600):
        made += sum(await asyncio.gather(*(follow(stage.real.database) for _ in range(4))))
        if made >= 10:
            break
        await asyncio.sleep(0.05)
    assert made == 10
    assert len({row.event_id for row in await stage.deliveries()}) == 10


async def test_a_rolled_back_change_is_never_told(stage: Scene) -> None:
    await stage.subscribed()
    twice = await stage.real.as_("commune_a", "editor").post(
        "/registrations", {"unit_id": str(unit_id("commune_a")), "year": 1900}
    )
    assert twice.status_code == 422
    await stage.registered()
    await stage.followed(1)
    assert len(await stage.deliveries()) == 1


async def test_a_failure_is_tried_again_later_under_the_same_id(stage: Scene) -> None:
    webhook = await stage.subscribed()
    stage.receiver.answers = ["500 Oops", "302 Found\r\nLocation: http://127.0.0.1:1/", "204 No Content"]
    await stage.registered()
    await stage.followed(1)
    await stage.attempted()
    (row,) = await stage.deliveries()
    assert (row.status, row.attempts, row.response_status, row.error) == ("pending", 1, 500, "status")
    assert timedelta(seconds=3) < row.next_attempt_at - row.updated_at < timedelta(seconds=7)
    jobs_waiting = await stage.rows("SELECT dedupe_key FROM pgqueuer ORDER BY id")
    assert [job.dedupe_key[-2:] for job in jobs_waiting] == [":0", ":1"]
    await stage.attempted()
    (row,) = await stage.deliveries()
    assert (row.attempts, row.response_status, row.error) == (2, 302, "redirect")  # nobody was followed
    await stage.attempted()
    (row,) = await stage.deliveries()
    assert (row.status, row.attempts, row.error) == ("delivered", 3, None)
    assert len({arrival.headers["webhook-id"] for arrival in stage.receiver.arrived}) == 1
    assert len({arrival.body for arrival in stage.receiver.arrived}) == 1
    assert all(arrival.verified(webhook["secret"]) for arrival in stage.receiver.arrived)
    assert (await stage.rows("SELECT failing_since FROM webhooks"))[0].failing_since is None


async def test_a_job_that_comes_twice_makes_one_attempt(stage: Scene) -> None:
    await stage.subscribed()
    await stage.registered()
    await stage.followed(1)
    (row,) = await stage.deliveries()
    await stage.delivering().attempt(row.id, 0)
    await stage.delivering().attempt(row.id, 0)
    assert len(stage.receiver.arrived) == 1


async def test_after_the_last_attempt_it_lies_dead_and_can_be_replayed(stage: Scene, coordinator: Api) -> None:
    webhook = await stage.subscribed()
    stage.receiver.answers = ["503 Busy"]
    await stage.registered()
    await stage.followed(1)
    for _ in range(MOST_ATTEMPTS):
        await stage.attempted()
    (row,) = await stage.deliveries()
    assert (row.status, row.attempts, row.next_attempt_at) == ("failed", len(DELAYS) + 1, None)
    stage.receiver.answers = ["200 OK"]
    path = f"/webhooks/{webhook['id']}/deliveries/{row.id}/replay"
    answer = await coordinator.post(path)
    assert (answer.status_code, answer.json()["status"], answer.json()["attempts"]) == (202, "pending", 0)
    assert (await coordinator.post(path)).status_code == 409  # it waits already
    await stage.attempted()
    (row,) = await stage.deliveries()
    assert (row.status, row.attempts) == ("delivered", 1)
    assert len({arrival.headers["webhook-id"] for arrival in stage.receiver.arrived}) == 1
    assert len(await stage.rows("SELECT 1 FROM audit_events WHERE verb = 'webhook.replay'")) == 1


async def test_days_of_failure_disable_the_subscription(stage: Scene, coordinator: Api) -> None:
    webhook = await stage.subscribed()
    stage.receiver.answers = ["500 Oops"]
    await stage.registered()
    await stage.registered("commune_b")
    await stage.followed(2)
    await stage.attempted()
    shown = (await coordinator.get(f"/webhooks/{webhook['id']}")).json()
    assert (shown["status"], shown["failing_since"] is None) == ("active", False)
    await stage.change("UPDATE webhooks SET failing_since = now() - interval '6 days'")
    first, second = await stage.deliveries()
    await stage.delivering().attempt(first.id, 1)
    shown = (await coordinator.get(f"/webhooks/{webhook['id']}")).json()
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "failing")
    (event,) = await stage.rows("SELECT actor_kind, before, after FROM audit_events WHERE verb = 'webhook.disable'")
    assert (event.actor_kind, event.after["disabled_reason"]) == ("system", "failing")
    arrived = len(stage.receiver.arrived)
    await stage.delivering().attempt(second.id, 1)
    assert len(stage.receiver.arrived) == arrived
    assert [row.error for row in await stage.deliveries()] == ["status", "disabled"]
    await stage.registered("commune_a", 2029)
    again = await coordinator.done(f"/webhooks/{webhook['id']}", "enable")
    assert (again["status"], again["failing_since"]) == ("active", None)
    await stage.registered("commune_b", 2029)
    await stage.followed(1)  # what happened while it was off is not told


async def test_who_answers_gone_is_left_alone_at_once(stage: Scene, coordinator: Api) -> None:
    webhook = await stage.subscribed()
    stage.receiver.answers = ["410 Gone"]
    await stage.registered()
    await stage.followed(1)
    await stage.attempted()
    shown = (await coordinator.get(f"/webhooks/{webhook['id']}")).json()
    assert (shown["status"], shown["disabled_reason"]) == ("disabled", "gone")
    assert [row.status for row in await stage.deliveries()] == ["failed"]


async def test_both_secrets_sign_while_one_replaces_the_other(stage: Scene, coordinator: Api) -> None:
    webhook = await stage.subscribed()
    path = f"/webhooks/{webhook['id']}"
    answer = await coordinator.post(f"{path}/secrets", {"overlap_hours": 1})
    assert answer.status_code == 201
    new = answer.json()["secret"]
    assert (await coordinator.post(f"{path}/test")).status_code == 202
    await stage.attempted()
    arrival = stage.receiver.arrived[-1]
    assert len(arrival.headers["webhook-signature"].split()) == 2
    assert arrival.verified(webhook["secret"]) == arrival.verified(new)
    assert arrival.verified(new)["type"] == "webhook.test"
    newest = (await coordinator.post(f"{path}/secrets", {"overlap_hours": 0})).json()["secret"]
    await coordinator.post(f"{path}/test")
    await stage.attempted()
    arrival = stage.receiver.arrived[-1]
    assert arrival.verified(newest)
    for old in (webhook["secret"], new):
        with pytest.raises(WebhookVerificationError):
            Verifier(old).verify(arrival.body, arrival.headers)


async def test_an_address_that_turns_private_later_is_not_called(stage: Scene) -> None:
    await stage.subscribed()
    await stage.registered()
    await stage.followed(1)
    object.__setattr__(stage.sender, "addresses", type(stage.sender.addresses)())  # nothing is allowed any more
    await stage.attempted()
    (row,) = await stage.deliveries()
    assert (row.status, row.attempts, row.response_status, row.error) == ("pending", 1, None, "not_https")
    assert stage.receiver.arrived == []


async def until(stage: Scene, arrivals: int) -> None:
    """Wait until so many messages arrived."""
    for _ in range(400):
        if len(stage.receiver.arrived) >= arrivals:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(stage.receiver.arrived)} instead of {arrivals}")


async def test_a_worker_killed_in_the_middle_is_followed_by_another_with_the_same_id(stage: Scene) -> None:
    await stage.subscribed()
    work = jobs.work(stage.real.database, Clock(), stage.sender)
    stage.receiver.held.clear()
    first = Worker(stage.real.address, work)
    task = asyncio.create_task(first.run())
    await stage.registered()
    await until(stage, 1)
    task.cancel()  # it never hears the answer
    await asyncio.gather(task, return_exceptions=True)
    stage.receiver.held.set()
    overdue = "UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour' WHERE status = 'pending'"
    await stage.change(overdue)
    await stage.change("UPDATE pgqueuer SET heartbeat = now() - interval '1 hour'")
    await jobs.rescue(stage.real.database)
    second = Worker(stage.real.address, work)
    task = asyncio.create_task(second.run())
    await until(stage, 2)
    for _ in range(200):
        if (await stage.deliveries())[0].status == "delivered":
            break
        await asyncio.sleep(0.05)
    second.stop()
    await asyncio.wait_for(task, 15)
    (row,) = await stage.deliveries()
    assert row.status == "delivered"
    assert len({arrival.headers["webhook-id"] for arrival in stage.receiver.arrived}) == 1


async def test_upkeep_forgets_what_is_old_and_keeps_what_waits(stage: Scene) -> None:
    await stage.subscribed()
    await stage.registered()
    await stage.registered("commune_b")
    await stage.followed(2)
    first, second = await stage.deliveries()
    await stage.delivering().attempt(first.id, 0)
    await stage.change("UPDATE webhook_deliveries SET created_at = now() - interval '31 days'")
    await jobs.tidy(stage.real.database)
    assert [row.id for row in await stage.deliveries()] == [second.id]


def test_the_delays_grow_from_seconds_to_a_day_and_end() -> None:
    assert [delay_after(n, 0.5) for n in (1, 9)] == [timedelta(seconds=5), timedelta(hours=24)]
    assert delay_after(MOST_ATTEMPTS, 0.5) is None
    assert (delay_after(2, 0.0), delay_after(2, 1.0)) == (timedelta(minutes=4), timedelta(minutes=6))
