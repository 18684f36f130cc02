"""Personal data in free text: numbers of identity papers nowhere; of nominees only name, position and unit.

Pure. It keeps mistakes out, as people make them: it is no proof that a text names nobody.
"""

import re
from collections.abc import Mapping
from typing import Final

from app.kernel.errors import FieldError, Text

_GAP = r"[ ./_,\-\u00a0]"
# Rules of every kind need a run of nine digits, if in groups; the search for one leaps from digit to digit.
_RUN: Final = re.compile(rf"\d(?:{_GAP}?\d){{8,}}")
_PAPERS: Final = re.compile(
    r"cmnd|cmtnd|\bcmt\b|cccd|căn cước|can cuoc|chứng minh (?:nhân dân|thư)|chung minh (?:nhan dan|thu)"
    r"|(?:định danh|dinh danh) (?:cá nhân|ca nhan)"
)
_BEFORE, _AFTER = 25, 40
"""So near to the name of a paper nine or twelve digits are its number."""
_MONEY: Final = re.compile(r"\s*(?:đồng|đ\b|vnđ|vnd|triệu|tỷ)", re.IGNORECASE)
# A CCCD begins with the code of a province, 001 to 096: amounts do not begin with naught, and telephones have ten
# digits. The last group of a UUID is none either.
_BARE: Final = re.compile(
    r"0(?<![0-9A-Za-z]0)(?<![0-9a-f]{4}-0)(?:0[1-9]|[1-8]\d|9[0-6])"
    rf"(?:\d{{9}}|(?P<gap>{_GAP})\d{{3}}(?P=gap)\d{{3}}(?P=gap)\d{{3}})(?![0-9A-Za-z])"
)
_DATES = (
    r"\b\d{1,2}[./-]\d{1,2}[./-]\d{4}\b"
    r"|\b\d{1,2}[./-](?:19|20)\d\d\b"
    r"|\b(?:19|20)\d\d(?:\s?[-–,]\s?(?:19|20)\d\d)+\b"
)
_DATE: Final = re.compile(_DATES)

_HARMLESS: Final = re.compile(
    _DATES + r"|(?<![\d.])(?<!\d[ -])[1-9]\d{0,2}(?:\.\d{3})+(?![ .-]?\d)"  # figures and amounts, 1.250.000.000
)
# CMND has 9 digits, CCCD 12, a telephone 10, social insurance 10; people write them in groups too.
_LONG_NUMBER: Final = re.compile(r"\d(?:[ .\-_\u00a0]?\d){8,}|\b\d{3}(?:/\d{3}){2,3}\b|\b0\d\d(?:,\d{3}){2,3}\b")
_DAY_OR_YEAR = r"(?:\d{1,2}\s?[./-]\s?\d{1,2}\s?[./-]\s?\d{2,4}|(?:19|20)\d\d)"
_BIRTH: Final = re.compile(
    rf"(?<!học )\bsinh\s*(?:(?:ngày|năm)\b[\s,/a-zà-ỹđ]{{0,20}})?:?\s*{_DAY_OR_YEAR}"
    rf"|\bngày\s*(?:,?\s*tháng\s*,?\s*năm\s*)?sinh\s*:?\s*\d|\bnăm sinh\s*:?\s*\d"
    rf"|\b(?:sn|ns)\s*[.:]?\s*{_DAY_OR_YEAR}\b",
    re.IGNORECASE,
)
_ADDRESS: Final = re.compile(
    r"\bsố nhà\s*:?\s*\d|\b(?:địa chỉ|nơi ở|hộ khẩu|chỗ ở)\s*(?:hiện nay|thường trú)?\s*:"
    r"|\b(?:thường |tạm )?trú (?:tại|ở)\b(?! địa bàn)|\btrú quán\b",
    re.IGNORECASE,
)

IDENTITY_FOUND: Final = Text(
    "Có số CMND/CCCD: dữ liệu cá nhân không được lưu ở đây; hãy bỏ số đó đi",
    "There is the number of an identity paper: personal data are not stored here; leave it out",
)
_NUMBER_FOUND = Text(
    "Có dãy số giống số định danh, CCCD hoặc điện thoại; chỉ lưu họ tên, chức vụ, đơn vị",
    "There is what looks like an identity or telephone number; only name, position and unit are stored",
)
_BIRTH_FOUND = Text(
    "Có ngày hoặc năm sinh; chỉ lưu họ tên, chức vụ, đơn vị",
    "There is a date of birth; only name, position and unit are stored",
)
_ADDRESS_FOUND = Text(
    "Có địa chỉ nơi ở; chỉ lưu họ tên, chức vụ, đơn vị",
    "There is a home address; only name, position and unit are stored",
)


def has_identity_number(text: str) -> bool:
    """Whether ``text`` holds the number of an identity card (CMND: 9 digits, CCCD: 12).

    A number that can be nothing else, or nine or twelve digits near the name of such a paper, in any grouping.
    """
    if not _RUN.search(text):
        return False
    if _BARE.search(text):
        return True
    lowered = text.lower()
    for paper in _PAPERS.finditer(lowered):
        near = lowered[max(0, paper.start() - _BEFORE) : paper.start()], lowered[paper.end() : paper.end() + _AFTER]
        if any(_is_number_of_paper(part) for part in near):
            return True
    return False


def _is_number_of_paper(near: str) -> bool:
    masked = _DATE.sub("·", near)
    for run in _RUN.finditer(masked):
        digits = sum(letter.isdigit() for letter in run[0])
        alike = len({letter for letter in run[0] if not letter.isdigit()}) < 2
        if digits in {9, 12} and alike and not _MONEY.match(masked, run.end()):
            return True
    return False


def identifiers(texts: Mapping[str, str | None]) -> list[FieldError]:
    """A fault ``personal_identifier`` for each of ``texts`` (by field name) that says more of a person than it may."""
    found = {name: _found(text) for name, text in texts.items() if text}
    return [FieldError(f"/{name}", "personal_identifier", told) for name, told in found.items() if told]


def _found(text: str) -> Text | None:
    if has_identity_number(text) or _LONG_NUMBER.search(_HARMLESS.sub("·", text)):
        return _NUMBER_FOUND
    if _BIRTH.search(text):
        return _BIRTH_FOUND
    return _ADDRESS_FOUND if _ADDRESS.search(text) else None
