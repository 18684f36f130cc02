"""Documents held to Nghị định 30/2020/NĐ-CP, Phụ lục I, and to what Word opens without repair."""

import re
import time
from datetime import UTC, date, datetime
from typing import Any

import pytest
from docx.document import Document as Doc
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Length, Pt
from docx.table import Table as WordTable

from app.exports import document as filling
from app.exports.annexes import roman, shown
from app.exports.document import About, DocumentTooLong, TemplateFails, fill, tables_document
from app.exports.fields import MEANINGS, paths, sample
from app.exports.installing import try_template
from app.exports.sheets import Column, Row, Sheet, Table
from app.exports.shipped import SHIPPED, made, shipped_template
from tests.exports.papers import changed, disorder, opened, parts, swap, texts, with_text

NARROW = Sheet(
    "Biểu 8",
    "Thống kê các đơn vị không đạt",
    [
        Table((Column("TT", "index"), Column("Tên đơn vị")), [Row((1, "Xã <A> & B"))], f"Năm {year}")
        for year in (2023, 2024)
    ],
    notes=("Ghi chú",),
)
WIDE = Sheet(
    "Biểu 1",
    "Kết quả xây dựng",
    [
        Table(
            (
                Column("TT", "index"),
                Column("Đơn vị"),
                *(Column(f"Cột {n}", "integer", (f"Năm {2023 + n // 5}",)) for n in range(10)),
                Column("Tỷ lệ", "percent"),
            ),
            [
                Row((1, "Huyện Yên Thành", *range(1230, 1240), 0.875)),
                Row(("", "Tổng số", *range(1230, 1240), None), "total"),
            ],
        )
    ],
)
ATTACHED = "(Kèm theo Báo cáo số 05/BC-CAT-PV01 ngày 05 tháng 7 năm 2024 của Công an tỉnh)"


def paper(*annexes: Sheet, **changes: Any) -> Doc:
    """The shipped report filled with the sample."""
    return opened(report(*annexes, **changes))


def report(*annexes: Sheet, **changes: Any) -> bytes:
    """Its bytes."""
    return fill(shipped_template("report"), {**sample("report"), **changes}, annexes, attached_to=ATTACHED)


def mm(length: Length | None) -> int:
    """Whole millimetres: Word keeps twentieths of a point."""
    assert length is not None
    return round(length / 36_000)


def inherited(paragraph: Any, name: str) -> Any:
    """A property of a paragraph, its own or its style's."""
    own = getattr(paragraph.paragraph_format, name)
    return own if own is not None else getattr(paragraph.style.paragraph_format, name)


def find(document: Doc, text: str) -> Any:
    """The paragraph with ``text``, in a table too."""
    cells = [cell for table in document.tables for row in table.rows for cell in row.cells]
    found = [p for p in (*document.paragraphs, *(p for cell in cells for p in cell.paragraphs)) if p.text == text]
    assert found, text
    return found[0]


@pytest.mark.parametrize("code", list(SHIPPED))
def test_the_files_that_ship_are_what_the_code_makes(code: str) -> None:
    assert parts(shipped_template(code)) == parts(made(code)), "run: python -m app.exports.shipped"


@pytest.mark.parametrize("code", list(SHIPPED))
def test_every_field_is_told_and_used_by_its_meaning(code: str) -> None:
    assert set(paths(sample(code))) <= set(MEANINGS)
    assert set(sample(code)) >= {"number", "place_and_date", "signer_name"}


def test_the_page_is_a4_with_the_margins_of_the_decree() -> None:
    section = paper().sections[0]
    assert (mm(section.page_width), mm(section.page_height)) == (210, 297)
    assert 20 <= mm(section.top_margin) <= 25
    assert 20 <= mm(section.bottom_margin) <= 25
    assert 30 <= mm(section.left_margin) <= 35
    assert 15 <= mm(section.right_margin) <= 20


@pytest.mark.parametrize("code", list(SHIPPED))
def test_times_new_roman_for_every_script_and_vietnamese_everywhere(code: str) -> None:
    content = fill(shipped_template(code), sample(code), [WIDE])
    for name, xml in parts(content).items():
        if name.endswith(".xml"):
            assert b"Theme=" not in xml, name
            assert {*re.findall(rb'<a:latin typeface="([^"]*)"', xml)} <= {b"Times New Roman"}, name
    document = opened(content)
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        assert [fonts.get(qn(f"w:{s}")) for s in ("ascii", "hAnsi", "eastAsia", "cs")] == ["Times New Roman"] * 4
    assert not list(document.element.body.iter(qn("w:rFonts")))
    language = document.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    assert (language.get(qn("w:val")), language.get(qn("w:eastAsia"))) == ("vi-VN", "vi-VN")


def test_pages_are_numbered_at_the_top_from_the_second_on() -> None:
    section = paper().sections[0]
    assert section.different_first_page_header_footer
    field = section.header._element.find(f".//{qn('w:fldSimple')}")
    assert "PAGE" in field.get(qn("w:instr"))
    paragraph = section.header.paragraphs[0]
    assert inherited(paragraph, "alignment") == WD_ALIGN_PARAGRAPH.CENTER
    assert paragraph.style is not None
    assert Pt(13) <= paragraph.style.font.size <= Pt(14)
    assert section.first_page_header._element.find(f".//{qn('w:fldSimple')}") is None
    assert mm(section.header_distance) < mm(section.top_margin)


@pytest.mark.parametrize(
    ("text", "sizes", "bold", "italic", "capitals"),
    [
        ("Cộng hòa xã hội chủ nghĩa Việt Nam", (12, 13), True, False, True),
        ("Độc lập - Tự do - Hạnh phúc", (13, 14), True, False, False),
        ("UBND tỉnh Nghệ An", (12, 13), False, False, True),
        ("Công an tỉnh", (12, 13), True, False, True),
        ("Số: 05/BC-CAT-PV01", (13, 13), False, False, False),
        ("Nghệ An, ngày 05 tháng 7 năm 2024", (13, 14), False, True, False),
        ("Báo cáo", (13, 14), True, False, True),
        ("Sơ kết 02 năm (2023 - 2024) thực hiện xây dựng đơn vị điển hình", (13, 14), True, False, False),
        ("Đoạn thứ nhất.", (13, 14), False, False, False),
        ("I. Đề mục I", (13, 14), True, False, True),
        ("1. Đề mục II.1", (13, 14), True, False, False),
        ("KT. GIÁM ĐỐC", (13, 14), True, False, True),
        ("Nguyễn Văn A", (13, 14), True, False, False),
        ("- Như trên;", (11, 11), False, False, False),
    ],
)
def test_each_part_is_lettered_as_the_decree_says(
    text: str, sizes: tuple[int, int], bold: bool, italic: bool, capitals: bool
) -> None:
    font = find(paper(), text).style.font
    assert Pt(sizes[0]) <= font.size <= Pt(sizes[1])
    assert (bool(font.bold), bool(font.italic), bool(font.all_caps)) == (bold, italic, capitals)


def test_the_body_is_justified_indented_and_spaced() -> None:
    line = find(paper(), "Đoạn thứ nhất.")
    assert inherited(line, "alignment") == WD_ALIGN_PARAGRAPH.JUSTIFY
    assert round(inherited(line, "first_line_indent").cm, 2) == 1.27
    assert inherited(line, "space_after") >= Pt(6)
    assert 1.0 <= inherited(line, "line_spacing") <= 1.5


def test_rules_stand_under_the_motto_the_issuer_and_the_title() -> None:
    document = paper()
    rules = [p for p in document.element.body.iter(qn("w:p")) if p.find(f".//{qn('w:pBdr')}") is not None]
    assert len(rules) == 3
    indents = [int(p.find(f".//{qn('w:ind')}").get(qn("w:left"))) / 56.6929 for p in rules]
    widths = [block - 2 * indent for block, indent in zip((67, 98, 165), indents, strict=True)]
    assert 67 / 3 <= widths[0] <= 67 / 2
    assert round(widths[1]) in {60, 61}
    assert 165 / 3 <= widths[2] <= 165 / 2


def test_those_who_receive_it_are_labelled_and_each_line_closed() -> None:
    document = paper()
    label = find(document, "Nơi nhận:").runs[0]
    assert (label.bold, label.italic, label.font.size) == (True, True, Pt(12))
    assert texts(document)[texts(document).index("Nơi nhận:") + 1 :][:2] == ["- Như trên;", "- Lưu: VT, PV01."]


@pytest.mark.parametrize(
    ("addressees", "lines"),
    [
        (["UBND tỉnh"], ["Kính gửi: UBND tỉnh."]),
        (["UBND tỉnh", "Cục V05"], ["Kính gửi:", "- UBND tỉnh;", "- Cục V05."]),
        ([], []),
    ],
)
def test_one_addressee_stands_in_the_line_several_below_it(addressees: list[str], lines: list[str]) -> None:
    found = texts(paper(addressees=addressees))
    start = found.index(sample("report")["abstract"])
    assert [line for line in found[start + 1 : found.index(sample("report")["introduction"])] if line] == lines


def test_a_draft_says_so_on_every_page_and_a_sealed_one_does_not() -> None:
    section = paper().sections[0]
    for header in (section.first_page_header, section.header):
        assert "DỰ THẢO - số liệu chưa niêm phong" in [p.text for p in header.paragraphs]
    sealed = paper(draft_notice=None).sections[0]
    assert [p.text for p in sealed.first_page_header.paragraphs] == [""]


def test_values_stand_as_they_are_and_empty_ones_as_nothing() -> None:
    hostile = "<w:p/>&{{ 7*7 }}{% x %} “=1+1” \x07 dòng\nhai"
    document = paper(closing=hostile, parent_body=None, signer_name=None)
    closing = next(line for line in texts(document) if line.startswith("<w:p/>"))
    assert closing == "<w:p/>&{{ 7*7 }}{% x %} “=1+1”  dònghai"
    assert "None" not in "".join(texts(document))
    assert texts(document)[0] == "Công an tỉnh"


def test_each_annex_has_its_section_its_numbers_and_the_page_it_needs() -> None:
    document = paper(NARROW, WIDE)
    sections = list(document.sections)
    assert [s.orientation for s in sections] == [WD_ORIENT.PORTRAIT, WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE]
    assert (mm(sections[2].page_width), mm(sections[2].page_height)) == (297, 210)
    starts = [s._sectPr.find(qn("w:pgNumType")) for s in sections]
    assert [n.get(qn("w:start")) if n is not None else None for n in starts] == [None, "1", "1"]
    assert all(s.header.is_linked_to_previous for s in sections[1:])
    found = texts(document)
    first = found.index("Phụ lục I")
    assert found[first : first + 4] == ["Phụ lục I", "Thống kê các đơn vị không đạt", ATTACHED, "Năm 2023"]
    assert "Phụ lục II" in found
    style = find(document, "Phụ lục I").style.font
    assert (style.size, style.bold) == (Pt(14), True)
    assert find(document, ATTACHED).style.font.italic


def test_a_single_annex_has_no_number() -> None:
    assert "Phụ lục" in texts(paper(WIDE))
    assert [roman(n) for n in (1, 4, 8, 9, 14, 40)] == ["I", "IV", "VIII", "IX", "XIV", "XL"]


def table_of(document: Doc) -> WordTable:
    """The last table."""
    return document.tables[-1]


def test_annex_tables_repeat_their_merged_header_and_print_vietnamese_figures() -> None:
    table = table_of(paper(WIDE))
    assert [cell.text for cell in table.rows[0].cells][:4] == ["TT", "Đơn vị", "Năm 2023", "Năm 2023"]
    assert table.rows[0].cells[2]._tc is table.rows[0].cells[6]._tc
    assert table.rows[1].cells[1]._tc is table.rows[0].cells[1]._tc
    assert [r._tr.trPr.find(qn("w:tblHeader")) is not None for r in table.rows] == [True, True, False, False]
    cells = table.rows[2].cells
    assert [cells[0].text, cells[1].text, cells[2].text, cells[12].text] == ["1", "Huyện Yên Thành", "1.230", "87,5%"]
    assert table.rows[3].cells[1].paragraphs[0].runs[0].bold
    assert cells[2].paragraphs[0].alignment == WD_ALIGN_PARAGRAPH.RIGHT


def test_forms_stand_alone_too() -> None:
    document = opened(tables_document([WIDE, NARROW]))
    assert (texts(document)[0], len(document.sections)) == ("Kết quả xây dựng", 2)
    assert document.sections[0].orientation is WD_ORIENT.LANDSCAPE


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1234567, "integer", "1.234.567"),
        (-3, "integer", "-3"),
        (1234.5, "number", "1.234,5"),
        (2.0, "number", "2"),
        (0.875, "percent", "87,5%"),
        (1, "percent", "100,0%"),
        (2024, "index", "2024"),
        (None, "number", ""),
        (date(2024, 1, 5), "date", "05/01/2024"),
    ],
)
def test_figures_are_written_the_vietnamese_way(value: Any, kind: Any, text: str) -> None:
    assert shown(value, kind) == text


@pytest.mark.parametrize("code", list(SHIPPED))
def test_word_opens_it_without_repair(code: str) -> None:
    assert disorder(shipped_template(code)) == []
    content = fill(shipped_template(code), sample(code), [WIDE, NARROW], attached_to=ATTACHED)
    assert disorder(content) == []
    assert disorder(tables_document([NARROW, WIDE])) == []
    assert b"{{" not in parts(content)["word/document.xml"]


def test_the_document_says_what_it_is_whose_and_of_when() -> None:
    at = datetime(2024, 7, 10, tzinfo=UTC)
    content = fill(shipped_template("report"), sample("report"), about=About("Báo cáo sơ kết", "Công an tỉnh", at))
    facts = opened(content).core_properties
    assert (facts.title, facts.author, facts.modified) == ("Báo cáo sơ kết", "Công an tỉnh", at)


def test_a_long_report_takes_seconds_and_not_minutes() -> None:
    sections = [{**sample("report")["sections"][0], "paragraphs": ["Một đoạn văn dài. " * 30] * 20}] * 20
    started = time.perf_counter()
    document = paper(*[WIDE] * 8, sections=sections)
    assert len(texts(document)) > 400
    assert time.perf_counter() - started < 20  # a guard against quadratic habits; bench/ measures


def test_what_word_splits_and_curls_is_understood() -> None:
    split = b"<w:p><w:r><w:t>{</w:t></w:r><w:r><w:t>{ num</w:t></w:r><w:r><w:t>ber }} " + "{{ “a” }}".encode()
    body = b"</w:t></w:r></w:p><w:sectPr"
    template = changed(shipped_template("report"), swap("word/document.xml", b"<w:sectPr", split + body))
    try_template("report", template)
    assert texts(opened(fill(template, sample("report"))))[-1] == "05/BC-CAT-PV01 a"


def test_a_template_that_makes_too_much_of_its_values_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    sections = sample("report")["sections"] * 40
    nested = (
        "{% for a in sections %}{% for b in sections %}{% for c in sections %}x{% endfor %}{% endfor %}{% endfor %}"
    )
    with pytest.raises(DocumentTooLong):
        fill(with_text(shipped_template("report"), nested), {**sample("report"), "sections": sections})
    monkeypatch.setattr(filling, "MAX_LETTERS", 1000)
    with pytest.raises(DocumentTooLong):
        report()


def test_a_context_that_lacks_a_field_is_told_and_not_a_crash() -> None:
    with pytest.raises(TemplateFails):
        fill(shipped_template("report"), {"number": "1"})
