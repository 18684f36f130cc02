"""What is wrong with input is told as a client wrote it, not as Python sees it."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.kernel.schema import Day
from app.kernel.validation import field_errors
from app.statistics.structure import Structure


@pytest.mark.parametrize(
    ("kind", "value", "code", "vi"),
    [
        (Day, "1899-12-31", "greater_than_equal", "Phải lớn hơn hoặc bằng 1900-01-01"),
        (Day, "3000-01-01", "less_than_equal", "Phải nhỏ hơn hoặc bằng 2999-12-31"),
        (Structure, "2024-13-01", "date_parsing", "Phải là ngày dạng YYYY-MM-DD"),
    ],
)
def test_days_are_told_as_days(kind: Any, value: str, code: str, vi: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    fault = field_errors(caught.value.errors())[0]
    assert (fault.code, fault.message.vi) == (code, vi)
