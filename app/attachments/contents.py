"""What a file really is, whatever its name says: kind by content, what may not be in it, and the text it begins with.

The kinds that are taken are those in which evidence is kept and read: PDF, pictures, and documents without macros.
Plain text and CSV are not among them: nothing in their content tells them from a script or a web page.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final, NamedTuple

from puremagic import PureError, magic_string

from app.attachments import images, office, pdf
from app.attachments.buffers import Buffer, mapped
from app.attachments.faults import DisguisedType, EmptyFile, LegacyOffice, UnsupportedFile
from app.kernel.errors import Text


class Kind(NamedTuple):
    """A kind of file that is taken: how it travels, and the endings its names may have (the first is the usual one)."""

    title: str
    media_type: str
    suffixes: tuple[str, ...]


_OOXML: Final = "application/vnd.openxmlformats-officedocument"
_ODF: Final = "application/vnd.oasis.opendocument"
KINDS: Final = {
    "pdf": Kind("PDF", "application/pdf", (".pdf",)),
    "jpeg": Kind("JPEG", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif")),
    "png": Kind("PNG", "image/png", (".png",)),
    "docx": Kind("DOCX", f"{_OOXML}.wordprocessingml.document", (".docx",)),
    "xlsx": Kind("XLSX", f"{_OOXML}.spreadsheetml.sheet", (".xlsx",)),
    "pptx": Kind("PPTX", f"{_OOXML}.presentationml.presentation", (".pptx",)),
    "odt": Kind("ODT", f"{_ODF}.text", (".odt",)),
    "ods": Kind("ODS", f"{_ODF}.spreadsheet", (".ods",)),
}
TAKEN_SUFFIXES: Final = {suffix for kind in KINDS.values() for suffix in kind.suffixes}
_MACRO_SUFFIXES: Final = {".docm", ".dotm", ".xlsm", ".xlsb", ".xltm", ".pptm", ".potm", ".ppsm"}
_OLD_SUFFIXES: Final = {".doc", ".xls", ".ppt", ".dot", ".xlt", ".pps"}

# (what the content begins with, its name): what people and attackers send most; puremagic knows the rest.
_KNOWN: Final = [
    (rb"MZ", Text("chương trình Windows (EXE, DLL)", "a Windows program (EXE, DLL)")),
    (rb"\x7fELF", Text("chương trình Linux (ELF)", "a Linux program (ELF)")),
    (rb"\xca\xfe\xba\xbe|[\xce\xcf]\xfa\xed\xfe", Text("chương trình macOS hoặc Java", "a macOS or Java program")),
    (rb"#!", Text("tập lệnh (script)", "a script")),
    (rb"Rar!", Text("tệp nén RAR", "a RAR archive")),
    (rb"7z\xbc\xaf\x27\x1c", Text("tệp nén 7z", "a 7z archive")),
    (rb"\x1f\x8b", Text("tệp nén GZIP", "a GZIP archive")),
    (rb"GIF8[79]a", Text("ảnh GIF", "a GIF picture")),
    (rb"RIFF....WEBP", Text("ảnh WebP", "a WebP picture")),
    (rb"....ftyp(?:heic|heix|mif1|msf1|hevc)", Text("ảnh HEIC (iPhone)", "a HEIC picture (iPhone)")),
    (rb"....ftyp", Text("video hoặc âm thanh MP4", "MP4 video or sound")),
    (rb"\{\\rtf", Text("văn bản RTF", "an RTF text")),
    (rb"(?s:.{0,1000})<svg[\s>]", Text("ảnh SVG (có thể chứa mã chạy)", "an SVG picture (which may hold scripts)")),
    (
        rb"(?s:.{0,1000})<(?:!doctype\s+html|html|head|body|script|iframe)[\s>]",
        Text("trang web HTML", "a web page (HTML)"),
    ),
    (rb"\s*<\?xml", Text("tệp XML", "an XML file")),
]
_SIGNS: Final = [(re.compile(sign, re.IGNORECASE | re.DOTALL), told) for sign, told in _KNOWN]
_UNKNOWN: Final = Text("loại không xác định", "of an unknown kind")
_ZIP: Final = Text("tệp nén ZIP", "a ZIP archive")
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True, slots=True)
class Content:
    """A file that is taken: its kind, and the text it begins with where that is cheap to read."""

    kind: Kind
    text: str = ""


def look_into(file: IO[bytes], name: str) -> Content:
    """What ``file``, called ``name``, is. Reads it in place: memory stays small whatever its size.

    Raises the refusals of ``faults.py``.
    """
    with mapped(file) as data:
        if not data:
            raise EmptyFile
        suffix = PurePosixPath(name).suffix.lower()
        found, text = _recognise(file, data, suffix)
        kind = KINDS[found]
        if suffix not in kind.suffixes:
            raise DisguisedType(suffix=suffix or "?", found=f"tệp {kind.title}", found_en=f"a {kind.title} file")
        return Content(kind, text)


def _recognise(file: IO[bytes], data: Buffer, suffix: str) -> tuple[str, str]:
    head = bytes(data[:1024])
    for sign, (kind, check) in _STRUCTURES.items():
        if head.startswith(sign):
            check(data)
            return kind, ""
    if head.startswith(OLE):
        office.refuse_encrypted(data)
        if suffix in TAKEN_SUFFIXES:
            told = Text("tệp Office đời cũ (.doc, .xls, .ppt)", "an Office file of the old kind (.doc, .xls, .ppt)")
            raise DisguisedType(suffix=suffix, found=told.vi, found_en=told.en)
        raise LegacyOffice
    if head.startswith(b"PK\x03\x04"):
        document = office.look_into(file, data)
        if document is not None:
            return document
        raise _refusal(_ZIP, suffix)
    raise _refusal(name_of(head), suffix)


_STRUCTURES: Final[dict[bytes, tuple[str, Callable[[Buffer], None]]]] = {
    b"%PDF-": ("pdf", pdf.look_into),
    b"\xff\xd8\xff": ("jpeg", images.look_into_jpeg),
    b"\x89PNG\r\n\x1a\n": ("png", images.look_into_png),
}


def _refusal(found: Text, suffix: str) -> DisguisedType | UnsupportedFile:
    if suffix in TAKEN_SUFFIXES | _MACRO_SUFFIXES | _OLD_SUFFIXES:
        return DisguisedType(suffix=suffix, found=found.vi, found_en=found.en)
    return UnsupportedFile(found=found.vi, found_en=found.en)


def name_of(head: bytes) -> Text:
    """What content that begins with ``head`` is called."""
    for sign, told in _SIGNS:
        if sign.match(head):
            return told
    try:
        best = max(magic_string(head), key=lambda match: match.confidence)
    except (PureError, ValueError):
        return _UNKNOWN
    return Text(best.name, best.name) if best.name and best.confidence >= 0.4 else _UNKNOWN
