"""What the loader's CSV may say, and that every mistake in it is named with its line."""

import unicodedata
from importlib import resources

import pytest

from app.units import csvfile
from app.units.csvfile import LineError, UnitRow, parse
from app.units.kinds import KINDS, LEVELS, is_above, kind_of_type, short_name

HEADER = "code,name,type,parent_code\n"
SOUND = HEADER + "40,Tỉnh Nghệ An,tỉnh,\n426,Huyện Yên Thành,huyện,40\n17506,Xã Mã Thành,xã,426\n"
SHIPPED = resources.files("app.data").joinpath("units", "nghe_an_2024.csv").read_bytes()


def errors(body: str, known: dict[str, str] | None = None) -> list[tuple[int, str | None, str]]:
    rows, found = parse(HEADER + body, known)
    assert rows == []
    assert all(error.vi and error.en for error in found)
    return [(error.line, error.column, error.code) for error in found]


def single(content: str | bytes) -> LineError:
    rows, found = parse(content)
    assert rows == []
    assert len(found) == 1
    return found[0]


def row(body: str, known: dict[str, str]) -> UnitRow:
    rows, found = parse(HEADER + body, known)
    assert found == []
    assert len(rows) == 1
    return rows[0]


def test_a_sound_file() -> None:
    assert parse(SOUND) == (
        [
            UnitRow(2, "40", "Tỉnh Nghệ An", "Nghệ An", "province", "province", None),
            UnitRow(3, "426", "Huyện Yên Thành", "Yên Thành", "rural_district", "district", "40"),
            UnitRow(4, "17506", "Xã Mã Thành", "Mã Thành", "commune", "commune", "426"),
        ],
        [],
    )


@pytest.mark.parametrize(
    "content",
    [
        SOUND.encode(),
        b"\xef\xbb\xbf" + SOUND.encode(),
        "\ufeff" + SOUND,
        unicodedata.normalize("NFD", SOUND),
        SOUND.replace("\n", "\r\n"),
        SOUND.replace("Xã Mã Thành,xã", '" Xã \u00a0 Mã  Thành ",XÃ'),
        SOUND + "\n,,,\n",
        SOUND.removesuffix("\n"),
    ],
    ids=["bytes", "bom", "bom in text", "nfd", "crlf", "blanks and case", "blank rows", "no last newline"],
)
def test_harmless_differences_read_alike(content: str | bytes) -> None:
    assert parse(content) == parse(SOUND)


def test_columns_may_stand_in_any_order() -> None:
    rows, found = parse("Parent_Code,type,name,code\n,tỉnh,Tỉnh Nghệ An,40\n")
    assert found == []
    assert rows == [UnitRow(2, "40", "Tỉnh Nghệ An", "Nghệ An", "province", "province", None)]


def test_parents_come_first_whatever_the_order_in_the_file() -> None:
    rows, found = parse(HEADER + "3,Xã C,xã,2\n2,Huyện B,huyện,1\n4,Xã D,xã,2\n1,Tỉnh A,tỉnh,\n")
    assert found == []
    assert [r.code for r in rows] == ["1", "2", "3", "4"]


def test_the_shipped_units_of_2024() -> None:
    rows, found = parse(SHIPPED)
    assert found == []
    counts = {level: sum(r.level == level for r in rows) for level in LEVELS}
    assert counts == {"central": 0, "province": 1, "district": 21, "commune": 460, "base": 0}
    position = {r.code: i for i, r in enumerate(rows)}
    assert all(position[r.parent_code] < position[r.code] for r in rows if r.parent_code)
    assert next(r for r in rows if r.code == "413").short_name == "Cửa Lò"


@pytest.mark.parametrize(
    ("type_vi", "name", "parent", "kind", "short"),
    [
        ("thành phố", "Thành phố Hà Nội", "", "municipality", "Hà Nội"),
        ("thành phố trực thuộc trung ương", "Thành phố Huế", "", "municipality", "Huế"),
        ("thành phố", "Thành phố Vinh", "P", "city", "Vinh"),
        ("thị xã", "THỊ XÃ Thái Hòa", "P", "town", "Thái Hòa"),
        ("quận", "Quận 1", "P", "urban_district", "1"),
        ("phường", "Phường Lê Lợi", "D", "ward", "Lê Lợi"),
        ("thị trấn", "Thị trấn Dùng", "D", "township", "Dùng"),
        ("đặc khu", "Đặc khu Vân Đồn", "P", "special_zone", "Vân Đồn"),
        ("cơ quan", "Sở Tư pháp", "P", "agency", "Sở Tư pháp"),
        ("doanh nghiệp", "Công ty A", "C", "enterprise", "Công ty A"),
        ("cơ sở giáo dục", "Trường THPT B", "C", "school", "Trường THPT B"),
        ("xã", "Xã", "D", "commune", "Xã"),
        ("xã", "Xãy Dựng", "D", "commune", "Xãy Dựng"),
    ],
)
def test_kinds_and_short_names(type_vi: str, name: str, parent: str, kind: str, short: str) -> None:
    known = {"P": "province", "D": "district", "C": "commune"}
    unit = row(f"x,{name},{type_vi},{parent}\n", known)
    assert (unit.kind, unit.short_name, unit.level) == (kind, short, KINDS[kind].level)


def test_every_level_has_kinds_and_the_ministry_comes_from_no_file() -> None:
    assert {kind.level for kind in KINDS.values()} == set(LEVELS)
    assert kind_of_type("bộ", has_parent=False) is None
    assert short_name("Bộ Công an", KINDS["ministry"]) == "Bộ Công an"
    assert is_above("central", "base")
    assert not is_above("base", "base")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("1,A,làng,\n", [(2, "type", "unknown_type")]),
        ("1,Bộ A,bộ,\n", [(2, "type", "unknown_type")]),
        ("1, ,tỉnh,\n", [(2, "name", "empty_name")]),
        (",A,tỉnh,\n", [(2, "code", "bad_code")]),
        ("4_0,A,tỉnh,\n", [(2, "code", "bad_code")]),
        ("Đ1,A,tỉnh,\n", [(2, "code", "bad_code")]),
        (f"{'9' * 36},A,tỉnh,\n", [(2, "code", "bad_code")]),
        ("1,A,huyện,4 0\n", [(2, "parent_code", "bad_code")]),
        (f"1,{'a' * 201},tỉnh,\n", [(2, "name", "name_too_long")]),
        ("1,A\x00B,tỉnh,\n", [(2, "name", "control_character")]),
        ("1,A,tỉnh\n", [(2, None, "wrong_field_count")]),
        ("1,A,tỉnh,,\n", [(2, None, "wrong_field_count")]),
        ('1,"A"B,tỉnh,\n2,C,làng,\n', [(2, None, "bad_csv"), (3, "type", "unknown_type")]),
        ('1,A,tỉnh,\n2,"B,huyện,1\n3,C,xã,2\n', [(3, None, "bad_csv")]),
        ("1,A,tỉnh,\n1,B,tỉnh,\n", [(3, "code", "duplicate_code")]),
        ("1,A,huyện,99\n", [(2, "parent_code", "unknown_parent")]),
        ("1,A,huyện,\n", [(2, "parent_code", "missing_parent")]),
        ("1,A,tỉnh,\n2,B,xã,1\n3,C,huyện,2\n", [(4, "parent_code", "parent_level")]),
        ("1,A,tỉnh,\n2,B,xã,1\n3,C,xã,2\n", [(4, "parent_code", "parent_level")]),
        ("1,A,huyện,1\n", [(2, "parent_code", "cycle")]),
    ],
)
def test_mistakes_are_named_by_line(body: str, expected: list[tuple[int, str | None, str]]) -> None:
    assert errors(body) == expected


def test_all_mistakes_in_one_pass() -> None:
    body = "1,,tỉnh,\n2,B,làng,1\n2,C,huyện,1\n3,D,huyện,77\n4,E,xã,5\n5,F,huyện,4\n6,G,xã,3\n"
    assert errors(body) == [
        (2, "name", "empty_name"),
        (3, "type", "unknown_type"),
        (4, "code", "duplicate_code"),
        (5, "parent_code", "unknown_parent"),
        (6, "parent_code", "cycle"),
        (7, "parent_code", "cycle"),
    ]


def test_a_duplicate_names_both_lines() -> None:
    error = single(HEADER + "1,A,tỉnh,\n2,B,huyện,1\n1,C,tỉnh,\n")
    assert "dòng 2" in error.vi
    assert "dòng 4" in error.vi


def test_a_cycle_names_its_members_and_not_those_that_hang_from_it() -> None:
    _, found = parse(HEADER + "1,A,xã,2\n2,B,huyện,3\n3,C,huyện,2\n")
    assert [(e.line, e.code) for e in found] == [(3, "cycle"), (4, "cycle")]
    assert all("2 (dòng 3) → 3 (dòng 4) → 2" in e.vi for e in found)
    assert "line 3" in found[0].en


def test_a_child_is_not_blamed_for_its_parents_broken_row() -> None:
    assert errors("1,A,tỉnh\n2,B,huyện,1\n") == [(2, None, "wrong_field_count")]


def test_a_parent_may_already_be_in_the_system() -> None:
    assert row("x,Trường A,cơ sở giáo dục,17506\n", {"17506": "commune"}).parent_code == "17506"
    assert errors("x,Xã A,xã,17506\n", {"17506": "commune"}) == [(2, "parent_code", "parent_level")]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("code,name,type\n", [("parent_code", "missing_column")]),
        ("code,name,type,parent_code,code\n", [("code", "duplicate_column")]),
        ("code,name,type,parent_code,note\n", [(None, "unknown_column")]),
        ("code,name,kind,parent_code\n", [("type", "missing_column"), (None, "unknown_column")]),
    ],
)
def test_a_wrong_header_is_named(header: str, expected: list[tuple[str | None, str]]) -> None:
    rows, found = parse(header + "1,A,tỉnh,\n")
    assert rows == []
    assert [(e.column, e.code) for e in found] == expected


def test_the_header_is_missing() -> None:
    _, found = parse("40,Tỉnh Nghệ An,tỉnh,\n")
    assert {e.column for e in found if e.code == "missing_column"} == set(csvfile.COLUMNS)


@pytest.mark.parametrize("content", ["", b"", "\n\n", b"\xef\xbb\xbf", HEADER])
def test_an_empty_file(content: str | bytes) -> None:
    assert single(content).code == "empty_file"


def test_lines_that_are_not_utf8_are_all_named() -> None:
    content = HEADER.encode() + b"1,T\xecnh A,x,\n" + "2,Tỉnh B,tỉnh,\n".encode() + b"3,Huy\xean C,x,2\n"
    _, found = parse(content)
    assert [(e.line) for e in found if e.code == "not_utf8"] == [2, 4]
    assert "byte thứ 4" in found[0].vi


def test_a_lone_surrogate_is_refused() -> None:
    assert (2, None, "not_utf8") in errors("1,A\ud800,tỉnh,\n")


def test_a_file_over_the_limit_is_refused_unread() -> None:
    assert single(b"x" * (csvfile.MAX_BYTES + 1)).code == "file_too_large"


def test_reading_stops_after_a_thousand_mistakes() -> None:
    rows, found = parse(HEADER + "a\n" * 5000)
    assert rows == []
    assert len(found) == 1001
    assert [e.code for e in found[-2:]] == ["wrong_field_count", "too_many_errors"]


def test_a_huge_cell_is_an_error_of_its_line() -> None:
    assert errors("1," + "a" * 200_000 + ",tỉnh,\n2,B,làng,\n")[0] == (2, None, "bad_csv")


def test_messages_quote_long_values_only_in_part() -> None:
    error = single(HEADER + f"1,A,{'b' * 5000},\n")
    assert len(error.vi) < 300
