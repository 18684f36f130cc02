"""Files that people made themselves (.xls, .ods, .xlsx, .csv), as tables of cells: nothing is converted yet."""

import csv
import hashlib
import io
import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

from openpyxl import load_workbook

from app.attachments.contents import OLE
from app.kernel.errors import Text
from app.submissions import reading_child
from app.submissions.faults import FileRefused
from app.submissions.legacy import FileEncoding, decode, separator_of
from app.submissions.reading_archives import admit_workbook, archive_kind, refusal
from app.submissions.reading_values import EMPTY, RawCell
from app.submissions.workbook_reading import UNREADABLE, raw_cell

MOST_SHEETS: Final = 20
MOST_ROWS: Final = 5_000
MOST_COLUMNS: Final = 60
_LONGEST_CELL: Final = 32_767
_PATIENCE: Final = reading_child.MOST_SECONDS + 10
_TURNS: Final = threading.BoundedSemaphore(2)
"""So many readers run at once at most, each within its own memory."""
_MACROS: Final = "_VBA_PROJECT_CUR".encode("utf-16-le")
_TOO_LARGE: Final = Text(
    f"Bảng tối đa {MOST_ROWS} dòng, {MOST_COLUMNS} cột; hãy chia thành nhiều tệp",
    f"A table may have at most {MOST_ROWS} rows and {MOST_COLUMNS} columns: split the file",
)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet, or a whole CSV file. Row 1 of the file is ``rows[0]``."""

    name: str
    rows: Sequence[Sequence[RawCell]]

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max((len(row) for row in self.rows), default=0)


@dataclass(frozen=True, slots=True)
class Tables:
    """A file as it was sent."""

    kind: str
    sha256: str
    tables: Sequence[Table]
    encoding: FileEncoding | None = None
    separator: str | None = None


def read_tables(content: bytes) -> Tables:
    """What the file holds, by its content, whatever it is called. Takes time of its own: call it in a thread.

    Raises 422: the refusals of ``reading_archives``, and ``table_too_large``.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if not content:
        raise refusal("empty_file")
    if content.startswith(OLE):
        if content.find("EncryptedPackage".encode("utf-16-le")) > 0:
            raise refusal("encrypted_refused")
        if content.find(_MACROS) > 0:
            raise refusal("macros_refused")
        return Tables("xls", sha256, _apart(content))
    if content.startswith(b"PK\x03\x04"):
        kind = archive_kind(content)
        return Tables(kind, sha256, _apart(content) if kind == "ods" else _from_xlsx(content))
    return _from_csv(content, sha256)


def _apart(content: bytes) -> list[Table]:
    """The tables, read by a process of its own."""
    bounds = [str(most) for most in (MOST_SHEETS, MOST_ROWS, MOST_COLUMNS)]
    command = [sys.executable, "-P", str(Path(reading_child.__file__)), *bounds]
    try:
        with _TURNS:
            done = subprocess.run(command, input=content, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as fault:
        raise refusal("archive_bomb") from fault
    if done.returncode != 0:  # killed at its bounds
        raise refusal("archive_bomb")
    answer = json.loads(done.stdout)
    if "error" in answer:
        raise refusal(answer["error"])
    if not all(table["whole"] for table in answer["tables"]):
        raise FileRefused("table_too_large", _TOO_LARGE)
    return [
        Table(table["name"], [[_cell(cell) for cell in row] for row in table["rows"]]) for table in answer["tables"]
    ]


def _cell(told: Any) -> RawCell:
    if isinstance(told, dict):
        return RawCell(datetime.fromisoformat(told["day"]))
    return EMPTY if told in (None, "") else RawCell(told)


def _from_xlsx(content: bytes) -> list[Table]:
    formulas = admit_workbook(content)
    try:
        values = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        as_written = load_workbook(io.BytesIO(content), read_only=True, keep_links=False) if formulas else None
        return [_sheet(values, as_written, name) for name in values.sheetnames[:MOST_SHEETS]]
    except UNREADABLE as fault:
        raise refusal("damaged_file") from fault


def _sheet(values: Any, as_written: Any, name: str) -> Table:
    bounds = {"min_row": 1, "max_row": MOST_ROWS + 1, "max_col": MOST_COLUMNS + 1}
    written = as_written[name].iter_rows(**bounds) if as_written else iter(())
    rows = []
    for cells in values[name].iter_rows(**bounds):
        formulas = next(written, ())
        row = [
            raw_cell(cell, formulas[place] if place < len(formulas) else None, values.epoch)
            for place, cell in enumerate(cells)
        ]
        rows.append(row)
    while rows and all(cell.empty for cell in rows[-1]):
        rows.pop()
    return _bounded(Table(name, rows))


def _from_csv(content: bytes, sha256: str) -> Tables:
    text, encoding = decode(content)
    if "\x00" in text:
        raise refusal("unsupported_file_type")
    separator = separator_of(text)
    try:
        lines = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), MOST_ROWS + 1))
    except csv.Error as fault:
        raise refusal("damaged_file") from fault
    rows = [[RawCell(cell) if cell else EMPTY for cell in line] for line in lines]
    return Tables("csv", sha256, [_bounded(Table("CSV", rows))], encoding, separator)


def _bounded(table: Table) -> Table:
    if len(table.rows) > MOST_ROWS or any(not cell.empty for row in table.rows for cell in row[MOST_COLUMNS:]):
        raise FileRefused("table_too_large", _TOO_LARGE)
    return table
