"""What notices say, made of their facts. Pure. E-mail is written in Vietnamese."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final, NamedTuple

from app.kernel.errors import Text


class Said(NamedTuple):
    """A notice in the two languages."""

    title: Text
    body: Text


_TASKS: Final = {
    "report": Text("báo cáo sơ kết", "review report"),
    "conference": Text("tổ chức hội nghị sơ kết", "review conference"),
}
_TITLES: Final = {
    "approaching": Text("Sắp đến hạn: {task} - {unit}", "Due soon: {task} - {unit}"),
    "missed": Text("Quá hạn: {task} - {unit}", "Overdue: {task} - {unit}"),
    "by_hand": Text("Đôn đốc: {task} - {unit}", "Reminder: {task} - {unit}"),
    "escalation": Text("Đơn vị cấp dưới quá hạn: {task} - {unit}", "A unit below is overdue: {task} - {unit}"),
}
_APPROACHING: Final = Text(
    "{unit} chưa hoàn thành nhiệm vụ: {task} ({campaign}). Hạn: trước ngày {due}, còn {days} ngày.",
    "{unit} has not handed in: {task} ({campaign}). Due before {due}, {days} days left.",
)
_LAST_DAY: Final = Text(
    "{unit} chưa hoàn thành nhiệm vụ: {task} ({campaign}). Hạn: trước ngày {due}, hôm nay là ngày cuối cùng.",
    "{unit} has not handed in: {task} ({campaign}). Due before {due}: today is the last day.",
)
_OVERDUE: Final = Text(
    "{unit} chưa hoàn thành nhiệm vụ: {task} ({campaign}). Hạn: trước ngày {due}, đã quá hạn {days} ngày.",
    "{unit} has not handed in: {task} ({campaign}). Due before {due}, {days} days overdue.",
)
_NOTE: Final = Text("Lời nhắn: {note}", "Message: {note}")


def facts_of(row: Any, today: date, note: str | None) -> dict[str, Any]:
    """What a notice about the obligation ``row`` is made of, as JSON."""
    return {
        "campaign": row.campaign_title,
        "task": row.task,
        "unit": row.unit_name,
        "due_before": row.due.isoformat(),
        "days_left": (row.due - today).days - 1,
        "note": note,
    }


def said(kind: str, facts: Mapping[str, Any]) -> Said:
    """The notice of ``kind`` with these facts."""
    left = int(facts["days_left"])
    due = date.fromisoformat(facts["due_before"])
    body = _APPROACHING if left > 0 else _LAST_DAY if left == 0 else _OVERDUE
    task = _TASKS[facts["task"]]
    words = {"unit": facts["unit"], "campaign": facts["campaign"], "due": f"{due:%d/%m/%Y}", "days": abs(left)}
    title = Text(_TITLES[kind].vi.format(task=task.vi, **words), _TITLES[kind].en.format(task=task.en, **words))
    filled = Text(body.vi.format(task=task.vi, **words), body.en.format(task=task.en, **words))
    if facts.get("note"):
        note = Text(_NOTE.vi.format(note=facts["note"]), _NOTE.en.format(note=facts["note"]))
        filled = Text(f"{filled.vi}\n{note.vi}", f"{filled.en}\n{note.en}")
    return Said(title, filled)
