"""Evaluations (đánh giá): one registration's results per criterion, and what was decided on them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    and_,
    case,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.db import Base, unit_reference

STAGES = ("final", "maintenance", "forecast")
STATUSES = ("draft", "submitted", "returned", "verified", "recognised", "not_recognised")
OUTCOMES = ("met", "not_met", "not_assessed")
VALUES = ("self", "verified", "final")
"""The three values that stand side by side: tự đánh giá, thẩm định, kết quả cuối cùng."""

PathText = String(collation="C")


class Evaluation(Base):
    """One registration, one stage. Unit and year are the registration's: the key keeps the copy true."""

    __tablename__ = "evaluations"
    __table_args__ = (
        unit_reference("evaluations"),
        ForeignKeyConstraint(
            ["registration_id", "unit_id", "year"],
            ["registrations.id", "registrations.unit_id", "registrations.year"],
            onupdate="CASCADE",
            name="fk_evaluations_registration",
        ),
        UniqueConstraint("registration_id", "stage", name="uq_evaluations_registration_stage"),
        Index("ix_evaluations_unit_path", "unit_path", "year", "id"),
        Index("ix_evaluations_updated_at", "updated_at", "id"),
        Index("ix_evaluations_criteria_set_id", "criteria_set_id"),
        CheckConstraint(f"stage IN {STAGES!r}", name="stage"),
        CheckConstraint(f"status IN {STATUSES!r}", name="status"),
        CheckConstraint("(decision_number IS NULL) = (decision_date IS NULL)", name="decision"),
        CheckConstraint(
            "status IN ('draft', 'returned') OR (submitted_at IS NOT NULL AND passed_self IS NOT NULL)",
            name="submitted",
        ),
        CheckConstraint(
            "(status IN ('verified', 'recognised', 'not_recognised'))"
            " = (verified_at IS NOT NULL AND passed_verified IS NOT NULL)",
            name="verified",
        ),
        CheckConstraint(
            "(status IN ('recognised', 'not_recognised')) = (decided_at IS NOT NULL AND passed_final IS NOT NULL)",
            name="decided",
        ),
        CheckConstraint(
            "status <> 'recognised' OR (passed_final AND (stage <> 'final' OR decision_number IS NOT NULL))",
            name="recognised",
        ),
        CheckConstraint("stage <> 'forecast' OR decided_at IS NULL", name="forecast"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(PathText)
    registration_id: Mapped[UUID]
    criteria_set_id: Mapped[UUID] = mapped_column(ForeignKey("criteria_sets.id"))
    year: Mapped[int] = mapped_column(SmallInteger)
    stage: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    passed_self: Mapped[bool | None]
    passed_verified: Mapped[bool | None]
    passed_final: Mapped[bool | None]
    decision_number: Mapped[str | None] = mapped_column(String(300))
    decision_date: Mapped[date | None] = mapped_column(Date)
    return_note: Mapped[str | None] = mapped_column(String(2_000))
    decline_note: Mapped[str | None] = mapped_column(String(2_000))
    self_checked_on: Mapped[date | None] = mapped_column(Date)
    summary: Mapped[str | None] = mapped_column(String(20_000))
    submitted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    submitted_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verified_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


def _value_checks(value: str) -> tuple[CheckConstraint, CheckConstraint]:
    rest = ", ".join(f"{value}_{part}" for part in ("figure", "reason", "evidence", "by", "at"))
    return (
        CheckConstraint(f"{value}_outcome IN {OUTCOMES!r}", name=f"{value}_outcome"),
        CheckConstraint(f"{value}_outcome IS NOT NULL OR num_nonnulls({rest}) = 0", name=f"{value}_whole"),
    )


class EvaluationResult(Base):
    """One criterion of one evaluation: three values side by side; a value without an outcome was not entered.

    The largest table (ten and more rows per evaluation), hence no identifier of its own, outcomes as words (three bytes
    more than a number, and no key needed to read them; what is not entered costs nothing), and no index on what
    changes, so that a changed row stays on its page. The index on the criterion lets a draft's criterion be deleted
    without reading the whole table; the one on the path serves the fence and the moving of units.
    """

    __tablename__ = "evaluation_results"
    __table_args__ = (
        unit_reference("evaluation_results"),
        Index("ix_evaluation_results_unit_path", "unit_path"),
        Index("ix_evaluation_results_criterion_id", "criterion_id"),
        *(check for value in VALUES for check in _value_checks(value)),
    )

    evaluation_id: Mapped[UUID] = mapped_column(ForeignKey("evaluations.id", ondelete="CASCADE"), primary_key=True)
    criterion_id: Mapped[UUID] = mapped_column(ForeignKey("criteria.id"), primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(PathText)
    self_outcome: Mapped[str | None] = mapped_column(String(12))
    self_figure: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    self_reason: Mapped[str | None] = mapped_column(String(2_000))
    self_evidence: Mapped[str | None] = mapped_column(String(2_000))
    self_by: Mapped[UUID | None]
    self_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verified_outcome: Mapped[str | None] = mapped_column(String(12))
    verified_figure: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    verified_reason: Mapped[str | None] = mapped_column(String(2_000))
    verified_evidence: Mapped[str | None] = mapped_column(String(2_000))
    verified_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    final_outcome: Mapped[str | None] = mapped_column(String(12))
    final_figure: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    final_reason: Mapped[str | None] = mapped_column(String(2_000))
    final_evidence: Mapped[str | None] = mapped_column(String(2_000))
    final_by: Mapped[UUID | None]
    final_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

COUNTS: Final = Evaluation.status.in_(("submitted", "verified", "recognised", "not_recognised"))
"""Đã đánh giá: handed in and not sent back. Drafts and returned ones are nobody's figure yet."""

VERIFIED: Final = Evaluation.status.in_(("verified", "recognised", "not_recognised"))
"""Đã thẩm định: the unit directly above stands by it."""

EVALUATED: Final = and_(Evaluation.stage == "final", COUNTS)
MAINTENANCE: Final = and_(Evaluation.stage == "maintenance", COUNTS)
FORECAST: Final = and_(Evaluation.stage == "forecast", COUNTS)
RECOGNISED: Final = and_(Evaluation.stage == "final", Evaluation.status == "recognised")
NOT_RECOGNISED: Final = and_(Evaluation.stage == "final", Evaluation.status == "not_recognised")
KEPT: Final = and_(Evaluation.stage == "maintenance", Evaluation.status == "recognised")
NOT_KEPT: Final = and_(Evaluation.stage == "maintenance", Evaluation.status == "not_recognised")
EXPECTED_MET: Final = and_(
    Evaluation.stage == "forecast", Evaluation.status == "verified", Evaluation.passed_verified.is_(True)
)
EXPECTED_NOT_MET: Final = and_(
    Evaluation.stage == "forecast", Evaluation.status == "verified", Evaluation.passed_verified.is_(False)
)

MET: Final = "met"
NOT_MET: Final = "not_met"
ASSESSED: Final = (MET, NOT_MET)
OUTCOME: Final = func.coalesce(
    EvaluationResult.final_outcome, EvaluationResult.verified_outcome, EvaluationResult.self_outcome
)
"""The outcome of a criterion that stands today: the latest of the three values. Null = nothing was entered."""


def reason_not_met(value: str) -> ColumnElement[str | None]:
    """Why a criterion was not met, by the value of that name; null where it was met or not assessed."""
    columns = EvaluationResult.__table__.c
    return case((columns[f"{value}_outcome"] == NOT_MET, columns[f"{value}_reason"]))


REASON: Final = case((OUTCOME == NOT_MET, func.coalesce(*(reason_not_met(value) for value in reversed(VALUES)))))
"""Why it is not met today: as the latest of the values that say so has it. A later value need not repeat the reason."""

COMPARED: Final = and_(EvaluationResult.self_outcome.in_(ASSESSED), EvaluationResult.verified_outcome.in_(ASSESSED))
"""Both the unit and its verifier found it met or not met; joined with what is ``VERIFIED``."""

AGREED: Final = EvaluationResult.self_outcome == EvaluationResult.verified_outcome
RAISED: Final = and_(EvaluationResult.self_outcome == NOT_MET, EvaluationResult.verified_outcome == MET)
LOWERED: Final = and_(EvaluationResult.self_outcome == MET, EvaluationResult.verified_outcome == NOT_MET)
