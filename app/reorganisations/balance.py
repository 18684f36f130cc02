"""The balance sheet of an act: what lives before and after, and where every record is seen. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.kernel.db import AnyRow
from app.reorganisations.balance_schemas import BalanceOut, Fate, LevelBalance, RecordBalance, SheetLengths, UnitBalance
from app.units.act import Act, Ground, Outcome, Step, Stood
from app.units.kinds import KINDS, LEVELS, kind_named
from app.units.schemas import UnitBrief

_FATES: Final[dict[str, int]] = {"created": 0, "changed": 1, "enlarged": 2, "ended": 3}


def shortened(sheet: Mapping[str, Any], at_most: int) -> BalanceOut:
    """``sheet``, a whole one as it is stored, with the beginnings of its lists and how long they are."""
    lists: dict[str, list[Any]] = {name: sheet[name] for name in SheetLengths.model_fields}
    lengths = SheetLengths(**{name: len(found) for name, found in lists.items()})
    beginnings = {name: found[:at_most] for name, found in lists.items()}
    return BalanceOut.model_validate({**sheet, **beginnings, "lengths": lengths})


class Sheet:
    """An act about to be carried out, or just carried out, on the tree it met."""

    def __init__(self, act: Act, ground: Ground, outcome: Outcome, counts: Sequence[AnyRow]) -> None:
        self.act, self.ground, self.outcome, self.counts = act, ground, outcome, counts

    def whole(self, held: AnyRow, today: date) -> BalanceOut:
        """The sheet; ``held``: what people hold and what is owed at the units that end."""
        outcome = self.outcome
        return BalanceOut(
            effective_on=self.act.effective_on,
            applies="now" if self.act.effective_on <= today else "on_its_day",
            levels=self._levels(),
            units_created=len(outcome.created),
            units_changed=len(outcome.changed),
            units_ended=len(outcome.ended),
            base_units_placed=len(outcome.placed),
            base_units_unplaced=len(outcome.unplaced),
            grants_at_ended=held.grants,
            obligations_open=held.obligations,
            records=self._records(),
            later_records=sum(row.later for row in self.counts if row.unit_id in outcome.ended),
            units=(units := self._units()),
            unplaced=[self._brief(key) for key in outcome.unplaced],
            without_successor=[self._brief(key) for key, heir in outcome.ended.items() if heir is None],
            notes=(notes := self._notes()),
            lengths=SheetLengths(
                units=len(units),
                unplaced=len(outcome.unplaced),
                without_successor=sum(heir is None for heir in outcome.ended.values()),
                notes=len(notes),
            ),
        )

    def _brief(self, key: UUID) -> UnitBrief:
        unit = self.ground.units[key]
        return UnitBrief(id=unit.id, code=unit.code, name=unit.name)

    def _name(self, key: UUID) -> str:
        facts = self.outcome.created.get(key) or self.outcome.changed.get(key) or self.ground.units[key]
        return f"{facts.code} {facts.name}"

    def _levels(self) -> list[LevelBalance]:
        before = Counter(unit.level for unit in self.ground.living.values())
        gone = Counter(self.ground.units[key].level for key in self.outcome.ended)
        after = before - gone + Counter(facts.level for facts in self.outcome.created.values())
        for key, facts in self.outcome.changed.items():
            after[self.ground.units[key].level] -= 1
            after[facts.level] += 1
        shown = [level for level in LEVELS if before[level] or after[level]]
        return [LevelBalance(level=level, before=before[level], after=after[level]) for level in shown]

    def _bearers(self, parents: Mapping[UUID, UUID | None], ended: set[UUID]) -> dict[UUID, UUID]:
        """For every unit, the nearest above it (or itself) that lives."""

        def bearer(key: UUID) -> UUID:
            above = key
            while above in ended and parents.get(above) is not None and above != self.ground.top:
                above = parents[above] or above
            return above

        return {key: bearer(key) for key in self.ground.units}

    def _seen(self) -> tuple[Counter[UUID], Counter[UUID], Counter[str], Counter[str]]:
        """Records by the unit at which they are seen, and by kind, before and after."""
        units = self.ground.units
        parents: dict[UUID, UUID | None] = {key: unit.parent_id for key, unit in units.items()}
        ended = {key for key, unit in units.items() if unit.ended_on is not None}
        before = self._bearers(parents, ended)
        later = parents | {key: heir for key, heir in self.outcome.ended.items() if heir is not None}
        after = self._bearers(later, ended | set(self.outcome.ended))
        seen: tuple[Counter[UUID], Counter[UUID]] = (Counter(), Counter())
        kinds: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        for row in self.counts:
            for side, bearers in enumerate((before, after)):
                seen[side][bearers[row.unit_id]] += row.n
                kinds[side][row.kind] += row.n
        return (*seen, *kinds)

    def _records(self) -> list[RecordBalance]:
        _, _, before, after = self._seen()
        return [RecordBalance(kind=kind, before=before[kind], after=after[kind]) for kind in sorted(before)]

    def _units(self) -> list[UnitBalance]:
        before, after, _, _ = self._seen()
        heirs = [heir for heir in self.outcome.ended.values() if heir is not None]
        fates: dict[UUID, Fate] = dict.fromkeys(heirs, "enlarged")
        named: tuple[tuple[Mapping[UUID, object], Fate], ...] = (
            (self.outcome.changed, "changed"),
            (self.outcome.created, "created"),
            (self.outcome.ended, "ended"),
        )
        for keys, fate in named:
            fates |= dict.fromkeys(keys, fate)
        made = [self._unit(key, fate, before[key], after[key]) for key, fate in fates.items()]
        return sorted(made, key=lambda unit: (_FATES[unit.fate], unit.code))

    def _unit(self, key: UUID, fate: Fate, before: int, after: int) -> UnitBalance:
        known: Stood | None = self.ground.units.get(key) if fate == "ended" else None
        code, _, name = (f"{known.code} {known.name}" if known else self._name(key)).partition(" ")
        heir = self.outcome.ended.get(key)
        successor = self._name(heir) if heir is not None else None
        seen = {"records_before": before, "records_after": after}
        return UnitBalance(code=code, name=name, fate=fate, successor=successor, **seen)

    def _notes(self) -> list[str]:
        found = []
        by_old: dict[UUID | None, list[Step]] = defaultdict(list)
        for step in self.outcome.steps:
            by_old[step.old_id].append(step)
        for key, heir in self.outcome.ended.items():
            lines = by_old[key]
            if len(lines) > 1 and heir is not None:
                others = ", ".join(self._name(step.new_id) for step in lines if step.new_id and step.new_id != heir)
                unit = self.ground.units[key]
                found.append(f"{unit.code} {unit.name} → {self._name(heir)} (đơn vị kế thừa chính); {others}")
        for facts in (self.outcome.created | self.outcome.changed).values():
            other = kind_named(facts.name, facts.level)
            if other is not None and other.code != facts.kind:
                kinds = f"tên ghi là {other.title_vi}, loại ghi là {KINDS[facts.kind].title_vi}"
                found.append(f"{facts.code} {facts.name}: {kinds}; hãy kiểm tra lại")
        return found
