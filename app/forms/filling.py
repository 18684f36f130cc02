"""Tables filled: rows under their heads, columns computed of others, totals. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.forms.answers import AnswerCell, AnswerColumn, AnswerRow, AnswerTable, Value
from app.forms.computing import computed, share
from app.forms.counting import TableFigures
from app.forms.definition import ColumnDef, TableDef
from app.forms.failing import Failing
from app.forms.heads import Head
from app.forms.scene import Scene
from app.kernel.errors import Text
from app.statistics.measures import MEASURES
from app.units.schemas import UnitBrief

TOTAL = Text("Tổng cộng", "Total")
NOTHING = AnswerCell(None)


def columns(scene: Scene, table: TableDef, language: str) -> list[AnswerColumn]:
    """The columns of ``table`` with their placeholders filled."""
    made = []
    for column in scene.columns(table):
        unit_of_count = column.unit_of_count
        if column.cell is not None and unit_of_count is None:
            unit_of_count = getattr(MEASURES[column.cell.measure].unit_of_count, language)
        groups = tuple(map(scene.text, column.groups))
        made.append(AnswerColumn(column.code, scene.text(column.title), column.kind, groups, unit_of_count))
    return made


def filled(scene: Scene, table: TableDef, heads: Iterable[Head], figures: TableFigures, language: str) -> AnswerTable:
    """A table of figures: a row for each head, and the total where things can be added."""
    declared = scene.columns(table)
    rows = list(_rows(declared, heads, figures))
    if table.rows.by != "indicator":
        title = getattr(TOTAL, language)
        cells = _cells(declared, {"title": AnswerCell(title)}, figures.totals)
        rows.append(AnswerRow("total", "total", title, cells))
    return _table(scene, table, rows, language)


def _table(scene: Scene, table: TableDef, rows: Sequence[AnswerRow], language: str) -> AnswerTable:
    title = None if table.title is None else scene.text(table.title)
    return AnswerTable(table.code, title, columns(scene, table, language), rows)


def _rows(declared: Sequence[ColumnDef], heads: Iterable[Head], figures: TableFigures) -> Iterator[AnswerRow]:
    number = 0
    for head in heads:
        if head.kind == "group":
            yield AnswerRow("group", head.key, head.title)
            continue
        number += 1
        shown: dict[str, Value] = {"index": number, "title": head.title, "code": head.code}
        shown["unit_of_count"] = head.unit_of_count
        found = _shares(head, figures) if head.ratio else figures.of(head.found)
        cells = _cells(declared, {name: AnswerCell(value) for name, value in shown.items()}, found)
        if head.ratio:
            # By how many percent a percentage has changed says nothing that its difference does not say better.
            changes = [column.code for column in declared if column.computed and column.computed.operation == "change"]
            cells |= dict.fromkeys(changes, NOTHING)
        yield AnswerRow("row", head.key, head.title, cells, head.unit, share=head.ratio is not None)


def _shares(head: Head, figures: TableFigures) -> dict[str, AnswerCell]:
    if head.ratio is None:
        return {}
    parts, wholes = (figures.of(key) for key in head.ratio)
    # Two cells' records stand behind a share, in the rows of its part and its whole: one address could name only one.
    return {code: AnswerCell(share(parts[code].value, whole.value)) for code, whole in wholes.items()}


def _cells(
    declared: Sequence[ColumnDef], shown: Mapping[str, AnswerCell], figures: Mapping[str, AnswerCell]
) -> dict[str, AnswerCell]:
    """What the row shows about itself, its figures, and then what is computed of those, in the order of columns."""
    cells: dict[str, AnswerCell] = {}
    for column in declared:
        if column.shows is not None:
            cells[column.code] = shown.get(column.shows, NOTHING)
        elif column.computed is not None:
            cells[column.code] = AnswerCell(computed(column.computed, [cells[c].value for c in column.computed.of]))
        else:
            cells[column.code] = figures[column.code]
    return cells


def listed(scene: Scene, table: TableDef, found: Iterable[Failing], language: str) -> AnswerTable:
    """A list of evaluations, in the order they come in."""
    declared, rows = scene.columns(table), []
    for number, one in enumerate(found, 1):
        values: dict[str, Value] = {"index": number, "code": one.code, "failed": one.failed, "reasons": one.reasons}
        shown = {name: AnswerCell(value) for name, value in values.items()}
        shown["title"] = AnswerCell(one.name, f"/api/v1/evaluations/{one.evaluation_id}")
        unit = UnitBrief.of({"id": one.unit_id, "code": one.code, "name": one.unit_name})
        cells = _cells(declared, shown, {})
        rows.append(AnswerRow("row", str(one.evaluation_id), one.name, cells, unit))
    return _table(scene, table, rows, language)
