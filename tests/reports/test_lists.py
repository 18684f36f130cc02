"""Documents and registered units by name: in the annexes, in the workbook, in the sentences of section I."""

import io
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from app.access.actor import Tx
from app.exports.files import MEDIA_TYPES
from app.forms.shipped import load_shipped_form_sets
from app.reports import lists
from app.reports.papers import MOST_IN_TEXT, listed_papers, named_paper
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.records import directive
from tests.builders.reports import draft, handed_in, ready
from tests.builders.units import ref
from tests.exports.papers import opened, texts
from tests.statistics.scene import Registered, register

As = Callable[[str, str], Api]
LIST = "{{directives.list own_unit=self track=advised}}"
NAMED = (
    "Kế hoạch số 15/KH-UBND ngày 12/3/2024 của Ủy ban nhân dân xã Mã Thành"
    " về xây dựng xã điển hình về an ninh, trật tự năm 2024"
)


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, open, with the shipped forms."""
    await load_shipped_form_sets(system, ref("province"))
    return await plan_320(system)


def row(**fields: Any) -> Any:
    """A document as the database has it."""
    given = {"document_kind": "plan", "number_symbol": "15/KH-UBND", "issued_on": date(2024, 1, 5)}
    given |= {"title": "Kế hoạch xây dựng", "issuing_body": "UBND xã"}
    return SimpleNamespace(**{**given, **fields})


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, "Kế hoạch số 15/KH-UBND ngày 05/01/2024 của UBND xã về xây dựng"),
        ({"title": "Về việc triển khai."}, "Kế hoạch số 15/KH-UBND ngày 05/01/2024 của UBND xã về việc triển khai"),
        (
            {"document_kind": "other", "title": "Bản cam kết"},
            "Văn bản số 15/KH-UBND ngày 05/01/2024 của UBND xã về bản cam kết",
        ),
    ],
)
def test_a_document_is_named_as_papers_name_it(fields: dict[str, Any], named: str) -> None:
    assert named_paper(row(**fields)) == named


def test_many_documents_are_left_to_the_annex() -> None:
    assert listed_papers([]) == ""
    assert [line[-1] for line in listed_papers([row()] * MOST_IN_TEXT).split("\n")] == [";"] * 14 + ["."]
    assert listed_papers([row()] * 16) == "+ Danh mục 16 văn bản của đơn vị tại phụ lục kèm theo."


def test_a_long_list_is_cut_on_paper_to_the_levels_that_fit() -> None:
    paths = ["1."] * 2 + ["1.2."] * 3 + ["1.2.3."] * lists.MOST_ON_PAPER
    rows = [row(unit_path=path, track="advised", unit_name="Xã", title=f"Số {n}") for n, path in enumerate(paths)]
    found = lists.Lists({"directives": rows, "registrations": []}, {"directives": 2})
    whole, none = lists.book_sheets(found, "")
    [paper] = lists.paper_sheets(found, "")
    assert (len(whole.tables[0].rows), len(paper.tables[0].rows)) == (205, 5)
    assert none.tables[0].rows[0].cells[1] == "Không có"
    assert "In 5 dòng" in paper.notes[0]
    assert "205 dòng" in paper.notes[0]
    assert "Có 2 bản ghi đã thay đổi" in paper.notes[1]
    assert paper.notes[1:] == whole.notes


@pytest.mark.anyio
async def test_the_draft_names_the_unit_s_own_documents(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    await directive(as_)
    await directive(as_, "school_a1", number_symbol="9/KH")
    sections = {item["code"]: item for item in (await editor.get(f"{path}/draft")).json()["items"]}
    lines = sections["I"]["rendered"].split("\n")
    assert (lines[1], len(lines)) == (f"+ {NAMED}.", 3)
    figure = next(f for f in sections["I"]["figures"] if f["placeholder"] == LIST[2:-2])
    behind = (await editor.get(figure["records"])).json()["items"]
    assert [item["unit"]["code"] for item in behind] == ["17509"]


@pytest.mark.anyio
async def test_the_names_follow_the_records_until_they_are_sealed(as_: As, plan: str) -> None:
    path, editor = await ready(as_, plan, sections={"I": f"Đã ban hành:\n{LIST}"}), as_("commune_a", "editor")
    assert (await editor.get(path)).json()["rendered"]["I"] == "Đã ban hành:"
    await directive(as_)
    assert (await handed_in(as_, path))["rendered"]["I"] == f"Đã ban hành:\n+ {NAMED}."


@pytest.mark.anyio
@pytest.mark.parametrize("words", ["", "track=advised", "own_unit=self", "own_unit=self track=other"])
async def test_a_list_is_of_the_unit_and_a_track(as_: As, plan: str, words: str) -> None:
    path = await draft(as_, plan)
    text = f"{{{{{' '.join(('directives.list', words)).strip()}}}}}"
    answer = await as_("commune_a", "editor").change("PATCH", path, {"sections": {"I": text}})
    assert codes(answer) == [("/sections/I", "broken_placeholder")]
    assert "own_unit=self" in answer.json()["errors"][0]["message"]


async def book(caller: Api, path: str) -> Workbook:
    """The workbook of the report's annexes."""
    answer = await caller.get(path, format="xlsx")
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA_TYPES["xlsx"]), answer.text
    return load_workbook(io.BytesIO(answer.content))


def column(found: Workbook, sheet: str, place: int) -> list[Any]:
    """What stands in a column under the header."""
    page = found[sheet]
    first = int(page.freeze_panes[1:])
    return [line[place].value for line in page.iter_rows(min_row=first) if line[place].value is not None]


@pytest.mark.anyio
async def test_the_annexes_list_what_the_figures_count(as_: As, plan: str, system: Tx) -> None:
    path, viewer = await draft(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "viewer")
    await directive(as_)
    await directive(as_, "commune_b", number_symbol="=7/CV", track="issued_directly")
    await directive(as_, number_symbol="1/KH", issued_on="2022-01-05")  # before the window
    await register(
        system, Registered("school_a1"), Registered("commune_b", year=2023), Registered("commune_a", status="draft")
    )
    found = await book(viewer, path)
    documents, units = ["Văn bản tham mưu", "Văn bản trực tiếp ban hành"], ["Đăng ký 2023", "Đăng ký 2024"]
    assert found.sheetnames == [*(f"Biểu {n}" for n in range(1, 9)), *documents, *units]
    assert [column(found, sheet, 1) for sheet in documents] == [["15/KH-UBND"], ["=7/CV"]]
    counted = (await viewer.get("/statistics/directives", campaign=plan)).json()["totals"]
    assert (counted["advised"], counted["issued_directly"]) == (1, 1)
    assert found[documents[0]]["A3"].value.endswith("Ban Chỉ đạo ban hành: 1 văn bản")
    assert [column(found, sheet, 1) for sheet in units] == [["Xã Tiến Thành"], ["Trường THCS Mã Thành"]]
    assert found[units[0]].print_title_rows is not None
    paper = texts(opened((await viewer.get(path, format="docx")).content))
    assert [line for line in paper if line.startswith("Phụ lục ")][-2:] == ["Phụ lục IX", "Phụ lục X"]
    assert "Danh sách đơn vị đăng ký xây dựng đơn vị điển hình" in paper


@pytest.mark.anyio
async def test_a_sealed_report_lists_what_was_sealed(as_: As, plan: str, system: Tx) -> None:
    path = await ready(as_, plan)
    await directive(as_)
    await register(system, Registered("school_a1"))
    await handed_in(as_, path)
    await directive(as_, "school_a1", number_symbol="8/KH")
    found = await book(as_("commune_a", "viewer"), path)
    assert column(found, "Văn bản tham mưu", 1) == ["15/KH-UBND"]
    assert not [cell for cell in column(found, "Văn bản tham mưu", 0) if "đã thay đổi" in str(cell)]
    assert column(found, "Đăng ký 2024", 1) == ["Trường THCS Mã Thành"]
