"""What is written down about a unit, and how its place in the tree is spelled. Pure."""

from typing import Any, Final

from app.kernel.text import fold, sort_key
from app.units.kinds import KINDS, short_name

_WIDTH: Final = 6
_LAST_LABEL: Final = 16**_WIDTH - 1
BETWEEN_WORDS: Final = '-/().,;:"'
"""Besides blanks."""
_AS_BLANKS: Final = str.maketrans(BETWEEN_WORDS, " " * len(BETWEEN_WORDS))


def describe(code: str, name: str, kind: str) -> dict[str, Any]:
    """The columns that units and their dated facts share, for a name in NFC with single blanks.

    Raises KeyError for a kind that is not in KINDS.
    """
    found = KINDS[kind]
    short = short_name(name, found)
    return {
        "code": code,
        "name": name,
        "short_name": short,
        "kind": found.code,
        "level": found.level,
        "folded": fold(name),
        "sort_key": sort_key(short),
    }


def beneath(parent_path: str, label: int) -> str:
    """The path of the unit with ``label`` under a parent with ``parent_path`` ("" = no parent).

    Raises ValueError when all sixteen million labels have been given out: a longer one would break the order of paths.
    """
    if not 0 < label <= _LAST_LABEL:
        raise ValueError(f"label {label} does not fit into a path")
    return f"{parent_path}{label:0{_WIDTH}x}."


def child_of(parent_path: str) -> str:
    """The path that some unit directly under ``parent_path`` would have, for asking who may make one there."""
    return beneath(parent_path, _LAST_LABEL)


def labels_above(path: str) -> list[int]:
    """The labels of the units above the one at ``path``, root first."""
    return [int(label, 16) for label in path.split(".")[:-2]]


def search(query: str) -> dict[str, list[str]]:
    """What the filter ``q`` takes for a search, accents aside: ``%``, ``_`` and ``\\`` in it mean themselves.

    The last word may be half typed; the others are whole, or "ma thanh" would find everything marked "(mẫu)".
    """
    words = fold(query).translate(_AS_BLANKS)
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    found = escaped.split()
    whole = [f"% {word} %" for word in found[:-1]]
    return {"q": [f"%{word}%" for word in found], "q_words": whole + [f"% {word}%" for word in found[-1:]]}
