"""The states of a criteria set (rules: State machines)."""

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

MANAGE = Permission.CRITERIA_MANAGE

MACHINE: Machine = {
    ("draft", "publish"): Step("published", MANAGE),
    ("published", "retire"): Step("retired", MANAGE),
}
