"""Texts in the encodings of before Unicode: which one a whole column is in, and what it says. Pure.

A short cell alone tells too little, so a column is judged as a whole: every encoding is tried, and the one under which
most words are Vietnamese syllables is right. TCVN3 writes ư as a soft hyphen, and its capitals come from the font
(.VnTimeH): therefore nothing is cleaned before it is converted, and capitals are restored where they are seen.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

import viparse

from app.kernel.text import has_endless_marks, nfc

Encoding = Literal["unicode", "tcvn3", "vni"]
LEGACY: Final[tuple[Encoding, ...]] = ("tcvn3", "vni")
FileEncoding = Literal["utf-8", "utf-8-sig", "utf-16", "windows-1258", "single-byte"]

_MOST_JUDGED: Final = 20_000
_TONES: Final = dict.fromkeys("\u0300\u0301\u0309\u0303\u0323", "")
_STOPPED: Final = frozenset("\u0301\u0323")
_VOWELS: Final = frozenset("aăâeêioôơuưy")
_NOT_WORD: Final = re.compile(r"[\s\d!-/:-@\[-`{-~“”‘’…–—]+")
_SYLLABLE: Final = re.compile(
    r"(?:ngh|ng|nh|gh|gi(?=[aăâeêioôơuưy])|kh|ph|th|tr|ch|qu|[bcdđghklmnpqrstvx])?"
    # What stays open, with the tone on its first letter; then what may stay open; then what is always closed.
    r"(?:(?P<first>a[iouy]|â[uy]|eo|êu|i[au]|[oôơ]i|u[ai]|ư[aiu])"
    r"|(?:iêu|yêu|uôi|ươi|ươu|oa[iyo]|oeo|uây|uy[au]|uơ)"
    r"|(?:oa|oe|uê|uy|[aeêioôơuưy])(?P<stop>ch|ng|nh|[cmnpt])?"
    r"|(?:iê|yê|uô|ươ|uyê|oă|uâ|oo|[ăâ])(?P<closed>ch|ng|nh|[cmnpt]))"
)


class Judgement(NamedTuple):
    """What a column is written in. ``capitals``: its capital letters came from the font."""

    encoding: Encoding
    capitals: bool = False


def judge(texts: Iterable[str]) -> Judgement:
    """The encoding in which the texts, taken together, are Vietnamese; ``unicode`` unless another fits better."""
    joined = " ".join(texts)[:_MOST_JUDGED]
    if joined.isascii():
        return Judgement("unicode")
    best, most = Judgement("unicode"), score(joined)
    for encoding in LEGACY:
        found = convert(joined, Judgement(encoding))
        fits = score(found)
        if fits > most:
            best, most = Judgement(encoding, encoding == "tcvn3" and _capitals_lost(found)), fits
    return best


def convert(text: str, judgement: Judgement) -> str:
    """``text`` in Unicode. Bytes that the encoding does not know stay as they are."""
    if judgement.encoding == "unicode" or has_endless_marks(text):
        return text
    found: str = viparse.fix(text, encoding=judgement.encoding)
    return found.upper() if judgement.capitals else found


def score(text: str) -> float:
    """Which part of the words with letters beyond ASCII are Vietnamese syllables: 0 to 1."""
    if has_endless_marks(text):
        return 0.0
    words = [word for word in _NOT_WORD.split(nfc(text)) if word and not word.isascii()]
    return sum(map(is_syllable, words)) / len(words) if words else 0.0


def is_syllable(word: str) -> bool:
    """Whether ``word`` is built as a Vietnamese syllable: with one tone at most, and the right ones before a stop."""
    letters = unicodedata.normalize("NFC", word.lower())
    parts = [unicodedata.normalize("NFD", letter) for letter in letters]
    tones = [(place, mark) for place, part in enumerate(parts) for mark in part if mark in _TONES]
    bare = "".join(unicodedata.normalize("NFC", "".join(m for m in part if m not in _TONES)) for part in parts)
    match = _SYLLABLE.fullmatch(bare)
    if match is None or len(tones) > 1 or len(bare) != len(letters):
        return False
    place, tone = tones[0] if tones else (-1, "")
    if match["first"] is not None and tone:
        return place == match.start("first")
    stopped = (match["stop"] or match["closed"] or "") in {"c", "ch", "p", "t"}
    return bool(not tone or bare[place] in _VOWELS) and (not stopped or tone in _STOPPED)


def _capitals_lost(text: str) -> bool:
    """Whether words mix capitals of ASCII with small letters that have marks: "THị TRấN"."""
    words = [word for word in _NOT_WORD.split(text) if len(word) > 1 and not word.isascii()]
    mixed = [
        word
        for word in words
        if sum(letter.isascii() and letter.isupper() for letter in word) >= 2
        or (word[0].isascii() and word[0].isupper() and word[1:].islower() is False and len(word) == 2)
    ]
    return bool(words) and len(mixed) * 2 >= len(words)


# --- files of bytes --------------------------------------------------------------------------------------------------


def decode(content: bytes) -> tuple[str, FileEncoding]:
    """A text file's letters and how they were encoded.

    ``single-byte`` = one letter a byte, as TCVN3 and VNI are: what the letters mean is for each column to say. A
    UTF-16 file that breaks off ends with a replacement sign.
    """
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig", "replace"), "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace"), "utf-16"
    head = content[:2_000]
    for name, place in (("utf-16-le", 1), ("utf-16-be", 0)):
        if len(head) > 3 and head[place::2].count(0) * 2 > len(head) // 2:
            return content.decode(name, "replace"), "utf-16"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        pass_through = "".join(map(_letter, content))
    windows = content.decode("cp1258", "replace")
    if score(windows[:_MOST_JUDGED]) > score(convert_best(pass_through)):
        return unicodedata.normalize("NFC", windows), "windows-1258"
    return pass_through, "single-byte"


def convert_best(text: str) -> str:
    """The text in the encoding that fits it best."""
    return convert(text[:_MOST_JUDGED], judge([text]))


def _letter(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def separator_of(text: str, candidates: Sequence[str] = (";", "\t", ",")) -> str:
    """What parts the columns: the sign that parts the first lines into the same number of columns, and the most."""
    lines = [line for line in text.splitlines()[:30] if line.strip()][:20]

    def fits(sign: str) -> tuple[int, int]:
        counts = [line.count(sign) for line in lines]
        usual = max(set(counts), key=counts.count, default=0)
        return (counts.count(usual) * bool(usual), usual)

    return max(candidates, key=fits, default=",")
