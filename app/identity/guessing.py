"""How many guesses a password withstands: a cautious estimate, in bits.

The password is read as the cheapest row of pieces an attacker would try: words everybody uses, words of the
person and the place, keyboard rows, dates, repetitions, and what is left character by character. No rule says
which kinds of characters it must have. The idea is that of zxcvbn (Wheeler, USENIX Security 2016); the figures
are our own, on the low side.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import inf, log2
from typing import Literal, NamedTuple

from app.kernel.text import fold

Kind = Literal["common", "context", "sequence", "repetition", "plain"]

_CONTEXT_BITS = 1.0  # what one knows of the person and the place costs next to nothing
_SEQUENCE_BITS = 5.0
_YEAR_BITS = 6.0
_DATE_BITS = 14.0  # 366 days of some 45 years
_LEET_BITS = 1.0
_SHORTEST_WORD = 4
_LONGEST_WORD = 40
_LONGEST_PERIOD = 16

_SEPARATORS = str.maketrans("", "", " -_./,")
_LEET = str.maketrans("0134578@$!", "oieastbasi")
_ROWS = (
    "0123456789" * 3,
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "1234567890qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "!@#$%^&*()+",
)
_SEQUENCES = "\n".join([*_ROWS, *(row[::-1] for row in _ROWS)])
_YEAR = re.compile(r"(19|20)\d\d")
_DATE = re.compile(r"(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)?\d\d|(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])")


class _Piece(NamedTuple):
    length: int
    bits: float
    kind: Kind


@dataclass(frozen=True)
class Estimate:
    """The guesses withstood, as a power of two; the kind of piece most characters belong to; the context's part."""

    bits: float
    mostly: Kind
    context_share: float


def estimate(password: str, context: Iterable[str]) -> Estimate:
    """Estimate `password`, given words of its owner and place; accents, case and separators do not count.

    Pure and deterministic; 256 characters take milliseconds. The lists are folded, so the same holds for
    passwords typed with or without Vietnamese accents.
    """
    folded = fold(password)
    # Nothing but separators is still something: a run of them.
    text = folded.translate(_SEPARATORS) or folded
    pieces = _cheapest_reading(text, _context_words(context), _bits_per_character(password))
    characters: Counter[Kind] = Counter()
    for piece in pieces:
        characters[piece.kind] += piece.length
    nothing: Kind = "plain"
    mostly = max(characters, key=lambda kind: (characters[kind], kind != "plain"), default=nothing)
    share = characters["context"] / max(len(text), 1)
    return Estimate(sum(piece.bits for piece in pieces), mostly, share)


def _cheapest_reading(text: str, words: Set[str], per_character: float) -> list[_Piece]:
    """The row of pieces that covers `text` in the fewest bits (dynamic programming over its positions)."""
    cost = [0.0] + [inf] * len(text)
    last: list[_Piece] = [_Piece(0, 0.0, "plain")] * (len(text) + 1)
    leet = text.translate(_LEET)
    for start in range(len(text)):
        for piece in (
            _Piece(1, per_character, "plain"),
            *_words_at(start, text, words, 0.0),
            *_words_at(start, leet, words, _LEET_BITS),
            *_patterns_at(start, text),
            *_repetitions_at(start, text, per_character),
        ):
            end = start + piece.length
            if cost[start] + piece.bits < cost[end]:
                cost[end], last[end] = cost[start] + piece.bits, piece
    reading = []
    end = len(text)
    while end:
        reading.append(last[end])
        end -= last[end].length
    return reading


def _words_at(start: int, text: str, words: Set[str], extra: float) -> Iterator[_Piece]:
    ranks = common_passwords()
    for length in range(_SHORTEST_WORD, min(_LONGEST_WORD, len(text) - start) + 1):
        word = text[start : start + length]
        if word in words:
            yield _Piece(length, _CONTEXT_BITS + extra, "context")
        elif word in ranks:
            yield _Piece(length, log2(ranks[word] + 1) + extra, "common")


def _patterns_at(start: int, text: str) -> Iterator[_Piece]:
    length = 3
    while start + length <= len(text) and text[start : start + length] in _SEQUENCES:
        yield _Piece(length, _SEQUENCE_BITS, "sequence")
        length += 1
    for pattern, bits in ((_YEAR, _YEAR_BITS), (_DATE, _DATE_BITS)):
        if found := pattern.match(text, start):
            yield _Piece(len(found[0]), bits, "sequence")


def _repetitions_at(start: int, text: str, per_character: float) -> Iterator[_Piece]:
    """A unit of up to 16 characters written at least twice; the last time may break off (abcabcab)."""
    for period in range(1, min(_LONGEST_PERIOD, (len(text) - start) // 2) + 1):
        end = start + period
        while end < len(text) and text[end] == text[end - period]:
            end += 1
        length = end - start
        if length >= max(2 * period, 3):
            yield _Piece(length, period * per_character + log2(length / period), "repetition")


def _bits_per_character(password: str) -> float:
    """What one character taken by chance is worth: the alphabet in use, or less if few characters return."""
    alphabet = (
        26 * any(c.islower() for c in password)
        + 26 * any(c.isupper() for c in password[1:])  # a capital at the start is no surprise
        + 10 * any(c.isdecimal() for c in password)
        + 32 * any(not c.isalnum() and c != " " for c in password)
    )
    distinct = len(set(password.casefold()))
    few = distinct * 3 <= len(password)
    return log2(max(min(alphabet, distinct) if few else alphabet, 2))


def _context_words(context: Iterable[str]) -> set[str]:
    """Every run of neighbouring words of each text, written together: "Huyện Yên Thành" -> yenthanh, thanh, ..."""
    words: set[str] = set()
    for text in context:
        parts = re.findall(r"[^\W_]+", fold(text))[:12]
        joined = ("".join(parts[i:j]) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1))
        words.update(word for word in joined if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD)
    return words


@cache
def common_passwords() -> dict[str, int]:
    """The shipped list: word -> place, from 1. Read once per process."""
    lines = (files("app.data") / "common_passwords.txt").read_text("utf-8").splitlines()
    return {word: rank for rank, word in enumerate((x for x in lines if not x.startswith("#")), start=1)}
