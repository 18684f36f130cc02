"""All SQL about attachments."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import String, bindparam, cast, delete, func, insert, literal, null, select

from app.attachments.models import Attachment
from app.attachments.subjects import KINDS
from app.campaigns.period_queries import locked_by
from app.criteria.models import Criterion
from app.evaluations.models import Evaluation
from app.kernel.db import AnyRow, AnySelect, Session
from app.kernel.errors import NotFound
from app.kernel.locks import LockSpace
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

_STATUS = func.coalesce(*(cast(k.model.status, String) for k in KINDS.values() if k.editable is not None))
_HANDED_IN = func.coalesce(*(k.handed_in for k in KINDS.values() if k.handed_in is not None))
_DAY = func.coalesce(*(k.day for k in KINDS.values() if k.day is not None))


def _selected() -> AnySelect:
    statement = select(
        *(column for column in Attachment.__table__.columns),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        Criterion.code.label("criterion_code"),
        _STATUS.label("subject_status"),
        _HANDED_IN.label("handed_in"),
        locked_by(Attachment.unit_id, _DAY).label("locked_by"),
    ).join(Unit, Unit.id == Attachment.unit_id)
    statement = statement.outerjoin(Criterion, Criterion.id == Attachment.criterion_id)
    for kind in KINDS.values():
        statement = statement.outerjoin(kind.model, kind.model.id == kind.column)
    return statement


_SELECT = _selected()
_ONE = _SELECT.where(Attachment.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Attachment)

LISTING = Listing(
    select=_SELECT,
    key=Attachment.id,
    sorts={
        "unit": (Attachment.unit_path,),
        "updated_at": (Attachment.updated_at,),
        "-updated_at": (Attachment.updated_at,),
    },
    filters={
        "unit": Attachment.unit_id == bindparam("unit"),
        "under": under_clause(Attachment.unit_path),
        "criterion": Attachment.criterion_id == bindparam("criterion"),
        "updated_since": Attachment.updated_at >= bindparam("updated_since"),
        **{name: kind.column == bindparam(name) for name, kind in KINDS.items()},
    },
)


async def get(session: Session, attachment_id: UUID, *, lock: bool = False) -> AnyRow:
    """One attachment with its unit and the state of its subject. 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": attachment_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


@lru_cache(maxsize=len(KINDS) * 2)
def _subject_statement(name: str, lock: bool) -> AnySelect:
    kind = KINDS[name]
    statement = select(
        kind.model.id,
        kind.model.unit_id,
        kind.model.unit_path,
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        (null() if kind.editable is None else kind.model.status).label("status"),
        (null() if kind.handed_in is None else kind.handed_in).label("handed_in"),
        (null() if kind.day is None else kind.day).label("day"),
    ).join(Unit, Unit.id == kind.model.unit_id)
    statement = statement.where(kind.model.id == bindparam("id"))
    # Shared: several files may come at once, but nobody submits the record meanwhile.
    return statement.with_for_update(of=kind.model, read=True) if lock else statement


async def subject(session: Session, name: str, record_id: UUID, *, lock: bool) -> AnyRow:
    """The record that a file is to stand on; ``lock`` keeps its state as it is meanwhile. 404 outside the fence."""
    row = (await session.execute(_subject_statement(name, lock), {"id": record_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


_OF_SET = (
    select(Criterion.id)
    .join(Evaluation, Evaluation.criteria_set_id == Criterion.set_id)
    .where(Evaluation.id == bindparam("evaluation"), Criterion.id == bindparam("criterion"))
)


async def is_criterion_of(session: Session, evaluation_id: UUID, criterion_id: UUID) -> bool:
    """Whether the criterion belongs to the set by which the evaluation is made."""
    given = {"evaluation": evaluation_id, "criterion": criterion_id}
    return (await session.execute(_OF_SET, given)).one_or_none() is not None


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an attachment."""
    await session.execute(insert(Attachment), dict(values))


async def remove(session: Session, attachment_id: UUID) -> None:
    """Delete an attachment's row; its content goes when nothing refers to it (``upkeep.py``)."""
    await session.execute(delete(Attachment).where(Attachment.id == attachment_id))


# --- the store ------------------------------------------------------------------------------------------------------

# Whoever inserts a row holds the lock shared from looking for the object until the commit; the clean-up holds it alone.
_NUMBER = literal(LockSpace.EVIDENCE.value)
_PRESENT = select(cast(func.pg_advisory_xact_lock_shared(_NUMBER), String))
_ALONE = select(cast(func.pg_advisory_xact_lock(_NUMBER), String))
_HASHES = select(Attachment.sha256, func.min(Attachment.size_bytes)).where(
    func.starts_with(Attachment.sha256, bindparam("prefix"))
)
_HASHES = _HASHES.group_by(Attachment.sha256)


async def keep_content(session: Session) -> None:
    """Keep the clean-up from removing content until this transaction ends. Look for the object afterwards."""
    await session.execute(_PRESENT)


async def clean_alone(session: Session) -> None:
    """Wait until nobody inserts rows under :func:`keep_content`, and keep others from beginning to."""
    await session.execute(_ALONE)


async def referred(session: Session, prefix: str) -> dict[str, int]:
    """Hashes that begin with ``prefix`` and that a row refers to, with the size of the content."""
    return {row[0]: row[1] for row in await session.execute(_HASHES, {"prefix": prefix})}
