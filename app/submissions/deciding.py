"""What is to become of each item: whose it is, what stands already under its id or key, and what was asked for then."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitEnded, UnitRef
from app.kernel.chosen import DuplicateId
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, NotFound, Text
from app.submissions import queries_places
from app.submissions.cases import Case, Fault, Slot, Terms
from app.submissions.kinds import ACTIVITY, AWARD, DIRECTIVE, PRACTICE, REGISTRATION, Kind, name_forms, permitted
from app.submissions.kinds_report import REPORT_KINDS
from app.submissions.kinds_resting import EVALUATION, FIGURE, rest
from app.units.ended import told
from app.units.schemas import UnitBrief

KINDS: Final[tuple[Kind, ...]] = (REGISTRATION, EVALUATION, DIRECTIVE, ACTIVITY, FIGURE, PRACTICE, AWARD)
"""In the order in which they are decided and written."""

_PERMISSIONS: Final = {kind.name: kind.permission for kind in KINDS} | REPORT_KINDS
_IN_CAMPAIGN: Final = frozenset({FIGURE.name, AWARD.name, *REPORT_KINDS})

_NO_UNIT = Text("Không có đơn vị này trong phạm vi của bạn", "There is no such unit in your scope")
_NO_CAMPAIGN = Text("Không có đợt này", "There is no such campaign")
_CAMPAIGN_MISSING = Text(
    "Số liệu, khen thưởng và báo cáo cần có đợt (campaign)", "Figures, awards and reports need the campaign"
)
_WHICH_CAMPAIGN = Text("Có nhiều đợt cùng mã này; hãy nêu id", "Several campaigns have this code: name the id")
_REPEATED = Text("Mục này trùng với {other} trong cùng gói", "This is the same as {other} of the bundle")
_EXISTS = Text(
    "Đã có bản ghi này với nội dung khác; dùng on_conflict=update để cập nhật, skip để bỏ qua",
    "This record stands already and says something else: use on_conflict=update to change it, skip to leave it",
)


async def find_places(tx: Tx, cases: Sequence[Case]) -> None:
    """Find units and campaigns by id or code. Whose unit is not there, or not the caller's, is refused as a whole."""
    sought = [case for case in cases if not case.faults]
    names = {case.unit_name for case in sought}
    rows = await queries_places.units(tx.session, names) if names else ()
    units = {str(row.id): row for row in rows} | {row.code: row for row in rows if row.ended_on is None}
    missed = names - units.keys()
    if missed:  # by the code of a unit that is no more
        units |= {row.code: row for row in await queries_places.ended_units(tx.session, missed)}
    gone = {row.id: await told(tx.session, row.id) for row in units.values() if row.ended_on is not None}
    named = {case.campaign_name for case in sought if case.campaign_name is not None}
    campaigns = await queries_places.campaigns(tx.session, named) if named else ()
    for case in sought:
        _place(tx, case, units.get(case.unit_name) or units.get(case.unit_name.lower()), gone)
        if case.unit is not None:
            _campaign(case, campaigns)


def _place(tx: Tx, case: Case, row: AnyRow | None, gone: Mapping[UUID, UnitEnded | None]) -> None:
    unit = None if row is None else UnitRef(row.id, row.path, row.level)
    permissions = {_PERMISSIONS[slot.kind].reading for slot in case.slots}
    if row is None or unit is None or not any(tx.actor.can(permission, unit) for permission in permissions):
        case.faults.append(Fault("/unit", NotFound.code, _NO_UNIT, NotFound.status))
    elif row.ended_on is not None:
        ended = gone[row.id]
        text = UnitEnded.title if ended is None else ended.detail or UnitEnded.title
        case.faults.append(Fault("/unit", UnitEnded.code, text, UnitEnded.status))
    else:
        case.unit = unit
        case.brief = UnitBrief.of({"id": row.id, "code": row.code, "name": row.name})


def _campaign(case: Case, rows: Sequence[AnyRow]) -> None:
    if case.campaign_name is None:
        if any(slot.kind in _IN_CAMPAIGN for slot in case.slots):
            case.faults.append(Fault("/campaign", "missing", _CAMPAIGN_MISSING))
        return
    name = case.campaign_name
    found = [row for row in rows if str(row.id) == name.lower()]
    found = found or [row for row in rows if row.code == name and case.place.path.startswith(row.unit_path)]
    if len(found) == 1:
        case.campaign = found[0]
        return
    code, text = ("ambiguous", _WHICH_CAMPAIGN) if found else ("not_found", _NO_CAMPAIGN)
    case.faults.append(Fault("/campaign", code, text))


async def decide(tx: Tx, kind: Kind, cases: Sequence[Case], terms: Terms) -> list[tuple[Case, Slot]]:
    """Say for each item of ``kind`` what is to be done. Those to be made or changed."""
    for case in cases:
        slots = [slot for slot in case.of(kind.name) if slot.data is not None]
        if slots:
            permitted(tx, case, kind.permission, slots)
    pairs = _readable(kind, cases)
    if kind is EVALUATION:
        await rest(tx, pairs)
    if kind is AWARD:
        await name_forms(tx, pairs)
    pairs = _readable(kind, cases)
    if not pairs:
        return []
    rows = await kind.standing(tx.session, pairs)
    by_id = {row.id: row for row in rows}
    by_key: dict[Any, Any] = {}
    for row in rows:
        by_key.setdefault(kind.row_known_by(row), row)
    seen: dict[Any, Slot] = {}
    for case, slot in pairs:
        key = kind.known_by(case, slot.data)
        slot.key = " ".join(str(part) for part in key[1:] if part is not None)[:300]
        known = (key,) if kind.unique or not slot.chosen else (slot.id,)
        other = seen.setdefault(known, slot)
        if other is not slot:
            slot.refuse_at("", "repeated", _REPEATED.fill(other=other.pointer))
            continue
        slot.standing = by_id.get(slot.id)
        if slot.standing is None and (kind.unique or not slot.chosen):
            slot.standing = by_key.get(key)
        _decide(kind, case, slot, terms)
    return [(case, slot) for case, slot in pairs if slot.action != "none"]


def _readable(kind: Kind, cases: Sequence[Case]) -> list[tuple[Case, Slot]]:
    return [
        (case, slot)
        for case in cases
        for slot in case.slots
        if slot.kind == kind.name and slot.outcome != "failed" and slot.data is not None
    ]


def _decide(kind: Kind, case: Case, slot: Slot, terms: Terms) -> None:
    row = slot.standing
    if row is None:
        slot.action = "create"
    elif row.unit_id != case.place.id or (slot.chosen and row.id != slot.id and terms.on_conflict != "skip"):
        slot.standing = None
        slot.refuse(DuplicateId() if row.id == slot.id else Duplicate(_EXISTS))
    elif kind.same(row, slot.data):
        slot.outcome, slot.id = "unchanged", row.id
    elif terms.on_conflict == "skip":
        slot.outcome, slot.id = "skipped", row.id
    elif terms.on_conflict == "update":
        slot.action, slot.id = "update", row.id
    else:
        slot.refuse(Duplicate(_EXISTS))
