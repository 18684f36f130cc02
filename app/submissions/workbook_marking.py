"""The same workbook with its wrong cells marked: filled red, with a comment that says what to do, and a list of all."""

import io
from collections.abc import Sequence
from typing import Any, Final

from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.properties import PageSetupProperties

from app.submissions.faults import CellFault
from app.submissions.reading_archives import refusal
from app.submissions.workbook_layout import FIRST_ROW, LAST_ROW, SHEETS
from app.submissions.workbook_reading import UNREADABLE

LIST: Final = "Ô cần sửa"
AUTHOR: Final = "Điển Hình"
_RED: Final = PatternFill("solid", fgColor="FFC7CE")
_NONE: Final = PatternFill()
_GREY: Final = PatternFill("solid", fgColor="EDEDED")
_WRAPPED: Final = Alignment(wrap_text=True, vertical="top")


def mark(content: bytes, faults: Sequence[CellFault], language: str = "vi") -> bytes:
    """``content`` with the cells of ``faults`` marked; marks of an earlier time are taken away first.

    Takes time of its own: call it in a thread.
    """
    pick = 1 if language == "en" else 0
    try:
        book = load_workbook(io.BytesIO(content))
    except UNREADABLE as fault:
        raise refusal("damaged_file") from fault
    for plan in SHEETS:
        _clean(book[plan.tab])
    by_cell: dict[tuple[str, str], list[CellFault]] = {}
    for wrong in faults:
        by_cell.setdefault((wrong.sheet, wrong.place), []).append(wrong)
    for (sheet, place), found in by_cell.items():
        told = "\n".join(f"{one.message[pick]}. {one.remedy[pick]}." for one in found)
        cell = book[sheet][place]
        cell.fill = _RED
        cell.comment = Comment(told[:2_000], AUTHOR, width=320, height=60 + 18 * (len(told) // 45))
    _list(book, faults, pick)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _clean(page: Any) -> None:
    for row in page.iter_rows(min_row=FIRST_ROW, max_row=LAST_ROW):
        for cell in row:
            if cell.comment is not None and cell.comment.author == AUTHOR:
                cell.comment = None
                cell.fill = _GREY if cell.protection.locked else _NONE


def _list(book: Any, faults: Sequence[CellFault], pick: int) -> None:
    """A sheet of its own, in front, with a way to each wrong cell."""
    if LIST in book.sheetnames:
        del book[LIST]
    page = book.create_sheet(LIST, 0)
    titles = (("Ô", "Cell"), ("Sai ở đâu", "What is wrong"), ("Cách sửa", "What to do"))
    page.append([title[pick] for title in titles])
    for fault in faults:
        page.append([fault.cell, fault.message[pick], fault.remedy[pick]])
        cell = page.cell(page.max_row, 1)
        longest = max(len(fault.message[pick]), len(fault.remedy[pick]))
        page.row_dimensions[page.max_row].height = 17 * (1 + longest // 64)
        cell.hyperlink = f"#'{fault.sheet}'!{fault.place}"
        cell.font = Font(name="Times New Roman", size=12, underline="single", color="0563C1")
    for row in page.iter_rows(max_col=3):
        for cell in row:
            cell.alignment = _WRAPPED
            cell.data_type = "s"  # what begins like a formula is none
            if cell.hyperlink is None:
                cell.font = Font(name="Times New Roman", size=12, bold=cell.row == 1)
    for column, width in zip("ABC", (28, 60, 60), strict=True):
        page.column_dimensions[column].width = width
    page.freeze_panes = "A2"
    page.page_setup.orientation = "landscape"
    page.page_setup.paperSize = 9
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for other in book.worksheets:
        other.sheet_view.tabSelected = False
    book.active = 0
