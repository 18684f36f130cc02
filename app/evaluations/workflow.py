"""The states of an evaluation (rules: State machines), one table per stage."""

from typing import Final

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

SUBMIT = Permission.EVALUATION_SUBMIT
VERIFY = Permission.EVALUATION_VERIFY
RECOGNISE = Permission.EVALUATION_RECOGNISE

FORECAST: Final[Machine] = {
    ("draft", "submit"): Step("submitted", SUBMIT),
    ("submitted", "verify"): Step("verified", VERIFY),
    ("submitted", "return"): Step("returned", VERIFY, needs_note=True),
    ("verified", "return"): Step("returned", VERIFY, needs_note=True),
    ("returned", "submit"): Step("submitted", SUBMIT),
}
"""A forecast ends when it is verified: nobody is recognised for what is only expected."""

DECIDED: Final[Machine] = {
    **FORECAST,
    ("verified", "recognise"): Step("recognised", RECOGNISE),
    ("verified", "decline"): Step("not_recognised", RECOGNISE, needs_note=True),
}

MACHINES: Final[dict[str, Machine]] = {"final": DECIDED, "maintenance": DECIDED, "forecast": FORECAST}

EDITABLE = frozenset({"draft", "returned"})
"""In these states the unit's editors may still change the self-assessment."""

_CONCLUSIONS: Final = {
    ("final", "recognised"): "recognised",
    ("final", "not_recognised"): "not_recognised",
    ("maintenance", "recognised"): "kept",
    ("maintenance", "not_recognised"): "not_kept",
}


def conclusion(stage: str, status: str, passed_verified: bool | None) -> str | None:
    """What the evaluation came to in the words of its stage; None while it is under way.

    A forecast concludes by the pass rule on what was verified; the other stages by the decision.
    """
    if stage == "forecast" and status == "verified":
        return "expected_met" if passed_verified else "expected_not_met"
    return _CONCLUSIONS.get((stage, status))


OWN_ACTIONS = frozenset({"submit"})
"""What the unit itself does: not in a locked period, while its superior's acts stay possible."""

APPROVALS = frozenset({"return", "verify", "recognise", "decline"})
"""Nobody does these to what he or she submitted."""
