"""The units that do not meet their set: the evaluations behind a cell, what was not met and why. All SQL of it.

The same records as the cell's own (``statistics.listings``), so their number is the figure in the other forms.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Integer, any_, bindparam, func, select, true

from app.access.actor import LABEL_WIDTH
from app.criteria.models import Criterion
from app.evaluations.models import NOT_MET, OUTCOME, Evaluation, EvaluationResult
from app.kernel.db import AnySelect, Session
from app.statistics.former import Area
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
    kind: str | None = None
    """Of the unit, where the question narrows by it."""


# The reason that goes with the outcome that stands: of the latest value that was entered.
_REASON = func.coalesce(EvaluationResult.final_reason, EvaluationResult.verified_reason, EvaluationResult.self_reason)
_TOLD = func.concat_ws(": ", Criterion.code, _REASON)


@lru_cache(maxsize=64)
def _statement(shape: Shape) -> AnySelect:
    counted = listing(shape).select.subquery("counted")
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
    kind = (counted.c.unit_kind,) if "unit_kind" in counted.c else ()
    return (
        select(
            *(counted.c.record_id, counted.c.record_unit, counted.c.record_path, counted.c.unit_code),
            *(counted.c.unit_name, Evaluation.decline_note, not_met.c.codes, not_met.c.reasons, *kind),
        )
        .select_from(counted)
        .join(Evaluation, Evaluation.id == counted.c.record_id)
        .join(not_met, true())
        .order_by(counted.c.record_path, counted.c.at, counted.c.record_id)
    )


async def failing(session: Session, shape: Shape, values: Mapping[str, Any], area: Area | None = None) -> list[Failing]:
    """The evaluations that ``shape`` counts in its cell, in the order of the tree; ``area``: of that of another day."""
    rows = (await session.execute(_statement(shape), dict(values))).all()
    asked = len(area.path if area else values["path_from"])
    paths = area.then if area else {row.record_unit: row.record_path for row in rows}
    names = await _names(session, {above for row in rows for above in _between(paths[row.record_unit], asked)})
    return [
        Failing(
            *(row.record_id, row.record_unit, row.unit_code, row.unit_name),
            name=_told(row.unit_name, [names[above] for above in _between(paths[row.record_unit], asked)]),
            failed=row.codes or "",
            reasons=row.reasons or row.decline_note or "",
            kind=getattr(row, "unit_kind", None),
        )
        for row in rows
    ]


def _told(name: str, between: list[str]) -> str:
    return f"{name} ({', '.join(between)})" if between else name


def _between(path: str, asked: int) -> list[int]:
    """The labels of the units above the one at ``path`` and below the one whose path is ``asked`` letters long."""
    ends = range(len(path) - LABEL_WIDTH, asked, -LABEL_WIDTH)
    return [int(path[end - LABEL_WIDTH : end - 1], 16) for end in ends]


_LABELLED = select(Unit.label, Unit.name).where(Unit.label == any_(bindparam("labels", type_=ARRAY(Integer))))


async def _names(session: Session, labels: Iterable[int]) -> dict[int, str]:
    wanted = sorted(labels)
    if not wanted:
        return {}
    return {row.label: row.name for row in await session.execute(_LABELLED, {"labels": wanted})}
