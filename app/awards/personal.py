"""Of nominees only name, position and unit are stored: numbers and birth dates in free text are refused by pointer."""

import re
from collections.abc import Mapping

from app.kernel.errors import FieldError, Text

_HARMLESS = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-]\d{4}\b"  # dates
    r"|\b(?:19|20)\d\d(?:\s?[-–]\s?(?:19|20)\d\d)+\b"  # spans of years
    r"|(?<![\d.])(?<!\d[ -])[1-9]\d{0,2}(?:\.\d{3})+(?![ .-]?\d)"  # figures and amounts, 1.250.000.000
)
# CMND has 9 digits, CCCD 12, a telephone 10, social insurance 10; people write them in groups too.
_LONG_NUMBER = re.compile(r"\d(?:[ .\-\u00a0]?\d){8,}")
_BIRTH = re.compile(r"(?<!học )\bsinh (?:ngày|năm)\s*:?\s*\d|\bngày sinh\s*:?\s*\d", re.IGNORECASE)

_NUMBER_FOUND = Text(
    "Có dãy số giống số định danh, CCCD hoặc điện thoại; chỉ lưu họ tên, chức vụ, đơn vị",
    "There is what looks like an identity or telephone number; only name, position and unit are stored",
)
_BIRTH_FOUND = Text(
    "Có ngày hoặc năm sinh; chỉ lưu họ tên, chức vụ, đơn vị",
    "There is a date of birth; only name, position and unit are stored",
)


def identifiers(texts: Mapping[str, str | None]) -> list[FieldError]:
    """A fault ``personal_identifier`` for each of ``texts`` (by field name) that holds what must not be stored."""
    faults = []
    for name, text in texts.items():
        if not text:
            continue
        if _LONG_NUMBER.search(_HARMLESS.sub("·", text)):
            faults.append(FieldError(f"/{name}", "personal_identifier", _NUMBER_FOUND))
        elif _BIRTH.search(text):
            faults.append(FieldError(f"/{name}", "personal_identifier", _BIRTH_FOUND))
    return faults
