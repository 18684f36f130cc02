"""What a question about forms stands on: the unit, the campaign with its years, the set of forms that it uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.access.actor import Tx
from app.access.permissions import Permission
from app.forms.answers import FormAsk
from app.forms.definition import PLACEHOLDER, CellDef, ColumnDef, Definition, EvaluationRows, FormDef, Period, TableDef
from app.forms.pinning import brief, definition_of, in_use
from app.forms.schemas import FormSetBrief
from app.kernel.errors import FieldError, Invalid, NotFound, Text
from app.statistics.cells import Ground, ground_of
from app.units.schemas import UnitBrief

_NO_CAMPAIGN = Text(
    "Hãy nêu đợt sơ kết (campaign): không có đợt nào đang áp dụng cho đơn vị này",
    "Name the campaign: none applies to this unit",
)


@dataclass(frozen=True, slots=True)
class Scene:
    """The ground of the figures and the forms to be filled on it."""

    structure: str
    ground: Ground
    campaign: Mapping[str, Any]
    form_set: FormSetBrief
    definition: Definition
    words: Mapping[str, str]
    """What the placeholders of titles stand for."""

    @property
    def unit(self) -> UnitBrief:
        """The unit asked about."""
        return UnitBrief.of({"id": self.ground.unit_id, "code": self.ground.code, "name": self.ground.name})

    def year_of(self, period: Period) -> int | None:
        """The year of a period; None for the campaign as a whole, and where it has no second year."""
        years = sorted(self.ground.years)
        place = {"first_year": 0, "second_year": 1}.get(period)
        return None if place is None or place >= len(years) else years[place]

    def has(self, period: Period) -> bool:
        """Whether the campaign looks at ``period`` at all."""
        return period == "campaign" or self.year_of(period) is not None

    def columns(self, table: TableDef) -> list[ColumnDef]:
        """The columns of ``table`` without what belongs to a year that the campaign does not have."""
        kept: dict[str, ColumnDef] = {}
        for column in table.columns:
            cell, made_of = column.cell, column.computed
            if (cell is None or self.has(cell.period)) and (
                made_of is None or all(code in kept for code in made_of.of)
            ):
                kept[column.code] = column
        return list(kept.values())

    def tables(self, form: FormDef) -> list[TableDef]:
        """The tables of ``form`` that have something to say about this campaign."""
        return [
            table
            for table in form.tables
            if (
                self.has(table.rows.period)
                if isinstance(table.rows, EvaluationRows)
                else any(column.cell for column in self.columns(table))
            )
        ]

    def cell_columns(self, table: TableDef) -> list[tuple[str, CellDef]]:
        """The columns that ask for a figure, by code."""
        return [(column.code, column.cell) for column in self.columns(table) if column.cell is not None]

    def text(self, template: str) -> str:
        """``template`` with its placeholders filled."""
        return PLACEHOLDER.sub(lambda found: self.words.get(found[1], found[0]), template)

    def form(self, number: int) -> FormDef:
        """The form with that number. Raises 404."""
        for form in self.definition.forms:
            if form.number == number:
                return form
        raise NotFound


def written(day: date) -> str:
    """A day as papers write it: 05/01/2024, 14/7/2024 (Nghị định 30/2020: a zero before days, and months 1 and 2)."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{day.day:02}/{month}/{day.year}"


async def scene(tx: Tx, ask: FormAsk) -> Scene:
    """Read the ground. Raises 404 for a unit outside, 409 ``no_form_set``, 422 where no campaign applies."""
    unit = ask.unit or tx.actor.topmost(Permission.STATISTICS_READ).id
    ground = await ground_of(tx, unit=unit, campaign=ask.campaign, structure=ask.structure, area=ask.area)
    if ground.campaign_id is None or ground.campaign is None:
        raise Invalid(errors=[FieldError("/campaign", "missing", _NO_CAMPAIGN, "query")])
    row = await in_use(tx, ground.campaign_id)
    return Scene(
        ask.structure,
        ground,
        ground.campaign,
        brief(row),
        await definition_of(tx, row),
        _words(ground),
    )


def _words(ground: Ground) -> dict[str, str]:
    years = sorted(ground.years)
    words = {"first_year": str(years[0]), "second_year": str(years[-1]), "unit": ground.name}
    for name in ("window_from", "window_to", "before_from", "before_to"):
        day = getattr(ground, name)
        words[name] = written(day) if day else ""
    words["window_year"] = str(ground.window_to.year) if ground.window_to else str(years[-1])
    return words
