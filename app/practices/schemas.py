"""Good practices as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.campaigns.periods import PeriodLockOut
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Day, In, Note, Out, Prose
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

Status = Literal["draft", "proposed", "selected", "to_be_replicated", "returned"]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Field(description="Name of the practice", examples=["Camera an ninh do nhân dân đóng góp"]),
]
Summary = Annotated[Prose, Field(description="What is done, and how")]
Results = Annotated[Prose, Field(description="What came of it, with figures; needed to propose")]
StartedOn = Annotated[Day, Field(description="Since when it is done, not in the future; decides year and campaign")]


class PracticeBody(In):
    """What a good practice is."""

    title: Title
    summary: Summary
    results: Results | None = None
    started_on: StartedOn


class PracticeIn(PracticeBody):
    """A new good practice, as a draft."""

    id: ChosenId = None
    unit_id: Annotated[UUID, Field(description="The unit where it was found: its origin")]


class PracticePatch(In):
    """What may change while the practice is a draft or returned."""

    title: Title | None = None
    summary: Summary | None = None
    results: Annotated[Results | None, Field(description="What came of it; null empties it")] = None
    started_on: StartedOn | None = None


class PracticeTransition(In):
    """An action on a good practice."""

    action: Literal["propose", "select", "replicate", "return"]
    note: Annotated[Note | None, Field(description="The reason; required to return")] = None


class PracticeQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "started_on", "-started_on", "updated_at", "-updated_at"],
        Field(description="`unit` = order of the tree, then by `started_on`"),
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    status: Annotated[Status | None, Field(description="Only in this state")] = None
    campaign: Annotated[UUID | None, Field(description="Only started inside the window of this campaign")] = None
    year: Annotated[int | None, Field(ge=1900, le=2999, description="Only started in this calendar year")] = None


class PracticeOut(Out):
    """A good practice (mô hình hay, cách làm sáng tạo)."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="Its origin, however high it was chosen")]
    title: str
    summary: Annotated[str, Field(description="What is done, and how")]
    results: Annotated[str | None, Field(description="What came of it")]
    started_on: Annotated[date, Field(description="Since when it is done")]
    status: Status
    return_note: Annotated[str | None, Field(description="Why it was last returned")]
    proposed_at: Annotated[datetime | None, Field(description="The server's instant of the last proposal")]
    selected_at: datetime | None
    selected_by_unit: Annotated[UnitBrief | None, Field(description="Whose approver selected it: directly above")]
    selection_note: str | None
    replicated_at: datetime | None
    replicated_by_unit: Annotated[UnitBrief | None, Field(description="Whose approver wants it done elsewhere too")]
    replication_note: str | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    lock: Annotated[
        PeriodLockOut | None, Field(description="Why its unit may not change it: a report has counted it; null = open")
    ]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    created_by: Annotated[UUID | None, Field(description="The user or service account that recorded it")]
    created_with_key: Annotated[
        UUID | None, Field(description="The service account's key it was recorded with; null = a person did")
    ]
    version: int
    created_at: datetime
    updated_at: datetime
