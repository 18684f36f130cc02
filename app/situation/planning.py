"""Many new figures of a unit at once, and changes of others beside them: a part is held against its whole as both will
stand in the end, whatever the order. By the rules of ``service.create`` and ``service.edit``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.access.actor import Tx
from app.audit.planned import Entry, Plan
from app.audit.service import Subject
from app.campaigns.periods import keep_unlocked
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, FieldError, Invalid
from app.situation import queries
from app.situation.models import SituationFigure
from app.situation.schemas import FigureBody, FigurePatch
from app.situation.service import fitting, keep_contained, new_values, opened, told, whole


@dataclass(slots=True)
class Change:
    """A figure that stands, with what it is to say; ``fault`` tells why it may not."""

    row: AnyRow
    data: FigurePatch
    fault: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """All that is to be written of one unit in one campaign."""

    unit_id: UUID
    campaign_id: UUID
    entries: Sequence[Entry[FigureBody]]
    changes: Sequence[Change] = ()


async def plan(tx: Tx, wanted: Wanted) -> None:
    """Plan the new figures and check the changes, which ``service.put`` then writes. Others of the unit wait."""
    try:
        unit, campaign = await opened(tx, wanted.unit_id, wanted.campaign_id)
        await keep_unlocked(tx, unit.id, campaign.window_to)
    except DomainError as fault:
        for entry in wanted.entries:
            entry.fault = fault
        for change in wanted.changes:
            change.fault = fault
        return
    catalogue = await queries.serving(tx.session, unit.path)
    written: dict[UUID, Entry[FigureBody] | Change] = {}

    def check(entry: Entry[FigureBody]) -> Plan:
        found = fitting(catalogue, campaign, entry.data)
        written[found.id] = entry
        made = Plan()
        made.insert(SituationFigure, new_values(tx, entry, campaign.id, found.id))
        subject = Subject("situation_figure", entry.id, entry.unit)
        made.record(tx, "figure.create", subject, (None, told(entry.data, campaign.id)))
        return made

    for entry in wanted.entries:
        entry.settle(check)
    for change in wanted.changes:
        try:
            whole(change.row, change.data)
            written[change.row.indicator_id] = change
        except DomainError as fault:
            change.fault = fault
    await _contain(tx, catalogue, wanted, written)


async def _contain(
    tx: Tx,
    catalogue: Mapping[str, AnyRow],
    wanted: Wanted,
    written: Mapping[UUID, Entry[FigureBody] | Change],
) -> None:
    """Give each figure that would break the order of part and whole its fault."""
    values = {indicator: _values(one) for indicator, one in written.items()}
    named = {"unit_id": wanted.unit_id, "campaign_id": wanted.campaign_id}
    try:
        await keep_contained(tx, catalogue, named, values, {one: f"/{one}" for one in written})
    except Invalid as fault:
        found: dict[UUID, list[FieldError]] = {}
        for error in fault.errors:
            _, indicator, rest = error.pointer.split("/", 2)
            found.setdefault(UUID(indicator), []).append(replace(error, pointer=f"/{rest}"))
        for indicator_id, errors in found.items():
            written[indicator_id].fault = Invalid(errors=errors)


def _values(one: Entry[FigureBody] | Change) -> tuple[int | None, int | None]:
    if isinstance(one, Change):
        values = whole(one.row, one.data)
        return values["before_value"], values["after_value"]
    return one.data.before_value, one.data.after_value
