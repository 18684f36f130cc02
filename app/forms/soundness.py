"""What is wrong with a definition: what it names must exist. Pure; each fault by its pointer into the definition."""

from collections.abc import Collection, Iterator, Sequence

from app.forms.definition import (
    PLACEHOLDER,
    PLACEHOLDERS,
    CellDef,
    ColumnDef,
    CriterionRows,
    Definition,
    EvaluationRows,
    FormDef,
    Rows,
    TableDef,
    filters_of,
    tables_of,
)
from app.kernel.errors import FieldError, Text
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from app.units.kinds import KINDS

_MEASURE = Text("Không có chỉ tiêu “{name}”; các chỉ tiêu: {known}", "There is no measure “{name}”; there are: {known}")
_VALUE = Text("Chỉ tiêu không có giá trị “{name}”; có: {known}", "The measure has no value “{name}”; it has: {known}")
_FILTER = Text("Chỉ tiêu không lọc được theo “{name}”; có: {known}", "Not taken by the measure, which takes: {known}")
_WORD = Text("Chỉ nhận: {known}", "One of {known} is expected")
_COLUMN = Text(
    "Không có cột “{name}” đứng trước và mang số liệu", "No column “{name}” that holds a figure stands before it"
)
_ONE = Text("Mỗi cột nêu đúng một trong: shows, cell, computed", "A column has exactly one of: shows, cell, computed")
_TWICE = Text("Mã “{name}” đã dùng ở trên", "The code “{name}” stands above already")
_NUMBER = Text("Số biểu {name} đã dùng ở trên", "The number {name} stands above already")
_TWO = Text("Phép tính này cần đúng hai cột", "This operation takes exactly two columns")
_PLACE = Text("Không có chỗ điền “{name}”; có: {known}", "There is no placeholder “{name}”; there are: {known}")
_ROWS = Text("Chỉ tiêu “{name}” không nhóm được theo {by}", "The measure “{name}” cannot be grouped by {by}")
_SHOWN = Text("Bảng này không có gì để điền vào cột đó", "Rows of this kind have nothing to show there")
_KIND = Text("Cột này phải có kiểu: {known}", "This column is of the kind: {known}")

DIMENSION = {"child": "child", "criterion": "criterion", "indicator": "indicator"}
"""By what the rows of a table group a measure, as far as the measure must say so itself."""

_SHOWS: dict[str, tuple[str, ...]] = {
    "child": ("index", "title", "code"),
    "criterion": ("index", "title", "code"),
    "indicator": ("index", "title", "code", "unit_of_count"),
    "evaluation": ("index", "title", "code", "failed", "reasons"),
}


def faults(definition: Definition, base: str = "/definition") -> list[FieldError]:
    """Everything in ``definition`` that could not be answered; at most a hundred."""
    found = [*_codes([str(form.number) for form in definition.forms], f"{base}/forms", "number")]
    found += _codes([form.code for form in definition.forms], f"{base}/forms", "code")
    for i, form in enumerate(definition.forms):
        found += _of_form(form, f"{base}/forms/{i}")
    for _, table, place in tables_of(definition):
        found += _of_table(table, base + place)
    return found[:100]


def _fault(pointer: str, code: str, text: Text, **values: object) -> FieldError:
    return FieldError(pointer, code, text.fill(**values))


def _codes(codes: Sequence[str], base: str, member: str) -> Iterator[FieldError]:
    text = _NUMBER if member == "number" else _TWICE
    for i, code in enumerate(codes):
        if code in codes[:i]:
            yield _fault(f"{base}/{i}/{member}", "duplicate", text, name=code)


def _words(text: str | None, pointer: str) -> Iterator[FieldError]:
    for name in PLACEHOLDER.findall(text or ""):
        if name not in PLACEHOLDERS:
            yield _fault(pointer, "unknown_placeholder", _PLACE, name=name, known=", ".join(PLACEHOLDERS))


def _of_form(form: FormDef, base: str) -> Iterator[FieldError]:
    for member in ("title", "heading", "attached"):
        yield from _words(getattr(form, member), f"{base}/{member}")
    yield from _codes([table.code for table in form.tables], f"{base}/tables", "code")


def _of_table(table: TableDef, base: str) -> Iterator[FieldError]:
    yield from _words(table.title, f"{base}/title")
    yield from _codes([column.code for column in table.columns], f"{base}/columns", "code")
    yield from _of_rows(table.rows, f"{base}/rows")
    if isinstance(table.rows, EvaluationRows):
        counted = CellDef(
            measure="recognitions",
            value=table.rows.value,
            period=table.rows.period,
            filters={**table.filters, **table.rows.filters},
        )
        yield from _of_figure(counted, f"{base}/rows", f"{base}/filters", table.filters)
    for i, column in enumerate(table.columns):
        yield from _of_column(table, column, f"{base}/columns/{i}", table.columns[:i])


def _of_rows(rows: Rows, base: str) -> Iterator[FieldError]:
    if isinstance(rows, CriterionRows):
        for i, kind in enumerate(rows.kinds):
            if kind not in KINDS:
                yield _fault(f"{base}/kinds/{i}", "unknown_kind", _WORD, known=", ".join(KINDS))


def _of_column(table: TableDef, column: ColumnDef, base: str, before: Sequence[ColumnDef]) -> Iterator[FieldError]:
    yield from _words(column.title, f"{base}/title")
    for i, group in enumerate(column.groups):
        yield from _words(group, f"{base}/groups/{i}")
    if sum(part is not None for part in (column.shows, column.cell, column.computed)) != 1:
        yield _fault(base, "one_of", _ONE)
        return
    if column.shows is None and column.kind in {"index", "text"}:
        yield _fault(f"{base}/kind", "kind", _KIND, known="integer, number, percent")
    yield from _of_shown(table.rows, column, base)
    yield from _of_cell(table, column.cell, f"{base}/cell")
    yield from _of_computed(column, f"{base}/computed", before)


def _of_shown(rows: Rows, column: ColumnDef, base: str) -> Iterator[FieldError]:
    if column.shows is None:
        return
    if column.shows not in _SHOWS[rows.by]:
        yield _fault(f"{base}/shows", "not_of_rows", _SHOWN)
    kind = "index" if column.shows == "index" else "text"
    if column.kind != kind:
        yield _fault(f"{base}/kind", "kind", _KIND, known=kind)


def _of_cell(table: TableDef, found: CellDef | None, base: str) -> Iterator[FieldError]:
    if found is None:
        return
    if isinstance(table.rows, EvaluationRows):
        yield _fault(base, "not_of_rows", _SHOWN)
        return
    cell = found.model_copy(update={"filters": filters_of(table, found)})
    yield from _of_figure(cell, base, f"{base}/filters", found.filters)
    measure = MEASURES.get(cell.measure)
    wanted = DIMENSION[table.rows.by]
    if measure is not None and wanted not in measure.dimension_of:
        yield _fault(f"{base}/measure", "not_of_rows", _ROWS, name=cell.measure, by=wanted)


def _of_computed(column: ColumnDef, base: str, before: Sequence[ColumnDef]) -> Iterator[FieldError]:
    if column.computed is None:
        return
    figures = {other.code for other in before if other.shows is None}
    for i, code in enumerate(column.computed.of):
        if code not in figures:
            yield _fault(f"{base}/of/{i}", "unknown_column", _COLUMN, name=code)
    if column.computed.operation in {"ratio", "change"} and len(column.computed.of) != 2:
        yield _fault(f"{base}/of", "two_columns", _TWO)


def _of_figure(cell: CellDef, base: str, filters: str, own: Collection[str]) -> Iterator[FieldError]:
    """``filters`` is where the filters in ``own`` stand; the others are the table's and named once there."""
    measure = MEASURES.get(cell.measure)
    if measure is None:
        yield _fault(f"{base}/measure", "unknown_measure", _MEASURE, name=cell.measure, known=", ".join(MEASURES))
        return
    if cell.value not in measure.value_of:
        known = ", ".join(measure.value_of)
        yield _fault(f"{base}/value", "unknown_value", _VALUE, name=cell.value, known=known)
    if cell.period not in _periods(measure):
        yield _fault(f"{base}/period", "not_of_measure", _WORD, known=", ".join(_periods(measure)))
    yield from _filters(measure, cell, filters, own)


def _periods(measure: Measure) -> list[str]:
    years = ["first_year", "second_year"] if "year" in measure.period and measure.spans else []
    return [*years, *(["campaign"] if "campaign" in measure.period else [])]


def _filters(measure: Measure, cell: CellDef, base: str, own: Collection[str]) -> Iterator[FieldError]:
    takes = {dimension.filter: dimension for dimension in measure.dimensions if dimension.words}
    for name, given in cell.filters.items():
        words = {given} if isinstance(given, str) else {*given}
        # What a cell inherits from its table is told at the cell's measure: there the two do not fit.
        pointer = f"{base}/{name}" if name in own else base.rpartition("/")[0] + "/measure"
        if name not in takes:
            yield _fault(pointer, "unknown_filter", _FILTER, name=name, known=", ".join(takes))
        elif not words <= {*takes[name].words}:
            yield _fault(pointer, "unknown_word", _WORD, known=", ".join(takes[name].words))
