"""Random acts on random trees: whatever the law does, nothing is lost, no place is wrong, no total changes."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.units.act import Act, Change, Ground, Outcome, Stood, paths_after
from app.units.deciding import decide
from app.units.kinds import LEVELS

BEGAN = date(2020, 1, 1)
KINDS = {"district": "rural_district", "commune": "commune", "base": "school"}


class Map:
    """A province with its units, on which acts are carried out one after another, and records of some of them."""

    def __init__(self, draw: Any) -> None:
        self.draw, self.day, self.number = draw, BEGAN, 0
        self.units: dict[UUID, Stood] = {}
        self.top = self.add("province", "province", None)
        for _ in range(draw(st.integers(1, 3))):
            district = self.add("district", KINDS["district"], self.top)
            for _ in range(draw(st.integers(1, 4))):
                commune = self.add("commune", KINDS["commune"], district)
                for _ in range(draw(st.integers(0, 2))):
                    self.add("base", KINDS["base"], commune)
        self.records = Counter({key: draw(st.integers(0, 9)) for key in self.units})

    def code(self) -> str:
        """A code nobody has had."""
        self.number += 1
        return f"{self.number:05}"

    def add(self, level: str, kind: str, parent: UUID | None) -> UUID:
        """One more unit."""
        key, label = uuid4(), len(self.units) + 1
        above = self.units[parent].path if parent else ""
        code = self.code()
        place = (label, f"{above}{label:06x}.", None, self.day)
        self.units[key] = Stood(key, code, f"Đơn vị {code}", kind, level, parent, *place)
        return key

    def living(self, level: str) -> list[Stood]:
        """Units of a level that live, in a lasting order."""
        return [unit for unit in self.units.values() if unit.level == level and unit.ended_on is None]

    def act(self) -> Act:
        """A good act: some communes merge, one splits, others are renamed or moved."""
        communes = list(self.draw(st.permutations(self.living("commune"))))
        changes: list[Change] = []
        districts = [*self.living("district"), self.units[self.top]]
        while communes and self.draw(st.booleans()):
            which = self.draw(st.sampled_from(["merge", "absorb", "split", "rename", "move"]))
            above = self.draw(st.sampled_from(districts)).code
            size = self.draw(st.integers(2, 3)) if which in {"merge", "absorb"} else 1
            taken, communes = communes[:size], communes[size:]
            changes += self.lines(which, taken, above)
        self.day += timedelta(days=self.draw(st.integers(1, 400)))
        numbered = [replace(change, place=f"/changes/{n}") for n, change in enumerate(changes)]
        return Act(self.day, numbered)

    def lines(self, which: str, taken: list[Stood], above: str) -> list[Change]:
        """The lines of one change."""
        facts: dict[str, Any] = {"new_kind": "ward", "new_parent_code": above}
        # Codes are used again with another meaning: that of a predecessor, as often as a new one.
        code = taken[0].code if self.draw(st.booleans()) else self.code()
        if which == "merge":
            return [Change("", "merged", unit.code, code, f"Mới {code} {self.day}", **facts) for unit in taken]
        if which == "absorb":
            return [Change("", "merged", unit.code, taken[0].code) for unit in taken]
        if which == "split":
            first, second = code, self.code()
            return [
                Change("", "split", taken[0].code, first, f"Một {first} {self.day}", **facts, primary=True),
                Change("", "split", taken[0].code, second, f"Hai {second}", **facts),
            ]
        if which == "rename":
            return [Change("", "renamed", taken[0].code, taken[0].code, f"Tên {self.day} {taken[0].code}")]
        return [Change("", "moved", taken[0].code, taken[0].code, new_parent_code=above)]

    def apply(self, act: Act, ground: Ground, outcome: Outcome) -> None:
        """Let an act hold, as the database would."""
        labels = {key: len(self.units) + n for n, key in enumerate(outcome.created, start=1)}
        paths = paths_after(ground.units, outcome, labels, self.top)
        for key, facts in outcome.created.items():
            place = (labels[key], paths[key], None, act.effective_on)
            self.units[key] = Stood(key, facts.code, facts.name, facts.kind, facts.level, facts.parent_id, *place)
            self.records[key] = self.draw(st.integers(0, 9))
        for key, facts in outcome.changed.items():
            said: dict[str, Any] = {
                "code": facts.code,
                "name": facts.name,
                "kind": facts.kind,
                "parent_id": facts.parent_id,
            }
            self.units[key] = replace(self.units[key], **said, level=facts.level, since=act.effective_on)
        for key, heir in outcome.ended.items():
            parent = heir or self.units[key].parent_id
            self.units[key] = replace(self.units[key], ended_on=act.effective_on, parent_id=parent, since=None)
        for key, parent in (outcome.placed | outcome.unplaced).items():
            self.units[key] = replace(self.units[key], parent_id=parent, since=act.effective_on)
        self.units = {key: replace(unit, path=paths[key]) for key, unit in self.units.items()}

    def bearer(self, key: UUID) -> UUID:
        """The living unit at which the records of a unit are seen."""
        while (unit := self.units[key]).ended_on is not None:
            assert unit.parent_id is not None
            key = unit.parent_id
        return key


@st.composite
def maps(draw: st.DrawFn) -> tuple[Map, list[tuple[Act, Outcome, int, int]]]:
    """A map after up to four acts; of each, the total of all records before and after."""
    found, told = Map(draw), []
    for _ in range(draw(st.integers(1, 4))):
        act = found.act()
        ground = Ground(found.top, dict(found.units))
        outcome, faults = decide(act, ground)
        if not act.changes or any(fault.code == "nothing_changes" for fault in faults):
            continue
        assert faults == []
        before = sum(found.records[key] for key in ground.units)
        found.apply(act, ground, outcome)
        seen = Counter(dict.fromkeys(found.units, 0))
        for key in ground.units:
            seen[found.bearer(key)] += found.records[key]
        told.append((act, outcome, before, seen.total()))
    return found, told


@given(maps())
def test_nothing_is_lost_and_no_place_is_wrong(drawn: tuple[Map, list[tuple[Act, Outcome, int, int]]]) -> None:
    found, told = drawn
    for _, _, before, after in told:
        assert before == after
    living = [unit.code for unit in found.units.values() if unit.ended_on is None]
    assert len(living) == len(set(living)), "no code is borne twice"
    for key, unit in found.units.items():
        if key == found.top:
            continue
        assert unit.parent_id is not None
        above = found.units[unit.parent_id]
        assert unit.path == f"{above.path}{unit.label:06x}."
        if unit.ended_on is None:
            assert above.ended_on is None, "whoever lives stands under somebody who lives"
            assert LEVELS.index(above.level) < LEVELS.index(unit.level)
        else:
            # Of all that live, one alone is nearest above it: the last on its own path.
            bearers = [u.path for u in found.units.values() if u.ended_on is None and unit.path.startswith(u.path)]
            assert max(bearers, key=len) == found.units[found.bearer(key)].path


@given(maps(), st.data())
def test_what_has_ended_cannot_be_changed_again(
    drawn: tuple[Map, list[tuple[Act, Outcome, int, int]]], data: st.DataObject
) -> None:
    found, _ = drawn
    borne = {unit.code for unit in found.units.values() if unit.ended_on is None}
    gone = sorted({unit.code for unit in found.units.values() if unit.ended_on is not None} - borne)
    if gone:
        code = data.draw(st.sampled_from(gone))
        act = Act(found.day + timedelta(days=1), [Change("/changes/0", "dissolved", code)])
        _, faults = decide(act, Ground(found.top, found.units))
        assert [fault.code for fault in faults] == ["already_ended"]
