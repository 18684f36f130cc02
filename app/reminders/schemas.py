"""Reminders and the inbox as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.deadlines import Timeliness
from app.campaigns.schemas import TASK_MEANS, Task
from app.kernel.pagination import PageParams
from app.kernel.schema import Flag, In, Note, Out, Whole
from app.reminders.schedule import FURTHEST
from app.units.schemas import UnitBrief

Kind = Literal["approaching", "missed", "by_hand"]
Before = Annotated[
    list[Annotated[Whole, Field(ge=0, le=FURTHEST)]],
    Field(max_length=10, description="Days before the last day on time (0 = that day) on which a unit is reminded"),
]
After = Annotated[
    list[Annotated[Whole, Field(ge=1, le=FURTHEST)]],
    Field(max_length=10, description="Days after it on which the unit and the level above are told that it is overdue"),
]


class PlanIn(In):
    """When the units of a campaign are reminded."""

    enabled: Annotated[Flag, Field(description="false = nobody is reminded by itself")] = True
    remind_days_before: Before
    escalate_days_after: After


class PlanOut(Out):
    """The plan in force."""

    campaign_id: UUID
    source: Annotated[
        Literal["proposal", "campaign"],
        Field(description="`proposal` = as shipped; `campaign` = set for this campaign"),
    ]
    enabled: bool
    remind_days_before: list[int]
    escalate_days_after: list[int]
    version: Annotated[int, Field(description="0 while the shipped proposal is in force")]
    updated_at: datetime | None


class ChaseQuery(In):
    """How to chase."""

    dry_run: Annotated[bool, Field(description="Only tell who would be reminded")] = False


class ChaseIn(In):
    """Whom to chase."""

    unit_id: Annotated[UUID, Field(description="Reminded are the units in this unit's subtree that have not handed in")]
    task: Annotated[Task, Field(description=TASK_MEANS)] = "report"
    note: Annotated[Note | None, Field(description="A word to add")] = None


class ChaseItem(Out):
    """A unit that still owes the task."""

    obligation_id: UUID
    unit: UnitBrief
    timeliness: Timeliness
    recipients: Annotated[int, Field(description="How many people of the unit are told")]
    result: Annotated[
        Literal["reminded", "already_reminded", "nobody_to_remind"],
        Field(description="`already_reminded`: by hand today, so not again; `nobody_to_remind`: no account there"),
    ]


class ChaseOut(Out):
    """Who was reminded, or would be."""

    dry_run: bool
    task: Task
    owing: Annotated[int, Field(description="Units that have not handed in")]
    reminded: int
    already_reminded: int
    nobody_to_remind: int
    items: list[ChaseItem]


class ReminderQuery(PageParams):
    """Filters of the reminders of a campaign."""

    sort: Annotated[Literal["-id"], Field(description="Newest first")] = "-id"
    unit: Annotated[UUID | None, Field(description="Only to this unit")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    kind: Annotated[Kind | None, Field(description="Only of this kind")] = None


class ReminderOut(Out):
    """A unit was reminded."""

    id: UUID
    obligation_id: UUID
    unit: UnitBrief
    kind: Annotated[
        Kind, Field(description="`missed` went to the level above too; `by_hand` = a coordinator chased the unit")
    ]
    day: Annotated[date, Field(description="The day it was planned for; by hand, the day it was sent")]
    due_before: Annotated[date, Field(description="The deadline in force then")]
    recipients: Annotated[int, Field(description="How many people were told")]
    note: str | None
    created_at: datetime


class InboxQuery(PageParams):
    """Filters of the inbox."""

    sort: Annotated[Literal["-id"], Field(description="Newest first")] = "-id"
    unread: Annotated[bool | None, Field(description="true = only unread ones, false = only those read")] = None


class NoticePatch(In):
    """Marking a notice."""

    read: Annotated[Flag, Field(description="true = read, false = unread again")]


class NoticeOut(Out):
    """A notice in the caller's inbox."""

    id: UUID
    kind: Annotated[
        Literal["approaching", "missed", "by_hand", "escalation"],
        Field(description="`escalation`: a unit directly below is overdue"),
    ]
    unit: Annotated[UnitBrief, Field(description="The unit that owes the task")]
    title: str
    body: str
    campaign_id: UUID
    obligation_id: UUID
    href: Annotated[str, Field(description="The obligation")]
    read_at: datetime | None
    version: int
    created_at: datetime


class Marked(Out):
    """How many notices were marked as read."""

    marked: int
