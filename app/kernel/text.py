"""Vietnamese text: one normal form, one search form, one order.

Pure functions over strings. Names are matched by code, never by their folded form: folding makes different
communes of one district equal (Châu Bình and Châu Bính).
"""

import sys
import unicodedata
from functools import cache

from icu import Collator, Locale

from app.kernel.errors import FieldError, Invalid, Text

_ENDLESS = 31
# Whatever begins with a mark when it is decomposed: three Tibetan vowel signs do without being marks themselves.
_MARKS = frozenset(
    c for c in map(chr, range(0x300, 0x1F000)) if unicodedata.combining(unicodedata.normalize("NFD", c)[0])
)
_INVISIBLE = frozenset({"Mn", "Me", "Cf"})
_FORMAT = frozenset(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Cf")
# Letters and symbols by their category that print as nothing: fillers of Hangul, the empty Braille pattern.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Me", "Mn", "Zl", "Zp", "Zs"})
_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans({"đ": "d", "’": "'", "‘": "'", "ʼ": "'"})


class EndlessMarks(Invalid):
    """A run of combining marks that no writing has."""

    title = Text("Có quá nhiều dấu kết hợp liền nhau", "There are too many combining marks in a row")

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("", "endless_marks", self.title)])


def has_endless_marks(s: str) -> bool:
    """Whether more than 30 marks follow one another, the limit of Unicode's Stream-Safe Text (UAX #15, 13).

    **Ask before anything of unbounded length is normalised:** putting marks in order takes time of the square of their
    number, many minutes for a megabyte.
    """
    if _MARKS.isdisjoint(s[::_ENDLESS]):  # a run that long has one at a place we look at; Vietnamese in NFC has none
        return False
    run = 0
    for letter in s:
        run = run + 1 if letter in _MARKS else 0
        if run == _ENDLESS:
            return True
    return False


def nfc(s: str) -> str:
    """Return `s` in Unicode normal form C, the only form that is stored (Excel and macOS send NFD).

    Raises 422 ``endless_marks``.
    """
    if has_endless_marks(s):
        raise EndlessMarks
    return unicodedata.normalize("NFC", s)


def without_format(s: str) -> str:
    """Return `s` without invisible format characters (Cf): zero-width blanks and joiners, directions, soft hyphens."""
    return s if _FORMAT.isdisjoint(s) else "".join(c for c in s if c not in _FORMAT)


def has_visible(s: str) -> bool:
    """Whether anything of `s` shows in print: blanks, format characters and marks without a letter do not."""
    return any(c not in _BLANK and unicodedata.category(c) not in _UNSEEN for c in s)


def collapse(s: str) -> str:
    """Return `s` trimmed, every run of white space (line breaks, no-break blanks) made one blank."""
    return " ".join(s.split())


def fold(s: str) -> str:
    """Return the accent-free lower-case search form of `s`: "Thị xã  Thái Hoà" -> "thi xa thai hoa".

    Marks and invisible format characters are dropped, đ becomes d, curly apostrophes become straight, runs
    of white space become one blank. Where the tone mark stands (Hòa, Hoà) therefore makes no difference.
    For finding, never for identifying; folding twice changes nothing.
    """
    decomposed = unicodedata.normalize("NFD", s.casefold())
    bare = "".join(c for c in decomposed if unicodedata.category(c) not in _INVISIBLE)
    return collapse(nfc(bare.translate(_LETTERS_WITHOUT_DECOMPOSITION)))


@cache
def _collator() -> Collator:
    """Build ICU's Vietnamese collator once per process: making one costs as much as thousands of keys."""
    return Collator.createInstance(Locale("vi"))


def sort_key(s: str) -> bytes:
    """Return the key whose byte order is ICU's Vietnamese order of `s` (a < ă < â, d < đ, blank first).

    NFC and NFD spellings give the same key; names that differ only in accents give different keys. Keys of
    different ICU versions must not be mixed: rebuild stored keys when the version of PyICU changes.
    """
    key: bytes = _collator().getSortKey(s)
    return key
