"""What stands in a cell, as a value: Vietnamese numbers and dates, dates as spreadsheets count them, text in NFC. Pure.

Nothing is guessed: what could be read in two ways is refused with the way to write it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final

from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from app.kernel.errors import DomainError, Text
from app.kernel.text import collapse, fold, nfc
from app.submissions.faults import Refused
from app.submissions.workbook_layout import Field

Value = str | int | Decimal | date | None

FIRST_DAY: Final = date(1945, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
_BLANKS: Final = str.maketrans(dict.fromkeys("\u00a0\u2007\u202f\u3000", " ") | {"\u200b": None, "\ufeff": None})
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WORDED_DAY: Final = re.compile(r"(?:ngày\s*)?(\d{1,2})\s*tháng\s*(\d{1,2})\s*năm\s*(\d{4})", re.IGNORECASE)
_WRITTEN_DAY: Final = re.compile(r"(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_ISO_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?")
_GROUPED: Final = re.compile(r"-?\d{1,3}(?:\.\d{3})+")
_PLAIN: Final = re.compile(r"-?\d{1,18}")
_DECIMAL: Final = re.compile(r"-?(?:\d{1,18}|\d{1,3}(?:\.\d{3})+),\d{1,9}")

_DAY: Final = Text(
    "Ghi ngày/tháng/năm, ví dụ 05/03/2024, năm đủ bốn chữ số", "Write day/month/year, such as 05/03/2024"
)
_WHOLE: Final = Text("Ghi số nguyên, ví dụ 1250", "Write a whole number, such as 1250")
_NUMBER: Final = Text(
    "Ghi dấu phẩy cho phần thập phân (87,5); số nguyên thì bỏ dấu chấm (1234)",
    "Use a comma for decimals (87,5); write a whole number without points (1234)",
)


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell as the file holds it. ``percent``: shown as a percentage, so 0.875 is 87.5."""

    value: object = None
    percent: bool = False
    formula: bool = False
    epoch: datetime = WINDOWS_EPOCH

    @property
    def empty(self) -> bool:
        """Whether a reader sees nothing."""
        return not self.formula and (self.value is None or (isinstance(self.value, str) and not plain(self.value)))


EMPTY: Final = RawCell()


def plain(text: str) -> str:
    """``text`` with ordinary blanks and line breaks and without invisible letters, trimmed."""
    lines = text.translate(_BLANKS).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def read_value(field: Field, cell: RawCell, choices: Mapping[str, "Choices"]) -> Value:
    """The value of ``cell`` in the column ``field``. Raises :class:`Refused`."""
    if cell.formula and cell.value is None:
        raise Refused(
            "formula_without_value",
            Text("Công thức chưa có kết quả được lưu trong tệp", "The formula has no stored result"),
            Text("Ghi thẳng giá trị thay cho công thức", "Write the value itself instead of the formula"),
        )
    if isinstance(cell.value, str) and cell.value.startswith("#") and cell.formula:
        raise Refused(
            "formula_error",
            Text(f"Công thức báo lỗi {cell.value[:20]}", f"The formula shows the error {cell.value[:20]}"),
            Text("Sửa công thức hoặc ghi thẳng giá trị", "Mend the formula or write the value itself"),
        )
    if cell.empty:
        return None
    if field.kind == "date":
        return day_of(cell)
    if field.kind == "whole":
        return whole_of(cell)
    if field.kind == "number":
        return number_of(cell)
    text = text_of(cell, several_lines=field.kind == "prose")
    if field.choices:
        return choices[field.choices].code_of(text)
    if len(text) > field.longest:
        raise Refused(
            "too_long",
            Text(f"Dài {len(text)} ký tự, tối đa {field.longest}", f"{len(text)} letters, at most {field.longest}"),
            Text("Viết gọn lại", "Shorten it"),
        )
    return text or None


# --- text ------------------------------------------------------------------------------------------------------------


def text_of(cell: RawCell, *, several_lines: bool = False) -> str:
    """The text of a cell: NFC, ordinary blanks, no control characters. Raises ``unreadable_text``."""
    value = cell.value
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        text = nfc(plain(str(value)))
    except DomainError as fault:
        raise _unreadable() from fault
    if _CONTROL.search(text):
        raise _unreadable()
    return text if several_lines else collapse(text)


def _unreadable() -> Refused:
    return Refused(
        "unreadable_text",
        Text("Ô có ký tự không đọc được", "The cell holds letters that cannot be read"),
        Text("Gõ lại nội dung ô", "Type the cell again"),
    )


# --- choices ---------------------------------------------------------------------------------------------------------


class Choices:
    """The entries of a drop-down: codes with the words that people choose by, each once."""

    def __init__(self, title: str, entries: "list[tuple[str, str]]") -> None:
        self.title = title
        taken: dict[str, int] = {}
        for _, label in entries:
            taken[collapse(label)] = taken.get(collapse(label), 0) + 1
        self.labels = {code: label if taken[collapse(label)] == 1 else f"{label} ({code})" for code, label in entries}
        self._codes = {collapse(label).casefold(): code for code, label in self.labels.items()}
        self._codes |= {code.casefold(): code for code in self.labels}
        self._folded: dict[str, set[str]] = {}
        for code, label in self.labels.items():
            self._folded.setdefault(fold(label), set()).add(code)

    def code_of(self, text: str) -> str:
        """The code that ``text`` means: its words as listed, the code itself, or words that differ in marks only.

        Raises ``unknown_choice``, and ``ambiguous_choice`` where words without their marks fit several.
        """
        found = self._codes.get(collapse(text).casefold())
        if found is not None:
            return found
        alike = self._folded.get(fold(text), set())
        if len(alike) == 1:
            return next(iter(alike))
        code, why = ("ambiguous_choice", "fits several") if alike else ("unknown_choice", "is not on the list")
        raise Refused(
            code,
            Text(
                f"“{text[:60]}” {'ứng với nhiều mục' if alike else 'không có trong danh mục'} {self.title}",
                f"“{text[:60]}” {why}: {self.title}",
            ),
            Text(
                f"Chọn một mục trong danh sách thả xuống: {self._some()}", f"Choose from the drop-down: {self._some()}"
            ),
        )

    def _some(self) -> str:
        shown = "; ".join(list(self.labels.values())[:4])
        return shown + ("; ..." if len(self.labels) > 4 else "")


# --- numbers ---------------------------------------------------------------------------------------------------------


def _bad_number(cell: RawCell, code: str, message: Text, remedy: Text) -> Refused:
    shown = str(cell.value)[:40]
    return Refused(code, message.fill(shown=f"“{shown}”"), remedy)


def whole_of(cell: RawCell) -> int:
    """A whole number: 1250, "1.250", "1 250". Raises ``not_whole`` or ``not_a_number``."""
    number = _numeric(cell)
    if number is None:
        text = re.sub(r"(?<=\d) (?=\d{3}(?:\D|$))", "", collapse(plain(str(cell.value))))
        if _PLAIN.fullmatch(text):
            return int(text)
        if _GROUPED.fullmatch(text):
            return int(text.replace(".", ""))
        if not _DECIMAL.fullmatch(text):
            told = Text("{shown} không phải là số", "{shown} is no number")
            raise _bad_number(cell, "not_a_number", told, _WHOLE)
        number = Decimal(text.replace(".", "").replace(",", "."))
    if number != number.to_integral_value():
        told = Text("{shown} không phải số nguyên", "{shown} is no whole number")
        raise _bad_number(cell, "not_whole", told, _WHOLE)
    return int(number)


def number_of(cell: RawCell) -> Decimal:
    """A number with decimals: 87.5 as a number, "87,5", "1.234,5", "87,5%".

    Raises ``ambiguous_number`` for text like "1.234", which is 1234 to some and 1.234 to others.
    """
    number = _numeric(cell)
    if number is not None:
        return round(number * 100 if cell.percent else number, 4)
    text = collapse(plain(str(cell.value))).removesuffix("%").rstrip()
    if _PLAIN.fullmatch(text) or _DECIMAL.fullmatch(text):
        return Decimal(text.replace(".", "").replace(",", "."))
    if re.fullmatch(r"-?\d{1,3}[.]\d{3}", text):
        told = Text("{shown} có thể đọc theo hai cách", "{shown} can be read in two ways")
        raise _bad_number(cell, "ambiguous_number", told, _NUMBER)
    if _GROUPED.fullmatch(text):
        return Decimal(text.replace(".", ""))
    raise _bad_number(cell, "not_a_number", Text("{shown} không phải là số", "{shown} is no number"), _NUMBER)


def _numeric(cell: RawCell) -> Decimal | None:
    """The number that the file itself holds as one. Raises ``not_a_number`` for a day or a truth."""
    value = cell.value
    if isinstance(value, bool | date | datetime | time):
        told = Text("Ô chứa {shown}, không phải số", "The cell holds {shown}, no number")
        raise _bad_number(cell, "not_a_number", told, _WHOLE)
    if not isinstance(value, int | float):
        return None
    try:
        number = Decimal(repr(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= 10**15:
        told = Text("{shown} ngoài phạm vi cho phép", "{shown} is out of range")
        raise _bad_number(cell, "out_of_range", told, _WHOLE)
    return number


# --- days ------------------------------------------------------------------------------------------------------------


def day_of(cell: RawCell) -> date:
    """A day: a real one, a spreadsheet's count of days, or written day first. Month first is never guessed.

    Raises ``not_a_day``, and ``day_out_of_range`` for one before 1945 or after 2100.
    """
    value = cell.value
    found = value.date() if isinstance(value, datetime) else value if isinstance(value, date) else None
    if found is None and isinstance(value, int | float) and not isinstance(value, bool):
        found = _counted(float(value), cell.epoch)
    if found is None and isinstance(value, str):
        found = _written(collapse(plain(nfc(value[:100]))))
    if found is None:
        told = Text("{shown} không đọc được là ngày", "{shown} cannot be read as a day")
        raise _bad_number(cell, "not_a_day", told, _DAY)
    if not FIRST_DAY <= found <= LAST_DAY:
        told = Text("Ngày {shown} ngoài phạm vi cho phép", "The day {shown} is out of range")
        raise _bad_number(cell, "day_out_of_range", told, _DAY)
    return found


def _counted(days: float, epoch: datetime) -> date | None:
    """Days since the file's own first day; only counts that fall into a reasonable span are taken for days."""
    if not 10_000 <= days <= 80_000:
        return None
    found = from_excel(days, epoch)
    return found.date() if isinstance(found, datetime) else None


def _written(text: str) -> date | None:
    iso = _ISO_DAY.fullmatch(text)
    match = _WORDED_DAY.fullmatch(text) or _WRITTEN_DAY.fullmatch(text)
    if iso is None and match is None:
        return None
    year, month, day = iso.groups() if iso else reversed(match.groups() if match else ())
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
