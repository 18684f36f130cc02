"""Forms as sheets: what workbooks, CSV files and annexes in Word are made of. Pure."""

from collections.abc import Iterable
from typing import Final

from app.exports import sheets
from app.forms.answers import AnswerCell, AnswerRow, AnswerTable, FormAnswer, Value

_NONE: Final = "Không có"
_INCOMPLETE: Final = "Số liệu tổng hợp từ {accepted}/{expected} báo cáo đã được chấp nhận ({submitted} báo cáo đã nộp)."
_LIST: Final[dict[str, float]] = {"title": 30, "failed": 14, "reasons": 34}
"""Letters in a list of units with reasons: together they fit the width of an upright page."""


def sheets_of(forms: Iterable[FormAnswer], *, attached: str | None = None) -> list[sheets.Sheet]:
    """A sheet for each form. ``attached`` replaces the printed line that says to which report the form belongs."""
    return [_sheet(form, attached) for form in forms]


def _sheet(form: FormAnswer, attached: str | None) -> sheets.Sheet:
    line = attached if attached is not None else form.attached
    notes = [note["message"] for note in form.notes]
    if form.coverage.get("expected"):
        notes.append(_INCOMPLETE.format(**form.coverage))
    return sheets.Sheet(
        name=f"Biểu {form.number}",
        title="\n".join(part for part in (form.heading, form.title) if part),
        tables=[_table(table) for table in form.tables],
        subtitles=[line] if line else [],
        notes=notes,
    )


def _table(table: AnswerTable) -> sheets.Table:
    widths = _LIST if any(column.code == "reasons" for column in table.columns) else {}
    columns = [
        sheets.Column(column.title, column.kind, column.groups, widths.get(column.code)) for column in table.columns
    ]
    rows = [sheets.Row([_value(row, cell) for cell in _cells(table, row)], row.kind) for row in table.rows]
    if not rows:
        rows = [sheets.Row([_NONE if column.code == "title" else "" for column in table.columns])]
    return sheets.Table(columns, rows, table.title)


def _cells(table: AnswerTable, row: AnswerRow) -> list[AnswerCell]:
    if row.kind == "group":
        # A heading stands under the titles, where the eye looks for it.
        return [AnswerCell(row.title if column.code == "title" else None) for column in table.columns]
    return [row.cells[column.code] for column in table.columns]


def _value(row: AnswerRow, cell: AnswerCell) -> Value:
    """Among counts, a rate cannot have the format of its column: it is written out."""
    value = cell.value
    if row.share and isinstance(value, float):
        return f"{value * 100:.1f}".replace(".", ",") + "%"
    return value
