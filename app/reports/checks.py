"""Cross-checks of a report before it is submitted (rules: Forms and outline). Pure: facts in, findings out.

An *error* breaks the law of arithmetic and refuses the submission; a *warning* is odd but may be right, and must be
taken note of. The rules are the two tables at the end; what is resolved no longer appears.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from app.forms.answers import AnswerTable, FormAnswer
from app.kernel.errors import Text

MOST_LINKS: Final = 20
FAR: Final = 3
"""A figure this many times the one it is compared with, or less than its part, is far from it."""

SMALL: Final = 10
"""Differences below this say nothing."""


@dataclass(frozen=True, slots=True)
class Link:
    """A record, or a list of records, to look at."""

    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Check:
    """What a rule found. ``figures`` are the numbers it looked at."""

    code: str
    severity: Literal["error", "warning"]
    message: Text
    pointer: str = ""
    figures: Mapping[str, int | float] = field(default_factory=dict)
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Odd:
    """Records that a query found odd: the first of them, and how many there are."""

    links: Sequence[Link] = ()
    total: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two counts of which the first is contained in the second."""

    part_title: str
    whole_title: str
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class YearFigures:
    """Registrations and evaluations of one year, and where the records of each stand."""

    year: int
    values: Mapping[str, int]
    records: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    empty_sections: Sequence[tuple[str, str]]
    """Headings (code, title) under which neither text nor a finding stands."""
    below: Mapping[str, int]
    """``expected``, ``submitted``, ``accepted`` of the units below."""
    below_href: str
    forms: Sequence[FormAnswer] = ()
    years: Sequence[YearFigures] = ()
    pairs: Sequence[Pair] = ()
    unevaluated: Odd = Odd()
    straddling: Odd = Odd()
    counted_twice: Odd = Odd()
    situation_figures: int = 0
    before_after: Sequence[tuple[str, int, int]] = ()
    """Indicators: title, before, after."""


# --- errors ----------------------------------------------------------------------------------------------------------


def _decided(facts: Facts) -> Iterator[Check]:
    for found in facts.years:
        got = found.values
        decided = got["recognised"] + got["not_recognised"]
        if decided > got["evaluated"]:
            text = Text(
                "Năm {year}: được công nhận + không được công nhận ({decided}) nhiều hơn số đã đánh giá ({evaluated})",
                "{year}: recognised + not recognised ({decided}) exceed those evaluated ({evaluated})",
            )
            yield _year_error("decided_exceed_evaluated", text, found, decided=decided, evaluated=got["evaluated"])


def _kept(facts: Facts) -> Iterator[Check]:
    for found in facts.years:
        kept, recognised = found.values["kept"], found.values["recognised"]
        if kept > recognised:
            text = Text(
                "Năm {year}: số duy trì ({kept}) nhiều hơn số được công nhận ({recognised})",
                "{year}: more are kept ({kept}) than were recognised ({recognised})",
            )
            yield _year_error("kept_exceed_recognised", text, found, kept=kept, recognised=recognised)


def _year_error(code: str, text: Text, found: YearFigures, **figures: int) -> Check:
    links = [Link(name, found.records[name]) for name in figures if name in found.records]
    return Check(code, "error", text.fill(year=found.year, **figures), f"/figures/{found.year}", figures, links)


def _contained(facts: Facts) -> Iterator[Check]:
    for pair in facts.pairs:
        if pair.part > pair.whole:
            text = Text(
                "“{part_title}” ({part}) nhiều hơn “{whole_title}” ({whole})",
                "“{part_title}” ({part}) exceeds “{whole_title}” ({whole})",
            )
            figures = {"part": pair.part, "whole": pair.whole}
            message = text.fill(part_title=pair.part_title, whole_title=pair.whole_title, **figures)
            yield Check("part_exceeds_whole", "error", message, "/forms/7", figures)


FAILING: Final = (
    *(("communes", year, ((1, "communes"),)) for year in (1, 2)),
    *(("bodies", year, ((2, "agencies"), (2, "enterprises"), (2, "schools"))) for year in (1, 2)),
    *(("districts", year, ((2, "districts"),)) for year in (1, 2)),
)
"""Tables of form 8 with the tables of forms 1 and 2 whose "not" columns count the same units, as the shipped set has
them. Where a campaign's own set has other tables, there is nothing to compare."""

_NOT_COLUMNS: Final = {1: "not_recognised_1", 2: "expected_not_met_2"}


def _table(facts: Facts, number: int, code: str) -> AnswerTable | None:
    tables = (table for form in facts.forms if form.number == number for table in form.tables)
    return next((table for table in tables if table.code == code), None)


def _failing_listed(facts: Facts) -> Iterator[Check]:
    if not any(form.number == 8 for form in facts.forms):
        return
    for name, year, places in FAILING:
        counted = [_total(_table(facts, *place), _NOT_COLUMNS[year]) for place in places]
        if all(value is None for value in counted):
            continue
        failing = _table(facts, 8, f"{name}_{year}")
        listed = 0 if failing is None else sum(row.kind == "row" for row in failing.rows)
        expected = sum(value or 0 for value in counted)
        if listed != expected:
            text = Text(
                "Biểu số 8 liệt kê {listed} đơn vị không đạt, các biểu tổng hợp đếm {counted}",
                "Form 8 lists {listed} failing units, the summary forms count {counted}",
            )
            figures = {"listed": listed, "counted": expected}
            yield Check("failing_rows", "error", text.fill(**figures), f"/forms/8/{name}_{year}", figures)


def _total(table: AnswerTable | None, column: str) -> int | None:
    for row in table.rows if table else ():
        cell = row.cells.get(column)
        if row.kind == "total" and cell is not None and isinstance(cell.value, int):
            return cell.value
    return None


def _added_up(facts: Facts) -> Iterator[Check]:
    for form in facts.forms:
        for table in form.tables:
            rows = [row for row in table.rows if row.kind == "row"]
            if not rows or any(row.unit is None for row in rows):
                continue
            for column in (column for column in table.columns if column.kind == "integer"):
                total = _total(table, column.code)
                parts = [row.cells[column.code].value for row in rows if column.code in row.cells]
                added = sum(part for part in parts if isinstance(part, int))
                if total is not None and added != total:
                    text = Text(
                        "Biểu số {form}, cột “{column}”: tổng cộng {total} khác tổng các dòng {added}",
                        "Form {form}, column “{column}”: the total {total} is not the sum of the rows {added}",
                    )
                    figures = {"total": total, "added": added}
                    message = text.fill(form=form.number, column=column.title, **figures)
                    yield Check("total_is_not_the_sum", "error", message, f"/forms/{form.number}/{table.code}", figures)


ERRORS: Final[tuple[Callable[[Facts], Iterator[Check]], ...]] = (
    _decided,
    _kept,
    _contained,
    _failing_listed,
    _added_up,
)
