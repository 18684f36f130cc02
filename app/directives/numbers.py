"""By which a document's number is known, however it is spelt."""

import re
import unicodedata

from app.kernel.text import fold

_NAUGHTS = re.compile(r"^0+(?=\d)")


def number_key(number_symbol: str) -> str:
    """``number_symbol`` without accents, case, blanks, kinds of dashes and leading naughts: "05 /kh–ubnd" is 5/KH-UBND.

    One unit has no two documents of one day that differ in these only.
    """
    kept = "".join("-" if unicodedata.category(c) == "Pd" else c for c in fold(number_symbol) if not c.isspace())
    return _NAUGHTS.sub("", kept.replace("\u2212", "-").strip(".")).upper()
