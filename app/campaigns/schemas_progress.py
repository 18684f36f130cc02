"""The progress board as it travels."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.campaigns.deadlines import Timeliness
from app.campaigns.schemas import TASK_MEANS, CampaignBrief, Coverage, Level, ObligationStatus, Standing, Task
from app.kernel.schema import In, Out
from app.units.schemas import UnitBrief


class ProgressQuery(In):
    """Which board."""

    campaign: Annotated[UUID | None, Field(description="Default: the open campaign, where there is just one")] = None
    unit: Annotated[UUID | None, Field(description="The board shows its children; default: the caller's own")] = None
    task: Annotated[Task, Field(description=TASK_MEANS)] = "report"
    sort: Annotated[Literal["name", "code"], Field(description="`name` = Vietnamese order")] = "name"


class Tally(Out):
    """Counts over the obligations of a subtree, the unit's own included."""

    by_status: Annotated[dict[ObligationStatus, int], Field(description="How many are in each state")]
    by_timeliness: Annotated[dict[Timeliness, int], Field(description="How many stand so now")]
    coverage: Coverage


class ProgressChild(Out):
    """One child of the unit."""

    unit: UnitBrief
    level: Level
    own: Annotated[Standing | None, Field(description="Its own obligation; null when it owes nothing itself")]
    subtree: Tally


class ProgressOut(Out):
    """The chasing board (bảng đôn đốc): each child of a unit, and the whole subtree."""

    campaign: CampaignBrief
    task: Task
    unit: UnitBrief
    own: Annotated[Standing | None, Field(description="The unit's own obligation")]
    children: list[ProgressChild]
    total: Annotated[Tally, Field(description="The whole subtree: the unit's own and all children's")]
    generated_at: datetime
