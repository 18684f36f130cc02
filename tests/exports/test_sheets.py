"""Sheets as workbooks and CSV files, parsed back by other programs than those that wrote them."""

import csv
import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.exports.csvfile import csv_of
from app.exports.files import file_name
from app.exports.sheets import Column, Row, Sheet, Table, header_cells, sheet_names, value_of
from app.exports.workbook import workbook

YEARS = ("Năm 2023", "Năm 2024")
COLUMNS = (
    Column("TT", "index"),
    Column("Tên đơn vị"),
    *(Column(title, "integer", (year,)) for year in YEARS for title in ("Đăng ký", "Công nhận")),
    Column("Tỷ lệ", "percent"),
    Column("Ngày", "date"),
)
ROWS = (
    Row(("I", "Huyện Yên Thành", None, None, None, None, None, None), "group"),
    Row((1, "Xã Mã Thành", 1_234_567, 8, -3, 0, 0.875, date(2024, 1, 5))),
    Row((2, "=HYPERLINK(1)", 1, 8, 3, 0, Decimal("0.5"), datetime(2024, 7, 14, 17, 30, tzinfo=UTC))),
    Row(("", "Tổng số", 1_234_568, 16, 0, 0, None, None), "total"),
)
FORM = Sheet("Biểu 1", "KẾT QUẢ", [Table(COLUMNS, ROWS)], ("(Kèm theo Báo cáo số 05/BC-UBND)",), ("Ghi chú",))


def opened(content: bytes) -> Workbook:
    """The workbook as openpyxl reads it."""
    return load_workbook(io.BytesIO(content))


def only(*sheets: Sheet) -> Worksheet:
    """The first sheet, written and read back."""
    return opened(workbook(sheets)).worksheets[0]


def test_titles_span_their_lines_and_groups_their_columns() -> None:
    found = {(cell.text, cell.row, cell.column, cell.rows, cell.columns) for cell in header_cells(COLUMNS)}
    assert ("Năm 2023", 0, 2, 1, 2) in found
    assert ("Tên đơn vị", 0, 1, 2, 1) in found
    assert ("Đăng ký", 1, 4, 1, 1) in found
    assert len(found) == 10


def test_neighbours_under_different_outer_groups_are_not_merged() -> None:
    columns = [Column("a", groups=("2023", "Đạt")), Column("b", groups=("2024", "Đạt")), Column("c")]
    assert [(c.text, c.row, c.column, c.rows, c.columns) for c in header_cells(columns)] == [
        ("2023", 0, 0, 1, 1),
        ("2024", 0, 1, 1, 1),
        ("c", 0, 2, 3, 1),
        ("Đạt", 1, 0, 1, 1),
        ("Đạt", 1, 1, 1, 1),
        ("a", 2, 0, 1, 1),
        ("b", 2, 1, 1, 1),
    ]


def test_figures_are_numbers_and_days_are_dates() -> None:
    page = only(FORM)
    first, second, total = (next(page.iter_rows(row, row)) for row in (7, 8, 9))
    assert [cell.value for cell in first][:7] == [1, "Xã Mã Thành", 1_234_567, 8, -3, 0, 0.875]
    assert (first[2].number_format, first[6].number_format) == ("#,##0", "0.0%")
    assert (first[7].value, first[7].number_format) == (datetime(2024, 1, 5), "dd/mm/yyyy")  # noqa: DTZ001
    assert second[7].value == datetime(2024, 7, 15, 0, 30)  # noqa: DTZ001 - half past midnight in Nghệ An
    assert (total[1].font.b, first[1].font.b, total[2].value) == (True, False, 1_234_568)
    assert total[6].value is None


def test_the_header_is_merged_frozen_and_repeated() -> None:
    page = only(FORM)
    assert {"A1:H1", "A4:A5", "B4:B5", "C4:D4", "E4:F4", "G4:G5", "H4:H5"} <= {str(r) for r in page.merged_cells.ranges}
    assert (page["C4"].value, page["C5"].value, page["E4"].value) == ("Năm 2023", "Đăng ký", "Năm 2024")
    assert (page.freeze_panes, page.print_title_rows) == ("A6", "$4:$5")


def test_it_prints_on_a4_landscape_one_page_wide() -> None:
    page = only(FORM)
    assert (page.page_setup.paperSize, page.page_setup.orientation) == (9, "landscape")
    assert (page.sheet_properties.pageSetUpPr.fitToPage, page.page_setup.fitToWidth or 1) == (True, 1)
    assert page.page_setup.fitToHeight == 0  # as many pages as it takes
    assert page.print_area == "'Biểu 1'!$A$1:$H$11"
    assert "&P" in page.oddHeader.center.text
    assert {cell.font.name for line in page.iter_rows() for cell in line if cell.value is not None} == {
        "Times New Roman"
    }
    assert page.column_dimensions["B"].width > page.column_dimensions["A"].width >= 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "'=1", "＝1+1"])
def test_no_text_ever_becomes_a_formula(text: str) -> None:
    sheet = Sheet("x", text, [Table([Column(text, groups=(text,))], [Row([text])], text)], (text,), (text,))
    content = workbook([sheet])
    cells = [cell for line in opened(content).worksheets[0].iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.value for cell in cells].count(text) == 7
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f" not in parts.read("xl/worksheets/sheet1.xml")
        assert b'quotePrefix="1"' in parts.read("xl/styles.xml")
    values = list(csv.reader(io.StringIO(csv_of(sheet).decode("utf-8-sig"), newline="")))
    assert values[1] == [f"'{text}"]


def test_what_no_file_may_hold_is_left_out_and_what_is_too_long_is_cut() -> None:
    assert value_of("a\x00b\x1b\ud800c\r\nd") == "abc\nd"
    assert value_of("x" * 40_000) == "x" * 32_766 + "…"
    assert value_of(10**18) == str(10**18)
    assert [value_of(v) for v in (None, float("nan"), Decimal("NaN"), float("inf"), True)] == [None] * 4 + ["Có"]
    assert only(Sheet("x", "T", [Table([Column("a")], [Row(["Lô\x0bđất"])])])).cell(4, 1).value == "Lôđất"


def test_rows_are_as_high_as_their_words_need() -> None:
    reasons = "Chưa ban hành nghị quyết, kế hoạch; " * 8
    page = only(
        Sheet("x", "T", [Table([Column("Lý do", width=30)], [Row(["Ngắn"]), Row([reasons]), Row(["x\n" * 60])])])
    )
    heights = [page.row_dimensions[row].height for row in (4, 5, 6)]
    assert heights[0] is None or heights[0] < 20
    assert 9 * 16 < heights[1] < 14 * 17
    assert 300 < heights[2] <= 409


def test_names_of_sheets_are_valid_and_differ() -> None:
    long = "Kết quả xây dựng xã, phường, thị trấn điển hình"
    names = sheet_names(["a/b:c", "A/B:C", long, long, "", "History", "''", "[x]*?"])
    assert names == ["a b c", "A B C (2)", long[:31].strip(), long[:27].rstrip() + " (2)", "Bảng", *names[5:]]
    assert names[5:] == ["Bảng (2)", "Bảng (3)", "x"]
    assert opened(workbook([Sheet(name, "T", []) for name in names])).sheetnames == names


def test_several_tables_stand_on_one_sheet_with_their_titles() -> None:
    failing = [Table(COLUMNS[:2], ROWS[:2], f"Năm {year}") for year in (2023, 2024)]
    page = only(Sheet("Biểu 8", "THỐNG KÊ", failing))
    texts = [page.cell(row, 1).value for row in range(1, page.max_row + 1)]
    assert texts == ["THỐNG KÊ", None, "Năm 2023", "TT", "I", 1, None, "Năm 2024", "TT", "I", 1]
    assert page.freeze_panes is None


def test_a_table_that_does_not_fit_the_rest_of_a_page_begins_on_the_next() -> None:
    def page_of(*lengths: int) -> Worksheet:
        return only(Sheet("Biểu 8", "THỐNG KÊ", [Table(COLUMNS[:2], [ROWS[1]] * length, "Năm") for length in lengths]))

    assert [mark.id for mark in page_of(3, 4).row_breaks.brk] == []
    together = page_of(20, 20)
    assert [mark.id for mark in together.row_breaks.brk] == [25]
    assert together["A26"].value == "Năm"
    assert (together.sheet_properties.pageSetUpPr.fitToPage, together.page_setup.fitToHeight) == (True, 0)
    assert [mark.id for mark in page_of(*[12] * 6).row_breaks.brk] == [17, 47, 77]


def test_the_workbook_says_what_and_whose_it_is() -> None:
    book = opened(workbook([FORM, FORM], title="Biểu mẫu", issuer="Công an tỉnh Nghệ An"))
    assert (book.properties.title, book.properties.creator) == ("Biểu mẫu", "Công an tỉnh Nghệ An")
    assert book.sheetnames == ["Biểu 1", "Biểu 1 (2)"]
    assert opened(workbook([])).sheetnames == ["Bảng"]


def read_csv(sheet: Sheet) -> list[list[str]]:
    """The lines of the CSV file."""
    content = csv_of(sheet)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))


def test_csv_joins_the_header_and_keeps_plain_values() -> None:
    lines = read_csv(FORM)
    assert lines[0][2:5] == ["Năm 2023 - Đăng ký", "Năm 2023 - Công nhận", "Năm 2024 - Đăng ký"]
    assert lines[2] == ["1", "Xã Mã Thành", "1234567", "8", "-3", "0", "0.875", "2024-01-05"]
    assert lines[3][1:2] + lines[3][6:] == ["'=HYPERLINK(1)", "0.5", "2024-07-15 00:30:00"]


def test_csv_of_several_tables_has_lines_of_one_length() -> None:
    tables = [Table(COLUMNS[:2], ROWS[:2], "Năm 2023"), Table(COLUMNS[:1], [Row(['a "b", c'])])]
    assert read_csv(Sheet("x", "T", tables)) == [
        ["Bảng", "TT", "Tên đơn vị"],
        ["Năm 2023", "I", "Huyện Yên Thành"],
        ["Năm 2023", "1", "Xã Mã Thành"],
        ["Bảng", "TT", ""],
        ["2", 'a "b", c', ""],
    ]


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("Biểu số 3", "Huyện Yên Thành"), "Biểu số 3 - Huyện Yên Thành.xlsx"),
        (('a/b:c*"<>|?', ""), "a-b-c.xlsx"),
        (("../../etc",), "etc.xlsx"),
        (("x" * 300,), "x" * 120 + ".xlsx"),
        (("",), "tep.xlsx"),
    ],
)
def test_file_names_can_be_saved_anywhere(parts: tuple[str, ...], name: str) -> None:
    assert file_name(*parts, kind="xlsx") == name
