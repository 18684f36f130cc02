"""Loading units from a CSV: all of it or nothing, every mistake by its line, the same file twice changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.kernel.db import AnyRow
from app.kernel.ids import new_id
from app.units import loading_queries as queries
from app.units.base_units import FIRST_DAY
from app.units.csvfile import parse
from app.units.csvtree import ErrorLimitError, LineError, Reading, UnitRow
from app.units.facts import beneath, describe

__all__ = ["LineError", "LoadReport", "Root", "ensure_root", "load_units"]

Progress = Callable[[int, int], None]
"""Told how many of how many units have been written."""

_CHUNK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Root:
    """The unit of the central level, above the provinces, that no file brings."""

    code: str = "BCA"
    name: str = "Bộ Công an"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did: ``created`` and ``unchanged`` count rows of the file. With ``errors``, nothing was written."""

    created: int
    unchanged: int
    errors: tuple[LineError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """A unit that stands in the tree, already stored or about to be."""

    id: UUID
    path: str


@dataclass(slots=True)
class _Batch:
    """What is about to be written."""

    units: list[dict[str, Any]] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)

    def add(self, tx: Tx, values: Mapping[str, Any], parent: _Place | None, since: date) -> _Place:
        """Take in a unit with the columns ``values`` (its label among them) under ``parent``."""
        path = beneath(parent.path if parent else "", values["label"])
        place = _Place(new_id(), path)
        shared = {**values, "path": path, "parent_id": parent.id if parent else None}
        self.units.append({"id": place.id, **shared, "created_at": tx.now, "updated_at": tx.now})
        self.facts.append({"id": new_id(), "unit_id": place.id, "valid_from": since, **shared})
        return place

    async def write(self, tx: Tx, on_progress: Progress | None) -> None:
        """Store everything, parents first."""
        for start in range(0, len(self.units), _CHUNK):
            part = slice(start, start + _CHUNK)
            await queries.add_all(tx.session, self.units[part], self.facts[part])
            if on_progress is not None:
                on_progress(min(start + _CHUNK, len(self.units)), len(self.units))


async def ensure_root(tx: Tx, *, valid_from: date, root: Root | None = None) -> UnitRef:
    """The living unit of the central level; made as ``root`` states, valid from ``valid_from``, if there is none.

    Raises ValueError when one has to be made for a date in the future or before 1900.
    """
    await queries.lock(tx.session)
    found = await queries.root(tx.session)
    if found is not None:
        return UnitRef(found.id, found.path, found.level)
    if wrong := _wrong_date(tx, valid_from):
        raise ValueError(wrong.en)
    batch = _Batch()
    made = await _new_root(tx, batch, valid_from, root or Root())
    await batch.write(tx, None)
    await _record_root(tx, made, root or Root())
    return made


async def load_units(
    tx: Tx, content: bytes, *, valid_from: date, root: Root | None = None, on_progress: Progress | None = None
) -> LoadReport:
    """Load the units of a CSV (``code,name,type,parent_code``) as facts that hold from ``valid_from`` on.

    Units above may be in the file or in the database; rows without one hang under the central level, which is made as
    ``root`` states if absent. A unit that is there already with the same facts counts as unchanged; one with other
    facts is an error: only a reorganisation changes units. Any error means that nothing was written.
    """
    await queries.lock(tx.session)
    top = await queries.root(tx.session)
    root = root or Root()
    if top is not None:
        tx.actor.require(Permission.UNIT_MANAGE, UnitRef(top.id, top.path, top.level))
    if wrong := _wrong_date(tx, valid_from):
        return LoadReport(0, 0, (wrong,))
    known = await queries.levels(tx.session)
    rows, errors = parse(content, {root.code: "central", **known} if top is None else known)
    if errors:
        return LoadReport(0, 0, tuple(errors))
    return await _load(tx, rows, _Load(valid_from, top, root, on_progress))


@dataclass(frozen=True, slots=True)
class _Load:
    """The circumstances of one load."""

    since: date
    top: AnyRow | None
    root: Root
    on_progress: Progress | None

    @property
    def root_code(self) -> str:
        """The code of the unit above the rows that name none."""
        return self.top.code if self.top is not None else self.root.code

    def parent_code(self, row: UnitRow) -> str:
        """The code of the unit above ``row``."""
        return row.parent_code or self.root_code


async def _load(tx: Tx, rows: Sequence[UnitRow], load: _Load) -> LoadReport:
    named = sorted({row.code for row in rows} | {load.parent_code(row) for row in rows})
    living = await queries.living(tx.session, named, load.since)
    new = [row for row in rows if row.code not in living]
    reading = Reading()
    try:
        _check(rows, load, living, reading)
        if new:
            await _check_codes(tx, new, load, reading)
    except ErrorLimitError:
        return LoadReport(0, 0, tuple(reading.errors))
    if reading.errors:
        return LoadReport(0, 0, tuple(sorted(reading.errors, key=lambda error: error.line)))
    if new:
        await _write(tx, new, load, living)
    return LoadReport(len(new), len(rows) - len(new))


def _check(rows: Sequence[UnitRow], load: _Load, living: Mapping[str, AnyRow], reading: Reading) -> None:
    """Refuse rows that say other things than the database, and those under a unit that was not there that day."""
    for row in rows:
        above = load.parent_code(row)
        stored, parent = living.get(row.code), living.get(above)
        if stored is not None:
            same = (stored.code_then, stored.name, stored.kind) == (row.code, row.name, row.kind)
            if not same or parent is None or stored.parent_id != parent.id:
                reading.refuse(_different(row, load.since))
        elif row.code == load.root_code:
            reading.refuse(_different(row, load.since))
        elif parent is not None and parent.path_then != parent.path:
            reading.refuse(_not_in_force(row, above, load.since))


async def _check_codes(tx: Tx, new: Sequence[UnitRow], load: _Load, reading: Reading) -> None:
    """Refuse codes that another unit, since ended or given another code, bears on that day or later."""
    borne = await queries.borne(tx.session, [row.code for row in new], load.since)
    for row in new:
        if row.code in borne:
            vi = f"Mã {row.code} còn thuộc đơn vị khác vào hoặc sau ngày {load.since}."
            en = f"Another unit bears the code {row.code} on or after {load.since}."
            reading.refuse(LineError(row.line, "code", "code_in_use", vi, en))


async def _write(tx: Tx, new: Sequence[UnitRow], load: _Load, living: Mapping[str, AnyRow]) -> None:
    batch = _Batch()
    places = {code: _Place(row.id, row.path) for code, row in living.items()}
    if load.top is not None:
        top = UnitRef(load.top.id, load.top.path, load.top.level)
    else:
        top = await _new_root(tx, batch, load.since, load.root)
    places[load.root_code] = _Place(top.id, top.path)
    for row, label in zip(new, await queries.new_labels(tx.session, len(new)), strict=True):
        values = {"label": label, **describe(row.code, row.name, row.kind)}
        places[row.code] = batch.add(tx, values, places[load.parent_code(row)], load.since)
    await batch.write(tx, load.on_progress)
    if load.top is None:
        await _record_root(tx, top, load.root)
    counts = {"created": len(new), "valid_from": load.since}
    await record(tx, "unit.load", Subject("unit", top.id, top), change=(None, counts))


async def _new_root(tx: Tx, batch: _Batch, since: date, root: Root) -> UnitRef:
    (label,) = await queries.new_labels(tx.session, 1)
    place = batch.add(tx, {"label": label, **describe(root.code, root.name, "ministry")}, None, since)
    return UnitRef(place.id, place.path, "central")


async def _record_root(tx: Tx, made: UnitRef, root: Root) -> None:
    await record(
        tx, "unit.create", Subject("unit", made.id, made), change=(None, {"code": root.code, "name": root.name})
    )


def _wrong_date(tx: Tx, day: date) -> LineError | None:
    if FIRST_DAY <= day <= tx.today:
        return None
    vi = f"Ngày hiệu lực {day} phải từ {FIRST_DAY} đến hôm nay ({tx.today})."
    en = f"The date {day} must lie between {FIRST_DAY} and today, {tx.today}."
    return LineError(1, None, "wrong_date", vi, en)


def _different(row: UnitRow, day: date) -> LineError:
    vi = f"Mã {row.code} đã có với thông tin khác vào ngày {day}; hãy dùng chức năng sắp xếp đơn vị hành chính."
    en = f"The code {row.code} was loaded with other facts for {day}; use a reorganisation."
    return LineError(row.line, None, "already_loaded_differently", vi, en)


def _not_in_force(row: UnitRow, above: str, day: date) -> LineError:
    vi = f"Đơn vị cấp trên {above} chưa có, hoặc chưa ở vị trí hiện nay, vào ngày {day}."
    en = f"The parent {above} did not exist, or not at its present place, on {day}."
    return LineError(row.line, "parent_code", "parent_not_in_force", vi, en)
