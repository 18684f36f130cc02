"""A file as a buffer that the operating system pages in: looked through as bytes are, without being in memory."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TypeAlias

Buffer: TypeAlias = "bytes | mmap.mmap"


@contextmanager
def mapped(file: IO[bytes]) -> Iterator[Buffer]:
    """The content of ``file``, which must stand on a disk. An empty file cannot be mapped and is empty bytes."""
    file.flush()
    size = file.seek(0, 2)
    file.seek(0)
    if size == 0:
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data
