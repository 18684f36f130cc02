"""All SQL about evaluations and their results."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, String, bindparam, case, cast, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from app.campaigns.period_queries import locked_by, yearly_day
from app.criteria.models import CriteriaSet
from app.evaluations.models import VALUES, Evaluation, EvaluationResult
from app.evaluations.values import Result, Side, Value
from app.kernel.db import Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.registrations.models import Registration
from app.units.models import Unit
from app.units.queries import under_clause
from app.units.upward import bearing_path, deciding_level

Facts: TypeAlias = dict[str, Any]
"""The columns of an evaluation with those of its unit, registration and set that show it, by name."""

_PARTS = ("outcome", "figure", "reason", "evidence", "by", "at")
RESULT = EvaluationResult.__table__.c

SELECT = (
    select(
        *(column for column in Evaluation.__table__.columns),
        Registration.status.label("registration_status"),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        bearing_path().label("unit_bearing"),
        locked_by(Evaluation.unit_id, yearly_day(Evaluation.created_at, Evaluation.year)).label("locked_by"),
        CriteriaSet.code.label("set_code"),
        CriteriaSet.set_version,
        CriteriaSet.title.label("set_title"),
        CriteriaSet.recognised_by,
        case(
            (CriteriaSet.recognised_by == "managing_unit", CriteriaSet.recognised_by),
            else_=deciding_level(Evaluation.unit_path, CriteriaSet.recognised_by, itself=False),
        ).label("recognising_level"),
    )
    .join(Unit, Unit.id == Evaluation.unit_id)
    .join(Registration, Registration.id == Evaluation.registration_id)
    .join(CriteriaSet, CriteriaSet.id == Evaluation.criteria_set_id)
)


def _part(value: str, part: str) -> ColumnElement[Any]:
    column = RESULT[f"{value}_{part}"]
    # As text: a JSON number would pass through binary floating point.
    return cast(func.trim_scale(column), String) if part == "figure" else column


RESULT_ROWS = cast(
    func.json_agg(
        func.json_build_array(RESULT.criterion_id, *(_part(value, part) for value in VALUES for part in _PARTS))
    ),
    String,
)
_WITH_RESULTS = (
    SELECT.add_columns(
        select(RESULT_ROWS).where(RESULT.evaluation_id == Evaluation.id).scalar_subquery().label("result_rows")
    )
).where(Evaluation.id == bindparam("id"))
_RESULTS = select(RESULT_ROWS).where(RESULT.evaluation_id == bindparam("id"))
# The registration's state decides on submitting and verifying, so it must not change meanwhile either.
_LOCKED = SELECT.where(Evaluation.id == bindparam("id")).with_for_update(of=(Evaluation, Registration), key_share=True)

LISTING = Listing(
    select=SELECT,
    key=Evaluation.id,
    sorts={
        "unit": (Evaluation.unit_path, Evaluation.year),
        "year": (Evaluation.year,),
        "-year": (Evaluation.year,),
        "updated_at": (Evaluation.updated_at,),
        "-updated_at": (Evaluation.updated_at,),
    },
    filters={
        "unit": Evaluation.unit_id == bindparam("unit"),
        "under": under_clause(Evaluation.unit_path),
        "year": Evaluation.year == bindparam("year"),
        "stage": Evaluation.stage == bindparam("stage"),
        "status": Evaluation.status == bindparam("status"),
        "registration": Evaluation.registration_id == bindparam("registration"),
        "criteria_set": Evaluation.criteria_set_id == bindparam("criteria_set"),
        "updated_since": Evaluation.updated_at >= bindparam("updated_since"),
    },
)

FINAL = Evaluation.__table__.alias("final")
PUBLISHED = (
    select(
        func.json_agg(
            func.json_build_array(
                CriteriaSet.id,
                CriteriaSet.unit_id,
                CriteriaSet.code,
                CriteriaSet.set_version,
                CriteriaSet.title,
                CriteriaSet.recognised_by,
            )
        )
    )
    .where(
        CriteriaSet.status == "published",
        Unit.kind == CriteriaSet.applies_to_kinds.any_(),
        Unit.path.op("^@")(CriteriaSet.unit_path),
    )
    .scalar_subquery()
)
_GROUND = (
    select(
        Registration.id.label("registration_id"),
        Registration.status.label("registration_status"),
        Registration.unit_id,
        Registration.unit_path,
        Registration.year,
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        Unit.kind.label("unit_kind"),
        exists()
        .where(FINAL.c.registration_id == Registration.id, FINAL.c.stage == "final", FINAL.c.status == "recognised")
        .label("recognised"),
        cast(PUBLISHED, String).label("sets"),
    )
    .join(Unit, Unit.id == Registration.unit_id)
    .where(Registration.id == bindparam("id"))
    .with_for_update(of=Registration, read=True, key_share=False)
)


@lru_cache(maxsize=10_000)
def _uuid(text: str) -> UUID:
    """Criteria and authors recur in every answer; parsing an identifier costs more than finding it."""
    return UUID(text)


def _value(parts: list[Any]) -> Value | None:
    outcome, figure, reason, evidence, by, at = parts
    if outcome is None:
        return None
    return Value(
        outcome,
        None if figure is None else Decimal(figure),
        reason,
        evidence,
        None if by is None else _uuid(by),
        None if at is None else datetime.fromisoformat(at),
    )


def read_results(rows: str | None) -> dict[UUID, Result]:
    """Results by criterion, from the JSON text that ``result_rows`` holds."""
    return {
        _uuid(row[0]): Result(_value(row[1:7]), _value(row[7:13]), _value(row[13:19]))
        for row in orjson.loads(rows or "[]")
    }


async def get(session: Session, evaluation_id: UUID) -> Facts:
    """One evaluation with its unit, registration, set and results, in one statement. 404 outside the fence."""
    row = (await session.execute(_WITH_RESULTS, {"id": evaluation_id})).one_or_none()
    if row is None:
        raise NotFound
    return row._asdict()


async def lock(session: Session, evaluation_id: UUID) -> Facts:
    """The same without results, kept from being changed by others meanwhile. 404 outside the fence."""
    row = (await session.execute(_LOCKED, {"id": evaluation_id})).one_or_none()
    if row is None:
        raise NotFound
    return row._asdict()


async def results(session: Session, evaluation_id: UUID) -> dict[UUID, Result]:
    """The results of a locked evaluation. (A statement of its own: the one that waited for the lock sees old rows.)"""
    return read_results(await session.scalar(_RESULTS, {"id": evaluation_id}))


async def ground(session: Session, registration_id: UUID) -> Facts:
    """What a new evaluation stands on: the registration, its unit, and the published sets for that kind of unit.

    The registration is kept from being changed meanwhile. Raises 404 outside the fence.
    """
    row = (await session.execute(_GROUND, {"id": registration_id})).one_or_none()
    if row is None:
        raise NotFound
    return row._asdict()


_INSERT = insert(Evaluation).inline()
_INSERT_RESULTS = insert(EvaluationResult).inline()
_DELETE = delete(Evaluation).where(Evaluation.id == bindparam("id"))


async def add(session: Session, values: Mapping[str, Any], assessed: Mapping[UUID, Value]) -> None:
    """Insert an evaluation with the self-assessed values known already."""
    await session.execute(_INSERT, dict(values))
    if assessed:
        await session.execute(_INSERT_RESULTS, result_rows(values, assessed))


def result_rows(values: Mapping[str, Any], assessed: Mapping[UUID, Value]) -> list[dict[str, Any]]:
    """The rows of ``assessed`` for the evaluation with the columns ``values``."""
    owner = {"evaluation_id": values["id"], "unit_id": values["unit_id"], "unit_path": values["unit_path"]}
    return [{**owner, "criterion_id": key, **_columns("self", value)} for key, value in assessed.items()]


def _columns(side: Side, value: Value | None) -> dict[str, Any]:
    parts = value or (None,) * len(_PARTS)
    return {f"{side}_{part}": content for part, content in zip(_PARTS, parts, strict=True)}


def _upsert(side: Side) -> Any:
    statement = upsert(EvaluationResult).inline()
    return statement.on_conflict_do_update(
        index_elements=["evaluation_id", "criterion_id"],
        set_={f"{side}_{part}": statement.excluded[f"{side}_{part}"] for part in _PARTS},
    )


_UPSERTS = {side: _upsert(side) for side in ("self", "verified", "final")}


async def put(session: Session, facts: Facts, side: Side, values: Mapping[UUID, Value | None]) -> None:
    """Write ``values`` of ``side`` of the locked evaluation ``facts``, by criterion, touching no other value.

    None empties a value.
    """
    owner = {"evaluation_id": facts["id"], "unit_id": facts["unit_id"], "unit_path": facts["unit_path"]}
    rows = [{**owner, "criterion_id": key, **_columns(side, value)} for key, value in values.items()]
    if rows:
        await session.execute(_UPSERTS[side], rows)


async def change(session: Session, evaluation_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked evaluation and count its version up."""
    await session.execute(
        update(Evaluation).where(Evaluation.id == evaluation_id).values(**values, version=Evaluation.version + 1)
    )


async def remove(session: Session, evaluation_id: UUID) -> None:
    """Delete a draft with its results."""
    await session.execute(_DELETE, {"id": evaluation_id})
