"""Words on papers, as Nghị định 30/2020/NĐ-CP writes them."""

from datetime import date

import pytest

from app.exports import words


@pytest.mark.parametrize(
    ("day", "short", "long"),
    [
        (date(2024, 1, 5), "05/01/2024", "ngày 05 tháng 01 năm 2024"),
        (date(2024, 2, 28), "28/02/2024", "ngày 28 tháng 02 năm 2024"),
        (date(2024, 4, 26), "26/4/2024", "ngày 26 tháng 4 năm 2024"),
        (date(2024, 12, 3), "03/12/2024", "ngày 03 tháng 12 năm 2024"),
    ],
)
def test_days_and_only_the_first_two_months_are_padded(day: date, short: str, long: str) -> None:
    assert (words.short_day(day), words.long_day(day, 2020)) == (short, long)


def test_an_unsigned_paper_leaves_room_for_the_date_and_the_number() -> None:
    assert words.place_and_day("Vinh", None, 2024) == "Vinh, ngày      tháng      năm 2024"
    assert words.place_and_day(None, date(2024, 7, 1), 2024) == "ngày 01 tháng 7 năm 2024"
    assert words.numbered(None, "BC").strip() == "/BC-"


@pytest.mark.parametrize(
    ("given", "printed"), [("5/BC-UBND", "05/BC-UBND"), ("05/BC-UBND", "05/BC-UBND"), ("320/KH-UBND", "320/KH-UBND")]
)
def test_numbers_under_ten_have_a_zero(given: str, printed: str) -> None:
    assert words.numbered(given, "BC") == printed


def test_who_issues_stands_within_a_sentence() -> None:
    assert words.body_of("Xã Mã Thành", "commune") == "Ủy ban nhân dân xã Mã Thành"
    assert words.body_of("Sở Giáo dục và Đào tạo", "base") == "Sở Giáo dục và Đào tạo"


def test_a_plan_names_its_subject() -> None:
    assert words.subject_of("Kế hoạch sơ kết 02 năm (2023 - 2024)") == "Sơ kết 02 năm (2023 - 2024)"
    assert words.subject_of("Kế hoạch về việc sơ kết") == "Sơ kết"
    assert words.subject_of("Sơ kết 02 năm") == "Sơ kết 02 năm"


def test_lines_lose_what_the_paper_sets_itself() -> None:
    assert words.listed(["- Như trên;", "Lưu: VT, PV01.", " ; "]) == ["Như trên", "Lưu: VT, PV01"]
    assert words.signing_lines("TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH") == ["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"]
    assert words.signing_lines(None) == []
    assert words.paragraphs("Một\n\n  Hai \r\nBa") == ["Một", "Hai", "Ba"]
