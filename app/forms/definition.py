"""The content of a set of forms: tables declared over measures. Values only; ``soundness.py`` checks what they name."""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from app.kernel.schema import Code, Flag, In, Whole

Words = Annotated[
    str, StringConstraints(min_length=1, max_length=1_000, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Word = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z_.\-]+$")]
Filters = Annotated[
    dict[Word, Word | Annotated[list[Word], Field(min_length=1, max_length=20)]],
    Field(
        max_length=10,
        description="Narrowed by these dimensions of the measure, named by their query parameter: to one word, or to"
        " any of several",
        examples=[{"unit_kind": ["commune", "ward", "township"]}],
    ),
]
Period = Literal["first_year", "second_year", "campaign"]
PERIOD = Field(
    description="`first_year` and `second_year` of the campaign's years, or `campaign` = all it looks at. What belongs"
    " to a year that the campaign does not have is left out"
)
Level = Literal["central", "province", "district", "commune", "base"]
Kind = Literal["index", "text", "integer", "number", "percent"]

PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
PLACEHOLDERS: Final = (
    *("first_year", "second_year", "window_from", "window_to", "before_from", "before_to"),
    *("window_year", "unit", "number"),
)
"""What titles may hold in braces; filled from the campaign and the unit asked about."""


class CellDef(In):
    """A figure: one value of a measure."""

    measure: Annotated[Word, Field(description="See GET /api/v1/statistics", examples=["registrations"])]
    value: Annotated[Word, Field(description="An additive value of the measure", examples=["registered"])]
    period: Annotated[Period, PERIOD] = "campaign"
    filters: Annotated[Filters, Field(default_factory=dict)]


class ComputedDef(In):
    """A figure made of other columns of the same row, and in totals of their sums."""

    operation: Annotated[
        Literal["ratio", "difference", "change", "sum"],
        Field(
            description="`ratio` = first : second; `difference` = first - all others; `change` = (first - second) :"
            " second; `sum`. Undefined (null) where it would divide by 0 or a part is unknown"
        ),
    ]
    of: Annotated[list[Code], Field(min_length=2, max_length=20, description="Codes of columns standing before it")]


class ColumnDef(In):
    """A column: it shows something about its row, a figure, or a figure computed of others."""

    code: Annotated[Code, Field(description="Unique in the table")]
    title: Words
    groups: Annotated[
        list[Words], Field(max_length=3, default_factory=list, description="Headings above it, outermost first")
    ]
    kind: Kind
    unit_of_count: Annotated[Words | None, Field(description="What its figures count, as is shown beside it")] = None
    shows: Annotated[
        Literal["index", "title", "code", "unit_of_count", "failed", "reasons"] | None,
        Field(
            description="`index` = counted up; `title` and `code` of what the row is about; `unit_of_count` of an"
            " indicator; `failed` criteria and the `reasons` of an evaluation"
        ),
    ] = None
    cell: CellDef | None = None
    computed: ComputedDef | None = None


class ChildRows(In):
    """A row for each unit directly below, and one for what is the unit's own."""

    by: Literal["child"]
    levels: Annotated[
        list[Level],
        Field(
            max_length=5, description="Units of these levels stand there even with nothing; others only with figures"
        ),
    ]


class CriterionRows(In):
    """A row for each criterion, under its groups, of the sets by which the counted evaluations were filled in."""

    by: Literal["criterion"]
    kinds: Annotated[
        list[Word],
        Field(min_length=1, max_length=20, description="Kinds of unit whose set is shown while nobody has evaluated"),
    ]


class IndicatorRows(In):
    """A row for each indicator of security and order. They have no total: unlike things are not added."""

    by: Literal["indicator"]


class EvaluationRows(In):
    """A row for each evaluation that a cell of the measure ``recognitions`` counts, in the order of the tree."""

    by: Literal["evaluation"]
    value: Annotated[Word, Field(description="Which value of the measure `recognitions`", examples=["not_recognised"])]
    period: Annotated[Period, PERIOD]
    filters: Annotated[Filters, Field(default_factory=dict)]


Rows = Annotated[ChildRows | CriterionRows | IndicatorRows | EvaluationRows, Field(discriminator="by")]


class TableDef(In):
    """A table of a form."""

    code: Annotated[Code, Field(description="Unique in the form")]
    title: Annotated[Words | None, Field(description="Printed above it; may hold {first_year} and the like")] = None
    optional: Annotated[Flag, Field(description="Left out where it has nothing to show")] = False
    filters: Annotated[Filters, Field(default_factory=dict, description="Of every cell of the table")]
    rows: Rows
    columns: Annotated[list[ColumnDef], Field(min_length=1, max_length=60)]


class FormDef(In):
    """A form (biểu mẫu)."""

    number: Annotated[Whole, Field(ge=1, le=99)]
    code: Code
    title: Words
    heading: Annotated[Words | None, Field(description="Printed above the title")] = None
    attached: Annotated[Words | None, Field(description="Printed below it: to which report the form belongs")] = None
    proposal: Annotated[Flag, Field(description="Whether its content is a proposal that no official text prints")]
    source: Annotated[Words, Field(description="Where title and content come from")]
    tables: Annotated[list[TableDef], Field(min_length=1, max_length=20)]


class Definition(In):
    """All forms of a set."""

    forms: Annotated[list[FormDef], Field(min_length=1, max_length=30)]


def tables_of(definition: Definition) -> Iterator[tuple[FormDef, TableDef, str]]:
    """Every table with its form and the pointer to it inside the definition."""
    for i, form in enumerate(definition.forms):
        for j, table in enumerate(form.tables):
            yield form, table, f"/forms/{i}/tables/{j}"


def filters_of(table: TableDef, counted: CellDef | EvaluationRows) -> dict[str, str | list[str]]:
    """What narrows a cell, or the list of a cell's records: the table's filters, then its own."""
    return {**table.filters, **counted.filters}
