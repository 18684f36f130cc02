"""Encodings of before Unicode: judged by the column, converted before anything is cleaned."""

import unicodedata

import pytest

from app.submissions.legacy import Judgement, convert, decode, is_syllable, judge, separator_of
from tests.submissions.old_letters import tcvn3, vni

COLUMN = ["xã Nam Sơn", "huyện Đô Lương", "thị trấn Yên Thành", "Quỳ Hợp", "Nghĩa Đàn", "ý kiến của nhân dân"]


def test_the_tables_of_the_tests_write_what_old_files_hold() -> None:
    assert (tcvn3("xã Nam Sơn"), tcvn3("huyện Đô Lương")) == ("x· Nam S¬n", "huyÖn §« L\u00ad¬ng")
    assert vni("TRƯỜNG TIỂU HỌC tuyên truyền") == "TRÖÔØNG TIEÅU HOÏC tuyeân truyeàn"


def test_a_column_in_tcvn3_is_known_and_keeps_its_soft_hyphens() -> None:
    found = judge(map(tcvn3, COLUMN))
    assert found == Judgement("tcvn3")
    assert [convert(tcvn3(text), found) for text in COLUMN] == COLUMN


def test_a_column_in_vni_is_known_capitals_too() -> None:
    column = [*COLUMN, "TRƯỜNG TIỂU HỌC", "ỦY BAN NHÂN DÂN XÃ ĐỒNG VĂN"]
    found = judge(map(vni, column))
    assert found == Judgement("vni")
    assert [convert(vni(text), found) for text in column] == column


@pytest.mark.parametrize("text", ["xã Nam Sơn", "Kế hoạch", "Đô Lương", "thị trấn"])
def test_even_one_short_cell_tells(text: str) -> None:
    assert judge([tcvn3(text)]).encoding == "tcvn3"
    assert judge([vni(text)]).encoding == "vni"


def test_capitals_that_came_from_the_font_are_restored() -> None:
    column = ["THỊ TRẤN YÊN THÀNH", "XÃ MÃ THÀNH", "HUYỆN ĐÔ LƯƠNG"]
    found = judge(map(tcvn3, column))
    assert found == Judgement("tcvn3", capitals=True)
    assert [convert(tcvn3(text), found) for text in column] == column


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_unicode_is_left_alone(form: str) -> None:
    column = [unicodedata.normalize(form, text) for text in [*COLUMN, "Hoà Bình", "khuỷu tay, nghiêng"]]  # type: ignore[arg-type]
    assert judge(column) == Judgement("unicode")


@pytest.mark.parametrize("column", [[], ["abc", "15/KH"], ["café", "naïve résumé", "Größe"], ["12", "€ 5"]])
def test_what_is_not_vietnamese_is_left_alone(column: list[str]) -> None:
    assert judge(column).encoding == "unicode"


@pytest.mark.parametrize("word", ["nghiêng", "khuỷu", "Thuỷ", "thủy", "giặc", "QUYẾT", "uống", "ơi", "quốc", "gìn"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["Lưõng", "TIEÅU", "xaõ", "traỏn", "các̀", "xyz", "hoang̃", "ho̭c", "tâ"])
def test_what_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)


def windows_1258(text: str) -> bytes:
    """``text`` as Windows wrote Vietnamese: letters with their shape, tones after them."""
    out = b""
    for letter in text:
        tones = [mark for mark in unicodedata.normalize("NFD", letter) if mark in "\u0300\u0301\u0309\u0303\u0323"]
        bare = "".join(mark for mark in unicodedata.normalize("NFD", letter) if mark not in tones)
        out += (unicodedata.normalize("NFC", bare) + "".join(tones)).encode("cp1258")
    return out


TEXT = "Số, ký hiệu;Ngày ban hành\r\n15/KH-UBND;12/3/2024\r\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8-sig"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16"),
        (TEXT.encode("utf-16-be"), "utf-16"),
        (windows_1258(TEXT), "windows-1258"),
    ],
)
def test_text_files_in_every_usual_encoding(content: bytes, encoding: str) -> None:
    assert decode(content) == (TEXT, encoding)


@pytest.mark.parametrize("old", [tcvn3, vni])
def test_files_of_one_letter_a_byte_are_left_to_their_columns(old: object) -> None:
    assert callable(old)
    written = old(TEXT)
    assert decode(written.encode("latin-1")) == (written, "single-byte")


@pytest.mark.parametrize("sign", [";", ",", "\t"])
def test_the_separator_is_found(sign: str) -> None:
    lines = [["Số, ký hiệu" if sign != "," else "Số", "Ngày", "Trích yếu"], ["1", "12/3/2024", "a; b"], ["2", "", "c"]]
    lines = [[cell.replace(sign, " ") for cell in line] for line in lines]
    assert separator_of("\n".join(sign.join(line) for line in lines)) == sign
