"""Asking for forms: the catalogue, who may, what is refused, and the files."""

import csv
import io
from collections.abc import Callable
from zipfile import ZipFile

import pytest
from docx import Document
from openpyxl import load_workbook

from app.access.actor import Tx
from app.kernel.ids import new_id
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.units import unit_id
from tests.conftest import Statements
from tests.forms.scene import form, the_scene

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


async def test_the_catalogue_leads_to_eight_forms(reader: Api, asked: str, statements: Statements) -> None:
    statements.seen.clear()
    found = (await reader.get("/forms")).json()
    assert len(statements.seen) <= 4
    assert (found["campaign"]["id"], found["unit"]["code"]) == (asked, "40")
    assert [item["number"] for item in found["items"]] == list(range(1, 9))
    assert [item["proposal"] for item in found["items"]] == [True] * 7 + [False]
    for item in found["items"]:
        whole = (await reader.get(item["href"])).json()
        assert (whole["number"], whole["title"], whole["code"]) == (item["number"], item["title"], item["code"])
        assert whole["form_set"] == found["form_set"]
        assert set(whole["coverage"]) == {"campaign", "expected", "submitted", "accepted"}


async def test_a_proposal_says_so_in_the_readers_language(reader: Api, asked: str) -> None:
    assert (await form(reader, 1, asked))["notes"][0]["message"].startswith("Nội dung biểu là đề xuất")
    english = (await reader.get("/forms/1", headers={"Accept-Language": "en"}, campaign=asked)).json()
    assert english["notes"][0]["message"].startswith("The content of this form is a proposal")
    assert english["tables"][0]["rows"][-1]["title"] == "Total"


async def test_who_may_not_ask_learns_nothing(as_: As, anonymous: Api, reader: Api, asked: str) -> None:
    for path in ("/forms", "/forms/1"):
        assert (await anonymous.get(path)).status_code == 401
        assert (await as_("province", "administrator").get(path)).status_code == 403
        elsewhere = await as_("commune_b", "editor").get(path, unit=str(unit_id("commune_a")), campaign=asked)
        assert elsewhere.status_code == 404
        assert (await reader.get(path, unit=str(new_id()))).status_code == 404
        assert codes(await reader.get(path, campaign=str(new_id()))) == [("/campaign", "unknown")]
        assert codes(await reader.get(path, structure="hom-qua"))[0][0] == "/structure"
        assert codes(await reader.get(path, nam="2023"))[0] == ("/nam", "extra_forbidden")
    assert (await reader.get("/forms/9")).status_code == 404
    assert (await reader.get("/forms/0")).status_code == 422
    assert codes(await reader.get("/forms", format="csv"))[0][0] == "/format"


async def test_without_a_set_or_a_campaign_there_are_no_forms(reader: Api, system: Tx) -> None:
    nothing = await reader.get("/forms")
    assert codes(nothing) == [("/campaign", "missing")]
    await plan_320(system)
    unpublished = await reader.get("/forms/1")
    assert (unpublished.status_code, unpublished.json()["code"]) == (409, "no_form_set")


async def test_csv_holds_every_row_and_runs_nothing(reader: Api, asked: str) -> None:
    answer = await reader.get("/forms/1", campaign=asked, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "filename*=UTF-8''Bi%E1%BB%83u" in answer.headers["content-disposition"]
    head, *lines = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert head[:4] == ["TT", "Đơn vị", "Tổng số xã, phường, thị trấn", "Năm 2023 - Đăng ký"]
    assert lines[-1][:7] == ["", "Tổng cộng", "3", "3", "2", "1", "0.666667"]


async def test_the_workbook_holds_all_eight(reader: Api, asked: str) -> None:
    answer = await reader.get("/forms", campaign=asked, format="xlsx")
    book = load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == [f"Biểu {number}" for number in range(1, 9)]
    page = book["Biểu 1"]
    assert page["A1"].value.startswith("BIỂU MẪU SỐ 1\nKết quả xây dựng xã")
    cells = {cell.value for row in page.iter_rows() for cell in row}
    assert {"Huyện Yên Thành", "Tổng cộng", 0.666667} <= cells
    # A rate among counts is written out.
    assert "75,0%" in {cell.value for row in book["Biểu 7"].iter_rows() for cell in row}


async def test_the_printed_list_of_failing_units(reader: Api, asked: str) -> None:
    answer = await reader.get("/forms/8", campaign=asked, format="docx")
    paper = Document(io.BytesIO(answer.content))
    lines = [paragraph.text for paragraph in paper.paragraphs if paragraph.text]
    assert lines[0] == "THỐNG KÊ\nCác đơn vị không đạt điển hình về phong trào toàn dân bảo vệ ANTQ"
    assert lines[1] == "(Kèm theo Báo cáo số ....../BCA-CAT-PV01 ngày ..../..../2024 của Công an tỉnh.....)"
    first = [[cell.text for cell in row.cells] for row in paper.tables[0].rows]
    assert first[0] == ["Năm 2023"] * 4
    assert first[1] == ["TT", "Tên các xã, phường, thị trấn không đạt", *first[1][2:]]
    assert first[1][2:] == ["Tiêu chí không đạt", "Giải thích lý do không đạt"]
    assert first[2][:3] == ["1", "Xã Mã Thành (Huyện Yên Thành)", "TC1, TC3"]
    years = [table.rows[0].cells[0].text for table in paper.tables]
    assert [year for year in years if year.startswith("Năm")] == ["Năm 2023", "Năm 2024"]


async def test_an_empty_list_says_that_there_are_none(as_: As, asked: str) -> None:
    answer = await as_("commune_b", "viewer").get("/forms/8", campaign=asked, format="docx")
    paper = Document(io.BytesIO(answer.content))
    assert [table.rows[-1].cells[1].text for table in paper.tables] == ["Không có"] * 4


async def test_all_forms_make_one_paper(reader: Api, asked: str) -> None:
    answer = await reader.get("/forms", campaign=asked, format="docx")
    with ZipFile(io.BytesIO(answer.content)) as parts:
        text = parts.read("word/document.xml").decode()
    assert all(f"BIỂU MẪU SỐ {number}" in text for number in range(1, 8))
    assert "THỐNG KÊ" in text
