"""Sheets as an Excel workbook an office prints as it is: A4 landscape, real numbers and days, repeated headers."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from math import ceil
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from app.exports.sheets import (
    HeaderCell,
    Kind,
    Sheet,
    Table,
    Value,
    header_cells,
    header_depth,
    risky,
    sheet_names,
    value_of,
    widths,
)

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_FONT: Final = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter"}
_NUMBERS: Final[dict[Kind, dict[str, Any]]] = {
    "index": {"align": "center"},
    "text": {"align": "left", "text_wrap": True},
    # The thousands are parted and the decimal sign drawn as the reader's own settings say: 1.234,5 in Vietnamese.
    "integer": {"align": "right", "num_format": "#,##0"},
    "number": {"align": "right", "num_format": "#,##0.##"},
    "percent": {"align": "right", "num_format": "0.0%"},
    "date": {"align": "center", "num_format": "dd/mm/yyyy"},
}
_INSTANT: Final = "dd/mm/yyyy hh:mm"
_LINE: Final = 16.5
"""Points that a line of 12-point text takes."""

_FULL: Final = 0.85
"""Part of a column's width from which on a text may need a second line."""

_PLAIN: Final = 16.0
"""Points of a row whose height is left to the program."""

_PAGE: Final = (757.0, 490.0)
"""Points across and down that A4 turned to the side leaves between the margins."""

_MOST_LINES: Final = 24
"""A row of a spreadsheet is at most 409 points high."""


def workbook(sheets: Sequence[Sheet], *, title: str = "", issuer: str = "") -> bytes:
    """The workbook of ``sheets``, one tab each. ``title`` and ``issuer`` are the document's properties.

    Nothing in it is a formula: texts that begin like one are marked as texts. Takes time of its own: call it in a
    thread (``asyncio.to_thread``) when there is more than a page.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        subject = title or (sheets[0].title if sheets else "")
        book.set_properties({"title": subject, "author": issuer, "company": issuer, "comments": ""})
        styles = _Styles(book)
        for sheet, name in zip(sheets, sheet_names(sheet.name for sheet in sheets), strict=True):
            _Writer(book.add_worksheet(name), styles).write(sheet)
        if not sheets:
            book.add_worksheet("Bảng")
    return out.getvalue()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Format] = {}
        self._cells: dict[tuple[Kind, str, str], Format] = {}
        self.title = self.of(bold=True, font_size=14, align="center", text_wrap=True)
        self.subtitle = self.of(italic=True, align="center", text_wrap=True)
        self.caption = self.of(bold=True, align="left", text_wrap=True)
        self.header = self.of(bold=True, align="center", text_wrap=True, border=1)
        self.note = self.of(italic=True, font_size=11, align="left", text_wrap=True, valign="top")

    def of(self, **properties: Any) -> Format:
        """The format with ``properties`` on top of the common font."""
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({**_FONT, **properties})
        return self._made[key]

    def cell(self, kind: Kind, row: str, value: Value) -> Format:
        """The format of one value in a column of ``kind`` and a row of the kind ``row``."""
        key = (kind, row, _nature(value))
        if key not in self._cells:
            self._cells[key] = self._cell(*key)
        return self._cells[key]

    def _cell(self, kind: Kind, row: str, nature: str) -> Format:
        properties = {**_NUMBERS[kind], "border": 1, "bold": row != "row"}
        if nature in {"text", "risky"} and kind not in {"index", "text"}:
            properties = {**properties, **_NUMBERS["text"], "align": "center"}
        elif nature in {"instant", "day"}:
            properties["num_format"] = _INSTANT if nature == "instant" else _NUMBERS["date"]["num_format"]
        elif nature == "whole" and kind == "number":
            properties["num_format"] = "#,##0"  # "#,##0.##" would leave the decimal sign standing alone
        if nature == "risky":
            properties["quote_prefix"] = True  # text for good, even when somebody edits the cell
        return self.of(**properties)


def _nature(value: Value) -> str:
    """What decides the format of ``value`` beside its column."""
    if isinstance(value, str):
        return "risky" if risky(value) else "text"
    if isinstance(value, date):
        return "instant" if isinstance(value, datetime) else "day"
    return "whole" if isinstance(value, float) and value.is_integer() else "plain"


class _Writer:
    """Writes one sheet from the top down."""

    def __init__(self, page: Worksheet, styles: _Styles) -> None:
        self._page, self._styles = page, styles
        self._line = 0
        self._heights: dict[int, float] = {}

    def write(self, sheet: Sheet) -> None:
        """Titles, tables, notes, and how it is printed."""
        measured = [widths(table.columns, table.rows) for table in sheet.tables] or [[40.0]]
        across = max(len(each) for each in measured)
        wide = [max(each[place] for each in measured if place < len(each)) for place in range(across)]
        for place, width in enumerate(wide):
            self._page.set_column(place, place, width)
        self._text(sheet.title, wide, self._styles.title, 1.25)
        for subtitle in sheet.subtitles:
            self._text(subtitle, wide, self._styles.subtitle)
        breaks = _Breaks(wide) if len(sheet.tables) > 1 else None
        for table in sheet.tables:
            self._line += 1
            first = self._line
            if table.title:
                self._text(table.title, wide, self._styles.caption)
            header = self._header(table, wide)
            self._rows(table, wide)
            if breaks is not None:
                breaks.take(first, self._line, self._heights)
            else:
                self._page.freeze_panes(self._line - len(table.rows), 0)
                self._page.repeat_rows(header, header + header_depth(table.columns) - 1)
        self._line += 1 if sheet.notes else 0
        for note in sheet.notes:
            self._text(note, wide, self._styles.note, 0.95)
        self._set_up(across, breaks)

    def _high(self, line: int, points: float) -> None:
        self._heights[line] = points
        self._page.set_row(line, points)

    def _text(self, text: str, wide: Sequence[float], style: Format, scale: float = 1.0) -> None:
        """A line of text across the whole width, as high as it needs: merged cells do not grow by themselves."""
        value = str(value_of(text))
        lines = sum(ceil(max(1, len(part)) * scale * 1.05 / sum(wide)) for part in value.split("\n"))
        self._high(self._line, lines * _LINE * scale)
        self._across(HeaderCell(self._line, 0, 1, len(wide), value), style)
        self._line += 1

    def _across(self, cell: HeaderCell, style: Format) -> None:
        if cell.rows * cell.columns > 1:
            last = (cell.row + cell.rows - 1, cell.column + cell.columns - 1)
            self._page.merge_range(cell.row, cell.column, *last, "", style)
        self._page.write_string(cell.row, cell.column, cell.text, style)

    def _header(self, table: Table, wide: Sequence[float]) -> int:
        """The header's lines, groups merged over their columns; the first of them."""
        first, depth = self._line, header_depth(table.columns)
        heights = [1] * depth
        for cell in header_cells(table.columns):
            text = str(value_of(cell.text))
            room = sum(wide[cell.column : cell.column + cell.columns])
            needed = ceil(_lines(text, room) / cell.rows)
            for line in range(cell.row, cell.row + cell.rows):
                heights[line] = max(heights[line], needed)
            self._across(replace(cell, row=first + cell.row, text=text), self._styles.header)
        for line, height in enumerate(heights):
            self._high(first + line, height * _LINE + 3)
        self._line += depth
        return first

    def _rows(self, table: Table, wide: Sequence[float]) -> None:
        for row in table.rows:
            lines = 1
            for place, column in enumerate(table.columns):
                value = value_of(row.cells[place]) if place < len(row.cells) else None
                if isinstance(value, str) and len(value) > wide[place] * _FULL:
                    lines = max(lines, sum(_lines(part, wide[place]) for part in value.split("\n")))
                self._cell(place, value, self._styles.cell(column.kind, row.kind, value))
            if lines > 1:  # not every program makes a line as high as its words need
                self._high(self._line, min(lines, _MOST_LINES) * _LINE)
            self._line += 1

    def _cell(self, place: int, value: Value, style: Format) -> None:
        if value is None or value == "":
            self._page.write_blank(self._line, place, None, style)
        elif isinstance(value, str):
            self._page.write_string(self._line, place, value, style)
        elif isinstance(value, date):  # an instant is a date, too
            self._page.write_datetime(self._line, place, value, style)
        else:
            self._page.write_number(self._line, place, value, style)

    def _set_up(self, across: int, breaks: "_Breaks | None") -> None:
        """A4 landscape, all columns on one page's width, as many pages as it takes; numbered at the top."""
        self._page.set_paper(9)
        self._page.set_landscape()
        self._page.fit_to_pages(1, 0)
        if breaks is not None:
            self._page.set_h_pagebreaks(breaks.before)
        self._page.set_margins(left=0.59, right=0.59, top=0.79, bottom=0.59)  # 15, 15, 20 and 15 mm
        self._page.center_horizontally()
        self._page.set_header('&C&"Times New Roman,Regular"&13&P', {"margin": 0.39})
        self._page.print_area(0, 0, max(self._line - 1, 0), across - 1)
        self._page.hide_gridlines(1)


class _Breaks:
    """Where pages of a sheet of several tables end: no table begins on a page that it does not fit and others share."""

    def __init__(self, wide: Sequence[float]) -> None:
        points = sum(width * 7 + 5 for width in wide) * 0.75
        self.before: list[int] = []
        self._room = _PAGE[1] / min(1.0, _PAGE[0] / points)
        self._from, self._used = 0, 0.0

    def take(self, first: int, after: int, heights: Mapping[int, float]) -> None:
        """Place the table on the lines from ``first`` to before ``after``."""
        above, table = (
            sum(heights.get(line, _PLAIN) for line in range(*span)) for span in ((self._from, first), (first, after))
        )
        used = self._used + above
        if self._from > 0 and used + table > self._room:
            self.before.append(first)
            used = 0.0
        self._from, self._used = after, (used + table) % self._room


def _lines(text: str, room: float) -> int:
    """Lines that ``text`` takes in a cell ``room`` letters wide, words kept whole; bold, to be on the safe side."""
    lines, left = 1, 0.0
    for word in text.split():
        width = len(word) * 1.12
        if left and left + 1 + width > room:
            lines, left = lines + 1, width
        else:
            left += width + (1 if left else 0)
    return lines
