"""A sheet as CSV (RFC 4180) that a spreadsheet opens without harm: UTF-8 with its mark, nothing taken for a formula."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from itertools import chain

from app.exports.sheets import Sheet, flat_titles, risky, value_of


def csv_of(sheet: Sheet) -> bytes:
    """``sheet``'s tables as CSV: figures with a decimal point, percentages as fractions, days as ISO 8601.

    A single table is its header and its rows. Of several, each line begins with its table's title, each table has its
    own header, and lines are padded to one length. Texts that a spreadsheet would run get an apostrophe before them.
    """
    lines = list(_lines(sheet))
    width = max((len(line) for line in lines), default=0)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows([*line, *[""] * (width - len(line))] for line in lines)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _lines(sheet: Sheet) -> Iterator[list[str]]:
    several = len(sheet.tables) > 1
    for number, table in enumerate(sheet.tables, 1):
        first: list[object] = [table.title or str(number)] if several else []
        header = chain(["Bảng"] if several else [], flat_titles(table.columns))
        yield [written(cell) for cell in header]
        for row in table.rows:
            yield [written(cell) for cell in chain(first, row.cells[: len(table.columns)])]


def written(cell: object) -> str:
    """One value as it stands in the file."""
    value = value_of(cell)
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if risky(value) else value
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) and not value.is_integer() else str(int(value))
