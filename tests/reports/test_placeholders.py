"""Placeholders, alone: how they are read, refused, and written with their figures."""

from datetime import date

import pytest

from app.reports.placeholders import (
    UNDEFINED,
    Broken,
    Figure,
    Kind,
    Placeholder,
    named,
    parse,
    parse_all,
    render,
    unknown,
    write,
)

ADVISED = Placeholder("directives.advised")
BODIES = Placeholder("registrations.registered", (("year", "2023"), ("unit_kind", "agency,school")))
SENTENCE = "[[Đã ban hành {{directives.advised}} văn bản.|Chưa ban hành văn bản nào.]]"


@pytest.mark.parametrize(
    ("figure", "written"),
    [
        (Figure(0), "0"),
        (Figure(12), "12"),
        (Figure(1234567), "1.234.567"),
        (Figure(-1234), "-1.234"),
        (Figure(12.5, "number"), "12,5"),
        (Figure(1234.0, "number"), "1.234"),
        (Figure(0.875, "percent"), "87,5%"),
        (Figure(0.666667, "percent"), "66,7%"),
        (Figure(1.0, "percent"), "100%"),
        (Figure(-0.25, "percent"), "-25%"),
        (Figure(None, "percent"), UNDEFINED),
        (Figure(date(2023, 1, 15), "date"), "15/01/2023"),
        (Figure(date(2024, 7, 4), "date"), "04/7/2024"),
        (Figure("Xã Mã Thành", "text"), "Xã Mã Thành"),
    ],
)
def test_figures_are_written_as_offices_write_them(figure: Figure, written: str) -> None:
    assert write(figure) == written


def test_placeholders_are_read_with_their_filters() -> None:
    parts = parse(
        "Có {{ registrations.registered  year=2023 unit_kind=agency,school }} đơn vị | và {{directives.advised}}."
    )
    assert list(named(parts)) == [BODIES, ADVISED]
    assert render(parts, {BODIES: Figure(1200), ADVISED: Figure(0)}) == "Có 1.200 đơn vị | và 0."
    assert str(BODIES) == "registrations.registered year=2023 unit_kind=agency,school"


@pytest.mark.parametrize(
    ("value", "said"),
    [(12, "Đã ban hành 12 văn bản."), (0, "Chưa ban hành văn bản nào."), (None, "Chưa ban hành văn bản nào.")],
)
def test_nothing_is_said_in_words(value: int | None, said: str) -> None:
    assert render(parse(SENTENCE), {ADVISED: Figure(value)}) == said


def test_a_choice_stays_with_figures_while_any_of_them_is_something() -> None:
    parts = parse("[[{{a.x}} và {{a.y}}|không]]")
    assert render(parts, {Placeholder("a.x"): Figure(0), Placeholder("a.y"): Figure(3)}) == "0 và 3"


@pytest.mark.parametrize(
    ("value", "kind", "said"),
    [
        (12, "integer", "tăng 12"),
        (-1234, "integer", "giảm 1.234"),
        (-0.117, "percent", "giảm 11,7%"),
        (0, "integer", "không thay đổi"),
        (None, "percent", UNDEFINED),
    ],
)
def test_differences_are_written_in_words(value: float | None, kind: Kind, said: str) -> None:
    assert write(Figure(value, kind, in_words=True)) == said


def test_a_choice_for_nothing_leaves_no_empty_line() -> None:
    parts = parse("Một\n[[- có {{a.x}}|]][[, {{a.y}} nữa|]].\nHai[[, {{a.x}}|]]\n\nBa")
    nothing = {Placeholder("a.x"): Figure(0), Placeholder("a.y"): Figure(0)}
    assert render(parts, nothing) == "Một\nHai\n\nBa"
    assert render(parts, {**nothing, Placeholder("a.y"): Figure(2)}) == "Một\n, 2 nữa.\nHai\n\nBa"


def test_words_and_days_do_not_decide_a_choice() -> None:
    parts = parse("[[{{unit.name}}: {{a.x}}|{{unit.name}} không có]]")
    name = Placeholder("unit.name")
    assert render(parts, {name: Figure("Xã A", "text"), Placeholder("a.x"): Figure(0)}) == "Xã A không có"


def test_plain_text_stays_as_it_is() -> None:
    text = "Tỷ lệ a|b {x} [1] 100%\n- mục {n}"
    assert render(parse(text), {}) == text


@pytest.mark.parametrize(
    "text",
    [
        "{{directives.advised",
        "directives.advised}}",
        "{{}}",
        "{{directives}}",
        "{{directives.advised year}}",
        "{{directives.advised year=2023 year=2024}}",
        "{{directives.advised; drop table}}",
        "{{1+1}}",
        "[[{{a.b}}",
        "{{a.b}}]]",
        "[[{{a.b}}]]",
        "[[{{a.b}}|x|y]]",
        "[[không có số liệu|x]]",
        "[[ [[{{a.b}}|x]] |y]]",
        "{{a.b}}" * 201,
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Broken):
        parse(text)


def test_faults_name_their_section() -> None:
    parts, faults = parse_all({"I": "{{a.b}}", "V": "{{a"})
    assert list(parts) == ["I"]
    assert [(fault.pointer, fault.code) for fault in faults] == [("/sections/V", "broken_placeholder")]


def test_an_unknown_name_is_told_with_near_ones() -> None:
    known = ["directives.advised", "directives.issued_directly", "form3.total.sessions"]
    assert "directives.advised" in unknown("directives.advise", known).vi
    assert unknown("xyz.abc", known).en == "There is no figure 'xyz.abc'"
