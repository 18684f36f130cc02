"""Planned acts take effect on their day by themselves, in Asia/Ho_Chi_Minh, in the order of their days."""

from uuid import UUID

import structlog

from app.access.actor import SYSTEM, Tx
from app.audit.service import Subject, record
from app.identity.opening import open_as_system
from app.kernel.clock import Clock
from app.kernel.db import Database
from app.kernel.errors import Invalid
from app.kernel.jobs import Schedule, Work
from app.reorganisations import queries
from app.reorganisations.applying import carry_out
from app.reorganisations.judging import judge, stored_act
from app.reorganisations.presenting import unit_of
from app.units.reorganising import lock_map

log = structlog.get_logger("dienhinh.reorganisations")


async def take_effect(database: Database, clock: Clock) -> int:
    """Carry out every planned act whose day has come; how many were. One that fits no more is marked as failed."""
    async with database.transaction(keep=False) as session:
        await open_as_system(session)
        due = await queries.due(session, Tx(session, SYSTEM, clock.now(), "job").today)
    done = 0
    for act_id in due:
        async with database.transaction() as session:
            await open_as_system(session)
            done += await _take_effect(Tx(session, SYSTEM, clock.now(), "job"), act_id)
    return done


async def _take_effect(tx: Tx, act_id: UUID) -> bool:
    top = unit_of(await queries.get(tx.session, act_id))
    await lock_map(tx.session, top)
    row = await queries.get(tx.session, act_id, lock=True)
    if row.status != "planned":  # another worker was here, or somebody cancelled it
        return False
    try:
        judged = await judge(tx, unit_of(row), await stored_act(tx, row), keep_later=True)
    except Invalid as refused:
        faults = [
            {"pointer": f.pointer, "code": f.code, "message": f"{f.message.vi} / {f.message.en}"}
            for f in refused.errors
        ]
        await queries.change(tx.session, act_id, {"status": "failed", "faults": faults, "updated_at": tx.now})
        change: tuple[dict[str, str], dict[str, object]] = (
            {"status": "planned"},
            {"status": "failed", "faults": len(faults)},
        )
        await record(tx, "reorganisation.fail", Subject("reorganisation", act_id, top), change=change)
        log.error("reorganisation_failed", id=str(act_id), faults=len(faults))
        return False
    await carry_out(tx, row, judged)
    return True


def work(database: Database, clock: Clock) -> Work:
    """What a worker does for reorganisations."""

    async def look() -> None:
        await take_effect(database, clock)

    return Work({}, (Schedule("reorganisations.take_effect", "* * * * *", look),))
