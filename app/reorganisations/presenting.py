"""Acts as the caller sees them."""

from typing import Any

from app.access.actor import Tx, UnitRef, allowed
from app.kernel.db import AnyRow
from app.reorganisations.balance import shortened
from app.reorganisations.balance_schemas import SHOWN
from app.reorganisations.schemas import FaultOut, ReorganisationItem, ReorganisationOut, UnplacedOut
from app.reorganisations.workflow import MACHINE
from app.units.schemas import UnitBrief


def unit_of(row: AnyRow) -> UnitRef:
    """The unit under which an act happens."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def _brief(row: AnyRow, prefix: str) -> UnitBrief:
    found = row._asdict()
    return UnitBrief(id=found[f"{prefix}_id"], code=found[f"{prefix}_code"], name=found[f"{prefix}_name"])


def item(row: AnyRow) -> ReorganisationItem:
    """A row of the list."""
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in ReorganisationItem.model_fields if name != "unit"}
    return ReorganisationItem.of({**shown, "unit": _brief(row, "unit")})


def full(tx: Tx, row: AnyRow, *, reversible: bool) -> ReorganisationOut:
    """One act; ``reversible``: nothing was recorded in the structure it made."""
    facts = row._asdict()
    made = {"unit", "balance", "faults", "reversible", "allowed_actions"}
    actions = allowed(tx.actor, MACHINE, row.status, unit_of(row))
    return ReorganisationOut.of(
        {
            **{name: facts[name] for name in ReorganisationOut.model_fields if name not in made},
            "unit": _brief(row, "unit"),
            "balance": None if row.balance is None else shortened(row.balance, SHOWN),
            "faults": [FaultOut.model_validate(fault) for fault in row.faults],
            "reversible": reversible,
            "allowed_actions": [found for found in actions if reversible or found.action != "reverse"],
        }
    )


def unplaced(row: AnyRow) -> UnplacedOut:
    """A base unit that waits."""
    unit = UnitBrief(id=row.unit_id, code=row.code, name=row.name)
    return UnplacedOut.of({"unit": unit, "former": _brief(row, "former"), "waiting_under": _brief(row, "above")})
