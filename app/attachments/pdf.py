"""PDF (ISO 32000): whole, without a password, and without what runs when it is opened.

A cheap look, no parser: names are found wherever they stand, also written with ``#xx`` escapes and inside compressed
object streams. Whoever wants to hide a script from it can; whoever sends one unknowingly, as most do, is told.
"""

import re
import zlib
from typing import Final

from app.attachments.buffers import Buffer
from app.attachments.faults import ActiveContent, DamagedFile, EncryptedRefused

_TAIL: Final = 4_096
"""Where the end-of-file mark must stand; scanners append a little behind it."""

_MOST_INFLATED: Final = 4_000_000
_MOST_STREAMS: Final = 500
_NEAR: Final = 2_000


def _name(word: str) -> bytes:
    letters = "".join(f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})" for letter in word)
    return f"/{letters}(?=[\\s/<>\\[\\]()%{{}}]|$)".encode()


_ENCRYPT: Final = re.compile(_name("Encrypt"))
_RUNS: Final = re.compile(b"|".join(_name(word) for word in ("JavaScript", "Launch")))
_OBJECTS: Final = re.compile(_name("ObjStm"))
_STREAM: Final = re.compile(rb"stream\r?\n")


def look_into(data: Buffer) -> None:
    """Raises ``damaged_file``, ``encrypted_refused``, ``active_content_refused``."""
    if data.rfind(b"%%EOF", max(0, len(data) - _TAIL)) < 0:
        raise DamagedFile(kind="PDF")
    if _ENCRYPT.search(data):
        raise EncryptedRefused
    _refuse_running(data)
    inflated = 0
    for count, found in enumerate(_OBJECTS.finditer(data)):
        stream = _STREAM.search(data, found.end(), min(found.end() + _NEAR, len(data)))
        if stream is None:
            continue
        objects = _inflate(data, stream.end())
        inflated += len(objects)
        _refuse_running(objects)
        if count >= _MOST_STREAMS or inflated > 10 * _MOST_INFLATED:
            return  # more than a document of this size has any need of; the rest is not worth the time


def _refuse_running(data: Buffer) -> None:
    found = _RUNS.search(data)
    if found:
        told = re.sub(rb"#([0-9A-Fa-f]{2})", lambda escape: bytes([int(escape[1], 16)]), found[0])
        raise ActiveContent(found=told.decode("latin-1"))


def _inflate(data: Buffer, start: int) -> bytes:
    """The beginning of the compressed stream at ``start``; empty when it is compressed otherwise."""
    try:
        return zlib.decompressobj().decompress(data[start : start + _MOST_INFLATED], _MOST_INFLATED)
    except zlib.error:
        return b""
