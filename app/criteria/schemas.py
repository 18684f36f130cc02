"""Criteria sets as they travel: what is written, and what is answered. The set as a file: ``document.py``."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, PlainSerializer, StringConstraints

from app.criteria.definition import Comparison, Measure, PassRuleKind, Recogniser, SetStatus
from app.kernel.pagination import SinceParams
from app.kernel.schema import Code, Day, Figure, Flag, In, Line, Out, Prose, Whole
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

TextStatus = Literal["sourced", "to_be_entered", "proposal"]
TEXT_STATUS = Field(
    description="`sourced` = follows a published source; `to_be_entered` = the official text is still to be entered;"
    " `proposal` = a proposal of this system or of the unit, in no official text"
)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


# Fifteen digits are what a JSON number carries through every client unharmed.
Number = Annotated[
    Figure, Field(max_digits=15, decimal_places=4), PlainSerializer(_number, return_type=float, when_used="json")
]
Heading = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
CountUnit = Annotated[
    str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Kinds = Annotated[
    list[Annotated[str, StringConstraints(max_length=20)]],
    Field(max_length=30, description="Kinds of unit the set is for, e.g. `commune`, `ward`", examples=[["commune"]]),
]


class SetLegalBasis(In):
    """The document that the set follows (căn cứ pháp lý)."""

    number: Annotated[Line, Field(description="Its number", examples=["9745/QĐ-BCA-V05"])]
    issued_on: Annotated[Day | None, Field(description="Null while the date is not known")] = None
    issuing_body: Line | None = None
    title: Heading | None = None


class PassRule(In):
    """When a unit passes. A criterion marked required must be met under every rule."""

    kind: Annotated[
        PassRuleKind,
        Field(
            description="`all_required`: every required criterion met; `minimum_met`: and at least `minimum` criteria"
            " met; `minimum_score`: and the weights of the met criteria reach `minimum`"
        ),
    ]
    minimum: Annotated[Whole | None, Field(ge=0, le=1_000_000, description="Not with `all_required`")] = None


class CriterionIn(In):
    """One criterion (tiêu chí)."""

    code: Annotated[Code, Field(description="Unique in the set", examples=["TC1"])]
    title: Annotated[Heading | None, Field(description="May be missing in a draft")] = None
    description: Prose | None = None
    measure: Annotated[Measure, Field(description="What is reported; `count` is a whole number")]
    threshold: Annotated[Number | None, Field(description="In percent for `percentage`")] = None
    comparison: Annotated[Comparison | None, Field(description="Goes with `threshold`, which itself is met")] = None
    unit_of_count: Annotated[CountUnit | None, Field(description="What is counted", examples=["mô hình"])] = None
    required: Flag = True
    evidence_needed: Flag = False
    weight: Annotated[Number, Field(ge=0, description="Counts with the pass rule `minimum_score`")] = Decimal(1)
    text_status: Annotated[TextStatus, TEXT_STATUS]


class CriteriaGroupIn(In):
    """A heading with its criteria, then the headings below it."""

    code: Annotated[Code, Field(description="Unique among the groups of the set", examples=["N1"])]
    title: Heading
    criteria: Annotated[list[CriterionIn], Field(max_length=500, default_factory=list)]
    groups: Annotated[list["CriteriaGroupIn"], Field(max_length=100, default_factory=list)]


class CriteriaSetBody(In):
    """A whole set, as it is written."""

    code: Annotated[Code, Field(description="The same in all versions of the set", examples=["QD9745-XA"])]
    title: Heading
    notice: Annotated[Prose | None, Field(description="What a reader must know, e.g. what is not official")] = None
    legal_basis: SetLegalBasis | None = None
    applies_to_kinds: Kinds
    recognised_by: Annotated[
        Recogniser, Field(description="The level that recognises; `managing_unit` = directly above")
    ]
    pass_rule: PassRule
    groups: Annotated[list[CriteriaGroupIn], Field(max_length=100, default_factory=list)]


class CriteriaSetIn(CriteriaSetBody):
    """A new set, as a draft of version 1."""

    unit_id: Annotated[UUID, Field(description="The unit that keeps the set")]


class SetLegalBasisPatch(In):
    """Members to change."""

    number: Line | None = None
    issued_on: Day | None = None
    issuing_body: Line | None = None
    title: Heading | None = None


class PassRulePatch(In):
    """Members to change."""

    kind: PassRuleKind | None = None
    minimum: Annotated[Whole | None, Field(ge=0, le=1_000_000)] = None


class CriteriaSetPatch(In):
    """Members of a draft to change (RFC 7396: null empties, a list replaces the whole list)."""

    code: Code | None = None
    title: Heading | None = None
    notice: Prose | None = None
    legal_basis: SetLegalBasisPatch | None = None
    applies_to_kinds: Kinds | None = None
    recognised_by: Recogniser | None = None
    pass_rule: PassRulePatch | None = None
    groups: Annotated[list[CriteriaGroupIn] | None, Field(max_length=100)] = None


class CriteriaSetTransition(In):
    """An action on a set."""

    action: Literal["publish", "retire"]


class CriteriaSetQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["code", "-code", "-set_version", "updated_at", "-updated_at"],
        Field(description="`code` = by code, then by version"),
    ] = "code"
    code: Annotated[str | None, Field(max_length=40, description="Only the versions of this set")] = None
    status: Annotated[SetStatus | None, Field(description="Only in this state")] = None
    kind: Annotated[str | None, Field(max_length=20, description="Only sets for this kind of unit")] = None
    unit: Annotated[UUID | None, Field(description="Only sets that this unit keeps")] = None
    under: Annotated[UUID | None, Field(description="Only sets kept in the subtree of this unit")] = None


class SetLegalBasisOut(Out):
    """The document that the set follows."""

    number: str
    issued_on: date | None = None
    issuing_body: str | None = None
    title: str | None = None


class PassRuleOut(Out):
    """When a unit passes."""

    kind: PassRuleKind
    minimum: int | None


class TextCounts(Out):
    """How many criteria there are, by where their text comes from."""

    sourced: int
    to_be_entered: Annotated[int, Field(description="Criteria whose official text is still to be entered")]
    proposal: int


class CriterionOut(Out):
    """One criterion."""

    id: UUID
    code: str
    title: str | None
    description: str | None
    measure: Measure
    threshold: Number | None
    comparison: Comparison | None
    unit_of_count: str | None
    required: bool
    evidence_needed: bool
    weight: Number
    text_status: Annotated[TextStatus, TEXT_STATUS]


class CriteriaGroupOut(Out):
    """A heading with its criteria, then the headings below it."""

    id: UUID
    code: str
    title: str
    criteria: list[CriterionOut]
    groups: list["CriteriaGroupOut"]


class CriteriaSetSummary(Out):
    """A criteria set (bộ tiêu chí) without its criteria."""

    id: UUID
    unit: Annotated[UnitBrief, Field(description="The unit that keeps the set")]
    code: str
    set_version: Annotated[int, Field(description="1, 2, ...: the version of the set that records are filled in by")]
    title: str
    notice: Annotated[str | None, Field(description="To be shown wherever the set is shown")]
    status: SetStatus
    legal_basis: SetLegalBasisOut | None
    applies_to_kinds: list[str]
    recognised_by: Recogniser
    pass_rule: PassRuleOut
    text_counts: TextCounts
    previous_id: Annotated[UUID | None, Field(description="The version that this one was made from")]
    published_at: datetime | None
    retired_at: datetime | None
    editable: Annotated[bool, Field(description="Whether the caller may change it now")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: Annotated[int, Field(description="Of the record, for `If-Match`; not the version of the set")]
    created_at: datetime
    updated_at: datetime


class CriteriaSetOut(CriteriaSetSummary):
    """A criteria set with its groups and criteria in printed order."""

    groups: list[CriteriaGroupOut]
