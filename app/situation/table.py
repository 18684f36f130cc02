"""A unit's whole table of figures in a campaign: written at once, and shown with its ratios."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.audit.service import Subject, record
from app.campaigns import queries as campaigns
from app.campaigns.periods import keep_unlocked, lock_out
from app.campaigns.schemas import CampaignBrief
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, NotFound, StaleVersion, Text
from app.kernel.ids import new_id
from app.situation import queries
from app.situation.comparison import compared, share
from app.situation.schemas import ComparisonLine, ComparisonOut, FigureLine, FigureTable, IndicatorBrief
from app.situation.service import WRITE, indicator_faults, keep_contained, opened
from app.units import queries as units
from app.units.schemas import UnitBrief

_REPEATED = Text("Chỉ tiêu này đã nêu ở dòng trên", "This indicator stands in a line above")
_VALUES = ("before_value", "after_value", "note")


async def write(tx: Tx, data: FigureTable) -> ComparisonOut:
    """Insert, change or (both values null) take away the figures that are listed; the others stay.

    Each line is audited as if it were alone; a line that changes nothing leaves no trace. A line's ``version`` is held
    against the stored one. Raises 404 / 403 by the unit, 409 ``campaign_closed`` or ``period_locked``, 412, 422.
    """
    unit, campaign = await opened(tx, data.unit_id, data.campaign_id)
    catalogue = await queries.serving(tx.session, unit.path)
    _check_lines(data, catalogue, campaign)
    await keep_unlocked(tx, unit.id, campaign.window_to)
    stored = {row.indicator_id: row for row in await queries.table(tx.session, unit.id, campaign.id, lock=True)}
    lines = [(catalogue[line.indicator], line) for line in data.figures]
    for indicator, line in lines:
        row = stored.get(indicator.id)
        if line.version is not None and line.version != (row.version if row else 0):
            raise StaleVersion
    written = {indicator.id: (line.before_value, line.after_value) for indicator, line in lines}
    places = {indicator.id: f"/figures/{i}" for i, (indicator, _) in enumerate(lines)}
    named = {"unit_id": unit.id, "campaign_id": campaign.id}
    await keep_contained(tx, catalogue, named, written, places)
    for indicator, line in lines:
        await _put(tx, unit, {**named, "indicator_id": indicator.id}, stored.get(indicator.id), line)
    return await comparison(tx, unit.id, campaign.id)


def _check_lines(data: FigureTable, catalogue: Mapping[str, AnyRow], campaign: AnyRow) -> None:
    faults, seen = [], set()
    for i, line in enumerate(data.figures):
        pointer = f"/figures/{i}/indicator"
        faults += indicator_faults(catalogue.get(line.indicator), campaign, pointer)
        if line.indicator in seen:
            faults.append(FieldError(pointer, "repeated", _REPEATED))
        seen.add(line.indicator)
    if faults:
        raise Invalid(errors=faults[:100])


async def _put(tx: Tx, unit: UnitRef, named: Mapping[str, UUID], row: AnyRow | None, line: FigureLine) -> None:
    """Bring one figure to what its line says, with the audit event of what that took."""
    given = {name: getattr(line, name) for name in _VALUES}
    said = {"campaign_id": named["campaign_id"], "indicator": line.indicator}
    empty = line.before_value is None and line.after_value is None
    if row is None:
        if empty:
            return
        figure_id = new_id()
        stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
        await queries.add(tx.session, [{"id": figure_id, **named, "unit_path": unit.path, **given, **stamps}])
        subject = Subject("situation_figure", figure_id, unit)
        await record(tx, "figure.create", subject, change=(None, said | given))
        return
    subject, before = Subject("situation_figure", row.id, unit), {name: getattr(row, name) for name in _VALUES}
    if empty:
        await queries.remove(tx.session, row.id)
        await record(tx, "figure.delete", subject, change=(said | before, None))
    elif given != before:
        changed = {name: value for name, value in given.items() if value != before[name]}
        await queries.change(tx.session, row.id, {**changed, "updated_at": tx.now})
        await record(tx, "figure.edit", subject, change=({name: before[name] for name in changed}, changed))


async def comparison(tx: Tx, unit_id: UUID, campaign_id: UUID) -> ComparisonOut:
    """The unit's own figures in a campaign with what follows from them. Raises 404 for either."""
    unit = await units.get(tx.session, unit_id)
    ref = UnitRef(unit.id, unit.path_now, unit.level_now, unit.ended_on is not None)
    if not tx.actor.can(WRITE.reading, ref):
        raise NotFound
    campaign = await campaigns.get(tx.session, campaign_id)
    serving = await queries.serving(tx.session, ref.path)
    stored = {row.indicator_id: row for row in await queries.table(tx.session, unit_id, campaign_id)}
    locking = await queries.locking_report(tx.session, unit_id, campaign.window_to)
    day = campaign.window_to
    in_force = [i for i in serving.values() if i.valid_from <= day and (i.valid_to is None or day < i.valid_to)]
    windows = {name: getattr(campaign, name) for name in ("before_from", "before_to", "window_from", "window_to")}
    names = CampaignBrief.model_fields
    return ComparisonOut.of(
        {
            "unit": UnitBrief.of({name: getattr(unit, name) for name in UnitBrief.model_fields}),
            "campaign": CampaignBrief.of({name: getattr(campaign, name) for name in names}),
            **windows,
            "lines": [_line(i, stored) for i in sorted(in_force, key=lambda i: (i.position, i.code))],
            "editable": locking is None and campaign.status == "open" and tx.actor.can(WRITE, ref),
            "lock": lock_out(tx, locking),
        }
    )


def _line(indicator: AnyRow, stored: Mapping[UUID, AnyRow]) -> ComparisonLine:
    own = stored.get(indicator.id)
    values: list[float | None] = [getattr(own, name, None) for name in ("before_value", "after_value")]
    if indicator.kind == "ratio":
        part, whole = stored.get(indicator.part_id), stored.get(indicator.whole_id)
        values = [
            share(getattr(part, name, None), getattr(whole, name, None)) for name in ("before_value", "after_value")
        ]
    shown: dict[str, Any] = compared(values[0], values[1], indicator.direction)
    shown |= {"before_value": values[0], "after_value": values[1]}
    shown |= {"figure_id": getattr(own, "id", None), "version": getattr(own, "version", None)}
    shown["note"] = getattr(own, "note", None)
    named = {name: getattr(indicator, name) for name in IndicatorBrief.model_fields}
    return ComparisonLine.of({**shown, "indicator": IndicatorBrief.of(named)})
