"""Several cells of one measure in one statement, for whoever lays figures out in a table (forms, drafts of reports).

A *cell* is a value of the measure under conditions of its own ("đạt", of the stage `final`, of the year 2023); all
cells of one question share the measure, the unit, the campaign, the structure and the grouping::

    ground = await ground_of(tx, unit=unit_id, campaign=campaign_id)
    found = await cells(tx, ground, CellsAsked(
        "recognitions",
        (
            Cell("evaluated_2023", "evaluated", {"year": 2023, "unit_kind": ("commune", "ward", "township")}),
            Cell("rate_2023", "recognition_rate", {"year": 2023, "unit_kind": ("commune", "ward", "township")}),
        ),
        group_by=("child",),
    ))
    found.totals["rate_2023"].value
    for row in found.rows:
        row.keys["child"]["name"], row.cells["evaluated_2023"].value, row.cells["evaluated_2023"].records
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeAlias
from uuid import UUID

from app.access.actor import Tx
from app.kernel.db import AnyRow
from app.statistics import queries
from app.statistics.asking import filters_of, structure_of
from app.statistics.declarations import Measure
from app.statistics.former import Area
from app.statistics.measures import MEASURES
from app.statistics.noting import gone_notes, map_notes
from app.statistics.reading import key_reader, query_of, records_address
from app.statistics.service import bound, campaign_brief, coverage_of, fenced_shape, ground_row, place_of
from app.statistics.shapes import CellShape, Filters, Shape
from app.statistics.statements import figures

FilterValue: TypeAlias = int | str | UUID | tuple[str, ...] | None
"""One key of a dimension; several words of it (any of them); None = records that have no key in it."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of the measure, under conditions of its own.

    ``filters`` are by the parameter of a dimension (``unit_kind``, ``stage``, ``form``, ``venue_kind`` ...) or
    ``year``; see ``GET /statistics`` for those of each measure.
    """

    code: str
    value: str
    filters: Mapping[str, FilterValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CellsAsked:
    """What is asked: ``cells`` of ``measure``, for each key of ``group_by`` and over all.

    ``filters`` hold for all cells. The campaign of the ground narrows the records to its window or its years, unless
    ``in_campaign`` is false. ``variant`` is what ``value=`` is to ``GET /statistics/{measure}``.
    """

    measure: str
    cells: tuple[Cell, ...]
    group_by: tuple[str, ...] = ()
    structure: str = "as_recorded"
    filters: Mapping[str, FilterValue] = field(default_factory=dict)
    variant: str | None = None
    in_campaign: bool = True


@dataclass(frozen=True, slots=True)
class CellFound:
    """What a cell holds: a count or a sum, a fraction (0.875) for a rate, None where it is not defined (by nothing)."""

    value: int | float | None
    records: str
    """The address of exactly the records counted; of a rate, those of its whole."""


@dataclass(frozen=True, slots=True)
class CellsRow:
    """One group that has records. ``keys``: by dimension a word, a year, or ``{"id", "code", "name" or "title"}``."""

    keys: Mapping[str, Any]
    cells: Mapping[str, CellFound]


@dataclass(frozen=True, slots=True)
class CellsFound:
    """The groups in their natural order, and the cells over all records, also those in no group.

    A group of which no cell counts anything may be missing.
    """

    rows: Sequence[CellsRow]
    totals: Mapping[str, CellFound]
    notes: Sequence[Mapping[str, Any]] = ()
    """What the changes of the map mean for these cells, as ``FiguresNote``."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The unit and the campaign that the figures are of, and how many of the expected reports are in."""

    row: AnyRow = field(repr=False)
    unit_id: UUID
    path: str
    level: str
    code: str
    name: str
    campaign_id: UUID | None
    campaign: Mapping[str, Any] | None
    """As ``CampaignBrief``."""
    last_day: date | None
    """The last day of a unit that has ended."""
    years: Sequence[int]
    window_from: date | None
    window_to: date | None
    before_from: date | None
    before_to: date | None
    coverage: Mapping[str, Any]
    """As ``FiguresCoverage``."""
    notes: Sequence[Mapping[str, Any]]
    """What is to be known of the unit itself, as ``FiguresNote``."""
    area: Area | None = field(default=None, repr=False)
    """The area that the figures are of, where it is not the one that the unit has today."""

    def shape(self, tx: Tx, asked: Shape) -> Shape:
        """``asked`` as it is to be put to this ground."""
        return fenced_shape(tx, self.row, asked) if self.area is None else self.area.narrowed(asked)

    def bound(self, tx: Tx, values: Mapping[str, Any], *, campaign: bool, year: int | None) -> dict[str, Any]:
        """Everything that a statement about this ground binds, ``values`` among it."""
        binding = bound(tx, self.row, values, campaign=campaign, year=year)
        return binding if self.area is None else self.area.bound(binding)


async def ground_of(
    tx: Tx,
    *,
    unit: UUID | None = None,
    campaign: UUID | None = None,
    structure: str = "as_recorded",
    area: Area | None = None,
) -> Ground:
    """The unit (none = the topmost that the caller may see) and the campaign (none = the one under way).

    ``structure`` is the one that will be asked for; ``area`` the unit's of another time, whose figures are wanted. One
    statement, up to four for a unit that has ended.
    Raises 404 for a unit outside the caller's scope, 422 for a campaign that does not exist and for a day without tree.
    """
    row = await ground_row(tx, place_of(tx, unit, structure, campaign=campaign))
    names = ("window_from", "window_to", "before_from", "before_to", "campaign_id", "level", "code", "name", "path")
    then = {} if area is None else {name: getattr(area, name) for name in ("level", "code", "name", "path")}
    return Ground(
        row=row,
        unit_id=row.id,
        campaign=None if row.campaign_id is None else campaign_brief(row),
        years=tuple(row.years or ()),
        last_day=None if row.ended_on is None else row.ended_on - timedelta(days=1),
        coverage=await coverage_of(tx, row, structure),
        notes=[] if area else await gone_notes(tx, row),
        area=area,
        **{name: getattr(row, name) for name in names} | then,
    )


async def cells(tx: Tx, ground: Ground, asked: CellsAsked) -> CellsFound:
    """The cells of every group and over all, in one statement; one more where units below were split.

    What is asked for is part of a declaration, so a measure, value, dimension or parameter that does not exist is a
    KeyError or ValueError; ask :func:`faults_of` when the declaration is taken in.
    """
    wrong = faults_of(asked)
    if wrong:
        raise ValueError("; ".join(wrong))
    asked_shape, values = _shape(ground, asked)
    shape = ground.shape(tx, asked_shape)
    in_campaign = "campaign" in shape.filters.one
    made = figures(shape)
    binding = ground.bound(tx, values, campaign=in_campaign, year=_year(asked))
    total, *rows = await queries.rows(tx.session, made, binding)
    keys_of = key_reader(shape, made, tx.language)
    addresses = _addresses(shape, ground, asked)

    def found(row: Any, more: Mapping[str, Any]) -> dict[str, CellFound]:
        suffix = query_of(more)
        read = zip(asked.cells, row[-len(asked.cells) :], addresses, strict=True)
        return {cell.code: CellFound(value, address + suffix) for cell, value, address in read}

    made_rows = []
    for row in rows:
        keys, parameters = keys_of(row)
        made_rows.append(CellsRow(keys, found(row, parameters)))
    # An area of its own day has nothing that came later.
    notes = [] if ground.area else await map_notes(tx, ground.row, asked_shape, binding)
    return CellsFound(made_rows, found(total, {}), notes)


def faults_of(asked: CellsAsked) -> list[str]:
    """What is wrong with a declaration, in words for who wrote it; nothing = it can be answered.

    A parameter may be given once: by the question, by the cell or by what is grouped by.
    """
    measure = MEASURES.get(asked.measure)
    if measure is None:
        return [f"no measure {asked.measure!r}"]
    faults = [f"no dimension {code!r}" for code in asked.group_by if code not in measure.dimension_of]
    if asked.variant and asked.variant not in measure.variants:
        faults.append(f"no variant {asked.variant!r}")
    if len({cell.code for cell in asked.cells}) < len(asked.cells):
        faults.append("two cells have one code")
    grouped = {measure.dimension_of[code].filter for code in asked.group_by if code in measure.dimension_of}
    faults += _filter_faults(measure, asked.filters, grouped)
    for cell in asked.cells:
        if cell.value not in measure.value_of:
            faults.append(f"{cell.code}: no value {cell.value!r}")
        inner = _filter_faults(measure, cell.filters, grouped | set(asked.filters))
        faults += [f"{cell.code}: {fault}" for fault in inner]
        if "year" in cell.filters and not measure.spans:
            faults.append(f"{cell.code}: the measure looks at one day, which no cell may choose")
    return faults


def _filter_faults(measure: Measure, given: Mapping[str, FilterValue], taken: Set[str]) -> list[str]:
    known = {dimension.filter: dimension for dimension in measure.dimensions}
    faults = [f"{name!r} is given twice" for name in given if name in taken]
    for name, value in given.items():
        if name not in known and not (name == "year" and "year" in measure.period):
            faults.append(f"no parameter {name!r}")
        elif value is not None and name in known and known[name].words:
            words = value if isinstance(value, tuple) else (value,)
            faults += [f"{name!r}: no word {word!r}" for word in words if word not in known[name].words]
    return faults


def _year(asked: CellsAsked) -> int | None:
    year = asked.filters.get("year")
    return year if isinstance(year, int) else None


def _shape(ground: Ground, asked: CellsAsked) -> tuple[Shape, dict[str, Any]]:
    """The statement's shape and what is bound. Cells under equal conditions share what is bound and counted."""
    common = dict(asked.filters)
    if asked.in_campaign and ground.campaign_id is not None:
        common["campaign"] = ground.campaign_id
    filters, values = filters_of(common)
    known: dict[tuple[tuple[str, FilterValue], ...], Filters] = {}
    placing = {dimension.filter for dimension in MEASURES[asked.measure].dimensions if dimension.place}

    def shared(given: Mapping[str, FilterValue]) -> Filters:
        conditions = tuple(sorted(given.items()))
        if conditions not in known:
            known[conditions], more = filters_of(given, f"c{len(known)}_")
            values.update(more)
        return known[conditions]

    shapes = []
    for cell in asked.cells:
        own = {name: value for name, value in cell.filters.items() if name not in placing}
        place = {name: value for name, value in cell.filters.items() if name in placing}
        shapes.append(CellShape(cell.code, cell.value, shared(own), shared(place)))
    structure = structure_of(asked.structure)
    if structure == "on_date":
        values["day"] = date.fromisoformat(asked.structure)
    shape = Shape(*(asked.measure, asked.variant, structure, filters), group_by=asked.group_by, asked=tuple(shapes))
    return shape, values


def _addresses(shape: Shape, ground: Ground, asked: CellsAsked) -> list[str]:
    """The address of the records of each cell, over all groups."""
    fixed: dict[str, Any] = {"unit": ground.unit_id, "structure": asked.structure}
    if "campaign" in shape.filters.one:
        fixed["campaign"] = ground.campaign_id
    if asked.variant:
        fixed["value"] = asked.variant
    return [
        records_address(
            asked.measure, {**fixed, **asked.filters, **cell.filters, "cell": shape.declared.behind(cell.value)}
        )
        for cell in asked.cells
    ]
