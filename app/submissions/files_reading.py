"""Tables of a file as lines of a workbook, read as a mapping says; and what of it is shown before it is stored."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import orjson
from openpyxl.utils import get_column_letter

from app.kernel.errors import FieldError, Invalid, Text
from app.submissions.faults import CellFault, Refused
from app.submissions.files_proposing import at, converted, fields_of, holds
from app.submissions.files_schemas import ColumnMapping, ColumnPreview, Sample, TableMapping, TablePreview
from app.submissions.legacy import Judgement
from app.submissions.reading_tables import Table, Tables
from app.submissions.reading_values import EMPTY, Choices, RawCell, Value, read_value, text_of
from app.submissions.workbook_layout import BY_SECTION, FORM_VERSION, Field
from app.submissions.workbook_reading import ReadLine, missing

_SAMPLES: Final = 5
_LONGEST_SAMPLE: Final = 200


class FileLines:
    """The lines that a file holds under a mapping, and every cell that cannot be read."""

    def __init__(self) -> None:
        self.lines: list[ReadLine] = []
        self.faults: list[CellFault] = []


def token_of(file: Tables, mapping: Sequence[TableMapping], place: tuple[str, str]) -> str:
    """What stands for exactly this file, read in exactly this way, for this campaign and unit.

    It proves that the preview was asked for, and is no secret: rights are asked of the records themselves.
    """
    said = {"file": file.sha256, "mapping": [one.model_dump() for one in mapping], "place": place, "form": FORM_VERSION}
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def check_mapping(file: Tables, mapping: Sequence[TableMapping]) -> None:
    """Refuse a mapping that names what is not there, or the same twice. Raises 422 by pointer."""
    tables = {table.name: table for table in file.tables}
    faults: list[FieldError] = []
    seen: set[str] = set()
    for number, one in enumerate(mapping):
        pointer = f"/mapping/{number}"
        if one.table not in tables or one.table in seen:
            told = Text("Tệp không có bảng này, hoặc bảng được nêu hai lần", "No such table, or it is named twice")
            faults.append(FieldError(f"{pointer}/table", "unknown_table", told))
        seen.add(one.table)
        known = {found.name for found in fields_of(one.kind)}
        filled: set[str] = set()
        for place, column in enumerate(one.columns):
            if column.field is not None and (column.field not in known or column.field in filled):
                faults.append(FieldError(f"{pointer}/columns/{place}/field", "unknown_field", _NO_FIELD))
            filled.add(column.field or "")
        faults += [
            FieldError(f"{pointer}/defaults", "unknown_field", _NO_FIELD) for name in one.defaults if name not in known
        ]
    if faults:
        raise Invalid(errors=faults)


_NO_FIELD: Final = Text("Không có trường này, hoặc hai cột cùng một trường", "No such field, or two columns fill it")


def lines_of(file: Tables, mapping: Sequence[TableMapping], choices: Mapping[str, Choices], own_unit: str) -> FileLines:
    """Every line of the mapped tables. Takes time of its own: call it in a thread."""
    found = FileLines()
    tables = {table.name: table for table in file.tables}
    for one in mapping:
        table, columns = tables[one.table], _columns(one)
        for row in range(
            (one.first_row or one.header_row + 1) - 1, min(one.last_row or len(table.rows), len(table.rows))
        ):
            cells = table.rows[row]
            if any(not at(cells, place).empty for place, _ in columns.values()):
                _line(found, one, (row + 1, cells), {"choices": choices, "unit": own_unit, "columns": columns})
    return found


def _columns(mapping: TableMapping) -> dict[str, tuple[int, Judgement]]:
    return {
        column.field: (column.column - 1, Judgement(column.encoding, column.capitals))
        for column in mapping.columns
        if column.field is not None
    }


def _line(
    found: FileLines, mapping: TableMapping, raw: tuple[int, Sequence[RawCell]], ground: Mapping[str, Any]
) -> None:
    row, cells = raw
    plan, columns = BY_SECTION[mapping.kind], ground["columns"]
    values: dict[str, Value] = {}
    places = {name: place for name, (place, _) in columns.items()}
    line = ReadLine(plan, row, None, values, mapping.table, places)
    faults: list[CellFault] = []
    for field in fields_of(mapping.kind):
        try:
            values[field.name] = _value(field, cells, mapping, ground)
        except Refused as refused:
            values[field.name] = None
            faults.append(line.fault(field.name, refused))
    faults += missing(line, faults)
    found.faults += faults
    if not faults:
        found.lines.append(line)


def _value(field: Field, cells: Sequence[RawCell], mapping: TableMapping, ground: Mapping[str, Any]) -> Value:
    cell = EMPTY
    if field.name in ground["columns"]:
        place, judgement = ground["columns"][field.name]
        cell = converted(at(cells, place), judgement)
    if cell.empty and field.name in mapping.defaults:
        cell = RawCell(mapping.defaults[field.name])
    if cell.empty and field.name == "unit":
        return str(ground["unit"])
    return read_value(field, cell, ground["choices"])


# --- what is shown ---------------------------------------------------------------------------------------------------


def preview(table: Table, mapping: TableMapping | None, choices: Mapping[str, Choices]) -> TablePreview:
    """A table as the mapping takes it, with the first cells of each column before and after."""
    if mapping is None:
        return TablePreview(table=table.name, rows=len(table.rows), kind=None, missing=[], columns=[])
    filled = {column.field for column in mapping.columns} | set(mapping.defaults) | {"unit"}
    lacking = [field.name for field in fields_of(mapping.kind) if field.required and field.name not in filled]
    columns = [_column(table, mapping, column, choices) for column in mapping.columns]
    return TablePreview(table=table.name, rows=len(table.rows), kind=mapping.kind, missing=lacking, columns=columns)


def _column(
    table: Table, mapping: TableMapping, column: ColumnMapping, choices: Mapping[str, Choices]
) -> ColumnPreview:
    place, judgement = column.column - 1, Judgement(column.encoding, column.capitals)
    fields = {field.name: field for field in fields_of(mapping.kind)}
    field = fields.get(column.field or "")
    first = mapping.first_row or mapping.header_row + 1
    below = [(row, at(cells, place)) for row, cells in enumerate(table.rows[first - 1 :], first)]
    samples = []
    for row, cell in [(row, cell) for row, cell in below if not cell.empty][:_SAMPLES]:
        after = converted(cell, judgement)
        samples.append(
            Sample(
                cell=f"{get_column_letter(column.column)}{row}",
                before=str(cell.value)[:_LONGEST_SAMPLE],
                after=_after(field, after, choices),
            )
        )
    header = converted(at(table.rows[mapping.header_row - 1], place), judgement)
    return ColumnPreview(
        **column.model_dump(),
        letter=get_column_letter(column.column),
        header="" if header.empty else _text(header) or "",
        holds=holds(cell for _, cell in below),
        samples=samples,
    )


def _after(field: Field | None, cell: RawCell, choices: Mapping[str, Choices]) -> str | None:
    if field is None:
        return _text(cell)
    try:
        value = read_value(field, cell, choices)
    except Refused:
        return None
    if field.choices and isinstance(value, str):
        return choices[field.choices].labels.get(value, value)
    return value.strftime("%d/%m/%Y") if isinstance(value, date) else None if value is None else str(value)


def _text(cell: RawCell) -> str | None:
    try:
        return text_of(cell)[:_LONGEST_SAMPLE]
    except Refused:
        return None
