"""The life of a legal act in the house."""

from typing import Final, Literal

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

Status = Literal["planned", "applied", "failed", "cancelled", "reversed"]
Action = Literal["apply", "cancel", "reverse"]

_MANAGE: Final = Permission.REORGANISATION_MANAGE

MACHINE: Final[Machine] = {
    ("planned", "cancel"): Step("cancelled", _MANAGE, needs_note=True),
    ("failed", "apply"): Step("applied", _MANAGE),
    ("failed", "cancel"): Step("cancelled", _MANAGE, needs_note=True),
    ("applied", "reverse"): Step("reversed", _MANAGE, needs_note=True),
}
"""What is planned is applied by its day alone; ``failed`` = on its day it did not fit the tree any more."""
