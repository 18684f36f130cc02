"""The verbs of the catalogue of indicators: a used entry is ended by date, and never means anything else."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.kernel.db import AnyRow
from app.kernel.errors import (
    Duplicate,
    FieldError,
    Forbidden,
    Invalid,
    InvalidState,
    Text,
    check_version,
    on_constraint,
    refuse_null,
)
from app.kernel.ids import new_id
from app.situation import queries
from app.situation.schemas import IndicatorBody, IndicatorIn, IndicatorOut, IndicatorPatch
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_MANAGE = Permission.CATALOGUE_MANAGE
_ALWAYS = frozenset({"valid_to", "position"})
"""What may change in a used entry too."""

_TAKEN = Text("Danh mục của đơn vị đã có mã này", "The unit's catalogue has this code already")
_USED = Text(
    "Chỉ tiêu đã được dùng: chỉ còn đổi được ngày hết hiệu lực và thứ tự; muốn đổi nghĩa thì thêm chỉ tiêu mới",
    "This indicator is in use: only its end and its position can change; for another meaning, add another one",
)
_KEPT_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị giữ danh mục (hoặc cấp trên) mới được thay đổi",
    "Only a coordinator of the unit that keeps the catalogue, or of one above it, may change it",
)
_ENDS = Text("Ngày hết hiệu lực phải sau ngày có hiệu lực", "It cannot end before it begins")
_USED_LATER = Text(
    "Đã có số liệu của đợt kết thúc ngày {day:%d/%m/%Y}, nên chỉ kết thúc được sau ngày đó",
    "There is a figure in a campaign that ends on {day}, so it can end only after that day",
)
_RATIO_NEEDS = Text("Tỷ lệ cần cả tử số và mẫu số", "A ratio needs its part and its whole")
_COUNT_HAS_NONE = Text("Chỉ dùng cho tỷ lệ", "Only for a ratio")
_NO_COUNT = Text("Không có chỉ tiêu số lượng với mã này", "There is no count with this code")
_SAME_COUNT = Text("Tử số và mẫu số phải khác nhau", "Part and whole must differ")
on_constraint("uq_indicators_unit_code", Duplicate(_TAKEN, [FieldError("/code", "duplicate", _TAKEN)]))
on_constraint("ck_indicators_used", InvalidState(_USED))

_SAME = tuple(name for name in IndicatorOut.model_fields if name not in {"unit", "editable"})


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def present(tx: Tx, row: AnyRow) -> IndicatorOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    shown: dict[str, Any] = {name: facts[name] for name in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    shown["editable"] = tx.actor.can(_MANAGE, _unit(row))
    return IndicatorOut.of(shown)


async def read(tx: Tx, indicator_id: UUID) -> IndicatorOut:
    """One entry. Raises 404."""
    return present(tx, await queries.indicator(tx.session, indicator_id))


async def create(tx: Tx, data: IndicatorIn) -> IndicatorOut:
    """Add an entry to a unit's catalogue. Raises 404 / 403 by the unit, 409 ``duplicate``, 422."""
    unit = await living_ref(tx.session, data.unit_id)
    return await read(tx, await add(tx, unit, data, source="proposal"))


async def add(tx: Tx, unit: UnitRef, body: IndicatorBody, *, source: str) -> UUID:
    """Insert an entry with its audit event; its id. Raises 404 / 403 by the unit, 422."""
    tx.actor.require(_MANAGE, unit)
    given = body.model_dump(include=set(IndicatorBody.model_fields))
    _check_days(given)
    made_of = _made_of(body, await queries.serving(tx.session, unit.path))
    values = {name: value for name, value in given.items() if name not in {"part", "whole"}} | {"source": source}
    indicator_id = new_id()
    place = {"id": indicator_id, "unit_id": unit.id, "unit_path": unit.path}
    stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    await queries.add_indicator(tx.session, {**values, **made_of, **place, **stamps})
    after = {**given, "source": source}
    await record(tx, "indicator.create", Subject("indicator", indicator_id, unit), change=(None, after))
    return indicator_id


async def edit(tx: Tx, indicator_id: UUID, expected: int | None, data: IndicatorPatch) -> IndicatorOut:
    """Change an entry; once used, only its end and position. Raises 403, 404, 409, 412, 422."""
    row = await _managed(tx, indicator_id)
    check_version(expected, row.version)
    given = data.model_dump(exclude_unset=True)
    refuse_null(given, *(name for name in given if name != "valid_to"))
    changed = {name: value for name, value in given.items() if value != getattr(row, name)}
    _check_days({name: getattr(row, name) for name in ("valid_from", "valid_to")} | changed)
    last_use = await queries.last_use(tx.session, row.id)
    if last_use is not None:
        if not changed.keys() <= _ALWAYS:
            raise InvalidState(_USED, [FieldError(f"/{name}", "in_use", _USED) for name in changed.keys() - _ALWAYS])
        if changed.get("valid_to") is not None and changed["valid_to"] <= last_use:
            raise Invalid(errors=[FieldError("/valid_to", "in_use", _USED_LATER.fill(day=last_use))])
    before = {name: getattr(row, name) for name in changed}
    await queries.change_indicator(tx.session, row.id, {**changed, "updated_at": tx.now})
    await record(tx, "indicator.edit", Subject("indicator", row.id, _unit(row)), change=(before, changed))
    return await read(tx, row.id)


async def _managed(tx: Tx, indicator_id: UUID) -> AnyRow:
    """The entry, locked, when the caller keeps its catalogue. Raises 404 where there is none, 403 (all may read)."""
    row = await queries.indicator(tx.session, indicator_id)
    if not tx.actor.can(_MANAGE, _unit(row)):
        raise Forbidden(_KEPT_BY_OTHERS, permission=_MANAGE.value)
    return await queries.indicator(tx.session, indicator_id, lock=True)


def _check_days(values: Mapping[str, Any]) -> None:
    if values["valid_to"] is not None and values["valid_to"] <= values["valid_from"]:
        raise Invalid(errors=[FieldError("/valid_to", "before_valid_from", _ENDS)])


def _made_of(body: IndicatorBody, serving: Mapping[str, AnyRow]) -> dict[str, UUID | None]:
    """The two counts of a ratio by their ids, both null for a count."""
    named = {"part": body.part, "whole": body.whole}
    if body.kind == "count":
        faults = [FieldError(f"/{n}", "not_applicable", _COUNT_HAS_NONE) for n, code in named.items() if code]
    else:
        faults = [FieldError(f"/{n}", "missing", _RATIO_NEEDS) for n, code in named.items() if not code]
        counts = {code for code, row in serving.items() if row.kind == "count"}
        faults += [
            FieldError(f"/{n}", "not_found", _NO_COUNT) for n, code in named.items() if code and code not in counts
        ]
        if not faults and body.part == body.whole:
            faults = [FieldError("/whole", "same_as_part", _SAME_COUNT)]
    if faults:
        raise Invalid(errors=faults)
    return {f"{n}_id": serving[code].id if code else None for n, code in named.items()}
