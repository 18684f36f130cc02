"""Figures as files: the same table, with the words that people read."""

import csv
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from app.access.actor import Tx
from app.statistics.measures import MEASURES
from app.statistics.wording import titles_of
from tests.actors import Api
from tests.statistics.test_comparison import two_years
from tests.statistics.test_figures import figures
from tests.statistics.test_measures import everything

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def lines(who: Api, path: str, **params: Any) -> list[list[str]]:
    """The lines of a CSV file."""
    answer = await who.get(path, format="csv", **params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


async def test_a_table_as_csv(as_: As, system: Tx) -> None:
    await two_years(system)
    province = as_("province", "viewer")
    path = "/statistics/registrations"
    found = await lines(province, path, group_by="district,status", order="-registered", year=2024)
    title = "Cấp huyện"
    assert found[0][:5] == [f"{title} - Mã", f"{title} - Tên", "Trạng thái", "Hạng", "Đã đăng ký"]
    assert found[1][:5] == ["426", "Huyện Yên Thành", "Đã được chấp nhận", "1", "2"]
    assert ["", "(không có)", "Đã được chấp nhận", "2", "1"] in [line[:5] for line in found]
    assert found[-1][:6] == ["Tổng cộng", "", "", "", "4", "3"]
    assert found[-1][-1] == "0.75"


async def test_years_beside_each_other_as_a_workbook(as_: As, system: Tx) -> None:
    await two_years(system)
    answer = await as_("province", "viewer").get(
        "/statistics/registrations", format="xlsx", group_by="district", year=2024, compare=2023
    )
    assert answer.headers["content-disposition"].startswith('attachment; filename="dang-ky-xay-dung')
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    cells = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    assert ["Cấp huyện", "2024", "2023", "Tăng, giảm", "Tỷ lệ tăng, giảm"] in cells
    (total,) = (row for row in cells if row and row[0] == "Tổng cộng")
    assert total[1:] == [4, 3, 0, 0, 0.75, 2, 2, 0, 0, 1, 2, 1, 0, 0, -0.25, 1, 0.5, -0.25]
    (vinh,) = (row for row in cells if row and row[0] == "412")
    assert vinh[:2] == ["412", "Thành phố Vinh"]


@pytest.mark.parametrize("code", list(MEASURES))
async def test_every_measure_as_a_file(as_: As, system: Tx, code: str) -> None:
    await everything(system)
    measure, province = MEASURES[code], as_("province", "viewer")
    own = [dimension.code for dimension in measure.dimensions if not dimension.place]
    groups = [",".join(["child", *own[:2]]), ",".join([*own[2:5], "unit_kind"])]
    for group_by in groups:
        answer = await figures(province, code, group_by=group_by)
        found = await lines(province, f"/statistics/{code}", group_by=group_by)
        assert len(found) == len(answer["rows"]) + 2
        assert len({len(line) for line in found}) == 1
        first = next(iter(measure.additive_of))
        place = found[0].index(measure.value_of[first].title.vi)
        assert int(found[-1][place]) == answer["totals"][first]


@pytest.mark.parametrize("code", list(MEASURES))
def test_every_word_is_called_something(code: str) -> None:
    for dimension in MEASURES[code].dimensions:
        titles = titles_of(dimension.code, dimension.words)
        assert len({title.vi for title in titles.values()}) == len(dimension.words), dimension.code
