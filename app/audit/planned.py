"""What a verb is going to write, put down before any of it is written: rows, and the events that tell of them.

Single verbs write as they go. Whoever takes in many records at once first lets every one of them be checked, learns all
that is wrong, and then writes the good ones together: ``plan`` functions of the slices make plans by the same rules as
their single verbs, and :func:`carry_out` writes them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Table

from app.access.actor import Tx, UnitRef
from app.audit.models import AuditEvent
from app.audit.service import Subject, Values, event
from app.kernel.bulk import insert_mixed, insert_rows
from app.kernel.db import Session
from app.kernel.errors import DomainError

DataT = TypeVar("DataT")


@dataclass(slots=True)
class Plan:
    """Rows to be inserted, in their order, with the events of it."""

    rows: list[tuple[Table, Mapping[str, Any]]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)

    def insert(self, model: Any, *rows: Mapping[str, Any]) -> None:
        """Insert ``rows`` into the table of ``model``."""
        table: Table = model.__table__
        self.rows += [(table, row) for row in rows]

    def record(self, tx: Tx, verb: str, subject: Subject, change: tuple[Values | None, Values | None]) -> None:
        """Append one event, as ``audit.service.record`` does."""
        before, after = change
        self.events.append({**event(tx, verb, subject), "note": None, "before": before, "after": after})


@dataclass(slots=True)
class Entry(Generic[DataT]):
    """One record that is to be made for ``unit`` under ``id``: what was sent, and the plan or fault it came to."""

    unit: UnitRef
    id: UUID
    data: DataT
    plan: Plan | None = None
    fault: DomainError | None = None

    def settle(self, check: "Callable[[Entry[DataT]], Plan]") -> None:
        """Keep what ``check`` plans for this, or why it refuses."""
        try:
            self.plan = check(self)
        except DomainError as fault:
            self.fault = fault


async def carry_out(session: Session, plans: Iterable[Plan]) -> None:
    """Write ``plans``: all rows of a table at once."""
    found = list(plans)
    await insert_mixed(session, (row for plan in found for row in plan.rows))
    await insert_rows(session, AuditEvent.__table__, [event for plan in found for event in plan.events])  # type: ignore[arg-type]
