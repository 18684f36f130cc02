"""What a proposal claims: an award for somebody. Two for one recipient and time do not stand unasked.

Whether two achievements are one cannot be told from their words: one word more made two of one. So the recipient and
the period decide, and the awards officer judges the rest.
"""

import re
from hashlib import sha256
from uuid import UUID

from app.kernel.text import fold

_BETWEEN_WORDS = re.compile(r"[\W_]+")
_ADDRESSED = re.compile(
    r"^(?:(?:dong chi|d c|ong|ba|(?:thieu|trung|thuong|dai) (?:ta|uy|si|tuong)|ha si|chien si) )+(?=\w+ \w+)"
)
"""How people are addressed, before a name of two words at least."""


def words(text: str) -> str:
    """``text`` without accents, case and punctuation: spelling a name or an achievement anew makes no other one."""
    return " ".join(_BETWEEN_WORDS.split(fold(text))).strip()


def claim_of(kind: str, unit_id: UUID, name: str | None) -> bytes:
    """The hash of the recipient; ``name`` is None where the unit itself is the recipient.

    Persons and teams of one unit whose names differ in accents or titles only are taken for one, since lists are typed
    with and without them: an awards officer tells them apart (``allow_duplicate``).
    """
    named = "" if name is None else "=" + words(name)
    if kind == "individual":
        named = "=" + _ADDRESSED.sub("", named[1:])
    return sha256("\x1f".join((kind, str(unit_id), named)).encode()).digest()
