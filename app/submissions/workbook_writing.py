"""The workbook as an .xlsx file: what is known is filled in, what may be entered is open, the rest is locked."""

import io
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_range_abs
from xlsxwriter.worksheet import Worksheet

from app.exports.sheets import clean
from app.submissions.reading_values import FIRST_DAY, LAST_DAY, Choices, Value
from app.submissions.workbook_guide import guide
from app.submissions.workbook_layout import (
    BLANK_ROWS,
    FIRST_ROW,
    GUIDE,
    HEADER_ROW,
    KEY,
    LAST_ROW,
    LISTS,
    MARK,
    NAMES_ROW,
    SHEETS,
    Field,
    SheetPlan,
)
from app.submissions.workbook_lines import Book, Line, checksum, key_text, structure

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": False,
}
_FONT: Final = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}
_GREY: Final = "#EDEDED"
_FORMATS: Final[dict[str, dict[str, Any]]] = {
    # Text cells are marked as text: "15/3" in a column of numbers of documents must not become a day.
    "line": {"num_format": "@"},
    "prose": {"num_format": "@"},
    "choice": {"num_format": "@"},
    "date": {"num_format": "dd/mm/yyyy", "align": "center"},
    "whole": {"num_format": "#,##0", "align": "right"},
    "number": {"num_format": "General", "align": "right"},
}
_MOST: Final = 999_999_999_999
_LINE: Final = 16.5
"""Points that a line of 12-point text takes."""
_MOST_LINES: Final = 20
_ROOM_TO_WRITE: Final = 4
"""Lines that a cell for a section of the report has at least."""
_GUIDE_WIDTH: Final = 78
_GUIDE_LETTERS: Final = 98
"""Letters of 12-point Times New Roman in a line of that width."""
_ALLOWED: Final = {"format_columns": True, "format_rows": True, "select_locked_cells": True}


def write(book: Book) -> bytes:
    """The workbook of ``book``. Takes time of its own: call it in a thread."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as made:
        made.set_properties({"title": f"Biểu nhập liệu - {book.mark.campaign}", "company": book.mark.unit})
        styles = _Styles(made)
        pages = [made.add_worksheet(name) for name in (GUIDE, *(plan.tab for plan in SHEETS), LISTS, MARK)]
        _write_guide(pages[0], book, styles)
        lists = _write_lists(pages[-2], book.choices, styles)
        for page, plan in zip(pages[1:], SHEETS, strict=False):
            _Page(page, plan, styles).write(book, lists)
        _write_mark(pages[-1], book)
        pages[0].activate()
    return out.getvalue()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, made: xlsxwriter.Workbook) -> None:
        self._made = made
        self._kept: dict[tuple[Any, ...], Format] = {}
        self.title = self.of(bold=True, font_size=14, text_wrap=False)
        self.note = self.of(italic=True, font_size=11)
        self.text = self.of()

    def of(self, **properties: Any) -> Format:
        """The format with ``properties`` on top of the common font."""
        key = tuple(sorted(properties.items()))
        if key not in self._kept:
            self._kept[key] = self._made.add_format({**_FONT, **properties})
        return self._kept[key]

    def cell(self, field: Field, *, locked: bool, bordered: bool = True) -> Format:
        """How a cell of the column looks, open or locked."""
        shown = {"bg_color": _GREY, "locked": True} if locked else {"locked": False}
        written = _FORMATS[field.kind] | ({"num_format": "0"} if field.name == "year" else {})
        return self.of(**written, **shown, border=1 if bordered else 0, border_color="#BFBFBF")

    def header(self, field: Field) -> Format:
        """The heading of a column: those that are filled in here stand out."""
        colour = "#D9D9D9" if field.fixed else "#FCE4D6" if field.required else "#DDEBF7"
        return self.of(bold=True, align="center", valign="vcenter", border=1, bg_color=colour)


def _write_guide(page: Worksheet, book: Book, styles: _Styles) -> None:
    page.hide_gridlines(2)
    page.set_column(0, 0, _GUIDE_WIDTH)
    for row, (text, heading) in enumerate(guide(book.mark)):
        page.set_row(row, _LINE * (ceil(len(text) / _GUIDE_LETTERS) or 1) + (4 if heading else 0))
        page.write_string(row, 0, clean(text), styles.title if heading else styles.text)
    page.set_portrait()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.protect("", _ALLOWED)


def _write_lists(page: Worksheet, choices: Mapping[str, Choices], styles: _Styles) -> dict[str, str]:
    """Every list in a column of its own; the address of each."""
    ranges = {}
    for column, (name, found) in enumerate(choices.items()):
        page.write_string(0, column, clean(found.title), styles.of(bold=True))
        page.set_column(column, column, 34)
        for row, label in enumerate(found.labels.values(), 1):
            page.write_string(row, column, clean(label), styles.text)
        if found.labels:
            ranges[name] = f"='{LISTS}'!{xl_range_abs(1, column, len(found.labels), column)}"
    page.protect("", _ALLOWED)
    page.hide()
    return ranges


def _write_mark(page: Worksheet, book: Book) -> None:
    told = {**asdict(book.mark), "checksum": checksum(book.mark, structure())}
    for row, (name, value) in enumerate(told.items()):
        page.write_string(row, 0, name)
        page.write_string(row, 1, str(value))
    page.protect("")
    page.very_hidden()


class _Page:
    """Writes one sheet of data."""

    def __init__(self, page: Worksheet, plan: SheetPlan, styles: _Styles) -> None:
        self._page, self._plan, self._styles = page, plan, styles

    def write(self, book: Book, lists: Mapping[str, str]) -> None:
        """Headings, lines that are known, lines to fill in, and what may be entered."""
        lines = book.lines.get(self._plan.section, ())
        page, plan = self._page, self._plan
        page.write_string(0, 1, plan.title, self._styles.title)
        page.merge_range(1, 1, 1, min(len(plan.fields), 8), plan.guidance, self._styles.note)
        page.set_row(1, 34)
        self._headings()
        for offset, line in enumerate(lines):
            self._line(FIRST_ROW - 1 + offset, line, book)
        filled = FIRST_ROW - 1 + len(lines)
        if plan.growing:
            for row in range(filled, min(filled + BLANK_ROWS, LAST_ROW)):
                for column, field in enumerate(plan.fields, 1):
                    page.write_blank(row, column, None, self._styles.cell(field, locked=field.fixed))
        last = LAST_ROW - 1 if plan.growing else filled - 1
        if last >= FIRST_ROW - 1:
            for column, field in enumerate(plan.fields, 1):
                self._allow(column, field, last, lists)
        self._set_up()

    def _headings(self) -> None:
        page, plan = self._page, self._plan
        page.set_column(0, 0, 12, None, {"hidden": True})
        page.write_string(NAMES_ROW - 1, 0, KEY)
        page.write_string(HEADER_ROW - 1, 0, "Mã hệ thống")
        for column, field in enumerate(plan.fields, 1):
            # Lines below those drawn here are open too.
            open_below = self._styles.cell(field, locked=False, bordered=False)
            free = open_below if plan.growing and not field.fixed else None
            page.set_column(column, column, field.width, free)
            page.write_string(NAMES_ROW - 1, column, field.name)
            title = f"{field.title} *" if field.required and not field.fixed else field.title
            page.write_string(HEADER_ROW - 1, column, title, self._styles.header(field))
        page.set_row(NAMES_ROW - 1, None, None, {"hidden": True})
        page.set_row(HEADER_ROW - 1, 36)
        for row in (0, 1):
            page.write_blank(row, 0, None)

    def _line(self, row: int, line: Line, book: Book) -> None:
        self._page.set_row(row, _LINE * self._lines(line))
        self._page.write_string(row, 0, key_text(self._plan, line))
        for column, field in enumerate(self._plan.fields, 1):
            style = self._styles.cell(field, locked=field.fixed or line.locked)
            self._cell(row, column, _shown(field, line.values.get(field.name), book.choices), style)

    def _lines(self, line: Line) -> int:
        """Lines of text that the highest cell needs, within reason."""
        needed = [1 if self._plan.section != "sections" else _ROOM_TO_WRITE]
        for field in self._plan.fields:
            text = line.values.get(field.name)
            if isinstance(text, str) and field.kind != "choice":
                needed.append(sum(ceil(len(part) * 1.1 / field.width) or 1 for part in text.split("\n")))
        return min(max(needed), _MOST_LINES)

    def _cell(self, row: int, column: int, value: Value, style: Format) -> None:
        if value is None:
            self._page.write_blank(row, column, None, style)
        elif isinstance(value, str):
            self._page.write_string(row, column, clean(value), style)
        elif isinstance(value, date):
            self._page.write_datetime(row, column, value, style)
        else:
            self._page.write_number(row, column, float(value) if isinstance(value, Decimal) else value, style)

    def _allow(self, column: int, field: Field, last: int, lists: Mapping[str, str]) -> None:
        """What the spreadsheet itself accepts in the column, with its words when it does not."""
        if field.fixed:
            return
        rule = _rule(field, lists)
        if field.hint:
            rule |= {"input_title": field.title[:32], "input_message": field.hint[:255]}
        self._page.data_validation(FIRST_ROW - 1, column, last, column, {**rule, "ignore_blank": True})

    def _set_up(self) -> None:
        page, plan = self._page, self._plan
        page.freeze_panes(HEADER_ROW, 2)
        page.repeat_rows(HEADER_ROW - 1)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_footer("&C&P/&N")
        page.protect("", {**_ALLOWED, "sort": False})
        page.set_selection(f"{xl_col_to_name(1)}{FIRST_ROW}")
        page.set_tab_color("#9BC2E6" if plan.growing else "#A9D08E")


def _shown(field: Field, value: Value, choices: Mapping[str, Choices]) -> Value:
    """A choice is shown by its words; one that has left the catalogue keeps its code."""
    if field.choices and isinstance(value, str):
        return choices[field.choices].labels.get(value, value)
    return value


def _rule(field: Field, lists: Mapping[str, str]) -> dict[str, Any]:
    title, told = "Chưa đúng", ""
    rule: dict[str, Any] = {"validate": "any"}
    if field.choices and field.choices in lists:
        rule = {"validate": "list", "source": lists[field.choices]}
        told = f"Chọn “{field.title}” trong danh sách thả xuống."
    elif field.kind == "date":
        rule = {"validate": "date", "criteria": "between", "minimum": FIRST_DAY, "maximum": LAST_DAY}
        told = "Nhập ngày theo dạng ngày/tháng/năm, ví dụ 05/03/2024."
    elif field.kind == "whole":
        rule = {"validate": "integer", "criteria": "between", "minimum": 0, "maximum": _MOST}
        told = "Nhập số nguyên không âm, ví dụ 1250."
    elif field.kind == "number":
        rule = {"validate": "decimal", "criteria": "between", "minimum": -_MOST, "maximum": _MOST}
        told = "Nhập số, dùng dấu phẩy cho phần thập phân, ví dụ 87,5."
    elif field.kind in {"line", "prose"} and field.longest <= 20_000:
        rule = {"validate": "length", "criteria": "<=", "value": field.longest}
        told = f"Nội dung dài quá {field.longest:,} ký tự.".replace(",", ".")
    return rule | ({"error_title": title, "error_message": told} if told else {})
