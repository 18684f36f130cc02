"""Asked of a unit that has ended: its subtree in the tree of a time when it stood; in a later one a note says so."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.statistics.measures import MEASURES
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.forms.scene import VINH, YEN_THANH, form, the_scene
from tests.statistics.redrawn import AFTER, BEFORE, more_work, redraw
from tests.statistics.test_figures import figures, table
from tests.statistics.test_records import behind

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
COMMUNE_A, COMMUNE_B, SCHOOL = (str(unit_id(key)) for key in ("commune_a", "commune_b", "school_a1"))
FORMS = range(1, 8)
"""All of figures; the lists of the eighth name the units between as they are called today."""


@pytest.fixture
async def asked(system: Tx) -> str:
    """The campaign of the scene, with records of every measure, before the act."""
    found = await the_scene(system)
    await more_work(system)
    return found


@pytest.fixture
async def province(as_: As, system: Tx, clock: MovableClock, asked: str) -> Api:
    """Somebody who reads the whole province, after the act."""
    await redraw(system, as_("province", "coordinator"), clock)
    return as_("province", "viewer")


@pytest.mark.parametrize("structure", ["as_recorded", BEFORE, "2025-06-30"])
@pytest.mark.parametrize("code", list(MEASURES))
async def test_it_is_its_row_in_the_province(province: Api, code: str, structure: str) -> None:
    own = {} if MEASURES[code].spans else {"year": 2024}
    for level, unit in (("district", VINH), ("district", YEN_THANH), ("commune", COMMUNE_A)):
        rows = (await figures(province, code, group_by=level, structure=structure, **own))["rows"]
        whole = next((row["values"] for row in rows if (row["keys"][level] or {}).get("id") == unit), None)
        for group_by in ("commune", "child", "unit,level"):
            answer = await figures(province, code, unit=unit, structure=structure, group_by=group_by, **own)
            assert answer["unit"]["id"] == unit
            assert "unit_ended" not in [note["code"] for note in answer["notes"]]
            if whole is None:
                assert answer["rows"] == []
                continue
            assert answer["totals"] == whole
            for row in answer["rows"]:
                for value in MEASURES[code].listed_of:
                    found = await behind(province, row["records"], value)
                    assert sum(record["value"] for record in found) == (row["values"][value] or 0)


@pytest.mark.parametrize("structure", ["as_recorded", BEFORE])
async def test_its_forms_are_those_of_before(
    as_: As, system: Tx, clock: MovableClock, asked: str, structure: str
) -> None:
    reader = as_("province", "viewer")
    forms = [(number, unit) for number in FORMS for unit in (VINH, YEN_THANH, COMMUNE_A)]
    # The tree of 1/7/2024 is today's, before the act; a record made after the act belongs to no form's window.
    before = [await form(reader, number, asked, unit=unit) for number, unit in forms]
    await redraw(system, as_("province", "coordinator"), clock)
    for then, (number, unit) in zip(before, forms, strict=True):
        now = await form(reader, number, asked, unit=unit, structure=structure)
        assert figures_of(now) == figures_of(then), (number, unit)
        assert now["notes"] == then["notes"]
    listed = await form(reader, 8, asked, unit=YEN_THANH, structure=structure)
    assert [len(part["rows"]) for part in listed["tables"]] == [1] * 5


def figures_of(found: dict[str, Any]) -> Any:
    """The coverage, and what stands in each row, but for the addresses of records, which name the structure."""
    rows = [
        (part["code"], row["key"], row["title"], {code: cell["value"] for code, cell in row["cells"].items()})
        for part in found["tables"]
        for row in part["rows"]
    ]
    return found["unit"], {**found["coverage"], "campaign": None}, rows


async def test_counted_by_hand(province: Api) -> None:
    """Of Yên Thành: the two communes and the school of one, of the years up to the act."""
    asked = {"unit": YEN_THANH, "group_by": "commune", "year": 2023}
    for structure in ("as_recorded", BEFORE):
        answer = await figures(province, "recognitions", structure=structure, stage="final", **asked)
        assert dict(table(answer, "evaluated")) == {"17509": 2, "17510": 1, None: 1}
        assert answer["totals"]["evaluated"] == 4
    by_child = await figures(province, "recognitions", stage="final", **{**asked, "group_by": "child"})
    assert dict(table(by_child, "evaluated")) == {"426": 1, "17509": 2, "17510": 1}


@pytest.mark.parametrize("structure", ["current", AFTER])
async def test_a_tree_without_it_says_so(province: Api, asked: str, structure: str) -> None:
    answer = await figures(province, "registrations", unit=YEN_THANH, structure=structure, group_by="commune")
    (note,) = answer["notes"]
    assert note["message"] == (
        "Huyện Yên Thành (426) đã kết thúc từ 1/7/2025 theo 1678/NQ-UBTVQH15, không có đơn vị nào thay thế; hồ sơ của"
        " chính đơn vị này do Tỉnh Nghệ An (40) tiếp nhận; cây được hỏi không có đơn vị này nên số liệu ở đây chỉ gồm"
        " những gì nay còn xếp dưới tên đơn vị. Số liệu của địa bàn cũ: hỏi với structure=as_recorded hoặc"
        " structure=2025-06-30"
    )
    assert (note["code"], note["successors"], note["effective_on"]) == ("unit_ended", [], "2025-07-01")
    assert [one["code"] for one in note["counted_for"]] == ["40"]
    told = await form(province, 1, asked, unit=YEN_THANH, structure=structure)
    assert [one for one in told["notes"] if one["code"] == "unit_ended"] == [note]
    merged = await figures(province, "registrations", unit=COMMUNE_B, structure=structure)
    (note,) = merged["notes"]
    assert (note["primary"]["name"], [one["code"] for one in note["successors"]]) == ("Xã Thành Mới", ["17510"])
    assert ", chuyển thành Xã Thành Mới (17510);" in note["message"]


async def test_only_what_one_may_read(as_: As, province: Api) -> None:
    mine = as_("commune_c", "viewer")
    for structure in ("as_recorded", BEFORE, "current"):
        answer = await mine.get("/statistics/registrations", unit=YEN_THANH, structure=structure)
        assert answer.status_code == 404
    whole = await figures(as_("ministry", "viewer"), "registrations", unit=YEN_THANH)
    assert whole["totals"] == (await figures(province, "registrations", unit=YEN_THANH))["totals"]


@pytest.mark.parametrize(
    ("structure", "code", "said"),
    [
        ("2025-07-03", "after_today", "Không sau hôm nay, 02/07/2025"),
        ("2023-12-31", "before_first_day", "Cây đơn vị chỉ có từ ngày 01/01/2024; hãy nêu từ ngày đó trở đi"),
        ("hom-qua", "enum", "Chỉ nhận: as_recorded, current, YYYY-MM-DD"),
        ("2024-02-30", "date_parsing", "Phải là ngày dạng YYYY-MM-DD"),
    ],
)
async def test_a_day_without_tree_is_refused(province: Api, asked: str, structure: str, code: str, said: str) -> None:
    for address in ("/statistics/registrations", "/statistics/registrations/records", "/forms/1"):
        answer = await province.get(address, structure=structure, campaign=asked)
        assert answer.status_code == 422
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"], fault["message"]) == ("/structure", code, said)


async def test_a_structure_groups_the_units_of_today_and_counts_no_others(province: Api) -> None:
    now = await figures(province, "units", group_by="level", structure="current")
    assert table(now, "units") == [("province", 1), ("commune", 3), ("base", 2)]
    for structure in ("as_recorded", BEFORE):
        assert (await figures(province, "units", structure=structure))["totals"] == now["totals"]
