"""A form filled with figures, as values: what the API writes, what sheets are made of, what reports seal and quote."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from app.forms.definition import Kind
from app.forms.schemas import FormSetBrief
from app.statistics.former import Area
from app.units.schemas import UnitBrief

Value: TypeAlias = int | float | str | None
"""A figure, a text, or None = not defined. Shares are fractions: 0.875."""


@dataclass(frozen=True, slots=True)
class FormAsk:
    """Of what forms are asked; ``unit`` default: the topmost one's own; ``campaign``: the one under way.

    ``area``: the unit's of another time, where that is meant.
    """

    unit: UUID | None = None
    campaign: UUID | None = None
    structure: str = "as_recorded"
    area: Area | None = None


@dataclass(frozen=True, slots=True)
class AnswerCell:
    """A value, and the address of exactly the records behind it (None where it counts none itself)."""

    value: Value
    records: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column; ``groups`` are the headings above it, outermost first."""

    code: str
    title: str
    kind: Kind
    groups: tuple[str, ...] = ()
    unit_of_count: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A row. ``key`` tells it among those of its table, in every later answer too."""

    kind: Literal["group", "row", "total"]
    key: str
    title: str
    cells: Mapping[str, AnswerCell] = field(default_factory=dict)
    unit: UnitBrief | None = None
    share: bool = False
    """Its figures are fractions, whatever the kind of the column: a rate among counts."""


@dataclass(frozen=True, slots=True)
class AnswerTable:
    """A table of a form."""

    code: str
    title: str | None
    columns: Sequence[AnswerColumn]
    rows: Sequence[AnswerRow]


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """A form with its figures."""

    number: int
    code: str
    title: str
    heading: str
    attached: str | None
    proposal: bool
    source: str
    form_set: FormSetBrief
    campaign: Mapping[str, Any]
    unit: UnitBrief
    structure: str
    tables: Sequence[AnswerTable]
    coverage: Mapping[str, Any]
    notes: Sequence[Mapping[str, Any]]
    generated_at: datetime


def figures(forms: Iterable[FormAnswer]) -> dict[str, Value]:
    """Every value of ``forms`` by its address ``form<number>[.<table>].<row>.<column>``; undefined ones too.

    The table is named where the form has several. Rows that are no figures (groups, counted-up numbers) are left out;
    of lists the texts are in. The same addresses serve placeholders in reports and the comparison of sealed with live.
    """
    return dict(_addressed(forms))


def _addressed(forms: Iterable[FormAnswer]) -> Iterator[tuple[str, Value]]:
    for form in forms:
        for table in form.tables:
            place = f"form{form.number}" + (f".{table.code}" if len(form.tables) > 1 else "")
            shown = [column.code for column in table.columns if column.kind != "index"]
            for row in table.rows:
                for code in shown:
                    if code in row.cells:
                        yield f"{place}.{row.key}.{code}", row.cells[code].value
