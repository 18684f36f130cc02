"""Forms filled with figures, as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from app.campaigns.schemas import CampaignBrief
from app.forms.schemas import FormSetBrief
from app.kernel.schema import Out
from app.statistics.schemas import FiguresCoverage
from app.statistics.schemas_notes import FiguresNote
from app.statistics.structure import Structure
from app.units.schemas import UnitBrief

Format = Literal["json", "csv", "xlsx", "docx"]


class FormsQuery(BaseModel):
    """Of what the forms are asked."""

    model_config = ConfigDict(extra="forbid")

    campaign: Annotated[
        UUID | None, Field(description="Default: the campaign under way that the unit takes part in")
    ] = None
    unit: Annotated[
        UUID | None, Field(description="Its figures and those of all units below it; default: the topmost of one's own")
    ] = None
    structure: Structure = "as_recorded"
    format: Annotated[
        Literal["json", "xlsx", "docx"],
        Field(description="`json` = the catalogue; `xlsx`, `docx` = all forms with their figures in one file"),
    ] = "json"


class FormQuery(FormsQuery):
    """Of what a form is asked."""

    format: Annotated[Format, Field(description="`json`, or a file: `csv`, `xlsx`, `docx`")] = "json"  # type: ignore[assignment]


class FormLink(Out):
    """A form of the campaign's set."""

    number: int
    code: str
    title: str
    proposal: Annotated[bool, Field(description="Whether its content is a proposal that no official text prints")]
    source: Annotated[str, Field(description="Where title and content come from")]
    href: Annotated[str, Field(description="Where its figures are; also with `format=csv|xlsx|docx`")]


class FormsOut(Out):
    """The forms of a campaign, on one page."""

    form_set: FormSetBrief
    campaign: CampaignBrief
    unit: UnitBrief
    structure: str
    items: list[FormLink]
    next_cursor: None = None


class FormColumn(Out):
    """A column."""

    code: str
    title: str
    groups: Annotated[list[str], Field(description="Headings above it, outermost first")]
    kind: Annotated[
        Literal["index", "text", "integer", "number", "percent"],
        Field(description="`percent` comes as a fraction: 0.875"),
    ]
    unit_of_count: str | None


class FormCell(Out):
    """A cell."""

    value: Annotated[int | float | str | None, Field(description="null = not defined, e.g. a share of nothing")]
    records: Annotated[str | None, Field(description="Exactly the records behind it; null where it counts none itself")]


class FormRow(Out):
    """A row."""

    kind: Literal["group", "row", "total"]
    key: Annotated[str, Field(description="Tells the row among those of its table, in every later answer too")]
    title: str
    share: Annotated[
        bool,
        Field(description="Its figures are fractions (0.875), whatever the kind of the column: a rate among counts"),
    ]
    unit: Annotated[UnitBrief | None, Field(description="The unit the row is about")]
    cells: Annotated[dict[str, FormCell], Field(description="By the code of the column; none in a group")]


class FormTable(Out):
    """A table of a form."""

    code: str
    title: str | None
    columns: list[FormColumn]
    rows: list[FormRow]


class FormOut(Out):
    """A form with its figures."""

    number: int
    code: str
    title: str
    proposal: bool
    source: str
    form_set: FormSetBrief
    campaign: CampaignBrief
    unit: UnitBrief
    structure: str
    tables: list[FormTable]
    coverage: FiguresCoverage
    notes: list[FiguresNote]
    generated_at: datetime
