"""JPEG and PNG: the frame that every reader walks. Damaged, cut off or mere headers in front of something else."""

import zlib
from typing import Final

from app.attachments.buffers import Buffer
from app.attachments.faults import DamagedFile

_FRAMES: Final = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_SCAN, _END = 0xDA, b"\xff\xd9"
_MOST_SEGMENTS: Final = 10_000


def look_into_jpeg(data: Buffer) -> None:
    """Raises ``damaged_file`` unless segments lead to a frame with a size, a scan, and an end (ISO 10918-1)."""
    place, framed = 2, False
    for _ in range(_MOST_SEGMENTS):
        if place + 9 > len(data) or data[place] != 0xFF:
            break
        marker = data[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker == _SCAN and framed and data.rfind(_END, place) > 0:
            return
        if marker in _FRAMES:
            framed = int.from_bytes(data[place + 5 : place + 7]) > 0 and int.from_bytes(data[place + 7 : place + 9]) > 0
        place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4]))
    raise DamagedFile(kind="JPEG")


def look_into_png(data: Buffer) -> None:
    """Raises ``damaged_file`` unless chunks lead from a true header to the end (ISO 15948)."""
    place = 8
    if data[place + 4 : place + 8] == b"IHDR" and _checked(data, place):
        for _ in range(_MOST_SEGMENTS * 10):
            if data[place + 4 : place + 8] == b"IEND":
                return
            place += 12 + int.from_bytes(data[place : place + 4])
            if place + 12 > len(data):
                break
    raise DamagedFile(kind="PNG")


def _checked(data: Buffer, place: int) -> bool:
    end = place + 8 + int.from_bytes(data[place : place + 4])
    return end + 4 <= len(data) and zlib.crc32(data[place + 4 : end]) == int.from_bytes(data[end : end + 4])
