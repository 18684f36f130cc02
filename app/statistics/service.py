"""Answering questions about figures: who may ask of which unit, one statement for the figure, and how it is written."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.campaigns.schemas import CampaignBrief
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.pagination import PageRows
from app.statistics import queries
from app.statistics.asking import ABSENT, Question, figures_question, measure_of, records_question
from app.statistics.declarations import Measure, Ratio
from app.statistics.listings import listing
from app.statistics.measures import MEASURES
from app.statistics.queries import Place
from app.statistics.schemas import (
    Asked,
    CountedRecord,
    MeasureDimension,
    MeasureOut,
    MeasuresOut,
    MeasureValue,
    RecordsQuery,
    StatisticsQuery,
)
from app.statistics.statements import MOST_ROWS, Figures, Shape, figures
from app.units.schemas import UnitBrief

_NO_CAMPAIGN = Text(
    "Không có đợt sơ kết nào áp dụng nên không tính được độ bao phủ",
    "No campaign applies, so it cannot be said how much has been reported",
)
_TOO_MANY_ROWS = Text(
    "Quá {most} dòng; hãy thu hẹp hoặc bớt chiều nhóm", "More than {most} rows: narrow the question or group by less"
)
_UNKNOWN_CAMPAIGN = Text("Không có đợt sơ kết này", "There is no such campaign")


def measures(tx: Tx) -> MeasuresOut:
    """Every figure that can be asked for, in the caller's language."""
    return MeasuresOut.model_construct(items=[_described(tx, measure) for measure in MEASURES.values()])


def _described(tx: Tx, measure: Measure) -> MeasureOut:
    values = [
        MeasureValue.model_construct(
            code=value.code,
            title=getattr(value.title, tx.language),
            kind="ratio" if isinstance(value, Ratio) else "additive",
            part=value.part if isinstance(value, Ratio) else None,
            whole=value.whole if isinstance(value, Ratio) else None,
        )
        for value in measure.values
    ]
    dimensions = [
        MeasureDimension.model_construct(
            code=dimension.code,
            title=getattr(dimension.title, tx.language),
            parameter=dimension.filter,
            words=list(dimension.words),
        )
        for dimension in measure.dimensions
    ]
    return MeasureOut.model_construct(
        code=measure.code,
        title=getattr(measure.title, tx.language),
        description=getattr(measure.description, tx.language),
        unit_of_count=getattr(measure.unit_of_count, tx.language),
        values=values,
        dimensions=dimensions,
        variants=list(measure.variants),
    )


def _whole(tx: Tx, ground: AnyRow, question: Question) -> Shape:
    """The question's shape, without the condition that the fence repeats on every row anyway."""
    held = [grant.unit.path for grant in tx.actor.grants if grant.reach(Permission.STATISTICS_READ)]
    return replace(question.shape, whole=all(path.startswith(ground.path) for path in held))


async def _ground(tx: Tx, query: Asked) -> AnyRow:
    """The unit asked about and the campaign that applies. Raises 404 for a unit outside, 422 for a false campaign."""
    unit_id = query.unit or tx.actor.topmost(Permission.STATISTICS_READ).id
    ground = await queries.ground(tx.session, Place(unit_id, query.campaign, query.year))
    tx.actor.require(Permission.STATISTICS_READ, UnitRef(ground.id, ground.path, ground.level))
    if query.campaign is not None and ground.campaign_id is None:
        raise Invalid(errors=[FieldError("/campaign", "unknown", _UNKNOWN_CAMPAIGN, "query")])
    return ground


def _values(tx: Tx, question: Question, ground: AnyRow) -> dict[str, Any]:
    return {**question.values, **queries.bindings(ground.path, tx.today), "years": ground.years}


async def statistics(tx: Tx, code: str, query: StatisticsQuery) -> dict[str, Any]:
    """The answer to a question, as ``StatisticsOut`` describes it. Raises 404, 422 (also for too many rows)."""
    measure = measure_of(code)
    question = figures_question(measure, query)
    ground = await _ground(tx, query)
    made = figures(_whole(tx, ground, question))
    total, *rows = await queries.rows(tx.session, made, _values(tx, question, ground))
    if len(rows) > MOST_ROWS:
        fault = FieldError("/group_by", "too_many_rows", _TOO_MANY_ROWS.fill(most=MOST_ROWS), "query")
        raise Invalid(errors=[fault])
    read = _reader(question, made, _records_address(question, query, ground.id))
    return {
        "measure": measure.code,
        "title": getattr(measure.title, tx.language),
        "unit_of_count": getattr(measure.unit_of_count, tx.language),
        "unit": {"id": ground.id, "code": ground.code, "name": ground.name},
        "period": _period(query, ground),
        "structure": query.structure,
        "group_by": question.shape.group_by,
        "rows": [read(row) for row in rows],
        "totals": dict(zip(made.values, total[-len(made.values) :], strict=True)),
        "coverage": _coverage(ground),
        "notes": _notes(tx, ground),
        "generated_at": tx.now,
    }


def _campaign(ground: AnyRow) -> dict[str, Any]:
    return {name: getattr(ground, f"campaign_{name}") for name in CampaignBrief.model_fields}


def _period(query: Asked, ground: AnyRow) -> dict[str, Any]:
    asked = dict(query)
    campaign = _campaign(ground) if query.campaign else None
    return {"year": query.year, "campaign": campaign, "from": asked["from"], "to": asked["to"]}


def _coverage(ground: AnyRow) -> dict[str, Any]:
    if ground.campaign_id is None:
        return {"campaign": None, "expected": None, "submitted": None, "accepted": None}
    counts = {name: getattr(ground, name) for name in ("expected", "submitted", "accepted")}
    return {"campaign": _campaign(ground), **counts}


def _notes(tx: Tx, ground: AnyRow) -> list[dict[str, str]]:
    if ground.campaign_id is None:
        return [{"code": "no_campaign", "message": getattr(_NO_CAMPAIGN, tx.language)}]
    return []


def _records_address(question: Question, query: StatisticsQuery, unit_id: UUID) -> str:
    """Where the records of the whole answer are; the keys of a row narrow it further."""
    shape = question.shape
    left_out = {*(dimension.filter for dimension in shape.grouping()), "group_by", "order"}
    asked = {name: value for name, value in dict(query).items() if value is not None and name not in left_out}
    fixed = {**asked, "unit": unit_id}
    return f"/api/v1/statistics/{shape.measure}/records?{urlencode(fixed)}"


def _reader(question: Question, made: Figures, address: str) -> Callable[[Any], Mapping[str, Any]]:
    """How a row of the statement becomes one of the answer."""
    plan, place = [], 1
    for dimension, members in zip(question.shape.grouping(), made.keys, strict=True):
        plan.append((dimension.code, dimension.filter, place, members))
        place += 1 + len(members)

    def read(row: Any) -> Mapping[str, Any]:
        keys: dict[str, Any] = {}
        records = address
        for code, parameter, at, members in plan:
            key = row[at]
            records += f"&{parameter}={ABSENT if key is None else key}"
            if members and key is not None:
                key = {"id": key, **dict(zip(members, row[at + 1 : at + 1 + len(members)], strict=True))}
            keys[code] = key
        return {"keys": keys, "values": dict(zip(made.values, row[place:], strict=True)), "records": records}

    return read


async def records(tx: Tx, code: str, query: RecordsQuery) -> PageRows:
    """A page of the records behind a cell: as many of them as the cell says. Raises 404, 422."""
    measure = measure_of(code)
    question = records_question(measure, query)
    ground = await _ground(tx, query)
    shape = _whole(tx, ground, question)
    asked = {"unit": ground.id, "structure": query.structure, "cell": shape.cell, "value": query.value}
    given = {**_values(tx, question, ground), **asked, **dict.fromkeys(shape.without, ABSENT)}
    found = await listing(shape).page(tx.session, query, sort="unit", given=given)
    return PageRows([_record(measure, row) for row in found.rows], found.next_cursor, found.total)


def _record(measure: Measure, row: AnyRow) -> Any:
    return CountedRecord.model_construct(
        id=row.record_id,
        resource=f"/api/v1/{measure.record.resource}/{row.record_id}",
        unit=UnitBrief.model_construct(id=row.record_unit, code=row.unit_code, name=row.unit_name),
        year=row.year,
        date=local_date(row.at),
        status=row.status,
        part=row.part_code,
        value=1,
    )
