"""Office documents (OOXML, OpenDocument): ZIP archives with a known inside, looked at before anything is unpacked."""

import re
import struct
import zlib
from collections.abc import Iterator
from html import unescape
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from app.attachments.buffers import Buffer
from app.attachments.faults import ArchiveBomb, DamagedFile, EncryptedRefused, MacrosRefused
from app.attachments.package_parts import refuse_active

_MOST_PARTS: Final = 5_000
_MOST_DIRECTORY: Final = 1_000_000
_MOST_UNPACKED: Final = 300_000_000
_HARMLESS: Final = 30_000_000
"""Tables full of the same word pack well: below this size no ratio is suspicious."""
_MOST_RATIO: Final = 150
_MOST_READ: Final = 400_000
_FIRST_PAGE: Final = 2_000

_MAIN: Final = {
    "docx": (b"wordprocessingml.document.main+xml", "word/document.xml"),
    "xlsx": (b"spreadsheetml.sheet.main+xml", "xl/workbook.xml"),
    "pptx": (b"presentationml.presentation.main+xml", "ppt/presentation.xml"),
}
_ODF: Final = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
}
_MACRO_PART: Final = re.compile(
    r"(?:^|/)vbaproject\.bin$|(?:^|/)vbadata\.xml$|^xl/(?:macrosheets|intlmacrosheets)/|^(?:word|xl|ppt)/activex/"
    r"|^basic/|^scripts/|(?:^|/)vbaprojectsignature",
    re.IGNORECASE,
)
_FIRST: Final = {
    "docx": re.compile(r"word/(?:document|header\d*|footer\d*)\.xml"),
    "xlsx": re.compile(r"xl/sharedStrings\.xml|xl/worksheets/sheet1\.xml"),
    "pptx": re.compile(r"ppt/slides/slide1\.xml"),
    "odt": re.compile(r"content\.xml|styles\.xml"),
    "ods": re.compile(r"content\.xml"),
}
_LINE_END: Final = re.compile(r"</(?:w:p|a:p|si|is|text:p|text:h)>|<(?:w:br|w:tab|text:tab)\b[^>]*>")
_TAG: Final = re.compile(r"<[^>]*>")
BROKEN: Final = (
    BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    KeyError,
)


def look_into(file: IO[bytes], data: Buffer) -> tuple[str, str] | None:
    """The kind of an Office document with the text of its first page, or None when the archive is something else.

    Raises ``archive_bomb``, ``macros_refused``, ``active_content_refused``, ``encrypted_refused``, ``damaged_file``.
    """
    _check_directory(data)
    try:
        with ZipFile(file) as archive:
            _check_parts(archive, len(data))
            kind = _kind(archive)
            if kind is None:
                return None
            refuse_active(archive, kind)
            return kind, "\n".join(_first_page(archive, kind))[:_FIRST_PAGE]
    except BROKEN as fault:
        raise DamagedFile(kind="ZIP/Office") from fault


def refuse_encrypted(data: Buffer) -> None:
    """Raise ``encrypted_refused`` for a document with a password: Office wraps it in a container of the old kind."""
    if data.find("EncryptedPackage".encode("utf-16-le")) > 0:
        raise EncryptedRefused


def _check_directory(data: Buffer) -> None:
    """Look at the archive's own record of its directory, since reading a directory of millions takes memory for it."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    if end < 0 or end + 22 > len(data):
        raise DamagedFile(kind="ZIP/Office")
    parts, size = struct.unpack("<HI", data[end + 10 : end + 16])
    # Only archives of more than 4 GB or 65,535 parts need the larger form.
    if data.find(b"PK\x06\x07", max(0, end - 20), end) >= 0 or parts > _MOST_PARTS or size > _MOST_DIRECTORY:
        raise ArchiveBomb


def _check_parts(archive: ZipFile, whole: int) -> None:
    parts = archive.infolist()
    packed, unpacked = sum(p.compress_size for p in parts), sum(p.file_size for p in parts)
    # Parts that share their bytes pack more than the file holds.
    if len(parts) > _MOST_PARTS or unpacked > _MOST_UNPACKED or packed > whole:
        raise ArchiveBomb
    if unpacked > _HARMLESS and unpacked > _MOST_RATIO * max(packed, 1):
        raise ArchiveBomb
    if any(part.flag_bits & 0x1 for part in parts):
        raise EncryptedRefused
    found = next((part.filename for part in parts if _MACRO_PART.search(part.filename.replace("\\", "/"))), None)
    if found:
        raise MacrosRefused(found=found[:100])


def _kind(archive: ZipFile) -> str | None:
    names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        types = _read(archive, "[Content_Types].xml")
        if b"macroEnabled" in types:
            raise MacrosRefused(found="macroEnabled")
        return next((kind for kind, (sign, part) in _MAIN.items() if sign in types and part in names), None)
    if "mimetype" in names and "content.xml" in names:
        kind = _ODF.get(_read(archive, "mimetype").strip())
        if kind and b"encryption-data" in _read(archive, "META-INF/manifest.xml"):
            raise EncryptedRefused
        return kind
    return None


def _read(archive: ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(_MOST_READ)


def _first_page(archive: ZipFile, kind: str) -> Iterator[str]:
    """Where stamps stand: headings of the page first, then how the document begins."""
    parts = sorted((name for name in archive.namelist() if _FIRST[kind].fullmatch(name)), key=_headings_first)
    for name in parts[:6]:
        text = _LINE_END.sub("\n", _read(archive, name).decode("utf-8", "replace"))
        lines = (unescape(line).strip() for line in _TAG.sub("", text).splitlines())
        yield "\n".join(line for line in lines if line)[:_FIRST_PAGE]


def _headings_first(name: str) -> tuple[bool, str]:
    return ("header" not in name, name)
