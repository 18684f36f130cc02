"""Mending what can be mended without asking: the check's own SQL, kept only when the rule holds after it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text

from app.access.actor import SYSTEM, Tx, UnitRef
from app.audit.service import Subject, record
from app.identity.opening import open_as_system
from app.integrity.checks import CHECKS
from app.integrity.service import Bounds, Found, running
from app.kernel.clock import Clock
from app.kernel.db import Session
from app.kernel.integrity import Check

_ROOT: Final = text("SELECT id, path, level FROM units WHERE parent_id IS NULL ORDER BY path LIMIT 1")
_AS_OWNER: Final = text("SELECT set_config('role', 'none', true)")


class NotMended(Exception):
    """What stands as it did, and why."""


@dataclass(frozen=True, slots=True)
class Mended:
    """How many broke the rule, and what still does not hold elsewhere."""

    count: int
    others: list[Found]


def mendable(code: str) -> Check:
    """The check of that code. Raises :class:`NotMended` for none, or one that needs somebody's judgement."""
    check = CHECKS.get(code)
    if check is None:
        raise NotMended(f"There is no check {code}.")
    if not check.mend:
        raise NotMended(f"{code} needs your judgement. {check.remedy.en}")
    return check


async def mend(session: Session, check: Check, clock: Clock) -> Mended:
    """Mend as the role that owns the tables, within the whole fence. The caller's transaction keeps it or not.

    Raises :class:`NotMended` when the rule does not hold after it, or another one no longer does.
    """
    await open_as_system(session)
    tx = Tx(session, SYSTEM, clock.now(), "cli")
    before = await _broken(tx)
    if check.code not in before:
        return Mended(0, list(before.values()))
    await carry_out(session, check)
    after = await _broken(tx)
    if check.code in after:
        raise NotMended(f"{after[check.code].count} still break the rule: nothing was changed. {check.remedy.en}")
    worse = [code for code in after if code not in before]
    if worse:
        raise NotMended(f"It would break {', '.join(worse)}: nothing was changed.")
    count = before[check.code].count or 0
    await _log(tx, check, count)
    return Mended(count, list(after.values()))


async def carry_out(session: Session, check: Check) -> None:
    """Run the check's SQL as the role that owns the tables; keys that it breaks are told here, not at the commit."""
    await session.execute(_AS_OWNER)
    for statement in _statements(check.mend):
        await session.exec_driver_sql(statement)
    await session.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    await open_as_system(session)


def _statements(mend: str) -> list[str]:
    return [mend] if mend.startswith("DO ") else [part for part in mend.split(";") if part.strip()]


async def _broken(tx: Tx) -> dict[str, Found]:
    found = [one async for one in running(tx, CHECKS.values(), Bounds())]
    return {one.check.code: one for one in found if one.status == "broken"}


async def _log(tx: Tx, check: Check, count: int) -> None:
    root = (await tx.session.execute(_ROOT)).one()
    root_id: UUID = root.id
    subject = Subject("unit", root_id, UnitRef(root_id, root.path, root.level))
    await record(tx, "integrity.mend", subject, change=(None, {"check": check.code, "rows": count}))
