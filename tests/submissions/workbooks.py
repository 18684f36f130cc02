"""A clerk with a workbook: downloads it, fills cells in by the names of their columns, sends it back."""

import io
from typing import Any

import httpx
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from app.access.actor import Tx
from app.awards.shipped import load_shipped_award_forms
from app.submissions.workbook_layout import FIRST_ROW, NAMES_ROW
from tests.actors import Api
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import activity_forms, indicators
from tests.builders.criteria import criteria_set
from tests.builders.units import ref, unit_id

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
UNIT = str(unit_id("commune_a"))
DIRECTIVE = {
    "unit": "Xã Mã Thành",
    "track": "Tham mưu ban hành",
    "document_kind": "Kế hoạch",
    "number_symbol": "21/KH-UBND",
    "issued_on": "26/4/2024",
    "title": "Kế hoạch sơ kết phong trào",
    "issuing_body": "Ủy ban nhân dân xã Mã Thành",
}
ACTIVITY = {
    "unit": "Xã Mã Thành",
    "form": "Tuyên truyền trực tiếp (lượt)",
    "nature": "Một hoạt động",
    "venue_kind": "Xã, phường, thị trấn",
    "date_from": "12/3/2024",
    "title": "Tuyên truyền tại xóm 5",
    "sessions": "1.250",
}


async def ground(system: Tx) -> str:
    """Plan 320 with catalogues and a criteria set; the campaign's id."""
    campaign_id = await plan_320(system)
    await activity_forms(system)
    await indicators(system)
    await criteria_set(system)
    await load_shipped_award_forms(system, ref("province"))
    return campaign_id


class Workbook:
    """A workbook in a clerk's hands."""

    def __init__(self, content: bytes) -> None:
        self.book = load_workbook(io.BytesIO(content))

    def column(self, tab: str, name: str) -> int:
        """The number of a column, by the name that machines know."""
        names = [cell.value for cell in self.book[tab][NAMES_ROW]]
        return names.index(name) + 1

    def cell(self, tab: str, name: str, row: int) -> str:
        """``Tab!D7``."""
        return f"{tab}!{get_column_letter(self.column(tab, name))}{row}"

    def get(self, tab: str, row: int, name: str) -> Any:
        """The value of a cell."""
        return self.book[tab].cell(row, self.column(tab, name)).value

    def put(self, tab: str, row: int, **values: Any) -> None:
        """Fill cells of a line in."""
        for name, value in values.items():
            self.book[tab].cell(row, self.column(tab, name)).value = value

    def free(self, tab: str) -> int:
        """The first line without an entry."""
        row = FIRST_ROW
        while any(self.book[tab].cell(row, column).value for column in (1, 2, 3)):
            row += 1
        return row

    def find(self, tab: str, name: str, value: Any) -> int:
        """The line in which a column says ``value``."""
        column = self.column(tab, name)
        for row in range(FIRST_ROW, 400):
            if self.book[tab].cell(row, column).value == value:
                return row
        raise AssertionError(f"no line of {tab} has {name} = {value}")

    def saved(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        self.book.save(out)
        return out.getvalue()


async def download(who: Api, campaign_id: str, unit: str = UNIT) -> Workbook:
    """The workbook of a unit."""
    answer = await who.get(f"/campaigns/{campaign_id}/workbook", unit=unit)
    assert answer.status_code == 200, answer.text
    return Workbook(answer.content)


async def send(who: Api, content: bytes, **params: Any) -> httpx.Response:
    """Send a file back."""
    return await who.request(
        "POST", "/submissions/workbook", headers={"Content-Type": XLSX}, content=content, params=params
    )


def cells(answer: httpx.Response) -> list[tuple[str, str]]:
    """The wrong cells of a refusal, as (cell, code)."""
    assert answer.status_code == 422, answer.text
    return [(found["cell"], found["code"]) for found in answer.json()["cells"]]
