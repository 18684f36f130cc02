"""What a legal act comes to on a given tree, or everything that is wrong with it, line by line. Pure."""

from typing import Final
from uuid import UUID

from app.kernel.errors import Text
from app.units.act import Act, Facts, Fault, Ground, Outcome, Stood
from app.units.days import day_of
from app.units.deciding_targets import Targets
from app.units.kinds import KINDS, is_above

MAX_FAULTS: Final = 1_000
_SHOWN: Final = 5


def decide(act: Act, ground: Ground) -> tuple[Outcome, list[Fault]]:
    """What the act does, and what is wrong with it: with any fault, the outcome means nothing."""
    deciding = Deciding(act, ground)
    for stage in (deciding.lines, deciding.targets, deciding.facts, deciding.bases, deciding.whole):
        stage()
        if deciding.faults:
            break
    return deciding.outcome, sorted(deciding.faults[:MAX_FAULTS], key=lambda fault: _order(fault.place))


def _order(place: str) -> tuple[str, int]:
    head, _, number = place.rpartition("/")[0].rpartition("/") if place.count("/") > 2 else place.rpartition("/")
    return head, int(number) if number.isdigit() else 0


class Deciding(Targets):
    """One act on its way through the stages; each presumes that the one before found no fault."""

    # --- what becomes true -----------------------------------------------------------------------------------------

    def facts(self) -> None:
        """Code, name, kind and parent of every unit that is new or changes."""
        for code, target in self.target.items():
            changes = self.by_new[code]
            unit = self.ground.units.get(target)
            kind = self.stated(code, "new_kind") or (unit.kind if unit else "")
            parent = self._parent(code, unit)
            if kind not in KINDS or KINDS[kind].level in {"central", "base"}:
                self.refuse(
                    changes[0], "new_kind", "unknown_type", f"Loại không hợp lệ: {kind}", f"Unknown kind {kind}"
                )
            elif parent is not None:
                name = self.stated(code, "new_name") or (unit.name if unit else "")
                found = Facts(code, name, kind, KINDS[kind].level, parent)
                if unit is None:
                    self.outcome.created[target] = found
                elif (unit.code, unit.name, unit.kind, unit.parent_id) != (code, name, kind, parent):
                    self.outcome.changed[target] = found
        self._check_levels()
        self._check_unchanged()

    def _parent(self, code: str, unit: Stood | None) -> UUID | None:
        stated = self.stated(code, "new_parent_code")
        if stated is None:
            return unit.parent_id if unit else None
        found = self.resolve(stated)
        if found is None:
            at = next(change for change in self.by_new[code] if change.new_parent_code)
            vi, en = f"Không có đơn vị mang mã {stated} vào ngày đó", f"No unit bears {stated} on that day"
            self.refuse(at, "new_parent_code", "unknown_parent", vi, en)
        return found

    def resolve(self, code: str) -> UUID | None:
        """The unit that bears ``code`` once the act holds."""
        if code in self.target:
            return self.target[code]
        unit = self.ground.living.get(code)
        if unit is None or unit.id in self.outcome.ended or not self._keeps_code(unit):
            return None
        return unit.id

    def level_after(self, unit_id: UUID) -> str:
        """The level at which a unit stands once the act holds."""
        facts = self.outcome.created.get(unit_id) or self.outcome.changed.get(unit_id)
        return facts.level if facts else self.ground.units[unit_id].level

    def _check_levels(self) -> None:
        for target, facts in (self.outcome.created | self.outcome.changed).items():
            change = self.by_new[facts.code][0]
            above = self.ground.units.get(facts.parent_id) if target in self.outcome.created else None
            if not is_above(self.level_after(facts.parent_id), facts.level):
                vi, en = "Đơn vị cấp trên không ở cấp cao hơn", "The unit above is not of a higher level"
                self.refuse(change, "new_parent_code", "parent_level", vi, en)
            elif (
                above is not None
                and target in self.outcome.created
                and above.since
                and above.since > self.act.effective_on
            ):
                since = day_of(above.since)
                vi, en = f"{above.name} chỉ có từ {since.vi}", f"{above.name} exists only since {since.en}"
                self.refuse(change, "new_parent_code", "parent_not_in_force", vi, en)

    def _check_unchanged(self) -> None:
        for step in self.outcome.steps:
            kind, changed = step.change.kind, step.old_id in self.outcome.changed
            if kind == "unchanged" and changed:
                vi, en = "Ghi là không đổi nhưng thông tin khác", "Called unchanged, but described otherwise"
                self.refuse(step.change, "kind", "changed", vi, en)
            if kind in {"renamed", "moved"} and not changed:
                vi, en = "Không có gì thay đổi", "Nothing changes"
                self.refuse(step.change, "kind", "nothing_changes", vi, en)

    # --- who hangs under what has ended ----------------------------------------------------------------------------

    def bases(self) -> None:
        """Base units go where the act says, or wait; nobody else may be left under what has ended."""
        named = self._placements()
        for ended, successor in self.outcome.ended.items():
            change = self.ends_at[ended]
            policy = change.base_units or ("successor" if change.kind == "merged" else "unplaced")
            left = []
            for child in self.ground.children[ended]:
                if child.id in named or child.id in self.outcome.ended or child.id in self.outcome.changed:
                    continue
                if child.level != "base":
                    left.append(child)
                elif successor is not None and policy == "successor":
                    self.outcome.placed[child.id] = successor
                else:
                    self.outcome.unplaced[child.id] = self._meanwhile(ended)
            if left:
                names = ", ".join(unit.name for unit in left[:_SHOWN]) + (" ..." if len(left) > _SHOWN else "")
                vi, en = (
                    f"Còn {len(left)} đơn vị trực thuộc: {names}",
                    f"{len(left)} units would stand under it: {names}",
                )
                self.refuse(change, "old_code", "units_left", vi, en)
        self.outcome.placed |= named
        self._check_children()

    def _check_children(self) -> None:
        for target, facts in self.outcome.changed.items():
            for child in self.ground.children[target]:
                moved = self.outcome.changed.get(child.id)
                stays = child.id not in self.outcome.ended and (moved is None or moved.parent_id == target)
                if (
                    stays
                    and child.id not in self.outcome.placed
                    and not is_above(facts.level, self.level_after(child.id))
                ):
                    vi, en = (
                        f"{child.name} không thể ở dưới đơn vị cùng cấp",
                        f"{child.name} cannot stand under its own level",
                    )
                    self.refuse(self.by_new[facts.code][0], "new_kind", "parent_level", vi, en)

    def _meanwhile(self, ended: UUID) -> UUID:
        """The nearest unit above one that ends, as it stood, that lives on."""
        above = self.ground.units[ended].parent_id
        while above is not None and above in self.outcome.ended:
            above = self.outcome.ended[above] or self.ground.units[above].parent_id
        assert above is not None
        return above

    def _placements(self) -> dict[UUID, UUID]:
        found: dict[UUID, UUID] = {}
        for item in self.act.placements:
            unit, parent = self.ground.living.get(item.code), self.resolve(item.parent_code)
            if unit is None or unit.level != "base":
                vi, en = f"Không có đơn vị cơ sở mang mã {item.code}", f"No base unit bears {item.code}"
                self.faults.append(Fault(f"{item.place}/code", "unknown_unit", Text(vi, en)))
            elif parent is None or not is_above(self.level_after(parent), "base"):
                vi, en = f"{item.parent_code} không quản lý được đơn vị này", f"{item.parent_code} cannot manage it"
                self.faults.append(Fault(f"{item.place}/parent_code", "unknown_parent", Text(vi, en)))
            elif unit.id in found:
                text = Text("Đơn vị này đã có ở dòng khác", "This unit stands in another line already")
                self.faults.append(Fault(f"{item.place}/code", "duplicate", text))
            else:
                found[unit.id] = parent
        return found

    # --- the whole -------------------------------------------------------------------------------------------------

    def whole(self) -> None:
        """Codes anybody else bears, days that lie before what is, and acts that do nothing."""
        freed = set(self.outcome.ended) | set(self.outcome.changed)
        for target, facts in (self.outcome.created | self.outcome.changed).items():
            if self.ground.borne.get(facts.code, frozenset()) - freed - {target}:
                vi, en = f"Mã {facts.code} còn thuộc đơn vị khác", f"Another unit bears the code {facts.code}"
                change = self.by_new[facts.code][0]
                self.refuse(
                    change, "new_code", "code_taken", f"{vi} vào hoặc sau ngày đó", f"{en} on or after that day"
                )
        for base in (*self.outcome.placed, *self.outcome.unplaced):
            unit = self.ground.units[base]
            if unit.since is None or unit.since >= self.act.effective_on:
                at = self.ends_at.get(unit.parent_id) if unit.parent_id else None
                vi, en = (
                    f"{unit.name} ở vị trí hiện nay từ {day_of(unit.since).vi}",
                    f"{unit.name} is where it is since {unit.since}",
                )
                place = f"{at.place}/old_code" if at else "/placements"
                self.faults.append(Fault(place, "not_after_current", Text(vi, en)))
        if not self.faults and not (self.outcome.created or self.outcome.changed or self.outcome.ended):
            self.faults.append(Fault("/changes", "nothing_changes", Text("Không có gì thay đổi", "Nothing changes")))
