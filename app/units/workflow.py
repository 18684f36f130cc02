"""The one step in the life of a base unit; an administrative unit ends by a legal act instead."""

from typing import Final, Literal

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

Status = Literal["in_force", "ended"]

MACHINE: Final[Machine] = {("in_force", "end"): Step("ended", Permission.UNIT_MANAGE)}
