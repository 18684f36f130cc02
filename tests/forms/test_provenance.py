"""On a map that was redrawn: every cell of every form leads to exactly its records, and the bottom line never moves."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.forms import scene
from tests.forms.scene import form, table, the_scene, values
from tests.statistics.redrawn import AFTER, BEFORE, more_work, redraw
from tests.statistics.test_records import behind

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def asked(as_: As, system: Tx, clock: MovableClock) -> str:
    """The campaign of the scene, after the act."""
    found = await the_scene(system)
    await more_work(system)
    await redraw(system, as_("province", "coordinator"), clock)
    return found


@pytest.fixture
def reader(as_: As) -> Api:
    """Somebody who reads the whole province."""
    return as_("province", "viewer")


def cells(found: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Table, row, column and cell, of all cells that lead to records."""
    return [
        (part["code"], row["key"], code, cell)
        for part in found["tables"]
        for row in part["rows"]
        for code, cell in row["cells"].items()
        if cell["records"] is not None
    ]


@pytest.mark.parametrize("structure", ["as_recorded", "current", BEFORE, AFTER])
async def test_every_cell_leads_to_its_records(reader: Api, asked: str, structure: str) -> None:
    seen = 0
    for number in range(1, 8):
        for place in cells(await form(reader, number, asked, structure=structure)):
            cell = place[-1]
            if not cell["value"] and structure != "current":
                continue
            found = await behind(reader, cell["records"])
            assert sum(record["value"] for record in found) == cell["value"], (number, place)
            seen += bool(cell["value"])
    assert seen >= 60
    for code, _, _, cell in cells(await form(reader, 8, asked, structure=structure)):
        # A line of the list is one evaluation.
        one = (await reader.get(cell["records"])).json()
        assert one["status"] in {"not_recognised", "verified"}, code


async def test_the_bottom_line_is_the_same_in_all_structures(reader: Api, asked: str) -> None:
    lines = []
    for structure in ("as_recorded", "current", BEFORE, AFTER):
        first = values(table(await form(reader, 1, asked, structure=structure)), scene.BUILDING)
        third = values(table(await form(reader, 3, asked, structure=structure)), scene.ACTIVITIES)
        lines.append((first["total"][1:], third["total"]))
        old = structure in {"as_recorded", BEFORE}
        assert (str(unit_id("district_vinh")) in first) is old
    assert all(line == lines[0] for line in lines)
    assert lines[0][0][:4] == (3, 2, 1, 0.666667)
