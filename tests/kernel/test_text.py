"""The forms of Vietnamese text on real unit names of Nghệ An, in the order of ICU's Vietnamese collation."""

import random
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernel.text import EndlessMarks, collapse, fold, has_endless_marks, nfc, sort_key

NAMES = (Path(__file__).parents[1] / "data" / "name_order_nghe_an.txt").read_text("utf-8").splitlines()


def nfd(s: str) -> str:
    return unicodedata.normalize("NFD", s)


def test_the_reference_holds_the_distinct_names() -> None:
    assert len(NAMES) == len(set(NAMES)) == 456


def test_sorting_reproduces_the_reference_order() -> None:
    shuffled = NAMES.copy()
    random.shuffle(shuffled)
    assert sorted(shuffled, key=sort_key) == NAMES


def test_nfd_input_sorts_like_nfc() -> None:
    assert [sort_key(nfd(name)) for name in NAMES] == [sort_key(name) for name in NAMES]


def test_no_two_names_share_a_sort_key() -> None:
    assert len({sort_key(name) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("An Hòa", "Anh Sơn"),
        ("Diễn Yên", "Đô Lương"),
        ("Quỳ Hợp", "Quỳnh Lưu"),
        ("Châu Bình", "Châu Bính"),
        ("Nậm Càn", "Nậm Cắn"),
    ],
)
def test_order_of_people(before: str, after: str) -> None:
    assert sort_key(before) < sort_key(after)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Yên Thành", "yen thanh"),
        ("Huyện ĐÔ LƯƠNG", "huyen do luong"),
        ("  Thị xã \t Thái\u00a0Hòa ", "thi xa thai hoa"),
        ("Thị xã Thái Hoà", "thi xa thai hoa"),
        ("Thuỷ", "thuy"),
        ("Thủy", "thuy"),
        ("Cư H’Leo", "cu h'leo"),
        ("Nghi\u200b Lộc\ufeff", "nghi loc"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_nfd_input_folds_like_nfc() -> None:
    assert [fold(nfd(name)) for name in NAMES] == [fold(name) for name in NAMES]


def test_folded_names_are_plain_lower_case_ascii() -> None:
    assert all(folded.isascii() and folded == folded.lower() for folded in map(fold, NAMES))


def test_names_that_fold_alike_stay_apart_in_order() -> None:
    assert fold("Châu Bình") == fold("Châu Bính")
    assert sort_key("Châu Bình") != sort_key("Châu Bính")


@given(st.text())
@settings(deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
@settings(deadline=None)
def test_normal_forms_agree_for_any_text(text: str) -> None:
    assert sort_key(nfd(text)) == sort_key(nfc(text))
    assert fold(nfd(text)) == fold(nfc(text))


def test_nfc_composes() -> None:
    assert nfc(nfd("Nghệ An")) == "Nghệ An"


def test_collapse_joins_white_space_of_every_kind() -> None:
    assert collapse("\n Xã \u00a0\t Tam\r\nQuang ") == "Xã Tam Quang"


@pytest.mark.parametrize("mark", ["\u0301", "\u0323\u0302", "\u0f73", "\u0345"])
def test_marks_without_end_are_found_wherever_they_stand(mark: str) -> None:
    marks = mark * 31
    for before in range(70):
        assert has_endless_marks("x" * before + marks[:31] + "y" * 50)
        assert not has_endless_marks("x" * before + marks[:30] + "y" * 50)
    with pytest.raises(EndlessMarks):
        nfc("a" + mark * 200_000)


def test_writing_has_no_endless_marks() -> None:
    text = "Xã Tiến Thành, huyện Yên Thành: ấp ứ ệ ọ, ngườ̂i. " * 1000
    assert not has_endless_marks(text)
    assert not has_endless_marks(unicodedata.normalize("NFD", text))


def test_every_letter_that_begins_with_a_mark_is_known() -> None:
    missed = [
        hex(code)
        for code in range(0x110000)
        if unicodedata.combining(unicodedata.normalize("NFD", chr(code))[0]) and not has_endless_marks(chr(code) * 31)
    ]
    assert missed == []
