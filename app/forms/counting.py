"""All figures of all tables: one statement for each measure and kind of row, whatever forms are asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.forms.answers import AnswerCell
from app.forms.definition import CellDef, EvaluationRows, FormDef, TableDef, filters_of
from app.forms.scene import Scene
from app.forms.soundness import DIMENSION
from app.statistics.cells import Cell, CellFound, CellsAsked, CellsFound, FilterValue, cells
from app.statistics.measures import MEASURES

Question = tuple[str, str]
"""A measure and the dimension it is grouped by."""


@dataclass(frozen=True, slots=True)
class TableFigures:
    """The figures of one table: by the key of a row, then by column."""

    rows: Mapping[UUID, Mapping[str, AnswerCell]]
    totals: Mapping[str, AnswerCell]
    parameters: Mapping[str, str]
    """By column: the query parameter that narrows to one row."""
    names: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)
    """What the rows are called, as the statistics tell."""
    notes: Sequence[Mapping[str, Any]] = ()
    """What is to be known about them, as the statistics tell."""

    def of(self, key: UUID | None) -> dict[str, AnswerCell]:
        """The figures of a row; one that has no records is 0, and its address lists none."""
        found = self.rows.get(key, {}) if key else {}
        return {code: found.get(code) or self._nothing(code, key, total) for code, total in self.totals.items()}

    def _nothing(self, code: str, key: UUID | None, total: AnswerCell) -> AnswerCell:
        return AnswerCell(0, f"{total.records}&{self.parameters[code]}={key}")

    @property
    def counted(self) -> list[UUID]:
        """The keys of rows with anything but 0, in the order of the statistics."""
        return [key for key, cells in self.rows.items() if any(cell.value for cell in cells.values())]


Counted = Mapping[tuple[int, str], TableFigures]
"""By the number of the form and the code of the table."""


async def count(tx: Tx, scene: Scene, forms: Iterable[FormDef]) -> Counted:
    """The figures of all tables of ``forms`` but for the lists of evaluations."""
    places = [
        (form.number, table)
        for form in forms
        for table in scene.tables(form)
        if not isinstance(table.rows, EvaluationRows)
    ]
    asked: dict[Question, list[Cell]] = {}
    for number, table in places:
        for code, cell in scene.cell_columns(table):
            asked.setdefault(_question(table, cell), []).append(_cell(scene, _code(number, table, code), table, cell))
    answers: dict[Question, CellsFound] = {}
    for question, wanted in asked.items():
        measure, dimension = question
        shared, narrowed = _shared(wanted)
        given = CellsAsked(measure, narrowed, group_by=(dimension,), structure=scene.structure, filters=shared)
        answers[question] = await cells(tx, scene.ground, given)
    return {(number, table.code): _figures(scene, number, table, answers) for number, table in places}


def _shared(wanted: Sequence[Cell]) -> tuple[dict[str, FilterValue], tuple[Cell, ...]]:
    """What all cells are narrowed by, asked of the records once and not for each cell; and the cells without it."""
    first, *others = ({name: value for name, value in cell.filters.items() if name != "year"} for cell in wanted)
    shared = dict(set(first.items()).intersection(*(other.items() for other in others)))
    rest = (
        replace(cell, filters={name: value for name, value in cell.filters.items() if name not in shared})
        for cell in wanted
    )
    return shared, tuple(rest)


def _question(table: TableDef, cell: CellDef) -> Question:
    return cell.measure, DIMENSION[table.rows.by]


def _code(number: int, table: TableDef, column: str) -> str:
    return f"{number}/{table.code}/{column}"


def _cell(scene: Scene, code: str, table: TableDef, cell: CellDef) -> Cell:
    filters: dict[str, FilterValue] = {
        name: given if isinstance(given, str) else tuple(given) for name, given in filters_of(table, cell).items()
    }
    year = scene.year_of(cell.period)
    return Cell(code, cell.value, filters if year is None else {**filters, "year": year})


def _figures(scene: Scene, number: int, table: TableDef, answers: Mapping[Question, CellsFound]) -> TableFigures:
    rows: dict[UUID, dict[str, AnswerCell]] = {}
    totals: dict[str, AnswerCell] = {}
    names: dict[UUID, Mapping[str, str]] = {}
    parameters: dict[str, str] = {}
    notes: list[Mapping[str, Any]] = []
    for code, cell in scene.cell_columns(table):
        question = _question(table, cell)
        found, place = answers[question], _code(number, table, code)
        dimension = MEASURES[question[0]].dimension_of[question[1]]
        totals[code] = _shown(found.totals[place])
        notes += [note for note in found.notes if note not in notes]
        parameters[code] = dimension.filter
        for row in found.rows:
            key = row.keys[dimension.code]
            if key is not None:
                rows.setdefault(key["id"], {})[code] = _shown(row.cells[place])
                names[key["id"]] = key
    return TableFigures(rows, totals, parameters, names, notes)


def _shown(found: CellFound) -> AnswerCell:
    return AnswerCell(found.value, found.records)
