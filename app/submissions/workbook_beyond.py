"""What people entered where nothing is read: below a sheet's last line, or right of its last column."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from openpyxl.utils import get_column_letter

from app.kernel.errors import Text
from app.submissions.faults import CellFault, Refused
from app.submissions.workbook_layout import FIRST_ROW, LAST_ROW, SheetPlan

_COLUMNS_BESIDE: Final = 40
"""How far beside the form cells are looked at; a file of ours has nothing there."""
_MOST: Final = 50
"""Faults told of one sheet."""

_BELOW: Final = Refused(
    "beyond_last_row",
    Text(f"Dòng này nằm dưới dòng cuối của biểu ({LAST_ROW})", f"This line is below the form's last one ({LAST_ROW})"),
    Text(
        f"Chuyển lên các dòng từ {FIRST_ROW} đến {LAST_ROW}; nếu không đủ chỗ, hãy gửi làm nhiều tệp",
        f"Move it to the lines {FIRST_ROW} to {LAST_ROW}; if there is not enough room, send several files",
    ),
)
_BESIDE: Final = Refused(
    "beyond_last_column",
    Text("Ô này nằm bên phải cột cuối của biểu", "This cell is right of the form's last column"),
    Text("Chuyển vào cột có tiêu đề của biểu, hoặc xóa ô này", "Move it into one of the form's columns, or empty it"),
)


def filled_beyond(sheet: Any, plan: SheetPlan) -> Iterator[CellFault]:
    """A fault for every filled cell beside the form, and for the first one of each line below it."""
    return islice(_found(sheet, plan), _MOST)


def _found(sheet: Any, plan: SheetPlan) -> Iterator[CellFault]:
    width = len(plan.names)
    sheet.reset_dimensions()  # to the last line there is, whatever the file says of its size
    rows = sheet.iter_rows(min_row=FIRST_ROW, max_col=width + _COLUMNS_BESIDE, values_only=True)
    for row, cells in enumerate(rows, FIRST_ROW):
        if cells.count(None) == len(cells):
            continue
        below = row > LAST_ROW
        start = 0 if below else width
        filled = [n for n, value in enumerate(cells[start:], start + 1) if value is not None and str(value).strip()]
        for column in filled[:1] if below else filled:
            refused = _BELOW if below else _BESIDE
            yield refused.at(plan.tab, f"{get_column_letter(column)}{row}")
