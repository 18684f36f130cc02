"""Cells as people write them: what is read, and what is refused rather than guessed."""

import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl.utils.datetime import MAC_EPOCH

from app.submissions.faults import Refused
from app.submissions.reading_values import Choices, RawCell, day_of, number_of, read_value, text_of, whole_of
from app.submissions.workbook_layout import Field

UNITS = {"units": Choices("Đơn vị", [("1", "Xã Châu Bình"), ("2", "Xã Châu Bính"), ("3", "Phường Hoà Hiếu")])}
UNIT = Field("unit", "Đơn vị", "choice", choices="units")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (1250, 1250),
        (1250.0, 1250),
        ("1250", 1250),
        ("1.250", 1250),
        ("1.234.567", 1_234_567),
        ("1\u00a0250", 1250),
        (" 12 ", 12),
        ("12,0", 12),
        ("0", 0),
        ("-3", -3),
    ],
)
def test_whole_numbers(written: Any, read: int) -> None:
    assert whole_of(RawCell(written)) == read


@pytest.mark.parametrize(
    ("written", "code"),
    [
        (12.5, "not_whole"),
        ("12,5", "not_whole"),
        ("1,250", "not_whole"),
        ("1.25", "not_a_number"),
        ("12.500,5.1", "not_a_number"),
        ("mười", "not_a_number"),
        ("1e3", "not_a_number"),
        (True, "not_a_number"),
        (datetime(2024, 1, 2), "not_a_number"),  # noqa: DTZ001
        (1e20, "out_of_range"),
        (float("nan"), "out_of_range"),
    ],
)
def test_what_is_no_whole_number(written: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        whole_of(RawCell(written))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        (RawCell("1.234,5"), "1234.5"),
        (RawCell("87,6%"), "87.6"),
        (RawCell(87.6), "87.6"),
        (RawCell(0.876, percent=True), "87.6"),
        (RawCell("1.234.567"), "1234567"),
        (RawCell("12"), "12"),
    ],
)
def test_numbers_with_decimals(cell: RawCell, read: str) -> None:
    assert number_of(cell) == Decimal(read)


@pytest.mark.parametrize(("written", "code"), [("1.234", "ambiguous_number"), ("12.5", "not_a_number")])
def test_a_point_in_a_column_with_decimals_is_not_guessed(written: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        number_of(RawCell(written))
    assert refused.value.code == code


@pytest.mark.parametrize(
    "written",
    [
        datetime(2024, 4, 26),  # noqa: DTZ001
        date(2024, 4, 26),
        45408,
        45408.0,
        "26/4/2024",
        "26/04/2024",
        "26-4-2024",
        "26.4.2024",
        "26 /4/2024",
        "ngày 26 tháng 4 năm 2024",
        unicodedata.normalize("NFD", "Ngày 26 tháng 04 năm 2024"),
        "2024-04-26",
    ],
)
def test_days(written: Any) -> None:
    assert day_of(RawCell(written)) == date(2024, 4, 26)


def test_days_are_counted_from_the_files_own_first_day() -> None:
    assert day_of(RawCell(43946, epoch=MAC_EPOCH)) == date(2024, 4, 26)


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("4/26/2024", "not_a_day"),
        ("31/2/2024", "not_a_day"),
        ("26/4/24", "not_a_day"),
        ("tháng 4", "not_a_day"),
        (2024, "not_a_day"),
        (True, "not_a_day"),
        ("1/1/1900", "day_out_of_range"),
        ("5/2024", "not_a_day"),
    ],
)
def test_what_is_no_day(written: Any, code: str) -> None:
    with pytest.raises(Refused) as refused:
        day_of(RawCell(written))
    assert refused.value.code == code


def test_texts_are_in_one_form_with_ordinary_blanks() -> None:
    written = unicodedata.normalize("NFD", "\ufeff Trường\u00a0THCS\u200b  Mã Thành ")
    assert text_of(RawCell(written)) == "Trường THCS Mã Thành"
    assert text_of(RawCell(15.0)) == "15", "a number of a document typed without its symbol"
    assert text_of(RawCell("a\r\nb"), several_lines=True) == "a\nb"
    assert text_of(RawCell("=1+1")) == "=1+1", "text stays text"


def test_a_choice_is_known_by_its_words_and_never_merged_by_folding() -> None:
    assert read_value(UNIT, RawCell("xã  châu bình"), UNITS) == "1"
    assert read_value(UNIT, RawCell("Xã Châu Bính"), UNITS) == "2"
    assert read_value(UNIT, RawCell("Phường Hòa Hiếu"), UNITS) == "3", "the tone stands elsewhere"
    with pytest.raises(Refused) as refused:
        read_value(UNIT, RawCell("Xa Chau Binh"), UNITS)
    assert refused.value.code == "ambiguous_choice"


def test_a_formula_counts_by_its_stored_result_only() -> None:
    count = Field("n", "Số", "whole")
    assert read_value(count, RawCell(7, formula=True), {}) == 7
    with pytest.raises(Refused) as refused:
        read_value(count, RawCell(None, formula=True), {})
    assert refused.value.code == "formula_without_value"
    with pytest.raises(Refused) as refused:
        read_value(count, RawCell("#REF!", formula=True), {})
    assert refused.value.code == "formula_error"
