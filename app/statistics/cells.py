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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias
from uuid import UUID

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
    """The groups in their natural order, and the cells over all records, also those in no group."""

    rows: Sequence[CellsRow]
    totals: Mapping[str, CellFound]


@dataclass(frozen=True, slots=True)
class Ground:
    """The unit and the campaign that the figures are of, and how many of the expected reports are in."""

    unit_id: UUID
    path: str
    level: str
    code: str
    name: str
    campaign_id: UUID | None
    campaign: Mapping[str, Any] | None
    """As ``CampaignBrief``."""
    years: Sequence[int]
    window_from: date | None
    window_to: date | None
    before_from: date | None
    before_to: date | None
    coverage: Mapping[str, Any]
    """As ``FiguresCoverage``."""
