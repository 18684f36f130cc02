"""The verbs of a directive: rule, change, audit entry."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.planned import Entry, Plan
from app.audit.service import Subject, record
from app.campaigns.periods import Periods, keep_unlocked, lock_out
from app.directives import queries
from app.directives.kinds import KINDS
from app.directives.models import Directive
from app.directives.numbers import number_key
from app.directives.schemas import DirectiveBody, DirectiveIn, DirectiveOut, DirectivePatch, DirectiveQuery
from app.kernel.chosen import refuse_taken_id, same_again
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Invalid, Text, check_version, null_faults, on_constraint
from app.kernel.ids import new_id
from app.kernel.pagination import PageRows
from app.kernel.text import fold
from app.units.facts import search
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_TWICE = Text("Đơn vị đã ghi văn bản này", "The unit has already recorded this document")
on_constraint(
    "uq_directives_unit_id_number_key_issued_on",
    Duplicate(_TWICE, [FieldError("/number_symbol", "duplicate", _TWICE)]),
)
refuse_taken_id("directives")

_REQUIRED = ("track", "document_kind", "number_symbol", "issued_on", "title", "issuing_body")


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended)


_SAME = tuple(
    name for name in DirectiveOut.model_fields if name not in {"unit", "document_kind_title", "editable", "lock"}
)
_CONTENT = tuple(DirectiveBody.model_fields)


def present(tx: Tx, row: AnyRow) -> DirectiveOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    shown["document_kind_title"] = KINDS[row.document_kind].title
    shown["editable"] = row.locked_by is None and tx.actor.can(Permission.DIRECTIVE_WRITE, _unit(row))
    shown["lock"] = lock_out(tx, row.locked_by)
    return DirectiveOut.of(shown)


async def read(tx: Tx, directive_id: UUID) -> DirectiveOut:
    """One directive. Raises 404 outside the fence."""
    return present(tx, await queries.get(tx.session, directive_id))


async def find(tx: Tx, query: DirectiveQuery) -> PageRows:
    """A page of the directives that ``query`` asks for."""
    given = query.filters()
    if query.q is not None:
        given["q"] = search(query.q)["q"]
    return await queries.LISTING.page(tx.session, query, sort=query.sort, given=given)


def same(row: AnyRow, data: DirectiveBody) -> bool:
    """Whether the directive in ``row`` says what ``data`` says."""
    unit_id = data.unit_id if isinstance(data, DirectiveIn) else row.unit_id
    given = [name for name in _CONTENT if name in data.model_fields_set]
    return unit_id == row.unit_id and all(getattr(row, name) == getattr(data, name) for name in given)


async def made_before(tx: Tx, data: DirectiveIn) -> DirectiveOut | None:
    """The directive that an earlier request made under the same chosen id. Raises 409 ``duplicate_id``."""
    row = await same_again(tx.session, data.id, queries.get, lambda row: same(row, data))
    return None if row is None else present(tx, row)


async def create(tx: Tx, data: DirectiveIn) -> DirectiveOut:
    """Record a document.

    Raises 404 / 403 by the unit, 409 ``duplicate`` / ``period_locked``, 422 (``secrecy_mark`` for state secrets).
    """
    unit = await living_ref(tx.session, data.unit_id)
    tx.actor.require(Permission.DIRECTIVE_WRITE, unit)
    content = _checked(tx, data)
    await keep_unlocked(tx, unit.id, data.issued_on)
    entry = Entry(unit, data.id or new_id(), data)
    await queries.add(tx.session, _row(tx, entry, content))
    await record(tx, "directive.create", Subject("directive", entry.id, unit), change=(None, content))
    return await read(tx, entry.id)


def _checked(tx: Tx, data: DirectiveBody) -> dict[str, Any]:
    content = {name: getattr(data, name) for name in _CONTENT}
    _check(tx, content)
    return content


def _row(tx: Tx, entry: Entry[Any], content: Mapping[str, Any]) -> dict[str, Any]:
    place = {"id": entry.id, "unit_id": entry.unit.id, "unit_path": entry.unit.path, **_derived(content)}
    made = {"created_by": tx.actor.id, "created_with_key": tx.actor.key_id, "created_at": tx.now, "updated_at": tx.now}
    return {**content, **place, **made}


def plan(tx: Tx, entries: Iterable[Entry[DirectiveBody]], periods: Periods) -> None:
    """What :func:`create` would write for each of ``entries``, or why it would refuse."""

    def check(entry: Entry[DirectiveBody]) -> Plan:
        tx.actor.require(Permission.DIRECTIVE_WRITE, entry.unit)
        content, made = _checked(tx, entry.data), Plan()
        periods.require_unlocked(entry.unit.id, entry.data.issued_on)
        made.insert(Directive, _row(tx, entry, content))
        made.record(tx, "directive.create", Subject("directive", entry.id, entry.unit), (None, content))
        return made

    for entry in entries:
        entry.settle(check)


async def edit(tx: Tx, directive_id: UUID, expected: int | None, data: DirectivePatch) -> DirectiveOut:
    """Change a directive. Raises 403, 409 ``duplicate`` / ``period_locked`` (old day or new one), 412, 422."""
    row = await _held(tx, directive_id, expected)
    values = data.model_dump(exclude_unset=True)
    _check(tx, values)
    await keep_unlocked(tx, row.unit_id, row.issued_on, values.get("issued_on", row.issued_on))
    before = {name: getattr(row, name) for name in values}
    derived = _derived(row._asdict() | values)
    if "number_symbol" not in values:
        del derived["number_key"]  # what stood twice before that was refused may still be corrected
    await queries.change(tx.session, row.id, {**values, **derived, "updated_at": tx.now})
    await record(tx, "directive.edit", Subject("directive", row.id, _unit(row)), change=(before, values))
    return await read(tx, row.id)


async def delete(tx: Tx, directive_id: UUID, expected: int | None) -> None:
    """Delete a directive recorded by mistake. Raises 403, 409 ``period_locked``, 412."""
    row = await _held(tx, directive_id, expected)
    await keep_unlocked(tx, row.unit_id, row.issued_on)
    await queries.remove(tx.session, row.id)
    before = {name: getattr(row, name) for name in _CONTENT}
    await record(tx, "directive.delete", Subject("directive", row.id, _unit(row)), change=(before, None))


async def _held(tx: Tx, directive_id: UUID, expected: int | None) -> AnyRow:
    row = await queries.get(tx.session, directive_id, lock=True)
    tx.actor.require(Permission.DIRECTIVE_WRITE, _unit(row))
    check_version(expected, row.version)
    return row


def _check(tx: Tx, values: Mapping[str, Any]) -> None:
    faults = null_faults(values, _REQUIRED)
    issued_on = values.get("issued_on")
    if issued_on is not None and issued_on > tx.today:
        text = Text("Ngày ban hành không được ở tương lai", "The day of issue cannot lie in the future")
        faults.append(FieldError("/issued_on", "in_future", text))
    if faults:
        raise Invalid(errors=faults)


def _derived(values: Mapping[str, Any]) -> dict[str, str]:
    number = values["number_symbol"]
    return {"folded": fold(f"{number} {values['title']}"), "number_key": number_key(number)}
