"""Sets of forms as they travel. The forms themselves, filled with figures: ``schemas_answer.py``."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.forms.definition import Definition, Words
from app.kernel.pagination import SinceParams
from app.kernel.schema import Code, In, Out, Prose, Whole
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

SetStatus = Literal["draft", "published", "retired"]
_NOTICE = Field(description="What a reader must know, e.g. what is a proposal and in no official text")


class FormSetBody(In):
    """A whole set, as it is written."""

    code: Annotated[Code, Field(description="The same in all versions of the set", examples=["KH320-BIEU-MAU"])]
    title: Words
    notice: Annotated[Prose | None, _NOTICE] = None
    definition: Definition


class FormSetIn(FormSetBody):
    """A new set, as a draft of version 1."""

    unit_id: Annotated[UUID, Field(description="The unit that keeps the set")]


class FormSetFile(FormSetBody):
    """A set as it ships."""

    version: Annotated[Whole, Field(ge=1, le=10_000)] = 1


class FormSetPatch(In):
    """Members of a draft to change; `definition` replaces the whole definition."""

    title: Words | None = None
    notice: Prose | None = None
    definition: Definition | None = None


class FormSetTransition(In):
    """An action on a set."""

    action: Literal["publish", "retire"]


class FormSetQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["code", "-code", "-set_version", "updated_at", "-updated_at"],
        Field(description="`code` = by code, then by version"),
    ] = "code"
    code: Annotated[str | None, Field(max_length=40, description="Only the versions of this set")] = None
    status: Annotated[SetStatus | None, Field(description="Only in this state")] = None
    unit: Annotated[UUID | None, Field(description="Only sets that this unit keeps")] = None


class FormSetBrief(Out):
    """A set as other records name it."""

    id: UUID
    code: str
    set_version: Annotated[int, Field(description="1, 2, ...: the version of the set")]
    title: str


class FormSetItem(FormSetBrief):
    """A set of forms (bộ biểu mẫu) without its definition."""

    unit: Annotated[UnitBrief, Field(description="The unit that keeps the set")]
    notice: Annotated[str | None, _NOTICE]
    status: SetStatus
    previous_id: Annotated[UUID | None, Field(description="The version that this one was made from")]
    published_at: datetime | None
    retired_at: datetime | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: Annotated[int, Field(description="Of the record, for `If-Match`; not the version of the set")]
    created_at: datetime
    updated_at: datetime


class FormSetOut(FormSetItem):
    """A set of forms with its definition."""

    definition: Definition


class CampaignFormsIn(In):
    """Which set a campaign is to use."""

    form_set_id: Annotated[UUID, Field(description="A published set")]


class CampaignFormsOut(Out):
    """Which set a campaign uses."""

    campaign_id: UUID
    form_set: FormSetBrief
    chosen: Annotated[
        bool,
        Field(
            description="Whether somebody chose it; otherwise it is the newest set that the campaign's unit, or one"
            " above it, had published when the campaign opened (the first published later, if there was none)"
        ),
    ]
    pinned_at: datetime | None
    editable: Annotated[bool, Field(description="Whether the caller may choose another one now")]
    version: Annotated[int, Field(description="For `If-Match`; 0 while nobody has chosen")]
