"""What a table of an unknown file is about: which line is its header, which column fills which field. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, NamedTuple

from app.kernel.text import fold
from app.submissions.files_schemas import ColumnMapping, Holds, SheetName, TableMapping
from app.submissions.legacy import Judgement, convert, judge
from app.submissions.reading_tables import Table
from app.submissions.reading_values import EMPTY, RawCell, text_of
from app.submissions.workbook_layout import BY_SECTION, DELETE, Field

KINDS: Final[tuple[SheetName, ...]] = (
    "directives",
    "activities",
    "situation_figures",
    "registrations",
    "practices",
    "awards",
)
_HEADERS_WITHIN: Final = 15
_JUDGED_ROWS: Final = 400

_ALSO: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("", "unit"): ("đơn vị", "tên đơn vị", "đơn vị thực hiện", "xã, phường, thị trấn", "địa phương"),
    ("", "note"): ("ghi chú", "nhận xét"),
    ("directives", "number_symbol"): ("số", "số hiệu", "số văn bản", "số ký hiệu", "số, ký hiệu văn bản"),
    ("directives", "issued_on"): ("ngày", "ngày tháng", "ngày, tháng, năm", "ngày văn bản", "ngày ký"),
    ("directives", "title"): ("trích yếu", "tên văn bản", "nội dung", "nội dung văn bản", "tên loại và trích yếu"),
    ("directives", "issuing_body"): ("cơ quan", "nơi ban hành", "đơn vị ban hành"),
    ("directives", "document_kind"): ("loại", "thể loại", "tên loại", "hình thức văn bản"),
    ("directives", "track"): ("hình thức ban hành", "tham mưu"),
    ("activities", "form"): ("hình thức tuyên truyền", "hình thức phát động", "loại hình"),
    ("activities", "date_from"): ("ngày", "thời gian", "ngày thực hiện", "ngày tổ chức", "ngày bắt đầu"),
    ("activities", "date_to"): ("ngày kết thúc",),
    ("activities", "title"): ("nội dung", "tên", "nội dung tuyên truyền", "hoạt động"),
    ("activities", "sessions"): ("số lượt", "số buổi", "số cuộc", "lượt", "số lần"),
    ("activities", "people_reached"): ("số người tham gia", "người tham dự", "số người dự", "lượt người"),
    ("activities", "place"): ("nơi thực hiện", "nơi"),
    ("situation_figures", "indicator"): ("nội dung", "tiêu chí", "chỉ số"),
    ("situation_figures", "before_value"): ("số liệu trước", "trước khi", "kỳ trước", "thời gian trước"),
    ("situation_figures", "after_value"): ("số liệu sau", "kỳ này", "thời gian sau"),
    ("registrations", "year"): ("năm đăng ký",),
    ("practices", "title"): ("tên", "mô hình", "tên mô hình, cách làm"),
    ("practices", "summary"): ("nội dung", "cách làm", "tóm tắt"),
    ("practices", "started_on"): ("ngày", "từ ngày", "ngày thành lập", "thời gian thực hiện"),
    ("awards", "recipient_name"): ("họ tên", "họ và tên", "tên tập thể", "tên cá nhân, tập thể"),
    ("awards", "award_form"): ("hình thức", "hình thức đề nghị", "hình thức khen thưởng"),
    ("awards", "recipient_kind"): ("đối tượng", "loại"),
    ("awards", "recipient_unit"): ("đơn vị công tác", "nơi công tác"),
    ("awards", "achievement"): ("tóm tắt thành tích", "thành tích nổi bật"),
}
"""How people also head the columns of their own lists."""


class Found(NamedTuple):
    """A table's header: the line, what its lines are, and which column (from 0) fills which field."""

    row: int
    kind: SheetName
    columns: dict[int, str]


def judgements(table: Table) -> list[Judgement]:
    """What each column is written in, by all its texts together."""
    columns: list[list[str]] = [[] for _ in range(table.width)]
    for row in table.rows[:_JUDGED_ROWS]:
        for place, cell in enumerate(row):
            if isinstance(cell.value, str):
                columns[place].append(cell.value)
    return [judge(texts) for texts in columns]


def converted(cell: RawCell, judgement: Judgement) -> RawCell:
    """The cell with its text in Unicode."""
    if not isinstance(cell.value, str) or judgement.encoding == "unicode":
        return cell
    return RawCell(convert(cell.value, judgement), cell.percent, cell.formula, cell.epoch)


def propose(table: Table) -> TableMapping | None:
    """How the table seems to be meant; None when its headings are none we know."""
    written = judgements(table)
    best: Found | None = None
    for row, cells in enumerate(table.rows[:_HEADERS_WITHIN], 1):
        headings = [_heading(converted(cell, by)) for cell, by in zip(cells, written, strict=False)]
        for kind in KINDS:
            columns = matched(headings, kind)
            if len(columns) >= 2 and (best is None or len(columns) > len(best.columns)):
                best = Found(row, kind, columns)
    if best is None:
        return None
    return TableMapping(
        table=table.name,
        kind=best.kind,
        header_row=best.row,
        columns=[
            ColumnMapping(column=place + 1, field=best.columns.get(place), encoding=by.encoding, capitals=by.capitals)
            for place, by in enumerate(written)
        ],
        defaults={},
    )


def _heading(cell: RawCell) -> str:
    return "" if cell.empty or not isinstance(cell.value, str) else re.sub(r"[*:().]", " ", fold(text_of(cell))).strip()


def matched(headings: Sequence[str], kind: SheetName) -> dict[int, str]:
    """Which column fills which field: by the very words first, then by words that contain them."""
    names = {found.name: [fold(word) for word in _names(kind, found)] for found in fields_of(kind)}
    columns: dict[int, str] = {}
    for whole in (True, False):
        for place, heading in enumerate(headings):
            if not heading or place in columns:
                continue
            for name, words in names.items():
                fits = heading in words if whole else any(len(w) > 5 and w in heading for w in words)
                if fits and name not in columns.values():
                    columns[place] = name
                    break
    return columns


def fields_of(kind: SheetName) -> list[Field]:
    """The fields that a column may fill."""
    return [found for found in BY_SECTION[kind].fields if found.told and found.name != DELETE]


def _names(kind: SheetName, found: Field) -> Iterable[str]:
    return (
        found.name.replace("_", " "),
        found.name,
        found.title,
        *_ALSO.get((kind, found.name), ()),
        *_ALSO.get(("", found.name), ()),
    )


def holds(cells: Iterable[RawCell]) -> Holds:
    """What the cells of a column are, as the file has them."""
    seen = {_kind_of(cell) for cell in cells if not cell.empty}
    return "empty" if not seen else seen.pop() if len(seen) == 1 else "mixed"


def _kind_of(cell: RawCell) -> Holds:
    if isinstance(cell.value, date):
        return "days"
    return "numbers" if isinstance(cell.value, int | float) else "text"


def at(row: Sequence[RawCell], place: int) -> RawCell:
    """The cell in a column, empty where the line is shorter."""
    return row[place] if place < len(row) else EMPTY
