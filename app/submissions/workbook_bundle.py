"""What a workbook that came back asks for: bundles as ``schemas.Bundle`` has them, deletions, and where each stands.

Pure. A line is compared with what stands now. Says the line the same, nothing is asked for, so a workbook may be sent
twice; says the record something else than when the workbook was made, somebody has changed it since, and the line is
refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.kernel.errors import Text
from app.submissions.faults import CellFault, Refused
from app.submissions.reading_values import Value
from app.submissions.workbook_layout import DELETE, SheetPlan
from app.submissions.workbook_lines import Line, digest_of
from app.submissions.workbook_reading import ReadBook, ReadLine

PARTS: Final = {
    "directives": "directives",
    "activities": "activities",
    "situation_figures": "situation_figures",
    "registrations": "registrations",
    "practices": "good_practices",
    "awards": "awards",
}
"""The part of a bundle that each sheet of records fills."""
_SENT_AS: Final = {"award_form": "award_form_id", "recipient_unit": "recipient_unit_id"}
_SHOWN_AS: Final = {sent: shown for shown, sent in _SENT_AS.items()}
_NEVER_NULL: Final = {"sessions": 0, "quantity": 0}

_GONE: Final = Refused(
    "record_gone",
    Text("Bản ghi của dòng này không còn trên hệ thống", "The record of this line is no longer there"),
    Text(
        "Xóa trắng dòng này; nếu vẫn cần thì nhập lại ở dòng trống",
        "Empty this line; if it is still needed, enter it in an empty one",
    ),
)
_STALE: Final = Refused(
    "changed_since",
    Text(
        "Có người đã sửa bản ghi này sau khi biểu được tải về",
        "Somebody has changed this record since the workbook was downloaded",
    ),
    Text("Tải biểu mới để xem nội dung hiện tại rồi sửa lại", "Download the workbook again and look at it first"),
)
_LOCKED: Final = Refused(
    "locked",
    Text("Bản ghi đã gửi hoặc đã chốt, không sửa được", "The record was handed in or is locked"),
    Text("Đề nghị cấp trên trả lại, hoặc bỏ thay đổi ở dòng này", "Ask for it to be returned, or undo the change"),
)
_FIXED: Final = Refused(
    "fixed_cell",
    Text("Ô do hệ thống điền sẵn đã bị sửa", "A cell that the system fills in was changed"),
    Text("Khôi phục nội dung ban đầu, hoặc tải biểu mới", "Put it back as it was, or download the workbook again"),
)
_NO_LETTERS: Final = Refused(
    "no_deletion",
    Text("Dòng mới chưa có trên hệ thống nên không có gì để xóa", "This line is new: there is nothing to delete"),
    Text("Xóa trắng cả dòng", "Empty the whole line"),
)


@dataclass(slots=True)
class UnitBundle:
    """One bundle of one unit. ``places`` leads from an item's pointer to the line it came from.

    ``changes``: its items change records that stand; otherwise they are new.
    """

    unit: str
    campaign: str
    changes: bool
    body: dict[str, Any] = field(default_factory=dict)
    places: dict[str, ReadLine] = field(default_factory=dict)

    def add(self, part: str, item: dict[str, Any], line: ReadLine) -> str:
        """Append an item that came from ``line``; its pointer."""
        items = self.body.setdefault(part, [])
        items.append(item)
        pointer = f"/{part}/{len(items) - 1}"
        self.places[pointer] = line
        return pointer

    def whole(self) -> dict[str, Any]:
        """The bundle as it travels."""
        return {"unit": self.unit, "campaign": self.campaign, **self.body}

    def at(self, pointer: str) -> tuple[ReadLine, str]:
        """The line and column that a pointer into the bundle means; the nearest there is."""
        steps = pointer.split("/")
        for length in range(len(steps), 1, -1):
            line = self.places.get("/".join(steps[:length]))
            if line is not None:
                named = steps[length] if length < len(steps) else ""
                return line, _column(line.plan, named)
        line = next(iter(self.places.values()))
        return line, _column(line.plan, "")


def _column(plan: SheetPlan, named: str) -> str:
    shown = _SHOWN_AS.get(named, named)
    if shown in plan.names:
        return shown
    return "text" if "text" in plan.names else "outcome" if "outcome" in plan.names else plan.fields[0].name


@dataclass(slots=True)
class Asked:
    """Everything a workbook asks for."""

    bundles: list[UnitBundle] = field(default_factory=list)
    deletions: list[ReadLine] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ground:
    """What the workbook is held against: the units by code, and the lines as they stand now, by sheet and ``ref``."""

    units: Mapping[str, UUID]
    standing: Mapping[str, Mapping[str, Line]]
    campaign: str


def asked_for(book: ReadBook, ground: Ground) -> Asked:
    """What ``book`` asks for, and every line of it that cannot be taken."""
    asked = Asked()
    made: dict[tuple[str, bool], UnitBundle] = {}
    results: dict[str, list[ReadLine]] = {}
    for line in _taken(book, ground, asked):
        section = line.plan.section
        if line.marked:
            asked.deletions.append(line)
        elif section == "results":
            assert line.key is not None
            results.setdefault(line.key.ref.rpartition("/")[0], []).append(line)
        else:
            unit = next(iter(ground.units)) if section == "sections" else str(line.values["unit"])
            at = (unit, line.key is not None)
            bundle = made.setdefault(at, UnitBundle(unit, ground.campaign, at[1]))
            if section == "sections":
                _section(bundle, line)
            else:
                bundle.add(PARTS[section], _item(line, ground.units), line)
    for ref, lines in results.items():
        at = (str(lines[0].values["unit"]), True)
        _evaluation(made.setdefault(at, UnitBundle(at[0], ground.campaign, True)), ref, lines, ground)
    asked.bundles = list(made.values())
    return asked


def _taken(book: ReadBook, ground: Ground, asked: Asked) -> Iterator[ReadLine]:
    """The lines that ask for something and may be taken; the others' faults go to ``asked``."""
    for line in book.lines:
        plan, first = line.plan, line.plan.fields[0].name
        if line.key is None:
            if line.marked:
                asked.faults.append(line.fault(DELETE, _NO_LETTERS))
            else:
                yield line
            continue
        stands = ground.standing.get(plan.section, {}).get(line.key.ref)
        if stands is None:
            if not line.marked:
                asked.faults.append(line.fault(first, _GONE))
            continue
        now = digest_of(plan, stands.values)
        if not line.marked and now == digest_of(plan, line.values):
            continue
        wrong = [f.name for f in plan.fields if f.fixed and f.told and _differ(line.values, stands.values, f.name)]
        if wrong:
            asked.faults += [line.fault(name, _FIXED) for name in wrong]
        elif now != line.key.digest:
            asked.faults.append(line.fault(first, _STALE))
        elif stands.locked:
            asked.faults.append(line.fault(first, _LOCKED))
        else:
            yield line


def _differ(one: Mapping[str, Value], other: Mapping[str, Value], name: str) -> bool:
    return one.get(name) != other.get(name)


def sent(value: Value) -> Any:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value


def _item(line: ReadLine, units: Mapping[str, UUID]) -> dict[str, Any]:
    """The item of a line: every column of it, so that what was emptied becomes empty."""
    item: dict[str, Any] = {}
    for column in line.plan.fields:
        if not column.told or column.name in {"unit", DELETE}:
            continue
        value = line.values.get(column.name)
        if value is None:
            if line.key is None:
                continue
            value = _NEVER_NULL.get(column.name)
        if column.name == "recipient_unit" and value is not None:
            value = str(units[str(value)])
        item[_SENT_AS.get(column.name, column.name)] = sent(value)
    if line.key is not None and line.plan.growing:
        item["id"] = line.key.ref
    if line.plan.section == "activities" and item.get("date_to") is None:
        item["date_to"] = item["date_from"]
    return item


def _section(bundle: UnitBundle, line: ReadLine) -> None:
    report = bundle.body.setdefault("report", {"sections": {}})
    code = str(line.values["code"])
    report["sections"][code] = line.values.get("text")
    bundle.places[f"/report/sections/{code.replace('~', '~0').replace('/', '~1')}"] = line
    bundle.places.setdefault("/report", line)


def _evaluation(bundle: UnitBundle, ref: str, lines: list[ReadLine], ground: Ground) -> None:
    """An evaluation of which some lines were changed: sent with all its values, since they are replaced as a whole."""
    registration_id, stage, set_id = ref.split("/")
    changed = {line.key.ref: line for line in lines if line.key is not None}
    item: dict[str, Any] = {"registration_id": registration_id, "stage": stage, "results": []}
    pointer = bundle.add("evaluations", item, lines[0])
    for key, stands in ground.standing["results"].items():
        if not key.startswith(f"{ref}/"):
            continue
        if stands.version == 0:
            item["criteria_set_id"] = set_id
        line = changed.get(key)
        values = line.values if line else stands.values
        said = {name: values.get(name) for name in ("outcome", "figure", "reason", "evidence")}
        if all(value is None for value in said.values()):
            continue
        entry = {name: value for name, value in said.items() if value is not None}
        item["results"].append({"criterion": values["criterion"], "outcome": "not_assessed", **entry})
        if line is not None:
            bundle.places[f"{pointer}/results/{len(item['results']) - 1}"] = line
