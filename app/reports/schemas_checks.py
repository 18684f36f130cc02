"""Cross-checks as they travel."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.kernel.schema import Out


class LinkOut(Out):
    """A record, or a list of records, to look at."""

    title: str
    href: str


class CheckOut(Out):
    """What a rule found. It is gone once the reason is."""

    code: Annotated[str, Field(description="What `acknowledged` names", examples=["registered_not_evaluated"])]
    severity: Annotated[
        Literal["error", "warning"],
        Field(description="An `error` refuses the submission; a `warning` must be taken note of"),
    ]
    message: Annotated[str, Field(description="In the language of the request")]
    pointer: Annotated[str, Field(description="Where in the report")]
    figures: Annotated[dict[str, int | float], Field(description="The numbers that were compared")]
    links: Annotated[list[LinkOut], Field(description="Where to look; at most 20")]
    note_only: Annotated[bool, Field(description="The submission's `note` takes note of it; no code is needed")]


class ChecklistItem(Out):
    """Something to be filled in."""

    code: Annotated[str, Field(description="A field, or `sections/` and the code of a heading")]
    title: str
    done: bool
    required: Annotated[bool, Field(description="Without it the report cannot be submitted")]


class ChecksOut(Out):
    """What stands against submitting a report now, and what is filled in."""

    report_id: UUID
    errors: list[CheckOut]
    warnings: list[CheckOut]
    checklist: list[ChecklistItem]
    checked_at: datetime
    version: Annotated[int, Field(description="The report's version that was checked")]
