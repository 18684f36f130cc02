"""The states of a campaign, and of whether an obligation counts (rules: State machines, Time)."""

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

MANAGE = Permission.CAMPAIGN_MANAGE

CAMPAIGN: Machine = {
    ("draft", "open"): Step("open", MANAGE),
    ("open", "close"): Step("closed", MANAGE),
    ("closed", "reopen"): Step("open", MANAGE, needs_note=True),
}

EXPECTED: Machine = {
    ("expected", "leave"): Step("left", Permission.OBLIGATION_MANAGE, needs_note=True),
    ("left", "rejoin"): Step("expected", Permission.OBLIGATION_MANAGE, needs_note=True),
}
"""A unit leaves the frozen list, or comes back to it, only by an act with a reason."""
