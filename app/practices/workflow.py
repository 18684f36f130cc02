"""The states of a good practice: chosen upward, one unit after the other, and what each step writes down."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.access.permissions import Permission
from app.kernel.workflow import Machine, Step

SUBMIT = Permission.PRACTICE_SUBMIT
REVIEW = Permission.PRACTICE_REVIEW
REPLICATE = Permission.PRACTICE_REPLICATE

MACHINE: Machine = {
    ("draft", "propose"): Step("proposed", SUBMIT),
    ("returned", "propose"): Step("proposed", SUBMIT),
    ("proposed", "select"): Step("selected", REVIEW),
    ("proposed", "return"): Step("returned", REVIEW, needs_note=True),
    ("selected", "return"): Step("returned", REVIEW, needs_note=True),
    ("selected", "replicate"): Step("to_be_replicated", REPLICATE),
}
"""`replicate` is for a unit further above than the one that selected: a province wants to see elsewhere what a district
found good in a commune. Where only the root stands above the unit directly above (communes under a province since
1/7/2025), that unit does both."""

APPROVALS = frozenset({"select", "return", "replicate"})
"""Nobody does these to what he or she proposed."""

EDITABLE = frozenset({"draft", "returned"})
"""In these states the unit's editors may still change it."""

_NOBODY: Final = {"selected_at": None, "selected_by": None, "selected_unit_id": None, "selection_note": None}


def written(action: str, now: datetime, by: UUID | None, unit_id: UUID | None, note: str | None) -> dict[str, Any]:
    """What ``action`` of ``by``, deciding for ``unit_id``, writes down beside the state.

    A practice sent back is selected by nobody any more; who had selected it stays in the audit log.
    """
    if action == "propose":
        return {"proposed_at": now, "proposed_by": by}
    if action == "select":
        return {"selected_at": now, "selected_by": by, "selected_unit_id": unit_id, "selection_note": note}
    if action == "replicate":
        return {"replicated_at": now, "replicated_by": by, "replicated_unit_id": unit_id, "replication_note": note}
    return {**_NOBODY, "return_note": note}
