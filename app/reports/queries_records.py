"""The records behind a report's figures, of all measures at once: exactly those that are counted.

The predicates are those of the measures, so that the list and the figures cannot differ.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import CompoundSelect, String, bindparam, cast, literal, select, union

from app.access.actor import Tx
from app.reports.seal import Counted
from app.statistics.cells import Ground
from app.statistics.declarations import Measure
from app.statistics.measures import MEASURES
from app.statistics.service import bound

_NOT_RECORDS: Final = frozenset({"obligations", "units"})
"""What moves by submitting itself, and what nobody records."""


def _counted(measure: Measure) -> Any:
    key = select(measure.record.id).selected_columns[0]
    version = key.table.c["version"]
    return (
        select(literal(measure.record.resource).label("resource"), cast(key, String).label("id"), version)
        .select_from(measure.source)
        .where(
            measure.counts,
            measure.period["campaign"],
            measure.path >= bindparam("path_from"),
            measure.path < bindparam("path_to"),
        )
    )


@cache
def _all() -> CompoundSelect[Any]:
    """One statement, so that all of it is seen at one instant. Parts of a record count with the record itself."""
    return union(
        *(
            _counted(measure)
            for measure in MEASURES.values()
            if measure.record.part is None and measure.record.resource not in _NOT_RECORDS
        )
    )


async def counted(tx: Tx, ground: Ground) -> list[Counted]:
    """The records that are counted for the unit and campaign of ``ground``, with their versions."""
    values = bound(tx, ground.row, {"campaign": ground.campaign_id}, campaign=True, year=None)
    rows = await tx.session.execute(_all(), values)
    return sorted((row.resource, row.id, row.version) for row in rows)
