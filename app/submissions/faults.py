"""What can be wrong with a cell, and what to do about it; what can be wrong with a whole workbook."""

from dataclasses import dataclass
from typing import Final

from app.kernel.errors import FieldError, Invalid, Text


@dataclass(frozen=True, slots=True)
class CellFault:
    """One fault in one cell: ``sheet`` as its tab says, ``place`` as the spreadsheet does ("D7")."""

    sheet: str
    place: str
    code: str
    message: Text
    remedy: Text

    @property
    def cell(self) -> str:
        """The cell as people write it: ``Tuyên truyền!D7``."""
        return f"{self.sheet}!{self.place}"


class Refused(Exception):
    """A value that cannot be taken, before it is known in which cell it stands."""

    def __init__(self, code: str, message: Text, remedy: Text) -> None:
        super().__init__(code)
        self.code, self.message, self.remedy = code, message, remedy

    def at(self, sheet: str, place: str) -> CellFault:
        """The fault of that cell."""
        return CellFault(sheet, place, self.code, self.message, self.remedy)


class CellsRefused(Invalid):
    """Some cells are wrong; nothing was taken over. ``cells`` lists every one with its remedy."""

    code = "cells_refused"
    title = Text("Biểu có ô sai, chưa nhập gì vào hệ thống", "Some cells are wrong; nothing was imported")

    def __init__(self, faults: "list[CellFault]", language: str) -> None:
        self.faults = faults
        pick = 1 if language == "en" else 0
        count = len(faults)
        told = Text(
            f"Có {count} ô cần sửa; chưa nhập gì vào hệ thống",
            f"{count} cell(s) need to be mended; nothing was imported",
        )
        cells = [
            {
                "sheet": fault.sheet,
                "cell": fault.cell,
                "code": fault.code,
                "message": fault.message[pick],
                "remedy": fault.remedy[pick],
            }
            for fault in faults
        ]
        pointed = [FieldError(_pointer(fault), fault.code, fault.message) for fault in faults]
        super().__init__(told, pointed, cells=cells)


def _pointer(fault: CellFault) -> str:
    """Sheet and cell as a JSON Pointer (RFC 6901): ``/Tuyên truyền/D7``."""
    sheet = fault.sheet.replace("~", "~0").replace("/", "~1")
    return f"/{sheet}/{fault.place}"


class WorkbookRefused(Invalid):
    """A whole workbook that is not taken; subclasses say why."""

    code = "workbook_refused"
    title = Text("Không nhận tệp Excel này", "The workbook is not accepted")

    def __init__(self, told: Text) -> None:
        super().__init__(told, [FieldError("", self.code, told)])


class ForeignWorkbook(WorkbookRefused):
    """Not one that this system handed out, or handed out for something else."""

    code = "foreign_workbook"
    title = Text("Tệp không phải biểu của đợt và đơn vị này", "Not a workbook of this campaign and unit")


class OutdatedWorkbook(WorkbookRefused):
    """Handed out in a version that is read no more."""

    code = "outdated_workbook"
    title = Text("Biểu thuộc phiên bản cũ", "The workbook is of an older version")


class ChangedStructure(WorkbookRefused):
    """Sheets or columns are not as they were handed out."""

    code = "structure_changed"
    title = Text("Cấu trúc biểu đã bị thay đổi", "Sheets or columns of the workbook were changed")


class FileRefused(WorkbookRefused):
    """A file that is not opened at all."""

    code = "file_refused"

    def __init__(self, code: str, told: Text) -> None:
        self.code = code  # type: ignore[misc]
        super().__init__(told)


AGAIN: Final = Text(
    "Hãy tải biểu mới của đợt và đơn vị rồi chép dữ liệu sang",
    "Download the workbook of the campaign and unit again and copy the data over",
)
