"""The verbs of an activity: rule, change, audit entry. Its catalogue: ``catalogue.py``."""

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.planned import Entry, Plan
from app.audit.service import Subject, record
from app.campaigns.periods import Periods, keep_unlocked, lock_out
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, Text, check_version, on_constraint, refuse_null
from app.kernel.ids import new_id
from app.propaganda import queries
from app.propaganda.counting import faults
from app.propaganda.events import event_key
from app.propaganda.models import Activity
from app.propaganda.schemas import ActivityBody, ActivityFormBrief, ActivityIn, ActivityOut, ActivityPatch
from app.units.references import living_ref
from app.units.schemas import UnitBrief

WRITE = Permission.ACTIVITY_WRITE
_FACTS = (
    *("nature", "venue_kind", "date_from", "date_to", "title"),
    *("place", "sessions", "quantity", "people_reached", "result"),
)
_NEVER_NULL = ("form", "nature", "date_from", "date_to", "title", "sessions", "quantity")

_OVERLAP = Text(
    "Đã có số tổng hợp cùng hình thức và nơi tổ chức bao gồm một phần khoảng ngày này",
    "Another total of the same form and venue covers some of these days",
)
_OVERLAPS_NAMED = Text(
    "Đã có số tổng hợp “{title}” ({first:%d/%m/%Y} - {last:%d/%m/%Y}) cùng hình thức và nơi tổ chức, trùng khoảng ngày",
    "The total “{title}” ({first} to {last}) of the same form and venue shares days with this one",
)
_NO_FORM = Text(
    "Đơn vị không có hình thức với mã này; xem GET /activity-forms?for_unit=...",
    "There is no form with this code for the unit; see GET /activity-forms?for_unit=...",
)
on_constraint(
    "ex_propaganda_activities_period_totals", Duplicate(_OVERLAP, [FieldError("/date_from", "overlap", _OVERLAP)])
)
_TWICE = Text(
    "Hoạt động này đã được ghi: cùng hình thức, nơi tổ chức, ngày, tên và địa điểm; nếu là hoạt động khác, ghi rõ hơn"
    " tên hoặc địa điểm",
    "This event is recorded already: same form, venue, day, title and place. Another one needs its own title or place",
)
on_constraint(
    "uq_propaganda_activities_unit_id_event_key", Duplicate(_TWICE, [FieldError("/title", "duplicate", _TWICE)])
)

refuse_taken_id("propaganda_activities")


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended)


_BRIEF = tuple(name for name in ActivityFormBrief.model_fields if name != "id")
_SAME = tuple(name for name in ActivityOut.model_fields if name not in {"unit", "form", "editable", "lock"})


def present(tx: Tx, row: AnyRow) -> ActivityOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    shown["form"] = ActivityFormBrief.of({"id": row.form_id} | {name: facts[f"form_{name}"] for name in _BRIEF})
    shown["lock"] = lock_out(tx, row.locked_by)
    shown["editable"] = row.locked_by is None and tx.actor.can(WRITE, _unit(row))
    return ActivityOut.of(shown)


async def read(tx: Tx, activity_id: UUID) -> ActivityOut:
    """One activity. Raises 404 outside the fence."""
    return present(tx, await queries.get(tx.session, activity_id))


def same(row: AnyRow, data: ActivityBody) -> bool:
    """Whether the activity in ``row`` says what ``data`` says."""
    if data.form != row.form_code or (isinstance(data, ActivityIn) and data.unit_id != row.unit_id):
        return False
    given = data.model_fields_set - {"form", "unit_id", "id"}
    return all(getattr(row, name) == value for name, value in _facts(data).items() if name in given)


async def made_before(tx: Tx, data: ActivityIn) -> ActivityOut | None:
    """The activity that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: same(row, data))
    return None if row is None else present(tx, row)


def _facts(data: ActivityBody) -> dict[str, Any]:
    """What ``data`` says, but for its form; an event ends on the day on which it begins."""
    facts = {name: getattr(data, name) for name in _FACTS}
    if data.date_to is None and data.nature == "event":
        facts["date_to"] = data.date_from
    return facts


async def create(tx: Tx, data: ActivityIn) -> ActivityOut:
    """Record an activity. Raises 404 / 403 by the unit, 409 ``period_locked`` or ``duplicate``, 422."""
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(WRITE, unit)
    facts = _facts(data)
    place = {"id": data.id or new_id(), "unit_id": unit.id, "unit_path": unit.path}
    values = await _checked(tx, data.form, {**facts, **place})
    await keep_unlocked(tx, unit.id, values["date_to"])
    await _keep_apart(tx, values)
    await queries.add(tx.session, {**values, **_stamps(tx)})
    after = {"form": data.form, **facts}
    await record(tx, "activity.create", Subject("activity", values["id"], unit), change=(None, after))
    return await read(tx, values["id"])


def _stamps(tx: Tx) -> dict[str, Any]:
    return {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}


async def plan(tx: Tx, entries: Sequence[Entry[ActivityBody]], periods: Periods) -> None:
    """What :func:`create` would write for each of ``entries``, or why it would refuse."""
    await queries.take_turns(tx.session, sorted({entry.unit.id for entry in entries}))
    forms = await queries.forms_by_code(tx.session, sorted({entry.data.form for entry in entries}))
    totals = await _totals_of(tx, entries)

    def check(entry: Entry[ActivityBody]) -> Plan:
        tx.actor.require(WRITE, entry.unit)
        facts = _facts(entry.data)
        serving = [one for one in forms.get(entry.data.form, ()) if entry.unit.path.startswith(one.unit_path)]
        form = max(serving, key=lambda one: len(one.unit_path), default=None)
        values = _fitting(tx, form, {**facts, "id": entry.id, "unit_id": entry.unit.id, "unit_path": entry.unit.path})
        periods.require_unlocked(entry.unit.id, values["date_to"])
        if values["nature"] == "period_total":
            _require_apart(values, totals)
            totals.append(SimpleNamespace(**values))
        made = Plan()
        made.insert(Activity, {**values, **_stamps(tx)})
        after = {"form": entry.data.form, **facts}
        made.record(tx, "activity.create", Subject("activity", entry.id, entry.unit), (None, after))
        return made

    for entry in entries:
        entry.settle(check)


async def _totals_of(tx: Tx, entries: Sequence[Entry[ActivityBody]]) -> list[Any]:
    """The totals that stand at the units where ``entries`` bring others."""
    units = {entry.unit.id for entry in entries if entry.data.nature == "period_total"}
    return list(await queries.totals(tx.session, sorted(units))) if units else []


def _require_apart(values: Mapping[str, Any], totals: Iterable[Any]) -> None:
    """Refuse with 409 a total that shares days with one of ``totals``."""
    for other in totals:
        alike = all(getattr(other, name) == values[name] for name in ("unit_id", "form_id", "venue_kind"))
        if alike and other.date_from <= values["date_to"] and other.date_to >= values["date_from"]:
            raise _overlap(other)


async def edit(tx: Tx, activity_id: UUID, expected: int | None, data: ActivityPatch) -> ActivityOut:
    """Change an activity. Raises 403, 409 ``period_locked`` or ``duplicate``, 412, 422."""
    row = await _held(tx, activity_id, expected)
    given = data.model_dump(exclude_unset=True)
    refuse_null(given, *_NEVER_NULL)
    facts = {name: getattr(row, name) for name in (*_FACTS, "id", "unit_id", "unit_path")}
    facts |= {name: value for name, value in given.items() if name != "form"}
    if facts["nature"] == "event" and "date_from" in given and "date_to" not in given:
        facts["date_to"] = facts["date_from"]
    values = await _checked(tx, given.get("form", row.form_code), facts)
    await keep_unlocked(tx, row.unit_id, row.date_to, values["date_to"])
    await _keep_apart(tx, values)
    changed = {name: values[name] for name in (*_FACTS, "form_id") if values[name] != getattr(row, name)}
    before = {name: getattr(row, name) for name in changed}
    await queries.change(tx.session, row.id, {**changed, **_key(changed, values), "updated_at": tx.now})
    await record(tx, "activity.edit", Subject("activity", row.id, _unit(row)), change=(before, changed))
    return await read(tx, row.id)


def _key(changed: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The new key where what it is made of changes. What stood twice before that was refused may still be corrected."""
    known_by = {"form_id", "nature", "venue_kind", "date_from", "title", "place"}
    return {"event_key": values["event_key"]} if known_by & changed.keys() else {}


async def delete(tx: Tx, activity_id: UUID, expected: int | None) -> None:
    """Delete an activity that no report has counted. Raises 403, 409 ``period_locked``, 412."""
    row = await _held(tx, activity_id, expected)
    await keep_unlocked(tx, row.unit_id, row.date_to)
    await queries.remove(tx.session, row.id)
    before = {"form": row.form_code} | {name: getattr(row, name) for name in _FACTS}
    await record(tx, "activity.delete", Subject("activity", row.id, _unit(row)), change=(before, None))


async def _held(tx: Tx, activity_id: UUID, expected: int | None) -> AnyRow:
    """The activity, locked, when the caller may change it."""
    row = await queries.get(tx.session, activity_id, lock=True)
    tx.actor.require(WRITE, _unit(row))
    check_version(expected, row.version)
    return row


async def _checked(tx: Tx, code: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` with the id of their form, when the form allows them; others of the unit wait until we are done."""
    await queries.take_turn(tx.session, facts["unit_id"])
    return _fitting(tx, await queries.form_by_code(tx.session, code, facts["unit_path"]), facts)


def _fitting(tx: Tx, form: AnyRow | None, facts: Mapping[str, Any]) -> dict[str, Any]:
    """``facts`` with the id of ``form``. Raises 422 where it does not allow them."""
    if form is None:
        raise Invalid(errors=[FieldError("/form", "not_found", _NO_FORM)])
    found = faults(form, facts, tx.today)
    if found:
        raise Invalid(errors=found)
    values = {**facts, "form_id": form.id}
    return {**values, "event_key": event_key(values)}


async def _keep_apart(tx: Tx, values: Mapping[str, Any]) -> None:
    """Refuse with 409 a total that shares days with another, which the answer names."""
    if values["nature"] != "period_total":
        return
    other = await queries.overlapping(tx.session, values)
    if other is not None:
        raise _overlap(other)


def _overlap(other: Any) -> Duplicate:
    """The refusal that names the total ``other``."""
    text = _OVERLAPS_NAMED.fill(title=other.title, first=other.date_from, last=other.date_to)
    shown = {name: getattr(other, name) for name in ("id", "title", "date_from", "date_to")}
    named = {**shown, "href": f"/api/v1/propaganda-activities/{other.id}"}
    return Duplicate(text, [FieldError("/date_from", "overlap", text)], other=named)
