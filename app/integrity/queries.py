"""All SQL of the look-over: one statement for each check, with its count and its first samples."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import text

from app.kernel.db import AnyRow, Session
from app.kernel.integrity import COLUMNS, Check
from app.kernel.locks import LockSpace

MOST_SAMPLES: Final = 20
_LIMIT = text("SELECT set_config('statement_timeout', :milliseconds, true)")
_ALONE = text("SELECT pg_try_advisory_xact_lock(:space, 0)")
_IN_SCOPE: Final = (
    "u.path >= current_setting('app.scope_from', true) AND u.path < current_setting('app.scope_to', true)"
    " AND (current_setting('app.scope_list', true) = ''"
    " OR u.path ^@ ANY (string_to_array(current_setting('app.scope_list', true), ' ')))"
)
"""Reference data is readable by everyone: what is wrong with it is told to those who look after its unit."""


async def alone(session: Session) -> bool:
    """Whether nobody else is looking over this database; nobody else will, until the transaction ends."""
    return bool(await session.scalar(_ALONE, {"space": LockSpace.INTEGRITY}))


async def give(session: Session, seconds: float) -> None:
    """Let the statements that follow take no longer than that."""
    await session.execute(_LIMIT, {"milliseconds": str(max(1, int(seconds * 1_000)))})


async def statement_of(session: Session, check: Check) -> str:
    """The check's rows; of several tables, one after the other."""
    if not check.each:
        return check.rows
    places = await session.execute(text(check.each))
    return " UNION ALL ".join(check.rows.format(**row._asdict()) for row in places)


async def broken(session: Session, check: Check, today: date, *, whole: bool) -> Sequence[AnyRow]:
    """The first rows that break the rule, each with the count of all of them as ``total``."""
    rows = await statement_of(session, check)
    if not rows:
        return []
    fenced = "" if whole or check.reach == "installation" else f" WHERE {_IN_SCOPE}"
    statement = (
        f"SELECT count(*) OVER () AS total, bad.*, u.code, u.name FROM ({rows}) AS bad ({', '.join(COLUMNS)})"  # noqa: S608
        f" LEFT JOIN units u ON u.id = bad.unit_id{fenced} ORDER BY u.path, bad.kind, bad.id LIMIT {MOST_SAMPLES}"
    )
    return (await session.execute(text(statement), {"today": today} if ":today" in rows else {})).all()
