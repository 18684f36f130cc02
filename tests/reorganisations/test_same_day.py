"""Several acts of one day, and several things of one act: each is told by itself, and no one gets another's past."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.units import unit_id
from tests.reorganisations.scene import act, applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

_ITSELF: Final = {"kind": "split", "old_code": "17509", "new_code": "17509", "primary": True}
_LINEAGE: Final = text(
    "SELECT old_unit_id, new_unit_id, effective_on, kind, is_primary, decision_number, reorganisation_id, unit_path"
    " FROM unit_lineage ORDER BY reorganisation_id, 1, 2"
)


def part(code: str, name: str) -> list[dict[str, Any]]:
    """Commune A gives a part, which becomes a new commune."""
    facts = {"new_name": name, "new_kind": "commune", "new_parent_code": "426"}
    return [_ITSELF, {"kind": "split", "old_code": "17509", "new_code": code, **facts}]


def absorbing(code: str) -> list[dict[str, Any]]:
    """Commune A takes another in, with a line of its own."""
    return [{"kind": "merged", "old_code": old, "new_code": "17509"} for old in (code, "17509")]


async def twice(coordinator: Api, *acts: list[dict[str, Any]]) -> None:
    for number, changes in enumerate(acts, start=1):
        await applied(coordinator, changes=changes, decision_number=f"{number}/NQ")


async def told(who: Api, code: str, where: str = "predecessors", **params: Any) -> list[tuple[str, str, bool]]:
    """The units at the far end of the steps listed, with the act that says so, and whether records count there."""
    found = await who.get(f"/units/{(await unit(who, code))['id']}/{where}", **params)
    return sorted((one["unit"]["code"], one["decision_number"], one["is_primary"]) for one in found.json()["items"])


async def sound(administrator: Api) -> None:
    """Nothing is wrong with who became whom."""
    checks = (await administrator.get("/integrity")).json()["checks"]
    found = {check["code"]: check["status"] for check in checks if check["code"].startswith("lineage.")}
    assert (len(found), set(found.values())) == (5, {"sound"}), found


async def backfilled_alike(system: Tx) -> None:
    """What the migration makes of the acts is what was written with them."""
    before = (await system.session.execute(_LINEAGE)).all()
    assert len(before) > 3
    await system.session.execute(text("DELETE FROM unit_lineage"))
    migration = import_module("migrations.versions.2026-11-23-0800_unit_lineage")
    await system.session.execute(text(migration._FROM_ACTS))
    assert (await system.session.execute(_LINEAGE)).all() == before


async def test_a_unit_gives_two_parts_by_two_acts_of_a_day(coordinator: Api, as_: As, system: Tx) -> None:
    await twice(coordinator, part("17511", "Xã Đông"), part("17512", "Xã Tây"))
    assert await told(coordinator, "17509", "successors") == [("17511", "1/NQ", False), ("17512", "2/NQ", False)]
    assert await told(coordinator, "17511") == [("17509", "1/NQ", False)]
    await sound(as_("province", "administrator"))
    await backfilled_alike(system)


async def test_a_unit_takes_two_in_by_two_acts_of_a_day(coordinator: Api, system: Tx) -> None:
    await twice(coordinator, absorbing("17510"), absorbing("16714"))
    assert await told(coordinator, "17509") == [("16714", "2/NQ", True), ("17510", "1/NQ", True)]
    await backfilled_alike(system)


async def test_a_unit_gives_a_part_and_ends_by_the_next_act_of_the_day(coordinator: Api, as_: As, system: Tx) -> None:
    end = [{"kind": "merged", "old_code": "17509", "new_code": "17510"}]
    given = [*part("17511", "Xã Đông"), {"kind": "split", "old_code": "17509", "new_code": "17510"}]
    await twice(coordinator, given, end)
    assert await told(coordinator, "17510") == [("17509", "1/NQ", False), ("17509", "2/NQ", True)]
    await sound(as_("province", "administrator"))
    await backfilled_alike(system)


async def test_the_later_act_of_the_day_can_be_taken_back_alone(coordinator: Api) -> None:
    await applied(coordinator, changes=part("17511", "Xã Đông"), decision_number="1/NQ")
    later = await applied(coordinator, changes=part("17512", "Xã Tây"), decision_number="2/NQ")
    await coordinator.done(f"/reorganisations/{later['id']}", "reverse", note="Đính chính")
    assert await told(coordinator, "17509", "successors") == [("17511", "1/NQ", False)]


async def test_who_came_and_who_left_by_one_act_have_nothing_of_each_other(coordinator: Api) -> None:
    came = {"kind": "merged", "old_code": "17510", "new_code": "17509"}
    await applied(coordinator, changes=[came, *part("17511", "Xã Đông")], decision_number="1/NQ")
    for through in ("false", "true"):
        assert await told(coordinator, "17511", all=through) == [("17509", "1/NQ", False)]
        assert await told(coordinator, "17509", all=through) == [("17510", "1/NQ", True)]
        left = (await coordinator.get(f"/units/{unit_id('commune_b')}/successors", all=through)).json()["items"]
        assert [one["unit"]["code"] for one in left] == ["17509"]


async def test_no_other_bears_the_past_of_a_unit_that_lives_on(coordinator: Api) -> None:
    own, other = part("17511", "Xã Đông")
    for first in ({**own, "primary": False}, own):
        answer = await coordinator.post("/reorganisations", act(first, {**other, "primary": True}))
        assert answer.status_code == 422, answer.text
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/changes/1/primary", "lives_on")
        assert "Xã Mã Thành vẫn tồn tại" in fault["message"]
        assert "bỏ primary" in fault["message"]
    # As the fault says: without a line of its own the unit ends, and the one named bears its past.
    named = {**other, "primary": True}
    await applied(coordinator, changes=[named, {"kind": "split", "old_code": "17509", "new_code": "17510"}])
    assert await told(coordinator, "17511") == [("17509", "1678/NQ-UBTVQH15", True)]
