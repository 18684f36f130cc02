"""The states of a proposal (rules: State machines), and at which unit it waits."""

from app.access.actor import LABEL_WIDTH
from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

SUBMIT = Permission.AWARD_SUBMIT
ENDORSE = Permission.AWARD_ENDORSE
DECIDE = Permission.AWARD_DECIDE

MACHINE: Machine = {
    ("draft", "submit"): Step("submitted", SUBMIT),
    ("returned", "submit"): Step("submitted", SUBMIT),
    # Each unit on the way up in turn; the last of them, at the deciding level, makes it `endorsed`.
    ("submitted", "endorse"): Step("submitted", ENDORSE),
    ("submitted", "return"): Step("returned", ENDORSE, needs_note=True),
    ("endorsed", "return"): Step("returned", DECIDE, needs_note=True),
    ("endorsed", "grant"): Step("granted", DECIDE),
    ("endorsed", "decline"): Step("declined", DECIDE, needs_note=True),
    # Lets it stand beside another for the same achievement; the state stays.
    ("draft", "allow_duplicate"): Step("draft", DECIDE, needs_note=True),
    ("returned", "allow_duplicate"): Step("returned", DECIDE, needs_note=True),
    ("endorsed", "allow_duplicate"): Step("endorsed", DECIDE, needs_note=True),
}

APPROVALS = frozenset({"endorse", "return", "grant", "decline"})
"""Nobody does these to what he or she submitted."""

EDITABLE = frozenset({"draft", "returned"})
"""In these states the unit's editors may still change it."""


def next_path(unit_path: str, endorsed_path: str | None) -> str:
    """The path of the unit directly above the last that stood by it: its approver endorses next, or returns.

    ``endorsed_path`` is where the last endorsing unit hangs today. If that is no longer above the proposer (the tree
    changed meanwhile), the way up begins anew.
    """
    last = endorsed_path if endorsed_path is not None and unit_path.startswith(endorsed_path) else unit_path
    return last[:-LABEL_WIDTH]
