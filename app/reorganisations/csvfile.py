"""The lines of an act as CSV: every mistake by its line, one wrong line refuses the whole. Pure.

Columns: ``old_code,new_code,kind,effective_date,new_name,new_type,new_parent_code,primary,base_units``, of which the
last five may be left out. ``effective_date`` is the same in every line.
"""

import csv
import io
from datetime import date
from typing import Final

from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.text import collapse, nfc
from app.units.act import CHANGE_KINDS, Act, Change
from app.units.csvtree import CODE
from app.units.kinds import kind_of_type

COLUMNS: Final = (
    *("old_code", "new_code", "kind", "effective_date"),
    *("new_name", "new_type", "new_parent_code", "primary", "base_units"),
)
REQUIRED: Final = COLUMNS[:4]
MAX_LINES: Final = 50_000
MAX_FAULTS: Final = 1_000
_TRUE: Final = frozenset({"1", "true", "x", "có"})
_FALSE: Final = frozenset({"", "0", "false", "không"})


def parse(content: bytes) -> Act:
    """The act in a CSV. Raises 422 with every fault at ``/lines/<number>/<column>``."""
    faults: list[FieldError] = []
    text = _text(content)
    # Where the comma is the decimal sign, spreadsheets part the columns by semicolons.
    heading = text.partition("\n")[0]
    parted = ";" if ";" in heading and "," not in heading else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=parted, strict=True)
    changes: list[Change] = []
    days: dict[str, int] = {}
    try:
        header = [collapse(nfc(name)).lower() for name in next(rows, [])]
        _check_header(header)
        for cells in rows:
            line = rows.line_num
            if line > MAX_LINES or len(faults) >= MAX_FAULTS:
                faults.append(
                    _fault(line, "", "too_many", "Tệp quá dài hoặc quá nhiều lỗi", "Too long, or too many faults")
                )
                break
            if any(cell.strip() for cell in cells):
                row = {name: collapse(nfc(cell)) for name, cell in zip(header, cells, strict=False)}
                if len(cells) != len(header):
                    vi, en = (
                        f"Dòng có {len(cells)} ô, cần {len(header)}",
                        f"{len(cells)} fields instead of {len(header)}",
                    )
                    faults.append(_fault(line, "", "wrong_field_count", vi, en))
                    continue
                days.setdefault(row["effective_date"], line)
                changes.append(_change(line, row, faults))
    except csv.Error as fault:
        faults.append(_fault(rows.line_num, "", "bad_csv", "Không đúng định dạng CSV", f"Not valid CSV: {fault}"))
    day = _day(days, faults)
    if not changes and not faults:
        faults.append(_fault(1, "", "empty_file", "Tệp không có dòng nào", "The file has no lines"))
    if faults or day is None:
        raise Invalid(errors=faults)
    return Act(day, changes)


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise Invalid(errors=[_fault(line, "", "not_utf8", "Không phải UTF-8", "Not UTF-8")]) from fault


def _fault(line: int, column: str, code: str, vi: str, en: str) -> FieldError:
    return FieldError(f"/lines/{line}" + (f"/{column}" if column else ""), code, Text(vi, en))


def _check_header(header: list[str]) -> None:
    needed, free = ",".join(REQUIRED), ",".join(COLUMNS[len(REQUIRED) :])
    wrong = [name for name in header if name not in COLUMNS] + [name for name in REQUIRED if header.count(name) != 1]
    if wrong or len(set(header)) != len(header):
        vi = f"Dòng tiêu đề phải có: {needed}; có thể thêm: {free}"
        en = f"The header must have {needed}, and may have {free}"
        raise Invalid(errors=[_fault(1, "", "wrong_header", vi, en)])


def _change(line: int, row: dict[str, str], faults: list[FieldError]) -> Change:
    kind = row["kind"].lower()
    if kind not in CHANGE_KINDS:
        words = ", ".join(CHANGE_KINDS)
        faults.append(_fault(line, "kind", "unknown_kind", f"Được dùng: {words}", f"Known: {words}"))
    codes = [name for name in ("old_code", "new_code", "new_parent_code") if row.get(name)]
    wrong = [name for name in codes if not CODE.fullmatch(row[name])]
    faults += [_fault(line, name, "bad_code", "Mã không hợp lệ", "Bad code") for name in wrong]
    found = None
    if row.get("new_type"):
        found = kind_of_type(row["new_type"], has_parent=row["new_type"].lower() != "tỉnh")
        if found is None:
            vi, en = f"Loại không hợp lệ: {row['new_type'][:60]}", f"Unknown type {row['new_type'][:60]}"
            faults.append(_fault(line, "new_type", "unknown_type", vi, en))
    primary = row.get("primary", "").lower()
    if primary not in _TRUE | _FALSE:
        faults.append(_fault(line, "primary", "bad_flag", "Dùng 1 hoặc để trống", "Write 1 or nothing"))
    bases = row.get("base_units") or None
    if bases not in {None, "successor", "unplaced"}:
        words = "successor, unplaced"
        faults.append(_fault(line, "base_units", "unknown_word", f"Được dùng: {words}", f"Known: {words}"))
    if len(row.get("new_name", "")) > 200:
        faults.append(_fault(line, "new_name", "name_too_long", "Tên quá dài", "The name is too long"))
    return Change(
        place=f"/lines/{line}",
        kind=kind,  # type: ignore[arg-type] # refused above where it is none
        old_code=row["old_code"] or None,
        new_code=row["new_code"] or None,
        new_name=row.get("new_name") or None,
        new_kind=found.code if found else None,
        new_parent_code=row.get("new_parent_code") or None,
        primary=primary in _TRUE,
        base_units=bases,  # type: ignore[arg-type] # likewise
    )


def _day(days: dict[str, int], faults: list[FieldError]) -> date | None:
    found: dict[date, int] = {}
    for text, line in days.items():
        try:
            found[date.fromisoformat(text)] = line
        except ValueError:
            faults.append(_fault(line, "effective_date", "bad_date", "Ngày viết YYYY-MM-DD", "A date is YYYY-MM-DD"))
    for line in list(found.values())[1:]:
        vi, en = "Mọi dòng phải cùng ngày hiệu lực", "All lines take effect on the same day"
        faults.append(_fault(line, "effective_date", "other_date", vi, en))
    return next(iter(found), None)
