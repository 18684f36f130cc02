"""What a spreadsheet, a CSV file and an annex in Word are made of, as neutral values; and what all three agree on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import count, groupby
from math import isinf, isnan
from typing import Final, Literal

from app.kernel.clock import HO_CHI_MINH

Kind = Literal["index", "text", "integer", "number", "percent", "date"]
Value = str | int | float | date | datetime | None

LONGEST_TEXT: Final = 32_767
"""Letters that a cell of a spreadsheet holds at most."""

_EXACT: Final = 10**15
"""From here on a spreadsheet's numbers lose digits: such a figure is written as text."""

_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_RISKY: Final = tuple("=+-@＝＋－＠\t\r'")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. ``groups`` are the headings above its title, outermost first; ``width`` in letters."""

    title: str
    kind: Kind = "text"
    groups: tuple[str, ...] = ()
    width: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: one value per column, in their order. A percentage is a fraction (0.875)."""

    cells: Sequence[object]
    kind: Literal["row", "group", "total"] = "row"


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns; ``title`` stands above it when a sheet has several."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One form or list: ``name`` is for the tab, ``title`` is printed, in capitals where it is an annex."""

    name: str
    title: str
    tables: Sequence[Table]
    subtitles: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A cell of a table's header: where it begins and how far it goes."""

    row: int
    column: int
    rows: int
    columns: int
    text: str


def header_depth(columns: Sequence[Column]) -> int:
    """Lines of the header: one more than the deepest grouping."""
    return 1 + max((len(column.groups) for column in columns), default=0)


def header_cells(columns: Sequence[Column]) -> list[HeaderCell]:
    """The header's cells from left to right in each line: groups over neighbours, titles down to the last line."""
    depth, cells = header_depth(columns), []
    for level in range(depth):

        def here(place: int, level: int = level) -> tuple[str, ...] | None:
            groups = columns[place].groups
            return groups[: level + 1] if len(groups) > level else None

        for shared, places in groupby(range(len(columns)), key=here):
            found = list(places)
            if shared is not None:
                cells.append(HeaderCell(level, found[0], 1, len(found), shared[-1]))
            else:
                titled = [place for place in found if len(columns[place].groups) == level]
                cells += [HeaderCell(level, place, depth - level, 1, columns[place].title) for place in titled]
    return cells


def flat_titles(columns: Sequence[Column]) -> list[str]:
    """Each column's title with its groups before it: what a header of one line says."""
    return [" - ".join(clean(part) for part in (*column.groups, column.title)) for column in columns]


def clean(text: str) -> str:
    """``text`` without what no file may hold: control characters other than tab and line break, half characters."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def risky(text: str) -> bool:
    """Whether a spreadsheet would take ``text``, typed into a cell, for a formula."""
    return text.startswith(_RISKY)


def value_of(cell: object) -> Value:
    """``cell`` as a spreadsheet knows values: a number, a day, an instant in local time without a zone, or clean text.

    A number that a spreadsheet would round, and one that is none (NaN), becomes text or nothing.
    """
    if cell is None or isinstance(cell, bool):
        return None if cell is None else ("Có" if cell else "Không")
    if isinstance(cell, datetime):
        return cell.astimezone(HO_CHI_MINH).replace(tzinfo=None) if cell.tzinfo else cell
    if isinstance(cell, date):
        return cell
    if isinstance(cell, int | float | Decimal):
        return _number(cell)
    text = clean(str(cell))
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _number(figure: int | float | Decimal) -> Value:
    size = abs(float(figure))
    if isnan(size) or isinf(size):
        return None
    if size >= _EXACT:
        return str(figure)
    return figure if isinstance(figure, int) else float(figure)


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names a workbook accepts, in the same order: at most 31 letters, none of ``[]:*?/\\``, no two alike."""
    taken: set[str] = set()
    names = []
    for name in wanted:
        plain = " ".join(re.sub(r"[\[\]:*?/\\]", " ", clean(name)).split()).strip("'")[:31].strip(" '") or "Bảng"
        plain = "Bảng" if plain.casefold() == "history" else plain
        for number in count(1):
            suffix = "" if number == 1 else f" ({number})"
            name_now = plain[: 31 - len(suffix)].rstrip() + suffix
            if name_now.casefold() not in taken:
                break
        taken.add(name_now.casefold())
        names.append(name_now)
    return names


def widths(columns: Sequence[Column], rows: Sequence[Row]) -> list[float]:
    """How wide each column should be, in letters: as its first rows need, within bounds that fit a page."""
    found = []
    for place, column in enumerate(columns):
        low, high = _BOUNDS[column.kind]
        longest = 0
        if column.kind == "text":
            shown = (row.cells[place] for row in rows[:300] if row.kind == "row" and place < len(row.cells))
            longest = max((len(str(cell)) for cell in shown if cell is not None), default=0)
        word = max((len(part) for part in column.title.split()), default=0)
        found.append(column.width or float(min(max(low, longest + 2, word + 2), high)))
    return found


_BOUNDS: Final[dict[Kind, tuple[int, int]]] = {
    "index": (5, 8),
    "text": (14, 48),
    "integer": (9, 14),
    "number": (10, 16),
    "percent": (9, 13),
    "date": (12, 14),
}
