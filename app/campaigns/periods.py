"""Locked periods: while a unit's report stands submitted or accepted, what the unit recorded inside the campaign's
window stays as it was counted (rules: What is frozen when). Reports lock and unlock; whoever writes records asks."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.access.actor import Tx
from app.campaigns import period_queries as queries
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, Text
from app.kernel.schema import Out

_REASON = Text(
    "Số liệu trong kỳ này đã khóa theo báo cáo {name}; muốn sửa thì báo cáo phải được trả lại hoặc mở lại",
    "Locked by the report {name}, which counts it: to change it, have the report returned or reopened",
)


class PeriodLocked(DomainError):
    """A submitted or accepted report has counted the records of these days; ``report`` names it."""

    code = "period_locked"
    title = Text("Kỳ báo cáo đã khóa", "The period is locked")


class PeriodLockOut(Out):
    """Why nobody may change the record now."""

    code: Literal["period_locked"]
    reason: Annotated[str, Field(description="In the language of the request")]
    report_id: Annotated[UUID, Field(description="The submitted or accepted report that counts this record")]


def lock_out(tx: Tx, report_id: UUID | None) -> PeriodLockOut | None:
    """The ``lock`` of a record whose row carries ``period_queries.locked_by``."""
    if report_id is None:
        return None
    reason = getattr(_REASON.fill(name=report_id), tx.language)
    return PeriodLockOut.model_construct(code="period_locked", reason=reason, report_id=report_id)


def yearly_day(begun: date, year: int) -> date:
    """The day on which a record that counts for ``year`` stands in a campaign's window.

    That is when it was begun, but not before the end of the first quarter, in which units register: what is entered in
    the first days of January is locked with its year, and what is begun after the window is not.
    """
    return max(begun, date(year, 3, 31))


async def keep_unlocked(tx: Tx, unit_id: UUID, *days: date) -> None:
    """Refuse with 409 ``period_locked`` where a report has counted what the unit recorded on one of ``days``.

    Until the transaction ends no report of the unit can be submitted over the change. For a change of a record's day,
    name the old day and the new one.
    """
    await queries.keep(tx.session, unit_id)
    found = await queries.covering(tx.session, unit_id, days)
    if found is not None:
        raise _locked_by(found)


def _locked_by(found: AnyRow) -> PeriodLocked:
    report = {"id": found.report_id, "number": found.report_number, "campaign_id": found.campaign_id}
    name = found.report_number or found.report_id
    return PeriodLocked(_REASON.fill(name=name), report=report | {"href": f"/api/v1/reports/{found.report_id}"})


class Periods:
    """The locked periods of several units, kept as they are until the transaction ends."""

    def __init__(self, locks: Iterable[AnyRow]) -> None:
        self._by_unit: dict[UUID, list[AnyRow]] = {}
        for lock in locks:
            self._by_unit.setdefault(lock.unit_id, []).append(lock)

    def require_unlocked(self, unit_id: UUID, *days: date) -> None:
        """What :func:`keep_unlocked` asks, without asking the database. Raises 409 ``period_locked``."""
        for lock in self._by_unit.get(unit_id, ()):
            if any(lock.window_from <= day <= lock.window_to for day in days):
                raise _locked_by(lock)


async def keep_periods(tx: Tx, unit_ids: Iterable[UUID]) -> Periods:
    """:func:`keep_unlocked` for many records of many units: until the transaction ends none of them can be locked."""
    return Periods(await queries.keep_many(tx.session, sorted(set(unit_ids))))


async def lock_period(tx: Tx, report: AnyRow, campaign: AnyRow) -> None:
    """Lock what the unit of ``report`` recorded inside the window of ``campaign``; waits for those writing just now.

    Read what is to be sealed after this.
    """
    await queries.seize(tx.session, report.unit_id)
    values = {
        "unit_id": report.unit_id,
        "unit_path": report.unit_path,
        "campaign_id": campaign.id,
        "report_id": report.id,
        "report_number": report.number,
        "window_from": campaign.window_from,
        "window_to": campaign.window_to,
        "locked_at": tx.now,
    }
    await queries.add(tx.session, values)


async def unlock_period(tx: Tx, report: AnyRow) -> None:
    """Open the period again: the report was returned or reopened."""
    await queries.remove(tx.session, report.unit_id, report.campaign_id)
