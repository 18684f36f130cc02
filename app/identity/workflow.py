"""The states of users and service accounts. Who may act is asked with the machine's permission."""

from datetime import datetime
from typing import Literal

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

MANAGE = Permission.USER_MANAGE

USERS: Machine = {
    ("active", "disable"): Step("disabled", MANAGE),
    ("active", "reset_password"): Step("active", MANAGE),
    ("disabled", "enable"): Step("active", MANAGE),
}
SERVICE_ACCOUNTS: Machine = {
    ("active", "disable"): Step("disabled", MANAGE),
    ("disabled", "enable"): Step("active", MANAGE),
}


def status(disabled_at: datetime | None) -> Literal["active", "disabled"]:
    """The state of an account."""
    return "active" if disabled_at is None else "disabled"
