"""A small criteria set: one criterion of each kind that rules treat differently."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from app.access.actor import Tx
from app.criteria.models import CriteriaGroup, CriteriaSet, Criterion
from app.kernel.ids import new_id
from tests.builders.units import path, unit_id

# code: (measure, threshold, required, evidence needed)
CRITERIA: dict[str, tuple[str, Decimal | None, bool, bool]] = {
    "TC1": ("yes_no", None, True, False),
    "TC2": ("percentage", Decimal(70), True, True),
    "TC3": ("count", Decimal(2), True, False),
    "TC4": ("yes_no", None, False, False),
}


@dataclass(frozen=True)
class SmallSet:
    """How a small set differs from the usual one: of the ministry, for communes, recognised by the district."""

    code: str = "THU-XA"
    version: int = 1
    owner: str = "ministry"
    kinds: tuple[str, ...] = ("commune", "ward", "township")
    recognised_by: str = "district"
    pass_rule: tuple[str, int | None] = ("all_required", None)
    status: str = "published"


USUAL = SmallSet()


async def criteria_set(tx: Tx, made: SmallSet = USUAL) -> UUID:
    """Insert the set with its four criteria, then bring it to its state; its id."""
    owner = {"unit_id": unit_id(made.owner), "unit_path": path(made.owner)}
    set_id, group_id = new_id(), new_id()
    rule, minimum = made.pass_rule
    head: dict[str, Any] = {
        "id": set_id,
        "code": made.code,
        "set_version": made.version,
        "title": f"Bộ tiêu chí kiểm thử {made.code}",
        "applies_to_kinds": list(made.kinds),
        "recognised_by": made.recognised_by,
        "pass_rule_kind": rule,
        "pass_rule_minimum": minimum,
        **owner,
    }
    group = {"id": group_id, "set_id": set_id, "code": "I", "title": "Nhóm I", "position": 1, **owner}
    await tx.session.execute(insert(CriteriaSet), head)
    await tx.session.execute(insert(CriteriaGroup), group)
    rows = [
        {
            "id": new_id(),
            "set_id": set_id,
            "group_id": group_id,
            "code": code,
            "title": f"Tiêu chí {code}",
            "measure": measure,
            "threshold": threshold,
            "comparison": None if threshold is None else "at_least",
            "required": required,
            "evidence_needed": evidence,
            "text_status": "proposal",
            "position": position,
            **owner,
        }
        for position, (code, (measure, threshold, required, evidence)) in enumerate(CRITERIA.items(), 2)
    ]
    await tx.session.execute(insert(Criterion), rows)
    if made.status != "draft":
        state: dict[str, Any] = {"status": made.status, "published_at": tx.now}
        if made.status == "retired":
            state["retired_at"] = tx.now
        await tx.session.execute(update(CriteriaSet).where(CriteriaSet.id == set_id).values(state))
    return set_id
