"""What is read from a CSV of units, and the mistakes that show only between its rows: parents, circles.

Pure. `csvfile.parse` fills a Reading row by row, then calls `check_tree` once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from app.units.kinds import LEVEL_TITLES_EN, LEVEL_TITLES_VI, Kind, is_above

CODE: Final = re.compile(r"[0-9A-Za-z.\-]{1,35}")
MAX_ERRORS: Final = 1000
_CYCLE_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as the file states it; `line` counts from 1, the header included."""

    line: int
    code: str
    name: str
    short_name: str
    kind: str
    level: str
    parent_code: str | None


@dataclass(frozen=True, slots=True)
class LineError:
    """One mistake: where, a stable code, what to tell a person. `column` is None if several are to blame."""

    line: int
    column: str | None
    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A row whose code can be trusted; `kind` is None when its type was not understood."""

    line: int
    code: str
    name: str
    kind: Kind | None
    parent_code: str | None


class ErrorLimitError(Exception):
    """So many mistakes that reading on would only cost time: this is not a file of units."""


@dataclass(slots=True)
class Reading:
    """What has been read so far. `lines` knows every code seen, also of rows refused for another reason."""

    lines: dict[str, int] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    errors: list[LineError] = field(default_factory=list)

    def refuse(self, error: LineError) -> None:
        """Note a mistake. Raises ErrorLimitError when MAX_ERRORS have been noted, the last saying so."""
        self.errors.append(error)
        if len(self.errors) == MAX_ERRORS:
            vi = f"Dừng đọc sau {MAX_ERRORS} lỗi; hãy sửa rồi nạp lại tệp."
            en = f"Stopped reading after {MAX_ERRORS} errors; correct them and load the file again."
            self.errors.append(LineError(error.line, None, "too_many_errors", vi, en))
            raise ErrorLimitError


def check_tree(reading: Reading, known: Mapping[str, str]) -> None:
    """Refuse missing, unknown and misplaced parents. `known`: levels, by code, of units not in the file."""
    in_cycle: set[str] = set()
    for cycle in _cycles(reading.drafts):
        in_cycle.update(cycle)
        _refuse_cycle(cycle, reading)
    for draft in reading.drafts.values():
        if draft.code not in in_cycle:
            _check_parent(draft, reading, known)


def _check_parent(draft: Draft, reading: Reading, known: Mapping[str, str]) -> None:
    level = draft.kind.level if draft.kind else None
    code = draft.parent_code
    if code is None:
        if level and is_above("province", level):
            vi = f"Thiếu mã đơn vị cấp trên của {draft.code}."
            en = f"The parent code of {draft.code} is missing."
            reading.refuse(LineError(draft.line, "parent_code", "missing_parent", vi, en))
        return
    if not CODE.fullmatch(code):
        return
    if code not in reading.lines and code not in known:
        vi = f"Không có đơn vị cấp trên mang mã {code}, cả trong tệp lẫn trong hệ thống."
        en = f"No unit has the parent code {code}, neither in the file nor in the system."
        reading.refuse(LineError(draft.line, "parent_code", "unknown_parent", vi, en))
        return
    parent_level = _level_of(code, reading, known)
    if level and parent_level and not is_above(parent_level, level):
        vi_levels = f"{LEVEL_TITLES_VI[parent_level].lower()}, {LEVEL_TITLES_VI[level].lower()}"
        en_levels = f"{LEVEL_TITLES_EN[parent_level].lower()}, {LEVEL_TITLES_EN[level].lower()}"
        vi = f"Đơn vị cấp trên {code} không ở cấp cao hơn {draft.code} ({vi_levels})."
        en = f"The parent {code} is not of a higher level than {draft.code} ({en_levels})."
        reading.refuse(LineError(draft.line, "parent_code", "parent_level", vi, en))


def _level_of(code: str, reading: Reading, known: Mapping[str, str]) -> str | None:
    """Return the level of a parent; None if its own row was refused, which has been reported there."""
    if code not in reading.lines:
        return known[code]
    draft = reading.drafts.get(code)
    return draft.kind.level if draft and draft.kind else None


def _cycles(drafts: Mapping[str, Draft]) -> Iterator[list[str]]:
    """Yield each ring of units that are above one another, in order of its first line."""
    walked_from: dict[str, str] = {}
    for start in drafts:
        walk: list[str] = []
        draft: Draft | None = drafts[start]
        while draft and draft.code not in walked_from:
            walked_from[draft.code] = start
            walk.append(draft.code)
            draft = drafts.get(draft.parent_code or "")
        if draft and walked_from[draft.code] == start:
            yield walk[walk.index(draft.code) :]


def _refuse_cycle(cycle: list[str], reading: Reading) -> None:
    shown = [f"{code} (dòng {reading.lines[code]})" for code in cycle[:_CYCLE_SHOWN]]
    ring_vi = " → ".join(shown) + (" → …" if len(cycle) > _CYCLE_SHOWN else f" → {cycle[0]}")
    vi = f"Vòng lặp cấp trên - cấp dưới gồm {len(cycle)} đơn vị: {ring_vi}."
    en = f"{len(cycle)} units stand above one another in a circle: {ring_vi.replace('dòng', 'line')}."
    for code in cycle:
        reading.refuse(LineError(reading.lines[code], "parent_code", "cycle", vi, en))
