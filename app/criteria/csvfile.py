"""A set as CSV for a spreadsheet: one line per member of the set, per group and per criterion. Pure.

``record`` says what the line is. In a ``set`` line ``code`` names the member (``legal_basis.number``) and ``title``
holds its value; in the others ``group`` is the code of the group above, which must stand in an earlier line.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from app.criteria.document import MAX_DEPTH, CriteriaSetFile, parse
from app.criteria.schemas import CriteriaGroupIn, CriterionIn
from app.exports.sheets import risky
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.text import nfc

CRITERION: Final = ("code", "title", *(name for name in CriterionIn.model_fields if name not in {"code", "title"}))
COLUMNS: Final = ("record", "code", "group", *CRITERION[1:])
MEMBERS: Final = (
    *("code", "version", "title", "notice"),
    *("legal_basis.number", "legal_basis.issued_on", "legal_basis.issuing_body", "legal_basis.title"),
    *("applies_to_kinds", "recognised_by", "pass_rule.kind", "pass_rule.minimum"),
)

_TRUE: Final = {
    "true": True,
    "1": True,
    "có": True,
    "yes": True,
    "false": False,
    "0": False,
    "không": False,
    "no": False,
}


MAX_LINES: Final = 20_000
MAX_ERRORS: Final = 100
_TOO_LONG: Final = Text("Tệp quá dài", "The file is too long")
_TOO_DEEP: Final = Text("Tối đa {n} cấp nhóm", "Groups nest at most {n} deep").fill(n=MAX_DEPTH)


def _safe(value: Any) -> str:
    text = _plain(value)
    # An apostrophe makes a text of what a spreadsheet would run. It is doubled where a text starts with one itself, so
    # that reading takes away exactly what writing put there.
    return f"'{text}" if risky(text) else text


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return " ".join(value) if isinstance(value, list) else str(value)


def write(document: CriteriaSetFile) -> bytes:
    """``document`` as CSV in UTF-8 with a byte order mark (spreadsheets need it), safe to open in one."""
    out = io.StringIO(newline="")
    lines = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    lines.writeheader()
    lines.writerows({name: _safe(value) for name, value in line.items()} for line in _lines(document))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _lines(document: CriteriaSetFile) -> Iterator[dict[str, Any]]:
    for member in MEMBERS:
        value: Any = document
        for name in member.split("."):
            value = None if value is None else getattr(value, name)
        if value is not None:
            yield {"record": "set", "code": member, "title": value}
    yield from _group_lines(document.groups, None)


def _group_lines(groups: Sequence[CriteriaGroupIn], above: str | None) -> Iterator[dict[str, Any]]:
    for group in groups:
        yield {"record": "group", "code": group.code, "group": above, "title": group.title}
        for criterion in group.criteria:
            values = {name: getattr(criterion, name) for name in CRITERION}
            yield {"record": "criterion", "group": group.code, **values}
        yield from _group_lines(group.groups, group.code)


@dataclass
class _Reading:
    """The document as it grows, where each part of it stands, and what is wrong."""

    document: dict[str, Any] = field(default_factory=lambda: {"groups": []})
    places: dict[str, int] = field(default_factory=dict)
    groups: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    errors: list[FieldError] = field(default_factory=list)
    line: int = 1
    """Where the record that is being read starts: a cell may go on over several lines."""

    def refuse(self, line: int, column: str, code: str, text: Text) -> None:
        """Note a fault."""
        self.errors.append(_at(line, column, code, text))


def _at(line: int, column: str, code: str, text: Text) -> FieldError:
    place = f"/lines/{line}/{column}" if column else f"/lines/{line}"
    return FieldError(place, code, Text(f"Dòng {line}: {text.vi}", f"Line {line}: {text.en}"))


def read(content: bytes) -> CriteriaSetFile:
    """The set in ``content``. Raises 422 with every fault by its line: ``/lines/12/threshold``.

    Semicolons between the cells, as spreadsheets write them where the comma is the decimal sign, are understood.
    """
    reading = _Reading()
    try:
        text = nfc(content.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        message = Text("Không phải UTF-8; hãy lưu tệp dạng CSV UTF-8", "Not UTF-8: save the file as CSV UTF-8")
        raise Invalid(errors=[_at(line, "", "not_utf8", message)]) from fault
    header = text.partition("\n")[0]
    semicolons = ";" in header and "," not in header
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=";" if semicolons else ",")
    try:
        _read(rows, reading, "," if semicolons else ".")
    except csv.Error as fault:
        message = Text("Không đúng định dạng CSV; kiểm tra dấu ngoặc kép", f"Not valid CSV: {fault}")
        reading.refuse(reading.line, "", "bad_csv", message)
        raise Invalid(errors=reading.errors[:MAX_ERRORS]) from fault
    try:
        made = parse(CriteriaSetFile, reading.document)
    except Invalid as fault:
        reading.errors += [_by_line(error, reading.places) for error in fault.errors]
    if reading.errors:
        raise Invalid(errors=reading.errors[:MAX_ERRORS])
    return made


def _by_line(error: FieldError, places: Mapping[str, int]) -> FieldError:
    """A fault of the document as one of the line that its place came from."""
    base, rest = error.pointer, ""
    while base and base not in places:
        base, _, rest = base.rpartition("/")
    if not base:
        return error
    below_group = rest if rest in COLUMNS else ""
    column = below_group if base.startswith("/groups") else "title"
    return _at(places[base], column, error.code, error.message)


def _read(rows: Any, reading: _Reading, decimal_sign: str) -> None:
    header = [name.strip().lower() for name in next(rows, [])]
    if sorted(header) != sorted(COLUMNS):
        expected = ",".join(COLUMNS)
        message = Text(f"Dòng tiêu đề phải là {expected}", f"The header must be {expected}")
        raise Invalid(errors=[_at(1, "", "bad_header", message)])
    reading.line = rows.line_num + 1
    for row in rows:
        line = reading.line
        if line > MAX_LINES:
            reading.refuse(line, "", "too_many_lines", _TOO_LONG)
            return
        if len(reading.errors) >= MAX_ERRORS:
            return
        cells = dict(zip(header, map(_cell, row), strict=False))
        if len(row) != len(header) and any(row):
            message = Text(f"Có {len(row)} ô, cần {len(header)}", f"{len(row)} cells instead of {len(header)}")
            reading.refuse(line, "", "wrong_cell_count", message)
        elif any(row):
            _read_line(line, cells, reading, decimal_sign)
        reading.line = rows.line_num + 1


def _cell(raw: str) -> str:
    text = raw.strip()
    return text[1:] if text.startswith("'") and risky(text[1:]) else text


def _read_line(line: int, cells: dict[str, str], reading: _Reading, decimal_sign: str) -> None:
    for column, cell in cells.items():
        if "\x00" in cell:
            reading.refuse(line, column, "nul", Text("Có ký tự NUL", "Holds a NUL character"))
            return
    match cells["record"].lower():
        case "set":
            _read_member(line, cells, reading)
        case "group":
            _read_group(line, cells, reading)
        case "criterion":
            _read_criterion(line, cells, reading, decimal_sign)
        case _:
            message = Text("Chỉ nhận: set, group, criterion", "One of set, group, criterion is expected")
            reading.refuse(line, "record", "unknown_record", message)


def _read_member(line: int, cells: Mapping[str, str], reading: _Reading) -> None:
    name, text = cells["code"], cells["title"]
    pointer = "/" + name.replace(".", "/")
    if name not in MEMBERS:
        message = Text("Chỉ nhận: {known}", "One of {known} is expected").fill(known=", ".join(MEMBERS))
        reading.refuse(line, "code", "unknown_member", message)
        return
    if pointer in reading.places:
        reading.refuse(line, "code", "repeated", Text("Bị lặp lại", "Stands twice"))
        return
    reading.places[pointer] = line
    value: Any = text or None
    if name in {"version", "pass_rule.minimum"} and re.fullmatch(r"\d{1,9}", text, re.ASCII):
        value = int(text)
    if name == "applies_to_kinds":
        value = [kind for kind in re.split(r"[\s,;]+", text) if kind]
    head, _, inner = name.partition(".")
    if inner:
        reading.places.setdefault(f"/{head}", line)
        reading.document.setdefault(head, {})[inner] = value
    else:
        reading.document[head] = value


def _read_group(line: int, cells: Mapping[str, str], reading: _Reading) -> None:
    siblings, base = reading.document["groups"], ""
    if cells["group"]:
        above = _above(line, cells["group"], reading)
        if above is None:
            return
        siblings, base = above[0]["groups"], above[1]
    if base.count("/groups/") >= MAX_DEPTH:
        reading.refuse(line, "group", "too_deep", _TOO_DEEP)
        return
    made: dict[str, Any] = {"code": cells["code"], "title": cells["title"], "criteria": [], "groups": []}
    siblings.append(made)
    pointer = f"{base}/groups/{len(siblings) - 1}"
    reading.places[pointer] = line
    reading.groups.setdefault(cells["code"], (made, pointer))


def _above(line: int, code: str, reading: _Reading) -> tuple[dict[str, Any], str] | None:
    found = reading.groups.get(code)
    if found is None:
        message = Text("Không có nhóm “{code}” ở các dòng trên", "No group “{code}” stands in the lines above")
        reading.refuse(line, "group", "unknown_group", message.fill(code=code[:60]))
    return found


def _read_criterion(line: int, cells: Mapping[str, str], reading: _Reading, decimal_sign: str) -> None:
    above = _above(line, cells["group"], reading)
    if above is None:
        return
    made: dict[str, Any] = {name: cells[name] for name in CRITERION if cells[name]}
    for name in {"threshold", "weight"} & made.keys():
        made[name] = _number(line, name, made[name].replace(decimal_sign, "."), reading)
    for name in {"required", "evidence_needed"} & made.keys():
        flag = _TRUE.get(made[name].lower())
        if flag is None:
            reading.refuse(line, name, "flag", Text("Chỉ nhận: true, false", "true or false is expected"))
        made[name] = bool(flag)
    criteria = above[0]["criteria"]
    criteria.append(made)
    reading.places[f"{above[1]}/criteria/{len(criteria) - 1}"] = line


def _number(line: int, column: str, text: str, reading: _Reading) -> Decimal:
    try:
        return Decimal(text) if re.fullmatch(r"-?\d{1,30}(\.\d{1,30})?", text, re.ASCII) else Decimal("-")
    except InvalidOperation:
        reading.refuse(line, column, "number", Text("Phải là số, ví dụ 97.5", "A number is expected, e.g. 97.5"))
        return Decimal(0)
