"""Reports as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.deadlines import Timeliness
from app.campaigns.schemas import CampaignBrief, Coverage, Section, Standing
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Code, Day, Flag, In, Line, Note, Out, Prose
from app.kernel.workflow import ActionOut
from app.reports.schemas_findings import FindingBrief
from app.reports.schemas_seals import SealBrief
from app.units.schemas import UnitBrief

Status = Literal["draft", "submitted", "returned", "accepted"]
Method = Literal["conference", "in_writing"]
Lines = Annotated[list[Line], Field(max_length=50)]
_PARENT = "Cơ quan chủ quản, printed above the issuing body; a people's committee prints none"
_ISSUING = "The body in whose name the report is issued, as printed"
_ADDRESSEES = "Kính gửi: to whom it goes, one line each"
_RECIPIENTS = "Nơi nhận, one line each, without the hyphen and the mark at the end"
_AUTHORITY = "What stands above the signer's position"
_METHOD = "`conference` = hội nghị sơ kết, `in_writing` = sơ kết bằng văn bản"


class ReportIn(In):
    """A new report, as a draft."""

    id: ChosenId = None
    campaign_id: Annotated[UUID, Field(description="An open campaign")]
    unit_id: Annotated[UUID, Field(description="The unit that reports, with or without owing it")]


class ReportPatch(In):
    """What may change while the report is a draft or returned; null empties a field."""

    review_method: Annotated[Method | None, Field(description=_METHOD)] = None
    held_on: Annotated[Day | None, Field(description="The day the review was held; needed for a conference")] = None
    number: Annotated[Line | None, Field(description="Number of the report", examples=["05/BC-UBND"])] = None
    parent_body: Annotated[Line | None, Field(description=_PARENT)] = None
    issuing_body: Annotated[Line | None, Field(description=_ISSUING, examples=["ỦY BAN NHÂN DÂN XÃ MÃ THÀNH"])] = None
    place: Annotated[Line | None, Field(description="Place name before the date", examples=["Mã Thành"])] = None
    addressees: Annotated[Lines | None, Field(description=_ADDRESSEES)] = None
    recipients: Annotated[Lines | None, Field(description=_RECIPIENTS, examples=[["Như trên", "Lưu: VT"]])] = None
    signer_authority: Annotated[Line | None, Field(description=_AUTHORITY, examples=["TM. ỦY BAN NHÂN DÂN"])] = None
    signer_name: Line | None = None
    signer_position: Line | None = None
    signed_on: Day | None = None
    sections: Annotated[
        dict[str, Prose | None],
        Field(
            default_factory=dict,
            max_length=200,
            description="Texts by the code of their heading; others stay as they are, null removes one",
            examples=[{"II.1": "Đã tổ chức ...", "V": None}],
        ),
    ]


class ReportTransition(In):
    """An action on a report."""

    action: Literal["submit", "accept", "return", "reopen"]
    note: Annotated[
        Note | None,
        Field(description="Required to return or reopen, and to submit while units below are not all accepted"),
    ] = None
    incomplete: Annotated[
        Flag, Field(description="With `return`: the submission was incomplete, so it does not count as made in time")
    ] = False
    acknowledged: Annotated[
        list[Code],
        Field(
            max_length=100,
            description="With `submit`: the codes of the warnings of `/checks` that are known and stand",
        ),
    ] = Field(default_factory=list)
    sections: Annotated[
        dict[str, Note],
        Field(
            max_length=200,
            description="With `return`: what to mend, by the code of the heading",
            examples=[{"II.1": "Thiếu số lượt tuyên truyền tại trường học"}],
        ),
    ] = Field(default_factory=dict)


class ReportQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[Literal["unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree")] = (
        "unit"
    )
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    campaign: Annotated[UUID | None, Field(description="Only of this campaign")] = None
    status: Annotated[Status | None, Field(description="Only in this state")] = None
    timeliness: Annotated[Timeliness | None, Field(description="Only where the obligation stands so now")] = None


class Lock(Out):
    """Why nobody may change the report now."""

    code: Literal["submitted", "accepted", "campaign_closed"]
    reason: Annotated[str, Field(description="In the language of the request")]


class ReportItem(Out):
    """A report (báo cáo sơ kết) in a list."""

    id: UUID
    unit: UnitBrief
    campaign: CampaignBrief
    status: Status
    review_method: Annotated[Method | None, Field(description=_METHOD)]
    held_on: Annotated[date | None, Field(description="The day the review was held")]
    number: str | None
    signer_name: str | None
    signer_position: str | None
    signed_on: date | None
    submit_note: Annotated[str | None, Field(description="What the unit said when it last submitted")]
    return_note: Annotated[str | None, Field(description="Why it was last returned or reopened")]
    submitted_at: Annotated[datetime | None, Field(description="The server's instant of the last submission")]
    accepted_at: datetime | None
    obligation: Annotated[
        Standing | None, Field(description="What the unit owes, with its timeliness; null when it owes no report")
    ]
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    lock: Lock | None
    version: int
    created_at: datetime
    updated_at: datetime


class ReportOut(ReportItem):
    """A report with its texts, the outline they follow, and how far the units below have come."""

    parent_body: Annotated[str | None, Field(description=_PARENT)]
    issuing_body: Annotated[str | None, Field(description=_ISSUING)]
    place: Annotated[str | None, Field(description="Place name before the date")]
    addressees: Annotated[list[str], Field(description=_ADDRESSEES)]
    recipients: Annotated[list[str], Field(description=_RECIPIENTS)]
    signer_authority: Annotated[str | None, Field(description=_AUTHORITY)]
    return_sections: Annotated[
        dict[str, str], Field(description="Why single sections were sent back, by code, until submitted again")
    ]
    sections: Annotated[
        dict[str, str],
        Field(description="The texts as they were written, with `{{...}}`, by the code of their heading"),
    ]
    rendered: Annotated[
        dict[str, str] | None,
        Field(
            description="The texts with their figures: those of now, or the sealed ones while the report stands"
            " submitted or accepted; null for who may not read statistics"
        ),
    ]
    seal: Annotated[SealBrief | None, Field(description="While it stands submitted or accepted: what was sealed")]
    acknowledged: Annotated[list[str], Field(description="Codes of the warnings the last submission took note of")]
    findings: Annotated[list[FindingBrief], Field(description="Strengths, limits, lessons, proposals, directions")]
    outline: Annotated[list[Section], Field(description="The campaign's headings, numbered as printed")]
    units_below: Annotated[Coverage, Field(description="The reports owed by the units below, this one left out")]
