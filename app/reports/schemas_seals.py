"""Seals and what has changed since, as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.kernel.pagination import PageParams
from app.kernel.schema import Out
from app.statistics.schemas import UnitInTime
from app.units.schemas import UnitBrief

_DIGEST = "SHA-256 of the sealed body, in hexadecimal"
_SEQUENCE = "1 = the first submission; each later one is sealed anew"
Collection = Literal[
    "awards",
    "directives",
    "evaluations",
    "good-practices",
    "propaganda-activities",
    "registrations",
    "situation-figures",
]
FigureValue = int | float | str | None


class SealQuery(BaseModel):
    """Which seal."""

    model_config = ConfigDict(extra="forbid")

    sequence: Annotated[int | None, Field(ge=1, le=10_000, description=_SEQUENCE + "; default: the newest")] = None


class SealRecordsQuery(PageParams):
    """Which of the records that a seal counted."""

    sequence: Annotated[int | None, Field(ge=1, le=10_000, description=_SEQUENCE + "; default: the newest")] = None
    resource: Annotated[Collection | None, Field(description="Only those of this collection")] = None
    unit: Annotated[
        UUID | None,
        Field(
            description="Only those of this unit and all below it, as the tree is today. What can no longer be read has"
            " no unit and is not among them"
        ),
    ] = None


class SealedRecord(Out):
    """A record that was counted when the report was sealed."""

    resource: Annotated[str, Field(description="The collection in which it is read")]
    id: UUID
    href: Annotated[str, Field(description="Where it is read, as it is now")]
    sealed_version: Annotated[int, Field(description="The version that was counted")]
    live_version: Annotated[int | None, Field(description="Its version now; null when it can no longer be read")]
    changed: Annotated[bool, Field(description="Whether it is another version now, or can no longer be read")]
    unit_then: Annotated[
        UnitInTime | None,
        Field(description="Whose it is, as that unit was on the record's day; null with `live_version`"),
    ]
    unit_now: Annotated[
        UnitInTime | None,
        Field(description="Who bears it today: that unit, or if it has ended the nearest above it that stands"),
    ]


class SealBrief(Out):
    """The seal of what stands submitted, as the report shows it."""

    sequence: Annotated[int, Field(description=_SEQUENCE)]
    digest: Annotated[str, Field(description=_DIGEST)]
    sealed_at: datetime


class SignatureOut(Out):
    """Somebody put his or her name to a seal."""

    act: Annotated[
        Literal["submit", "accept"], Field(description="`submit` = for the unit, `accept` = the level above")
    ]
    unit: Annotated[UnitBrief | None, Field(description="The unit for which it was signed")]
    signer_name: Annotated[str, Field(description="Username, or the name of the service account")]
    signed_with_key: Annotated[
        UUID | None, Field(description="The service account's key it was signed with; null = a person did")
    ]
    signed_at: datetime
    digest: Annotated[str, Field(description=_DIGEST)]


class SealOut(Out):
    """What a submission said, fixed for good."""

    report_id: UUID
    sequence: Annotated[int, Field(description=_SEQUENCE)]
    latest: Annotated[bool, Field(description="Whether no later submission replaced it")]
    digest: Annotated[str, Field(description=_DIGEST)]
    algorithm: Literal["SHA-256"]
    canonical_form: Annotated[Literal["RFC 8785"], Field(description="How the body is written as JSON")]
    size: Annotated[int, Field(description="Bytes of the body")]
    body: Annotated[str, Field(description="Where the body is, byte for byte: `sha256sum` of it is the digest")]
    records: Annotated[str, Field(description="Where the records are listed that were counted")]
    sealed_at: datetime
    signatures: Annotated[list[SignatureOut], Field(description="In the order in which they were given")]
    version: Annotated[int, Field(description="The same as `sequence`")]


class CellChange(Out):
    """A cell whose figure is another one now."""

    address: Annotated[str, Field(description="As a text names it", examples=["form3.total.sessions"])]
    form: Annotated[int, Field(description="Number of the form")]
    table: Annotated[str, Field(description="Code of the table")]
    row: Annotated[str, Field(description="Key of the row")]
    row_title: str
    column: Annotated[str, Field(description="Code of the column")]
    column_title: str
    sealed: Annotated[FigureValue, Field(description="null also where the row did not exist")]
    live: Annotated[FigureValue, Field(description="null also where the row no longer exists")]
    difference: Annotated[int | float | None, Field(description="Live less sealed; null unless both are numbers")]
    records: Annotated[
        str | None,
        Field(description="The records behind the figure of now; null where its area is not that of the unit today"),
    ]
    sealed_records: Annotated[
        str | None,
        Field(
            description="The sealed records of the kind that the sealed figure counts. A seal fixes which records were"
            " counted and every figure, not in which cell each record counts: the list is that of the kind."
            " null where nothing was sealed or the seal lists no records of the kind"
        ),
    ]


class SectionChange(Out):
    """A text that reads otherwise now."""

    code: Annotated[str, Field(description="Code of the heading")]
    sealed: str | None
    live: str | None


class RecordChange(Out):
    """A record that is counted, no longer counted, or counted in another version.

    One that is no longer counted but still there has a `live_version`.
    """

    resource: Annotated[str, Field(description="The collection in which it is read")]
    id: UUID
    href: str
    sealed_version: int | None
    live_version: int | None


class RecordChanges(Out):
    """Which records make the difference; at most 1,000 of a kind, `..._total` counts all."""

    added: list[RecordChange]
    removed: list[RecordChange]
    changed: list[RecordChange]
    added_total: int
    removed_total: int
    changed_total: int


class DiffNote(Out):
    """Something to know about the comparison. Only `reorganisation` has more than a message."""

    code: Annotated[
        Literal["reorganisation", "beyond_scope", "no_map"],
        Field(
            description="`reorganisation` = an act changed the report's area since; `beyond_scope`, `no_map` = why the"
            " figures are not compared"
        ),
    ]
    message: str
    decision_number: Annotated[str | None, Field(description="The act")]
    effective_on: date | None
    map_of: Annotated[date | None, Field(description="The day whose map the figures of now are computed on")]
    units: Annotated[
        list[UnitBrief], Field(description="What it did something to, as called around that day; at most 20")
    ]
    unit_count: Annotated[int, Field(description="How many there are")]


class DiffOut(Out):
    """The newest seal against now. The sealed figures themselves never change.

    The figures of now are those of the area that the report had when it was sealed, wherever its units stand today.
    """

    report_id: UUID
    sequence: Annotated[int, Field(description=_SEQUENCE)]
    digest: Annotated[str, Field(description=_DIGEST)]
    sealed_at: datetime
    unchanged: Annotated[bool, Field(description="Nothing of what was sealed has changed; false where `compared` is")]
    compared: Annotated[
        bool,
        Field(description="Whether figures and texts could be compared; if not, `notes` say why, and only records are"),
    ]
    notes: Annotated[list[DiffNote], Field(description="What happened to the map since the seal")]
    cells: Annotated[list[CellChange], Field(description="At most 1,000")]
    cells_total: int
    sections: list[SectionChange]
    records: RecordChanges
    compared_at: datetime
    version: Annotated[int, Field(description="The same as `sequence`")]
