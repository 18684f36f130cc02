"""Figures as they travel."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.campaigns.schemas import CampaignBrief
from app.kernel.pagination import PageParams
from app.kernel.schema import Day, Out
from app.statistics.schemas_notes import FiguresChange, FiguresNote
from app.statistics.structure import Structure
from app.units.kinds import LEVELS
from app.units.schemas import Kind, Level, UnitBrief

Absent = Literal["none"]
Word = Annotated[str, Field(max_length=40)]
Words = Annotated[str, Field(max_length=300, description="One word, or several with commas between them; `none`")]


class _Common(BaseModel):
    """Parameters whose names Python can spell. The levels of the tree, `from` and `to` are added below."""

    model_config = ConfigDict(extra="forbid")

    unit: Annotated[
        UUID | None,
        Field(
            description="Its records and those of all units below it; default: the topmost unit that one may see. A"
            " unit that stands is taken with what is below it today, in any `structure`. One that has ended is taken as"
            " in that tree: the same as its row of its level, asked from above; where the tree does not have it, with"
            " what still hangs under its name, and a note `unit_ended` says so"
        ),
    ] = None
    year: Annotated[int | None, Field(ge=2000, le=2100, description="Only this year's")] = None
    campaign: Annotated[UUID | None, Field(description="Only of the years that this campaign looks at")] = None
    structure: Structure = "as_recorded"
    value: Annotated[
        Literal["self", "verified", "final"] | None,
        Field(description="`criterion_results`: which of the three values; default the latest that stands"),
    ] = None
    status: Annotated[Words | None, Field(description="Only records in this state")] = None
    stage: Annotated[Words | None, Field(description="Only evaluations of this stage")] = None
    timeliness: Annotated[Words | None, Field(description="Only obligations that stand so")] = None
    unit_kind: Annotated[Words | None, Field(description="Only units of this kind")] = None
    level: Annotated[Words | None, Field(description="Only units of this level")] = None
    own_unit: Annotated[UUID | None, Field(description="Only this unit's own records")] = None
    criteria_set: Annotated[UUID | None, Field(description="Only by this version of a set")] = None
    criterion_group: Annotated[UUID | None, Field(description="Only criteria of this group")] = None
    criterion: Annotated[UUID | None, Field(description="Only this criterion")] = None
    lasting_criterion: Annotated[
        UUID | None,
        Field(
            description="Only this criterion and, of other versions, those the maps connect with it; any of them does"
        ),
    ] = None
    child: Annotated[
        UUID | None, Field(description="Only what stands under this unit directly below `unit`, or is `unit`'s own")
    ] = None
    reason: Annotated[
        Word | None, Field(description="Only with this reason: the `id` of a key; `none` = with none")
    ] = None
    track: Annotated[Words | None, Field(description="Only documents of this track")] = None
    document_kind: Annotated[Words | None, Field(description="Only documents of this kind")] = None
    category: Annotated[Words | None, Field(description="Only activities of this category")] = None
    form_group: Annotated[Words | None, Field(description="Only activities of this group of forms")] = None
    activity_form: Annotated[UUID | None, Field(description="Only activities of this form")] = None
    venue_kind: Annotated[Words | None, Field(description="Only activities at venues of this kind")] = None
    nature: Annotated[Words | None, Field(description="Only single events, or only totals of a period")] = None
    indicator: Annotated[UUID | None, Field(description="Only this indicator")] = None
    award_form: Annotated[UUID | None, Field(description="Only awards of this form")] = None
    recipient_kind: Annotated[Words | None, Field(description="Only awards to recipients of this kind")] = None


class _Grouped(_Common):
    group_by: Annotated[
        str, Field(max_length=200, description="Dimensions of the measure, separated by commas; at most four")
    ] = ""
    order: Annotated[
        Annotated[str, Field(max_length=60)],
        Field(
            description="`natural` = each dimension's own order; or a value's code, with `-` before it downward: then"
            " rows bear their `rank`. With `compare` also `previous.`, `difference.` or `change.` and the code"
        ),
    ] = "natural"
    top: Annotated[
        int | None, Field(ge=1, le=1_000, description="Only the rows of the first so many ranks; needs `order`")
    ] = None
    format: Annotated[
        Literal["json", "csv", "xlsx"], Field(description="`csv` and `xlsx` are the same table as a file to save")
    ] = "json"
    compare: Annotated[
        int | None, Field(ge=2000, le=2100, description="Beside each value that of this year; needs `year`")
    ] = None


class _Behind(_Common, PageParams):
    cell: Annotated[
        Word | None, Field(description="Only the records counted in this value; default: the measure's first")
    ] = None


_ADDED: dict[str, Any] = {
    "from": (Annotated[Day | None, Field(description="Only records of this day or later")], None),
    "to": (Annotated[Day | None, Field(description="Only records of this day or earlier")], None),
    **{
        level: (
            Annotated[
                UUID | Absent | None,
                Field(description=f"Only records under this unit of the level `{level}`; `none` = under no such unit"),
            ],
            None,
        )
        for level in LEVELS
    },
}

if TYPE_CHECKING:
    StatisticsQuery = _Grouped
    RecordsQuery = _Behind
else:
    # `from` is no name for an attribute, and the levels are data.
    StatisticsQuery = create_model("StatisticsQuery", __base__=_Grouped, **_ADDED)
    RecordsQuery = create_model("RecordsQuery", __base__=_Behind, **_ADDED)

Asked = StatisticsQuery | RecordsQuery


class MeasureValue(Out):
    """A value of a measure."""

    code: str
    title: str
    kind: Annotated[
        Literal["additive", "ratio", "difference", "change"],
        Field(
            description="`additive` = counted or summed. All others are made anew from sums: `ratio` (0 to 1) = part :"
            " whole; `difference` = after - before; `change` (0.25 = a quarter more) = difference : before"
        ),
    ]
    part: Annotated[str | None, Field(description="Of a ratio: what is divided")]
    whole: Annotated[str | None, Field(description="Of a ratio: by what; the ratio is null when it is 0")]
    after: Annotated[str | None, Field(description="Of a difference or change: what is compared")]
    before: Annotated[str | None, Field(description="Of a difference or change: with what; no change when it is 0")]


class MeasureDimension(Out):
    """A dimension of a measure."""

    code: Annotated[str, Field(description="For `group_by`, and the member of `keys`")]
    title: str
    parameter: Annotated[str, Field(description="The query parameter that narrows to one key of it")]
    words: Annotated[list[str], Field(description="The keys there can be, where they are fixed")]
    word_titles: Annotated[dict[str, str], Field(description="What they are called, in the caller's language")]


class MeasureOut(Out):
    """A figure that can be asked for."""

    code: str
    title: str
    description: Annotated[str, Field(description="What is counted, and to which day a record belongs")]
    unit_of_count: str
    values: list[MeasureValue]
    dimensions: list[MeasureDimension]
    variants: Annotated[list[str], Field(description="What the parameter `value` may be; none = it is not taken")]


class MeasuresOut(Out):
    """All figures that can be asked for, on one page."""

    items: list[MeasureOut]
    next_cursor: None = None


class FiguresPeriod(Out):
    """The time the figures are about; null = not narrowed."""

    year: int | None
    campaign: CampaignBrief | None
    from_: Annotated[date | None, Field(alias="from")]
    to: date | None
    compared_with: Annotated[int | None, Field(description="The year of `compare`")] = None


Values = dict[str, int | float | None]


class FiguresRow(Out):
    """One group."""

    keys: Annotated[
        dict[str, Any],
        Field(
            description="By dimension: a word or a year; for units, criteria and the like `{id, code, name or title}`;"
            " null where there is none, as for an agency directly under the province when grouped by district."
            " A `lasting_criterion` is called as in the newest version of its set that has it (`version`,"
            " `criteria_set`) and bears all its `members` ([{id, code, version}]) and its `marks`: `merged`,"
            " `split`, `dropped` (not in the newest version), `added` (not in the first)"
        ),
    ]
    values: Values
    previous: Annotated[Values | None, Field(description="With `compare`: the values of that year")] = None
    difference: Annotated[Values | None, Field(description="With `compare`: what is more than in that year")] = None
    change: Annotated[
        Values | None, Field(description="With `compare`: the difference as a fraction; null where it was 0 that year")
    ] = None
    rank: Annotated[int | None, Field(description="With `order` by a value: equals share a rank (1, 2, 2, 4)")] = None
    records: Annotated[
        str, Field(description="The records behind it; add `cell=` and the code of an additive value or difference")
    ]
    previous_records: Annotated[str | None, Field(description="With `compare`: those of that year")] = None
    changes: Annotated[
        list[int] | None,
        Field(
            description="Positions in the answer's `changes`: since or until this row's year its unit was another area."
            " Only by unit and year (or with `compare`), and not `as_recorded`; empty = the same all along"
        ),
    ] = None


class FiguresCoverage(Out):
    """How much of what is expected has been reported: a figure without it may be a part taken for the whole."""

    campaign: Annotated[CampaignBrief | None, Field(description="Whose reports; null when no campaign applies")]
    expected: Annotated[int | None, Field(description="Units of the subtree that owe a report")]
    submitted: Annotated[int | None, Field(description="Of them: handed in and not sent back")]
    accepted: int | None


class StatisticsOut(Out):
    """Grouped figures with their totals and how complete they are."""

    measure: str
    title: str
    unit_of_count: str
    unit: UnitBrief
    period: FiguresPeriod
    structure: str
    group_by: list[str]
    rows: list[FiguresRow]
    totals: Annotated[Values, Field(description="Over all records, also those in no row's key")]
    previous_totals: Annotated[Values | None, Field(description="With `compare`")] = None
    difference_totals: Annotated[Values | None, Field(description="With `compare`")] = None
    change_totals: Annotated[Values | None, Field(description="With `compare`")] = None
    coverage: FiguresCoverage
    notes: list[FiguresNote]
    changes: Annotated[list[FiguresChange] | None, Field(description="What the rows' `changes` point to")] = None
    generated_at: datetime


class UnitInTime(UnitBrief):
    """A unit as it is, or was, on one day."""

    kind: Kind
    level: Level


class CountedRecord(Out):
    """One counted record."""

    id: Annotated[UUID, Field(description="Of what `resource` names")]
    resource: Annotated[str, Field(description="Where it is read")]
    version: Annotated[int, Field(description="Of the record; a criterion's result has that of its evaluation")]
    unit: Annotated[UnitBrief, Field(description="Whose it is, as called today")]
    unit_then: Annotated[UnitInTime, Field(description="Whose it is, as that unit was on the record's day")]
    unit_now: Annotated[
        UnitInTime,
        Field(description="Who bears it today: that unit, or if it has ended the nearest above it that stands"),
    ]
    counted_as: Annotated[
        UnitBrief, Field(description="The unit it counts as in the `structure` asked: the key of `group_by=unit` there")
    ]
    year: int | None
    date: Annotated[date, Field(description="The day it belongs to")]
    status: Annotated[str | None, Field(description="Its state, where such records have one")]
    part: Annotated[str | None, Field(description="Code of the criterion or indicator, where a record counts by parts")]
    value: Annotated[int, Field(description="What it adds to the cell: 1, or the amount that is summed")]
