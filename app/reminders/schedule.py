"""On which day a unit is reminded, and on which its superior is told. Pure functions of dates.

"Trước ngày D" is ``due = D``: D - 1 is the last day on time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

CATCH_UP_DAYS: Final = 3
"""A day that nobody was there to mind (the server was off) is made up for so long; after that it is let go."""
NOT_BEFORE_HOUR: Final = 7
"""Nobody is reminded before seven in the morning."""
FURTHEST: Final = 60
"""Days before and after the last day on time that a plan may name."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A reminder that is due. ``day`` is the day it was planned for: with the kind, the key that keeps it single."""

    kind: Literal["approaching", "missed"]
    day: date


def mark(due: date, today: date, before: Sequence[int], after: Sequence[int]) -> Mark | None:
    """What is due on ``today`` by a plan of days before and after the last day on time, or None."""
    last = due - timedelta(days=1)
    kind: Literal["approaching", "missed"] = "approaching" if today <= last else "missed"
    planned = [last - timedelta(days=n) for n in before] if today <= last else [last + timedelta(days=n) for n in after]
    passed = [day for day in planned if day <= today < day + timedelta(days=CATCH_UP_DAYS)]
    return Mark(kind, max(passed)) if passed else None
