"""Where no unit below ever was anything else, statements leave past places out, and must say the same as before."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from app.access.actor import Tx
from app.statistics.cells import Cell, CellsAsked, CellsFound, Ground, cells, ground_of
from tests.actors import Api
from tests.builders.units import unit_id
from tests.statistics.scene import Registered, local, merge, register, stood_under

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
COMMUNES = {"unit_kind": ("commune", "ward", "township")}
GROUPED = (("child",), ("child", "year"), ("unit_kind",), ("district",), ("child", "unit_kind"), ())
UNITS = ("province", "district_yen_thanh", "district_vinh", "commune_a", "school_a1")


async def registered(tx: Tx) -> None:
    """Records of every level, also of units above and beside each other."""
    units = ("province", "district_vinh", "commune_a", "school_a1", "commune_b", "commune_c", "agency_p1")
    await register(
        tx, *(Registered(unit, year=year, at=local(date(year, 3, 1))) for unit in units for year in (2023, 2024))
    )


def general(ground: Ground) -> Ground:
    """The same ground, as if some unit had a past."""
    row: Any = _Unsettled(ground.row)
    return replace(ground, row=row)


class _Unsettled:
    """A row that says of itself that places have changed."""

    settled = False

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, name)


def said(found: CellsFound) -> tuple[Any, Any]:
    """The figures of ``found`` with their keys, in order, and its totals. Groups that count nothing may be missing."""
    rows = [(dict(row.keys), dict(row.cells)) for row in found.rows]
    return [row for row in rows if any(cell.value for cell in row[1].values())], dict(found.totals)


@pytest.mark.parametrize("structure", ["as_recorded", "current", "2024-02-01"])
@pytest.mark.parametrize("measure", ["registrations", "units"])
async def test_leaving_out_the_past_changes_no_figure(system: Tx, measure: str, structure: str) -> None:
    await registered(system)
    value = {"registrations": "registered", "units": "units"}[measure]
    for unit in UNITS:
        ground = await ground_of(system, unit=unit_id(unit))
        assert ground.row.settled
        for by in GROUPED:
            if measure == "units" and "year" in by:
                continue
            narrowed = {} if "unit_kind" in by else COMMUNES
            wanted = (Cell("all", value), Cell("communes", value, narrowed))
            asked = CellsAsked(measure, wanted, by, structure, in_campaign=False)
            assert said(await cells(system, ground, asked)) == said(await cells(system, general(ground), asked))


async def test_a_place_below_that_has_changed_is_told_from_one_beside(system: Tx) -> None:
    await stood_under(system, "commune_a", "district_vinh", date(2024, 6, 15))
    await merge(system, "commune_c", "district_vinh", date(2024, 6, 20))

    async def settled(unit: UUID) -> bool:
        return bool((await ground_of(system, unit=unit)).row.settled)

    for unit in ("province", "district_yen_thanh", "commune_a", "district_vinh", "commune_c"):
        assert not await settled(unit_id(unit)), unit
    for unit in ("commune_b", "agency_p1"):
        assert await settled(unit_id(unit)), unit


async def test_cells_that_ask_of_several_kinds_count_each_its_own(system: Tx) -> None:
    """What fits no cell is left out before it is counted; the total of each cell is its own all the same."""
    await registered(system)
    wanted = (
        Cell("communes", "registered", COMMUNES),
        Cell("schools", "registered", {"unit_kind": ("school",)}),
        Cell("agencies", "registered", {"unit_kind": "agency", "year": 2024}),
    )
    asked = CellsAsked("registrations", wanted, ("child",), in_campaign=False)
    found = await cells(system, await ground_of(system, unit=unit_id("province")), asked)
    assert {code: cell.value for code, cell in found.totals.items()} == {"communes": 6, "schools": 2, "agencies": 1}
    assert {row.keys["child"]["code"]: [cell.value for cell in row.cells.values()] for row in found.rows} == {
        "412": [2, 0, 0],
        "426": [4, 2, 0],
        "SO-40-1": [0, 0, 1],
    }
