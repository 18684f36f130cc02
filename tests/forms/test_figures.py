"""The forms of a small tree, counted by hand; every cell's records are what it says; lists agree with counts."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.forms.answering import all_forms, answer
from app.forms.answers import FormAsk, figures
from app.forms.presenting import document
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import Statements
from tests.forms import scene
from tests.forms.scene import form, table, the_scene, values
from tests.statistics.scene import campaign, merge, stood_under
from tests.statistics.test_structures import MOVED

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def asked(system: Tx) -> str:
    """The campaign of the scene."""
    return await the_scene(system)


@pytest.fixture
def reader(as_: As) -> Api:
    """Somebody who reads the whole province."""
    return as_("province", "viewer")


async def test_forms_by_unit_are_as_counted_by_hand(reader: Api, asked: str) -> None:
    assert values(table(await form(reader, 1, asked)), scene.BUILDING) == scene.FORM_1
    second = await form(reader, 2, asked)
    assert {part["code"]: values(part, scene.BUILDING) for part in second["tables"]} == scene.FORM_2
    assert values(table(await form(reader, 3, asked)), scene.ACTIVITIES) == scene.FORM_3


async def test_forms_by_criterion_are_as_counted_by_hand(reader: Api, asked: str) -> None:
    fourth = table(await form(reader, 4, asked))
    assert values(fourth, scene.CRITERIA) == scene.FORM_4
    heading = fourth["rows"][0]
    assert (heading["kind"], heading["title"], heading["cells"]) == ("group", "Nhóm I", {})
    fifth = await form(reader, 5, asked)
    assert [part["code"] for part in fifth["tables"]] == ["agencies", "enterprises", "schools"]
    assert values(table(fifth, "schools"), scene.CRITERIA)["THU-CQ.v1.TC1"] == (1, 0, 1, 0.0, 0, 0, 0, None)
    assert values(table(fifth, "agencies"), scene.CRITERIA)["THU-CQ.v1.TC1"] == (1, 1, 0, 1.0, 0, 0, 0, None)
    # Nobody has evaluated an enterprise: the criteria stand there all the same.
    assert values(table(fifth, "enterprises"), scene.CRITERIA)["THU-CQ.v1.TC1"] == (0, 0, 0, None, 0, 0, 0, None)
    assert values(table(await form(reader, 6, asked)), scene.CRITERIA) == scene.FORM_6


async def test_before_and_after_is_as_counted_by_hand(reader: Api, asked: str) -> None:
    seventh = table(await form(reader, 7, asked))
    assert values(seventh, scene.COMPARED) == scene.FORM_7
    assert [row["share"] for row in seventh["rows"]] == [False, False, True]
    titles = [column["title"] for column in seventh["columns"]]
    assert "Sau (15/01/2023 - 14/7/2024)" in titles


async def test_the_failing_units_stand_in_the_order_and_words_of_the_plan(reader: Api, asked: str) -> None:
    eighth = await form(reader, 8, asked)
    shown = {
        part["code"]: [tuple(row["cells"][c]["value"] for c in ("title", "failed", "reasons")) for row in part["rows"]]
        for part in eighth["tables"]
    }
    assert shown == scene.FORM_8
    heads = {part["code"]: [(c["title"], c["groups"]) for c in part["columns"]] for part in eighth["tables"]}
    rest = ["Tiêu chí không đạt", "Giải thích lý do không đạt"]
    names = ["TT", "Tên các xã, phường, thị trấn không đạt", *rest]
    assert heads["communes_1"] == [(name, ["Năm 2023"]) for name in names]
    assert heads["bodies_1"] == [(name, []) for name in ["TT", "Tên các CQ, DN, CSGD không đạt", *rest]]
    assert heads["communes_2"][1] == ("Dự kiến các xã, phường, thị trấn không đạt", ["Năm 2024"])
    assert heads["bodies_2"][1] == ("Dự kiến các CQ, DN, CSGD không đạt", [])
    assert (eighth["proposal"], eighth["notes"]) == (False, [])


async def test_a_district_and_a_commune_see_their_own_part(as_: As, asked: str) -> None:
    district = as_("district_yen_thanh", "viewer")
    first = table(await form(district, 1, asked))
    own, a, b, total = first["rows"][0], *(str(unit_id(key)) for key in ("commune_a", "commune_b")), "total"
    assert own["key"] in {a, b}
    assert {key: row[:4] for key, row in values(first, scene.BUILDING).items()} == {
        a: (1, 1, 0, 1),
        b: (1, 1, 1, 0),
        total: (2, 2, 1, 1),
    }
    names = [row["title"] for row in table(await form(district, 8, asked), "communes_1")["rows"]]
    assert names == ["Xã Mã Thành"]
    commune = as_("commune_a", "viewer")
    first = table(await form(commune, 1, asked))
    assert [(row["key"], row["title"]) for row in first["rows"]] == [("own", "Cấp xã"), ("total", "Tổng cộng")]
    third = table(await form(commune, 3, asked))
    assert {key: row[0] for key, row in values(third, scene.ACTIVITIES).items()} == {
        "own": 3,
        str(unit_id("school_a1")): 0,
        "total": 3,
    }


@pytest.mark.parametrize("number", range(1, 8))
async def test_every_cell_knows_exactly_its_records(reader: Api, asked: str, number: int) -> None:
    seen = 0
    for part in (await form(reader, number, asked))["tables"]:
        for row in part["rows"]:
            for code, cell in row["cells"].items():
                if cell["records"] is None or row["share"]:
                    continue
                behind = await reader.get(f"{cell['records']}&limit=200")
                assert behind.status_code == 200, (cell["records"], behind.text)
                counted = sum(record["value"] for record in behind.json()["items"])
                assert counted == cell["value"], (part["code"], row["key"], code)
                seen += 1
    assert seen >= 4


@pytest.mark.parametrize("structure", ["as_recorded", "current", "2024-07-01"])
async def test_the_lists_are_as_long_as_the_counts_say(reader: Api, system: Tx, asked: str, structure: str) -> None:
    await stood_under(system, "commune_a", "district_vinh", MOVED)
    await merge(system, "commune_b", "commune_a", MOVED)
    lists = {part["code"]: len(part["rows"]) for part in (await form(reader, 8, asked, structure=structure))["tables"]}
    first = values(table(await form(reader, 1, asked, structure=structure)), scene.BUILDING)
    columns = {code: place for place, code in enumerate(scene.BUILDING)}
    no, expected_no = columns["not_recognised_1"], columns["expected_not_met_2"]
    assert (lists["communes_1"], lists["communes_2"]) == (first["total"][no], first["total"][expected_no]) == (1, 1)
    second = {
        part["code"]: values(part, scene.BUILDING)["total"]
        for part in (await form(reader, 2, asked, structure=structure))["tables"]
    }
    bodies = [second[code] for code in ("agencies", "enterprises", "schools")]
    assert lists["bodies_1"] == sum(row[no] for row in bodies) == 1
    assert lists["bodies_2"] == sum(row[expected_no] for row in bodies) == 1
    assert lists["districts_1"] == second["districts"][no] == 1
    assert {key: row[no] for key, row in first.items() if row[no]} == {
        scene.VINH if structure == "as_recorded" else scene.YEN_THANH: 1,
        "total": 1,
    }


async def test_the_whole_is_the_sum_of_its_rows(reader: Api, asked: str) -> None:
    for number in (1, 2, 3, 4, 5, 6):
        for part in (await form(reader, number, asked))["tables"]:
            *rows, total = [row for row in part["rows"] if row["kind"] != "group"]
            for column in part["columns"]:
                code = column["code"]
                if column["kind"] == "integer":
                    found = sum(row["cells"][code]["value"] for row in rows)
                    assert found == total["cells"][code]["value"], (number, part["code"], code)


async def test_a_campaign_of_one_year_has_no_second_one(reader: Api, system: Tx, asked: str) -> None:
    short = str(await campaign(system, years=(2023,)))
    codes = [column["code"] for column in table(await form(reader, 1, short))["columns"]]
    assert codes == ["tt", "title", *scene.BUILDING[:7]]
    eighth = await form(reader, 8, short)
    assert [part["code"] for part in eighth["tables"]] == ["communes_1", "bodies_1", "districts_1"]
    assert asked != short


async def test_all_forms_at_once_say_the_same_in_few_statements(system: Tx, asked: str, statements: Statements) -> None:
    ask = FormAsk(unit_id("province"), None)
    one_by_one = [document(await answer(system, number, ask)) for number in range(1, 9)]
    statements.seen.clear()
    forms = await all_forms(system, ask)
    assert len(statements.seen) <= 20
    assert [document(found) for found in forms] == one_by_one
    found: dict[str, Any] = figures(forms)
    assert found["form1.total.recognised_1"] == 2
    assert found[f"form2.schools.{scene.YEN_THANH}.not_recognised_1"] == 1
    assert found["form7.solved_rate.before"] == 0.75
    assert not any(address.endswith(".tt") for address in found)
    assert one_by_one[0]["campaign"]["id"] == asked or str(one_by_one[0]["campaign"]["id"]) == asked
