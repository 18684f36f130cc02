"""Attachments as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.periods import PeriodLockOut
from app.kernel.pagination import SinceParams
from app.kernel.schema import In, Line, Out
from app.units.schemas import UnitBrief

SubjectName = Literal["evaluation", "report", "directive", "activity", "practice", "award"]


class AttachmentFields(In):
    """The text fields of an upload, beside ``file``."""

    evaluation_id: Annotated[UUID | None, Field(description="The evaluation it proves something of")] = None
    criterion_id: Annotated[UUID | None, Field(description="With `evaluation_id`: one criterion of its set")] = None
    report_id: Annotated[UUID | None, Field(description="The report it belongs to")] = None
    directive_id: Annotated[UUID | None, Field(description="The directive it is the text of")] = None
    activity_id: Annotated[UUID | None, Field(description="The propaganda activity or launch")] = None
    practice_id: Annotated[UUID | None, Field(description="The good practice")] = None
    award_id: Annotated[UUID | None, Field(description="The award proposal")] = None
    title: Annotated[Line | None, Field(description="What the file is, in words")] = None
    no_state_secrets: Annotated[
        Literal["true", "false"] | None,
        Field(description="Must be `true`: the uploader declares that the file holds no state secret"),
    ] = None


class AttachmentQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "updated_at", "-updated_at"], Field(description="`unit` = order of the tree, oldest first")
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    evaluation: Annotated[UUID | None, Field(description="Only on this evaluation, its criteria included")] = None
    criterion: Annotated[UUID | None, Field(description="Only on this criterion of evaluations")] = None
    report: Annotated[UUID | None, Field(description="Only on this report")] = None
    directive: Annotated[UUID | None, Field(description="Only on this directive")] = None
    activity: Annotated[UUID | None, Field(description="Only on this propaganda activity")] = None
    practice: Annotated[UUID | None, Field(description="Only on this good practice")] = None
    award: Annotated[UUID | None, Field(description="Only on this award")] = None


class SubjectOut(Out):
    """The record a file stands on."""

    kind: SubjectName
    id: UUID
    href: Annotated[str, Field(description="Where the record is read")]
    criterion_id: Annotated[UUID | None, Field(description="Of an evaluation: the one criterion it proves")]
    criterion_code: str | None


class AttachmentOut(Out):
    """An evidence file (minh chứng, tệp đính kèm)."""

    id: UUID
    unit: UnitBrief
    subject: SubjectOut
    title: str | None
    file_name: Annotated[str, Field(description="Without folders, in NFC")]
    media_type: Annotated[str, Field(description="By the content, whatever the uploader said")]
    size_bytes: int
    sha256: Annotated[str, Field(description="SHA-256 of the content, hexadecimal; also the ETag of the download")]
    content_href: Annotated[str, Field(description="Where the content is downloaded")]
    editable: Annotated[bool, Field(description="Whether the caller may delete it now")]
    lock: Annotated[PeriodLockOut | None, Field(description="Why nobody may change it now, if so")]
    version: int
    created_at: Annotated[datetime, Field(description="When it was uploaded and declared free of state secrets")]
    created_by: Annotated[UUID | None, Field(description="Who uploaded and declared that")]
    created_with_key: Annotated[
        UUID | None, Field(description="The service account's key it was uploaded with; null = a person did")
    ]
    updated_at: datetime
