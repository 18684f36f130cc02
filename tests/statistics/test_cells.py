"""Several cells of one measure in one statement: what forms are made of."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.access.actor import Tx
from app.kernel.errors import NotFound
from app.statistics.cells import Cell, CellsAsked, CellsFound, cells, faults_of, ground_of
from tests.actors import Api
from tests.builders.units import unit_id
from tests.statistics.scene import Registered, campaign, merge, register, stood_under
from tests.statistics.test_records import behind
from tests.statistics.test_structures import MOVED

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

COMMUNES = ("commune", "ward", "township")
REGISTRATIONS = CellsAsked(
    "registrations",
    (
        Cell("communes_2023", "registered", {"year": 2023, "unit_kind": COMMUNES}),
        Cell("communes_2024", "registered", {"year": 2024, "unit_kind": COMMUNES}),
        Cell("accepted_2024", "acceptance_rate", {"year": 2024, "unit_kind": COMMUNES}),
        Cell("others", "registered", {"unit_kind": ("agency", "school")}),
        Cell("returned", "returned"),
    ),
    group_by=("child",),
)


async def registered(tx: Tx) -> None:
    """Two communes and their school under Yên Thành, one ward under Vinh, an agency, and the province's own."""
    await register(
        tx,
        Registered("commune_a", year=2023),
        Registered("commune_a"),
        Registered("commune_b", "submitted"),
        Registered("commune_c", "returned"),
        Registered("school_a1"),
        Registered("agency_p1", year=2023),
        Registered("province"),
        Registered("district_vinh", "returned", year=2023),
    )


def laid_out(found: CellsFound) -> dict[Any, tuple[Any, ...]]:
    """By the code of the child: the values in their order."""
    return {row.keys["child"]["code"]: tuple(cell.value for cell in row.cells.values()) for row in found.rows}


async def test_every_cell_has_conditions_of_its_own(system: Tx) -> None:
    await registered(system)
    await campaign(system)
    found = await cells(system, await ground_of(system, unit=unit_id("province")), REGISTRATIONS)
    assert laid_out(found) == {
        "412": (0, 0, None, 0, 2),
        "426": (1, 2, 0.5, 1, 0),
        "40": (0, 0, None, 0, 0),
        "SO-40-1": (0, 0, None, 1, 0),
    }
    assert [cell.value for cell in found.totals.values()] == [1, 2, 0.5, 2, 2]


async def test_the_records_of_each_cell_are_its_sum(as_: As, system: Tx) -> None:
    await registered(system)
    await campaign(system)
    await stood_under(system, "commune_a", "district_vinh", MOVED)
    province = as_("province", "viewer")
    for structure in ("as_recorded", "current", "2024-02-01"):
        asked = CellsAsked("registrations", REGISTRATIONS.cells, ("child", "level"), structure)
        found = await cells(system, await ground_of(system, unit=unit_id("province")), asked)
        for named in (found.totals, *(row.cells for row in found.rows)):
            for code, cell in named.items():
                records = await behind(province, cell.records.removeprefix("/api/v1"))
                if code != "accepted_2024":
                    assert sum(record["value"] for record in records) == cell.value, (structure, code)
        assert len(await behind(province, found.totals["accepted_2024"].records.removeprefix("/api/v1"))) == 2


async def test_children_are_those_of_the_tree_asked_for(system: Tx) -> None:
    await registered(system)
    await stood_under(system, "commune_a", "district_vinh", MOVED)
    await merge(system, "commune_b", "commune_a", date(2024, 6, 20))

    async def under(unit: str, structure: str) -> dict[Any, int]:
        asked = CellsAsked("registrations", (Cell("all", "registered"),), ("child",), structure, in_campaign=False)
        found = await cells(system, await ground_of(system, unit=unit_id(unit)), asked)
        assert sum(row.cells["all"].value or 0 for row in found.rows) == found.totals["all"].value
        return {row.keys["child"]["code"]: int(row.cells["all"].value or 0) for row in found.rows}

    assert await under("province", "as_recorded") == {"412": 3, "426": 1, "40": 1, "SO-40-1": 1}
    assert await under("province", "current") == {"412": 0, "426": 4, "40": 1, "SO-40-1": 1}
    # Of an ended unit its successor says: it was my own today, and another's then.
    assert await under("commune_a", "current") == {"17509": 3, "TH-17509-1": 1}
    assert await under("commune_a", "as_recorded") == {"17509": 2, "17510": 1, "TH-17509-1": 1}
    # In the tree of that day the commune lay elsewhere; its children still are its children.
    assert await under("commune_a", "2024-02-01") == {"17509": 2, "17510": 1, "TH-17509-1": 1}
    # Vinh had the commune then, and sees it no more: what is below one today is what counts.
    assert await under("district_vinh", "as_recorded") == {"412": 0, "16714": 0}
    assert await under("district_yen_thanh", "as_recorded") == {"17509": 3, "17510": 1}


async def test_one_statement_answers_all_cells(system: Tx, statements: Any) -> None:
    await registered(system)
    ground = await ground_of(system, unit=unit_id("province"))
    statements.seen.clear()
    await cells(system, ground, REGISTRATIONS)
    assert len(statements.seen) == 1


async def test_a_unit_outside_does_not_exist(system: Tx) -> None:
    with pytest.raises(NotFound):
        await ground_of(system, unit=unit_id("province").__class__(int=7))


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (CellsAsked("nonsense", ()), "no measure 'nonsense'"),
        (CellsAsked("registrations", (Cell("a", "nonsense"),)), "a: no value 'nonsense'"),
        (CellsAsked("registrations", (Cell("a", "registered"), Cell("a", "returned"))), "two cells have one code"),
        (CellsAsked("registrations", (), ("stage",)), "no dimension 'stage'"),
        (CellsAsked("registrations", (Cell("a", "registered", {"stage": "final"}),)), "a: no parameter 'stage'"),
        (
            CellsAsked("registrations", (Cell("a", "registered", {"unit_kind": ("ward", "x")}),)),
            "a: 'unit_kind': no word 'x'",
        ),
        (
            CellsAsked("registrations", (Cell("a", "registered", {"year": 2023}),), ("year",)),
            "a: 'year' is given twice",
        ),
        (
            CellsAsked("registrations", (Cell("a", "registered", {"year": 2023}),), filters={"year": 2023}),
            "a: 'year' is given twice",
        ),
        (CellsAsked("registrations", (), variant="self"), "no variant 'self'"),
    ],
)
async def test_what_a_declaration_names_must_exist(system: Tx, asked: CellsAsked, fault: str) -> None:
    assert faults_of(asked) == [fault]
    ground = await ground_of(system, unit=unit_id("province"))
    with pytest.raises(ValueError, match=fault.replace("(", r"\(")):
        await cells(system, ground, asked)
