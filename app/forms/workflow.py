"""The states of a set of forms: as those of a criteria set."""

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

MANAGE = Permission.FORM_MANAGE

MACHINE: Machine = {
    ("draft", "publish"): Step("published", MANAGE),
    ("published", "retire"): Step("retired", MANAGE),
}
