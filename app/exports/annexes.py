"""Sheets as annexes (phụ lục) of a Word document: own section, own page numbers, turned to the side where wide.

Tables are written as text and put into the finished file: as a tree of elements, a long list would take a hundred times
its size in memory, and through python-docx's cells minutes.
"""

import io
import re
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from docx.document import Document as Doc
from docx.enum.section import WD_SECTION
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import OxmlElement
from docx.section import Section
from lxml.etree import Comment

from app.exports.layout import TEXT_WIDTH, add_styles, set_up
from app.exports.sheets import Kind, Row, Sheet, Table, Value, clean, header_cells, header_depth, value_of, widths

_LANDSCAPE_WIDTH: Final = 257
"""Millimetres of text between margins of 20 on a page turned to the side."""

_PORTRAIT_WIDTH: Final = round(TEXT_WIDTH / 36_000)
_WIDE: Final = 88.0
"""Letters of the table's columns together beyond which a page is turned to the side."""

_ALIGNED: Final[dict[Kind, str]] = {
    "index": "center",
    "text": "left",
    "integer": "right",
    "number": "right",
    "percent": "right",
    "date": "center",
}


Tables = dict[bytes, str]
"""The XML of tables by the mark that keeps their place in the document."""


def add_annexes(document: Doc, sheets: Sequence[Sheet], attached_to: str, *, numbered: bool = True) -> Tables:
    """Put each of ``sheets`` at the end of ``document``; ``numbered``: headed "Phụ lục", with Roman numbers if many.

    The tables themselves are returned: ``with_tables`` puts them into the saved file.
    """
    tables: Tables = {}
    if not sheets:
        return tables
    token = secrets.token_hex(16)
    add_styles(document)
    codes = {style.name: style.style_id for style in document.styles}
    for place, sheet in enumerate(sheets, 1):
        wide = max((sum(widths(table.columns, table.rows)) for table in sheet.tables), default=0) > _WIDE
        first = place == 1 and not numbered
        section = document.sections[-1] if first else document.add_section(WD_SECTION.NEW_PAGE)
        set_up(section, landscape=wide)
        _restart(section)
        if numbered:
            document.add_paragraph(f"Phụ lục {roman(place) if len(sheets) > 1 else ''}".strip(), style="Phụ lục")
        document.add_paragraph(clean(sheet.title), style="Tên phụ lục")
        for subtitle in (*([attached_to] if attached_to else []), *sheet.subtitles):
            document.add_paragraph(clean(subtitle), style="Kèm theo")
        width = _LANDSCAPE_WIDTH if wide else _PORTRAIT_WIDTH
        for table in sheet.tables:
            if table.title:
                document.add_paragraph(clean(table.title), style="Tên bảng")
            mark = f"{token}-{len(tables)}"
            document.element.body.insert_element_before(Comment(mark), "w:sectPr")
            tables[f"<!--{mark}-->".encode()] = _table_xml(table, width, codes)
            # Word needs a paragraph between two tables, and before the end of a section.
            document.add_paragraph(style="Đường kẻ")
        for note in sheet.notes:
            document.add_paragraph(clean(note), style="Ghi chú bảng")
    return tables


def with_tables(content: bytes, tables: Tables) -> bytes:
    """The saved document ``content`` with each of ``tables`` in the place of its mark."""
    if not tables:
        return content
    marks = re.compile(b"|".join(re.escape(mark) for mark in tables))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for entry in given.infolist():
            part = given.read(entry)
            if entry.filename == "word/document.xml":
                part = marks.sub(lambda found: tables[found[0]].encode(), part)
            made.writestr(entry, part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _restart(section: Section) -> None:
    """Number the pages of ``section`` from 1: each annex is numbered by itself."""
    properties = section._sectPr  # noqa: SLF001 - python-docx knows no page numbers
    for old in properties.findall(qn("w:pgNumType")):
        properties.remove(old)
    numbers: Any = OxmlElement("w:pgNumType")
    numbers.set(qn("w:start"), "1")
    margins = properties.find(qn("w:pgMar"))
    margins.addnext(numbers)


def roman(number: int) -> str:
    """``number`` (1 to 3,999) in Roman numerals, as annexes are counted."""
    parts = []
    for value, letters in _ROMAN:
        times, number = divmod(number, value)
        parts.append(letters * times)
    return "".join(parts)


_ROMAN: Final = (
    *((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL")),
    *((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")),
)


# --- tables ----------------------------------------------------------------------------------------------------------


def _table_xml(table: Table, millimetres: int, codes: Mapping[str, str]) -> str:
    """The whole table: fixed widths that fill the page, lines, a header that repeats, rows that are not torn."""
    measured = widths(table.columns, table.rows)
    scale = millimetres * 56.6929 / sum(measured) if measured else 0
    twips = [round(width * scale) for width in measured]
    crowd = sum(measured) / _WIDE
    cells = _Cells(codes["Ô bảng" if crowd <= 1 else "Ô bảng nhỏ" if crowd <= 2 else "Ô bảng rất nhỏ"])
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
    lines = [*_header(table, twips, cells), *(_line(table, row, twips, cells) for row in table.rows)]
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(twips)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>'
        '<w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(lines)}</w:tbl>"
    )


class _Cells:
    """Writes cells in one style, with as few elements as will do: a long table has a hundred thousand of them."""

    def __init__(self, style: str) -> None:
        self._style = f'<w:pStyle w:val="{style}"/>'

    def cell(self, text: str, properties: str, *, align: str = "center", bold: bool = False) -> str:
        """A cell with ``text``, lines kept."""
        weight = "<w:rPr><w:b/></w:rPr>" if bold else ""
        broken = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(part)}</w:t>' for part in text.split("\n"))
        words = f"<w:r>{weight}{broken}</w:r>" if text else ""
        placed = "" if align == "left" else f'<w:jc w:val="{align}"/>'
        return (
            f'<w:tc><w:tcPr>{properties}<w:vAlign w:val="center"/></w:tcPr>'
            f"<w:p><w:pPr>{self._style}{placed}</w:pPr>{words}</w:p></w:tc>"
        )


def _header(table: Table, twips: Sequence[int], cells: _Cells) -> list[str]:
    """The header's rows: groups span their columns, titles go down to the last row."""
    depth = header_depth(table.columns)
    rows: list[list[tuple[int, str]]] = [[] for _ in range(depth)]
    for cell in header_cells(table.columns):
        width = sum(twips[cell.column : cell.column + cell.columns])
        span = f'<w:gridSpan w:val="{cell.columns}"/>' if cell.columns > 1 else ""
        for line in range(cell.rows):
            merge = "" if cell.rows == 1 else f'<w:vMerge w:val="{"continue" if line else "restart"}"/>'
            properties = f'<w:tcW w:w="{width}" w:type="dxa"/>{span}{merge}'
            text = "" if line else clean(cell.text)
            rows[cell.row + line].append((cell.column, cells.cell(text, properties, bold=True)))
    return [
        f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(xml for _, xml in sorted(row))}</w:tr>"
        for row in rows
    ]


def _line(table: Table, row: Row, twips: Sequence[int], cells: _Cells) -> str:
    written = []
    for place, column in enumerate(table.columns):
        value = value_of(row.cells[place]) if place < len(row.cells) else None
        align = "center" if isinstance(value, str) and column.kind != "text" else _ALIGNED[column.kind]
        width = f'<w:tcW w:w="{twips[place]}" w:type="dxa"/>'
        written.append(cells.cell(shown(value, column.kind), width, align=align, bold=row.kind != "row"))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(written)}</w:tr>"


def shown(value: Value, kind: Kind) -> str:
    """``value`` as it is printed in Vietnamese: 1.234,5 and 87,5% and 05/01/2024."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%d/%m/%Y %H:%M")
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, str):
        return value
    if kind == "percent":
        text = f"{value * 100:,.1f}%"
    else:
        text = f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".rstrip("0").rstrip(".")
        text = str(value) if kind == "index" else text
    return text.translate(_VIETNAMESE)


_VIETNAMESE: Final = str.maketrans({",": ".", ".": ","})
