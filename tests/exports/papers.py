"""Documents as tests read them: opened again, their XML held to the order of elements that Word insists on."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

from docx import Document
from docx.document import Document as Doc
from docx.oxml.ns import qn
from lxml import etree

# ECMA-376, part 1, wml.xsd: the sequences that what we write uses.
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs"
    " suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd"
    " snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment"
    " textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid"
    " vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs em"
    " lang eastAsianLayout specVanish oMath",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing"
    " tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "cnfStyle tcW gridSpan hMerge vMerge tcBorders shd noWrap tcMar textDirection tcFitText vAlign hideMark",
    "sectPr": "headerReference footerReference footnotePr endnotePr type pgSz pgMar paperSrc pgBorders lnNumType"
    " pgNumType cols formProt vAlign noEndnote titlePg textDirection bidi rtlGutter docGrid printerSettings",
    "tbl": "tblPr tblGrid tr",
    "tc": "tcPr p tbl",
    "style": "name aliases basedOn next link autoRedefine hidden uiPriority semiHidden unhideWhenUsed qFormat locked"
    " personal personalCompose personalReply rsid pPr rPr tblPr trPr tcPr tblStylePr",
}


def opened(content: bytes) -> Doc:
    """The document."""
    return Document(io.BytesIO(content))


def parts(content: bytes) -> dict[str, bytes]:
    """The parts of the package by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def disorder(content: bytes) -> list[str]:
    """Where the XML breaks the schema's sequences, or a cell or body ends without its paragraph."""
    found = []
    for name, xml in parts(content).items():
        if not name.endswith(".xml"):
            continue
        tree = etree.fromstring(xml)
        for parent, order in ORDER.items():
            ranks = {qn(f"w:{tag}"): rank for rank, tag in enumerate(order.split())}
            for node in tree.iter(qn(f"w:{parent}")):
                given = [ranks.get(child.tag, -1) for child in node]
                mixed = parent == "tc"
                if -1 in given or (given != sorted(given) and not mixed):
                    found.append(f"{name}: {parent}: {[etree.QName(c).localname for c in node]}")
        bare = [cell for cell in tree.iter(qn("w:tc")) if cell[-1].tag != qn("w:p")]
        found += [f"{name}: a cell ends without a paragraph"] * len(bare)
    return found


def texts(document: Doc) -> list[str]:
    """All paragraphs of the body, in tables too, in their order."""
    found = document.element.body.iter(qn("w:p"))
    return ["".join(node.text or "" for node in p.iter(qn("w:t"))) for p in found]


def changed(content: bytes, change: Callable[[dict[str, bytes]], Any]) -> bytes:
    """The package after ``change`` to its parts."""
    found = parts(content)
    change(found)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in found.items():
            package.writestr(name, data)
    return out.getvalue()


def with_text(content: bytes, *lines: str, header: str | None = None) -> bytes:
    """The document with paragraphs added at its end, and a line in its header."""
    document = opened(content)
    for line in lines:
        document.add_paragraph(line)
    if header is not None:
        document.sections[0].header.add_paragraph(header)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def put(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    """A change that adds or replaces a part."""

    def change(found: dict[str, bytes]) -> None:
        found[name] = data

    return change


def swap(name: str, old: bytes, new: bytes) -> Callable[[dict[str, bytes]], None]:
    """A change within a part."""

    def change(found: dict[str, bytes]) -> None:
        assert old in found[name]
        found[name] = found[name].replace(old, new, 1)

    return change
