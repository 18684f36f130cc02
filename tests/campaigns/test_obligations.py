"""Who owes what over HTTP: the frozen list, extensions, joining and leaving, each with its reason."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.campaigns.obligation_queries import Owed
from app.campaigns.obligations import Movement, obligation_moved
from app.kernel.clock import start_of
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320, stored
from tests.builders.units import ref, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
LATER = {"due_before": "2024-07-20", "reason": "Mưa lũ"}


async def owed_by(system: Tx, unit: str, campaign_id: str | None = None) -> str:
    """The path of the report that ``unit`` owes."""
    return f"/obligations/{(await stored(system, campaign_id or await plan_320(system), unit)).id}"


async def extended(who: Api, path: str, body: dict[str, Any], etag: str | None = None) -> Any:
    """Ask for an extension with the version one sees, or the one given."""
    return await who.request("POST", f"{path}/extensions", body, {"If-Match": etag or await who.etag(path)})


async def test_a_unit_sees_what_it_owes(as_: As, system: Tx) -> None:
    path = await owed_by(system, "commune_a")
    seen = (await as_("commune_a", "viewer").get(path)).json()
    assert (seen["status"], seen["timeliness"], seen["due_before"], seen["days_left"]) == (
        "not_started",
        "not_due",
        "2024-07-15",
        13,
    )
    assert (seen["unit"]["code"], seen["extensions"], seen["allowed_actions"]) == ("17509", [], [])
    assert (await as_("commune_b", "viewer").get(path)).status_code == 404
    assert (await as_("district_vinh", "viewer").get(path)).status_code == 404


async def test_the_list_is_fenced_filtered_and_ordered_by_the_tree(as_: As, system: Tx, clock: Any) -> None:
    campaign_id = await plan_320(system)
    path = f"/campaigns/{campaign_id}/obligations"

    async def seen(who: Api, **filters: Any) -> list[str]:
        answer = await who.get(path, **filters)
        assert answer.status_code == 200, answer.text
        return [f"{item['unit']['code']} {item['task']}" for item in answer.json()["items"]]

    assert await seen(as_("district_yen_thanh", "viewer")) == ["426 report", "17509 report", "17510 report"]
    province = as_("province", "viewer")
    assert await seen(province) == [
        *("40 conference", "412 report", "16714 report", "426 report"),
        *("17509 report", "17510 report", "SO-40-1 report"),
    ]
    assert await seen(province, task="conference") == ["40 conference"]
    assert await seen(province, unit=str(unit_id("commune_c"))) == ["16714 report"]
    assert await seen(province, under=str(unit_id("district_vinh"))) == ["412 report", "16714 report"]
    assert await seen(province, status="accepted") == []
    clock.set("2024-07-15T00:00:00+07:00")
    assert await seen(province, timeliness="not_due") == ["40 conference"]
    assert len(await seen(province, timeliness="overdue")) == 6


async def test_a_cursor_outlives_midnight(as_: As, system: Tx, clock: Any) -> None:
    path, province = f"/campaigns/{await plan_320(system)}/obligations", as_("province", "viewer")
    clock.set("2024-07-16T23:59:00+07:00")
    first = (await province.get(path, timeliness="overdue", limit=4)).json()
    clock.set("2024-07-17T00:01:00+07:00")
    rest = (await province.get(path, timeliness="overdue", limit=4, cursor=first["next_cursor"])).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (4, 2, None)


async def test_an_extension_counts_apart_and_keeps_its_history(
    as_: As, system: Tx, clock: Any, audit: Callable[..., Any]
) -> None:
    path, coordinator = await owed_by(system, "commune_a"), as_("province", "coordinator")
    answer = await extended(coordinator, path, LATER)
    assert answer.status_code == 201
    assert (answer.json()["extended_to"], answer.json()["due_before"], answer.json()["days_left"]) == (
        "2024-07-20",
        "2024-07-15",
        18,
    )
    event = (await audit())[-1]
    assert (event.verb, event.note) == ("obligation.extend", "Mưa lũ")
    assert (event.before["due_before"], event.after["due_before"]) == ("2024-07-15", "2024-07-20")
    await extended(coordinator, path, {"due_before": "2024-07-22", "reason": "Vẫn lũ"})
    clock.set("2024-07-21T09:00:00+07:00")
    seen = (await as_("commune_a", "viewer").get(path)).json()
    assert [(e["due_before"], e["reason"]) for e in seen["extensions"]] == [
        ("2024-07-20", "Mưa lũ"),
        ("2024-07-22", "Vẫn lũ"),
    ]
    assert (seen["timeliness"], seen["days_left"]) == ("not_due", 0)
    clock.set("2024-07-22T00:00:00+07:00")
    assert (await as_("commune_a", "viewer").get(path)).json()["timeliness"] == "overdue"


async def test_an_extension_must_be_later_and_asked_by_who_may(as_: As, system: Tx) -> None:
    path, coordinator = await owed_by(system, "commune_a"), as_("province", "coordinator")
    etag = await coordinator.etag(path)
    for day in ("2024-07-15", "2024-07-01"):
        refused = await extended(coordinator, path, {**LATER, "due_before": day})
        assert (refused.status_code, codes(refused)) == (422, [("/due_before", "not_later")])
    assert codes(await extended(coordinator, path, {"due_before": "2024-07-20"})) == [("/reason", "missing")]
    assert (await coordinator.post(f"{path}/extensions", LATER)).status_code == 428
    assert (await extended(as_("province", "approver"), path, LATER, etag)).status_code == 403
    assert (await extended(as_("commune_b", "approver"), path, LATER, etag)).status_code == 404
    assert (await extended(coordinator, path, LATER, etag)).status_code == 201
    assert (await extended(coordinator, path, {**LATER, "due_before": "2024-07-25"}, etag)).status_code == 412
    await coordinator.done(f"/campaigns/{(await coordinator.get(path)).json()['campaign_id']}", "close")
    refused = await extended(coordinator, path, {**LATER, "due_before": "2024-07-25"})
    assert (refused.status_code, refused.json()["code"]) == (409, "campaign_closed")


async def test_a_unit_leaves_and_rejoins_by_an_act_with_a_reason(
    as_: As, system: Tx, audit: Callable[..., Any]
) -> None:
    path, coordinator = await owed_by(system, "commune_b"), as_("province", "coordinator")
    etag = await as_("province", "approver").etag(path)
    assert (await as_("province", "approver").act(path, "leave", etag, note="x")).status_code == 403
    assert codes(await coordinator.act(path, "leave")) == [("/note", "note_required")]
    left = await coordinator.done(path, "leave", note="Sáp nhập")
    assert (left["left_on"], left["left_reason"]) == ("2024-07-01", "Sáp nhập")
    assert left["allowed_actions"] == [{"action": "rejoin", "needs_note": True}]
    assert (await coordinator.act(path, "leave", note="x")).json()["code"] == "invalid_state"
    assert (await extended(coordinator, path, LATER)).json()["code"] == "invalid_state"
    back = await coordinator.done(path, "rejoin", note="Không sáp nhập nữa")
    assert (back["left_on"], back["left_reason"]) == (None, None)
    assert [(e.verb, e.note) for e in await audit()][-2:] == [
        ("obligation.leave", "Sáp nhập"),
        ("obligation.rejoin", "Không sáp nhập nữa"),
    ]


async def test_the_obligation_follows_the_work_and_keeps_the_first_instant(system: Tx) -> None:
    campaign_id = await plan_320(system)
    owed = Owed((await stored(system, campaign_id, "commune_a")).campaign_id, ref("commune_a").id)
    first, second = start_of(system.today), system.now
    for to, expected in [
        (Movement("drafting", None), None),
        (Movement("submitted", first), first),
        (Movement("returned", first), first),
        (Movement("submitted", second), first),  # a later one never replaces it
        (Movement("returned", None), None),  # returned as incomplete
        (Movement("submitted", second), second),
    ]:
        await obligation_moved(system, owed, to)
        found = await stored(system, campaign_id, "commune_a")
        assert (found.status, found.first_counted_at, found.last_activity_at) == (to.status, expected, system.now)
    await obligation_moved(system, Owed(owed.campaign_id, ref("school_a1").id), Movement("drafting", None))
    assert await stored(system, campaign_id, "school_a1") is None


async def test_lists_take_few_statements(as_: As, system: Tx, statements: Any) -> None:
    campaign_id = await plan_320(system)
    path = await owed_by(system, "commune_a", campaign_id)
    statements.seen.clear()
    await as_("province", "viewer").get(f"/campaigns/{campaign_id}/obligations", include_total="true")
    assert len(statements.seen) <= 4
    statements.seen.clear()
    await as_("province", "viewer").get(path)
    assert len(statements.seen) <= 3


async def test_a_unit_that_has_ended_joins_no_list(as_: As, system: Tx) -> None:
    campaign_id = await plan_320(system)
    body = {"name": "Sở mới", "kind": "agency", "parent_id": str(unit_id("province")), "valid_from": "2024-03-01"}
    made = await as_("province", "editor").made("/units", body)
    await as_("province", "editor").done(f"/units/{made['id']}", "end", ended_on="2024-06-01")
    joining = {"unit_id": made["id"], "reason": "Bổ sung"}
    answer = await as_("province", "coordinator").post(f"/campaigns/{campaign_id}/obligations", joining)
    assert (answer.status_code, answer.json()["code"]) == (409, "unit_ended")
