"""When a message is tried again, and when a subscription is given up. Pure."""

from datetime import datetime, timedelta
from typing import Final

_S, _M, _H = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
DELAYS: Final = (5 * _S, 5 * _M, 30 * _M, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H)
"""After the first attempt, the second ...: ten attempts within about three days (Standard Webhooks' proposal)."""
MOST_ATTEMPTS: Final = len(DELAYS) + 1
GIVE_UP_AFTER: Final = timedelta(days=5)
"""A subscription that has taken nothing for so long is disabled."""
_SPREAD: Final = 0.2


def delay_after(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many failed attempts; None = no more. ``chance`` (0 to 1) shifts it by up to a fifth.

    It spreads the messages that failed together, so that they do not fail together again.
    """
    if attempts > len(DELAYS):
        return None
    return DELAYS[attempts - 1] * (1 + _SPREAD * (2 * chance - 1))


def given_up(failing_since: datetime, now: datetime) -> bool:
    """Whether a subscription that has failed since then is disabled now."""
    return now - failing_since >= GIVE_UP_AFTER
