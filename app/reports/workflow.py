"""The states of a report, and what must be there before it is submitted (rules: State machines)."""

from datetime import date

from app.access.permissions import Permission
from app.kernel.errors import FieldError, Text
from app.kernel.workflow import Machine, Step

SUBMIT = Permission.REPORT_SUBMIT
REVIEW = Permission.REPORT_REVIEW

MACHINE: Machine = {
    ("draft", "submit"): Step("submitted", SUBMIT),
    ("submitted", "accept"): Step("accepted", REVIEW),
    ("submitted", "return"): Step("returned", REVIEW, needs_note=True),
    ("returned", "submit"): Step("submitted", SUBMIT),
    ("accepted", "reopen"): Step("returned", Permission.REPORT_REOPEN, needs_note=True),
}

EDITABLE = frozenset({"draft", "returned"})
"""In these states the unit's editors may still change it."""

_METHOD = Text("Chưa chọn hình thức sơ kết (hội nghị hoặc bằng văn bản)", "Choose how the review was held")
_HELD = Text("Chưa nêu ngày tổ chức hội nghị", "Name the day of the conference")
_FUTURE = Text("Ngày tổ chức không được ở tương lai", "The review cannot have been held in the future")
_EMPTY = Text("Cần viết ít nhất một mục của đề cương", "Write at least one section of the outline")


def submit_faults(review_method: str | None, held_on: date | None, today: date, *, written: bool) -> list[FieldError]:
    """What keeps a report from being submitted on ``today``; ``written`` = some section has text."""
    faults = []
    if review_method is None:
        faults.append(FieldError("/review_method", "missing", _METHOD, "resource"))
    if held_on is None and review_method == "conference":
        faults.append(FieldError("/held_on", "missing", _HELD, "resource"))
    if held_on is not None and held_on > today:
        faults.append(FieldError("/held_on", "in_future", _FUTURE, "resource"))
    if not written:
        faults.append(FieldError("/sections", "empty", _EMPTY, "resource"))
    return faults
