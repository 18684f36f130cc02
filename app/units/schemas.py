"""Units as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.pagination import PageParams, SinceParams
from app.kernel.schema import Day, Flag, In, Line, Note, Out
from app.kernel.text import collapse
from app.kernel.workflow import ActionOut
from app.units.act import ChangeKind
from app.units.workflow import Status

Level = Literal["central", "province", "district", "commune", "base"]
BaseKind = Literal["agency", "enterprise", "school"]
Kind = Literal[
    "ministry",
    "province",
    "municipality",
    "city",
    "town",
    "rural_district",
    "urban_district",
    "commune",
    "ward",
    "township",
    "special_zone",
    "agency",
    "enterprise",
    "school",
]
Sort = Literal["name", "-name", "code", "-code"]

_SORT_HELP = "`name` = ICU's Vietnamese order of the short names; equal ones by code"
_AS_OF_HELP = "The tree as it was on this date, with the names, codes and parents of that date; without it, today's"

_Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"),
    AfterValidator(collapse),
]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.\-]{1,35}$")]
_Successor = Annotated[UUID | None, Field(description="The base unit that takes over, if any")]
_Basis = Annotated[Line | None, Field(description="Number and date of the decision behind it")]


class UnitBrief(Out):
    """A unit as other records name it."""

    id: UUID
    code: Annotated[str, Field(description="Official code (GSO) or the code of a base unit")]
    name: Annotated[str, Field(description="Full name with its type, e.g. `Xã Châu Bình`")]


class Described(Out):
    """What is true of a unit for a span of time."""

    code: Annotated[str, Field(description="Official code (GSO) or the code of a base unit; unique only for a date")]
    name: Annotated[str, Field(description="Full name with its type, e.g. `Huyện Yên Thành`")]
    short_name: Annotated[str, Field(description="Name without the type, e.g. `Yên Thành`")]
    kind: Kind
    kind_title: Annotated[str, Field(description="The kind in Vietnamese, e.g. `huyện`")]
    level: Level
    parent: Annotated[UnitBrief | None, Field(description="The unit above; null only for the root")]
    valid_from: Annotated[date | None, Field(description="The first day for which this is true")]
    valid_to: Annotated[date | None, Field(description="The first day for which it is no longer true; null = still")]


class UnitOut(Described):
    """A unit (đơn vị): province, district, commune, or an agency, enterprise or school."""

    id: Annotated[UUID, Field(description="Lasting identity: codes are used again, this is not")]
    status: Annotated[Status, Field(description="Whether the unit exists today")]
    ended_on: Annotated[date | None, Field(description="The first day without the unit; null while it lasts")]
    successor_id: Annotated[UUID | None, Field(description="Who took over; the ended unit hangs under it today")]
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class FactOut(Described):
    """One span of a unit's history; `parent` as it was called when the span began."""

    legal_basis: Annotated[str | None, Field(description="The decision or resolution behind it, if known")]


class StepOut(Out):
    """A unit that came before or after another, and how."""

    unit: Annotated[UnitBrief, Field(description="The predecessor as it was called last, or the successor at first")]
    other: Annotated[UnitBrief, Field(description="What it became or came from: the unit asked about, or one between")]
    kind: ChangeKind
    effective_on: Annotated[date, Field(description="The first day of the successor's responsibility")]
    is_primary: Annotated[
        bool, Field(description="Whether the predecessor's records count for this successor; of a split, for one only")
    ]
    decision_number: Annotated[str | None, Field(description="The act; null for a base unit that passed over")]
    reorganisation_id: Annotated[UUID | None, Field(description="The act: `GET /reorganisations/{id}`")]


class AsOfQuery(BaseModel):
    """A date to look at."""

    model_config = ConfigDict(extra="forbid")

    as_of: Annotated[Day | None, Field(description=_AS_OF_HELP)] = None


class ChildrenQuery(PageParams):
    """Filters of the units directly under another."""

    sort: Annotated[Sort, Field(description=_SORT_HELP)] = "name"
    as_of: Annotated[Day | None, Field(description=_AS_OF_HELP)] = None


class UnitQuery(ChildrenQuery, SinceParams):
    """Filters of the collection. With `updated_since`, units that have ended are among the items."""

    parent_id: Annotated[UUID | None, Field(description="Only directly under this unit")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit, itself included")] = None
    level: Annotated[Level | None, Field(description="Only of this level")] = None
    kind: Annotated[Kind | None, Field(description="Only of this kind")] = None
    code: Annotated[str | None, Field(max_length=35, description="Only with exactly this code")] = None
    q: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Words of the full name, in any order, the last of them perhaps only its beginning; "
            "accents and case are ignored: `ma tha` finds Xã Mã Thành",
        ),
    ] = None
    include_ended: Annotated[
        bool, Field(description="Also units that have ended, in their place in today's tree; not together with `as_of`")
    ] = False


class HistoryQuery(PageParams):
    """Paging of a unit's history."""


class StepQuery(PageParams):
    """How far to follow predecessors or successors."""

    all: Annotated[bool, Field(description="Also theirs, through every act; default: only the nearest")] = False


class UnitIn(In):
    """A new base unit: an agency, enterprise or school under the unit that manages it."""

    name: Annotated[_Name, Field(description="Full name", examples=["Trường THCS Mã Thành"])]
    kind: BaseKind
    parent_id: Annotated[UUID, Field(description="The province, district or commune that manages it")]
    code: Annotated[_Code | None, Field(description="Absent: one is made from the kind and the manager's code")] = None
    valid_from: Annotated[Day | None, Field(description="Since when it exists under this manager; default today")] = (
        None
    )
    legal_basis: _Basis = None


class UnitPatch(In):
    """A change of a base unit: from a date on (`effective_from`), or because the record was wrong (`correction`)."""

    name: _Name | None = None
    kind: BaseKind | None = None
    code: _Code | None = None
    parent_id: Annotated[UUID | None, Field(description="Another province, district or commune to manage it")] = None
    legal_basis: _Basis = None
    effective_from: Annotated[
        Day | None, Field(description="The first day of the new facts; the old ones stay true until then")
    ] = None
    correction: Annotated[
        Flag, Field(description="The present facts were never right: rewrite them from their first day")
    ] = False
    note: Annotated[Note | None, Field(description="For the audit log")] = None


class UnitTransition(In):
    """An action on a base unit."""

    action: Literal["end"]
    ended_on: Annotated[Day, Field(description="The first day without the unit")]
    successor_id: _Successor = None
    note: Annotated[Note | None, Field(description="For the audit log")] = None
