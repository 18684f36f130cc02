"""Forms of award and quotas as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.schemas import CampaignBrief
from app.kernel.pagination import SinceParams
from app.kernel.schema import Code, Day, Flag, In, Line, Note, Out, Whole
from app.units.schemas import UnitBrief

RecipientKind = Literal["collective", "individual"]
AwardLevel = Literal["central", "province", "district", "commune"]
Source = Literal["plan", "proposal"]

_VALID_TO = Field(description="First day on which it is no longer given; null = open")
_HANDLED = Field(description="The level whose awards officers keep quotas and record decisions")
_SOURCE = Field(description="`plan` = named by plan 320; `proposal` = ours or an office's own")
_KINDS = Field(min_length=1, max_length=2, description="Who may receive it")


class AwardBasis(In, Out):
    """A legal document the form rests on, for a span of dates."""

    title: Line
    valid_from: Day
    valid_to: Annotated[Day | None, Field(description="First day on which it no longer holds")] = None


class AwardFormIn(In):
    """A new form of award."""

    unit_id: Annotated[UUID, Field(description="The unit that keeps it; offered in its subtree")]
    code: Code
    title: Annotated[Line, Field(examples=["Bằng khen của Ủy ban nhân dân tỉnh"])]
    authority: Annotated[Line, Field(description="Who gives it")]
    authority_level: Annotated[AwardLevel, Field(description="Level of who gives it")]
    handled_level: Annotated[AwardLevel, _HANDLED]
    recipient_kinds: Annotated[list[RecipientKind], _KINDS]
    requires_quota: Annotated[Flag, Field(description="Proposed only where a quota was given")] = False
    valid_from: Day
    valid_to: Annotated[Day | None, _VALID_TO] = None
    legal_basis: Annotated[list[AwardBasis], Field(max_length=20, default_factory=list)]
    source: Annotated[Source, _SOURCE] = "proposal"
    position: Annotated[Whole, Field(ge=0, le=1_000, description="Place in lists")] = 0


class AwardFormPatch(In):
    """What may change. Authority, levels and recipients are what a form *is*: another one takes another code."""

    title: Line | None = None
    valid_from: Day | None = None
    valid_to: Annotated[Day | None, _VALID_TO] = None
    legal_basis: Annotated[list[AwardBasis] | None, Field(max_length=20)] = None
    position: Annotated[Whole | None, Field(ge=0, le=1_000)] = None


class AwardFormQuery(SinceParams):
    """Filters of the catalogue."""

    sort: Annotated[Literal["position", "updated_at", "-updated_at"], Field(description="Place in lists")] = "position"
    unit: Annotated[UUID | None, Field(description="Only kept by this unit")] = None
    code: Annotated[str | None, Field(max_length=40, description="Only the form with this code")] = None
    as_of: Annotated[Day | None, Field(description="Only given on this date")] = None


class AwardFormBrief(Out):
    """A form as proposals name it."""

    id: UUID
    code: str
    title: str
    authority: str


class AwardFormOut(Out):
    """A form of award (hình thức khen thưởng): dated; one in use is ended, never deleted."""

    id: UUID
    unit: UnitBrief
    code: str
    title: str
    authority: Annotated[str, Field(description="Who gives it")]
    authority_level: AwardLevel
    handled_level: Annotated[AwardLevel, _HANDLED]
    recipient_kinds: list[RecipientKind]
    requires_quota: bool
    valid_from: date
    valid_to: Annotated[date | None, _VALID_TO]
    legal_basis: list[AwardBasis]
    source: Annotated[Source, _SOURCE]
    position: int
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    version: int
    created_at: datetime
    updated_at: datetime


class AwardQuotaIn(In):
    """A new quota."""

    campaign_id: UUID
    award_form_id: UUID
    unit_id: Annotated[UUID, Field(description="Whom it is for: it bounds what is granted to the unit's whole subtree")]
    collectives: Annotated[Whole, Field(ge=0, le=100_000)]
    individuals: Annotated[Whole, Field(ge=0, le=100_000)]
    note: Annotated[Note | None, Field(description="For example the document that gives it")] = None


class AwardQuotaPatch(In):
    """What may change; never below what is granted already."""

    collectives: Annotated[Whole | None, Field(ge=0, le=100_000)] = None
    individuals: Annotated[Whole | None, Field(ge=0, le=100_000)] = None
    note: Annotated[Note | None, Field(description="null empties it")] = None


class AwardQuotaQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[Literal["unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree")] = (
        "unit"
    )
    campaign: Annotated[UUID | None, Field(description="Only of this campaign")] = None
    form: Annotated[UUID | None, Field(description="Only of this form of award")] = None
    unit: Annotated[UUID | None, Field(description="Only for this unit")] = None
    under: Annotated[UUID | None, Field(description="Only for units in the subtree of this one")] = None


class Granted(Out):
    """What has been granted under a quota."""

    collectives: int
    individuals: int


class AwardQuotaOut(Out):
    """A quota (chỉ tiêu): how many awards of a form the unit's subtree may receive in a campaign."""

    id: UUID
    campaign: CampaignBrief
    form: AwardFormBrief
    unit: UnitBrief
    collectives: int
    individuals: int
    note: str | None
    granted: Annotated[Granted | None, Field(description="null to those who do not see the unit's awards")]
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    version: int
    created_at: datetime
    updated_at: datetime
