"""Evaluations as they travel."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field
from typing_extensions import TypedDict

from app.campaigns.periods import PeriodLockOut
from app.criteria.definition import Comparison, Measure, Recogniser
from app.criteria.passrule import Outcome
from app.kernel.pagination import SinceParams
from app.kernel.schema import ChosenId, Day, Figure, In, Line, Note, Out, Prose
from app.kernel.workflow import ActionOut
from app.units.schemas import UnitBrief

Stage = Literal["final", "maintenance", "forecast"]
Status = Literal["draft", "submitted", "returned", "verified", "recognised", "not_recognised"]
Conclusion = Literal["recognised", "not_recognised", "kept", "not_kept", "expected_met", "expected_not_met"]

StageField = Annotated[
    Stage,
    Field(
        description="`final` = result and recognition; `maintenance` = whether a recognised unit kept it;"
        " `forecast` = whether it is expected to pass"
    ),
]


class ResultIn(In):
    """One criterion's value."""

    criterion: Annotated[
        str, Field(min_length=1, max_length=40, description="Code or id of the criterion", examples=["TC1"])
    ]
    outcome: Annotated[Outcome, Field(description="Đạt, không đạt, chưa đánh giá")]
    figure: Annotated[
        Figure | None, Field(description="The figure behind it; none for yes/no criteria, needed to be met otherwise")
    ] = None
    reason: Annotated[Note | None, Field(description="Lý do không đạt: why it is not met")] = None
    evidence: Annotated[Note | None, Field(description="Minh chứng: what shows that it is met")] = None


ResultsField = Annotated[list[ResultIn], Field(max_length=500, description="One entry per criterion")]


class EvaluationBody(In):
    """What a new evaluation says, but for the registration it is of."""

    stage: StageField
    criteria_set_id: Annotated[
        UUID | None,
        Field(description="By default the newest published set for this kind of unit; needed when several apply"),
    ] = None
    criteria_set: Annotated[
        str | None,
        Field(max_length=40, description="Code of the set, instead of its id: the newest published version is meant"),
    ] = None
    self_checked_on: Annotated[Day | None, Field(description="Day of the unit's own check")] = None
    summary: Annotated[Prose | None, Field(description="Summary of the self-check")] = None
    results: Annotated[ResultsField | None, Field(description="Self-assessed values known already")] = None


class EvaluationIn(EvaluationBody):
    """A new evaluation, as a draft."""

    id: ChosenId = None
    registration_id: Annotated[UUID, Field(description="The registration that is evaluated")]


class EvaluationPatch(In):
    """What may change while the evaluation is a draft or returned; results have their own address."""

    self_checked_on: Annotated[Day | None, Field(description="Day of the unit's own check; null empties it")] = None
    summary: Annotated[Prose | None, Field(description="Summary of the self-check; null empties it")] = None


class SelfResultsIn(In):
    """The whole self-assessment: criteria left out become not entered."""

    results: ResultsField


class VerificationIn(In):
    """Verified values: only the criteria listed are set."""

    results: Annotated[ResultsField, Field(min_length=1)]


class EvaluationTransition(In):
    """An action on an evaluation."""

    action: Literal["submit", "return", "verify", "recognise", "decline"]
    note: Annotated[Note | None, Field(description="The reason; required to return and to decline")] = None
    decision_number: Annotated[
        Line | None,
        Field(description="With `recognise`: number of the decision; required in the stage `final`"),
    ] = None
    decision_date: Annotated[Day | None, Field(description="With `recognise`: date of that decision")] = None


class EvaluationQuery(SinceParams):
    """Filters of the collection."""

    sort: Annotated[
        Literal["unit", "-updated_at", "updated_at", "year", "-year"], Field(description="`unit` = order of the tree")
    ] = "unit"
    unit: Annotated[UUID | None, Field(description="Only this unit's")] = None
    under: Annotated[UUID | None, Field(description="Only in the subtree of this unit")] = None
    year: Annotated[int | None, Field(ge=2000, le=2100, description="Only of registrations for this year")] = None
    stage: Annotated[Stage | None, Field(description="Only of this stage")] = None
    status: Annotated[Status | None, Field(description="Only in this state")] = None
    registration: Annotated[UUID | None, Field(description="Only of this registration")] = None
    criteria_set: Annotated[UUID | None, Field(description="Only by this version of a set")] = None


class SetBrief(Out):
    """The version of a criteria set that the evaluation is filled in with."""

    id: UUID
    code: str
    set_version: int
    title: str
    recognised_by: Annotated[Recogniser, Field(description="The level that recognises")]


class CriterionBrief(Out):
    """A criterion as results name it."""

    id: UUID
    code: str
    title: Annotated[str, Field(description="Empty where the official text is still to be entered")]
    group_code: str
    measure: Measure
    threshold: Annotated[int | float | None, Field(description="In percent, pieces or the unit of count")]
    comparison: Comparison | None
    unit_of_count: str | None
    required: bool
    evidence_needed: bool


class ValueOut(TypedDict):
    """One value. (A typed dictionary: one answer holds up to a hundred, and it is made in a tenth of the time.)"""

    outcome: Outcome
    figure: Annotated[int | float | None, Field(description="The figure behind the outcome")]
    reason: Annotated[str | None, Field(description="Why it is not met")]
    evidence: Annotated[str | None, Field(description="What shows that it is met")]
    by: Annotated[UUID | None, Field(description="Who entered or confirmed it")]
    at: Annotated[datetime | None, Field(description="When")]


class ResultOut(TypedDict):
    """One criterion with its three values, side by side; null = nothing entered."""

    criterion: CriterionBrief
    self: Annotated[ValueOut | None, Field(description="Tự đánh giá: the unit's own value")]
    verified: Annotated[ValueOut | None, Field(description="Thẩm định: the value of the unit directly above")]
    final: Annotated[ValueOut | None, Field(description="What was decided on")]


class EvaluationBrief(Out):
    """An evaluation (đánh giá) without its results, as lists hold it."""

    id: UUID
    unit: UnitBrief
    registration_id: UUID
    registration_status: Annotated[str, Field(description="State of the registration: it opens submit and verify")]
    criteria_set: SetBrief
    year: Annotated[int, Field(description="The year of the registration")]
    stage: StageField
    status: Status
    conclusion: Annotated[
        Conclusion | None, Field(description="What it came to, in the words of its stage; null while under way")
    ]
    passed_self: Annotated[bool | None, Field(description="Whether the self-assessment satisfies the set's pass rule")]
    passed_verified: Annotated[bool | None, Field(description="Whether the verified values satisfy it")]
    passed_final: Annotated[bool | None, Field(description="Whether the final values satisfy it")]
    decision_number: Annotated[str | None, Field(description="Decision on recognition")]
    decision_date: date | None
    return_note: Annotated[str | None, Field(description="Why it was last returned")]
    decline_note: Annotated[str | None, Field(description="Why it was not recognised")]
    self_checked_on: Annotated[date | None, Field(description="Day of the unit's own check")]
    summary: Annotated[str | None, Field(description="Summary of the self-check")]
    submitted_at: Annotated[datetime | None, Field(description="The server's instant of the last submission")]
    verified_at: datetime | None
    decided_at: datetime | None
    editable: Annotated[bool, Field(description="Whether the caller may change the self-assessment now")]
    lock: Annotated[
        PeriodLockOut | None,
        Field(description="Why the unit may not change it now: a report has counted it; null = open. Review goes on"),
    ]
    verifiable: Annotated[bool, Field(description="Whether the caller may enter verified values now")]
    allowed_actions: Annotated[list[ActionOut], Field(description="What the caller may do now")]
    version: int
    created_at: datetime
    updated_at: datetime


class EvaluationOut(EvaluationBrief):
    """An evaluation with every criterion of its set, in the set's order."""

    results: list[ResultOut]
