"""Cells of forms by their addresses, as texts name them and as sealed and live figures are compared. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from app.forms.answers import FormAnswer, Value
from app.reports.placeholders import Kind

_KINDS: Final[dict[str, Kind]] = {"text": "text", "integer": "integer", "number": "number", "percent": "percent"}
_COUNTS: Final = frozenset({"integer", "number"})


@dataclass(frozen=True, slots=True)
class AddressedCell:
    """A cell with where it stands."""

    address: str
    form: int
    table: str
    row: str
    column: str
    row_title: str
    column_title: str
    value: Value
    kind: Kind
    records: str | None


def addressed(forms: Iterable[FormAnswer]) -> Iterator[AddressedCell]:
    """Every cell but the numbers of rows; addresses as ``app.forms.answers.figures`` makes them."""
    for form in forms:
        for table in form.tables:
            place = f"form{form.number}" + (f".{table.code}" if len(form.tables) > 1 else "")
            columns = [column for column in table.columns if column.kind != "index"]
            for row in table.rows:
                for column in columns:
                    cell = row.cells.get(column.code)
                    if cell is None:
                        continue
                    kind: Kind = "percent" if row.share and column.kind in _COUNTS else _KINDS[column.kind]
                    yield AddressedCell(
                        f"{place}.{row.key}.{column.code}",
                        form.number,
                        table.code,
                        row.key,
                        column.code,
                        row.title,
                        column.title,
                        cell.value,
                        kind,
                        cell.records,
                    )
