"""Two acts of one day upon one unit: each is told by itself, with its own number and its own units."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.conftest import MovableClock
from tests.reorganisations.scene import applied
from tests.statistics.scene import Registered, local, register
from tests.statistics.test_figures import figures, table

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

_ITSELF = {"kind": "split", "old_code": "17509", "new_code": "17509", "primary": True}


def part(code: str, name: str) -> dict[str, Any]:
    """A new commune of a part of commune A."""
    facts = {"new_name": name, "new_kind": "commune", "new_parent_code": "426"}
    return {"kind": "split", "old_code": "17509", "new_code": code, **facts}


async def scene(coordinator: Api, system: Tx, clock: MovableClock, *acts: list[dict[str, Any]]) -> None:
    """Communes A and B registered in February 2025; on 1/7/2025 the acts."""
    for place in ("commune_a", "commune_b"):
        await register(system, Registered(place, year=2025, at=local(date(2025, 2, 1))))
    await system.session.execute(text("UPDATE registrations SET created_at = '2025-02-01'"))
    clock.set("2025-07-02T08:00:00+07:00")
    for number, changes in enumerate(acts, start=1):
        await applied(coordinator, changes=changes, decision_number=f"{number}/NQ")


async def test_two_splits_of_a_day_are_two_notes(as_: As, system: Tx, clock: MovableClock) -> None:
    acts = [_ITSELF, part("17511", "Xã Đông")], [_ITSELF, part("17512", "Xã Tây")]
    await scene(as_("province", "coordinator"), system, clock, *acts)
    answer = await figures(as_("province", "viewer"), "registrations", group_by="commune,year", structure="current")
    notes = [note for note in answer["notes"] if note["code"] == "split_unit"]
    told = [(note["decision_number"], [one["code"] for one in note["successors"]]) for note in notes]
    assert told == [("1/NQ", ["17509", "17511"]), ("2/NQ", ["17509", "17512"])]
    changed = [(one["decision_number"], [unit["code"] for unit in one["went"]]) for one in answer["changes"]]
    assert changed == [("1/NQ", ["17511"]), ("2/NQ", ["17512"])]


async def test_what_the_next_act_of_the_day_ended_came_whole(as_: As, system: Tx, clock: MovableClock) -> None:
    given = [_ITSELF, part("17511", "Xã Đông")]
    ended = [{"kind": "merged", "old_code": "17509", "new_code": "17510"}]
    await scene(as_("province", "coordinator"), system, clock, given, ended)
    answer = await figures(as_("province", "viewer"), "registrations", group_by="commune,year", structure="current")
    assert table(answer, "registered") == [("17510", 2025, 2)]
    (note,) = [note for note in answer["notes"] if note["code"] == "split_unit"]
    assert [one["code"] for one in note["counted_for"]] == ["17510"]
    merged = [one for one in answer["changes"] if one["decision_number"] == "2/NQ"]
    assert [([unit["code"] for unit in one["came"]], one["went"]) for one in merged] == [(["17509"], [])]
    split = [one for one in answer["changes"] if one["decision_number"] == "1/NQ"]
    assert [[unit["code"] for unit in one["went"]] for one in split] == [["17511"]]
