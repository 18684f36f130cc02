"""After a dump of one server was restored into another: the event log's transactions follow the new server's count.

The feed of changes and the webhooks go by the numbers of transactions, and a server counts them from its own beginning.
Events with numbers that this server has not reached would wait for it for years, and new ones would stand before them.
"""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_LOCK = text("SELECT pg_advisory_xact_lock(3202025)")
_WHOLE_RANGE = text(
    "SELECT set_config('app.scope_from', '0', true), set_config('app.scope_to', '~', true),"
    " set_config('app.scope_list', '', true)"
)
# The first number that no transaction has had when the statement begins: whatever it sees was written below that.
_FOREIGN = text(
    "SELECT reached FROM (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS reached) AS now"
    " WHERE greatest((SELECT max(xact) FROM audit_events), (SELECT max(xact) FROM webhook_position)) >= reached"
)
# First the place of the webhooks, by the numbers of before: what was not told stays to be told.
_PLACE = text(
    "UPDATE webhook_position AS p SET xact = :last, seq = coalesce("
    " (SELECT max(a.seq) FROM audit_events AS a WHERE (a.xact, a.seq) <= (p.xact, p.seq)), 0)"
    " WHERE p.xact > :last"
)
# What this server can have reached keeps its number; all beyond it stands right behind, in the order of writing.
_EVENTS = text("UPDATE audit_events SET xact = :last WHERE xact > :last")


async def rebase(connection: AsyncConnection) -> bool:
    """Renumber the events of another server, as the tables' owner; whether there were any. Safe to repeat.

    The database must have every migration. Commits.
    """
    await connection.execute(_LOCK)
    await connection.execute(_WHOLE_RANGE)
    reached = await connection.scalar(_FOREIGN)
    if reached is not None:
        last = {"last": reached - 1}
        await connection.execute(_PLACE, last)
        await connection.execute(_EVENTS, last)
    await connection.commit()
    return reached is not None
