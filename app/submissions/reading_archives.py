"""Whether a spreadsheet may be opened at all, decided before anything of it is unpacked into memory."""

import io
import re
from typing import Final
from zipfile import BadZipFile, ZipFile

from app.attachments import office
from app.attachments.contents import OLE
from app.attachments.faults import FileRefused as EvidenceRefused
from app.kernel.errors import Text
from app.submissions.faults import FileRefused

_MOST_UNPACKED: Final = 40_000_000
_MOST_CELLS: Final = 400_000
_DOCTYPE: Final = re.compile(rb"<!DOCTYPE|<!ENTITY|<\x00!\x00D\x00O\x00C", re.IGNORECASE)
_CELL: Final = re.compile(rb"<(?:x:)?c[\s/>]")
_FORMULA: Final = re.compile(rb"<(?:x:)?f[\s/>]")
_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml")

_TOLD: Final = {
    "archive_bomb": Text(
        "Tệp giải nén ra quá lớn; hãy tải biểu mới rồi chép riêng dữ liệu sang",
        "The file unpacks to too much: download the workbook again and copy only the data over",
    ),
    "macros_refused": Text(
        "Tệp có macro; hãy lưu thành Excel không có macro (.xlsx)",
        "The file holds macros: save it as a workbook without macros (.xlsx)",
    ),
    "encrypted_refused": Text(
        "Tệp đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại", "The file has a password: remove it and send the file again"
    ),
    "damaged_file": Text(
        "Tệp bị hỏng hoặc chưa tải hết; hãy mở bằng Excel hoặc LibreOffice, lưu lại rồi gửi",
        "The file is damaged or cut off: open it, save it again, and send that",
    ),
    "empty_file": Text("Tệp rỗng (0 byte)", "The file is empty (0 bytes)"),
    "legacy_format": Text(
        "Tệp Excel đời cũ (.xls); hãy lưu biểu thành .xlsx, hoặc gửi qua POST /submissions/files",
        "An Excel file of the old kind (.xls): save it as .xlsx, or send it to POST /submissions/files",
    ),
    "unsupported_file_type": Text(
        "Không phải tệp Excel (.xlsx); hãy gửi lại đúng biểu đã tải về",
        "Not an Excel workbook (.xlsx): send the workbook that was downloaded",
    ),
}


def refusal(code: str) -> FileRefused:
    """The refusal of a whole file, with what to do."""
    return FileRefused(code, _TOLD[code])


def archive_kind(content: bytes) -> str:
    """``xlsx`` or ``ods``, once the archive has been looked through without unpacking it.

    Raises ``archive_bomb``, ``macros_refused``, ``encrypted_refused``, ``damaged_file``, ``unsupported_file_type``.
    """
    try:
        found = office.look_into(io.BytesIO(content), content)
    except EvidenceRefused as fault:
        raise refusal(fault.code) from fault
    kind = found[0] if found else ""
    if kind not in {"xlsx", "ods"}:
        raise refusal("unsupported_file_type")
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > _MOST_UNPACKED:
                raise refusal("archive_bomb")
    except (BadZipFile, ValueError) as fault:
        raise refusal("damaged_file") from fault
    return kind


def admit_workbook(content: bytes) -> bool:
    """Refuse whatever is no harmless .xlsx file; whether any sheet holds formulas."""
    if not content:
        raise refusal("empty_file")
    if content.startswith(OLE):
        encrypted = content.find("EncryptedPackage".encode("utf-16-le")) > 0
        raise refusal("encrypted_refused" if encrypted else "legacy_format")
    if not content.startswith(b"PK\x03\x04") or archive_kind(content) != "xlsx":
        raise refusal("unsupported_file_type")
    cells, formulas = 0, False
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if not name.endswith((".xml", ".rels")):
                    continue
                part = archive.read(name)
                if _DOCTYPE.search(part):
                    raise refusal("damaged_file")
                if _SHEET.fullmatch(name):
                    cells += sum(1 for _ in _CELL.finditer(part))
                    formulas = formulas or _FORMULA.search(part) is not None
                if cells > _MOST_CELLS:
                    raise refusal("archive_bomb")
    except office.BROKEN as fault:
        raise refusal("damaged_file") from fault
    return formulas
