"""Small real files, and small files that pretend: what the tests upload."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

import docx
import openpyxl

EXE = b"MZ\x90\x00" + bytes(60) + b"This program cannot be run in DOS mode." + bytes(100)
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
LOCKED_WORD = OLD_WORD + "EncryptedPackage".encode("utf-16-le") + bytes(200)


def pdf(words: str = "Bien ban", extra: bytes = b"", trailer: bytes = b"") -> bytes:
    """A PDF of one page that shows ``words``; ``extra`` stands in its catalogue, ``trailer`` in its trailer."""
    shown = f"BT /F1 12 Tf 50 100 Td ({words}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
    ]
    made, places = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(made)
    made += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size 5 /Root 1 0 R " + trailer + b" >>\nstartxref\n%d\n%%%%EOF\n" % table
    return bytes(made)


SCRIPT = b"1 0 << /S /JavaScript /JS (app.alert\\(1\\)) >>"


def pdf_with_objects(packed: bytes, filters: bytes = b"/Filter /FlateDecode", between: bytes = b"") -> bytes:
    """A PDF with an object stream; ``between`` stands in its dictionary behind the type."""
    stream = b"<< /N 1 /First 4 %s /Type /ObjStm %s /Length %d >>\nstream\n%s\nendstream"
    content = stream % (filters, between, len(packed), packed)
    return pdf().replace(b"xref\n", b"9 0 obj\n" + content + b"\nendobj\nxref\n", 1)


def pdf_with_hidden_script() -> bytes:
    """A PDF whose script stands inside a compressed object stream."""
    return pdf_with_objects(zlib.compress(SCRIPT))


def png() -> bytes:
    """A white dot."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\x00\xff")) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    """The frame of a picture of 8 by 8 dots: segments as every reader walks them."""

    def segment(marker: int, content: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content

    start = b"\xff\xd8" + segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    frame = segment(0xC0, struct.pack(">BHHBBBB", 8, 8, 8, 1, 1, 0x11, 0))
    return start + frame + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x7f\x00" + b"\xff\xd9"


def word(*paragraphs: str, header: str = "") -> bytes:
    """A DOCX as Word writes it."""
    document = docx.Document()
    for text in paragraphs or ("Biên bản kiểm tra",):
        document.add_paragraph(text)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def sheet(*cells: str) -> bytes:
    """An XLSX as Excel writes it."""
    book = openpyxl.Workbook()
    for text in cells or ("Số liệu",):
        book.worksheets[0].append([text])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def packed(parts: dict[str, bytes], level: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive of ``parts``."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def with_parts(document: bytes, parts: dict[str, bytes]) -> bytes:
    """An Office document with these parts besides, or instead of those of the same name."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        own = {name: archive.read(name) for name in archive.namelist()}
    return packed({**own, **parts})


def part_of(document: bytes, name: str) -> bytes:
    """One part of an Office document."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        return archive.read(name)


def with_macro_type() -> bytes:
    """A DOCM under another name: nothing but its main type tells."""
    document = word()
    types = part_of(document, "[Content_Types].xml")
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    assert plain in types
    changed = types.replace(plain, b"application/vnd.ms-word.document.macroEnabled.main+xml")
    return with_parts(document, {"[Content_Types].xml": changed})


def open_document(
    kind: str = "text", manifest: bytes = b"<manifest/>", more: Mapping[str, bytes] | None = None
) -> bytes:
    """An ODT or ODS, with ``more`` parts."""
    content = b"<office:document-content><text:p>Bi\xc3\xaan b\xe1\xba\xa3n</text:p></office:document-content>"
    own = {"mimetype": f"application/vnd.oasis.opendocument.{kind}".encode(), "content.xml": content}
    return packed({**own, "META-INF/manifest.xml": manifest, **(more or {})})


def with_password_flags(document: bytes) -> bytes:
    """The document with every part marked as encrypted, as ZIP programs do."""
    made = bytearray(document)
    for sign, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = made.find(sign)
        while place >= 0:
            made[place + offset] |= 1
            place = made.find(sign, place + 4)
    return bytes(made)


def bomb() -> bytes:
    """A DOCX of some 100 kB that unpacks to 100 MB."""
    return with_parts(word(), {"word/media/image1.bmp": bytes(100_000_000)})


def crowd() -> bytes:
    """A DOCX of 6,000 empty parts."""
    return with_parts(word(), {f"word/media/{number}": b"" for number in range(6_000)})
