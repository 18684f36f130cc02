"""Locks between processes on files, which the kernel releases whatever ends the process that holds them."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

_POLL_SECONDS = 0.02


def try_lock(path: Path, *, shared: bool = False) -> int | None:
    """Lock the file without waiting; give its descriptor, or None if somebody else holds it.

    The lock belongs to the open file: it lasts until this descriptor and every one inherited from it is
    closed, or one of them unlocks. Descriptors are not inherited by programs unless passed on purpose.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if lock_again(descriptor, shared=shared):
        return descriptor
    os.close(descriptor)
    return None


def lock_again(descriptor: int, *, shared: bool = False) -> bool:
    """Lock an open file without waiting, or change the lock held; False if somebody else holds it."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def unlock(descriptor: int) -> None:
    """Let go of the lock, also for children that inherited it by a fork, which closing would not."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def exclusively(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock on `path` alone; raises TimeoutError if somebody else keeps it for `seconds`."""
    deadline = time.monotonic() + seconds
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Một tiến trình khác giữ khóa {path}. / Another process keeps {path} locked.")
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        unlock(descriptor)
        os.close(descriptor)
