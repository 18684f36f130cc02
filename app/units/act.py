"""A legal act on the map: what it says, the tree it meets, and what would come of it. Values only.

The words are those of the resolutions: a unit is created, merged, split, renamed, moved or dissolved. Codes name units:
an old code as borne on the day before the act, a new one as borne from its day on. ``deciding.decide`` judges an act.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, get_args
from uuid import UUID

from app.kernel.errors import Text

ChangeKind = Literal["created", "merged", "split", "renamed", "moved", "dissolved", "unchanged"]
Bases = Literal["successor", "unplaced"]
ENDING: Final[frozenset[str]] = frozenset({"merged", "split", "dissolved"})
"""What ends a unit, unless the unit itself is among its successors under its own code and name."""
CHANGE_KINDS: Final[tuple[str, ...]] = get_args(ChangeKind)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of an act: one old unit, one new unit, or both.

    ``place`` is where the line stands in what was sent (``/changes/3``, ``/lines/12``). The facts of a new unit may
    stand in any of the lines that lead to it.
    """

    place: str
    kind: ChangeKind
    old_code: str | None = None
    new_code: str | None = None
    new_name: str | None = None
    new_kind: str | None = None
    new_parent_code: str | None = None
    primary: bool = False
    base_units: Bases | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a base unit (``code``) goes, other than with the unit above it."""

    place: str
    code: str
    parent_code: str


@dataclass(frozen=True, slots=True)
class Act:
    """The lines of an act and the day from which they hold."""

    effective_on: date
    changes: Sequence[Change]
    placements: Sequence[Placement] = ()


@dataclass(frozen=True, slots=True)
class Stood:
    """A unit as the act meets it; ``since`` is the first day of its present facts (None for one that has ended)."""

    id: UUID
    code: str
    name: str
    kind: str
    level: str
    parent_id: UUID | None
    label: int
    path: str
    ended_on: date | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an act, at a place in it."""

    place: str
    code: str
    text: Text


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be true of a unit from the act's day on."""

    code: str
    name: str
    kind: str
    level: str
    parent_id: UUID


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the act with the units it turned out to mean."""

    change: Change
    old_id: UUID | None
    new_id: UUID | None


@dataclass(slots=True)
class Outcome:
    """What an act without faults does to the tree."""

    steps: list[Step] = field(default_factory=list)
    created: dict[UUID, Facts] = field(default_factory=dict)
    changed: dict[UUID, Facts] = field(default_factory=dict)
    ended: dict[UUID, UUID | None] = field(default_factory=dict)
    """Each unit that ends, with its (primary) successor; None = nobody: what it did counts for the unit above."""
    placed: dict[UUID, UUID] = field(default_factory=dict)
    """Base units with the unit that manages them from now on."""
    unplaced: dict[UUID, UUID] = field(default_factory=dict)
    """Base units nobody was named for, with the unit under which they wait."""


@dataclass(slots=True)
class Ground:
    """The tree at and under ``top`` before the act, those that ended included."""

    top: UUID
    units: Mapping[UUID, Stood]
    borne: Mapping[str, frozenset[UUID]] = field(default_factory=dict)
    """For codes the act gives: the units, anywhere, that bear them on the act's day or later."""
    living: dict[str, Stood] = field(init=False)
    gone: dict[str, Stood] = field(init=False)
    children: dict[UUID, list[Stood]] = field(init=False)

    def __post_init__(self) -> None:
        self.living = {unit.code: unit for unit in self.units.values() if unit.ended_on is None}
        self.gone = {unit.code: unit for unit in self.units.values() if unit.ended_on is not None}
        self.children = defaultdict(list)
        for unit in self.living.values():
            if unit.parent_id is not None:
                self.children[unit.parent_id].append(unit)


def paths_after(tree: Mapping[UUID, Stood], outcome: Outcome, labels: Mapping[UUID, int], top: UUID) -> dict[UUID, str]:
    """The place in today's tree of every unit at or under ``top`` once ``outcome`` holds; ``labels`` of new units."""
    parents: dict[UUID, UUID | None] = {key: unit.parent_id for key, unit in tree.items()}
    parents |= {key: facts.parent_id for key, facts in (outcome.created | outcome.changed).items()}
    parents |= {key: successor for key, successor in outcome.ended.items() if successor is not None}
    parents |= outcome.placed | outcome.unplaced
    known = {key: unit.label for key, unit in tree.items()} | dict(labels)
    found = {top: tree[top].path}

    def path(key: UUID) -> str:
        if key not in found:
            above = parents[key]
            assert above is not None
            found[key] = f"{path(above)}{known[key]:06x}."
        return found[key]

    return {key: path(key) for key in parents}
