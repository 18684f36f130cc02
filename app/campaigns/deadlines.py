"""When something is on time, late or overdue (rules: "Time"): pure functions of dates and of the instant given.

"Trước ngày D" is ``due_before = D``: the last instant on time is the last of D - 1 in Asia/Ho_Chi_Minh. The same rule
for many rows at once is ``timeliness_of`` in ``queries.py``; a property test holds the two together.
"""

from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from app.kernel.clock import local_date, start_of

Timeliness: TypeAlias = Literal["on_time", "on_time_extended", "late", "overdue", "not_due"]

TIMELINESS: Final[tuple[Timeliness, ...]] = ("on_time", "on_time_extended", "late", "overdue", "not_due")


def in_force(due_before: date, extended_to: date | None) -> date:
    """The day before which the task is owed now: the extension's, where there is one."""
    return due_before if extended_to is None else extended_to


def timeliness(
    due_before: date, extended_to: date | None, first_counted_at: datetime | None, now: datetime
) -> Timeliness:
    """How a task stands. ``first_counted_at`` = its first submission that was not returned as incomplete.

    An extension counts apart: what met the first date is ``on_time`` even where a later one was granted.
    """
    if first_counted_at is None:
        return "overdue" if now >= start_of(in_force(due_before, extended_to)) else "not_due"
    if first_counted_at < start_of(due_before):
        return "on_time"
    if extended_to is not None and first_counted_at < start_of(extended_to):
        return "on_time_extended"
    return "late"


def days_left(
    due_before: date, extended_to: date | None, first_counted_at: datetime | None, now: datetime
) -> int | None:
    """Whole days from today to the last day on time: 0 = today is that day, negative = overdue; None once submitted."""
    if first_counted_at is not None:
        return None
    return (in_force(due_before, extended_to) - local_date(now)).days - 1
