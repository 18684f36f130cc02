"""What Pydantic found, said in Vietnamese and English with a JSON Pointer to the place."""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Literal

from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.personal import IDENTITY_FOUND
from app.kernel.secrecy import REFUSAL, SecrecyMark

_INSTANT = Text(
    "Phải là thời điểm kèm múi giờ, ví dụ 2024-07-10T08:00:00+07:00",
    "An instant with its time zone is expected, such as 2024-07-10T08:00:00+07:00",
)

_MESSAGES: dict[str, Text] = {
    "missing": Text("Thiếu trường bắt buộc", "This field is required"),
    "extra_forbidden": Text("Trường hoặc tham số không tồn tại; kiểm tra chính tả", "Unknown name; check the spelling"),
    "json_invalid": Text("JSON không hợp lệ", "Not valid JSON"),
    "string_type": Text("Phải là chuỗi ký tự", "A string is expected"),
    "string_too_short": Text("Cần ít nhất {min_length} ký tự", "At least {min_length} characters are needed"),
    "string_too_long": Text("Tối đa {max_length} ký tự", "At most {max_length} characters are allowed"),
    "string_pattern_mismatch": Text("Không đúng dạng {pattern}", "Does not match the pattern {pattern}"),
    "int_type": Text("Phải là số nguyên", "An integer is expected"),
    "int_parsing": Text("Phải là số nguyên", "An integer is expected"),
    "int_from_float": Text("Phải là số nguyên", "An integer is expected"),
    "bool_type": Text("Phải là true hoặc false", "true or false is expected"),
    "bool_parsing": Text("Phải là true hoặc false", "true or false is expected"),
    "decimal_type": Text("Phải là số", "A number is expected"),
    "decimal_max_digits": Text("Tối đa {max_digits} chữ số", "At most {max_digits} digits are allowed"),
    "decimal_max_places": Text(
        "Tối đa {decimal_places} chữ số thập phân", "At most {decimal_places} decimals are allowed"
    ),
    "decimal_whole_digits": Text("Tối đa {whole_digits} chữ số phần nguyên", "At most {whole_digits} integer digits"),
    "greater_than_equal": Text("Phải lớn hơn hoặc bằng {ge}", "Must be at least {ge}"),
    "less_than_equal": Text("Phải nhỏ hơn hoặc bằng {le}", "Must be at most {le}"),
    "greater_than": Text("Phải lớn hơn {gt}", "Must be greater than {gt}"),
    "less_than": Text("Phải nhỏ hơn {lt}", "Must be less than {lt}"),
    "enum": Text("Chỉ nhận: {expected}", "One of {expected} is expected"),
    "literal_error": Text("Chỉ nhận: {expected}", "One of {expected} is expected"),
    "uuid_parsing": Text("Phải là UUID", "A UUID is expected"),
    "uuid_type": Text("Phải là UUID", "A UUID is expected"),
    "date_from_datetime_parsing": Text("Phải là ngày dạng YYYY-MM-DD", "A date YYYY-MM-DD is expected"),
    "date_parsing": Text("Phải là ngày dạng YYYY-MM-DD", "A date YYYY-MM-DD is expected"),
    "date_from_datetime_inexact": Text("Phải là ngày dạng YYYY-MM-DD", "A date YYYY-MM-DD is expected"),
    "date_type": Text("Phải là ngày dạng YYYY-MM-DD", "A date YYYY-MM-DD is expected"),
    "datetime_from_date_parsing": _INSTANT,
    "datetime_parsing": _INSTANT,
    "timezone_aware": Text("Thời điểm phải có múi giờ", "The instant needs a time zone"),
    "too_short": Text("Cần ít nhất {min_length} phần tử", "At least {min_length} items are needed"),
    "too_long": Text("Tối đa {max_length} phần tử", "At most {max_length} items are allowed"),
    "list_type": Text("Phải là danh sách", "A list is expected"),
    "dict_type": Text("Phải là đối tượng JSON", "A JSON object is expected"),
    "model_type": Text("Phải là đối tượng JSON", "A JSON object is expected"),
    "model_attributes_type": Text("Phải là đối tượng JSON", "A JSON object is expected"),
    "blank_text": Text("Cần ít nhất một ký tự nhìn thấy được", "At least one visible character is needed"),
    "secrecy_mark": REFUSAL,
    "personal_identifier": IDENTITY_FOUND,
    "finite_number": Text("Phải là số hữu hạn", "A finite number is expected"),
}

_PLACES: dict[Any, Literal["body", "query", "path", "header"]] = {
    "body": "body",
    "query": "query",
    "path": "path",
    "header": "header",
    "cookie": "header",
}


def _message(error: Mapping[str, Any]) -> Text:
    known = _MESSAGES.get(error["type"])
    if known is None:
        reason = str(error.get("msg", "")).removeprefix("Value error, ")
        return Text(f"Giá trị không hợp lệ ({reason})", reason or "Not a valid value")
    try:
        filled = known.fill(**{name: _day(value) for name, value in error.get("ctx", {}).items()})
    except (KeyError, IndexError):
        return known
    # Pydantic joins the last two of the words it expects in English.
    return filled._replace(vi=filled.vi.replace("' or '", "' hoặc '"))


def _day(value: Any) -> Any:
    """A limit of days as a client writes it; Pydantic tells it as Python code."""
    found = re.fullmatch(r"datetime\.date\((\d+), (\d+), (\d+)\)", value) if isinstance(value, str) else None
    return "{:0>4}-{:0>2}-{:0>2}".format(*found.groups()) if found else value


def pointer(parts: Iterable[Any]) -> str:
    """A JSON Pointer (RFC 6901) of ``parts``; a part that is not a key or an index is left out."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's errors as field errors; at most 100, so that a hostile body cannot make a huge answer."""
    return [field_error(error) for error in islice(errors, 100)]


def refusal(errors: Iterable[Mapping[str, Any]]) -> Invalid:
    """What answers Pydantic's errors: ``secrecy_mark`` where there is nothing else to mend."""
    faults = field_errors(errors)
    marked = all(fault.code == SecrecyMark.code for fault in faults)
    return SecrecyMark(errors=faults) if marked and faults else Invalid(errors=faults)


def field_error(error: Mapping[str, Any]) -> FieldError:
    """One of Pydantic's errors, whose place begins with where it is: ``body``, ``query`` ..."""
    place, *parts = error["loc"] or ("body",)
    where = _PLACES.get(place, "body")
    if error["type"] == "json_invalid":
        parts = []
    return FieldError(pointer(parts), str(error["type"]), _message(error), where)
