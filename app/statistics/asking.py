"""Reading a question: what was asked, held against what the measure declares. Pure; each fault names its parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

from app.kernel.clock import start_of
from app.kernel.errors import FieldError, Invalid, NotFound, Text
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from app.statistics.schemas import Asked, RecordsQuery, StatisticsQuery
from app.statistics.statements import Shape

MOST_DIMENSIONS: Final = 4
ABSENT: Final = "none"
_FILTERS: Final = dict.fromkeys(d.filter for measure in MEASURES.values() for d in measure.dimensions)


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: the text of the statement and what is bound to it, without the unit and the campaign."""

    shape: Shape
    values: dict[str, Any]


def measure_of(code: str) -> Measure:
    """The measure called ``code``. Raises 404 when there is none."""
    found = MEASURES.get(code)
    if found is None:
        raise NotFound
    return found


def _fault(parameter: str, code: str, text: Text, **values: object) -> FieldError:
    return FieldError(f"/{parameter}", code, text.fill(**values), "query")


_NOT_TAKEN = Text(
    "Chỉ tiêu này không nhận tham số đó; các tham số: {known}", "Not taken by this measure, which takes: {known}"
)
_NO_WORD = Text("Chỉ nhận: {known}", "One of {known} is expected")
_NO_DIMENSION = Text("Không nhóm được theo '{name}'; các chiều: {known}", "Cannot group by '{name}'; it has: {known}")
_TWICE = Text("Nêu '{name}' hai lần", "'{name}' is given twice")
_TOO_MANY = Text("Tối đa {most} chiều", "At most {most} dimensions")
_UPSIDE_DOWN = Text("Phải từ ngày `from` trở đi", "Must not lie before `from`")


def _filter_faults(measure: Measure, given: Mapping[str, Any]) -> list[FieldError]:
    """Parameters that the measure does not take, and words that its dimensions do not know."""
    dimensions = {dimension.filter: dimension for dimension in measure.dimensions}
    faults = []
    for name, value in given.items():
        dimension = dimensions.get(name)
        if dimension is None:
            if name not in measure.period:
                faults.append(_fault(name, "not_of_measure", _NOT_TAKEN, known=", ".join(dimensions)))
        elif dimension.words and value not in dimension.words:
            faults.append(_fault(name, "enum", _NO_WORD, known=", ".join(dimension.words)))
    return faults


def _group_by(measure: Measure, asked: str) -> tuple[tuple[str, ...], list[FieldError]]:
    codes = tuple(code.strip() for code in asked.split(",")) if asked.strip() else ()
    faults = [
        _fault("group_by", "unknown_dimension", _NO_DIMENSION, name=code, known=", ".join(measure.dimension_of))
        for code in codes
        if code not in measure.dimension_of
    ]
    faults += [_fault("group_by", "duplicate", _TWICE, name=code) for code in {c for c in codes if codes.count(c) > 1}]
    if len(codes) > MOST_DIMENSIONS:
        faults.append(_fault("group_by", "too_long", _TOO_MANY, most=MOST_DIMENSIONS))
    return codes, faults


def _structure(asked: str) -> Literal["as_recorded", "current", "on_date"]:
    if asked == "current":
        return "current"
    return "as_recorded" if asked == "as_recorded" else "on_date"


def _read(measure: Measure, query: Asked) -> tuple[Shape, dict[str, Any], list[FieldError]]:
    """What both kinds of question share."""
    asked = dict(query)
    given = {name: asked[name] for name in _FILTERS if asked[name] is not None}
    faults = _filter_faults(measure, given)
    if query.value and query.value not in measure.variants:
        faults.append(_fault("value", "not_of_measure", _NOT_TAKEN, known=", ".join(_FILTERS)))
    values: dict[str, Any] = {name: value for name, value in given.items() if value != ABSENT}
    if query.campaign is not None:
        values["campaign"] = query.campaign
    first, last = asked["from"], asked["to"]
    if first is not None:
        values["from"] = start_of(first)
    if last is not None:
        values["to"] = start_of(last + timedelta(days=1))
        if first is not None and last < first:
            faults.append(_fault("to", "before_from", _UPSIDE_DOWN))
    shape = Shape(
        *(measure.code, query.value, _structure(query.structure)),
        filters=frozenset(values),
        without=frozenset(name for name, value in given.items() if value == ABSENT),
    )
    if shape.structure == "on_date":
        values["day"] = date.fromisoformat(query.structure)
    return shape, values, faults


def figures_question(measure: Measure, query: StatisticsQuery) -> Question:
    """The question for grouped figures. Raises 422 naming every parameter that is wrong, and what it could be."""
    shape, values, faults = _read(measure, query)
    group_by, wrong = _group_by(measure, query.group_by)
    orders = ["natural", *(f"{sign}{value.code}" for value in measure.values for sign in ("", "-"))]
    if query.order not in orders:
        wrong.append(_fault("order", "enum", _NO_WORD, known=", ".join(orders)))
    if faults or wrong:
        raise Invalid(errors=[*faults, *wrong])
    return Question(replace(shape, group_by=group_by, order=query.order), values)


def records_question(measure: Measure, query: RecordsQuery) -> Question:
    """The question for the records behind a cell. Raises 422 as above."""
    shape, values, faults = _read(measure, query)
    cell = query.cell or next(iter(measure.counts_of))
    if cell not in measure.counts_of:
        faults.append(_fault("cell", "enum", _NO_WORD, known=", ".join(measure.counts_of)))
    if faults:
        raise Invalid(errors=faults)
    return Question(replace(shape, cell=cell), values)
