"""On time, late, overdue: to the millisecond, and alike in Python and in SQL."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import TIMESTAMP, Date, cast, column, select, values
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from app.campaigns.deadlines import TIMELINESS, Timeliness, days_left, in_force, timeliness
from app.campaigns.obligation_queries import timeliness_of
from app.kernel.clock import local_date, start_of

DUE = date(2024, 7, 15)
EXTENDED = date(2024, 7, 20)


def at(iso: str) -> datetime:
    return datetime.fromisoformat(iso)


@pytest.mark.parametrize(
    ("first", "extended_to", "expected"),
    [
        ("2024-07-14T23:59:59.999+07:00", None, "on_time"),
        ("2024-07-14T16:59:59.999+00:00", None, "on_time"),
        ("2024-07-15T00:00:00+07:00", None, "late"),
        ("2024-07-14T17:00:00+00:00", None, "late"),
        ("2024-07-14T23:59:59.999+07:00", EXTENDED, "on_time"),  # an extension does not take "on time" away
        ("2024-07-15T00:00:00+07:00", EXTENDED, "on_time_extended"),
        ("2024-07-19T23:59:59.999999+07:00", EXTENDED, "on_time_extended"),
        ("2024-07-20T00:00:00+07:00", EXTENDED, "late"),
    ],
)
def test_what_was_submitted(first: str, extended_to: date | None, expected: Timeliness) -> None:
    assert timeliness(DUE, extended_to, at(first), at("2025-01-01T00:00:00+07:00")) == expected


@pytest.mark.parametrize(
    ("now", "extended_to", "expected", "left"),
    [
        ("2024-07-10T09:00:00+07:00", None, "not_due", 4),
        ("2024-07-14T23:59:59.999+07:00", None, "not_due", 0),
        ("2024-07-15T00:00:00+07:00", None, "overdue", -1),
        ("2024-07-15T00:00:00+07:00", EXTENDED, "not_due", 4),
        ("2024-07-20T00:00:00+07:00", EXTENDED, "overdue", -1),
    ],
)
def test_what_was_not(now: str, extended_to: date | None, expected: Timeliness, left: int) -> None:
    assert timeliness(DUE, extended_to, None, at(now)) == expected
    assert days_left(DUE, extended_to, None, at(now)) == left


def test_no_days_are_left_over_once_it_is_submitted() -> None:
    assert days_left(DUE, None, at("2024-07-01T00:00:00+07:00"), at("2024-07-02T00:00:00+07:00")) is None


def test_the_extension_is_what_is_in_force() -> None:
    assert (in_force(DUE, None), in_force(DUE, EXTENDED)) == (DUE, EXTENDED)


days = st.dates(date(2024, 7, 10), date(2024, 7, 24))
# Close to midnight in Asia/Ho_Chi_Minh, where the decisions fall.
instants = st.builds(
    lambda day, micro: start_of(day) + timedelta(microseconds=micro),
    days,
    st.one_of(st.sampled_from([-1, 0, 1]), st.integers(-86_400_000_000, 86_400_000_000)),
)
cases = st.builds(
    lambda due, more, first: (due, due + timedelta(days=more) if more else None, first),
    days,
    st.integers(0, 6),
    st.none() | instants,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(cases, min_size=1, max_size=25), now=instants)
@pytest.mark.anyio
async def test_sql_and_python_say_the_same(
    connection: AsyncConnection, rows: list[tuple[date, date | None, datetime | None]], now: datetime
) -> None:
    types: dict[str, TypeEngine[Any]] = {
        "due_before": Date(),
        "extended_to": Date(),
        "first_counted_at": TIMESTAMP(timezone=True),
    }
    raw = values(*(column(name, kind) for name, kind in types.items()), name="raw").data(rows)
    # A column of nothing but NULL has no type of its own.
    owed = select(*(cast(raw.c[name], kind).label(name) for name, kind in types.items())).subquery("owed")
    found = await connection.execute(select(timeliness_of(owed.c)), {"today": local_date(now)})
    assert list(found.scalars()) == [timeliness(*row, now.astimezone(UTC)) for row in rows]


def test_the_words_are_the_five_of_the_contract() -> None:
    assert set(TIMELINESS) == {"on_time", "on_time_extended", "late", "overdue", "not_due"}
