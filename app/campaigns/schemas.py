"""Campaigns, deadlines and obligations as they travel; the board: ``schemas_progress.py``."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.campaigns.deadlines import Timeliness
from app.kernel.pagination import PageParams, SinceParams
from app.kernel.schema import Code, Day, Flag, In, Line, Note, Out, Prose, Year
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

CampaignStatus = Literal["draft", "open", "closed"]
Task = Literal["report", "conference"]
Level = Literal["central", "province", "district", "commune", "base"]
ObligationStatus = Literal["not_started", "drafting", "submitted", "returned", "accepted"]
Title = Annotated[str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True)]
Years = Annotated[list[Year], Field(min_length=1, max_length=20, description="The years reviewed", examples=[[2023]])]
TASK_MEANS = "`report` = báo cáo sơ kết, `conference` = hội nghị sơ kết"
_DUE = "Owed before this day: the last instant on time is the last of the day before, in Asia/Ho_Chi_Minh"


class LegalBasis(In, Out):
    """A document the campaign rests on."""

    number: Annotated[Line, Field(examples=["85/KH-BCA-V05"])]
    title: Title
    issuing_body: Line | None = None
    issued_on: Day | None = None


class Section(In, Out):
    """A heading of the report's outline."""

    code: Annotated[Code, Field(description="The heading's address in the outline, e.g. `II.1`")]
    number: Annotated[Line, Field(description="The number as printed; printed numbering may jump (II, IV)")]
    title: Title
    guidance: Annotated[Prose | None, Field(description="What to write about, as the outline prints it")] = None
    parent: Annotated[Code | None, Field(description="Code of the heading above")] = None
    writable: Annotated[Flag, Field(description="Whether text stands under this heading itself")] = True


Outline = Annotated[list[Section], Field(max_length=200, description="The headings in their printed order")]
Bases = Annotated[list[LegalBasis], Field(max_length=50, description="The documents the campaign rests on")]


_BEFORE = (
    "First day of the window with which security figures are compared. The plan names none: proposed is one as long as"
    " the reviewed one, ending the day before it"
)


class CampaignIn(In):
    """A new campaign, as a draft."""

    unit_id: Annotated[UUID, Field(description="The unit that conducts the campaign; its subtree owes")]
    code: Annotated[Code, Field(description="Short code, unique at the unit", examples=["KH320-2024"])]
    number: Annotated[Line | None, Field(description="Number of the plan", examples=["320/KH-UBND"])] = None
    title: Title
    issuing_body: Line | None = None
    issued_on: Day | None = None
    programme: Annotated[Code, Field(description="The programme under review")] = "exemplary_units"
    window_from: Annotated[Day, Field(description="First day reviewed")]
    window_to: Annotated[Day, Field(description="Last day reviewed")]
    before_from: Annotated[Day | None, Field(description=_BEFORE)] = None
    before_to: Annotated[Day | None, Field(description="Last day of the window compared with")] = None
    years: Years
    legal_basis: Annotated[Bases, Field(default_factory=list)]
    outline: Annotated[Outline, Field(default_factory=list)]


class CampaignPatch(In):
    """What may change: everything in a draft; later only `number`, `title`, `issuing_body`, `issued_on`."""

    code: Code | None = None
    number: Line | None = None
    title: Title | None = None
    issuing_body: Line | None = None
    issued_on: Day | None = None
    window_from: Day | None = None
    window_to: Day | None = None
    before_from: Annotated[Day | None, Field(description=_BEFORE)] = None
    before_to: Annotated[Day | None, Field(description="Last day of the window compared with")] = None
    years: Years | None = None
    legal_basis: Bases | None = None
    outline: Annotated[Outline | None, Field(description="Replaces the whole outline")] = None


class CampaignTransition(In):
    """An action on a campaign."""

    action: Literal["open", "close", "reopen"]
    note: Annotated[Note | None, Field(description="The reason; required to reopen")] = None


class CampaignQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["-open", "code", "-window_from", "window_from", "updated_at", "-updated_at"],
        Field(description="`-open` = open ones first, then the latest window"),
    ] = "-open"
    unit: Annotated[UUID | None, Field(description="Only this unit's own")] = None
    code: Annotated[Code | None, Field(description="Only with this code")] = None
    status: Annotated[CampaignStatus | None, Field(description="Only in this state")] = None


class CampaignBrief(Out):
    """A campaign as other records name it."""

    id: UUID
    code: str
    number: Annotated[str | None, Field(description="Number of the plan")]
    title: str
    status: CampaignStatus


class CampaignItem(Out):
    """A campaign (đợt sơ kết) in a list."""

    id: UUID
    unit: UnitBrief
    code: str
    number: Annotated[str | None, Field(description="Number of the plan")]
    title: str
    issuing_body: str | None
    issued_on: date | None
    programme: str
    window_from: Annotated[date, Field(description="First day reviewed")]
    window_to: Annotated[date, Field(description="Last day reviewed")]
    before_from: Annotated[date, Field(description=_BEFORE)]
    before_to: Annotated[date, Field(description="Last day of the window compared with")]
    years: list[int]
    status: CampaignStatus
    opened_at: Annotated[datetime | None, Field(description="When the list of who owes what was frozen")]
    closed_at: datetime | None
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class CampaignWarning(Out):
    """What is worth knowing and hinders nothing."""

    code: Literal["no_units"]
    deadline_id: Annotated[UUID, Field(description="The deadline by which nobody owes")]
    task: Task
    level: Level
    message: str


class CampaignOut(CampaignItem):
    """A campaign with its outline."""

    legal_basis: list[LegalBasis]
    outline: list[Section]
    editable: Annotated[bool, Field(description="Whether the caller may change its structure now")]
    warnings: Annotated[
        list[CampaignWarning],
        Field(description="For who manages it: deadlines that fit no unit, as of a level that an act abolished"),
    ] = Field(default_factory=list)


class DeadlineIn(In):
    """By when the units of a level owe a task."""

    task: Annotated[Task, Field(description=TASK_MEANS)]
    level: Annotated[Level, Field(description="The units of this level owe it")]
    parent_level: Annotated[
        Level | None, Field(description="Only those directly under a unit of this level; null = all of the level")
    ] = None
    due_before: Annotated[Day, Field(description=_DUE)]
    source: Annotated[Note | None, Field(description="Where the date stands written")] = None


class DeadlinePatch(In):
    """What may change while the campaign is a draft."""

    due_before: Annotated[Day | None, Field(description=_DUE)] = None
    source: Annotated[Note | None, Field(description="Where the date stands written")] = None


class DeadlineQuery(PageParams):
    """Filters of a campaign's deadlines."""

    sort: Annotated[Literal["due_before", "-due_before"], Field()] = "due_before"
    task: Annotated[Task | None, Field(description="Only this task's")] = None


class DeadlineOut(Out):
    """By when the units of a level owe a task."""

    id: UUID
    campaign_id: UUID
    task: Annotated[Task, Field(description=TASK_MEANS)]
    level: Level
    parent_level: Annotated[Level | None, Field(description="Only units directly under one of this level")]
    due_before: Annotated[date, Field(description=_DUE)]
    source: Annotated[str | None, Field(description="Where the date stands written")]
    version: int


class ObligationIn(In):
    """A unit joins the list of those who owe."""

    unit_id: Annotated[UUID, Field(description="The unit that shall owe the task")]
    task: Annotated[Task, Field(description=TASK_MEANS)] = "report"
    reason: Annotated[Note, Field(description="Why it joins after the list was frozen")]


class ObligationTransition(In):
    """A unit leaves the list of those who owe, or comes back."""

    action: Literal["leave", "rejoin"]
    note: Annotated[Note | None, Field(description="The reason; required")] = None


class ObligationQuery(SinceParams):
    """Filters of a campaign's obligations. Those that left are shown too, with `left_on`."""

    sort: Annotated[
        Literal["unit", "due_before", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree")
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    task: Annotated[Task | None, Field(description="Only this task")] = None
    status: Annotated[ObligationStatus | None, Field(description="Only in this state")] = None
    timeliness: Annotated[Timeliness | None, Field(description="Only those that stand so now")] = None


class Standing(Out):
    """How an obligation stands."""

    id: UUID
    task: Annotated[Task, Field(description=TASK_MEANS)]
    status: ObligationStatus
    timeliness: Annotated[Timeliness, Field(description="`overdue` = nothing counted yet and past its day")]
    due_before: Annotated[date, Field(description=_DUE)]
    extended_to: Annotated[date | None, Field(description="The later day granted, if any")]
    days_left: Annotated[int | None, Field(description="0 = today is the last day; negative = overdue; null = done")]
    first_counted_at: Annotated[
        datetime | None, Field(description="The submission that decides timeliness: not returned as incomplete")
    ]
    last_activity_at: datetime | None


class ExtensionIn(In):
    """A later date for one unit and task."""

    due_before: Annotated[Day, Field(description="The new day; later than the one in force. " + _DUE)]
    reason: Note


class ExtensionOut(Out):
    """A later date that was granted (gia hạn)."""

    id: UUID
    due_before: Annotated[date, Field(description=_DUE)]
    reason: str
    granted_by: Annotated[UUID | None, Field(description="Who granted it")]
    granted_at: datetime


class ObligationItem(Standing):
    """Who owes what by when, in a list."""

    campaign_id: UUID
    unit: UnitBrief
    joined_reason: Annotated[str | None, Field(description="Why it joined after the list was frozen")]
    left_on: Annotated[date | None, Field(description="Since this day it no longer counts")]
    left_reason: str | None
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    updated_at: datetime


class ObligationOut(ObligationItem):
    """Who owes what by when, with the extensions granted, oldest first."""

    extensions: list[ExtensionOut]


class Coverage(Out):
    """So that nobody mistakes a part for the whole. `submitted` counts what stands submitted or accepted now."""

    expected: int
    submitted: int
    accepted: int
