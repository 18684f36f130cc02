"""Reading a question: what was asked, held against what the measure declares. Pure; each fault names its parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Literal

from app.kernel.clock import start_of
from app.kernel.errors import FieldError, Invalid, NotFound, Text
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from app.statistics.reading import ABSENT
from app.statistics.schemas import Asked, RecordsQuery, StatisticsQuery
from app.statistics.shapes import NOW, THEN, Filters, Shape

MOST_DIMENSIONS: Final = 4
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
_ON_ONE_DAY = Text("Chỉ tiêu này tính tại một ngày", "This measure looks at one day")
_NO_YEAR = Text("Cần nêu `year` khác năm so sánh", "`year` is needed, and another one than this")
_BY_YEAR = Text("Đã nhóm theo năm thì không so sánh", "Not together with grouping by year")
_NO_ORDER = Text("Cần nêu `group_by` và `order` theo một giá trị", "Needs `group_by`, and `order` by a value")


def _filter_faults(measure: Measure, given: Mapping[str, Any]) -> list[FieldError]:
    """Parameters that the measure does not take, and words that its dimensions do not know."""
    dimensions = {dimension.filter: dimension for dimension in measure.dimensions}
    faults = []
    for name, value in given.items():
        dimension = dimensions.get(name)
        if dimension is None:
            if name not in measure.period:
                faults.append(_fault(name, "not_of_measure", _NOT_TAKEN, known=", ".join(dimensions)))
        elif dimension.words and value != ABSENT:
            words = value if isinstance(value, tuple) else (value,)
            if not set(words) <= set(dimension.words):
                faults.append(_fault(name, "enum", _NO_WORD, known=", ".join(dimension.words)))
    return faults


def filters_of(given: Mapping[str, Any], prefix: str = "") -> tuple[Filters, dict[str, Any]]:
    """Which parameters narrow, and what is bound for them: one key, several words, or "none" for no key at all."""
    without = frozenset(name for name, value in given.items() if value is None or value == ABSENT)
    several = frozenset(name for name, value in given.items() if isinstance(value, tuple))
    one = frozenset(given) - without - several
    bound = {f"{prefix}{name}": value for name, value in given.items() if name not in without}
    return Filters(one, several, without, prefix), bound


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


def structure_of(asked: str) -> Literal["as_recorded", "current", "on_date"]:
    """Which tree is asked for."""
    if asked == "current":
        return "current"
    return "as_recorded" if asked == "as_recorded" else "on_date"


def day_of(asked: str) -> date | None:
    """The day whose tree is asked for, if that of a date is."""
    return date.fromisoformat(asked) if structure_of(asked) == "on_date" else None


def _words(value: Any) -> Any:
    """Several words stand in one parameter, with commas between them."""
    return tuple(value.split(",")) if isinstance(value, str) and "," in value else value


def _days(measure: Measure, asked: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    """The instants that ``from`` and ``to`` mean."""
    found, faults = {}, []
    first, last = asked["from"], asked["to"]
    if first is not None:
        found["from"] = start_of(first)
    if last is not None:
        found["to"] = start_of(last + timedelta(days=1))
        if first is not None and last < first:
            faults.append(_fault("to", "before_from", _UPSIDE_DOWN))
    if not measure.spans:
        faults += [_fault(name, "not_of_measure", _ON_ONE_DAY) for name in found]
    return found, faults


def _read(measure: Measure, query: Asked) -> tuple[Shape, dict[str, Any], list[FieldError]]:
    """What both kinds of question share."""
    asked = dict(query)
    given = {name: _words(asked[name]) for name in _FILTERS if asked[name] is not None}
    faults = _filter_faults(measure, given)
    variant = query.value if query.value in measure.variants else None
    if query.value != variant:
        faults.append(_fault("value", "not_of_measure", _NOT_TAKEN, known=", ".join(_FILTERS)))
    if query.campaign is not None:
        given["campaign"] = query.campaign
    days, wrong = _days(measure, asked)
    filters, values = filters_of({**given, **days})
    shape = Shape(measure.code, variant, structure_of(query.structure), filters)
    if shape.structure == "on_date":
        values["day"] = date.fromisoformat(query.structure)
    return shape, values, faults + wrong


def _compared(
    shape: Shape, query: StatisticsQuery, values: dict[str, Any]
) -> tuple[Shape, dict[str, Any], list[FieldError]]:
    """The question with another year beside the one asked about."""
    if query.compare is None:
        return shape, values, []
    measure = shape.declared
    if "year" not in measure.period or not measure.spans:
        return shape, values, [_fault("compare", "not_of_measure", _ON_ONE_DAY)]
    if query.year is None or query.year == query.compare:
        return shape, values, [_fault("compare", "no_year", _NO_YEAR)]
    if "year" in query.group_by.split(","):
        return shape, values, [_fault("compare", "by_year", _BY_YEAR)]
    years = {f"{NOW}year": values.pop("year"), f"{THEN}year": query.compare}
    filters = replace(shape.filters, one=shape.filters.one - {"year"})
    return replace(shape, filters=filters, compared=True), {**values, **years}, []


def _orders(shape: Shape) -> list[str]:
    codes = list(shape.declared.value_of)
    if shape.compared:
        codes += [f"{kind}.{code}" for code in codes for kind in ("previous", "difference", "change")]
    return ["natural", *(f"{sign}{code}" for code in codes for sign in ("", "-"))]


def figures_question(measure: Measure, query: StatisticsQuery) -> Question:
    """The question for grouped figures. Raises 422 naming every parameter that is wrong, and what it could be."""
    shape, values, faults = _read(measure, query)
    group_by, wrong = _group_by(measure, query.group_by)
    shape, values, odd = _compared(shape, query, values)
    if query.order not in (orders := _orders(shape)):
        wrong.append(_fault("order", "enum", _NO_WORD, known=", ".join(orders)))
    if query.top is not None:
        values["top"] = query.top
        if query.order == "natural" or not group_by:
            wrong.append(_fault("top", "no_order", _NO_ORDER))
    if faults or wrong or odd:
        raise Invalid(errors=[*faults, *wrong, *odd])
    return Question(replace(shape, group_by=group_by, order=query.order, top=query.top is not None), values)


def records_question(measure: Measure, query: RecordsQuery) -> Question:
    """The question for the records behind a cell. Raises 422 as above."""
    shape, values, faults = _read(measure, query)
    cell = query.cell or next(iter(measure.additive_of))
    if cell not in measure.listed_of:
        faults.append(_fault("cell", "enum", _NO_WORD, known=", ".join(measure.listed_of)))
    if faults:
        raise Invalid(errors=faults)
    return Question(replace(shape, cell=cell), values)
