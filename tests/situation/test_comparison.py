"""What follows from two values; pure."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import Text
from app.situation.comparison import Containment, compared, exceeding, share

LOWER, HIGHER = "lower_is_better", "higher_is_better"


@pytest.mark.parametrize(
    ("before", "after", "direction", "expected"),
    [
        (20, 15, LOWER, (-5, -0.25, None, "better")),
        (20, 15, HIGHER, (-5, -0.25, None, "worse")),
        (20, 25, LOWER, (5, 0.25, None, "worse")),
        (3, 3, LOWER, (0, 0, None, "same")),
        (0, 4, LOWER, (4, None, "before_is_zero", "worse")),
        (0, 0, HIGHER, (0, None, "before_is_zero", "same")),
        (0, 4, HIGHER, (4, None, "before_is_zero", "better")),
        (None, 4, LOWER, (None, None, "value_missing", None)),
        (4, None, LOWER, (None, None, "value_missing", None)),
        (3, 4, HIGHER, (1, 0.333333, None, "better")),
        (0.8, 0.9, HIGHER, (0.1, 0.125, None, "better")),
    ],
)
def test_two_values_are_compared(
    before: float | None, after: float | None, direction: str, expected: tuple[object, ...]
) -> None:
    found = compared(before, after, direction)
    assert tuple(found[name] for name in ("difference", "percent", "undefined_because", "trend")) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"), [(3, 4, 0.75), (0, 4, 0.0), (0, 0, None), (None, 4, None), (3, None, None)]
)
def test_a_ratio_needs_both_counts(part: int | None, whole: int | None, expected: float | None) -> None:
    assert share(part, whole) == expected


@given(before=st.integers(0, 10**6), after=st.integers(0, 10**6))
def test_there_is_a_percent_exactly_where_there_is_no_reason_against_it(before: int, after: int) -> None:
    found = compared(before, after, LOWER)
    assert (found["percent"] is None) == (found["undefined_because"] is not None) == (before == 0)
    mirrored = compared(before, after, HIGHER)["trend"]
    assert {found["trend"], mirrored} == ({"same"} if before == after else {"better", "worse"})


PART, WHOLE = uuid4(), uuid4()
PAIR = Containment(PART, WHOLE, Text("đã giải quyết", "resolved"), Text("tiếp nhận", "received"))


@pytest.mark.parametrize(
    ("values", "places", "expected"),
    [
        ({PART: (5, 5), WHOLE: (5, 6)}, {PART: ""}, []),
        ({PART: (6, 5), WHOLE: (5, 6)}, {PART: ""}, [("/before_value", "exceeds_whole")]),
        ({PART: (5, 7), WHOLE: (5, 6)}, {WHOLE: ""}, [("/after_value", "below_part")]),
        ({PART: (9, None), WHOLE: (None, 6)}, {PART: ""}, []),
        ({PART: (9, 9)}, {PART: ""}, []),
        (
            {PART: (1, 9), WHOLE: (1, 6)},
            {PART: "/figures/0", WHOLE: "/figures/1"},
            [("/figures/0/after_value", "exceeds_whole"), ("/figures/1/after_value", "below_part")],
        ),
        ({PART: (9, 9), WHOLE: (1, 1)}, {}, []),
    ],
)
def test_a_part_never_exceeds_its_whole(
    values: dict[UUID, tuple[int | None, int | None]], places: dict[UUID, str], expected: list[tuple[str, str]]
) -> None:
    found = list(exceeding([PAIR], values, places))
    assert [(fault.pointer, fault.code) for fault in found] == expected
    assert all("đã giải quyết" in fault.message.vi and "received" in fault.message.en for fault in found)
