"""Who became whom: told of every unit, kept with the act that says so, gone with an act that is taken back."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.kernel.ids import new_id
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import Statements
from tests.reorganisations.scene import CHANGES, applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

SPLIT: list[dict[str, Any]] = [
    {"kind": "split", "old_code": "17509", "new_code": "17509", "primary": True},
    {"kind": "split", "old_code": "17509", "new_code": "17511", "new_name": "Xã Đông", "new_kind": "commune"},
    {"kind": "renamed", "old_code": "16714", "new_code": "16714", "new_name": "Phường Mới"},
]
SPLIT[1] |= {"new_parent_code": "426"}


async def both(coordinator: Api) -> dict[str, Any]:
    """A split on 1/12/2024, then all of it merged on 1/7/2025; the later act."""
    await applied(coordinator, changes=SPLIT, effective_on="2024-12-01", decision_number="1243/NQ-UBTVQH15")
    third = {**CHANGES[0], "old_code": "17511"}
    return await applied(coordinator, changes=[*CHANGES, third])


async def steps(who: Api, where: str, of: str, **params: Any) -> list[tuple[Any, ...]]:
    """The steps listed: the unit, the other, how, when, whether its records count there."""
    found = (await who.get(f"/units/{of}/{where}", **params)).json()["items"]
    return [
        (one["unit"]["name"], one["other"]["name"], one["kind"], one["effective_on"], one["is_primary"])
        for one in found
    ]


async def test_a_unit_tells_whom_it_came_of(coordinator: Api, as_: As) -> None:
    await both(coordinator)
    new = await unit(coordinator, "17510")
    officer = as_("commune_c", "viewer")
    near = await steps(officer, "predecessors", new["id"])
    assert sorted(near) == [
        ("Xã Mã Thành", "Xã Thành Mới", "merged", "2025-07-01", True),
        ("Xã Tiến Thành", "Xã Thành Mới", "merged", "2025-07-01", True),
        ("Xã Đông", "Xã Thành Mới", "merged", "2025-07-01", True),
    ]
    every = await steps(officer, "predecessors", new["id"], all="true")
    assert sorted(every[:3]) == sorted(near)
    assert every[3:] == [("Xã Mã Thành", "Xã Đông", "split", "2024-12-01", False)]
    first = (await officer.get(f"/units/{new['id']}/predecessors", all="true", limit=2)).json()
    rest = (await officer.get(f"/units/{new['id']}/predecessors", all="true", cursor=first["next_cursor"])).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 2, None)
    assert first["items"][0]["decision_number"] == "1678/NQ-UBTVQH15"
    refused = await officer.get(f"/units/{unit_id('commune_c')}/predecessors", cursor=first["next_cursor"])
    assert refused.status_code == 422


async def test_a_unit_tells_who_came_of_it(coordinator: Api) -> None:
    made = await both(coordinator)
    old = str(unit_id("commune_a"))
    assert await steps(coordinator, "successors", old) == [
        ("Xã Đông", "Xã Mã Thành", "split", "2024-12-01", False),
        ("Xã Thành Mới", "Xã Mã Thành", "merged", "2025-07-01", True),
    ]
    through = await steps(coordinator, "successors", old, all="true")
    assert ("Xã Thành Mới", "Xã Đông", "merged", "2025-07-01", True) in through
    assert len(through) == 3
    item = (await coordinator.get(f"/units/{old}/successors")).json()["items"][1]
    assert item["reorganisation_id"] == made["id"]
    # A new name makes no other unit; what ends without an heir has none.
    assert await steps(coordinator, "successors", str(unit_id("commune_c"))) == []
    assert await steps(coordinator, "successors", str(unit_id("district_vinh")), all="true") == []


async def test_an_act_taken_back_leaves_no_step(coordinator: Api) -> None:
    made = await applied(coordinator)
    new = await unit(coordinator, "17510")
    assert len(await steps(coordinator, "predecessors", new["id"])) == 2
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    assert await steps(coordinator, "predecessors", new["id"]) == []
    assert await steps(coordinator, "successors", str(unit_id("commune_a"))) == []


async def test_a_base_unit_that_passed_over_tells_so_too(coordinator: Api) -> None:
    other = await coordinator.made(
        "/units", {"name": "Trường mới", "kind": "school", "parent_id": str(unit_id("commune_a"))}
    )
    old = f"/units/{unit_id('school_a1')}"
    await coordinator.done(old, "end", ended_on="2025-07-01", successor_id=other["id"])
    found = (await coordinator.get(f"{old}/successors")).json()["items"]
    assert [(one["unit"]["id"], one["kind"], one["decision_number"]) for one in found] == [
        (other["id"], "merged", None)
    ]


async def test_the_act_that_stood_before_is_told_as_well(coordinator: Api, system: Tx) -> None:
    """What the migration makes of acts carried out before it is what they would write now."""
    await both(coordinator)
    columns = "old_unit_id, new_unit_id, effective_on, kind, is_primary, decision_number, reorganisation_id, unit_path"
    kept = f"SELECT {columns} FROM unit_lineage ORDER BY 1, 2, 3"
    before = (await system.session.execute(text(kept))).all()
    assert len(before) == 9
    await system.session.execute(text("DELETE FROM unit_lineage"))
    migration = import_module("migrations.versions.2026-11-23-0800_unit_lineage")
    await system.session.execute(text(migration._FROM_ACTS))
    assert (await system.session.execute(text(kept))).all() == before


@pytest.mark.parametrize("where", ["predecessors", "successors"])
async def test_who_may_ask_and_at_what_cost(as_: As, anonymous: Api, statements: Statements, where: str) -> None:
    assert (await anonymous.get(f"/units/{unit_id('commune_a')}/{where}")).status_code == 401
    assert (await as_("commune_c", "viewer").get(f"/units/{new_id()}/{where}")).status_code == 404
    statements.seen.clear()
    answer = await as_("commune_c", "viewer").get(f"/units/{unit_id('commune_a')}/{where}", all="true")
    assert answer.json() == {"items": [], "next_cursor": None}
    assert len(statements.seen) <= 4
