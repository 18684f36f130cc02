"""What a proposal claims: who is to be rewarded for what. Two that claim the same may not both stand (rules: Award)."""

import re
from hashlib import sha256
from uuid import UUID

from app.kernel.text import fold

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def _words(text: str) -> str:
    """``text`` without accents, case and punctuation: spelling a name or an achievement anew makes no other one."""
    return " ".join(_BETWEEN_WORDS.split(fold(text))).strip()


def claim_of(kind: str, unit_id: UUID, name: str | None, achievement: str) -> bytes:
    """The hash of recipient and achievement; ``name`` is None where the unit itself is the recipient.

    Persons and teams of one unit whose names differ in accents only are taken for one, since lists are typed with and
    without them: an awards officer tells them apart (``allow_duplicate``).
    """
    parts = (kind, str(unit_id), "" if name is None else "=" + _words(name), _words(achievement))
    return sha256("\x1f".join(parts).encode()).digest()
