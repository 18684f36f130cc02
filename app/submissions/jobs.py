"""Working accepted submissions off: some bundles in each transaction, with their results and the progress, so that a
killed server leaves nothing half and does nothing twice. With the rights that the sender holds at that time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from app.access.actor import Tx
from app.identity.opening import Account, open_as_account
from app.kernel.clock import Clock, local_date, wall
from app.kernel.db import AnyRow, Database
from app.kernel.errors import Unauthenticated
from app.kernel.jobs import Handler, Schedule, Work, enqueue
from app.submissions import queries
from app.submissions.cases import Terms
from app.submissions.schemas import LineOut, Summary
from app.submissions.service import AT_ONCE, JOB, batches, job_for, take_lines

STRANDED_AFTER: Final = timedelta(minutes=2)
KEPT_FOR: Final = timedelta(days=30)
_ENDED: Final = "Tài khoản hoặc khóa đã hết hiệu lực / The account or key no longer holds"


@dataclass(frozen=True, slots=True)
class Working:
    """Works submissions off."""

    database: Database
    clock: Clock

    async def run(self, payload: Mapping[str, Any]) -> None:
        """Work one submission off, until it is done, cancelled, or another works on it."""
        key = payload.get("key")
        account = Account(UUID(payload["caller"]), None, UUID(key) if key else None)
        submission_id = UUID(payload["submission"])
        try:
            while await self._step(submission_id, account):
                pass
        except Unauthenticated:
            async with self.database.transaction() as session:
                now = self.clock.now()
                row = await queries.seize(session, submission_id)
                if row is not None and row.finished_at is None:
                    ended = {"status": "failed", "fault": _ENDED, "finished_at": now, "updated_at": now}
                    await queries.change(session, submission_id, ended)

    async def _step(self, submission_id: UUID, account: Account) -> bool:
        """One transaction: the next bundles, or the end. Whether there may be more."""
        async with self.database.transaction() as session:
            now = self.clock.now()
            actor = await open_as_account(session, account, local_date(now))
            row = await queries.seize(session, submission_id)
            if row is None or row.finished_at is not None:
                return False
            tx = Tx(session, actor, now, row.request_id, row.language)
            lines = await queries.next_lines(session, submission_id, row.done_until, AT_ONCE)
            if not lines:
                done = {"status": "done", "finished_at": now, "updated_at": now}
                await queries.change(session, submission_id, done)
                return False
            part = next(batches((one.line, one.body) for one in lines))
            told = await take_lines(tx, part, Terms(row.on_conflict, row.partial, row.dry_run))
            results = [(one.line, one.stored, orjson.dumps(one.model_dump(mode="json")).decode()) for one in told]
            await queries.put_results(session, submission_id, results)
            put = queries.advance if row.status == "running" else queries.change
            started = {"started_at": row.started_at or now, "updated_at": now}
            await put(session, submission_id, _progress(row, told) | started)
            return True


def _progress(row: AnyRow, told: list[LineOut]) -> dict[str, Any]:
    summary = Summary.model_validate(row.summary).model_dump()
    for one in told:
        for name in summary:
            summary[name] += getattr(one.summary, name)
    return {
        "status": "running",
        "done": row.done + len(told),
        "done_until": told[-1].line,
        "stored": row.stored + sum(one.stored for one in told),
        "summary": summary,
        "worked_at": wall(),
    }


def work(database: Database, clock: Clock) -> Work:
    """What a worker does for submissions."""

    async def rescue() -> None:
        """Give submissions that lost their job, with the server that did it, another one."""
        async with database.transaction() as session:
            found = await queries.stranded(session, wall() - STRANDED_AFTER)
            await enqueue(session, *(job_for(row.id, row.caller_id, row.key_id) for row in found))

    async def tidy() -> None:
        """Forget submissions of more than thirty days ago."""
        async with database.transaction() as session:
            await queries.forget(session, wall() - KEPT_FOR)

    return Work(
        {JOB: Handler(Working(database, clock).run)},
        (Schedule("submissions.rescue", "* * * * *", rescue), Schedule("submissions.tidy", "37 19 * * *", tidy)),
    )
