"""A person's own inbox. Marking a notice as read is nobody else's business: it leaves no entry in the event log."""

from uuid import UUID

from app.access.actor import Tx
from app.kernel.db import AnyRow
from app.kernel.errors import check_version
from app.kernel.pagination import PageRows
from app.reminders import queries
from app.reminders.queries import Mine
from app.reminders.schemas import InboxQuery, NoticeOut, NoticePatch
from app.reminders.texts import said
from app.units.schemas import UnitBrief


def present(tx: Tx, row: AnyRow) -> NoticeOut:
    """A notice in the caller's language."""
    text = said(row.kind, row.facts)
    facts = row._asdict()
    facts["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    facts["title"] = getattr(text.title, tx.language)
    facts["body"] = getattr(text.body, tx.language)
    facts["href"] = f"/api/v1/obligations/{row.obligation_id}"
    return NoticeOut.of({name: facts[name] for name in NoticeOut.model_fields})


async def list_inbox(tx: Tx, query: InboxQuery) -> PageRows:
    """The caller's notices, newest first."""
    given = {**query.filters(), "user": tx.actor.id}
    return await queries.INBOX.page(tx.session, query, sort=query.sort, given=given)


async def mark(tx: Tx, notice_id: UUID, expected: int | None, data: NoticePatch) -> NoticeOut:
    """Mark a notice as read or unread. Raises 404 for another person's, 412."""
    mine = Mine(notice_id, tx.actor.id)
    row = await queries.notice(tx.session, mine, lock=True)
    check_version(expected, row.version)
    if data.read != (row.read_at is not None):
        read_at = tx.now if data.read else None
        await queries.change_notice(tx.session, row.id, {"read_at": read_at, "updated_at": tx.now})
    return await read(tx, notice_id)


async def read(tx: Tx, notice_id: UUID) -> NoticeOut:
    """One of the caller's notices. Raises 404."""
    return present(tx, await queries.notice(tx.session, Mine(notice_id, tx.actor.id)))


async def mark_all(tx: Tx) -> int:
    """Mark all of the caller's notices as read; how many were not."""
    return await queries.read_all(tx.session, tx.actor.id, tx.now)
