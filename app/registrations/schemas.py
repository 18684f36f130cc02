"""Registrations as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.periods import PeriodLockOut
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Day, In, Line, Note, Out, Year
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

Status = Literal["draft", "submitted", "accepted", "returned", "withdrawn"]
ProgrammeYear = Annotated[Year, Field(description="The year the unit undertakes to become exemplary", examples=[2024])]


class RegistrationBody(In):
    """What a unit undertakes."""

    year: ProgrammeYear
    note: Annotated[Note | None, Field(description="Remarks of the unit")] = None


class RegistrationIn(RegistrationBody):
    """A new registration, as a draft."""

    id: ChosenId = None
    unit_id: Annotated[UUID, Field(description="The unit that registers")]


class RegistrationPatch(In):
    """What may change while the registration is a draft or returned."""

    year: ProgrammeYear | None = None
    note: Annotated[Note | None, Field(description="Remarks of the unit; null empties it")] = None


class RegistrationTransition(In):
    """An action on a registration."""

    action: Literal["submit", "accept", "return", "withdraw"]
    note: Annotated[Note | None, Field(description="The reason; required to return")] = None
    decision_number: Annotated[
        Line | None, Field(description="With `accept`: number of the decision that approves the list")
    ] = None
    decision_date: Annotated[Day | None, Field(description="With `accept`: date of that decision")] = None


class RegistrationQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "-updated_at", "updated_at", "year", "-year"], Field(description="`unit` = order of the tree")
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    year: Annotated[int | None, Field(description="Only this year's")] = None
    status: Annotated[Status | None, Field(description="Only in this state")] = None


class RegistrationOut(Out):
    """A registration (đăng ký xây dựng đơn vị điển hình)."""

    id: UUID
    unit: UnitBrief
    programme: Annotated[str, Field(description="The programme; `exemplary_units`")]
    year: Annotated[int, Field(description="The year the unit undertakes to become exemplary")]
    status: Status
    note: str | None
    return_note: Annotated[str | None, Field(description="Why it was last returned")]
    decision_number: Annotated[str | None, Field(description="Decision approving the list of registered units")]
    decision_date: date | None
    submitted_at: Annotated[datetime | None, Field(description="The server's instant of the last submission")]
    accepted_at: datetime | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    lock: Annotated[
        PeriodLockOut | None,
        Field(description="Why the unit may not change it now: a report has counted it; null = open. Review goes on"),
    ]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime
