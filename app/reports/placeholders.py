"""Figures named in a report's text. Pure: reading the text, and writing it with the figures filled in.

``{{registrations.registered year=first_year unit_kind=agency}}`` is a value of a measure, narrowed by its dimensions;
``{{form3.total.sessions}}`` a cell of a form by its address, ``{{form3.sessions}}`` that of its bottom row;
``{{campaign.window_to}}`` a fact of the campaign. ``[[... {{a}} ...|...]]`` chooses: what stands before the bar
where any figure in it is something, otherwise what stands behind it. ``as=words`` writes a difference as "tăng 12".
``{{directives.list own_unit=self
track=advised}}`` names documents, each on a line of its own. Nothing here calls, loops or looks anything up.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from typing import Final, Literal, TypeAlias

from app.kernel.errors import FieldError, Text

Kind = Literal["integer", "number", "percent", "text", "date"]
Value: TypeAlias = int | float | str | date | None
MOST: Final = 200
"""Placeholders in one text: each may cost a cell of a statement."""

_FIGURE: Final = re.compile(r"(\{\{[^{}]*\}\})")
_CHOICE: Final = re.compile(r"\[\[(.*?)\]\]", re.DOTALL)
_STRAY: Final = re.compile(r"\{\{|\}\}|\[\[|\]\]")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[0-9A-Za-z_\-]+){1,4}")
_FILTER: Final = re.compile(r"([a-z][a-z_]*)=([0-9A-Za-z_\-,]{1,300})")
_WORDS: Final = frozenset({"text", "date"})
"""Kinds that are no figures: they do not decide a choice."""
_GONE: Final = "\x00"
_BARE: Final = " \t-+*•.;:,()" + _GONE
UNDEFINED: Final = "(chưa có số liệu)"
"""In the place of a figure that is not defined, as a share of nothing."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One named figure."""

    name: str
    filters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join((self.name, *(f"{name}={value}" for name, value in self.filters)))


@dataclass(frozen=True, slots=True)
class Choice:
    """Two ways to say it: with figures, and where all of them are nothing."""

    figures: tuple["Part", ...]
    nothing: tuple["Part", ...]


Part: TypeAlias = str | Placeholder | Choice
"""Inside a choice there is no other one."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a placeholder stands for now."""

    value: Value
    kind: Kind = "integer"
    records: str | None = None
    """Where the records behind it are."""
    in_words: bool = False
    """A difference is written as "tăng 12" or "giảm 12"."""


class Broken(Exception):
    """A text whose placeholders cannot be read: ``shown`` is the place."""

    def __init__(self, shown: str, message: Text) -> None:
        super().__init__(message.en)
        self.shown = shown[:80]
        self.message = message


_UNCLOSED = Text("Dấu '{shown}' không có dấu mở hoặc đóng tương ứng", "'{shown}' has no counterpart")
_NESTED = Text("'[[' không được lồng trong '[['", "'[[' may not stand inside '[['")
_NO_BAR = Text("'[[ ... ]]' cần đúng một dấu '|' ở giữa", "'[[ ... ]]' needs exactly one '|' in it")
_NO_FIGURE = Text(
    "'[[ ... | ... ]]' cần ít nhất một số liệu trước dấu '|'", "'[[ ... | ... ]]' needs a figure before its '|'"
)
_MISSPELT = Text(
    "'{shown}' không đúng cách viết {{{{chỉ_tiêu.giá_trị tên=trị}}}}",
    "'{shown}' is not written as {{{{measure.value name=value}}}}",
)
_MANY = Text("Tối đa {most} số liệu trong một mục", "At most {most} figures in one section")


def _broken(shown: str, message: Text) -> Broken:
    return Broken(shown, message.fill(shown=shown[:80]))


def _read(written: str) -> Placeholder:
    words = written[2:-2].split()
    filters = [_FILTER.fullmatch(word) for word in words[1:]]
    named_well = bool(words) and _NAME.fullmatch(words[0]) is not None
    if not named_well or None in filters:
        raise _broken(written, _MISSPELT)
    pairs = tuple((found[1], found[2]) for found in filters if found)
    if len({name for name, _ in pairs}) != len(pairs):
        raise _broken(written, _MISSPELT)
    return Placeholder(words[0], pairs)


def _plain(text: str) -> Iterator[Part]:
    """Text without choices."""
    for piece in _FIGURE.split(text):
        stray = _STRAY.search(piece)
        if _FIGURE.fullmatch(piece):
            yield _read(piece)
        elif stray:
            raise _broken(stray[0], _UNCLOSED)
        elif piece:
            yield piece


def _choice(inside: str) -> Choice:
    if "[[" in inside:
        raise _broken("[[", _NESTED)
    sides = inside.split("|")
    if len(sides) != 2:
        raise _broken(inside, _NO_BAR)
    figures, nothing = (tuple(_plain(side)) for side in sides)
    if not any(isinstance(part, Placeholder) for part in figures):
        raise _broken(inside, _NO_FIGURE)
    return Choice(figures, nothing)


def parse(text: str) -> list[Part]:
    """The parts of ``text``. Raises :class:`Broken`."""
    parts: list[Part] = []
    for i, piece in enumerate(_CHOICE.split(text)):
        if i % 2:
            parts.append(_choice(piece))
        else:
            parts += _plain(piece)
    if sum(1 for _ in named(parts)) > MOST:
        raise Broken("", _MANY.fill(most=MOST))
    return parts


def named(parts: Iterable[Part]) -> Iterator[Placeholder]:
    """Every placeholder in ``parts``, in order."""
    for part in parts:
        if isinstance(part, Choice):
            yield from named((*part.figures, *part.nothing))
        elif isinstance(part, Placeholder):
            yield part


def render(parts: Iterable[Part], figures: Mapping[Placeholder, Figure]) -> str:
    """The text with its figures, as an office writes them. Of a choice for nothing no empty line stays behind."""
    text = "".join(_written(part, figures) for part in parts)
    lines = text.split("\n")
    return "\n".join(line.replace(_GONE, "") for line in lines if _GONE not in line or line.strip(_BARE)).strip()


def _written(part: Part, figures: Mapping[Placeholder, Figure]) -> str:
    if isinstance(part, Choice):
        counts = [figures[name] for name in named(part.figures) if figures[name].kind not in _WORDS]
        some = any(figure.value for figure in counts)
        chosen = "".join(_written(inner, figures) for inner in (part.figures if some else part.nothing))
        return chosen if chosen.strip() else _GONE
    return (write(figures[part]) or _GONE) if isinstance(part, Placeholder) else part


def write(figure: Figure) -> str:
    """A figure as Vietnamese offices write it: 1.234; 87,5%; 15/01/2023."""
    value = figure.value
    if value is None:
        return UNDEFINED
    if isinstance(value, date):
        # Nghị định 30/2020/NĐ-CP: a zero before days under 10 and before the months 1 and 2.
        return f"{value.day:02}/{value.month:0{2 if value.month < 3 else 1}}/{value.year}"
    if isinstance(value, str):
        return value
    if figure.in_words:
        direction = "không thay đổi" if not value else "tăng " if value > 0 else "giảm "
        return direction + (write(Figure(abs(value), figure.kind)) if value else "")
    if figure.kind == "percent":
        return _number(round(value * 100, 1)) + "%"
    return _number(value if isinstance(value, int) else round(value, 2))


def _number(value: int | float) -> str:
    whole, _, rest = f"{value:,}".partition(".")
    rest = rest.rstrip("0")
    return whole.replace(",", ".") + ("," + rest if rest else "")


_UNKNOWN = Text("Không có số liệu '{name}'{near}", "There is no figure '{name}'{near}")


def unknown(name: str, known: Sequence[str]) -> Text:
    """What to say of a name that stands for nothing: with names that are near it."""
    near = get_close_matches(name, known, n=3, cutoff=0.6)
    if not near:
        return _UNKNOWN.fill(name=name, near="")
    words = ", ".join(near)
    return Text(
        _UNKNOWN.fill(name=name, near=f"; có phải: {words}").vi,
        _UNKNOWN.fill(name=name, near=f"; did you mean: {words}").en,
    )


def section_fault(code: str, message: Text) -> FieldError:
    """A fault of the text under the heading ``code``."""
    return FieldError(f"/sections/{code}", "broken_placeholder", message)


def parse_all(texts: Mapping[str, str]) -> tuple[dict[str, list[Part]], list[FieldError]]:
    """The parts of every text by its code, and the faults of those that cannot be read."""
    parts: dict[str, list[Part]] = {}
    faults = []
    for code, text in texts.items():
        try:
            parts[code] = parse(text)
        except Broken as fault:
            faults.append(section_fault(code, fault.message))
    return parts, faults
