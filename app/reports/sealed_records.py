"""The records that a seal counted, page by page: as they were sealed, beside what has become of them."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx
from app.kernel.clock import local_date
from app.kernel.db import AnyRow
from app.kernel.pagination import PageRows, digest_of, read_cursor, write_cursor
from app.reports.queries_records import live_records, live_records_below
from app.reports.schemas_seals import SealedRecord, SealRecordsQuery
from app.reports.seal import read_body
from app.reports.sealing import body
from app.statistics.whose import whose

Place = tuple[str, UUID]
"""A sealed record: its collection and its id."""

_KEYS: Final = (str, UUID)


async def sealed_records(tx: Tx, report_id: UUID, query: SealRecordsQuery) -> PageRows:
    """A page of the records that were counted when the report was sealed. Raises 404, 422 ``invalid_cursor``."""
    seal = await body(tx, report_id, query.sequence)
    listed: Mapping[str, Sequence[Sequence[Any]]] = read_body(seal.body)["records"]
    versions = {
        (resource, UUID(key)): int(version)
        for resource, items in sorted(listed.items())
        if query.resource in {None, resource}
        for key, version in items
    }
    # A cursor belongs to one seal: where none is named, a later submission makes another one the newest.
    digest = digest_of(str(seal.sequence), {"resource": query.resource, "unit": query.unit, "report": report_id})
    after: Place | None = None
    if query.cursor is not None:
        resource, key = read_cursor(query.cursor, digest, _KEYS)
        after = resource, key
    if query.unit is None:
        places, live, total = await _all(tx, list(versions), after, query.limit)
    else:
        places, live, total = await _below(tx, list(versions), after, query)
    shown = places[: query.limit]
    cursor = write_cursor(digest, shown[-1]) if len(places) > query.limit else None
    items = await _shown(tx, seal, {place: versions[place] for place in shown}, live)
    return PageRows(items, cursor, total if query.include_total else None)


_Found = tuple[Sequence[Place], Mapping[Place, AnyRow], int]


async def _all(tx: Tx, places: Sequence[Place], after: Place | None, limit: int) -> _Found:
    """As sealed, also what can no longer be read."""
    first = bisect_right(places, after) if after else 0
    found = places[first : first + limit + 1]
    rows = await live_records(tx.session, _by_collection(found))
    return found, {(row.resource, row.id): row for row in rows}, len(places)


async def _below(tx: Tx, places: Sequence[Place], after: Place | None, query: SealRecordsQuery) -> _Found:
    """Of a unit and all below it, as the tree is today."""
    assert query.unit is not None
    rows = await live_records_below(tx.session, _by_collection(places), query.unit, after, query.limit + 1)
    live = {(row.resource, row.id): row for row in rows}
    return list(live), live, rows[0].total if rows else 0


def _by_collection(places: Sequence[Place]) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for resource, key in places:
        found.setdefault(resource, []).append(key)
    return found


async def _shown(tx: Tx, seal: AnyRow, sealed: Mapping[Place, int], live: Mapping[Place, AnyRow]) -> list[Any]:
    # A record that was taken back since may have lost its day: then it is that of the seal.
    owned = {
        place: (live[place].unit_id, local_date(live[place].at or seal.sealed_at)) for place in sealed if place in live
    }
    units = await whose(tx.session, owned.values(), {"today": tx.today})
    found: list[Any] = []
    for place, version in sealed.items():
        resource, key = place
        now = live[place].version if place in live else None
        of = units[owned[place]] if place in owned else None
        found.append(
            SealedRecord.of(
                {
                    "resource": resource,
                    "id": key,
                    "href": f"/api/v1/{resource}/{key}",
                    "sealed_version": version,
                    "live_version": now,
                    "changed": now != version,
                    "unit_then": of and of.then,
                    "unit_now": of and of.now,
                }
            )
        )
    return found
