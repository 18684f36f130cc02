"""PDF (ISO 32000): whole, without a password, and without what runs when it is opened.

A cheap look, no parser: names are found wherever they stand, also written with ``#xx`` escapes and inside compressed
object streams. One that cannot be looked into is refused, since no program that makes documents writes such a thing.
"""

import re
import zlib
from typing import Final

from app.attachments.buffers import Buffer
from app.attachments.faults import ActiveContent, DamagedFile, EncryptedRefused, HiddenContent

_TAIL: Final = 4_096
"""Where the end-of-file mark must stand; scanners append a little behind it."""

_MOST_OF_ONE: Final = 8_000_000
_MOST_OF_ALL: Final = 64_000_000
_MOST_STREAMS: Final = 5_000
_NEAR: Final = 65_536
"""So much a dictionary may hold: before its type, and between its type and its stream."""


def _name(word: str) -> bytes:
    letters = "".join(f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})" for letter in word)
    return f"/{letters}(?=[\\s/<>\\[\\]()%{{}}]|$)".encode()


_ENCRYPT: Final = re.compile(_name("Encrypt"))
_RUNS: Final = re.compile(
    b"|".join(_name(word) for word in ("JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia"))
)
_OBJECTS: Final = re.compile(_name("ObjStm"))
_STREAM: Final = re.compile(rb"stream\r?\n")
_FILTER: Final = re.compile(_name("Filter") + rb"\s*(\[[^\]]*\]|/[^\s/<>\[\]()%{}]+|[^/\[]\S*)")
_PREDICTOR: Final = re.compile(_name("Predictor") + rb"\s*(?!1\b)|" + _name("DecodeParms") + rb"\s*\d")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_FLATE: Final = {b"/FlateDecode", b"/Fl"}
_HEADER: Final = re.compile(rb"\s*\d+\s+\d+\b")
"""An object stream begins with the number and place of its first object."""


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
        objects = _objects(data, found.start(), stream)
        inflated += len(objects)
        if count >= _MOST_STREAMS or inflated > _MOST_OF_ALL:
            raise HiddenContent(found="ObjStm")
        _refuse_running(objects)


def _refuse_running(data: Buffer) -> None:
    found = _RUNS.search(data)
    if found:
        raise ActiveContent(found=_plain(found[0]).decode("latin-1"))


def _plain(name: bytes) -> bytes:
    return _ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), name)


def _objects(data: Buffer, place: int, stream: "re.Match[bytes]") -> bytes:
    """The objects in the stream whose dictionary has its type at ``place``."""
    start = data.rfind(b"obj", max(0, place - _NEAR), place)
    dictionary = bytes(data[max(start, 0) : stream.start()])
    filters = [part for found in _FILTER.finditer(dictionary) for part in _plain(found[1]).strip(b"[] \r\n\t").split()]
    if _PREDICTOR.search(dictionary) or (filters and (len(filters) > 1 or filters[0] not in _FLATE)):
        told = b" ".join(filters) or b"Predictor"
        raise HiddenContent(found=told.decode("latin-1")[:100])
    raw = data[stream.end() : stream.end() + _MOST_OF_ONE]
    objects = _inflated(raw) if filters else raw[:_NEAR]  # what is not packed has been looked at
    if not _HEADER.match(objects):
        raise HiddenContent(found="ObjStm")
    return objects


def _inflated(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        objects = inflater.decompress(packed, _MOST_OF_ONE)
    except zlib.error as fault:
        raise HiddenContent(found="ObjStm") from fault
    if inflater.unconsumed_tail:
        raise HiddenContent(found="ObjStm")
    return objects
