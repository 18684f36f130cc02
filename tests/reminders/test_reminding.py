"""Who has not handed in is reminded, once; who has is left in peace; who stands above learns of what is overdue."""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text, update

from app.access.actor import SYSTEM, Tx
from app.campaigns.models import Obligation
from app.identity.models import User
from app.identity.opening import open_as_system
from app.kernel.clock import Clock, start_of
from app.reminders.jobs import evaluate
from app.reminders.schedule import mark
from app.webhooks.events import TYPE_OF
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320, stored
from tests.builders.people import user_id
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.real import real_application

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
PLAN = {"remind_days_before": [7, 3, 1], "escalate_days_after": [1, 3, 7]}


@pytest.fixture
async def campaign(system: Tx) -> str:
    """Plan 320, opened in the small tree; commune_a owes its report before 15/7/2024, nobody else owes one soon."""
    campaign_id = await plan_320(system)
    await system.session.execute(update(Obligation).values(due_before=date(2024, 12, 1)))
    await due(system, "commune_a", date(2024, 7, 15))
    return campaign_id


async def due(system: Tx, unit: str, before: date) -> None:
    """Let a unit's report be due before a day."""
    of_unit = (Obligation.unit_id == unit_id(unit), Obligation.task == "report")
    await system.session.execute(update(Obligation).where(*of_unit).values(due_before=before))


@pytest.fixture
def look(app: FastAPI, http: Any, clock: MovableClock) -> Callable[..., Any]:
    """``await look("2024-07-08")``: the worker looks at nine in the morning of that day; how many reminders it sent."""

    async def at(day: str, hour: str = "09:00", mail: bool = False) -> int:
        clock.set(f"{day}T{hour}:00+07:00")
        return await evaluate(app.state.services.database, clock, mail=mail)  # type: ignore[arg-type]

    return at


async def inbox(caller: Api, **filters: Any) -> list[dict[str, Any]]:
    """A person's notices, newest first."""
    return list((await caller.get("/inbox", **filters)).json()["items"])


async def test_a_unit_is_reminded_on_the_days_of_the_plan_and_on_no_other(
    campaign: str, look: Callable[..., Any], as_: As
) -> None:
    sent = {}
    for day in range(1, 15):
        if found := await look(f"2024-07-{day:02}"):
            sent[day] = found
    assert sent == {7: 1, 11: 1, 13: 1}  # 14/7 is the last day on time
    notices = await inbox(as_("commune_a", "editor"))
    assert [n["kind"] for n in notices] == ["approaching"] * 3
    assert notices[0]["title"] == "Sắp đến hạn: báo cáo sơ kết - Xã Mã Thành"
    assert "trước ngày 15/07/2024, còn 1 ngày." in notices[0]["body"]
    assert notices[0]["campaign_id"] == campaign
    assert len(await inbox(as_("commune_a", "approver"))) == 3
    for unit, role in (("commune_a", "viewer"), ("commune_b", "editor"), ("district_yen_thanh", "approver")):
        assert await inbox(as_(unit, role)) == []


async def test_what_is_overdue_is_told_to_the_level_above(campaign: str, look: Callable[..., Any], as_: As) -> None:
    assert [await look(f"2024-07-{day}") for day in (15, 16, 17, 18, 21)] == [1, 0, 1, 0, 1]
    (newest, *_) = await inbox(as_("commune_a", "editor"))
    assert newest["kind"] == "missed"
    assert "đã quá hạn 7 ngày" in newest["body"]
    above = await inbox(as_("district_yen_thanh", "approver"))
    assert [n["kind"] for n in above] == ["escalation"] * 3
    assert above[-1]["title"] == "Đơn vị cấp dưới quá hạn: báo cáo sơ kết - Xã Mã Thành"
    assert await inbox(as_("district_yen_thanh", "editor")) == []
    english = (await as_("district_yen_thanh", "approver").get("/inbox", headers={"Accept-Language": "en"})).json()
    assert english["items"][-1]["title"] == "A unit below is overdue: review report - Xã Mã Thành"


async def test_nothing_comes_twice_nor_at_night_and_a_day_missed_is_made_up(
    campaign: str, look: Callable[..., Any], as_: As
) -> None:
    assert await look("2024-07-07", "06:59") == 0
    assert [await look("2024-07-08") for _ in range(3)] == [1, 0, 0]  # the server was off on the 7th
    assert await look("2024-07-07") == 0
    assert len(await inbox(as_("commune_a", "editor"))) == 1


@pytest.mark.parametrize("status", ["submitted", "accepted"])
async def test_who_has_handed_in_or_left_the_list_is_left_in_peace(
    campaign: str, look: Callable[..., Any], system: Tx, status: str
) -> None:
    await due(system, "commune_b", date(2024, 7, 15))
    done = {"status": status, "first_counted_at": start_of(date(2024, 7, 1))}
    await system.session.execute(update(Obligation).where(Obligation.unit_id == unit_id("commune_a")).values(**done))
    left = {"left_on": date(2024, 7, 1), "left_reason": "x"}
    await system.session.execute(update(Obligation).where(Obligation.unit_id == unit_id("commune_b")).values(**left))
    assert [await look(day) for day in ("2024-07-07", "2024-07-15")] == [0, 0]


async def test_an_extension_moves_the_days(campaign: str, look: Callable[..., Any], system: Tx) -> None:
    later = update(Obligation).where(Obligation.unit_id == unit_id("commune_a"))
    await system.session.execute(later.values(extended_to=date(2024, 7, 25)))
    assert [await look(f"2024-07-{day}") for day in ("07", "15", "17")] == [0, 0, 1]


async def test_a_closed_campaign_and_one_whose_plan_is_off_remind_nobody(
    campaign: str, look: Callable[..., Any], as_: As
) -> None:
    coordinator = as_("province", "coordinator")
    path = f"/campaigns/{campaign}/reminder-plan"
    assert (await coordinator.change("PUT", path, {**PLAN, "enabled": False})).status_code == 200
    assert await look("2024-07-07") == 0
    assert (await coordinator.change("PUT", path, {**PLAN, "remind_days_before": [7]})).status_code == 200
    await coordinator.done(f"/campaigns/{campaign}", "close")
    assert await look("2024-07-07") == 0
    await coordinator.done(f"/campaigns/{campaign}", "reopen", note="x")
    assert await look("2024-07-07") == 1
    assert await look("2024-07-11") == 0  # the campaign's own plan names no third day


async def test_reminders_stand_in_the_event_log_for_subscribers(
    campaign: str, look: Callable[..., Any], audit: Callable[..., Any]
) -> None:
    await look("2024-07-13")
    await look("2024-07-15")
    events = [event for event in await audit() if event.verb.startswith("deadline.") and event.verb in TYPE_OF]
    assert [event.verb for event in events] == ["deadline.approaching", "deadline.missed"]
    assert {event.subject_kind for event in events} == {"obligation"}
    assert [event.after["days_left"] for event in events] == [1, -1]
    assert events[0].actor_kind == "system"


async def test_the_plan_is_a_proposal_until_it_is_set(campaign: str, as_: As, audit: Callable[..., Any]) -> None:
    coordinator, path = as_("province", "coordinator"), f"/campaigns/{campaign}/reminder-plan"
    shown = (await as_("commune_c", "viewer").get(path)).json()
    assert (shown["source"], shown["version"], shown["remind_days_before"]) == ("proposal", 0, [7, 3, 1])
    body = {"remind_days_before": [2, 10, 2], "escalate_days_after": [5]}
    assert (await coordinator.request("PUT", path, body)).status_code == 428
    stale = await coordinator.etag(path)
    answer = await coordinator.change("PUT", path, body)
    assert (answer.json()["source"], answer.json()["version"]) == ("campaign", 1)
    assert answer.json()["remind_days_before"] == [10, 2]
    assert (await coordinator.change("PUT", path, body, stale)).status_code == 412
    assert (await coordinator.change("PUT", path, body)).json()["version"] == 2
    wrong = await coordinator.change("PUT", path, {"remind_days_before": [61], "escalate_days_after": [0]})
    assert codes(wrong) == [
        ("/remind_days_before/0", "less_than_equal"),
        ("/escalate_days_after/0", "greater_than_equal"),
    ]
    for unit, role in (("commune_a", "editor"), ("province", "viewer")):
        assert (await as_(unit, role).change("PUT", path, body)).status_code == 403
    planned = [event for event in await audit() if event.verb == "campaign.plan_reminders"]
    assert (planned[0].before["remind_days_before"], planned[0].after["remind_days_before"]) == ([7, 3, 1], [10, 2])


async def test_a_base_unit_without_people_is_reminded_through_the_unit_above(
    campaign: str, look: Callable[..., Any], system: Tx, as_: As
) -> None:
    await due(system, "agency_p1", date(2024, 7, 15))
    for role in ("editor", "approver"):
        gone = update(User).where(User.id == user_id("agency_p1", role))
        await system.session.execute(gone.values(disabled_at=system.now))
    assert await look("2024-07-07") == 2
    (notice,) = await inbox(as_("province", "editor"))
    assert notice["unit"]["code"] == "SO-40-1"


def test_marks() -> None:
    last, before, after = date(2024, 7, 14), (7, 3, 1), (1, 3)
    due_day = last + timedelta(days=1)

    def planned(offset: int) -> int | None:
        found = mark(due_day, last + timedelta(days=offset), before, after)
        return (found.day - last).days if found else None

    assert [planned(n) for n in range(-8, 8)] == [None, -7, -7, -7, None, -3, -3, -1, -1, 1, 1, 3, 3, 3, None, None]


@pytest.mark.real_commits
async def test_two_workers_at_once_remind_once(server_url: str, new_database: Callable[..., Any]) -> None:
    async with real_application(server_url, new_database, 8) as real:
        async with real.database.transaction() as session:
            await open_as_system(session)
            campaign_id = await plan_320(Tx(session, SYSTEM, Clock().now(), "test"))
            soon = Clock().now().date() + timedelta(days=2)
            await session.execute(update(Obligation).values(due_before=soon))
        noon = MovableClock()
        noon.set(f"{Clock().now():%Y-%m-%d}T12:00:00+07:00")
        looks = (evaluate(real.database, noon, mail=True) for _ in range(4))  # type: ignore[arg-type]
        counts = await asyncio.gather(*looks)
        assert sum(counts) == await real.count("reminders") == 7
        assert await real.count("notices") > 7
        async with real.engine.connect() as connection:
            jobs = await connection.scalar(text("SELECT count(*) FROM pgqueuer"))
        assert jobs == 0  # nobody in the small tree has an e-mail address
        assert campaign_id
        reader = real.as_("province", "coordinator")
        assert len((await reader.get(f"/campaigns/{campaign_id}/reminders")).json()["items"]) == 7


async def test_stored_obligations_are_untouched(campaign: str, look: Callable[..., Any], system: Tx) -> None:
    before = await stored(system, campaign, "commune_a")
    await look("2024-07-07")
    assert await stored(system, campaign, "commune_a") == before
