"""Reading a legal act against the tree: which units its codes mean, who lives on, who ends and who succeeds. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from app.kernel.errors import Text
from app.kernel.ids import new_id
from app.units.act import ENDING, Act, Change, Fault, Ground, Outcome, Step, Stood
from app.units.days import day_of


class Targets:
    """The first stages: what each line says, which units the codes mean, who ends. Each presumes the one before."""

    def __init__(self, act: Act, ground: Ground) -> None:
        self.act, self.ground = act, ground
        self.faults: list[Fault] = []
        self.outcome = Outcome()
        self.by_old: dict[str, list[Change]] = defaultdict(list)
        self.by_new: dict[str, list[Change]] = defaultdict(list)
        self.target: dict[str, UUID] = {}
        self.ends_at: dict[UUID, Change] = {}

    def refuse(self, change: Change, field_: str, code: str, vi: str, en: str) -> None:
        self.faults.append(Fault(f"{change.place}/{field_}", code, Text(vi, en)))

    # --- what each line says ---------------------------------------------------------------------------------------

    def lines(self) -> None:
        """Every line by itself, and no two about the same thing."""
        seen: dict[tuple[str | None, str | None], Change] = {}
        for change in self.act.changes:
            self._shape(change)
            pair = (change.old_code, change.new_code)
            if pair in seen:
                self.refuse(
                    change, "old_code", "duplicate", f"Trùng với {seen[pair].place}", f"Same as {seen[pair].place}"
                )
            seen.setdefault(pair, change)
            if change.old_code is not None:
                self.by_old[change.old_code].append(change)
                self._old(change, change.old_code)
            if change.new_code is not None:
                self.by_new[change.new_code].append(change)
        for code, changes in self.by_old.items():
            if len(changes) > 1 and any(change.kind != "split" for change in changes):
                vi, en = f"Đơn vị {code} thay đổi hai lần", f"The unit {code} is changed twice"
                self.refuse(
                    changes[1], "old_code", "duplicate", f"{vi}: {changes[0].place}", f"{en}: {changes[0].place}"
                )

    def _shape(self, change: Change) -> None:
        wants_old, wants_new = change.kind != "created", change.kind != "dissolved"
        for name, value, wanted in (
            ("old_code", change.old_code, wants_old),
            ("new_code", change.new_code, wants_new),
        ):
            if wanted and value is None:
                what = "đơn vị kế thừa" if name == "new_code" else "đơn vị cũ"
                code = "without_successor" if name == "new_code" else "missing"
                self.refuse(change, name, code, f"Thiếu mã {what}", f"{name} is missing for `{change.kind}`")
            if not wanted and value is not None:
                self.refuse(
                    change, name, "not_applicable", f"Không dùng với {change.kind}", f"Not with `{change.kind}`"
                )

    def _old(self, change: Change, code: str) -> None:
        unit = self.ground.living.get(code)
        if unit is None and code in self.ground.gone:
            self.refuse(change, "old_code", "already_ended", *self._ended(self.ground.gone[code]))
        elif unit is None:
            hint = self._shorn(code)
            vi, en = f"Không có đơn vị mang mã {code}{hint.vi}", f"No unit bears {code}{hint.en}"
            self.refuse(change, "old_code", "unknown_unit", vi, en)
        elif unit.id == self.ground.top or unit.level == "base":
            vi, en = "Văn bản này không thay đổi được đơn vị đó", "This act cannot change that unit"
            self.refuse(change, "old_code", "outside_act", f"{vi}: {unit.name}", f"{en}: {unit.name}")
        elif unit.since is None or unit.since >= self.act.effective_on:
            vi, en = (
                f"Thông tin hiện tại của {unit.name} bắt đầu từ {day_of(unit.since).vi}",
                f"{unit.name} is as it is since {day_of(unit.since).en}",
            )
            self.refuse(
                change, "old_code", "not_after_current", f"{vi}: ngày hiệu lực phải sau ngày đó", f"{en}: act later"
            )

    def _ended(self, unit: Stood) -> Text:
        """When a unit ended, and which living one carries on."""
        heir: Stood | None = unit
        while heir is not None and heir.ended_on is not None:
            heir = self.ground.units.get(heir.parent_id) if heir.parent_id else None
        day = day_of(unit.ended_on)
        vi = f"{unit.name} ({unit.code}) đã kết thúc từ {day.vi}"
        en = f"{unit.name} ({unit.code}) ended on {day.en}"
        if heir is None:
            return Text(vi, en)
        return Text(f"{vi}; nay là {heir.name} ({heir.code})", f"{en}; {heir.name} ({heir.code}) carries on")

    def _shorn(self, code: str) -> Text:
        """Whether a code looks as if a spreadsheet had dropped its leading zeros, as the end of a sentence."""
        whole = [f"{'0' * n}{code}" for n in range(1, 5)]
        meant = next((found for found in whole if found in self.ground.living), None)
        meant = meant or next((found for found in whole if found in self.ground.gone), None)
        if meant is not None:
            return Text(
                f"; có phải {meant}, bị bảng tính bỏ số 0 ở đầu?", f": did a spreadsheet drop the zeros before {meant}?"
            )
        usual = {len(known) for known in self.ground.living if known.isdigit()}
        if code.isdigit() and len(code) not in usual and any(len(code) < length for length in usual):
            return Text(
                f"; mã chỉ có {len(code)} chữ số, có thể bảng tính đã bỏ số 0 ở đầu",
                f": it has {len(code)} digits only, a spreadsheet may have dropped its leading zeros",
            )
        return Text("", "")

    # --- who continues, who ends, which units the new codes mean ---------------------------------------------------

    def stated(self, code: str, name: str) -> str | None:
        """What the lines to a new code say of one of its facts."""
        for change in self.by_new[code]:
            value: str | None = getattr(change, name)
            if value is not None:
                return value
        return None

    def continues(self, unit: Stood) -> bool:
        """Whether a unit lives on: none of its lines ends it, or it is its own successor, called as before."""
        changes = self.by_old.get(unit.code, ())
        if not any(change.kind in ENDING for change in changes):
            return True
        own = unit.code if any(change.new_code == unit.code for change in changes) else None
        if own is None:
            return False
        name, kind = self.stated(own, "new_name"), self.stated(own, "new_kind")
        return (name or unit.name, kind or unit.kind) == (unit.name, unit.kind)

    def targets(self) -> None:
        """Find or make the unit that each new code means, then say who ends and who succeeds."""
        for code, changes in self.by_new.items():
            self._agree(code, changes)
            found = self._target(code, changes)
            if found is not None:
                self.target[code] = found
        if self.faults:
            return
        for code, changes in self.by_old.items():
            unit = self.ground.living[code]
            for change in changes:
                self.outcome.steps.append(Step(change, unit.id, self.target.get(change.new_code or "")))
            if self.continues(unit):
                self._keeps_past(unit, changes)
            else:
                self._end(unit, changes)
        for change in self.by_new_only():
            self.outcome.steps.append(Step(change, None, self.target[change.new_code or ""]))

    def _keeps_past(self, unit: Stood, changes: list[Change]) -> None:
        """What a unit that lives on did stays its own: no other may be named to bear it."""
        for change in changes:
            if change.primary and self.target.get(change.new_code or "") != unit.id:
                vi = "vẫn tồn tại nên giữ số liệu của mình: bỏ primary ở dòng này, hoặc cho kết thúc (không có dòng"
                en = "lives on and keeps its own past: take primary from this line, or let it end (no line"
                self.refuse(
                    *(change, "primary", "lives_on"),
                    f"{unit.name} {vi} {unit.code} → {unit.code})",
                    f"{unit.name} {en} {unit.code} → {unit.code})",
                )

    def by_new_only(self) -> Iterable[Change]:
        """Lines that create."""
        return (change for change in self.act.changes if change.old_code is None)

    def _agree(self, code: str, changes: list[Change]) -> None:
        for name in ("new_name", "new_kind", "new_parent_code"):
            first = self.stated(code, name)
            for change in changes:
                value = getattr(change, name)
                if value is not None and value != first:
                    vi, en = f"Mâu thuẫn với dòng khác về {code}", f"Another line says otherwise of {code}"
                    self.refuse(change, name, "contradiction", f"{vi}: {first}", f"{en}: {first}")

    def _target(self, code: str, changes: list[Change]) -> UUID | None:
        carried = [c for c in changes if c.kind in {"renamed", "moved", "unchanged"} and c.old_code is not None]
        if carried:
            for other in carried[1:]:
                self.refuse(
                    other, "new_code", "code_taken", f"Hai đơn vị cùng mang mã {code}", f"Two units would bear {code}"
                )
            return self.ground.living[carried[0].old_code or ""].id
        bearer = self.ground.living.get(code)
        if bearer is not None and self.continues(bearer) and self._keeps_code(bearer):
            return self._absorbing(bearer, changes)
        return self._newcomer(code, changes, bearer)

    def _keeps_code(self, unit: Stood) -> bool:
        changes = self.by_old.get(unit.code, ())
        return not changes or any(change.new_code in {unit.code, None} for change in changes)

    def _absorbing(self, bearer: Stood, changes: list[Change]) -> UUID | None:
        own = any(change.old_code == bearer.code for change in changes)
        name = self.stated(bearer.code, "new_name") or bearer.name
        kind = self.stated(bearer.code, "new_kind") or bearer.kind
        if (
            bearer.level == "base"
            or any(change.kind == "created" for change in changes)
            or (not own and (name, kind) != (bearer.name, bearer.kind))
        ):
            self._taken(changes[0], bearer)
        else:
            return bearer.id
        return None

    def _taken(self, change: Change, bearer: Stood) -> None:
        vi, en = f"Mã {bearer.code} thuộc {bearer.name}", f"{bearer.name} bears the code {bearer.code}"
        self.refuse(change, "new_code", "code_taken", f"{vi}, vào ngày đó", f"{en} on that day")

    def _newcomer(self, code: str, changes: list[Change], bearer: Stood | None) -> UUID | None:
        lacking = [n for n in ("new_name", "new_kind", "new_parent_code") if self.stated(code, n) is None]
        if not lacking:
            return new_id()
        if bearer is not None and self._returns(bearer):
            vi, en = "Vòng lặp: các đơn vị nhập vào nhau", "A circle: these units succeed one another"
            self.refuse(changes[0], "new_code", "cycle", vi, en)
        elif bearer is not None:
            vi, en = f"{bearer.name} cũng kết thúc theo văn bản này", f"{bearer.name} ends by the same act"
            self.refuse(changes[0], "new_code", "successor_ends", vi, en)
        else:
            names = ", ".join(lacking)
            vi, en = (
                f"Không có đơn vị mang mã {code}; đơn vị mới cần {names}{self._shorn(code).vi}",
                f"No unit bears {code}; a new one needs {names}{self._shorn(code).en}",
            )
            self.refuse(changes[0], "new_code", "unknown_successor", vi, en)
        return None

    def _returns(self, unit: Stood) -> bool:
        seen, waiting = set[str](), [unit.code]
        while waiting:
            code = waiting.pop()
            for change in self.by_old.get(code, ()):
                if change.new_code == unit.code and code != unit.code:
                    return True
                if change.new_code is not None and change.new_code not in seen:
                    seen.add(change.new_code)
                    waiting.append(change.new_code)
        return False

    def _end(self, unit: Stood, changes: list[Change]) -> None:
        heirs = [change for change in changes if change.new_code is not None]
        if len(changes) == 1 and changes[0].kind == "split":
            vi, en = "Chia tách cần ít nhất hai dòng", "A split takes at least two lines"
            self.refuse(changes[0], "kind", "split_of_one", vi, en)
        if len(heirs) > 1:
            primary = [change for change in heirs if change.primary]
            if len(primary) != 1:
                vi, en = "Nêu đúng một đơn vị kế thừa chính (primary)", "Name exactly one successor as primary"
                self.refuse(heirs[0], "primary", "primary", f"{unit.name}: {vi}", f"{unit.name}: {en}")
                return
            heirs = primary
        successor = self.target[heirs[0].new_code or ""] if heirs else None
        self.outcome.ended[unit.id] = successor
        self.ends_at[unit.id] = heirs[0] if heirs else changes[0]
