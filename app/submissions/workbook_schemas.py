"""What became of a workbook, as it travels."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.schemas import CampaignBrief
from app.kernel.schema import Out
from app.submissions.schemas import Summary
from app.units.schemas import UnitBrief


class WorkbookSummary(Summary):
    """How many lines came to what."""

    deleted: int = 0


class LineResult(Out):
    """What became of one line of the workbook."""

    cell: Annotated[str, Field(description="Sheet and first cell of the line", examples=["Tuyên truyền!B7"])]
    kind: Annotated[str, Field(description="The kind of the record", examples=["activity"])]
    outcome: Literal["created", "updated", "unchanged", "skipped", "deleted"]
    id: Annotated[UUID | None, Field(description="The record; null for one that was deleted")]


class WorkbookTakenOut(Out):
    """What became of a workbook. Lines in which nothing was changed are not listed."""

    dry_run: bool
    stored: Annotated[bool, Field(description="Whether it is kept now; false for a dry run")]
    unit: UnitBrief
    campaign: CampaignBrief
    summary: WorkbookSummary
    lines: list[LineResult]
