"""Every figure leads to exactly its records, in every structure of a map that was redrawn; whose they were and are."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.statistics.measures import MEASURES
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import MovableClock, Statements
from tests.forms.scene import the_scene
from tests.statistics.redrawn import AFTER, BEFORE, more_work, redraw
from tests.statistics.test_figures import figures
from tests.statistics.test_records import behind

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
STRUCTURES = ["as_recorded", "current", BEFORE, AFTER]


@pytest.fixture
async def province(as_: As, system: Tx, clock: MovableClock) -> Api:
    """Somebody who reads the whole province, after the act."""
    await the_scene(system)
    await more_work(system)
    await redraw(system, as_("province", "coordinator"), clock)
    return as_("province", "viewer")


def groupings(code: str) -> list[str]:
    """By unit, by every level of the tree, by what stands below, and by what the records say themselves."""
    own = [dimension.code for dimension in MEASURES[code].dimensions if dimension.place is None]
    return ["unit", "district,commune", "child,level", *([",".join(own[:4])] if own else [])]


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("code", list(MEASURES))
async def test_the_records_of_every_cell_add_up_to_it(province: Api, code: str, structure: str) -> None:
    cells = 0
    for group_by in groupings(code):
        answer = await figures(province, code, group_by=group_by, structure=structure)
        for row in answer["rows"]:
            for value in MEASURES[code].listed_of:
                if not row["values"][value] and group_by != "unit":
                    continue
                found = await behind(province, row["records"], value, limit=4)
                assert len({(record["id"], record["part"]) for record in found}) == len(found)
                assert sum(record["value"] for record in found) == (row["values"][value] or 0), (group_by, row, value)
                assert all(record["version"] >= 1 for record in found)
                if group_by == "unit":
                    assert {record["counted_as"]["id"] for record in found} <= {row["keys"]["unit"]["id"]}
                    assert {record["counted_as"]["name"] for record in found} <= {row["keys"]["unit"]["name"]}
                cells += 1
    assert cells >= 4


def who(record: dict[str, Any]) -> tuple[Any, ...]:
    """Code and name then, code, name and kind now, and the code it counts as."""
    then, now = record["unit_then"], record["unit_now"]
    return then["code"], then["name"], then["level"], now["code"], now["name"], record["counted_as"]["code"]


A = ("17509", "Xã Mã Thành", "commune", "17510", "Xã Thành Mới")
SPLIT = ("16714", "Phường Vinh Tân", "commune", "16715", "Phường Trường Vinh")
GONE = ("426", "Huyện Yên Thành", "district", "40", "Tỉnh Nghệ An")
SCHOOL = ("TH-17509-1", "Trường THCS Mã Thành", "base", "TH-17509-1", "Trường THCS Mã Thành")


@pytest.mark.parametrize(
    ("structure", "counted_as"),
    [
        ("as_recorded", ("17509", "16714", "426")),
        ("current", ("17510", "16715", "40")),
        (BEFORE, ("17509", "16714", "426")),
        (AFTER, ("17510", "16715", "40")),
    ],
)
async def test_a_record_says_whose_it_was_and_who_bears_it(
    province: Api, structure: str, counted_as: tuple[str, str, str]
) -> None:
    asked = {"year": 2023, "structure": structure, "stage": "final"}
    found = {record["unit"]["code"]: record for record in (await _records(province, "recognitions", **asked))}
    assert who(found["17509"]) == (*A, counted_as[0])
    assert who(found["16714"]) == (*SPLIT, counted_as[1])
    assert who(found["426"]) == (*GONE, counted_as[2])
    assert who(found["TH-17509-1"]) == (*SCHOOL, "TH-17509-1")
    assert found["17509"]["unit_then"]["id"] == str(unit_id("commune_a"))
    assert found["17509"]["unit_now"]["id"] != str(unit_id("commune_a"))
    assert (await province.get(found["17509"]["resource"])).json()["version"] == found["17509"]["version"]


async def _records(who: Api, code: str, **asked: Any) -> list[dict[str, Any]]:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return await behind(who, f"/statistics/{code}/records?{query}")


async def test_a_record_made_after_the_end_of_its_unit_was_that_units_as_it_was_last(province: Api) -> None:
    late = await _records(province, "registrations", year=2025, structure=BEFORE)
    assert sorted(who(record) for record in late) == [
        ("16715", "Phường Trường Vinh", "commune", "16715", "Phường Trường Vinh", "40"),
        ("17510", "Xã Thành Mới", "commune", "17510", "Xã Thành Mới", "40"),
        ("17510", "Xã Tiến Thành", "commune", "17510", "Xã Thành Mới", "17510"),
        ("40", "Tỉnh Nghệ An", "province", "40", "Tỉnh Nghệ An", "40"),
    ]


async def test_a_page_takes_four_statements(province: Api, statements: Statements) -> None:
    for structure in STRUCTURES:
        statements.seen.clear()
        answer = await province.get("/statistics/recognitions/records", structure=structure)
        assert (len(answer.json()["items"]), len(statements.seen)) == (11, 4)
