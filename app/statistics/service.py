"""Answering questions about figures: who may ask of which unit, one statement for the figure, and how it is written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.campaigns.schemas import CampaignBrief
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.pagination import PageRows
from app.statistics import queries
from app.statistics.areas import mark, several_years
from app.statistics.asking import Question, day_of, figures_question, measure_of, records_question, structure_of
from app.statistics.declarations import Change, Difference, Measure, Ratio, Value
from app.statistics.gone import check_day
from app.statistics.listings import listing
from app.statistics.measures import MEASURES
from app.statistics.noting import gone_notes, map_notes, plain_notes
from app.statistics.queries import Place
from app.statistics.reading import ABSENT, FIRST_KEY, key_reader, query_of, records_address, values_of
from app.statistics.remarks import line_notes
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
from app.statistics.shapes import Filters, Shape
from app.statistics.statements import MOST_ROWS, Figures, figures
from app.statistics.whose import Owned, Whose, whose
from app.statistics.wording import titles_of
from app.units.schemas import UnitBrief

_TOO_MANY_ROWS = Text(
    "Quá {most} dòng; hãy thu hẹp hoặc bớt chiều nhóm", "More than {most} rows: narrow the question or group by less"
)
_UNKNOWN_CAMPAIGN = Text("Không có đợt sơ kết này", "There is no such campaign")


def measures(tx: Tx) -> MeasuresOut:
    """Every figure that can be asked for, in the caller's language."""
    return MeasuresOut.model_construct(items=[_described(tx, measure) for measure in MEASURES.values()])


def _value(tx: Tx, value: Value) -> MeasureValue:
    made: dict[str, Any] = dict.fromkeys(("part", "whole", "after", "before"))
    if isinstance(value, Ratio):
        made |= {"kind": "ratio", "part": value.part, "whole": value.whole}
    elif isinstance(value, Difference | Change):
        kind = "difference" if isinstance(value, Difference) else "change"
        made |= {"kind": kind, "after": value.after, "before": value.before}
    else:
        made["kind"] = "additive"
    return MeasureValue.model_construct(code=value.code, title=getattr(value.title, tx.language), **made)


def _described(tx: Tx, measure: Measure) -> MeasureOut:
    values = [_value(tx, value) for value in measure.values]
    dimensions = [
        MeasureDimension.model_construct(
            code=dimension.code,
            title=getattr(dimension.title, tx.language),
            parameter=dimension.filter,
            words=list(dimension.words),
            word_titles={
                word: getattr(title, tx.language) for word, title in titles_of(dimension.code, dimension.words).items()
            },
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


def fenced_shape(tx: Tx, ground: AnyRow, shape: Shape) -> Shape:
    """``shape`` without what the statement need not ask on this ground.

    That is the condition which the fence repeats on every row anyway, and past places where no unit has any. (Units
    above the one asked about may have some.)
    """
    held = [grant.unit.path for grant in tx.actor.grants if grant.reach(Permission.STATISTICS_READ)]
    whole = bool(held) and all(path.startswith(ground.within) for path in held)
    shape = replace(shape, under=ground.under)
    if shape.structure == "on_date" or shape.levels() or not ground.settled:
        return replace(shape, whole=whole)
    return replace(shape, whole=whole, settled=True, structure="current")


async def ground_row(tx: Tx, place: Place) -> AnyRow:
    """The unit asked about and the campaign that applies.

    Raises 404 for a unit outside, 422 for a false campaign and for a day of which no tree is known.
    """
    ground = await queries.ground(tx.session, place)
    tx.actor.require(Permission.STATISTICS_READ, UnitRef(ground.id, ground.path, ground.level))
    check_day(place.day, ground.first_day, tx.today)
    if place.campaign is not None and ground.campaign_id is None:
        raise Invalid(errors=[FieldError("/campaign", "unknown", _UNKNOWN_CAMPAIGN, "query")])
    return ground


async def _ground(tx: Tx, query: Asked) -> AnyRow:
    return await ground_row(tx, place_of(tx, query.unit, query.structure, campaign=query.campaign, year=query.year))


def place_of(
    tx: Tx, unit: UUID | None, structure: str, *, campaign: UUID | None = None, year: int | None = None
) -> Place:
    """What is asked about; without ``unit`` the topmost unit that the caller may see."""
    unit_id = unit or tx.actor.topmost(Permission.STATISTICS_READ).id
    return Place(unit_id, structure_of(structure), tx.today, campaign, year, day_of(structure))


def bound(tx: Tx, ground: AnyRow, values: Mapping[str, Any], *, campaign: bool, year: int | None) -> dict[str, Any]:
    """Everything a statement binds. What is looked at on one day is so on the campaign's last, the year's, or today."""
    day = ground.window_to if campaign else date(year, 12, 31) if year else tx.today
    return {**queries.bindings(ground, tx.today), "standing_on": min(day, tx.today), **values}


def _values(tx: Tx, question: Question, ground: AnyRow, query: Asked) -> dict[str, Any]:
    return bound(tx, ground, question.values, campaign=query.campaign is not None, year=query.year)


async def statistics(tx: Tx, code: str, query: StatisticsQuery) -> dict[str, Any]:
    """The answer to a question, as ``StatisticsOut`` describes it. Raises 404, 422 (also for too many rows)."""
    measure = measure_of(code)
    question = figures_question(measure, query)
    ground = await _ground(tx, query)
    made = figures(fenced_shape(tx, ground, question.shape))
    values = _values(tx, question, ground, query)
    total, *rows = await queries.rows(tx.session, made, values)
    if len(rows) > MOST_ROWS:
        fault = FieldError("/group_by", "too_many_rows", _TOO_MANY_ROWS.fill(most=MOST_ROWS), "query")
        raise Invalid(errors=[fault])
    read = _reader(tx, question, made, _asked(question, query, ground.id))
    sums = _split(question.shape, made, total)
    found = [read(row) for row in rows]
    # One that gave a part and lives on stands as it did, with another area.
    marked = (ground.divided or not ground.settled) and several_years(question.shape)
    changes = await mark(tx, question.shape, found, values) if marked else []
    return {
        "measure": measure.code,
        "title": getattr(measure.title, tx.language),
        "unit_of_count": getattr(measure.unit_of_count, tx.language),
        "unit": {"id": ground.id, "code": ground.code, "name": ground.name},
        "period": _period(query, ground),
        "structure": query.structure,
        "group_by": question.shape.group_by,
        "rows": found,
        "totals": sums.pop("values"),
        **{f"{kind}_totals": made_of for kind, made_of in sums.items()},
        "coverage": await coverage_of(tx, ground, query.structure),
        "notes": [
            *await gone_notes(tx, ground),
            *plain_notes(tx, ground, question.shape),
            *_remarks(tx, question.shape, found),
            *await map_notes(tx, ground, question.shape, values),
        ],
        **({"changes": changes} if several_years(question.shape) else {}),
        "generated_at": tx.now,
    }


def campaign_brief(ground: AnyRow) -> dict[str, Any]:
    """The campaign that applies, as ``CampaignBrief``."""
    return {name: getattr(ground, f"campaign_{name}") for name in CampaignBrief.model_fields}


def _period(query: StatisticsQuery, ground: AnyRow) -> dict[str, Any]:
    asked = dict(query)
    campaign = campaign_brief(ground) if query.campaign else None
    return {"year": query.year, "campaign": campaign, "from": asked["from"], "to": asked["to"]} | (
        {"compared_with": asked["compare"]} if asked["compare"] else {}
    )


async def coverage_of(tx: Tx, ground: AnyRow, structure: str) -> dict[str, Any]:
    """How many of the expected reports are in, as ``FiguresCoverage``.

    Of a unit that has ended, in a tree that had it, they are counted as the figure of reports counts them there.
    """
    counts = {name: getattr(ground, name) for name in ("expected", "submitted", "accepted")}
    if ground.campaign_id is None:
        return {"campaign": None, **dict.fromkeys(counts)}
    if ground.under is not None:
        shape = Shape("reports", None, structure_of(structure), Filters(frozenset({"campaign"})))
        made = figures(fenced_shape(tx, ground, shape))
        given: dict[str, Any] = {"campaign": ground.campaign_id, "day": day_of(structure)}
        total, *_ = await queries.rows(tx.session, made, bound(tx, ground, given, campaign=True, year=None))
        counts = {name: values_of(made, total)[name] for name in counts}
    return {"campaign": campaign_brief(ground), **counts}


def _remarks(tx: Tx, shape: Shape, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """What is to be known of keys that put several together."""
    for dimension in shape.grouping():
        if dimension.line:
            yield from line_notes(tx.language, (row["keys"][dimension.code] for row in rows))


def _asked(question: Question, query: StatisticsQuery, unit_id: UUID) -> dict[str, Any]:
    """What the records of the whole answer are narrowed by; the keys of a row narrow them further."""
    keys = {dimension.filter for dimension in question.shape.grouping()}
    left_out = {*keys, "group_by", "order", "top", "compare", "format", "unit"}
    asked = {name: value for name, value in dict(query).items() if value is not None and name not in left_out}
    return {**asked, "unit": unit_id, **({"then": query.compare} if question.shape.compared else {})}


def _split(shape: Shape, made: Figures, row: AnyRow) -> dict[str, dict[str, Any]]:
    """The values of a row, apart from those of the year they are compared with."""
    values = values_of(made, row)
    if not shape.compared:
        return {"values": values}
    codes = list(shape.declared.value_of)
    kinds = {kind: {code: values[f"{kind}.{code}"] for code in codes} for kind in ("previous", "difference", "change")}
    return {"values": {code: values[code] for code in codes}, **kinds}


def _reader(tx: Tx, question: Question, made: Figures, asked: Mapping[str, Any]) -> Callable[[Any], dict[str, Any]]:
    """How a row of the statement becomes one of the answer."""
    shape, measure = question.shape, question.shape.measure
    keys_of = key_reader(shape, made, tx.language)
    here = {name: value for name, value in asked.items() if name != "then"}
    address = records_address(measure, here)
    then = records_address(measure, {**here, "year": asked["then"]}) if shape.compared else ""

    def read(row: Any) -> dict[str, Any]:
        keys, parameters = keys_of(row)
        more = query_of(parameters)
        found: dict[str, Any] = {"keys": keys, **_split(shape, made, row), "records": address + more}
        if shape.order != "natural":
            found["rank"] = row[FIRST_KEY - 1]
        if then:
            found["previous_records"] = then + more
        return found

    return read


async def records(tx: Tx, code: str, query: RecordsQuery) -> PageRows:
    """A page of the records behind a cell: as many of them as the cell says. Raises 404, 422."""
    measure = measure_of(code)
    question = records_question(measure, query)
    ground = await _ground(tx, query)
    shape = fenced_shape(tx, ground, question.shape)
    asked = {"unit": ground.id, "structure": query.structure, "cell": shape.cell, "value": query.value}
    given = {**_values(tx, question, ground, query), **asked, **dict.fromkeys(shape.filters.without, ABSENT)}
    found = await listing(shape).page(tx.session, query, sort="unit", given=given)
    owners = ((row.record_unit, local_date(row.at)) for row in found.rows)
    # Of the structure asked, not of the statement's: where they count alike the tree of the day still names otherwise.
    known = await whose(tx.session, owners, given, question.shape.structure)
    return PageRows([_record(measure, row, known) for row in found.rows], found.next_cursor, found.total)


def _record(measure: Measure, row: AnyRow, known: Mapping[Owned, Whose]) -> Any:
    units = known[row.record_unit, local_date(row.at)]
    return CountedRecord.model_construct(
        id=row.record_id,
        resource=f"/api/v1/{measure.record.resource}/{row.record_id}",
        version=row.version,
        unit_then=units.then,
        unit_now=units.now,
        counted_as=units.counted_as,
        unit=UnitBrief.model_construct(id=row.record_unit, code=row.unit_code, name=row.unit_name),
        year=row.year,
        date=local_date(row.at),
        status=row.status,
        part=row.part_code,
        value=row.value,
    )
