"""The states of a registration (rules: State machines)."""

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

SUBMIT = Permission.REGISTRATION_SUBMIT
REVIEW = Permission.REGISTRATION_REVIEW

MACHINE: Machine = {
    ("draft", "submit"): Step("submitted", SUBMIT),
    ("draft", "withdraw"): Step("withdrawn", SUBMIT),
    ("submitted", "accept"): Step("accepted", REVIEW),
    ("submitted", "return"): Step("returned", REVIEW, needs_note=True),
    ("returned", "submit"): Step("submitted", SUBMIT),
    ("returned", "withdraw"): Step("withdrawn", SUBMIT),
}

APPROVALS = frozenset({"accept", "return"})
"""Nobody does these to what he or she submitted."""

OWN_ACTIONS = frozenset({"submit", "withdraw"})
"""What the unit itself does: not in a locked period, while its superior's acts stay possible."""

EDITABLE = frozenset({"draft", "returned"})
"""In these states the unit's editors may still change it."""
