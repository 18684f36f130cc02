"""The paper of an office as Nghị định 30/2020/NĐ-CP, Phụ lục I lays it out: page, fonts, styles, rules, numbers.

Where the annex gives a range (margins: top and bottom 20 to 25 mm, left 30 to 35, right 15 to 20), a value within it.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from docx import Document
from docx.document import Document as Doc
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.section import Section
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph

FONT: Final = "Times New Roman"
TOP: Final = Mm(20)
BOTTOM: Final = Mm(20)
LEFT: Final = Mm(30)
RIGHT: Final = Mm(15)
HEADER: Final = Mm(8)
A4: Final = (Mm(210), Mm(297))
TEXT_WIDTH: Final = Mm(165)

LEFT_BLOCK: Final = Mm(67)
RIGHT_BLOCK: Final = Mm(98)
MOTTO: Final = Mm(60.5)
"""As wide as "Độc lập - Tự do - Hạnh phúc" in bold Times New Roman of 14 points: the rule under it is as long."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the paragraphs of a style look. Sizes and spaces in points, indents in millimetres."""

    size: float = 14
    bold: bool = False
    italic: bool = False
    capitals: bool = False
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.CENTER
    first_line: float = 0
    before: float = 0
    after: float = 0
    keep: bool = False


BODY: Final = Look(align=WD_ALIGN_PARAGRAPH.JUSTIFY, first_line=12.7, after=6)

STYLES: Final[dict[str, tuple[str, Look]]] = {
    "Quốc hiệu": ("QuocHieu", Look(13, bold=True, capitals=True)),
    "Tiêu ngữ": ("TieuNgu", Look(14, bold=True)),
    "Cơ quan chủ quản": ("CoQuanChuQuan", Look(13, capitals=True)),
    "Cơ quan ban hành": ("CoQuanBanHanh", Look(13, bold=True, capitals=True)),
    "Số ký hiệu": ("SoKyHieu", Look(13, before=4)),
    "Địa danh ngày tháng": ("DiaDanh", Look(14, italic=True, before=4)),
    "Tên loại văn bản": ("TenLoai", Look(14, bold=True, capitals=True, before=18, keep=True)),
    "Trích yếu": ("TrichYeu", Look(14, bold=True, keep=True)),
    "Kính gửi": ("KinhGui", Look(14, align=WD_ALIGN_PARAGRAPH.LEFT, after=0)),
    "Nội dung": ("NoiDung", BODY),
    "Quyền hạn, chức vụ": ("ChucVu", Look(14, bold=True, capitals=True, keep=True)),
    "Họ tên người ký": ("HoTen", Look(14, bold=True, before=72)),
    "Nơi nhận": ("NoiNhan", Look(11, align=WD_ALIGN_PARAGRAPH.LEFT)),
    "Phụ lục": ("PhuLuc", Look(14, bold=True, keep=True)),
    "Tên phụ lục": ("TenPhuLuc", Look(14, bold=True, capitals=True, keep=True)),
    "Kèm theo": ("KemTheo", Look(13, italic=True, after=6, keep=True)),
    "Tên bảng": ("TenBang", Look(13, bold=True, align=WD_ALIGN_PARAGRAPH.LEFT, before=8, after=4, keep=True)),
    "Ô bảng": ("OBang", Look(12, align=WD_ALIGN_PARAGRAPH.LEFT)),
    "Ô bảng nhỏ": ("OBangNho", Look(10, align=WD_ALIGN_PARAGRAPH.LEFT)),
    "Ô bảng rất nhỏ": ("OBangRatNho", Look(8, align=WD_ALIGN_PARAGRAPH.LEFT)),
    "Ghi chú bảng": ("GhiChuBang", Look(12, italic=True, align=WD_ALIGN_PARAGRAPH.JUSTIFY, before=4)),
    "Đường kẻ": ("DuongKe", Look(2, before=3)),
    "Dự thảo": ("DuThao", Look(11, bold=True, italic=True)),
}
HEADINGS: Final = {
    "Heading 1": replace(BODY, bold=True, capitals=True, before=6, keep=True),
    "Heading 2": replace(BODY, bold=True, keep=True),
    "Heading 3": replace(BODY, bold=True, italic=True, keep=True),
    "Header": Look(14),
}


def paper() -> Doc:
    """An empty document on A4 in the layout's styles, its language Vietnamese, numbered at the top from page 2."""
    document = Document()
    for style in list(document.styles):
        if style.type is WD_STYLE_TYPE.TABLE and style.name not in {"Normal Table", "Table Grid"}:
            style.delete()
    _defaults(document)
    add_styles(document)
    for name, look in HEADINGS.items():
        style = document.styles[name]
        assert isinstance(style, ParagraphStyle)
        _shape(style, look)
    one_font(document)
    _bare(document)
    section = document.sections[0]
    set_up(section)
    number_pages(section)
    return document


def add_styles(document: Doc) -> None:
    """Give ``document`` those styles of the layout that it lacks: an office's template may have dropped some."""
    known = {style.name for style in document.styles}
    for name, (code, look) in STYLES.items():
        if name not in known:
            style = document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
            assert isinstance(style, ParagraphStyle)
            style.element.set(qn("w:styleId"), code)
            style.quick_style = True
            _shape(style, look)


def _shape(style: ParagraphStyle, look: Look) -> None:
    font, lines = style.font, style.paragraph_format
    font.name, font.size, font.color.rgb = FONT, Pt(look.size), RGBColor(0, 0, 0)
    font.bold, font.italic, font.all_caps = look.bold, look.italic, look.capitals
    lines.alignment, lines.keep_with_next = look.align, look.keep
    lines.first_line_indent = Mm(look.first_line)
    lines.space_before, lines.space_after, lines.line_spacing = Pt(look.before), Pt(look.after), 1.0


def _defaults(document: Doc) -> None:
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    normal.font.name, normal.font.size = FONT, Pt(14)
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing = 1.0
    language = document.styles.element.find(f".//{qn('w:docDefaults')}//{qn('w:lang')}")
    for name, value in (("val", "vi-VN"), ("eastAsia", "vi-VN"), ("bidi", "ar-SA")):
        language.set(qn(f"w:{name}"), value)


def one_font(document: Doc) -> None:
    """Times New Roman for every script in every style: Word asks the East Asian name for some Vietnamese letters."""
    for fonts in document.styles.element.iter(qn("w:rFonts")):
        fonts.attrib.clear()
        for script in ("ascii", "hAnsi", "eastAsia", "cs"):
            fonts.set(qn(f"w:{script}"), FONT)


def _bare(document: Doc) -> None:
    """Drop what the library's own template carries: a second set of styles, a picture of itself, data; its fonts."""
    for relations in (document.part.rels, document.part.package.rels):
        for key, relation in list(relations.items()):
            if relation.reltype.endswith(("stylesWithEffects", "thumbnail", "customXml")):
                del relations[key]
            elif relation.reltype.endswith("/theme"):
                theme = relation.target_part
                theme._blob = re.sub(rb'<a:latin typeface="[^"]*"', _LATIN, theme.blob)  # noqa: SLF001


_LATIN: Final = f'<a:latin typeface="{FONT}"'.encode()


def set_up(section: Section, *, landscape: bool = False) -> None:
    """A4 with the layout's margins; turned to the side, the wide margin stays where the paper is bound: at the top."""
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = reversed(A4) if landscape else A4
    section.top_margin, section.bottom_margin = (TOP, BOTTOM)
    section.left_margin, section.right_margin = (Mm(20), Mm(20)) if landscape else (LEFT, RIGHT)
    section.header_distance, section.footer_distance = HEADER, HEADER
    section.gutter = 0


def number_pages(section: Section) -> None:
    """The number of the page, centred in the top margin, from page 2 on."""
    section.different_first_page_header_footer = True
    section.header.is_linked_to_previous = False
    section.first_page_header.is_linked_to_previous = False
    paragraph = section.header.paragraphs[0]
    paragraph.style = "Header"
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), " PAGE \\* MERGEFORMAT ")
    shown = paragraph.add_run("2")
    field.append(shown._r)  # noqa: SLF001 - python-docx has no fields of its own
    paragraph._p.append(field)  # noqa: SLF001


def rule(paragraph: Paragraph, width: int, length: int) -> None:
    """Make ``paragraph`` a thin rule of ``length``, centred in ``width`` (both in EMU)."""
    paragraph.style = "Đường kẻ"
    indent = (width - length) // 2
    lines = paragraph.paragraph_format
    lines.left_indent = lines.right_indent = indent
    borders: Any = OxmlElement("w:pBdr")
    top: Any = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    properties = paragraph._p.get_or_add_pPr()  # noqa: SLF001
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")
