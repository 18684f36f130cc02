"""The chasing board on the small tree, counted by hand."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, update

from app.access.actor import Tx
from app.campaigns.obligation_queries import Owed
from app.campaigns.obligations import Movement, obligation_moved
from app.kernel.clock import start_of
from app.units.models import Unit
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320, stored
from tests.builders.units import path, ref, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
DUE = start_of(date(2024, 7, 15))


async def board(who: Api, unit: str, **filters: Any) -> dict[str, Any]:
    """The board of ``unit`` as ``who`` sees it."""
    answer = await who.get("/progress", unit=str(unit_id(unit)), **filters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def nonzero(counts: dict[str, int]) -> dict[str, int]:
    """The counts that are not nought."""
    return {name: count for name, count in counts.items() if count}


async def scene(system: Tx) -> str:
    """commune_a accepted on time, commune_b submitted late, the district of both returned, Vinh's ward drafting."""
    campaign_id = await plan_320(system)
    for unit, to in {
        "commune_a": Movement("accepted", DUE - timedelta(milliseconds=1)),
        "commune_b": Movement("submitted", DUE),
        "district_yen_thanh": Movement("returned", None),
        "commune_c": Movement("drafting", None),
    }.items():
        await obligation_moved(system, Owed(UUID(campaign_id), ref(unit).id), to)
    return campaign_id


async def test_the_board_of_the_province(as_: As, system: Tx, clock: Any) -> None:
    campaign_id = await scene(system)
    clock.set("2024-07-16T08:00:00+07:00")
    seen = await board(as_("province", "viewer"), "province")
    assert (seen["campaign"]["id"], seen["own"], seen["unit"]["code"]) == (campaign_id, None, "40")
    # Vietnamese order of the names without their type: Sở ... < Vinh < Yên Thành
    assert [child["unit"]["code"] for child in seen["children"]] == ["SO-40-1", "412", "426"]
    agency, vinh, yen_thanh = seen["children"]
    assert (agency["own"]["status"], agency["own"]["timeliness"], agency["own"]["days_left"]) == (
        "not_started",
        "overdue",
        -2,
    )
    assert agency["subtree"]["coverage"] == {"expected": 1, "submitted": 0, "accepted": 0}
    assert nonzero(vinh["subtree"]["by_status"]) == {"not_started": 1, "drafting": 1}
    assert nonzero(vinh["subtree"]["by_timeliness"]) == {"overdue": 2}
    assert nonzero(yen_thanh["subtree"]["by_status"]) == {"returned": 1, "submitted": 1, "accepted": 1}
    assert nonzero(yen_thanh["subtree"]["by_timeliness"]) == {"on_time": 1, "late": 1, "overdue": 1}
    assert yen_thanh["subtree"]["coverage"] == {"expected": 3, "submitted": 2, "accepted": 1}
    assert yen_thanh["own"]["status"] == "returned"
    assert nonzero(seen["total"]["by_status"]) == {
        "not_started": 2,
        "drafting": 1,
        "submitted": 1,
        "returned": 1,
        "accepted": 1,
    }
    assert nonzero(seen["total"]["by_timeliness"]) == {"on_time": 1, "late": 1, "overdue": 4}
    assert seen["total"]["coverage"] == {"expected": 6, "submitted": 2, "accepted": 1}


async def test_a_unit_counts_itself_and_its_children(as_: As, system: Tx) -> None:
    await scene(system)
    seen = await board(as_("district_yen_thanh", "approver"), "district_yen_thanh")
    assert seen["own"]["status"] == "returned"
    assert [child["unit"]["code"] for child in seen["children"]] == ["17509", "17510"]
    assert [child["own"]["status"] for child in seen["children"]] == ["accepted", "submitted"]
    assert seen["total"]["coverage"] == {"expected": 3, "submitted": 2, "accepted": 1}
    assert nonzero(seen["total"]["by_timeliness"]) == {"on_time": 1, "late": 1, "not_due": 1}


async def test_what_was_returned_does_not_stand_submitted(as_: As, system: Tx) -> None:
    campaign_id = await scene(system)
    seen = await board(as_("commune_a", "viewer"), "commune_a")
    assert (seen["children"][0]["own"], seen["total"]["coverage"]) == (
        None,
        {"expected": 1, "submitted": 1, "accepted": 1},
    )
    await obligation_moved(system, Owed(UUID(campaign_id), ref("commune_a").id), Movement("returned", DUE))
    seen = await board(as_("commune_a", "viewer"), "commune_a")
    assert seen["total"]["coverage"] == {"expected": 1, "submitted": 0, "accepted": 0}


async def test_the_conference_has_a_board_of_its_own(as_: As, system: Tx) -> None:
    await scene(system)
    seen = await board(as_("province", "viewer"), "province", task="conference")
    assert (seen["own"]["due_before"], seen["own"]["timeliness"]) == ("2024-08-15", "not_due")
    assert seen["total"]["coverage"]["expected"] == 1
    assert {child["own"] for child in seen["children"]} == {None}


async def test_who_left_no_longer_counts_and_who_came_later_does_not_owe(as_: As, system: Tx) -> None:
    campaign_id = await scene(system)
    obligation = (await stored(system, campaign_id, "commune_b")).id
    await as_("province", "coordinator").done(f"/obligations/{obligation}", "leave", note="Giải thể")
    values = {
        "id": uuid4(),
        "label": 99,
        "path": path("district_vinh") + "000099.",
        "parent_id": unit_id("district_vinh"),
    }
    names = {"code": "99999", "name": "Phường Mới", "short_name": "Mới", "kind": "ward", "level": "commune"}
    await system.session.execute(insert(Unit), {**values, **names, "folded": "phuong moi", "sort_key": b"m"})
    seen = await board(as_("province", "viewer"), "province", sort="code")
    assert [child["unit"]["code"] for child in seen["children"]] == ["412", "426", "SO-40-1"]
    assert seen["children"][1]["subtree"]["coverage"] == {"expected": 2, "submitted": 1, "accepted": 1}
    vinh = await board(as_("district_vinh", "viewer"), "district_vinh", sort="code")
    assert [(child["unit"]["code"], child["own"] is None) for child in vinh["children"]] == [
        ("16714", False),
        ("99999", True),
    ]
    assert vinh["total"]["coverage"]["expected"] == 2


async def test_an_ended_unit_shows_only_while_something_of_it_counts(as_: As, system: Tx) -> None:
    campaign_id = await scene(system)
    ended = update(Unit).where(Unit.id == unit_id("commune_c")).values(ended_on=date(2024, 7, 1))
    await system.session.execute(ended)
    vinh = as_("district_vinh", "viewer")
    assert [child["unit"]["code"] for child in (await board(vinh, "district_vinh"))["children"]] == ["16714"]
    obligation = (await stored(system, campaign_id, "commune_c")).id
    await as_("province", "coordinator").done(f"/obligations/{obligation}", "leave", note="Đã nhập vào đơn vị khác")
    assert (await board(vinh, "district_vinh"))["children"] == []


async def test_outside_ones_scope_there_is_no_board(as_: As, system: Tx) -> None:
    await scene(system)
    district = as_("district_yen_thanh", "viewer")
    for unit in ("province", "district_vinh", "commune_c"):
        assert (await district.get("/progress", unit=str(unit_id(unit)))).status_code == 404
    assert (await as_("province", "administrator").get("/progress", unit=str(unit_id("province")))).status_code == 403


async def test_without_just_one_open_campaign_it_must_be_named(as_: As, system: Tx) -> None:
    campaign_id = await plan_320(system, opened=False)
    viewer, unit = as_("province", "viewer"), str(unit_id("province"))
    refused = await viewer.get("/progress", unit=unit)
    assert (refused.status_code, codes(refused)) == (422, [("/campaign", "missing")])
    assert (await viewer.get("/progress", unit=unit, campaign=str(uuid4()))).status_code == 404
    own = (await viewer.get("/progress", campaign=campaign_id)).json()
    assert own["unit"]["code"] == "40"  # no unit named: the caller's own
    assert (await board(viewer, "province", campaign=campaign_id))["total"]["coverage"]["expected"] == 0


async def test_without_a_unit_the_callers_own_is_meant(as_: As, system: Tx) -> None:
    await scene(system)
    seen = (await as_("district_vinh", "approver").get("/progress")).json()
    assert (seen["unit"]["code"], seen["total"]["coverage"]["expected"]) == ("412", 2)
    assert codes(await as_("district_vinh", "approver").get("/progress", unit="412")) == [("/unit", "uuid_parsing")]


async def test_the_board_is_one_statement(as_: As, system: Tx, statements: Any) -> None:
    await scene(system)
    statements.seen.clear()
    await board(as_("province", "viewer"), "province")
    assert len([sql for sql in statements.seen if "obligations" in sql]) == 1
    assert len(statements.seen) <= 4
