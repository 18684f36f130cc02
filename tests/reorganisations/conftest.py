"""Who carries acts out, and when."""

from collections.abc import Callable

import pytest

from tests.actors import Api
from tests.conftest import MovableClock

_DAY_AFTER = "2025-07-02T08:00:00+07:00"


@pytest.fixture
def later(clock: MovableClock) -> Callable[[], None]:
    """Let it be the day after the act."""
    return lambda: clock.set(_DAY_AFTER)


@pytest.fixture
def coordinator(as_: Callable[[str, str], Api], later: Callable[[], None]) -> Api:
    """The province's coordinator, on the day after the act."""
    later()
    return as_("province", "coordinator")
