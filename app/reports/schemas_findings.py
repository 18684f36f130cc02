"""Findings of a report as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kernel.pagination import PageParams
from app.kernel.schema import In, Out, Prose, Whole
from app.units.schemas import UnitBrief

Kind = Literal["strength", "limit", "lesson", "proposal", "direction"]
_KIND = (
    "`strength` = ưu điểm (IV.1), `limit` = tồn tại, hạn chế (IV.2), `lesson` = bài học kinh nghiệm (IV.3),"
    " `proposal` = kiến nghị, đề xuất (IV.4), `direction` = phương hướng, nhiệm vụ (V)"
)
_ORIGIN = "What it was picked from: a finding of a unit below"
Position = Annotated[Whole, Field(ge=1, le=1_000, description="Its place among those of its kind, from 1")]


class FindingIn(In):
    """A new finding: written here, or picked from a report of a unit below."""

    kind: Annotated[Kind | None, Field(description=_KIND + ". Needed unless it is picked")] = None
    text: Annotated[Prose | None, Field(description="Needed unless it is picked")] = None
    origin_id: Annotated[
        UUID | None,
        Field(description="Pick this one of `findings/below`: kind and text are copied where they are not given"),
    ] = None
    position: Annotated[Position | None, Field(description="Default: the last of its kind")] = None


class FindingPatch(In):
    """What may change while the report is a draft or returned. Nothing of it can be emptied."""

    kind: Annotated[Kind | None, Field(description=_KIND)] = None
    text: Prose | None = None
    position: Position | None = None


class FindingQuery(PageParams):
    """Filters of a report's findings."""

    sort: Annotated[Literal["kind"], Field(description="By kind, then by position")] = "kind"
    kind: Annotated[Kind | None, Field(description=_KIND)] = None


class BelowQuery(PageParams):
    """Filters of what the units below found."""

    sort: Annotated[Literal["unit"], Field(description="In the order of the tree")] = "unit"
    kind: Annotated[Kind | None, Field(description=_KIND)] = None
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    picked: Annotated[bool | None, Field(description="Only those that this report has, or has not")] = None


class Origin(Out):
    """Where a picked finding comes from."""

    id: Annotated[UUID, Field(description="The finding it was copied from; it may be gone")]
    unit: Annotated[UnitBrief, Field(description="The unit that wrote it")]
    text: Annotated[str | None, Field(description="What that unit wrote; null where it is gone")]
    edited: Annotated[
        bool | None,
        Field(description="Whether kind or text differ from what that unit wrote; null where it is gone"),
    ]


class FindingBrief(Out):
    """A finding as the report shows it."""

    id: UUID
    kind: Annotated[Kind, Field(description=_KIND)]
    section: Annotated[str, Field(description="Code of the heading under which it stands")]
    text: str
    position: int
    origin: Annotated[Origin | None, Field(description=_ORIGIN)]


class FindingOut(FindingBrief):
    """A strength, limit, lesson, proposal or direction of a report."""

    report_id: UUID
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    version: int
    created_at: datetime
    updated_at: datetime


class FindingBelow(Out):
    """What a unit below wrote in its submitted or accepted report."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="The unit that wrote it")]
    report_id: UUID
    kind: Annotated[Kind, Field(description=_KIND)]
    text: str
    origin: Annotated[Origin | None, Field(description=_ORIGIN)]
    picked: Annotated[bool, Field(description="Whether the report asked about has it already")]
