"""Draft texts and the templates they are made of, as they travel."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kernel.schema import Code, Flag, In, Out, Prose

_SYNTAX = (
    "Figures stand as `{{measure.value year=first_year unit_kind=agency}}` (see `GET /statistics`; `year` also takes"
    " `first_year` and `second_year`, `own_unit=self` leaves out units below), `{{form3.total.sessions}}` (a cell of a"
    " form by its address) or `{{campaign.window_to}}`; `[[with {{a.b}}|without]]` says the second where the"
    " figure is nothing, and `as=words` writes a difference as `tăng 12`"
)
Source = Literal["plan", "proposal"]


class TemplateIn(In):
    """A draft text for a heading."""

    text: Annotated[Prose, Field(description=_SYNTAX)]


class TemplateOut(Out):
    """The draft text that a campaign proposes under a heading."""

    campaign_id: UUID
    code: Annotated[str, Field(description="Code of the heading")]
    title: Annotated[str, Field(description="The heading")]
    text: Annotated[str | None, Field(description="null where none ships and none was written. " + _SYNTAX)]
    source: Annotated[Source, Field(description="`proposal` = our wording, not an official text")]
    shipped: Annotated[bool, Field(description="Whether it is the text that ships, not one of the campaign's own")]
    editable: Annotated[bool, Field(description="Whether the caller may change it")]
    version: Annotated[int, Field(description="0 while the campaign has no text of its own")]


class TemplatesOut(Out):
    """The draft texts of a campaign, in the order of its outline, on one page."""

    items: list[TemplateOut]
    next_cursor: None = None


class DraftFigure(Out):
    """A figure in a draft."""

    placeholder: Annotated[str, Field(examples=["directives.advised"])]
    value: int | float | date | str | None
    written: Annotated[str, Field(description="As it stands in the text", examples=["1.234"])]
    records: Annotated[str | None, Field(description="The records behind it")]


class DraftSection(Out):
    """A proposed text."""

    code: Annotated[str, Field(description="Code of the heading")]
    number: str
    title: str
    text: Annotated[str, Field(description="With `{{...}}`: what is taken into the report. Empty = nothing to say")]
    rendered: Annotated[str, Field(description="With the figures of now")]
    source: Source
    figures: list[DraftFigure]
    left_out: Annotated[list[str], Field(description="Why lines of the template were left out")]
    current: Annotated[str | None, Field(description="What stands in the report under this heading")]


class DraftOut(Out):
    """The outline written out with the figures of now."""

    report_id: UUID
    items: list[DraftSection]
    version: Annotated[int, Field(description="The report's version")]


class DraftIn(In):
    """What of the draft is taken into the report."""

    sections: Annotated[
        list[Code] | None,
        Field(max_length=200, description="Codes of headings; default: all under which nothing is written"),
    ] = None
    replace: Annotated[Flag, Field(description="Also put it in the place of what is written already")] = False
