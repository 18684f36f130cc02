"""The next version of a set, and the map by which results compare across versions."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.access.actor import Tx
from app.audit.service import Subject, record
from app.criteria import queries
from app.criteria.document import file_of
from app.criteria.schemas import CriteriaSetOut
from app.criteria.service import draft, managed, read, start, unit_of
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, Text
from app.kernel.schema import Code, In, Out

_FROM_DRAFT = Text(
    "Phiên bản tiếp theo chỉ bắt đầu từ một bộ đã ban hành; bản nháp thì sửa trực tiếp",
    "The next version starts from a published set; a draft is changed itself",
)
_FIRST = Text("Phiên bản này không được tạo từ phiên bản trước", "This version was not made from another one")
_UNKNOWN = Text("Không có tiêu chí “{code}” trong phiên bản {which}", "No criterion “{code}” in the {which} version")
_TWICE = Text("Tiêu chí “{code}” đã nêu ở trên", "The criterion “{code}” stands above already")


class MapItem(In):
    """Where an old criterion lives on."""

    old: Annotated[Code, Field(description="Code in the previous version")]
    new: Annotated[list[Code], Field(max_length=100, description="Codes in this version; empty = dropped")]


class MapIn(In):
    """The whole map; an old criterion that is not named is dropped."""

    items: Annotated[list[MapItem], Field(max_length=1_000)]


class MapItemOut(Out):
    """Where an old criterion lives on."""

    old: str
    new: list[str]


class MapOut(Out):
    """The map old criterion -> new criteria that leads to a version."""

    previous_id: Annotated[UUID | None, Field(description="The version that this one was made from")]
    items: Annotated[list[MapItemOut], Field(description="Every criterion of the previous version, in its order")]
    added: Annotated[list[str], Field(description="Criteria of this version that no old one leads to")]
    version: Annotated[int, Field(description="Of the set, for `If-Match`")]


async def next_version(tx: Tx, set_id: UUID) -> CriteriaSetOut:
    """Start the next version as a copy, mapped onto this one. Raises 403, 404, 409 (a draft, or one is under way)."""
    row = await managed(tx, set_id)
    if row.status == "draft":
        raise InvalidState(_FROM_DRAFT, current_status=row.status)
    whole = file_of(row, *await queries.contents(tx.session, row.id))
    existing = await queries.versions(tx.session, row.unit_id, row.code)
    made = await start(tx, unit_of(row), whole, set_version=existing[-1].set_version + 1, previous=row.id)
    return await read(tx, made)


async def read_map(tx: Tx, set_id: UUID) -> MapOut:
    """The map that leads to the set; empty for a first version. Raises 404."""
    row = await queries.get(tx.session, set_id)
    old, new = await _criteria(tx, row)
    codes = {criterion.id: criterion.code for criterion in new}
    leads: dict[UUID, list[UUID]] = {}
    for source, target in await queries.mapped(tx.session, row.id):
        leads.setdefault(source, []).append(target)
    reached = {target for targets in leads.values() for target in targets}
    return MapOut(
        previous_id=row.previous_id,
        items=[
            # In the order of the new set: the order of the rows says nothing.
            MapItemOut(old=criterion.code, new=[codes[id_] for id_ in codes if id_ in leads.get(criterion.id, ())])
            for criterion in old
        ],
        added=[criterion.code for criterion in new if criterion.id not in reached],
        version=row.version,
    )


async def _criteria(tx: Tx, row: AnyRow) -> tuple[Sequence[AnyRow], Sequence[AnyRow]]:
    old = (await queries.contents(tx.session, row.previous_id))[1] if row.previous_id else []
    return old, (await queries.contents(tx.session, row.id))[1]


async def write_map(tx: Tx, set_id: UUID, expected: int | None, data: MapIn) -> MapOut:
    """Replace the map of a draft. Raises 403, 404, 409 ``invalid_state``, 412, 422 by pointer."""
    row = await draft(tx, set_id, expected)
    if row.previous_id is None:
        raise InvalidState(_FIRST, current_status=row.status)
    before = await read_map(tx, row.id)
    old, new = await _criteria(tx, row)
    sources, targets = ({criterion.code: criterion.id for criterion in rows} for rows in (old, new))
    errors = list(_faults(data, sources, targets))
    if errors:
        raise Invalid(errors=errors[:100])
    pairs = [(sources[item.old], targets[code]) for item in data.items for code in item.new]
    common = {"unit_id": row.unit_id, "unit_path": row.unit_path, "set_id": row.id}
    await queries.map_to(tx.session, common, pairs)
    await queries.change(tx.session, row.id, {"updated_at": tx.now})
    after = await read_map(tx, row.id)
    change = (before.model_dump(include={"items"}), after.model_dump(include={"items"}))
    await record(tx, "criteria_set.map", Subject("criteria_set", row.id, unit_of(row)), change=change)
    return after


def _faults(data: MapIn, sources: dict[str, Any], targets: dict[str, Any]) -> Iterator[FieldError]:
    seen: set[str] = set()
    for i, item in enumerate(data.items):
        if item.old not in sources:
            text = Text(
                _UNKNOWN.vi.format(code=item.old, which="trước"), _UNKNOWN.en.format(code=item.old, which="previous")
            )
            yield FieldError(f"/items/{i}/old", "unknown_criterion", text)
        elif item.old in seen:
            yield FieldError(f"/items/{i}/old", "repeated", _TWICE.fill(code=item.old))
        seen.add(item.old)
        for j, code in enumerate(item.new):
            if code not in targets:
                text = Text(_UNKNOWN.vi.format(code=code, which="này"), _UNKNOWN.en.format(code=code, which="present"))
                yield FieldError(f"/items/{i}/new/{j}", "unknown_criterion", text)
            elif code in item.new[:j]:
                yield FieldError(f"/items/{i}/new/{j}", "repeated", _TWICE.fill(code=code))
