"""Situation figures and their catalogue as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.periods import PeriodLockOut
from app.campaigns.schemas import CampaignBrief
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Code, Day, In, Line, Note, Out, Whole
from app.situation.models import MOST
from app.units.schemas import UnitBrief

Direction = Literal["lower_is_better", "higher_is_better"]
Kind = Literal["count", "ratio"]
Source = Literal["plan", "proposal"]
Trend = Literal["better", "worse", "same"]
Undefined = Literal["before_is_zero", "value_missing"]

_TO_HELP = "The first day on which it no longer holds; null = in force"
_KIND_HELP = "`count`: entered by units; `ratio`: never entered, always recomputed from `part` and `whole`"

DirectionIs = Annotated[Direction, Field(description="Which way is better")]
KindIs = Annotated[Kind, Field(description=_KIND_HELP)]
UnitOfCount = Annotated[Line, Field(max_length=100, description="Unit of count", examples=["vụ", "tin", "%"])]
Position = Annotated[Whole, Field(ge=0, le=10_000, description="Place in the printed order")]
PartIs = Annotated[Code | None, Field(description="Of a ratio: code of the count that is contained in `whole`")]
WholeIs = Annotated[Code | None, Field(description="Of a ratio: code of the count that contains `part`")]
Count = Annotated[Whole, Field(ge=0, le=MOST)]
Before = Annotated[Count | None, Field(description="Count in the campaign's window before; null = not known")]
After = Annotated[Count | None, Field(description="Count in the campaign's window; null = not known yet")]
Remark = Annotated[
    Note | None, Field(description="Remarks in general terms: name no suspects, no managed persons, no operations")
]


# --- the catalogue ---------------------------------------------------------------------------------------------------


class IndicatorBody(In):
    """An indicator."""

    code: Annotated[Code, Field(description="Unique at the owning unit", examples=["traffic_accidents"])]
    title_vi: Annotated[Line, Field(description="Title in Vietnamese")]
    title_en: Annotated[Line, Field(description="Title in English")]
    unit_of_count: UnitOfCount
    direction: DirectionIs
    kind: KindIs = "count"
    part: PartIs = None
    whole: WholeIs = None
    valid_from: Annotated[Day, Field(description="First day on which it holds")]
    valid_to: Annotated[Day | None, Field(description=_TO_HELP)] = None
    position: Position


class IndicatorIn(IndicatorBody):
    """A new entry of a unit's catalogue. What a unit adds itself is a `proposal`: the plan does not name it."""

    unit_id: Annotated[UUID, Field(description="The unit that keeps it; it serves that unit and those below")]


class IndicatorPatch(In):
    """What may change. Once a figure is of this indicator, only `valid_to` and `position`."""

    code: Code | None = None
    title_vi: Line | None = None
    title_en: Line | None = None
    unit_of_count: Annotated[Line, Field(max_length=100)] | None = None
    direction: Direction | None = None
    valid_from: Day | None = None
    valid_to: Annotated[Day | None, Field(description=_TO_HELP)] = None
    position: Position | None = None


class IndicatorQuery(SinceParams):
    """Filters of the catalogue."""

    sort: Annotated[
        Literal["position", "code", "updated_at", "-updated_at"], Field(description="`position` = as printed")
    ] = "position"
    unit: Annotated[UUID | None, Field(description="Only entries kept by this unit")] = None
    for_unit: Annotated[UUID | None, Field(description="Only entries that serve this unit: its own and from above")] = (
        None
    )
    code: Annotated[str | None, Field(max_length=40, description="Only this code")] = None
    kind: Annotated[Kind | None, Field(description="Only counts, or only ratios")] = None
    on: Annotated[Day | None, Field(description="Only entries in force on this day")] = None


class IndicatorOut(Out):
    """An entry of the catalogue of indicators (chỉ tiêu so sánh tình hình ANTT)."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="The unit that keeps it")]
    code: str
    title_vi: str
    title_en: str
    unit_of_count: str
    direction: DirectionIs
    kind: KindIs
    part: PartIs
    whole: WholeIs
    source: Annotated[Source, Field(description="`plan`: named in the plan; `proposal`: ours, not official")]
    valid_from: date
    valid_to: Annotated[date | None, Field(description=_TO_HELP)]
    position: int
    editable: Annotated[bool, Field(description="Whether the caller keeps this catalogue")]
    version: int
    created_at: datetime
    updated_at: datetime


# --- figures ---------------------------------------------------------------------------------------------------------


class FigureBody(In):
    """What a count of one indicator says."""

    indicator: Annotated[Code, Field(description="Code of a count: GET /indicators?for_unit=...&kind=count")]
    before_value: Before = None
    after_value: After = None
    note: Remark = None


class FigureIn(FigureBody):
    """One unit's count of one indicator in a campaign."""

    id: ChosenId = None
    unit_id: Annotated[UUID, Field(description="The unit whose figure it is")]
    campaign_id: Annotated[UUID, Field(description="The campaign whose windows are compared")]


class FigurePatch(In):
    """What may change while no report has counted it."""

    before_value: Before = None
    after_value: After = None
    note: Remark = None


class FigureLine(In):
    """A line of a unit's table. Both values null: the figure is taken away."""

    indicator: Annotated[Code, Field(description="Code of a count")]
    before_value: Before = None
    after_value: After = None
    note: Remark = None
    version: Annotated[
        Annotated[Whole, Field(ge=1)] | None,
        Field(description="The version that was read: 412 when somebody else has changed the figure since"),
    ] = None


class FigureTable(In):
    """A unit's figures in a campaign; indicators that are not listed stay as they are."""

    unit_id: Annotated[UUID, Field(description="The unit whose figures they are")]
    campaign_id: Annotated[UUID, Field(description="The campaign whose windows are compared")]
    figures: Annotated[list[FigureLine], Field(min_length=1, max_length=200)]


class FigureQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree, then as printed")
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    campaign: Annotated[UUID | None, Field(description="Only in this campaign")] = None
    indicator: Annotated[str | None, Field(max_length=40, description="Only of the indicator with this code")] = None


class ComparisonQuery(In):
    """Whose figures are compared."""

    unit: Annotated[UUID, Field(description="The unit; its own figures, without those of the units below")]
    campaign: Annotated[UUID, Field(description="The campaign")]


class IndicatorBrief(Out):
    """An indicator as a figure names it."""

    id: UUID
    code: str
    title_vi: str
    title_en: str
    unit_of_count: str
    direction: Direction
    kind: Kind


class Compared(Out):
    """What follows from the two values."""

    difference: Annotated[float | None, Field(description="After less before; null while one of them is missing")]
    percent: Annotated[float | None, Field(description="The difference as a fraction of before: 0.25 = 25 % more")]
    undefined_because: Annotated[Undefined | None, Field(description="Why there is no `percent`")]
    trend: Annotated[Trend | None, Field(description="By the indicator's direction; null while a value is missing")]


class FigureOut(Compared):
    """A figure before and after (số liệu trước và sau)."""

    id: UUID
    unit: UnitBrief
    campaign: CampaignBrief
    indicator: IndicatorBrief
    before_value: int | None
    after_value: int | None
    note: str | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    lock: Annotated[PeriodLockOut | None, Field(description="Why nobody may change it now")]
    version: int
    created_at: datetime
    updated_at: datetime


class ComparisonLine(Compared):
    """One indicator; a ratio is recomputed from its two counts, as a fraction."""

    indicator: IndicatorBrief
    figure_id: Annotated[UUID | None, Field(description="The unit's figure; null for a ratio, or when none was given")]
    version: Annotated[int | None, Field(description="The figure's version")]
    before_value: float | None
    after_value: float | None
    note: str | None


class ComparisonOut(Out):
    """A unit's security and order before and after, indicator by indicator as printed."""

    unit: UnitBrief
    campaign: CampaignBrief
    before_from: Annotated[date, Field(description="First day of the window before")]
    before_to: date
    window_from: Annotated[date, Field(description="First day of the campaign's window")]
    window_to: date
    lines: list[ComparisonLine]
    editable: Annotated[bool, Field(description="Whether the caller may change figures now")]
    lock: Annotated[PeriodLockOut | None, Field(description="Why nobody may change them now")]
