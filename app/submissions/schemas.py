"""Submissions as they travel: one bundle with what a unit reports, and what became of each of its items."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.awards.schemas import AwardBody
from app.directives.schemas import DirectiveBody
from app.evaluations.schemas import EvaluationBody
from app.kernel.pagination import PageParams
from app.kernel.schema import ChosenId, In, Out, Year
from app.kernel.workflow import ActionOut
from app.practices.schemas import PracticeBody
from app.propaganda.schemas import ActivityBody
from app.registrations.schemas import RegistrationBody
from app.reports.schemas import ReportPatch
from app.situation.schemas import FigureBody
from app.units.schemas import UnitBrief

MOST_ITEMS = 5_000
"""Items of one kind in one bundle."""

Named = Annotated[str, Field(min_length=1, max_length=60)]


class RegistrationItem(RegistrationBody):
    """A registration. Known by its year."""

    id: ChosenId = None


class EvaluationItem(EvaluationBody):
    """An evaluation with its results. Known by the year of its registration and its stage."""

    id: ChosenId = None
    registration_id: Annotated[
        UUID | None, Field(description="The registration, or name its `year`: one of this bundle or one that stands")
    ] = None
    year: Annotated[Year | None, Field(description="The year of the unit's registration")] = None


class DirectiveItem(DirectiveBody):
    """A directive. Known by number and day of issue."""

    id: ChosenId = None


class ActivityItem(ActivityBody):
    """An activity, or the total of several. Known by form, nature, venue, days, title and place."""

    id: ChosenId = None


class FigureItem(FigureBody):
    """A security figure in the bundle's campaign. Known by its indicator."""

    id: ChosenId = None


class PracticeItem(PracticeBody):
    """A good practice. Known by title and first day."""

    id: ChosenId = None


class AwardItemIn(AwardBody):
    """A proposal for an award in the bundle's campaign. Known by form, recipient and period."""

    id: ChosenId = None
    award_form_id: Annotated[UUID | None, Field(description="The form of award, or name its code in `form`")] = None  # type: ignore[assignment]
    form: Annotated[str | None, Field(max_length=40, description="Code of the form of award")] = None


class ReportItemIn(ReportPatch):
    """The unit's report in the bundle's campaign: its fields, and its sections one by one by their codes."""

    id: ChosenId = None


class Bundle(In):
    """What one unit reports: any part of it may be left out. Items are known by their `id` or by their natural key."""

    unit: Annotated[Named, Field(description="Id or code of the unit", examples=["17509"])]
    campaign: Annotated[
        Named | None,
        Field(
            description="Id or code of the campaign; needed for figures, awards and the report", examples=["KH320-2024"]
        ),
    ] = None
    registrations: Annotated[list[RegistrationItem], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    evaluations: Annotated[list[EvaluationItem], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    directives: Annotated[list[DirectiveItem], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    activities: Annotated[list[ActivityItem], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    situation_figures: Annotated[list[FigureItem], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    good_practices: Annotated[list[PracticeItem], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    awards: Annotated[list[AwardItemIn], Field(max_length=MOST_ITEMS)] = Field(default_factory=list)
    report: ReportItemIn | None = None


OnConflict = Literal["fail", "skip", "update"]
Outcome = Literal["created", "updated", "unchanged", "skipped", "failed", "not_stored"]


class Options(In):
    """How a bundle is taken."""

    dry_run: Annotated[bool, Field(description="Do everything, answer what would happen, and change nothing")] = False
    on_conflict: Annotated[
        OnConflict,
        Field(
            description="Where a record with the same key stands and says something else: `fail`, `skip` it, or"
            " `update` it with the fields given. One that says the same is `unchanged` in any case"
        ),
    ] = "fail"
    partial: Annotated[bool, Field(description="Store the good items although others are refused")] = False


class ItemError(Out):
    """One fault of one item."""

    pointer: Annotated[str, Field(description="JSON Pointer into the bundle", examples=["/directives/3/issued_on"])]
    code: Annotated[str, Field(examples=["in_future"])]
    message: Annotated[str, Field(description="What is wrong and how to mend it, in the language of the request")]


class ItemOut(Out):
    """What became of one item."""

    pointer: Annotated[str, Field(description="JSON Pointer to the item", examples=["/directives/3"])]
    kind: Annotated[str, Field(examples=["directive"])]
    key: Annotated[str | None, Field(description="Its natural key, in words", examples=["15/KH-UBND 2024-03-12"])]
    outcome: Annotated[
        Outcome,
        Field(description="`not_stored`: it is good, but others of the bundle were refused and so nothing is kept"),
    ]
    id: Annotated[UUID | None, Field(description="The record; null where there is none")]
    href: str | None
    errors: list[ItemError]


class Summary(Out):
    """How many items came to what."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: int = 0
    not_stored: int = 0


class TakenOut(Out):
    """What became of a bundle."""

    dry_run: bool
    stored: Annotated[bool, Field(description="Whether what is good in it is kept now; false for a dry run")]
    unit: UnitBrief | None
    summary: Summary
    items: list[ItemOut]


class LineOut(Out):
    """What became of one line of many bundles."""

    line: Annotated[int, Field(description="Number of the line, from 1")]
    stored: bool
    unit: UnitBrief | None
    summary: Summary
    errors: Annotated[list[ItemError], Field(description="What is wrong with the bundle as a whole")]
    items: list[ItemOut]


RunStatus = Literal["queued", "running", "done", "cancelled", "failed"]


class RunOut(Out):
    """A submission of many units that is worked off after the answer."""

    id: UUID
    status: RunStatus
    dry_run: bool
    on_conflict: OnConflict
    partial: bool
    total: Annotated[int, Field(description="Lines that were sent")]
    done: Annotated[int, Field(description="Lines that were worked off")]
    stored: Annotated[int, Field(description="Lines that were stored")]
    summary: Annotated[Summary, Field(description="All items of the lines worked off")]
    fault: Annotated[str | None, Field(description="Why it failed: the caller's rights ended meanwhile")]
    results: Annotated[str, Field(description="Where the result of each line is")]
    allowed_actions: list[ActionOut]
    version: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    updated_at: datetime


class RunTransition(In):
    """An action on a submission."""

    action: Literal["cancel"]


class RunQuery(PageParams):
    """Filters of one's submissions."""

    sort: Annotated[Literal["-created_at"], Field(description="The newest first")] = "-created_at"
    status: Annotated[RunStatus | None, Field(description="Only in this state")] = None


class LineQuery(PageParams):
    """Filters of the results."""

    sort: Annotated[Literal["line"], Field(description="In the order in which they were sent")] = "line"
    stored: Annotated[bool | None, Field(description="Only lines that were stored, or only those that were not")] = None
