"""A proposal as the caller sees it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.awards.queries_quotas import in_force
from app.awards.schemas import AwardItem, AwardOut, EndorsementOut
from app.awards.schemas_quotas import AwardBasis, AwardFormBrief
from app.awards.workflow import APPROVALS, EDITABLE, MACHINE
from app.campaigns.schemas import CampaignBrief
from app.kernel.db import AnyRow
from app.kernel.workflow import RETURNED, ActionOut
from app.units.schemas import UnitBrief

_MADE = frozenset(
    {"unit", "campaign", "form", "recipient_unit", "awaits", "deciding_unit", "editable", "allowed_actions"}
)
_SAME = tuple(name for name in AwardItem.model_fields if name not in _MADE)
_ENDORSED = tuple(name for name in EndorsementOut.model_fields if name not in {"unit", "endorsed_by"})


def unit_of(row: AnyRow) -> UnitRef:
    """The unit that proposes."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended, row.unit_bearing)


def next_unit(row: AnyRow) -> UnitRef | None:
    """The unit whose approver endorses next or returns; None above the root."""
    if row.next_unit_id is None:
        return None
    return UnitRef(row.next_unit_id, row.next_unit_path, row.next_unit_level)


def may(tx: Tx, row: AnyRow, permission: Permission) -> bool:
    """Whether the caller holds ``permission`` where the proposal needs it.

    Endorsing is asked of the unit at which it waits, deciding of the level that keeps the form's quotas.
    """
    if permission is not Permission.AWARD_ENDORSE:
        return tx.actor.can(permission, unit_of(row), at_level=row.deciding_level)
    waits_at = next_unit(row)
    return waits_at is not None and tx.actor.can(permission, waits_at)


def _actions(tx: Tx, row: AnyRow) -> list[ActionOut]:
    own = row.submitted_by is not None and row.submitted_by == tx.actor.id
    barred = APPROVALS if own else frozenset()
    if row.override_note is not None:
        barred |= {"allow_duplicate"}
    return [
        ActionOut.of({"action": action, "needs_note": found.needs_note})
        for (state, action), found in MACHINE.items()
        if state == row.status
        and action not in barred
        and not (row.unit_ended and found.to == RETURNED)
        and may(tx, row, Permission(found.permission))
    ]


def _brief(row: AnyRow, prefix: str) -> UnitBrief:
    return UnitBrief.of({name: getattr(row, f"{prefix}_{name}") for name in ("id", "code", "name")})


def _awaits(row: AnyRow) -> UnitBrief | None:
    if row.status == "endorsed":
        return _brief(row, "deciding_unit")
    return _brief(row, "next_unit") if row.status == "submitted" and row.next_unit_id else None


def campaign_of(row: AnyRow) -> CampaignBrief:
    """The campaign a row names."""
    return CampaignBrief.of({name: getattr(row, f"campaign_{name}") for name in CampaignBrief.model_fields})


def form_of(row: AnyRow) -> AwardFormBrief:
    """The form of award a row names."""
    named = {"code": row.form_code, "title": row.form_title, "authority": row.form_authority}
    return AwardFormBrief.of({"id": row.award_form_id, **named})


def _values(tx: Tx, row: AnyRow) -> dict[str, Any]:
    facts = row._asdict()
    return {
        **{name: facts[name] for name in _SAME},
        "unit": _brief(row, "unit"),
        "campaign": campaign_of(row),
        "form": form_of(row),
        "recipient_unit": _brief(row, "recipient_unit"),
        "awaits": _awaits(row),
        "deciding_unit": _brief(row, "deciding_unit"),
        "editable": row.status in EDITABLE and tx.actor.can(Permission.AWARD_WRITE, unit_of(row)),
        "allowed_actions": _actions(tx, row),
    }


def item(tx: Tx, row: AnyRow) -> AwardItem:
    """A row as it stands in a list."""
    return AwardItem.of(_values(tx, row))


def basis_on(bases: Sequence[dict[str, Any]], day: date) -> list[AwardBasis]:
    """The legal documents in force on ``day``."""
    found = [AwardBasis.model_validate(basis) for basis in bases]
    return [basis for basis in found if in_force(basis.valid_from, basis.valid_to, day)]


def _endorsement(row: AnyRow) -> EndorsementOut:
    values = {name: getattr(row, name) for name in _ENDORSED}
    return EndorsementOut.of({**values, "unit": _brief(row, "endorsing_unit"), "endorsed_by": row.endorsed_by_name})


def full(tx: Tx, row: AnyRow, endorsements: Sequence[AnyRow]) -> AwardOut:
    """A single proposal with its way up."""
    values = _values(tx, row)
    values["endorsements"] = [_endorsement(found) for found in endorsements]
    values["legal_basis"] = basis_on(row.legal_basis, row.decision_date or tx.today)
    return AwardOut.of(values)
