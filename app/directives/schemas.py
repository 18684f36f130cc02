"""Directives as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.campaigns.periods import PeriodLockOut
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Day, In, Line, Note, Out
from app.kernel.text import collapse
from app.units.schemas import UnitBrief

_ONE_LINE = r"^[^\x00-\x1f\x7f]+$"

Track = Annotated[
    Literal["advised", "issued_directly"],
    Field(
        description="`advised`: the police helped the Party committee, the authority or the steering committee of the "
        "same level to issue it; `issued_directly`: the police issued it to the grassroots police"
    ),
]
Kind = Annotated[
    Literal[
        "resolution",
        "directive",
        "decision",
        "plan",
        "programme",
        "official_letter",
        "guidance",
        "notice",
        "report",
        "other",
    ],
    Field(description="The kind of document"),
]
Number = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100, strip_whitespace=True, pattern=_ONE_LINE),
    AfterValidator(collapse),
    Field(
        description="Number and symbol; one that carries a mark of a state secret is refused", examples=["320/KH-BCĐ"]
    ),
]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True, pattern=_ONE_LINE),
    Field(description="What it is about (trích yếu); one that carries a mark of a state secret is refused"),
]
IssuedOn = Annotated[Day, Field(description="The day of issue, not in the future")]
IssuingBody = Annotated[Line, Field(description="Who issued it", examples=["Ủy ban nhân dân huyện Yên Thành"])]
Obliges = Annotated[Note, Field(description="Whom it obliges", examples=["Công an các xã, phường, thị trấn"])]


class DirectiveBody(In):
    """What a document that was issued says."""

    track: Track
    document_kind: Kind
    number_symbol: Number
    issued_on: IssuedOn
    title: Title
    issuing_body: IssuingBody
    obliges: Obliges | None = None
    note: Annotated[Note | None, Field(description="Remarks of the unit")] = None


class DirectiveIn(DirectiveBody):
    """A document that was issued."""

    id: ChosenId = None
    unit_id: Annotated[UUID, Field(description="The unit whose work it is")]


class DirectivePatch(In):
    """What may change."""

    track: Track | None = None
    document_kind: Kind | None = None
    number_symbol: Number | None = None
    issued_on: IssuedOn | None = None
    title: Title | None = None
    issuing_body: IssuingBody | None = None
    obliges: Annotated[Obliges | None, Field(description="Whom it obliges; null empties it")] = None
    note: Annotated[Note | None, Field(description="Remarks of the unit; null empties it")] = None


class DirectiveQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "issued_on", "-issued_on", "updated_at", "-updated_at"],
        Field(description="`unit` = order of the tree, then by day of issue"),
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    campaign: Annotated[UUID | None, Field(description="Only issued inside the window of this campaign")] = None
    year: Annotated[int | None, Field(ge=1900, le=2999, description="Only issued in this calendar year")] = None
    track: Track | None = None
    document_kind: Annotated[Kind | None, Field(description="Only of this kind")] = None
    issued_from: Annotated[Day | None, Field(description="Only issued on or after this day")] = None
    issued_to: Annotated[Day | None, Field(description="Only issued on or before this day")] = None
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Words of number and title, in any order; accents and case are ignored: `ke hoach 320`",
        ),
    ] = None


class DirectiveOut(Out):
    """A directive (văn bản chỉ đạo)."""

    id: UUID
    unit: UnitBrief
    track: Track
    document_kind: Kind
    document_kind_title: Annotated[str, Field(description="The kind in Vietnamese, e.g. `Kế hoạch`")]
    number_symbol: Annotated[str, Field(description="Number and symbol (số, ký hiệu)")]
    issued_on: Annotated[date, Field(description="The day of issue")]
    title: Annotated[str, Field(description="What it is about (trích yếu)")]
    issuing_body: Annotated[str, Field(description="Who issued it")]
    obliges: Annotated[str | None, Field(description="Whom it obliges")]
    note: str | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    lock: Annotated[
        PeriodLockOut | None, Field(description="Why nobody may change it now: a report has counted it; null = open")
    ]
    created_by: Annotated[UUID | None, Field(description="The user or service account that recorded it")]
    created_with_key: Annotated[
        UUID | None, Field(description="The service account's key it was recorded with; null = a person did")
    ]
    version: int
    created_at: datetime
    updated_at: datetime
