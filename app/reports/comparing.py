"""Sealed against live: what has changed since a report was submitted, figure by figure and record by record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from app.access.actor import Tx
from app.forms.answers import FormAnswer, Value
from app.reports import queries
from app.reports.addresses import AddressedCell, addressed
from app.reports.figures import rendered
from app.reports.queries_records import SEALED
from app.reports.schemas_seals import CellChange, DiffOut, RecordChange, RecordChanges, SectionChange
from app.reports.seal import changed_records, collections_behind, listed_records, looked_at, read_body, sealed_form
from app.reports.sealing import body, snapshot

_MOST: Final = 1_000
"""Changes of one kind that an answer lists; ``..._total`` counts all."""


async def diff(tx: Tx, report_id: UUID) -> DiffOut:
    """The newest seal against the figures, texts and records of now. Raises 404."""
    report = await queries.get(tx.session, report_id)
    row = await body(tx, report_id, None)
    sealed = read_body(row.body)
    taken = await snapshot(tx, report)
    texts = await rendered(tx, taken.source, await queries.sections(tx.session, report_id))
    cells = _cell_changes(
        [sealed_form(form, row.sealed_at) for form in sealed["forms"]],
        taken.forms,
        SealedLists(f"/api/v1/reports/{report_id}/seal/records?sequence={row.sequence}", collections_behind(sealed)),
    )
    sections = _section_changes(sealed["sections"], texts.texts)
    known = looked_at(sealed, SEALED)
    now = listed_records((record for record in taken.records if record[0] in known), known)
    records = changed_records(sealed["records"], now)
    shown = {
        kind: [RecordChange.of({**found, "id": UUID(found["id"])}) for found in items[:_MOST]]
        for kind, items in records.items()
    }
    totals = {f"{kind}_total": len(items) for kind, items in records.items()}
    return DiffOut.of(
        {
            **{name: getattr(row, name) for name in ("report_id", "sequence", "digest", "sealed_at")},
            "unchanged": not (cells or sections or any(records.values())),
            "cells": cells[:_MOST],
            "cells_total": len(cells),
            "sections": sections,
            "records": RecordChanges.of({**shown, **totals}),
            "compared_at": tx.now,
            "version": row.sequence,
        }
    )


class SealedLists(NamedTuple):
    """Where the records of a seal are listed, and from which collections each column of its forms is counted."""

    address: str
    collections: Mapping[tuple[int, str, str], Sequence[str]]

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
        if (before[address].value if address in before else None)
        != (after[address].value if address in after else None)
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
            "records": live.records if live else None,
            "sealed_records": lists.of(sealed),
        }
    )


def _section_changes(sealed: Mapping[str, str], live: Mapping[str, str]) -> list[SectionChange]:
    return [
        SectionChange.of({"code": code, "sealed": sealed.get(code), "live": live.get(code)})
        for code in dict.fromkeys([*sealed, *live])
        if sealed.get(code) != live.get(code)
    ]
