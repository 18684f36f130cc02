"""All SQL about submissions that are worked off after the answer. (Finding units: ``queries_places.py``.)"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, bindparam, delete, insert, select, text, update

from app.kernel.bulk import insert_rows
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.submissions.models import Submission, SubmissionLine

_SELECT = select(*(column for column in Submission.__table__.columns))
_ONE = _SELECT.where(Submission.id == bindparam("id"))
_LOCKED = _ONE.with_for_update()
_FREE = _ONE.with_for_update(skip_locked=True)
_NEXT = (
    select(SubmissionLine.line, SubmissionLine.body)
    .where(SubmissionLine.submission_id == bindparam("id"), SubmissionLine.line > bindparam("after"))
    .order_by(SubmissionLine.line)
    .limit(bindparam("most", type_=Integer))
)
_RESULTS = text(
    "UPDATE submission_lines AS l SET body = NULL, stored = r.stored, result = CAST(r.result AS jsonb)"
    " FROM unnest(CAST(:lines AS integer[]), CAST(:stored AS boolean[]), CAST(:results AS text[]))"
    " AS r(line, stored, result) WHERE l.submission_id = :id AND l.line = r.line"
)
_STRANDED = select(Submission.id, Submission.caller_id, Submission.key_id).where(
    Submission.finished_at.is_(None), Submission.worked_at < bindparam("before")
)

LISTING = Listing(
    select=_SELECT,
    key=Submission.id,
    sorts={"-created_at": (Submission.created_at,)},
    filters={"status": Submission.status == bindparam("status")},
)
LINES = Listing(
    select=select(SubmissionLine.line, SubmissionLine.stored, SubmissionLine.result).where(
        SubmissionLine.result.is_not(None)
    ),
    key=SubmissionLine.line,
    sorts={"line": (SubmissionLine.line,)},
    filters={
        "submission": SubmissionLine.submission_id == bindparam("submission"),
        "stored": SubmissionLine.stored == bindparam("stored"),
    },
)


async def get(session: Session, submission_id: UUID, *, lock: bool = False) -> AnyRow:
    """One of the caller's submissions. Raises 404."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": submission_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def seize(session: Session, submission_id: UUID) -> "AnyRow | None":
    """The submission, for whoever works on it; None while another does, or when it is gone."""
    return (await session.execute(_FREE, {"id": submission_id})).one_or_none()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a submission."""
    await session.execute(insert(Submission), dict(values))


async def add_lines(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert lines as they were sent."""
    await insert_rows(session, SubmissionLine.__table__, rows)  # type: ignore[arg-type]


async def next_lines(session: Session, submission_id: UUID, after: int, most: int) -> Sequence[AnyRow]:
    """The next lines to be worked off, at most ``most``."""
    return (await session.execute(_NEXT, {"id": submission_id, "after": after, "most": most})).all()


async def put_results(session: Session, submission_id: UUID, found: Sequence[tuple[int, bool, str]]) -> None:
    """Put (line, stored, result as JSON) in the place of what was sent."""
    lines, stored, results = (list(column) for column in zip(*found, strict=True))
    await session.execute(_RESULTS, {"id": submission_id, "lines": lines, "stored": stored, "results": results})


async def change(session: Session, submission_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a submission that comes to another status, and count its version up."""
    statement = update(Submission).where(Submission.id == submission_id)
    await session.execute(statement.values(**values, version=Submission.version + 1))


async def advance(session: Session, submission_id: UUID, values: Mapping[str, Any]) -> None:
    """Update how far a running submission is. Its version stays, or nobody could cancel it between two steps."""
    await session.execute(update(Submission).where(Submission.id == submission_id).values(**values))


async def forget(session: Session, before: datetime) -> None:
    """Delete what was finished before then, with its lines. As the owning role."""
    await session.execute(delete(Submission).where(Submission.finished_at < before))


async def stranded(session: Session, before: datetime) -> Sequence[AnyRow]:
    """Unfinished submissions on which nobody has worked since. As the owning role."""
    return (await session.execute(_STRANDED, {"before": before})).all()
