"""Sealed against live: what has changed since a report was submitted, figure by figure and record by record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from app.access.actor import Tx
from app.forms.answers import FormAnswer, Value
from app.kernel.db import AnyRow
from app.reports import queries
from app.reports.addresses import AddressedCell, addressed
from app.reports.figures import rendered
from app.reports.queries_records import SEALED, live_records
from app.reports.schemas_seals import CellChange, DiffOut, RecordChange, RecordChanges, SectionChange
from app.reports.seal import changed_records, collections_behind, listed_records, looked_at, read_body, sealed_form
from app.reports.sealing import body, snapshot
from app.reports.then import map_of
from app.statistics.former import Area

SealedVersions: TypeAlias = Mapping[str, Sequence[Sequence[Any]]]
"""Records by collection, each as [id, version]."""
_MOST: Final = 1_000
"""Changes of one kind that an answer lists; ``..._total`` counts all."""


async def diff(tx: Tx, report_id: UUID) -> DiffOut:
    """The newest seal against the figures, texts and records of now, on the map of the seal. Raises 404."""
    report = await queries.get(tx.session, report_id)
    row = await body(tx, report_id, None)
    sealed = read_body(row.body)
    basis = await map_of(tx, report, row.sealed_at)
    if basis.compared:
        found = await _compared(tx, report, row, basis.area)
    else:
        found = Differences([], [], changed_records(*await _readable(tx, sealed["records"])))
    shown = {
        kind: [RecordChange.of({**item, "id": UUID(item["id"])}) for item in items[:_MOST]]
        for kind, items in found.records.items()
    }
    totals = {f"{kind}_total": len(items) for kind, items in found.records.items()}
    return DiffOut.of(
        {
            **{name: getattr(row, name) for name in ("report_id", "sequence", "digest", "sealed_at")},
            "unchanged": basis.compared and not (found.cells or found.sections or any(found.records.values())),
            "compared": basis.compared,
            "notes": basis.notes,
            "cells": found.cells[:_MOST],
            "cells_total": len(found.cells),
            "sections": found.sections,
            "records": RecordChanges.of({**shown, **totals}),
            "compared_at": tx.now,
            "version": row.sequence,
        }
    )


class Differences(NamedTuple):
    """What differs: figures, texts, and records as :func:`changed_records` has them."""

    cells: list[CellChange]
    sections: list[SectionChange]
    records: Mapping[str, list[dict[str, Any]]]


async def _compared(tx: Tx, report: AnyRow, row: AnyRow, area: Area | None) -> Differences:
    """What the seal in ``row`` says against what ``area`` (none = the unit's of today) has now."""
    sealed = read_body(row.body)
    taken = await snapshot(tx, report, area)
    texts = await rendered(tx, taken.source, await queries.sections(tx.session, report.id))
    address = f"/api/v1/reports/{report.id}/seal/records?sequence={row.sequence}"
    cells = _cell_changes(
        [sealed_form(form, row.sealed_at) for form in sealed["forms"]],
        taken.forms,
        SealedLists(address, collections_behind(sealed), moved=area is not None),
    )
    known = looked_at(sealed, SEALED)
    now = listed_records((record for record in taken.records if record[0] in known), known)
    records = changed_records(sealed["records"], now)
    await _find(tx, records["removed"])
    return Differences(cells, _section_changes(sealed["sections"], texts.texts), records)


async def _find(tx: Tx, removed: Iterable[dict[str, Any]]) -> None:
    """Tell of records that are no longer counted in which version they still exist."""
    every = list(removed)
    ids: dict[str, list[UUID]] = {}
    for item in every:
        ids.setdefault(item["resource"], []).append(UUID(item["id"]))
    rows = await live_records(tx.session, ids) if ids else ()
    versions = {(row.resource, str(row.id)): row.version for row in rows}
    for item in every:
        item["live_version"] = versions.get((item["resource"], item["id"]))


async def _readable(tx: Tx, sealed: SealedVersions) -> tuple[SealedVersions, SealedVersions]:
    """The sealed records that the caller can read today, as they were sealed and as they are."""
    ids = {resource: [UUID(key) for key, _ in items] for resource, items in sealed.items() if resource in SEALED}
    rows = await live_records(tx.session, ids)
    versions = {(row.resource, str(row.id)): row.version for row in rows}
    before: dict[str, list[list[Any]]] = {resource: [] for resource in sealed}
    now: dict[str, list[list[Any]]] = {resource: [] for resource in sealed}
    for resource, items in sealed.items():
        for key, version in items:
            if (resource, key) in versions:
                before[resource].append([key, version])
                now[resource].append([key, versions[resource, key]])
    return before, now


class SealedLists(NamedTuple):
    """Where the records of a seal are listed, and from which collections each column of its forms is counted."""

    address: str
    collections: Mapping[tuple[int, str, str], Sequence[str]]
    moved: bool
    """Whether the area of the figures is another than the one whose records are listed by the unit today."""

    def of(self, cell: AddressedCell | None) -> str | None:
        """The list of the kind that ``cell`` counts: of all kinds where the seal does not say of which, or several."""
        if cell is None:
            return None
        found = self.collections.get((cell.form, cell.table, cell.column))
        if found is None:
            return self.address
        listed = [resource for resource in found if resource in SEALED]
        return (
            f"{self.address}&resource={listed[0]}" if len(found) == 1 and listed else self.address if listed else None
        )


def _cell_changes(sealed: Iterable[FormAnswer], live: Iterable[FormAnswer], lists: SealedLists) -> list[CellChange]:
    before = {cell.address: cell for cell in addressed(sealed)}
    after = {cell.address: cell for cell in addressed(live)}
    every = dict.fromkeys([*before, *after])
    return [
        _cell_change(before.get(address), after.get(address), lists)
        for address in every
        if _value(before, address) != _value(after, address)
    ]


def _value(cells: Mapping[str, AddressedCell], address: str) -> Value:
    return cells[address].value if address in cells else None


def _cell_change(sealed: AddressedCell | None, live: AddressedCell | None, lists: SealedLists) -> CellChange:
    known = live or sealed
    assert known is not None
    old, new = sealed.value if sealed else None, live.value if live else None
    numbers = isinstance(old, int | float) and isinstance(new, int | float)
    names = ("address", "form", "table", "row", "column", "row_title", "column_title")
    return CellChange.of(
        {
            **{name: getattr(known, name) for name in names},
            "sealed": old,
            "live": new,
            "difference": round(new - old, 6) if numbers else None,  # type: ignore[operator]
            "records": live.records if live and not lists.moved else None,
            "sealed_records": lists.of(sealed),
        }
    )


def _section_changes(sealed: Mapping[str, str], live: Mapping[str, str]) -> list[SectionChange]:
    return [
        SectionChange.of({"code": code, "sealed": sealed.get(code), "live": live.get(code)})
        for code in dict.fromkeys([*sealed, *live])
        if sealed.get(code) != live.get(code)
    ]
