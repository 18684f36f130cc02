"""The units that do not meet their set: the evaluations behind a cell, what was not met and why. All SQL of it.

The same records as the cell's own (``statistics.listings``), so their number is the figure in the other forms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, bindparam, func, literal_column, select, true
from sqlalchemy.orm import aliased

from app.access.actor import LABEL_WIDTH
from app.criteria.models import Criterion
from app.evaluations.models import NOT_MET, OUTCOME, Evaluation, EvaluationResult
from app.kernel.db import AnySelect, Session
from app.statistics.listings import listing
from app.statistics.shapes import Shape
from app.units.models import Unit


@dataclass(frozen=True, slots=True)
class Failing:
    """An evaluation: its unit, with the units between that and the one asked about, and what was not met."""

    evaluation_id: UUID
    unit_id: UUID
    code: str
    unit_name: str
    name: str
    """With the units between it and the one asked about: the same name stands in several districts."""
    failed: str
    reasons: str


# The reason that goes with the outcome that stands: of the latest value that was entered.
_REASON = func.coalesce(EvaluationResult.final_reason, EvaluationResult.verified_reason, EvaluationResult.self_reason)
_TOLD = func.concat_ws(": ", Criterion.code, _REASON)
_WIDTH = literal_column(str(LABEL_WIDTH), Integer)


@lru_cache(maxsize=64)
def _statement(shape: Shape) -> AnySelect:
    counted = listing(shape).select.subquery("counted")
    unit, above = aliased(Unit), aliased(Unit)
    in_order = (Criterion.position, Criterion.code)
    not_met = (
        select(
            func.string_agg(Criterion.code, ", ").aggregate_order_by(*in_order).label("codes"),
            func.string_agg(_TOLD, "; ").aggregate_order_by(*in_order).label("reasons"),
        )
        .select_from(EvaluationResult)
        .join(Criterion, Criterion.id == EvaluationResult.criterion_id)
        .where(EvaluationResult.evaluation_id == counted.c.record_id, OUTCOME == NOT_MET)
        .correlate(counted)
        .lateral("not_met")
    )
    asked = func.length(bindparam("path_from", type_=String))
    width = func.generate_series(asked + _WIDTH, func.length(unit.path) - 1, _WIDTH).column_valued("width")
    # The same name stands in several districts: beside it, the units up to the one asked about.
    between = (
        select(func.string_agg(above.name, ", ").aggregate_order_by(above.path.desc()).label("names"))
        .where(above.path.in_(select(func.left(unit.path, width)).correlate(unit)))
        .correlate(unit)
        .lateral("between_them")
    )
    return (
        select(
            *(counted.c.record_id, counted.c.record_unit, counted.c.unit_code, counted.c.unit_name),
            *(Evaluation.decline_note, not_met.c.codes, not_met.c.reasons, between.c.names),
        )
        .select_from(counted)
        .join(Evaluation, Evaluation.id == counted.c.record_id)
        .join(unit, unit.id == counted.c.record_unit)
        .join(not_met, true())
        .join(between, true())
        .order_by(counted.c.record_path, counted.c.at, counted.c.record_id)
    )


async def failing(session: Session, shape: Shape, values: Mapping[str, Any]) -> list[Failing]:
    """The evaluations that ``shape`` counts in its cell, in the order of the tree."""
    rows = (await session.execute(_statement(shape), dict(values))).all()
    return [
        Failing(
            *(row.record_id, row.record_unit, row.unit_code, row.unit_name),
            name=f"{row.unit_name} ({row.names})" if row.names else row.unit_name,
            failed=row.codes or "",
            reasons=row.reasons or row.decline_note or "",
        )
        for row in rows
    ]
