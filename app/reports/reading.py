"""Reports as the caller sees them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef, allowed
from app.access.permissions import Permission
from app.audit.service import Subject
from app.campaigns import queries as campaigns
from app.campaigns.obligation_queries import coverage_below
from app.campaigns.obligations import standing
from app.campaigns.schemas import CampaignBrief, Coverage, Section
from app.kernel.db import AnyRow
from app.kernel.errors import Text
from app.kernel.workflow import ActionOut
from app.reports import queries
from app.reports import queries_seals as seals
from app.reports.figures import plain, rendered, source_of
from app.reports.schemas import Lock, ReportItem, ReportOut
from app.reports.schemas_seals import SealBrief
from app.reports.shown_findings import of_report
from app.reports.workflow import EDITABLE, MACHINE
from app.units.schemas import UnitBrief

_LOCKS = {
    "submitted": Text("Báo cáo đã gửi, đang chờ cấp trên xem xét", "Submitted: the level above is reviewing it"),
    "accepted": Text("Báo cáo đã được chấp nhận", "The report has been accepted"),
    "campaign_closed": Text("Đợt sơ kết chưa mở hoặc đã đóng", "The campaign is not open"),
}


def unit_of(row: AnyRow) -> UnitRef:
    """The unit of the report in ``row``."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended, row.unit_bearing)


def subject_of(row: AnyRow) -> Subject:
    """The report in ``row`` as the audit log names it."""
    return Subject("report", row.id, unit_of(row))


def _lock_code(row: AnyRow) -> str | None:
    if row.status not in EDITABLE:
        return str(row.status)
    return None if row.campaign_status == "open" else "campaign_closed"


def _allowed(tx: Tx, row: AnyRow) -> list[ActionOut]:
    found = allowed(tx.actor, MACHINE, row.status, unit_of(row))
    own = row.submitted_by is not None and row.submitted_by == tx.actor.id
    refused = {"accept", "return"} if own else set()
    if row.campaign_status != "open":
        refused.add("submit")
    return [action for action in found if action.action not in refused]


def _values(tx: Tx, row: AnyRow) -> dict[str, Any]:
    unit, code = unit_of(row), _lock_code(row)
    owed = {name: getattr(row, f"owed_{name}") for name in queries.OWED}
    reason = _LOCKS[code] if code else None
    return {
        **row._asdict(),
        "unit": UnitBrief.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
        "campaign": CampaignBrief.model_construct(
            id=row.campaign_id,
            code=row.campaign_code,
            number=row.campaign_number,
            title=row.campaign_title,
            status=row.campaign_status,
        ),
        "obligation": standing(tx, owed) if row.owed_id is not None else None,
        "editable": code is None and tx.actor.can(Permission.REPORT_WRITE, unit),
        "allowed_actions": _allowed(tx, row),
        "lock": Lock.model_validate({"code": code, "reason": getattr(reason, tx.language)}) if code else None,
    }


def present_item(tx: Tx, row: AnyRow) -> ReportItem:
    """A row as it stands in a list."""
    values = _values(tx, row)
    return ReportItem.model_construct(**{name: values[name] for name in ReportItem.model_fields})


async def read(tx: Tx, report_id: UUID) -> ReportOut:
    """One report with texts, outline and the state of the units below. Raises 404 outside the fence."""
    row = await queries.get(tx.session, report_id)
    outline = await campaigns.outline(tx.session, row.campaign_id)
    texts = await queries.sections(tx.session, row.id)
    newest = None if row.status in EDITABLE else await seals.latest(tx.session, row.id)
    values = _values(tx, row) | {
        "sections": texts,
        "rendered": await _rendered(tx, row, texts) if newest is None else newest.sections,
        "seal": None if newest is None else _brief(newest),
        "findings": await of_report(tx, row.id),
        "outline": [Section.model_construct(**part._asdict()) for part in outline],
        "units_below": Coverage.model_validate(await coverage_below(tx.session, row.campaign_id, unit_of(row))),
    }
    return ReportOut.model_construct(**{name: values[name] for name in ReportOut.model_fields})


async def _rendered(tx: Tx, row: AnyRow, texts: Mapping[str, str]) -> Mapping[str, str] | None:
    """The texts with the figures of now; None for a caller who may not read statistics."""
    if plain(texts):
        return texts
    if not tx.actor.can(Permission.STATISTICS_READ, unit_of(row)):
        return None
    return (await rendered(tx, await source_of(tx, row.unit_id, row.campaign_id), texts)).texts


def _brief(seal: AnyRow) -> SealBrief:
    return SealBrief.of({name: getattr(seal, name) for name in SealBrief.model_fields})
