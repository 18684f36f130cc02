"""Reorganisations as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.kernel.pagination import PageParams, SinceParams
from app.kernel.schema import Day, Flag, In, Line, Note, Out
from app.kernel.workflow import ActionOut
from app.reorganisations.balance_schemas import SHOWN, BalanceOut, Fate
from app.reorganisations.workflow import Action, Status
from app.units.act import Bases, ChangeKind
from app.units.schemas import UnitBrief

Grants = Literal["carry", "end"]
OpenWork = Literal["carry", "stay"]
AdministrativeKind = Literal[
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
]
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.\-]{1,35}$")]
_Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
_GrantsField = Annotated[
    Grants, Field(description="People's roles at units that end: `carry` them to the successor, or `end` them")
]
_WorkField = Annotated[
    OpenWork,
    Field(
        description="Open work of units that end: `carry` = the successor joins the lists of who owes what, takes over"
        " drafts never submitted, and gets a draft registration for the year in course; `stay` = all stays where it is."
        " What was handed in always stays with the unit that did it"
    ),
]
_DecisionNumber = Annotated[Line, Field(description="Number and symbol of the act", examples=["1678/NQ-UBTVQH15"])]
_IssuingBody = Annotated[Line, Field(description="Who issued the act", examples=["Ủy ban Thường vụ Quốc hội"])]
_Title = Annotated[Line, Field(description="What the act calls itself (trích yếu)")]
_IssuedOn = Annotated[Day | None, Field(description="The day on which it was signed; it may hold from a later one")]
LaterRecords = Literal["refuse", "keep"]
_LaterField = Annotated[
    LaterRecords,
    Field(
        description="What units that end recorded on or after the act's day, where it is entered late: `refuse` = a"
        " fault (`records_exist`) at each of them; `keep` = it stays with the unit that recorded it. An act that waited"
        " for its day always keeps it"
    ),
]
_BaseUnits = Annotated[
    Bases | None,
    Field(
        description="Where base units under the old unit go: to its (primary) `successor`, or they wait `unplaced`."
        " Absent: to the successor of a merger, otherwise they wait"
    ),
]


class ChangeIn(In):
    """One line of an act, as succession tables print it: one old unit, one new unit, or both.

    A merger of three communes into one is three lines with the same `new_code`; a split is one line per successor. A
    unit that is itself among its successors under its old code, name and kind lives on; otherwise it ends. The facts of
    a new unit may stand in any line that leads to it.
    """

    kind: Annotated[ChangeKind, Field(description="`unchanged` states that a unit stays exactly as it is")]
    old_code: Annotated[_Code | None, Field(description="As borne on the day before the act")] = None
    new_code: Annotated[_Code | None, Field(description="As borne from the act's day on; may be used again")] = None
    new_name: Annotated[_Name | None, Field(description="Full name, e.g. `Phường Trường Vinh`")] = None
    new_kind: AdministrativeKind | None = None
    new_parent_code: Annotated[_Code | None, Field(description="The unit above from the act's day on")] = None
    primary: Annotated[
        Flag, Field(description="Of a split unit: the successor under which its history is seen today")
    ] = False
    base_units: _BaseUnits = None


class PlacementIn(In):
    """A base unit that goes elsewhere than its line says."""

    code: Annotated[_Code, Field(description="Code of the agency, enterprise or school")]
    parent_code: Annotated[_Code, Field(description="The unit that manages it from the act's day on")]


class ReorganisationHead(In):
    """The act apart from its lines."""

    unit_id: Annotated[UUID, Field(description="The unit under which everything happens, e.g. the province")]
    decision_number: _DecisionNumber
    issuing_body: _IssuingBody
    title: _Title
    issued_on: _IssuedOn = None
    grants: _GrantsField = "carry"
    open_work: _WorkField = "carry"


class ReorganisationIn(ReorganisationHead):
    """A legal act on the map. With a day that is still to come it is stored and takes effect then by itself."""

    effective_on: Annotated[Day, Field(description="The first day on which it holds")]
    changes: Annotated[list[ChangeIn], Field(min_length=1, max_length=20_000)]
    placements: Annotated[list[PlacementIn], Field(max_length=20_000, default_factory=list)]
    later_records: _LaterField = "refuse"


class ReorganisationTransition(In):
    """An action on an act."""

    action: Action
    note: Annotated[Note | None, Field(description="The reason; required to cancel or reverse")] = None


class UnplacedItem(In):
    """Where one waiting base unit goes."""

    unit_id: UUID
    parent_id: Annotated[UUID, Field(description="The living unit, under the act's own unit, that is to manage it")]


class PlacementsIn(In):
    """Where waiting base units go, from the act's day on."""

    placements: Annotated[list[UnplacedItem], Field(min_length=1, max_length=5_000)]


class DryRun(BaseModel):
    """Whether anything is to be changed."""

    model_config = ConfigDict(extra="forbid")

    dry_run: Annotated[bool, Field(description="Answer the balance sheet and change nothing")] = False
    at_most: Annotated[
        int, Field(ge=0, le=50_000, description="Of a dry run: how many entries of each list of the sheet")
    ] = SHOWN


class ReorganisationFileQuery(DryRun):
    """The act of a CSV apart from its lines, which name the day."""

    unit_id: Annotated[UUID, Field(description="The unit under which everything happens, e.g. the province")]
    decision_number: _DecisionNumber
    issuing_body: _IssuingBody
    title: _Title
    issued_on: _IssuedOn = None
    grants: _GrantsField = "carry"
    open_work: _WorkField = "carry"
    later_records: _LaterField = "refuse"


class ReorganisationQuery(SinceParams):
    """Filters of the collection."""

    sort: Literal["-effective_on", "effective_on"] = "-effective_on"
    status: Annotated[Status | None, Field(description="Only in this state")] = None


class ChangesQuery(PageParams):
    """Paging of an act's lines."""


class BalancedQuery(PageParams):
    """Filters of the units of a balance sheet."""

    fate: Annotated[Fate | None, Field(description="Only units of which this became")] = None


class UnplacedQuery(PageParams):
    """Paging of the base units that wait."""


class FaultOut(Out):
    """Why an act could not take effect on its day."""

    pointer: str
    code: str
    message: str


class ReorganisationOut(Out):
    """A legal act on the map (sắp xếp đơn vị hành chính)."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="Under which everything happens")]
    decision_number: str
    issuing_body: str
    issued_on: date | None
    title: str
    effective_on: date
    grants: Grants
    open_work: OpenWork
    status: Annotated[Status, Field(description="`planned` takes effect on its day; `failed` did not fit on its day")]
    balance: Annotated[BalanceOut | None, Field(description="What carrying it out came to; null before")]
    faults: list[FaultOut]
    note: str | None
    applied_at: datetime | None
    reversed_at: datetime | None
    reversible: Annotated[bool, Field(description="Applied, and nothing has been recorded in the new structure yet")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class ReorganisationItem(Out):
    """An act as it stands in a list."""

    id: UUID
    unit: UnitBrief
    decision_number: str
    issuing_body: str
    title: str
    effective_on: date
    status: Status
    version: int
    created_at: datetime
    updated_at: datetime


class ChangeOut(Out):
    """One line of an act, and the units it meant once it was carried out."""

    position: int
    place: Annotated[str, Field(description="Where it stood in what was sent, e.g. `/lines/12`")]
    kind: Annotated[str | None, Field(description="null: the place of one base unit")]
    old_code: str | None
    new_code: str | None
    new_name: str | None
    new_kind: str | None
    new_parent_code: str | None
    is_primary: bool
    base_units: str | None
    old_unit_id: UUID | None
    new_unit_id: UUID | None


class UnplacedOut(Out):
    """A base unit that waits to be placed."""

    unit: UnitBrief
    former: Annotated[UnitBrief, Field(description="The unit that managed it until the act")]
    waiting_under: Annotated[UnitBrief, Field(description="Where it stands meanwhile")]


class PlacedOut(Out):
    """What placing did."""

    placed: int
    waiting: Annotated[int, Field(description="How many still wait")]
