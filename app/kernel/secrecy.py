"""Marks of state secrets (Mật, Tối mật, Tuyệt mật) in numbers, titles and file names: what carries one is not stored.

A document *about* secrecy ("Kế hoạch bảo vệ bí mật nhà nước") is an ordinary one; one that *bears* a mark is not. So
the word counts where a stamp or a number would have it and not where a sentence uses it. This keeps mistakes out; it
does not find a secret whose mark was left out, which is why whoever uploads declares that there is none.
"""

import re
from collections.abc import Mapping
from typing import Final

from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.text import nfc, without_format

MARKS: Final = ("Mật", "Tối mật", "Tuyệt mật")

# Every repetition is bounded or starts at a literal: a page of blanks or brackets must not take time of its square.
_GAP = r"[\s\-_.]*"
# With its accents or, as in file names, with none at all: "mặt", "mất", "mắt" are other words.
_MAT = r"(?:mật|mat)"
_HIGH = rf"(?:tuyệt|tuyet|tối|toi){_GAP}{_MAT}"
_LEVEL = rf"(?:{_HIGH}|{_MAT})"
_START, _END = r"(?<![^\W_])", r"(?![^\W_])"
_KIND = (
    r"(?:nghị quyết|chỉ thị|quyết định|kế hoạch|chương trình|công văn|công điện|hướng dẫn|thông báo|báo cáo|tờ trình"
    r"|phương án|nghi quyet|chi thi|quyet dinh|ke hoach|chuong trinh|cong van|cong dien|huong dan|thong bao|bao cao"
    r"|to trinh|phuong an)"
)
# mật độ, mật khẩu, mật thiết ...: longer words that merely begin alike.
_LONGER = (
    r"(?:độ|khẩu|mã|thiết|ong|danh|phục|thám|vụ|thư|báo|ước|ngữ|nghị|lệnh|hoa|mía"
    r"|do|khau|ma|thiet|danh|phuc|tham|vu|thu|bao|uoc|ngu|nghi|lenh|mia|tran|bang|nuoc|cat|an)"
)
_OPEN, _CLOSE, _DASH = r"[(\[{<“\"'«]", r"[)\]}>”\"'»]", r"[-–—:|/*]"

_STAMPS: Final = [
    # (Mật), [TỐI MẬT], “Tuyệt mật”, (đóng dấu Mật), (độ mật: Tối mật)
    re.compile(
        rf"{_OPEN}\s*(?:(?:đóng|dấu|văn bản|tài liệu|độ|mật|do|dau|dong)[\s:]{{0,6}}){{0,4}}(?P<m>{_LEVEL})\s*{_CLOSE}"
    ),
    # Độ mật: Mật; dấu chỉ độ mật - Tối mật
    re.compile(rf"(?:độ|do)(?<![^\W_]..)\s+(?:mật|mat)\s*{_DASH}\s*(?P<m>{_LEVEL}){_END}"),
    # The whole line; MẬT - Kế hoạch ...; Kế hoạch ... - Mật
    re.compile(rf"^\W{{0,40}}(?P<m>{_LEVEL})\W{{0,40}}$", re.MULTILINE),
    re.compile(rf"^[\s*]{{0,10}}(?P<m>{_LEVEL})\s*[.\-–—:|/*]", re.MULTILINE),
    re.compile(rf"\s{_DASH}+\s*(?P<m>{_LEVEL})[\s.*]*$", re.MULTILINE),
    # MẬT KẾ HOẠCH ... ; Kế hoạch mật về ...
    re.compile(rf"^[\s*]{{0,10}}(?P<m>{_LEVEL})\s+{_KIND}{_END}", re.MULTILINE),
    re.compile(rf"^[\s*]{{0,10}}{_KIND}\s+(?P<m>{_LEVEL}){_END}(?!\s+{_LONGER}{_END})", re.MULTILINE),
]
_HIGH_ANYWHERE: Final = re.compile(rf"(?P<m>t(?<![^\W_]t)(?:uyệt|uyet|ối|oi){_GAP}{_MAT}){_END}")
_ABOUT_SECRETS: Final = re.compile(r"bí\s+mật|bi\s+mat|độ\s+mật|do\s+mat")
_CAPITALS: Final = re.compile(r"(?<![^\W_])(?:MẬT|MAT)(?![^\W_])")
_NEEDED: Final = ("mật", "mat")
"""No stamp is without one of these, and most texts are."""
_SPACED: Final = re.compile(r"(?<!\w)(?P<high>t\s+u\s+y\s+ệ\s+t\s+|t\s+ố\s+i\s+)?m\s+ậ\s+t(?!\w)")

# What comes before the digit is asked after it, so that the search leaps from digit to digit.
_NUMBER: Final = re.compile(r"\d(?<![^\W_]\d)[^\s/]{0,60}[/\-_][^\s]{1,60}(?:\s?\([^)]{1,12}\))?")
_EXTENSION: Final = re.compile(r"\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_SHORT: Final = {
    "m": "Mật",
    "mật": "Mật",
    "mat": "Mật",
    "tm": "Tối mật",
    "tốimật": "Tối mật",
    "toimat": "Tối mật",
    "tum": "Tuyệt mật",
    "tuyệtmật": "Tuyệt mật",
    "tuyetmat": "Tuyệt mật",
}
_TYPES: Final = frozenset(
    [
        "nq",
        "ct",
        "qđ",
        "qd",
        "kh",
        "ctr",
        "hd",
        "tb",
        "bc",
        "ttr",
        "pa",
        "kl",
        "cv",
        "ubnd",
        "tu",
        "bcđ",
        "bcd",
        "cat",
        "cax",
    ]
)
"""Parts of numbers that people also type in small letters."""


def secrecy_mark(text: str) -> str | None:
    """The mark of a state secret that ``text`` bears ("Mật", "Tối mật", "Tuyệt mật"), or None.

    For a number and symbol ("05/KH-UBND-M", "12/BC(TM)"), a title, a file name, or text of several lines, in any case
    and normal form, with accents or without any.
    """
    plain = nfc(without_format(text))
    lowered = plain.lower()
    if "ậ" in lowered:
        lowered = _SPACED.sub(_joined, lowered)
    if any(word in lowered for word in _NEEDED):
        found = _mark_in_words(plain, lowered)
        if found:
            return found
    numbers = (number[0] for number in _NUMBER.finditer(plain))
    marks = (_mark_of_number(number) for number in numbers if "m" in number.lower())
    return next((mark for mark in marks if mark), None)


def _mark_in_words(plain: str, lowered: str) -> str | None:
    for stamp in _STAMPS:
        if found := stamp.search(lowered):
            return _name(found["m"])
    found = _HIGH_ANYWHERE.search(lowered)
    if found and not _ABOUT_SECRETS.search(lowered):
        return _name(found["m"])
    return "Mật" if any(_stands_alone(plain, capitals) for capitals in _CAPITALS.finditer(plain)) else None


def _joined(found: re.Match[str]) -> str:
    high = "".join((found["high"] or "").split())
    return f"{high} mật" if high else "mật"


def _name(found: str) -> str:
    if found.startswith("tu"):
        return "Tuyệt mật"
    return "Tối mật" if found.startswith("t") else "Mật"


def _stands_alone(text: str, found: re.Match[str]) -> bool:
    """Whether its neighbours are not in capitals too, as in BẢO MẬT, MẬT ĐỘ and titles that are capitals throughout."""
    before = text[max(0, found.start() - 60) : found.start()].split()
    after = text[found.end() : found.end() + 60].split()
    near = [*before[-1:], *after[:1]]
    return bool(near) and not any(word.isupper() and not word.isdigit() and len(word) > 1 for word in near)


def _mark_of_number(number: str) -> str | None:
    """The mark in a document's number: a part of its own, last, in brackets, or where the type of document stands.

    Somewhere it must have letters as types and offices do, so that 10.000 đ/m is none. A "TM" right after the type is
    an office (Tham mưu, Thương mại), not Tối mật.
    """
    bracketed = [part.strip().lower() for part in re.findall(r"\(([^)]{0,12})\)", number)]
    body = _EXTENSION.sub("", re.sub(r"\s?\(.*", "", number))
    parts = [part for part in re.split(r"[/\-_.]", body.strip(".,;:!?\"'”»")) if part]
    if any(part in _TYPES for part in parts):
        parts = [part.upper() for part in parts]
    letters = [part for part in parts if part.isalpha()]
    if not any(len(part) > 1 and part.isupper() for part in letters) and not bracketed:
        return "Mật" if len(parts) == 2 and parts[-1] == "M" and "/" in body else None
    in_brackets = [_SHORT[part] for part in bracketed if part in _SHORT]
    if in_brackets and letters:
        return in_brackets[0]
    if re.fullmatch(r"\d+m", parts[0].lower()) and any(part.isupper() for part in letters):
        return "Mật"
    if len(letters) < 2:
        return None
    ends = [letters[0]] if letters[-1] == "TM" and len(letters) == 2 else [letters[0], letters[-1]]
    return next((_SHORT[part.lower()] for part in ends if part.isupper() and part.lower() in _SHORT), None)


# --- refusing it -----------------------------------------------------------------------------------------------------

REFUSAL: Final = Text(
    "Có dấu hiệu độ mật '{mark}'. Văn bản thuộc bí mật nhà nước không được lưu trong hệ thống này; "
    "nếu không phải văn bản mật, hãy viết lại để không còn dấu hiệu đó",
    "It bears the secrecy mark '{mark}'. State secrets must not be stored here; "
    "if the document is none, write it without that mark",
)


class SecrecyMark(Invalid):
    """What was sent bears the mark of a state secret."""

    code = "secrecy_mark"
    title = Text("Không được lưu tài liệu bí mật nhà nước", "Documents that are state secrets must not be stored here")


def refuse_secrecy_marks(texts: Mapping[str, str | None]) -> None:
    """Refuse with 422 ``secrecy_mark`` when one of ``texts`` (JSON Pointer: value) bears a mark, naming each."""
    marks = {pointer: secrecy_mark(text) for pointer, text in texts.items() if text}
    faults = [FieldError(p, "secrecy_mark", REFUSAL.fill(mark=mark)) for p, mark in marks.items() if mark]
    if faults:
        raise SecrecyMark(errors=faults)
