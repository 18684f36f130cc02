"""Where the bytes of evidence are kept: a folder, or a bucket that speaks S3. Content is named by its SHA-256.

Both write an object beside its place and put it there whole, so nobody ever reads half a file. The row that refers to
an object is written after it and under :data:`PRESENT` (``queries.py``); an object that no row refers to harms nobody
and is cleaned up later (``upkeep.py``).
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from app.attachments.faults import StorageUnavailable
from app.kernel.settings import Settings

log = structlog.get_logger("dienhinh.attachments")
CHUNK: Final = 256 * 1024
_PART: Final = 8 * 1024 * 1024
"""A larger file is sent to S3 in parts of this size, two at a time: what an upload holds in memory at most."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object in the store."""

    sha256: str
    size_bytes: int
    stored_at: datetime


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


@contextmanager
def _told() -> Iterator[None]:
    """Turns what the store raises into 503 ``storage_unavailable``, with the reason in the log."""
    try:
        yield
    except (BaseError, OSError) as fault:
        log.error("storage_unavailable", error=str(fault)[:500])
        raise StorageUnavailable from fault


class Storage:
    """The store of files. ``folder`` is where a local one keeps them."""

    def __init__(self, store: ObjectStore, folder: Path | None = None) -> None:
        self._store = store
        self.folder = folder

    async def find(self, sha256: str) -> Stored | None:
        """The object of that content, or None."""
        with _told():
            try:
                found = await obstore.head_async(self._store, _key(sha256))
            except FileNotFoundError:
                return None
        return Stored(sha256, found["size"], found["last_modified"])

    async def put(self, sha256: str, size_bytes: int, file: IO[bytes]) -> None:
        """Keep the content of ``file``, unless it is there already. On return it is safe from a power cut."""
        there = await self.find(sha256)
        if there is not None and there.size_bytes == size_bytes:
            return
        file.seek(0)
        with _told():
            await obstore.put_async(self._store, _key(sha256), file, chunk_size=_PART, max_concurrency=2)
            if self.folder is not None:
                await asyncio.to_thread(_sync, self.folder / _key(sha256))

    async def open(self, sha256: str) -> AsyncIterator[bytes]:
        """The content, piece by piece. Raises 503 before the first piece when it is not there."""
        with _told():
            found = await obstore.get_async(self._store, _key(sha256))

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in found.stream(min_chunk_size=CHUNK):
                yield bytes(piece)

        return pieces()

    async def under(self, prefix: str) -> list[Stored]:
        """All objects whose hash begins with the two hexadecimal digits ``prefix``."""
        with _told():
            pages = [page async for page in obstore.list(self._store, f"{prefix}/")]
        return [
            Stored(entry["path"].rpartition("/")[2], entry["size"], entry["last_modified"])
            for page in pages
            for entry in page
        ]

    async def remove(self, hashes: list[str]) -> None:
        """Delete these objects."""
        with _told():
            for sha256 in hashes:
                await obstore.delete_async(self._store, _key(sha256))

    def broken_off(self, before: datetime) -> list[Path]:
        """Files a local store began to write before that instant and, since the process died, never will finish."""
        if self.folder is None:
            return []
        begun = self.folder.glob("??/*#*")
        return [path for path in begun if path.stat().st_mtime < before.timestamp()]


def _sync(path: Path) -> None:
    """Have the disk keep the file and its name."""
    for place, flags in ((path, os.O_RDONLY), (path.parent, os.O_RDONLY)):
        if place.is_dir() and os.name == "nt":  # Windows syncs names by itself and opens no folder
            continue
        handle = os.open(place, flags)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def open_storage(settings: Settings) -> Storage:
    """The store that the settings name. A folder is made if missing, for the service's account alone.

    Raises ``ValueError`` for an address that is neither a folder nor ``s3://bucket/prefix``, ``OSError`` for a folder
    that cannot be made.
    """
    address = settings.attachments_url
    if address is None or "://" not in address:
        folder = Path(address) if address else settings.data_dir / "attachments"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Storage(LocalStore(folder.resolve()), folder.resolve())
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError("DIENHINH_ATTACHMENTS_URL takes a folder or s3://bucket/prefix")
    return Storage(_bucket(settings, parts.netloc, parts.path.strip("/")))


def _bucket(settings: Settings, bucket: str, prefix: str) -> S3Store:
    given: dict[str, Any] = {"virtual_hosted_style_request": False, "region": settings.attachments_region}
    if settings.attachments_endpoint:
        given["endpoint"] = settings.attachments_endpoint
    if settings.attachments_access_key_id and settings.attachments_secret_access_key:
        given["access_key_id"] = settings.attachments_access_key_id
        given["secret_access_key"] = settings.attachments_secret_access_key.get_secret_value()
    plain = (settings.attachments_endpoint or "").startswith("http://")  # within one's own network
    make: Callable[..., S3Store] = S3Store
    return make(bucket, prefix=prefix or None, client_options={"allow_http": plain}, **given)
