"""An invented succession of the nation's communes on 1/7/2025, for trying acts at national size. **Not the law.**

``python -m bench.succession FILE`` writes it as CSV for ``dienhinh load reorganisation`` and ``POST
/reorganisations/csv``. What is known is kept: which province went into which (told by the communes that keep their
codes), the five island districts that became a special zone of their name, and the whole act of Nghệ An as it ships.
Which other commune went into which is **not known here** and made up by one rule: a commune keeps its code where the
code lives on; otherwise it goes to the surviving commune with the nearest code (the lower of two) in its own district,
or, where no code of the district survives, in its own province.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from app.reorganisations.csvfile import COLUMNS

DECISION: Final = "THU-QUY-MO/2025 (không phải văn bản: sáp nhập cấp xã là giả định)"
"""Under which number the act is to be carried out, so that nobody takes it for an official one."""
ISSUER: Final = "Số liệu thử, không do cơ quan nào ban hành"
DAY: Final = "2025-07-01"
ROOT: Final = "BCA"
NGHE_AN: Final = "40"

Line = dict[str, str]
Tree = Mapping[str, Mapping[str, str]]


class UnclearError(ValueError):
    """The two trees do not tell where a unit went."""


def tree(name: str) -> Tree:
    """A shipped tree: the cells of each unit, by code."""
    return {row["code"]: row for row in _rows(name)}


def shipped(name: str) -> bytes:
    """The content of a shipped file of units."""
    return (files("app.data") / "units" / name).read_bytes()


def _rows(name: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(shipped(name).decode().splitlines())


def province_of(old: Tree, code: str) -> str:
    """The code of the province above the unit with ``code``, or its own."""
    while old[code]["parent_code"]:
        code = old[code]["parent_code"]
    return code


def provinces(old: Tree, new: Tree) -> dict[str, str]:
    """For each province before, the one after: where those of its communes are that keep their codes.

    Raises UnclearError where they are in more than one, or in none.
    """
    votes: dict[str, set[str]] = defaultdict(set)
    for code, unit in old.items():
        if not unit["parent_code"]:
            votes[code] |= set()
        elif len(code) == 5 and code in new:
            votes[province_of(old, code)].add(new[code]["parent_code"])
    unclear = {code: found for code, found in votes.items() if len(found) != 1}
    if unclear:
        raise UnclearError(f"the communes of a province are in several, or none: {unclear}")
    return {code: found.pop() for code, found in votes.items()}


@dataclass(frozen=True, slots=True)
class Succession:
    """The two trees, and how one becomes the other."""

    old: Tree
    new: Tree

    def lines(self) -> Iterator[Line]:
        """The lines of the act, columns as in a succession CSV: provinces, districts, communes."""
        into = provinces(self.old, self.new)
        yield from self._grouped(into, ROOT)
        known = {row["old_code"]: row for row in _rows("nghe_an_act_2025_07.csv")}
        islands = self._islands(into)
        for code in self.old:
            if len(code) != 3 or code in known:
                continue
            zone = islands.get(code)
            yield (
                self._line(code, zone, "merged", into[province_of(self.old, code)])
                if zone
                else {
                    "old_code": code,
                    "kind": "dissolved",
                    "effective_date": DAY,
                }
            )
        yield from known.values()
        yield from self._grouped(self.communes(into, set(known)))

    def communes(self, into: Mapping[str, str], known: set[str]) -> dict[str, str]:
        """For each commune before, other than those ``known``, the one after: by the rule that this module states."""
        survivors: dict[str, list[str]] = defaultdict(list)
        wanted = [code for code in self.old if len(code) == 5 and code not in known]
        for code in wanted:
            if code in self.new:
                survivors[self.old[code]["parent_code"]].append(code)
                survivors[province_of(self.old, code)].append(code)
        found = {}
        for code in wanted:
            district, province = self.old[code]["parent_code"], province_of(self.old, code)
            near = survivors[district] or survivors[province]
            found[code] = code if code in self.new else min(near, key=lambda one: (abs(int(one) - int(code)), one))
            if self.new[found[code]]["parent_code"] != into[province]:
                raise UnclearError(f"{code} would leave its province")
        return found

    def _grouped(self, into: Mapping[str, str], parent: str | None = None) -> Iterator[Line]:
        together: dict[str, list[str]] = defaultdict(list)
        for code, successor in into.items():
            together[successor].append(code)
        for successor, codes in together.items():
            above = parent or self.new[successor]["parent_code"]
            for code in codes:
                kind = "merged" if len(codes) > 1 else self._alone(code, successor, above)
                yield self._line(code, successor, kind, above)

    def _alone(self, code: str, successor: str, above: str) -> str:
        then, now = self.old[code], self.new[successor]
        if (then["name"], then["type"]) != (now["name"], now["type"]):
            return "renamed"
        return "unchanged" if above in {ROOT, then["parent_code"]} else "moved"

    def _line(self, code: str, successor: str, kind: str, above: str) -> Line:
        unit = self.new[successor]
        facts = {"new_name": unit["name"], "new_type": unit["type"], "new_parent_code": above}
        return {"old_code": code, "new_code": successor, "kind": kind, "effective_date": DAY, **facts}

    def _islands(self, into: Mapping[str, str]) -> dict[str, str]:
        """Districts without communes, with the special zone of their name."""
        above = {unit["parent_code"] for unit in self.old.values()}
        zones = {(unit["parent_code"], unit["name"].removeprefix("Đặc khu ")): code for code, unit in self.new.items()}
        return {
            code: zones[into[unit["parent_code"]], unit["name"].removeprefix("Huyện ")]
            for code, unit in self.old.items()
            if len(code) == 3 and code not in above
        }


def succession() -> Succession:
    """That from the shipped tree of 1/1/2025 to the one of 1/7/2025."""
    return Succession(tree("national_2025_01.csv"), tree("national_2025_07.csv"))


def content(lines: Iterator[Line], day: str = DAY) -> bytes:
    """``lines`` as a succession CSV that takes effect on ``day``."""
    written = io.StringIO()
    rows = csv.DictWriter(written, COLUMNS[:8], restval="", lineterminator="\n")
    rows.writeheader()
    rows.writerows(line | {"effective_date": day} for line in lines)
    return written.getvalue().encode()


def main(
    file: Annotated[Path, typer.Argument(help="Where to write the CSV", dir_okay=False)],
    day: Annotated[str, typer.Option(help="The day on which the act takes effect")] = DAY,
) -> None:
    """Write an invented succession of all communes. It is for tests of size and never to be taken for the law."""
    made = content(succession().lines(), day)
    file.write_bytes(made)
    said = Console(highlight=False, stderr=True, soft_wrap=True)
    lines = len(made.splitlines()) - 1
    said.print(f"{file}: {lines:,} lines. Not the law: which commune goes into which is made up.")
    said.print(f'Carry it out with --owner {ROOT} --decision-number "{DECISION}" --issuing-body "{ISSUER}".')


if __name__ == "__main__":
    typer.run(main)
