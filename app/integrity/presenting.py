"""How a look-over is told."""

from collections.abc import Sequence
from typing import Final, Literal

from app.access.actor import Tx
from app.audit.feed import RESOURCES
from app.audit.integrity import TABLES
from app.integrity.schemas import IntegrityCheck, IntegrityOut, IntegritySample
from app.integrity.service import Found
from app.kernel.db import AnyRow
from app.units.schemas import UnitBrief

Language = Literal["vi", "en"]
_READ_AT: Final = {
    **{TABLES[kind]: path for kind, path in RESOURCES.items() if kind in TABLES},
    "award_quotas": "award-quotas",
    "campaigns": "campaigns",
    "criteria_sets": "criteria-sets",
    "report_sections": "reports",
    "report_seals": "reports",
    "reorganisations": "reorganisations",
    "users": "users",
}
"""The collection in which rows of a table are read by their id."""


def _sample(row: AnyRow) -> IntegritySample:
    path = _READ_AT.get(row.kind)
    return IntegritySample(
        unit=UnitBrief(id=row.unit_id, code=row.code, name=row.name) if row.code else None,
        table=row.kind,
        id=row.id,
        href=f"/api/v1/{path}/{row.id}" if path and row.id else None,
        found=row.found,
        expected=row.expected,
    )


def told(found: Found, language: Language) -> IntegrityCheck:
    """One check in the caller's language."""
    check = found.check
    return IntegrityCheck(
        code=check.code,
        title=getattr(check.title, language),
        status=found.status,
        count=found.count,
        samples=[_sample(row) for row in found.samples],
        remedy=getattr(check.remedy, language),
        command=f"dienhinh check --mend {check.code}" if check.mend else None,
        seconds=round(found.seconds, 3),
        reason=getattr(found.reason, language) if found.reason else None,
    )


def answer(tx: Tx, found: Sequence[Found]) -> IntegrityOut:
    """All of them."""
    return IntegrityOut(
        checked_at=tx.now,
        sound=all(one.status != "broken" for one in found),
        complete=all(one.status != "not_run" for one in found),
        checks=[told(one, tx.language) for one in found],
    )
