"""Keeping rows and objects together: what nobody refers to is removed, what is missing or changed is told."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.access.actor import Tx
from app.attachments import queries
from app.attachments.faults import StorageUnavailable
from app.attachments.storage import Storage

PREFIXES: Final = tuple(f"{number:02x}" for number in range(256))
"""The store is gone through in parts: little memory, and uploads never wait long."""

Transactions = Callable[[], AbstractAsyncContextManager[Tx]]
"""Opens a transaction of the system."""


@dataclass(slots=True)
class Upkeep:
    """What was found, by hash."""

    referred: int = 0
    removed: list[str] = field(default_factory=list)
    young: int = 0
    """Objects without rows, too young to be removed: their upload may be under way."""
    broken_off: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


async def clean(transactions: Transactions, storage: Storage, before: datetime, *, dry_run: bool = False) -> Upkeep:
    """Remove objects stored before that instant that no row refers to; tell rows whose object is missing or of another
    size. May run while people upload."""
    found = Upkeep()
    for prefix in PREFIXES:
        async with transactions() as tx:
            # Nobody may come to rely on an object between the look at the rows and its removal.
            await queries.clean_alone(tx.session)
            rows = await queries.referred(tx.session, prefix)
            objects = {entry.sha256: entry for entry in await storage.under(prefix)}
            orphans = [entry for sha256, entry in objects.items() if sha256 not in rows]
            old = [entry.sha256 for entry in orphans if entry.stored_at < before]
            if not dry_run:
                await storage.remove(old)
        found.referred += len(rows)
        found.removed += old
        found.young += len(orphans) - len(old)
        found.missing += sorted(rows.keys() - objects.keys())
        found.changed += [key for key in rows.keys() & objects.keys() if objects[key].size_bytes != rows[key]]
    begun = storage.broken_off(before)
    found.broken_off = len(begun)
    if not dry_run:
        for path in begun:
            path.unlink(missing_ok=True)
    return found


async def missing(tx: Tx, storage: Storage) -> list[str]:
    """Hashes that rows refer to and the store lacks or holds in another size. Changes nothing."""
    lacking = []
    for prefix in PREFIXES:
        rows = await queries.referred(tx.session, prefix)
        if rows:
            objects = {entry.sha256: entry.size_bytes for entry in await storage.under(prefix)}
            lacking += [sha256 for sha256, size in rows.items() if objects.get(sha256) != size]
    return lacking


async def verify(transactions: Transactions, storage: Storage) -> AsyncIterator[tuple[str, bool]]:
    """Read every referred object; each hash with whether its content is still what it was."""
    for prefix in PREFIXES:
        async with transactions() as tx:
            rows = await queries.referred(tx.session, prefix)
        for sha256 in rows:  # reading takes long: no transaction stands open meanwhile
            yield sha256, await _is_sound(storage, sha256)


async def _is_sound(storage: Storage, sha256: str) -> bool:
    digest = hashlib.sha256()
    try:
        async for piece in await storage.open(sha256):
            digest.update(piece)
    except StorageUnavailable:
        return False
    return digest.hexdigest() == sha256
