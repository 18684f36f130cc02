"""Propaganda activities and their catalogue as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.periods import PeriodLockOut
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Code, Day, In, Line, Note, Out, Whole
from app.propaganda.models import MOST_PEOPLE, MOST_SESSIONS, MOST_THINGS
from app.units.schemas import UnitBrief

Category = Literal["propaganda", "launch"]
Group = Literal["direct", "broadcast", "news", "visual", "print", "ceremony", "residents", "briefing", "combined"]
Counted = Literal["sessions", "quantity"]
Nature = Literal["event", "period_total"]
Venue = Literal["commune", "agency", "enterprise", "school"]
Source = Literal["plan", "proposal"]

_GROUP_HELP = (
    "Column of form 3: `direct`, `broadcast`, `news`, `visual`, `print`; of launches: `ceremony`, `residents` (within"
    " residents' meetings), `briefing` (within briefings of bodies), `combined` (within other conferences, campaigns)"
)
_VENUES_HELP = "Where it can take place; empty where the question makes no sense (a printed leaflet)"
_SOURCE_HELP = "`plan`: named in the plan; `proposal`: ours, not official"
_TO_HELP = "The first day on which it no longer holds; null = in force"

CategoryIs = Annotated[Category, Field(description="`propaganda` = tuyên truyền, `launch` = phát động")]
GroupIs = Annotated[Group, Field(description=_GROUP_HELP)]
CountedIs = Annotated[Counted, Field(description="Whether sessions (lượt, cuộc) or pieces are counted")]
UnitOfCount = Annotated[Line, Field(max_length=100, description="Unit of count", examples=["lượt", "tin", "cái"])]
Venues = Annotated[list[Venue], Field(max_length=4, description=_VENUES_HELP)]
Position = Annotated[Whole, Field(ge=0, le=10_000, description="Place in the printed order")]
NatureIs = Annotated[
    Nature, Field(description="`event`: on one day; `period_total`: all of this form and venue over a span of days")
]
VenueIs = Annotated[
    Venue | None, Field(description="Where: one of the form's `venue_kinds`; null where the form has none")
]
Sessions = Annotated[Whole, Field(ge=0, le=MOST_SESSIONS, description="How often, for forms that count sessions")]
Quantity = Annotated[Whole, Field(ge=0, le=MOST_THINGS, description="How many, for forms that count pieces")]
People = Annotated[
    Annotated[Whole, Field(ge=0, le=MOST_PEOPLE)] | None, Field(description="People reached, where known")
]
Result = Annotated[
    Note | None, Field(description="What it led to; in general terms, without names of suspects or managed persons")
]


# --- the catalogue ---------------------------------------------------------------------------------------------------


class ActivityFormBody(In):
    """A form of propaganda or launch."""

    code: Annotated[Code, Field(description="Unique at the owning unit", examples=["direct"])]
    category: CategoryIs
    group: GroupIs
    title_vi: Annotated[Line, Field(description="Title in Vietnamese")]
    title_en: Annotated[Line, Field(description="Title in English")]
    counted: CountedIs
    unit_of_count: UnitOfCount
    venue_kinds: Venues
    valid_from: Annotated[Day, Field(description="First day on which it holds")]
    valid_to: Annotated[Day | None, Field(description=_TO_HELP)] = None
    position: Position


class ActivityFormIn(ActivityFormBody):
    """A new entry of a unit's catalogue. What a unit adds itself is a `proposal`: the plan does not name it."""

    unit_id: Annotated[UUID, Field(description="The unit that keeps it; it serves that unit and those below")]


class ActivityFormPatch(In):
    """What may change. Once an activity is of this form, only `valid_to` and `position`."""

    code: Code | None = None
    category: Category | None = None
    group: Group | None = None
    title_vi: Line | None = None
    title_en: Line | None = None
    counted: Counted | None = None
    unit_of_count: Annotated[Line, Field(max_length=100)] | None = None
    venue_kinds: Venues | None = None
    valid_from: Day | None = None
    valid_to: Annotated[Day | None, Field(description=_TO_HELP)] = None
    position: Position | None = None


class ActivityFormQuery(SinceParams):
    """Filters of the catalogue."""

    sort: Annotated[
        Literal["position", "code", "updated_at", "-updated_at"], Field(description="`position` = as printed")
    ] = "position"
    unit: Annotated[UUID | None, Field(description="Only entries kept by this unit")] = None
    for_unit: Annotated[UUID | None, Field(description="Only entries that serve this unit: its own and from above")] = (
        None
    )
    code: Annotated[str | None, Field(max_length=40, description="Only this code")] = None
    category: Annotated[Category | None, Field(description="Only propaganda, or only launches")] = None
    group: Annotated[Group | None, Field(description="Only this column of form 3")] = None
    on: Annotated[Day | None, Field(description="Only entries in force on this day")] = None


class ActivityFormOut(Out):
    """An entry of the catalogue of forms (hình thức tuyên truyền, phát động)."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="The unit that keeps it")]
    code: str
    category: CategoryIs
    group: GroupIs
    title_vi: str
    title_en: str
    counted: CountedIs
    unit_of_count: str
    venue_kinds: Annotated[list[Venue], Field(description=_VENUES_HELP)]
    source: Annotated[Source, Field(description=_SOURCE_HELP)]
    valid_from: date
    valid_to: Annotated[date | None, Field(description=_TO_HELP)]
    position: int
    editable: Annotated[bool, Field(description="Whether the caller keeps this catalogue")]
    version: int
    created_at: datetime
    updated_at: datetime


# --- activities ------------------------------------------------------------------------------------------------------


class ActivityBody(In):
    """What an activity, or the total of several, says."""

    form: Annotated[Code, Field(description="Code of the form: GET /activity-forms?for_unit=...", examples=["direct"])]
    nature: NatureIs
    venue_kind: VenueIs = None
    date_from: Annotated[Day, Field(description="The day, or the first day of the span")]
    date_to: Annotated[
        Day | None, Field(description="Last day of the span; may be left out for an event. Not in the future")
    ] = None
    title: Annotated[Line, Field(description="What it was")]
    place: Annotated[Line | None, Field(description="Where it was held")] = None
    sessions: Sessions = 0
    quantity: Quantity = 0
    people_reached: People = None
    result: Result = None


class ActivityIn(ActivityBody):
    """A new activity, or the total of several."""

    id: ChosenId = None
    unit_id: Annotated[UUID, Field(description="The unit that did it")]


class ActivityPatch(In):
    """What may change while no report has counted it."""

    form: Annotated[Code | None, Field(description="Code of another form")] = None
    nature: Nature | None = None
    venue_kind: VenueIs = None
    date_from: Day | None = None
    date_to: Day | None = None
    title: Line | None = None
    place: Annotated[Line | None, Field(description="Null empties it")] = None
    sessions: Sessions | None = None
    quantity: Quantity | None = None
    people_reached: People = None
    result: Result = None


class ActivityQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["-date", "date", "unit", "updated_at", "-updated_at"],
        Field(description="`date` = last day of the activity; `unit` = order of the tree"),
    ] = "-date"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    form: Annotated[str | None, Field(max_length=40, description="Only of the form with this code")] = None
    category: Annotated[Category | None, Field(description="Only propaganda, or only launches")] = None
    group: Annotated[Group | None, Field(description="Only this column of form 3")] = None
    nature: Annotated[Nature | None, Field(description="Only events, or only totals")] = None
    venue_kind: Annotated[Venue | None, Field(description="Only at this kind of venue")] = None
    day_from: Annotated[Day | None, Field(description="Only those that ended on or after this day")] = None
    day_to: Annotated[Day | None, Field(description="Only those that ended on or before this day")] = None
    campaign: Annotated[UUID | None, Field(description="Only those that ended inside this campaign's window")] = None


class ActivityFormBrief(Out):
    """A form as an activity names it."""

    id: UUID
    code: str
    category: Category
    group: Group
    title_vi: str
    title_en: str
    counted: Counted
    unit_of_count: str


class ActivityOut(Out):
    """An activity of propaganda or a launch (hoạt động tuyên truyền, phát động)."""

    id: UUID
    unit: UnitBrief
    form: ActivityFormBrief
    nature: NatureIs
    venue_kind: VenueIs
    date_from: date
    date_to: Annotated[date, Field(description="Decides into which window it falls; equals `date_from` for an event")]
    title: str
    place: str | None
    sessions: int
    quantity: int
    amount: Annotated[int, Field(description="What statistics count: sessions or quantity, as the form says")]
    people_reached: int | None
    result: str | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    lock: Annotated[PeriodLockOut | None, Field(description="Why nobody may change it now")]
    version: int
    created_at: datetime
    updated_at: datetime
