"""Writing the event log, in the same function and transaction as the change it tells of, and showing its entries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import insert

from app.access.actor import Tx, UnitRef
from app.audit.models import AuditEvent
from app.audit.schemas import AuditActor, AuditEventOut, AuditUnit
from app.kernel.db import AnyRow
from app.kernel.ids import new_id

# Built once: every write of the product runs it.
_INSERT = insert(AuditEvent).inline()

Values = Mapping[str, Any]
READING: Final = ".read"
"""How verbs end that changed nothing: the feed of changes does not tell of them."""


def _plain(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """``values`` as JSON knows them; dates and identifiers as text."""
    return None if values is None else orjson.loads(orjson.dumps(dict(values), default=str))


@dataclass(frozen=True, slots=True)
class Subject:
    """What was acted on: its kind, its id, and the unit it belongs to."""

    kind: str
    id: UUID | None
    unit: UnitRef


async def record(
    tx: Tx,
    verb: str,
    subject: Subject,
    *,
    change: tuple[Values | None, Values | None] = (None, None),
    note: str | None = None,
) -> None:
    """Append one event: the transaction's actor did ``verb`` to ``subject``. ``change`` = (before, after)."""
    before, after = change
    values = {"note": note, "before": _plain(before), "after": _plain(after)}
    await tx.session.execute(_INSERT, {**event(tx, verb, subject), **values})


def event(tx: Tx, verb: str, subject: Subject) -> dict[str, Any]:
    """The columns of an event but for ``note``, ``before`` and ``after``."""
    return {
        "id": new_id(),
        "at": tx.now,
        "actor_kind": tx.actor.kind,
        "actor_id": tx.actor.id,
        "actor_name": tx.actor.name,
        "session_id": tx.actor.session_id,
        "key_id": tx.actor.key_id,
        "key_name": tx.actor.key_name,
        "request_id": tx.request_id,
        "verb": verb,
        "subject_kind": subject.kind,
        "subject_id": subject.id,
        "unit_id": subject.unit.id,
        "unit_path": subject.unit.path,
        "path_then": subject.unit.path,
    }


async def record_reading(tx: Tx, kind: str, shown: Sequence[tuple[UnitRef, UUID]]) -> None:
    """Append that the transaction's actor was shown records of ``kind``: one event for each unit they belong to.

    For what people are named in. The route says ``requires(..., recorded=True)``. One record alone is the event's
    subject; of a list, ``after`` holds the ids.
    """
    by_unit: dict[UnitRef, list[UUID]] = {}
    for unit, record_id in shown:
        by_unit.setdefault(unit, []).append(record_id)
    events = []
    for unit, ids in by_unit.items():
        alone = len(shown) == 1
        told = event(tx, f"{kind}{READING}", Subject(kind, ids[0] if alone else None, unit))
        events.append({**told, "note": None, "before": None, "after": None if alone else _plain({"ids": ids})})
    if events:
        await tx.session.execute(_INSERT, events)


def present(row: AnyRow) -> AuditEventOut:
    """An event as it travels: without paths, which are nobody's business outside."""
    return AuditEventOut.model_construct(
        **{name: value for name, value in row._asdict().items() if name in AuditEventOut.model_fields},
        actor=AuditActor.model_construct(kind=row.actor_kind, id=row.actor_id, name=row.actor_name),
        unit=AuditUnit.model_construct(id=row.unit_id, code=row.unit_code, name=row.unit_name),
    )
