"""Proposals as they travel. Forms and quotas: ``schemas_quotas.py``."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from app.awards.schemas_quotas import AwardBasis, AwardFormBrief, RecipientKind
from app.campaigns.schemas import CampaignBrief
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Day, In, Line, Note, Out, Prose
from app.kernel.text import collapse
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

Status = Literal["draft", "submitted", "endorsed", "granted", "declined", "returned"]
Name = Annotated[Line, AfterValidator(collapse)]

_FORM = Field(description="The form of award asked for; it decides up to which level it goes")
_RECIPIENT_UNIT = Field(description="The unit that receives, or the one the team or person belongs to")
_NAME = Field(
    description="Of a person: the full name. Of a team within the unit: what it is called. A unit itself has none here",
    examples=["Nguyễn Văn A"],
)
_POSITION = Field(description="Of a person only", examples=["Trưởng Công an xã"])
_ACHIEVEMENT = Field(description="What for. No identity numbers, birth dates or addresses (`personal_identifier`)")
_FROM = Field(description="First day of the achievement: past, from 2000. Default: that of the campaign")
_TO = Field(description="Last day of the achievement: past, or within the campaign's window. Default: its last day")
_MINUTES = Field(description="Number of the minutes of the emulation and commendation council")
_MINUTES_DATE = Field(description="Date of those minutes; goes with the number")


class AwardBody(In):
    """What a proposal says."""

    award_form_id: Annotated[UUID, _FORM]
    recipient_kind: RecipientKind
    recipient_unit_id: Annotated[UUID | None, _RECIPIENT_UNIT] = None
    recipient_name: Annotated[Name | None, _NAME] = None
    position: Annotated[Name | None, _POSITION] = None
    achievement: Annotated[Prose, _ACHIEVEMENT]
    period_from: Annotated[Day | None, _FROM] = None
    period_to: Annotated[Day | None, _TO] = None
    council_minutes_number: Annotated[Line | None, _MINUTES] = None
    council_minutes_date: Annotated[Day | None, _MINUTES_DATE] = None


class AwardIn(AwardBody):
    """A new proposal, as a draft."""

    id: ChosenId = None
    unit_id: Annotated[UUID, Field(description="The unit that proposes")]
    campaign_id: Annotated[UUID, Field(description="The review in which it is proposed")]


class AwardPatch(In):
    """What may change while it is a draft or returned; null empties a name, a position or the minutes."""

    award_form_id: Annotated[UUID | None, _FORM] = None
    recipient_kind: RecipientKind | None = None
    recipient_unit_id: Annotated[UUID | None, _RECIPIENT_UNIT] = None
    recipient_name: Annotated[Name | None, _NAME] = None
    position: Annotated[Name | None, _POSITION] = None
    achievement: Annotated[Prose | None, _ACHIEVEMENT] = None
    period_from: Annotated[Day | None, _FROM] = None
    period_to: Annotated[Day | None, _TO] = None
    council_minutes_number: Annotated[Line | None, _MINUTES] = None
    council_minutes_date: Annotated[Day | None, _MINUTES_DATE] = None


class AwardTransition(In):
    """An action on a proposal."""

    action: Literal["submit", "endorse", "return", "grant", "decline", "allow_duplicate"]
    note: Annotated[Note | None, Field(description="The reason; required to return, decline, allow a duplicate")] = None
    council_minutes_number: Annotated[
        Line | None, Field(description="With `endorse`: minutes of the endorsing unit's council")
    ] = None
    council_minutes_date: Annotated[Day | None, Field(description="With `endorse`: date of those minutes")] = None
    decision_number: Annotated[Line | None, Field(description="With `grant`: number of the decision")] = None
    decision_date: Annotated[
        Day | None, Field(description="With `grant`: date of the decision. One of before the endorsement needs a note")
    ] = None


class AwardQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree, by proposing unit")
    ] = "unit"
    campaign: Annotated[UUID | None, Field(description="Only of this campaign")] = None
    unit: Annotated[UUID | None, Field(description="Only proposed by this unit")] = None
    under: Annotated[UUID | None, Field(description="Only proposed in the subtree of this unit")] = None
    status: Annotated[Status | None, Field(description="Only in this state")] = None
    form: Annotated[UUID | None, Field(description="Only of this form of award")] = None
    recipient_kind: Annotated[RecipientKind | None, Field(description="Only for collectives, or for persons")] = None
    format: Annotated[
        Literal["json", "xlsx", "docx"],
        Field(description="`json`, or all proposals of the query on one list: `xlsx`, `docx`"),
    ] = "json"


class EndorsementOut(Out):
    """One step on the way up."""

    round: Annotated[int, Field(description="The submission it belongs to; after a return the way begins anew")]
    unit: UnitBrief
    level: Annotated[str, Field(description="Level of the endorsing unit at that time")]
    endorsed_by: Annotated[str, Field(description="Account that endorsed")]
    endorsed_at: datetime
    note: str | None
    council_minutes_number: str | None
    council_minutes_date: date | None


class AwardItem(Out):
    """A proposal in a list (đề nghị khen thưởng)."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="The unit that proposes")]
    campaign: CampaignBrief
    form: AwardFormBrief
    recipient_kind: RecipientKind
    recipient_unit: Annotated[UnitBrief, _RECIPIENT_UNIT]
    recipient_is_unit: Annotated[bool, Field(description="Whether that unit itself receives")]
    recipient_name: Annotated[str, Field(description="Of a unit: as it was called when proposed")]
    position: str | None
    achievement: str
    period_from: date
    period_to: date
    council_minutes_number: str | None
    council_minutes_date: date | None
    status: Status
    awaits: Annotated[UnitBrief | None, Field(description="Where it waits: to be endorsed, or decided; otherwise null")]
    deciding_unit: Annotated[UnitBrief, Field(description="The unit whose awards officers record the decision")]
    return_note: Annotated[str | None, Field(description="Why it was last returned")]
    decline_note: Annotated[str | None, Field(description="Why it was declined")]
    override_note: Annotated[str | None, Field(description="Why it may stand beside another for the same recipient")]
    decision_number: str | None
    decision_date: date | None
    submitted_at: Annotated[datetime | None, Field(description="The server's instant of the last submission")]
    endorsed_at: Annotated[datetime | None, Field(description="When the deciding level was reached")]
    decided_at: Annotated[datetime | None, Field(description="When the decision was recorded")]
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class AwardOut(AwardItem):
    """A proposal with its way up."""

    endorsements: Annotated[list[EndorsementOut], Field(description="Oldest first")]
    legal_basis: Annotated[
        list[AwardBasis], Field(description="What the form rests on: on the decision's date, or today")
    ]
