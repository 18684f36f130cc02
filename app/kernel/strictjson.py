"""Strict reading of JSON (I-JSON, RFC 7493): what other parsers quietly mend is refused here."""

import json
import math
import unicodedata
from typing import Any

from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.text import has_endless_marks

MOST_VALUES = 200_000
"""Bound of what one body can make the parser build, and so of how long it keeps others waiting (0.2 s)."""


class MalformedJson(Invalid):
    """The body is not JSON that every parser would read alike."""

    code = "malformed_json"
    title = Text("Nội dung JSON không hợp lệ", "The body is not valid JSON")

    def __init__(self, vi: str, en: str) -> None:
        super().__init__(Text(vi, en), [FieldError("", "malformed_json", Text(vi, en))])


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        name = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedJson(f"Khóa {name!r} xuất hiện hai lần", f"The key {name!r} appears twice")
    return result


def _constant(name: str) -> Any:
    raise MalformedJson(f"{name} không phải là số JSON", f"{name} is not a JSON number")


def _float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise MalformedJson(f"Số {text[:40]} quá lớn", f"The number {text[:40]} is out of range")
    return value


def _int(text: str) -> int:
    if len(text) > 20:
        raise MalformedJson("Số nguyên quá dài", "The integer is out of range")
    return int(text)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_float=_float, parse_int=_int)


def _clean(text: str) -> str:
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise MalformedJson("Chuỗi có ký tự thay thế lẻ", "A string holds a lone surrogate")
    if "\x00" in text:
        raise MalformedJson("Chuỗi có ký tự NUL", "A string holds a NUL character")
    if has_endless_marks(text):
        raise MalformedJson("Có quá nhiều dấu kết hợp liền nhau", "Too many combining marks in a row")
    return unicodedata.normalize("NFC", text)


def _walk(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, list):
        return [_walk(item) for item in value]
    if isinstance(value, dict):
        return _object([(_clean(key), _walk(item)) for key, item in value.items()])
    return value


def loads(body: bytes) -> Any:
    """Parse ``body``; all text comes out in NFC.

    Raises:
        MalformedJson: not UTF-8, not JSON, a key twice, NaN or an infinite number, NUL, a lone
            surrogate, nested too deep, a run of marks without end, too many values.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise MalformedJson(f"Không phải UTF-8 (byte {fault.start})", f"Not UTF-8 (byte {fault.start})") from fault
    if text.count(",") + text.count("[") + text.count("{") > MOST_VALUES:
        raise MalformedJson(f"Quá {MOST_VALUES} giá trị", f"More than {MOST_VALUES} values")
    if has_endless_marks(text):
        raise MalformedJson("Có quá nhiều dấu kết hợp liền nhau", "Too many combining marks in a row")
    try:
        value = _DECODER.decode(text)
        # Escapes are the only way a character can hide from a look at the whole text.
        if "\\u" in text or not unicodedata.is_normalized("NFC", text):
            value = _walk(value)
    except json.JSONDecodeError as fault:
        raise MalformedJson(
            f"Lỗi cú pháp JSON ở dòng {fault.lineno}, cột {fault.colno}",
            f"JSON syntax error at line {fault.lineno}, column {fault.colno}: {fault.msg}",
        ) from fault
    except RecursionError as fault:
        raise MalformedJson("JSON lồng quá sâu", "The JSON is nested too deep") from fault
    return value
