"""Seals, signatures and locks of the sample's reports: made by the product's own functions, none of them invented."""

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import bindparam, select

from app.access.actor import Actor, Grant, Tx, UnitRef
from app.access.permissions import Role
from app.campaigns import queries as campaigns
from app.campaigns.periods import lock_period
from app.identity.models import GrantRow, User
from app.kernel.db import AnyRow, Session
from app.reports import queries
from app.reports.figures import rendered
from app.reports.models import Report
from app.reports.sealing import Narrative, seal, sign_accepted, snapshot
from app.reports.workflow import EDITABLE
from app.units.models import Unit

_HANDED_IN = (
    select(Report.id)
    .where(Report.campaign_id == bindparam("campaign_id"), Report.submitted_at.is_not(None))
    .order_by(Report.submitted_at, Report.id)
)
_PEOPLE = (
    select(User.id, User.full_name, GrantRow.role, Unit.id.label("unit_id"), Unit.path, Unit.level)
    .join(GrantRow, GrantRow.user_id == User.id)
    .join(Unit, Unit.id == GrantRow.unit_id)
)


async def seal_reports(tx: Tx, campaign_id: UUID) -> int:
    """Seal, sign and lock what the sample handed in for a campaign; how many. As the system, in the unfenced view.

    The figures are those of the records inserted so far: insert nothing later than the reports before.
    """
    campaign = await campaigns.get(tx.session, campaign_id)
    people = await _people(tx.session)
    found = (await tx.session.scalars(_HANDED_IN, {"campaign_id": campaign_id})).all()
    for report_id in found:
        await _seal(tx, campaign, await queries.get(tx.session, report_id), people)
    return len(found)


async def _people(session: Session) -> Mapping[UUID, Actor]:
    """The sample's accounts as callers; each with one of their grants, which is all that signing asks for."""
    return {
        row.id: Actor(
            "user", row.id, row.full_name, (Grant(Role(row.role), UnitRef(row.unit_id, row.path, row.level)),)
        )
        for row in await session.execute(_PEOPLE)
    }


async def _seal(tx: Tx, campaign: AnyRow, report: AnyRow, people: Mapping[UUID, Actor]) -> None:
    """What submitting does beyond moving the state; then what accepting does.

    The system counts, since the transaction sees everything: figures leave to the fence what a person's own would keep
    out. The people sign.
    """
    submitting = replace(tx, now=report.submitted_at)
    if report.status not in EDITABLE:
        await lock_period(submitting, report, campaign)
    taken = await snapshot(submitting, report)
    filled = await rendered(submitting, taken.source, await queries.sections(tx.session, report.id))
    said = Narrative(filled.texts, (), report.submit_note)
    await seal(replace(submitting, actor=people[report.submitted_by]), report, taken, said)
    if report.status == "accepted":
        await sign_accepted(replace(tx, actor=people[report.accepted_by], now=report.accepted_at), report)
