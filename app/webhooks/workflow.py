"""The states of a subscription."""

from typing import Final

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

_MANAGE = Permission.WEBHOOK_MANAGE

MACHINE: Final[Machine] = {
    ("active", "disable"): Step("disabled", _MANAGE),
    ("disabled", "enable"): Step("active", _MANAGE),
}
