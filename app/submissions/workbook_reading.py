"""A workbook that came back, as lines of values: its mark first, then every line, and every fault of every cell."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from app.attachments.office import BROKEN
from app.kernel.errors import Text
from app.submissions.faults import AGAIN, CellFault, ChangedStructure, ForeignWorkbook, OutdatedWorkbook, Refused
from app.submissions.reading_archives import admit_workbook, refusal
from app.submissions.reading_values import EMPTY, Choices, RawCell, Value, read_value
from app.submissions.workbook_beyond import filled_beyond
from app.submissions.workbook_layout import (
    BY_SECTION,
    DELETE,
    FIRST_ROW,
    FORM_VERSION,
    LAST_ROW,
    MARK,
    NAMES_ROW,
    SHEETS,
    TEMPLATE,
    SheetPlan,
)
from app.submissions.workbook_lines import Key, Mark, checksum, digest_of, read_key, structure

UNREADABLE: Final = (
    *BROKEN,
    ParseError,
    SyntaxError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    RecursionError,
    InvalidFileException,
)
_WIDEST: Final = max(len(plan.names) for plan in SHEETS)
_NO_MARK: Final = Text(
    "Tệp không phải biểu do hệ thống này cấp; hãy tải biểu tại /campaigns/{id}/workbook, hoặc gửi tệp tự lập qua"
    " POST /submissions/files",
    "Not a workbook of this system: download it from /campaigns/{id}/workbook, or send a file of your own to"
    " POST /submissions/files",
)


@dataclass(frozen=True, slots=True)
class RawBook:
    """A workbook as it came: its mark, and the cells of each line that holds anything."""

    mark: Mark
    lines: Mapping[str, Sequence[tuple[int, Sequence[RawCell]]]]
    beyond: Sequence[CellFault] = ()
    """Filled cells where nothing is read."""


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A line that says something: ``key`` names the record it is about, None for a new one.

    ``tab`` and ``columns`` (counted from 0) tell where it stands in a file that is laid out in another way than ours.
    """

    plan: SheetPlan
    row: int
    key: Key | None
    values: Mapping[str, Value]
    tab: str | None = None
    columns: Mapping[str, int] | None = None

    @property
    def marked(self) -> bool:
        """Whether it asks for the record to be deleted."""
        return self.values.get(DELETE) is not None

    @property
    def unchanged(self) -> bool:
        """Whether it still says what it said when the workbook was made."""
        return self.key is not None and not self.marked and digest_of(self.plan, self.values) == self.key.digest

    @property
    def bare(self) -> bool:
        """Whether nothing is left of what people enter."""
        return all(self.values.get(f.name) is None for f in self.plan.fields if not f.fixed)

    def place(self, name: str) -> str:
        """The cell of a column in this line: "D7"."""
        column = self.plan.column(name) if self.columns is None else self.columns.get(name, 0)
        return f"{get_column_letter(column + 1)}{self.row}"

    def fault(self, name: str, refused: Refused) -> CellFault:
        """The fault of one of its cells."""
        return refused.at(self.tab or self.plan.tab, self.place(name))


@dataclass(slots=True)
class ReadBook:
    """All lines that say something, and all faults."""

    mark: Mark
    lines: list[ReadLine] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)


# --- the file --------------------------------------------------------------------------------------------------------


def open_book(content: bytes) -> RawBook:
    """The cells of the workbook. Takes time of its own: call it in a thread.

    Raises 422: the refusals of ``reading_archives``, ``foreign_workbook``, ``outdated_workbook``,
    ``structure_changed``.
    """
    formulas = admit_workbook(content)
    try:
        values = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        as_written = load_workbook(io.BytesIO(content), read_only=True, keep_links=False) if formulas else None
        mark, tabs = _mark_of(values), _tabs_of(values)
        _check_structure(mark, tabs)
        lines: dict[str, list[tuple[int, Sequence[RawCell]]]] = {
            plan.section: list(_raw_lines(values, as_written, plan)) for plan in SHEETS
        }
        beyond = [fault for plan in SHEETS for fault in filled_beyond(values[plan.tab], plan)]
    except UNREADABLE as fault:
        raise refusal("damaged_file") from fault
    return RawBook(mark[0], lines, beyond)


def _mark_of(book: Any) -> tuple[Mark, str]:
    """The mark and the checksum beside it. Raises ``foreign_workbook`` or ``outdated_workbook``."""
    if MARK not in book.sheetnames:
        raise ForeignWorkbook(_NO_MARK)
    rows = book[MARK].iter_rows(min_row=1, max_row=40, max_col=2, values_only=True)
    told = {str(row[0]): str(row[1]) for row in rows if len(row) == 2 and row[0] is not None}
    names = [found.name for found in fields(Mark)]
    if told.get("template") != TEMPLATE or any(name not in told for name in (*names, "checksum")):
        raise ForeignWorkbook(_NO_MARK)
    version = told["form_version"]
    if version != str(FORM_VERSION):
        told_ = Text(
            f"Biểu thuộc phiên bản {version[:9]}, hệ thống đang dùng phiên bản {FORM_VERSION}. {AGAIN.vi}",
            f"The workbook is of version {version[:9]}; version {FORM_VERSION} is in use. {AGAIN.en}",
        )
        raise OutdatedWorkbook(told_)
    strings = {name: told[name] for name in names if name != "form_version"}
    return Mark(**strings, form_version=FORM_VERSION), told["checksum"]


def _tabs_of(book: Any) -> dict[str, list[str]]:
    """Our tabs as they are in the file, with the names of their columns."""
    tabs = {}
    for plan in SHEETS:
        if plan.tab in book.sheetnames:
            row = next(book[plan.tab].iter_rows(NAMES_ROW, NAMES_ROW, 1, _WIDEST + 5, values_only=True), ())
            names = ["" if name is None else str(name) for name in row]
            while names and not names[-1]:
                names.pop()
            tabs[plan.tab] = names
    return tabs


def _check_structure(marked: tuple[Mark, str], tabs: Mapping[str, Sequence[str]]) -> None:
    for tab, names in structure().items():
        if tab not in tabs:
            raise ChangedStructure(
                Text(f"Thiếu trang “{tab}”. {AGAIN.vi}", f"The sheet “{tab}” is missing. {AGAIN.en}")
            )
        if list(tabs[tab]) != names:
            raise ChangedStructure(
                Text(
                    f"Các cột của trang “{tab}” đã bị thêm, xóa hoặc chuyển chỗ. {AGAIN.vi}",
                    f"Columns of the sheet “{tab}” were added, removed or moved. {AGAIN.en}",
                )
            )
    mark, written = marked
    if checksum(mark, tabs) != written:
        raise ChangedStructure(
            Text(
                f"Phần định danh ẩn của biểu đã bị sửa. {AGAIN.vi}",
                f"The hidden marks of the workbook were changed. {AGAIN.en}",
            )
        )


def _raw_lines(values: Any, as_written: Any, plan: SheetPlan) -> Iterator[tuple[int, Sequence[RawCell]]]:
    bounds = {"min_row": FIRST_ROW, "max_row": LAST_ROW, "max_col": len(plan.names)}
    formulas = as_written[plan.tab].iter_rows(**bounds) if as_written else iter(())
    for row, cells in enumerate(values[plan.tab].iter_rows(**bounds), FIRST_ROW):
        written = next(formulas, ())
        raw = [
            raw_cell(cell, written[place] if place < len(written) else None, values.epoch)
            for place, cell in enumerate(cells)
        ]
        if any(not cell.empty for cell in raw):
            yield row, raw


def raw_cell(cell: Any, written: Any, epoch: Any) -> RawCell:
    """A cell of a sheet; ``written`` is the same cell with its formula, where the file has any."""
    formula = written is not None and written.data_type == "f"
    if cell.value is None:
        return RawCell(formula=formula) if formula else EMPTY
    percent = isinstance(cell.value, int | float) and "%" in (cell.number_format or "")
    return RawCell(cell.value, percent, formula or cell.data_type == "e", epoch)


# --- the lines -------------------------------------------------------------------------------------------------------


def read_lines(raw: RawBook, choices: Mapping[str, Choices]) -> ReadBook:
    """Every line with its values, and every fault. Lines in which nobody has entered anything are left out."""
    book = ReadBook(raw.mark, faults=list(raw.beyond))
    for section, lines in raw.lines.items():
        plan = BY_SECTION[section]
        for row, cells in lines:
            _read_line(book, plan, (row, cells), choices)
    _refuse_copies(book)
    return book


def _refuse_copies(book: ReadBook) -> None:
    """Two lines with the same hidden key: one of them was copied, and nobody knows which."""
    seen: set[tuple[str, str]] = set()
    for line in book.lines:
        if line.key is not None:
            known = (line.plan.section, line.key.ref)
            if known in seen:
                book.faults.append(line.fault(line.plan.fields[0].name, _STRANGE_KEY))
            seen.add(known)


def _read_line(
    book: ReadBook, plan: SheetPlan, raw: tuple[int, Sequence[RawCell]], choices: Mapping[str, Choices]
) -> None:
    row, cells = raw
    values: dict[str, Value] = {}
    faults: list[CellFault] = []
    written = str(cells[0].value) if cells and not cells[0].empty else None
    key = read_key(written) if written else None
    line = ReadLine(plan, row, key, values)
    for column, column_field in enumerate(plan.fields, 1):
        cell = cells[column] if column < len(cells) else EMPTY
        try:
            values[column_field.name] = read_value(column_field, cell, choices)
        except Refused as refused:
            values[column_field.name] = None
            if column_field.told:
                faults.append(line.fault(column_field.name, refused))
    if line.bare and not faults and (key is None or plan.growing):
        return  # nothing was entered, or a known line was blanked: that changes nothing
    if key is None and (written is not None or not plan.growing):
        faults = [line.fault(plan.fields[0].name, _STRANGE_KEY)]
    elif not line.marked and not line.unchanged:
        faults += missing(line, faults)
    book.faults += faults
    if not faults and not line.unchanged:
        book.lines.append(line)


def missing(line: ReadLine, faults: Sequence[CellFault]) -> Iterator[CellFault]:
    """A fault for each required cell of ``line`` that is empty, unless it is among ``faults`` already."""
    wrong = {fault.place for fault in faults}
    for column in line.plan.fields:
        if column.required and line.values.get(column.name) is None and line.place(column.name) not in wrong:
            title = column.title
            yield line.fault(
                column.name,
                Refused(
                    "missing",
                    Text(f"Thiếu “{title}”", f"“{title}” is missing"),
                    Text("Điền ô này, hoặc xóa trắng cả dòng", "Fill the cell in, or empty the whole line"),
                ),
            )


_STRANGE_KEY: Final = Refused(
    "unknown_line",
    Text("Dòng này không do hệ thống tạo ra", "This line was not made by the system"),
    Text(
        "Không chép cả dòng kèm cột ẩn; hãy nhập vào dòng trống, hoặc tải biểu mới",
        "Do not copy whole lines with their hidden column: enter it in an empty line, or download the workbook again",
    ),
)
