"""The templates that ship, made here: ``python -m app.exports.shipped`` writes them to ``app/data/templates``.

A test holds the files to what this makes. An office edits its own copy in Word (docs/document-templates.md).
"""

import io
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any, Final

from docx.document import Document as Doc
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.shared import Length, Mm, Pt
from docx.table import Table, _Cell

from app.exports.layout import LEFT_BLOCK, MOTTO, RIGHT_BLOCK, TEXT_WIDTH, paper, rule

_MADE: Final = datetime(2024, 5, 1, tzinfo=UTC)
"""What the shipped files say of when they were made: the same in every build."""


def shipped_template(code: str) -> bytes:
    """The shipped template ``code`` (``report``, ``award_list``) as it lies in the package."""
    return resources.files("app.data").joinpath("templates", f"{code}.docx").read_bytes()


def report() -> Doc:
    """The review report (báo cáo sơ kết)."""
    document = paper()
    draft_mark(document)
    letterhead(document)
    title(document, "Báo cáo", "{{ abstract }}")
    _addressees(document)
    add(document, "Nội dung", "{{ introduction }}")
    add(document, "Nội dung", "{%p for section in sections %}")
    for level in (1, 2, 3):
        add(document, "Nội dung", "{%p " + ("if" if level == 1 else "elif") + f" section.level == {level} %}}")
        add(document, f"Heading {level}", "{{ section.number }}. {{ section.title }}")
    add(document, "Nội dung", "{%p endif %}")
    add(document, "Nội dung", "{%p for paragraph in section.paragraphs %}")
    add(document, "Nội dung", "{{ paragraph }}")
    add(document, "Nội dung", "{%p endfor %}")
    add(document, "Nội dung", "{%p endfor %}")
    add(document, "Nội dung", "{{ closing }}")
    signature(document)
    return document


def award_list() -> Doc:
    """The list of those proposed for awards (danh sách đề nghị khen thưởng)."""
    document = paper()
    draft_mark(document)
    letterhead(document)
    title(document, "Danh sách", "{{ abstract }}")
    add(document, "Nội dung", "{%p for form in forms %}")
    add(document, "Heading 1", "{{ form.number }}. {{ form.title }}")
    heads = ("TT", "Tên tập thể", "Đơn vị đề nghị", "Thành tích")
    _people(document, ("Tập thể", "collectives"), heads, ("index", "name", "unit", "achievement"))
    heads = ("TT", "Họ và tên", "Chức vụ, đơn vị", "Thành tích")
    _people(document, ("Cá nhân", "individuals"), heads, ("index", "name", "position", "achievement"))
    add(document, "Nội dung", "{%p endfor %}")
    add(document, "Nội dung", "{{ closing }}").paragraph_format.space_before = Pt(6)
    signature(document)
    return document


SHIPPED: Final[dict[str, tuple[str, Callable[[], Doc]]]] = {
    "report": ("Báo cáo sơ kết", report),
    "award_list": ("Danh sách đề nghị khen thưởng", award_list),
}


def made(code: str) -> bytes:
    """The shipped template ``code``, made anew."""
    name, make = SHIPPED[code]
    document = make()
    facts = document.core_properties
    facts.title, facts.author, facts.comments, facts.language = name, "", "", "vi-VN"
    facts.last_modified_by, facts.created, facts.modified = "", _MADE, _MADE
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def write(folder: Path) -> None:
    """Write every shipped template into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for code in SHIPPED:
        (folder / f"{code}.docx").write_bytes(made(code))


# --- parts of a paper ------------------------------------------------------------------------------------------------


def add(place: Doc | _Cell, style: str, text: str) -> Any:
    """A paragraph of ``style`` at the end of ``place``."""
    return place.add_paragraph(text, style=style)


def draft_mark(document: Doc) -> None:
    """In the margin of every page while the paper is a draft: that it is one, and of when its figures are."""
    section = document.sections[0]
    for header in (section.first_page_header, section.header):
        for text in ("{%p if draft_notice %}", "{{ draft_notice }}", "{%p endif %}"):
            header.add_paragraph(text, style="Dự thảo")
    section.first_page_header.paragraphs[0].style = "Header"


def letterhead(document: Doc) -> None:
    """Issuer and number to the left, quốc hiệu, tiêu ngữ, place and date to the right."""
    table = _frame(document, 2, (LEFT_BLOCK, RIGHT_BLOCK))
    left, right = table.rows[0].cells
    _first(left, "Cơ quan chủ quản", "{%p if parent_body %}")
    add(left, "Cơ quan chủ quản", "{{ parent_body }}")
    add(left, "Cơ quan chủ quản", "{%p endif %}")
    add(left, "Cơ quan ban hành", "{{ issuing_body }}")
    rule(left.add_paragraph(), LEFT_BLOCK, Mm(26))
    _first(right, "Quốc hiệu", "Cộng hòa xã hội chủ nghĩa Việt Nam")
    add(right, "Tiêu ngữ", "Độc lập - Tự do - Hạnh phúc")
    rule(right.add_paragraph(), RIGHT_BLOCK, MOTTO)
    left, right = table.rows[1].cells
    _first(left, "Số ký hiệu", "Số: {{ number }}")
    _first(right, "Địa danh ngày tháng", "{{ place_and_date }}")


def title(document: Doc, kind: str, abstract: str) -> None:
    """The kind of the paper, what it is about, and the rule under it."""
    add(document, "Tên loại văn bản", kind)
    add(document, "Trích yếu", abstract)
    line = document.add_paragraph()
    rule(line, TEXT_WIDTH, Mm(60))
    line.paragraph_format.space_after = Pt(12)


def _addressees(document: Doc) -> None:
    add(document, "Kính gửi", "{%p if addressees|length == 1 %}")
    single = add(document, "Kính gửi", "Kính gửi: {{ addressees|first }}.")
    single.alignment = 1
    add(document, "Kính gửi", "{%p elif addressees %}")
    add(document, "Kính gửi", "Kính gửi:").paragraph_format.left_indent = Mm(30)
    add(document, "Kính gửi", "{%p for addressee in addressees %}")
    line = add(document, "Kính gửi", "- {{ addressee }}{{ '.' if loop.last else ';' }}")
    line.paragraph_format.left_indent = Mm(48)
    add(document, "Kính gửi", "{%p endfor %}")
    add(document, "Kính gửi", "{%p endif %}")
    add(document, "Kính gửi", "").paragraph_format.space_after = Pt(0)


def signature(document: Doc) -> None:
    """Nơi nhận to the left; authority, position and name of who signs to the right."""
    add(document, "Nơi nhận", "")
    left, right = _frame(document, 1, (Mm(80), Mm(85))).rows[0].cells
    label = _first(left, "Nơi nhận", "")
    run = label.add_run("Nơi nhận:")
    run.bold, run.italic, run.font.size = True, True, Pt(12)
    add(left, "Nơi nhận", "{%p for recipient in recipients %}")
    add(left, "Nơi nhận", "- {{ recipient }}{{ '.' if loop.last else ';' }}")
    add(left, "Nơi nhận", "{%p endfor %}")
    _first(right, "Quyền hạn, chức vụ", "{%p for line in signer_authority %}")
    for text in ("{{ line }}", "{%p endfor %}", "{%p for line in signer_position %}", "{{ line }}", "{%p endfor %}"):
        add(right, "Quyền hạn, chức vụ", text)
    add(right, "Họ tên người ký", "{{ signer_name }}")


def _people(document: Doc, kind: tuple[str, str], heads: Sequence[str], fields: Sequence[str]) -> None:
    """A table of collectives or individuals, left out where there are none."""
    name, listed = kind
    add(document, "Nội dung", f"{{%p if form.{listed} %}}")
    add(document, "Tên bảng", name)
    table = _frame(document, 4, (Mm(12), Mm(48), Mm(50), Mm(55)))
    table.style = "Table Grid"
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        paragraph = _first(cell, "Ô bảng", "")
        paragraph.alignment = 1
        paragraph.add_run(head).bold = True
    _repeat(table)
    _first(table.rows[1].cells[0], "Ô bảng", f"{{%tr for item in form.{listed} %}}")
    for cell, field in zip(table.rows[2].cells, fields, strict=True):
        _first(cell, "Ô bảng", f"{{{{ item.{field} }}}}")
    table.rows[2].cells[0].paragraphs[0].alignment = 1
    _first(table.rows[3].cells[0], "Ô bảng", "{%tr endfor %}")
    add(document, "Nội dung", "{%p endif %}")


def _frame(document: Doc, rows: int, widths: Sequence[Length]) -> Table:
    """A table without lines, of fixed widths, as wide as the text."""
    table: Table = document.add_table(rows, len(widths))
    table.autofit = False
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        edge = OxmlElement(f"w:{side}")
        edge.set(qn("w:w"), "0" if rows < 4 else "70")
        edge.set(qn("w:type"), "dxa")
        margins.append(edge)
    properties = table._tbl.tblPr  # noqa: SLF001
    properties.insert(properties.index(properties.find(qn("w:tblLook"))), margins)
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
        for cell in column.cells:
            cell.width = width
    return table


def _first(cell: _Cell, style: str, text: str) -> Any:
    """The paragraph a cell always has, put to use."""
    paragraph = cell.paragraphs[0]
    paragraph.style = style
    if text:
        paragraph.add_run(text)
    return paragraph


def _repeat(table: Table) -> None:
    """Repeat the first row on every page."""
    header = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(header)  # noqa: SLF001


if __name__ == "__main__":
    write(Path(__file__).parents[1] / "data" / "templates")
