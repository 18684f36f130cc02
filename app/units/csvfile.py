"""Reading the CSV of units (`code,name,type,parent_code`): all mistakes found in one pass, each by line.

Pure: bytes in, rows and errors out. Memory stays within a small multiple of the largest file accepted.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final

from app.kernel.text import collapse, nfc
from app.units.csvtree import CODE, Draft, ErrorLimitError, LineError, Reading, UnitRow, check_tree
from app.units.kinds import KINDS, LEVELS, Kind, kind_of_type, short_name

__all__ = ["COLUMNS", "MAX_BYTES", "MAX_NAME", "LineError", "UnitRow", "parse"]

COLUMNS: Final = ("code", "name", "type", "parent_code")
MAX_BYTES: Final = 20 * 1024 * 1024
MAX_NAME: Final = 200

_SHOWN: Final = 60
_BOM: Final = b"\xef\xbb\xbf"


def parse(content: str | bytes, known: Mapping[str, str] | None = None) -> tuple[list[UnitRow], list[LineError]]:
    """Return the units of a CSV file, parents first, and the mistakes in it, by line.

    `known` gives the level of each unit, by code, that a row may name as its parent without being in the
    file. One of the two lists is always empty: one mistake anywhere means no rows at all. After a thousand
    mistakes the reading ends, and a last entry says so.
    """
    data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    reading = Reading()
    try:
        _read(data.removeprefix(_BOM), reading)
        check_tree(reading, known or {})
    except ErrorLimitError:
        return [], sorted(reading.errors, key=_place)
    if reading.errors:
        return [], sorted(reading.errors, key=_place)
    return sorted(_rows(reading), key=lambda row: (LEVELS.index(row.level), row.line)), []


def _rows(reading: Reading) -> Iterator[UnitRow]:
    for draft in reading.drafts.values():
        if kind := draft.kind:
            short = short_name(draft.name, kind)
            yield UnitRow(draft.line, draft.code, draft.name, short, kind.code, kind.level, draft.parent_code)


def _read(data: bytes, reading: Reading) -> None:
    """Read header and rows into `reading`; a wrong header ends it: nothing below could be understood."""
    if len(data) > MAX_BYTES:
        reading.refuse(_too_large(len(data)))
        return
    records = _records(data, reading)
    first = next(records, None)
    if first is None:
        if not reading.errors:
            reading.refuse(LineError(1, None, "empty_file", "Tệp trống.", "The file is empty."))
        return
    header = [collapse(nfc(name)).lower() for name in first[1]]
    if not _header_is_right(first[0], header, reading):
        return
    empty = True
    for line, fields in records:
        empty = False
        _read_row(line, dict(zip(header, fields, strict=False)), len(fields), reading)
    if empty and not reading.errors:
        vi, en = "Tệp chỉ có dòng tiêu đề, không có đơn vị nào.", "The file has a header but no units."
        reading.refuse(LineError(first[0], None, "empty_file", vi, en))


def _records(data: bytes, reading: Reading) -> Iterator[tuple[int, list[str]]]:
    """Yield (line on which it starts, fields) of every record that is not blank."""
    reader = csv.reader(_text_lines(data, reading), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            vi = "Dòng không đúng định dạng CSV: kiểm tra dấu ngoặc kép và dấu phẩy."
            reading.refuse(LineError(line, None, "bad_csv", vi, f"The line is not valid CSV: {error}."))
            continue
        if any(cell.strip() for cell in fields):
            yield line, fields


def _text_lines(data: bytes, reading: Reading) -> Iterator[str]:
    """Yield the lines as text; one that is not UTF-8 is refused and read on with replacement characters."""
    for line, raw in enumerate(io.BytesIO(data), start=1):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            text = raw.decode("utf-8", "replace")
            vi = f"Không phải UTF-8 (byte thứ {error.start + 1} của dòng). Hãy lưu tệp dạng CSV UTF-8."
            en = f"Not UTF-8 (byte {error.start + 1} of the line). Save the file as CSV UTF-8."
            reading.refuse(LineError(line, None, "not_utf8", vi, en))
        yield text


def _header_is_right(line: int, header: list[str], reading: Reading) -> bool:
    before = len(reading.errors)
    for column in COLUMNS:
        if column not in header:
            vi, en = f"Thiếu cột {column}.", f"Column {column} is missing."
            reading.refuse(LineError(line, column, "missing_column", vi, en))
        elif header.count(column) > 1:
            vi, en = f"Cột {column} có nhiều lần.", f"Column {column} stands more than once."
            reading.refuse(LineError(line, column, "duplicate_column", vi, en))
    expected = ",".join(COLUMNS)
    for name in dict.fromkeys(header):
        if name not in COLUMNS:
            vi = f"Cột lạ: {_quoted(name)}. Dòng tiêu đề phải là {expected}."
            en = f"Unknown column {_quoted(name)}. The header must be {expected}."
            reading.refuse(LineError(line, None, "unknown_column", vi, en))
    return len(reading.errors) == before


def _read_row(line: int, fields: dict[str, str], count: int, reading: Reading) -> None:
    """Check one row by itself and keep it as a draft if its code is good and new."""
    cells = {column: collapse(nfc(fields.get(column, ""))) for column in COLUMNS}
    if count != len(COLUMNS):
        vi, en = f"Dòng có {count} ô, cần {len(COLUMNS)}.", f"{count} fields instead of {len(COLUMNS)}."
        reading.refuse(LineError(line, None, "wrong_field_count", vi, en))
        reading.lines.setdefault(cells["code"], line)
        return
    for column, cell in cells.items():
        _check_characters(line, column, cell, reading)
    code, parent_code = cells["code"], cells["parent_code"] or None
    kind = kind_of_type(cells["type"], has_parent=parent_code is not None)
    _check_cells(line, cells, kind, reading)
    if not CODE.fullmatch(code):
        return
    if code in reading.lines:
        first = reading.lines[code]
        vi = f"Mã {code} đã có ở dòng {first} (trùng: dòng {first} và dòng {line})."
        en = f"Code {code} stands on line {first} already (lines {first} and {line})."
        reading.refuse(LineError(line, "code", "duplicate_code", vi, en))
        return
    reading.lines[code] = line
    reading.drafts[code] = Draft(line, code, cells["name"], kind, parent_code)


def _check_characters(line: int, column: str, cell: str, reading: Reading) -> None:
    control = next((c for c in cell if unicodedata.category(c) == "Cc"), None)
    if control is not None:
        vi = f"Cột {column} chứa ký tự điều khiển U+{ord(control):04X}."
        en = f"Column {column} contains the control character U+{ord(control):04X}."
        reading.refuse(LineError(line, column, "control_character", vi, en))


def _check_cells(line: int, cells: dict[str, str], kind: Kind | None, reading: Reading) -> None:
    name = cells["name"]
    if not name:
        reading.refuse(LineError(line, "name", "empty_name", "Thiếu tên đơn vị.", "The name is empty."))
    elif len(name) > MAX_NAME:
        vi = f"Tên dài {len(name)} ký tự, tối đa {MAX_NAME}."
        en = f"The name has {len(name)} characters, at most {MAX_NAME}."
        reading.refuse(LineError(line, "name", "name_too_long", vi, en))
    if kind is None:
        types = ", ".join(k.title_vi for k in KINDS.values() if k.level != "central")
        vi = f"Loại đơn vị không hợp lệ: {_quoted(cells['type'])}. Được dùng: {types}."
        en = f"Unknown type {_quoted(cells['type'])}. Known: {types}."
        reading.refuse(LineError(line, "type", "unknown_type", vi, en))
    for column in ("code", "parent_code"):
        if (cells[column] or column == "code") and not CODE.fullmatch(cells[column]):
            rule_vi = "chỉ gồm chữ số, chữ cái không dấu, dấu chấm và gạch nối, từ 1 đến 35 ký tự"
            rule_en = "digits, unaccented letters, dots and hyphens only, 1 to 35 characters"
            vi = f"Mã không hợp lệ: {_quoted(cells[column])} ({rule_vi})."
            en = f"Bad code {_quoted(cells[column])} ({rule_en})."
            reading.refuse(LineError(line, column, "bad_code", vi, en))


def _place(error: LineError) -> tuple[bool, int]:
    return error.code == "too_many_errors", error.line


def _too_large(size: int) -> LineError:
    vi = f"Tệp quá lớn ({size} byte); tối đa {MAX_BYTES} byte (20 MB)."
    en = f"The file is too large ({size} bytes); at most {MAX_BYTES} bytes (20 MB)."
    return LineError(1, None, "file_too_large", vi, en)


def _quoted(value: str) -> str:
    return f"“{value[:_SHOWN]}…”" if len(value) > _SHOWN else f"“{value}”"
