"""By which an event is known, so that it is not entered twice."""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from app.kernel.text import fold

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def event_key(facts: Mapping[str, Any]) -> str | None:
    """What the unit's event in ``facts`` shares with no other of its: form, venue, day, title and place.

    Title and place count by their words, without accents, case and punctuation. None for a total, which is kept apart
    from others by its days.
    """
    if facts["nature"] != "event":
        return None
    said = (" ".join(_BETWEEN_WORDS.split(fold(facts.get(name) or ""))).strip() for name in ("title", "place"))
    known = (facts["form_id"], facts.get("venue_kind") or "", facts["date_from"], *said)
    return sha256("\x1f".join(map(str, known)).encode()).hexdigest()
