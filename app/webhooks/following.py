"""From the event log to deliveries: one for each event and subscription, in the order in which things happened.

The log is the outbox. Each entry was written in the transaction of what it tells of, so nothing is told that was undone
and nothing that was done is left out; the place up to which it was read moves in the transaction that makes the
deliveries and their jobs.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from app.identity.opening import open_as_system
from app.kernel.clock import wall
from app.kernel.db import AnyRow, Database
from app.kernel.ids import new_id
from app.kernel.jobs import enqueue
from app.webhooks import queries, queries_work
from app.webhooks.events import TYPE_OF, Happening, body_of
from app.webhooks.log import attempt

BATCH: Final = 500
QUIET: Final = 1_000
"""While nothing is to be told, the place moves only after so many transactions: an idle server writes nothing."""
_VERBS: Final = tuple(TYPE_OF)


async def follow(database: Database) -> int:
    """Read the log on to its end; how many deliveries were made. Where another process is at it, none."""
    made = 0
    while True:
        count, more = await _batch(database)
        made += count
        if not more:
            return made


async def _batch(database: Database) -> tuple[int, bool]:
    async with database.transaction() as session:
        await open_as_system(session)
        place = await queries_work.position(session)
        if place is None:
            return 0, False
        told = await queries_work.subscriptions(session)
        rows = await queries_work.events(session, place, _VERBS if told else (), BATCH)
        happened = [row for row in rows if row.id is not None]
        more = len(happened) == BATCH
        if more:
            await queries_work.move(session, happened[-1].xact, happened[-1].seq)
        elif happened or rows[0].horizon - place.xact > QUIET:
            await queries_work.move(session, rows[0].horizon - 1, 0x7FFFFFFFFFFFFFFF)
        values = _deliveries(happened, told)
        if values:
            await queries.add_deliveries(session, *values)
            await enqueue(session, *(attempt(each["id"], 0) for each in values))
        return len(values), more


def _deliveries(happened: Sequence[AnyRow], told: Sequence[AnyRow]) -> list[dict[str, Any]]:
    now = wall()
    return [
        _delivery(event, webhook, now)
        for event in happened
        for webhook in told
        if event.unit_path.startswith(webhook.unit_path)
        and TYPE_OF[event.verb] in webhook.events
        and event.at >= webhook.active_since
    ]


def _delivery(event: AnyRow, webhook: AnyRow, now: datetime) -> dict[str, Any]:
    happening = Happening(*(getattr(event, name) for name in Happening._fields))
    return {
        "id": new_id(),
        "webhook_id": webhook.id,
        "unit_id": webhook.unit_id,
        "unit_path": webhook.unit_path,
        "event_id": event.id,
        "event_type": str(TYPE_OF[event.verb]),
        "body": body_of(happening),
        "next_attempt_at": now,
        "created_at": now,
        "updated_at": now,
    }
