"""Findings as a report shows them."""

from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx
from app.kernel.db import AnyRow
from app.reports import queries_findings as found
from app.reports.schemas_findings import FindingBrief, Origin
from app.units.schemas import UnitBrief

SECTIONS: Final = {"strength": "IV.1", "limit": "IV.2", "lesson": "IV.3", "proposal": "IV.4", "direction": "V"}
"""Under which heading of the plan's outline the findings of a kind stand."""


def origin_of(row: AnyRow) -> Origin | None:
    """Where a picked finding comes from."""
    if row.origin_finding_id is None:
        return None
    unit = UnitBrief.of({"id": row.origin_unit_id, "code": row.origin_unit_code, "name": row.origin_unit_name})
    written = None if row.origin_text is None else (row.origin_kind, row.origin_text)
    edited = None if written is None else written != (row.kind, row.text)
    return Origin.of({"id": row.origin_finding_id, "unit": unit, "text": row.origin_text, "edited": edited})


def brief(row: AnyRow) -> dict[str, Any]:
    """The members of ``FindingBrief``."""
    shown = {name: getattr(row, name) for name in ("id", "kind", "text", "position")}
    return {**shown, "section": SECTIONS[row.kind], "origin": origin_of(row)}


async def of_report(tx: Tx, report_id: UUID) -> list[FindingBrief]:
    """The findings that a report shows, by kind and position."""
    return [FindingBrief.of(brief(row)) for row in await found.of_report(tx.session, report_id)]
