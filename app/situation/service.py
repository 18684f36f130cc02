"""The verbs of a situation figure: rule, change, audit entry. Whole tables are written in ``table.py``."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.planned import Entry
from app.audit.service import Subject, record
from app.campaigns import queries as campaigns
from app.campaigns.periods import keep_unlocked, lock_out
from app.campaigns.schemas import CampaignBrief
from app.campaigns.service import kept_open, owner_of, require_open
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.situation import queries
from app.situation.comparison import Containment, Values, compared, exceeding
from app.situation.schemas import FigureBody, FigureIn, FigureOut, FigurePatch, IndicatorBrief
from app.units.references import living_ref
from app.units.schemas import UnitBrief

WRITE = Permission.SITUATION_WRITE
VALUES = ("before_value", "after_value", "note")
refuse_taken_id("situation_figures")

_TWICE = Text(
    "Đơn vị đã có số liệu của chỉ tiêu này trong đợt", "The unit already has a figure of this indicator in the campaign"
)
_EXCEEDS = Text("Số thành phần lớn hơn số tổng", "A part exceeds its whole")
_NO_CAMPAIGN = Text("Không có đợt này", "There is no such campaign")
_OUTSIDE = Text("Đơn vị không thuộc đơn vị tổ chức đợt này", "The unit is not under the campaign's own unit")
_NO_INDICATOR = Text(
    "Đơn vị không có chỉ tiêu với mã này; xem GET /indicators?for_unit=...",
    "There is no indicator with this code for the unit; see GET /indicators?for_unit=...",
)
_COMPUTED = Text("Tỷ lệ do hệ thống tính từ số liệu, không nhập", "A ratio is computed from its counts, never entered")
_NOT_IN_FORCE = Text(
    "Chỉ tiêu này không có hiệu lực vào ngày cuối của đợt", "This indicator is not in force on the campaign's last day"
)
_NO_VALUE = Text(
    "Cần ít nhất một trong hai số liệu trước và sau", "At least one of the values before and after is needed"
)
on_constraint(
    "uq_situation_figures_unit_campaign_indicator", Duplicate(_TWICE, [FieldError("/indicator", "duplicate", _TWICE)])
)
on_constraint("ck_situation_figures_part_of_whole", Invalid(errors=[FieldError("", "exceeds_whole", _EXCEEDS)]))


def unit_of(row: AnyRow) -> UnitRef:
    """The unit whose figure it is."""
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended)


_INDICATOR = tuple(name for name in IndicatorBrief.model_fields if name != "id")
_CAMPAIGN = tuple(name for name in CampaignBrief.model_fields if name != "id")
_STORED = ("id", "before_value", "after_value", "note", "version", "created_at", "updated_at")


def present(tx: Tx, row: AnyRow) -> FigureOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _STORED}
    shown |= compared(row.before_value, row.after_value, row.indicator_direction)
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    campaign = {"id": row.campaign_id} | {name: facts[f"campaign_{name}"] for name in _CAMPAIGN}
    shown["campaign"] = CampaignBrief.of(campaign)
    indicator = {"id": row.indicator_id} | {name: facts[f"indicator_{name}"] for name in _INDICATOR}
    shown["indicator"] = IndicatorBrief.of(indicator)
    shown["lock"] = lock_out(tx, row.locked_by)
    writable = row.locked_by is None and row.campaign_status == "open"
    shown["editable"] = writable and tx.actor.can(WRITE, unit_of(row))
    return FigureOut.of(shown)


async def read(tx: Tx, figure_id: UUID) -> FigureOut:
    """One figure. Raises 404 outside the fence."""
    return present(tx, await queries.get(tx.session, figure_id))


def same(row: AnyRow, data: FigureBody) -> bool:
    """Whether the figure in ``row`` says what ``data`` says."""
    if isinstance(data, FigureIn) and (data.unit_id, data.campaign_id) != (row.unit_id, row.campaign_id):
        return False
    given = [name for name in VALUES if name in data.model_fields_set]
    return data.indicator == row.indicator_code and all(getattr(row, name) == getattr(data, name) for name in given)


async def made_before(tx: Tx, data: FigureIn) -> FigureOut | None:
    """The figure that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: same(row, data))
    return None if row is None else present(tx, row)


async def create(tx: Tx, data: FigureIn) -> FigureOut:
    """Record a figure.

    Raises 404 / 403 by the unit, 409 ``campaign_closed``, ``period_locked`` or ``duplicate``, 422 for an indicator or
    campaign that does not fit, no value, or a part that exceeds its whole.
    """
    unit, campaign = await opened(tx, data.unit_id, data.campaign_id)
    catalogue = await queries.serving(tx.session, unit.path)
    found = fitting(catalogue, campaign, data)
    await keep_unlocked(tx, unit.id, campaign.window_to)
    named = {"unit_id": unit.id, "campaign_id": campaign.id}
    written = {found.id: (data.before_value, data.after_value)}
    await keep_contained(tx, catalogue, named, written, {found.id: ""})
    entry = Entry(unit, data.id or new_id(), data)
    await queries.add(tx.session, [new_values(tx, entry, campaign.id, found.id)])
    subject = Subject("situation_figure", entry.id, unit)
    await record(tx, "figure.create", subject, change=(None, told(data, campaign.id)))
    return await read(tx, entry.id)


def fitting(catalogue: Mapping[str, AnyRow], campaign: AnyRow, data: FigureBody) -> AnyRow:
    """The indicator of a new figure. Raises 422 by pointer where it or the values do not fit."""
    found = catalogue.get(data.indicator)
    faults = indicator_faults(found, campaign, "/indicator")
    faults += _value_faults({name: getattr(data, name) for name in VALUES})
    if faults or found is None:
        raise Invalid(errors=faults)
    return found


def new_values(tx: Tx, entry: Entry[Any], campaign_id: UUID, indicator_id: UUID) -> dict[str, Any]:
    """The columns of a new figure."""
    named = {"unit_id": entry.unit.id, "campaign_id": campaign_id, "indicator_id": indicator_id}
    stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    values = {name: getattr(entry.data, name) for name in VALUES}
    return {"id": entry.id, **named, "unit_path": entry.unit.path, **values, **stamps}


def told(data: FigureBody, campaign_id: UUID) -> dict[str, Any]:
    """What the log says of a new figure."""
    values = {name: getattr(data, name) for name in VALUES}
    return {"campaign_id": campaign_id, "indicator": data.indicator, **values}


async def edit(tx: Tx, figure_id: UUID, expected: int | None, data: FigurePatch) -> FigureOut:
    """Change a figure. Raises 403, 409 ``campaign_closed`` or ``period_locked``, 412, 422."""
    row = await held(tx, figure_id, expected)
    values = whole(row, data)
    await queries.take_turn(tx.session, row.unit_id)
    catalogue = await queries.serving(tx.session, row.unit_path)
    named = {"unit_id": row.unit_id, "campaign_id": row.campaign_id}
    written = {row.indicator_id: (values["before_value"], values["after_value"])}
    await keep_contained(tx, catalogue, named, written, {row.indicator_id: ""})
    await put(tx, row, data)
    return await read(tx, row.id)


def whole(row: AnyRow, data: FigurePatch) -> dict[str, Any]:
    """The values of the figure in ``row`` after ``data``. Raises 422."""
    given = data.model_dump(exclude_unset=True)
    values = {name: getattr(row, name) for name in VALUES} | given
    faults = _value_faults(values)
    if faults:
        raise Invalid(errors=faults)
    return values


async def put(tx: Tx, row: AnyRow, data: FigurePatch) -> None:
    """Write ``data``, which was checked, into the figure in ``row``."""
    given = data.model_dump(exclude_unset=True)
    before = {name: getattr(row, name) for name in given}
    await queries.change(tx.session, row.id, {**given, "updated_at": tx.now})
    await record(tx, "figure.edit", Subject("situation_figure", row.id, unit_of(row)), change=(before, given))


async def delete(tx: Tx, figure_id: UUID, expected: int | None) -> None:
    """Delete a figure that no report has counted. Raises 403, 409 ``campaign_closed`` or ``period_locked``, 412."""
    row = await held(tx, figure_id, expected)
    await queries.remove(tx.session, row.id)
    before = {"campaign_id": row.campaign_id, "indicator": row.indicator_code}
    before |= {name: getattr(row, name) for name in ("before_value", "after_value", "note")}
    await record(tx, "figure.delete", Subject("situation_figure", row.id, unit_of(row)), change=(before, None))


async def held(tx: Tx, figure_id: UUID, expected: int | None) -> AnyRow:
    """The figure, locked, when the caller may change it now. Raises as :func:`edit` does."""
    row = await queries.get(tx.session, figure_id, lock=True)
    tx.actor.require(WRITE, unit_of(row))
    check_version(expected, row.version)
    await kept_open(tx, row.campaign_id)
    await keep_unlocked(tx, row.unit_id, row.window_to)
    return row


async def opened(tx: Tx, unit_id: UUID, campaign_id: UUID) -> tuple[UnitRef, AnyRow]:
    """The unit, where the caller may write and others wait, and the campaign, kept open until we are done.

    Raises 404 / 403 by the unit, 409 ``campaign_closed``, 422 for a campaign that does not exist or is not the unit's.
    """
    unit = await living_ref(tx.session, unit_id)
    tx.actor.require(WRITE, unit)
    await campaigns.keep_state(tx.session, campaign_id)
    campaign = await campaigns.find(tx.session, campaign_id)
    if campaign is None:
        raise Invalid(errors=[FieldError("/campaign_id", "not_found", _NO_CAMPAIGN)])
    require_open(campaign)
    if not unit.path.startswith(owner_of(campaign).path):
        raise Invalid(errors=[FieldError("/unit_id", "outside_campaign", _OUTSIDE)])
    await queries.take_turn(tx.session, unit.id)
    return unit, campaign


def indicator_faults(found: AnyRow | None, campaign: AnyRow, pointer: str) -> list[FieldError]:
    """Why a figure of the indicator ``found`` cannot be entered in ``campaign``."""
    if found is None:
        return [FieldError(pointer, "not_found", _NO_INDICATOR)]
    if found.kind != "count":
        return [FieldError(pointer, "computed", _COMPUTED)]
    day = campaign.window_to
    if day < found.valid_from or (found.valid_to is not None and day >= found.valid_to):
        return [FieldError(pointer, "not_in_force", _NOT_IN_FORCE)]
    return []


def _value_faults(values: Mapping[str, Any]) -> list[FieldError]:
    if values["before_value"] is None and values["after_value"] is None:
        return [FieldError("/after_value", "missing", _NO_VALUE)]
    return []


async def keep_contained(
    tx: Tx,
    catalogue: Mapping[str, AnyRow],
    named: Mapping[str, UUID],
    written: Values,
    places: Mapping[UUID, str],
) -> None:
    """Refuse with 422 when, with ``written``, a part would exceed its whole at the unit and campaign ``named``."""
    rows = await queries.table(tx.session, named["unit_id"], named["campaign_id"])
    values = {row.indicator_id: (row.before_value, row.after_value) for row in rows} | dict(written)
    by_id = {row.id: row for row in catalogue.values()}
    pairs = [
        Containment(
            ratio.part_id,
            ratio.whole_id,
            *(Text(by_id[one].title_vi, by_id[one].title_en) for one in (ratio.part_id, ratio.whole_id)),
        )
        for ratio in catalogue.values()
        if ratio.part_id in by_id and ratio.whole_id in by_id
    ]
    found = list(exceeding(pairs, values, places))
    if found:
        raise Invalid(errors=found)
