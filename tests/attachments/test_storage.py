"""The store of files: a folder, memory and a bucket keep what they are given, whole; upkeep keeps rows and objects
together."""

import asyncio
import hashlib
import io
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
from fastapi import FastAPI
from obstore.store import LocalStore, MemoryStore

from app.access.actor import Tx
from app.attachments import upkeep
from app.attachments.faults import StorageUnavailable
from app.attachments.storage import Storage, open_storage
from app.kernel.clock import wall
from app.kernel.settings import Settings
from tests.attachments.bucket import Bucket, listening
from tests.attachments.scene import PDF, As, attached
from tests.evaluations.scene import Scene

pytestmark = pytest.mark.anyio
SMALL, LARGE = b"evidence", bytes(range(256)) * 80_000


def sha(content: bytes) -> str:
    """The name of ``content`` in a store."""
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """A bucket on loopback."""
    with listening() as made:
        yield made


def settings(**given: Any) -> Settings:
    """Settings of the test, from nowhere else."""
    return Settings(_env_file=None, **given)


def of_bucket(bucket: Bucket) -> Storage:
    """The store as the settings of an operator make it."""
    return open_storage(
        settings(
            attachments_url="s3://evidence/nghe-an",
            attachments_endpoint=bucket.address,
            attachments_access_key_id="key-of-tests",
            attachments_secret_access_key="secret",
        )
    )


@pytest.fixture(params=["folder", "memory", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> Storage:
    """One of each kind."""
    if request.param == "folder":
        return open_storage(settings(data_dir=tmp_path))
    return Storage(MemoryStore()) if request.param == "memory" else of_bucket(bucket)


async def read(storage: Storage, name: str) -> bytes:
    """All of an object."""
    return b"".join([piece async for piece in await storage.open(name)])


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "in parts"])
async def test_a_store_gives_back_what_it_was_given(storage: Storage, content: bytes) -> None:
    name = sha(content)
    assert await storage.find(name) is None
    await storage.put(name, len(content), io.BytesIO(content))
    await storage.put(name, len(content), io.BytesIO(content))
    found = await storage.find(name)
    assert found
    assert (found.sha256, found.size_bytes) == (name, len(content))
    assert abs(found.stored_at - wall()) < timedelta(minutes=1)
    assert await read(storage, name) == content
    assert [entry.sha256 for entry in await storage.under(name[:2])] == [name]
    assert await storage.under("zz") == []
    await storage.remove([name])
    assert await storage.find(name) is None
    with pytest.raises(StorageUnavailable):
        await storage.open(name)


async def test_a_bucket_is_asked_with_a_signature_and_under_its_prefix(bucket: Bucket) -> None:
    await of_bucket(bucket).put(sha(SMALL), len(SMALL), io.BytesIO(SMALL))
    assert list(bucket.objects) == [f"/evidence/nghe-an/{sha(SMALL)[:2]}/{sha(SMALL)}"]
    assert bucket.unsigned == 0


async def test_a_bucket_that_refuses_is_unavailable(bucket: Bucket) -> None:
    bucket.failing = True
    with pytest.raises(StorageUnavailable):
        await of_bucket(bucket).put(sha(SMALL), len(SMALL), io.BytesIO(SMALL))


async def test_a_folder_is_for_the_services_account_alone(tmp_path: Path) -> None:
    storage = open_storage(settings(data_dir=tmp_path))
    assert storage.folder == tmp_path / "attachments"
    if os.name == "posix":
        assert stat.S_IMODE(storage.folder.stat().st_mode) == 0o700
    elsewhere = open_storage(settings(data_dir=tmp_path, attachments_url=str(tmp_path / "kho")))
    assert elsewhere.folder == tmp_path / "kho"


@pytest.mark.parametrize("address", ["ftp://x/y", "s3://", "https://x/y"])
async def test_an_address_of_another_kind_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/prefix"):
        open_storage(settings(attachments_url=address))


async def test_what_is_broken_off_is_never_seen_and_cleaned_up(tmp_path: Path) -> None:
    storage = Storage(LocalStore(tmp_path), tmp_path)
    name = sha(LARGE)

    async def breaking() -> AsyncIterator[bytes]:
        yield LARGE[:1_000_000]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await obstore.put_async(LocalStore(tmp_path), f"{name[:2]}/{name}", breaking())
    assert await storage.find(name) is None
    folder = tmp_path / name[:2]
    folder.mkdir(exist_ok=True)
    begun = folder / f"{name}#1"  # what a process leaves that is killed meanwhile
    begun.write_bytes(LARGE[:1_000])
    assert (await storage.find(name), await storage.under(name[:2])) == (None, [])
    assert storage.broken_off(wall() - timedelta(hours=1)) == []
    assert storage.broken_off(wall() + timedelta(hours=1)) == [begun]


# --- upkeep ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def kept(app: FastAPI, as_: As, system: Tx, tmp_path: Path) -> AsyncIterator[Storage]:
    """A folder of its own in which one file stands that a record refers to, and one that nothing refers to."""
    before = app.state.evidence
    app.state.evidence = open_storage(settings(data_dir=tmp_path))
    scene = Scene(as_, system)
    evaluation = (await scene.drafted()).rpartition("/")[2]
    await attached(scene.editor, evaluation_id=evaluation)
    await app.state.evidence.put(sha(SMALL), len(SMALL), io.BytesIO(SMALL))
    yield app.state.evidence
    app.state.evidence = before


def transactions(system: Tx) -> upkeep.Transactions:
    """The test's own transaction, again and again."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Tx]:
        yield system

    return opened


async def test_what_nothing_refers_to_goes_when_it_is_old_enough(kept: Storage, system: Tx) -> None:
    young = await upkeep.clean(transactions(system), kept, wall() - timedelta(hours=24))
    assert (young.referred, young.removed, young.young, young.missing) == (1, [], 1, [])
    later = wall() + timedelta(hours=1)
    told = await upkeep.clean(transactions(system), kept, later, dry_run=True)
    assert (told.removed, await kept.find(sha(SMALL)) is not None) == ([sha(SMALL)], True)
    cleaned = await upkeep.clean(transactions(system), kept, later)
    assert (cleaned.removed, cleaned.young, cleaned.missing, cleaned.changed) == ([sha(SMALL)], 0, [], [])
    assert await kept.find(sha(SMALL)) is None
    assert await kept.find(sha(PDF[1])) is not None


async def test_what_is_missing_or_changed_is_told(kept: Storage, system: Tx) -> None:
    name = sha(PDF[1])
    assert await upkeep.missing(system, kept) == []
    assert [result async for result in upkeep.verify(transactions(system), kept)] == [(name, True)]
    assert kept.folder
    place = kept.folder / name[:2] / name
    place.write_bytes(PDF[1][:-1] + b"x")
    assert await upkeep.missing(system, kept) == [], "the size is what it was"
    assert [result async for result in upkeep.verify(transactions(system), kept)] == [(name, False)]
    place.write_bytes(b"x")
    assert await upkeep.missing(system, kept) == [name]
    assert (await upkeep.clean(transactions(system), kept, wall())).changed == [name]
    await asyncio.to_thread(place.unlink)
    assert (await upkeep.clean(transactions(system), kept, wall())).missing == [name]
    assert [result async for result in upkeep.verify(transactions(system), kept)] == [(name, False)]
