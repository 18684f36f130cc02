"""Mending roles held twice: what overlaps becomes one grant of the whole time, and nobody loses a day."""

from datetime import date

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.identity.opening import open_as_system
from app.integrity.mending import mend, mendable
from app.kernel.clock import Clock
from tests.builders.people import user_id

pytestmark = pytest.mark.anyio
_ADD = text(
    "INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from, valid_to)"
    " SELECT gen_random_uuid(), :user, 'auditor', id, path, CAST(:since AS date), CAST(:until AS date)"
    " FROM units WHERE code = '17509'"
)
_HELD = text(
    "SELECT valid_from::text, valid_to::text FROM grants WHERE user_id = :user AND role = 'auditor'"
    " AND valid_from IS DISTINCT FROM valid_to ORDER BY 1"
)


@pytest.mark.parametrize(
    ("spans", "held"),
    [
        # A chain: the first and the last do not meet, but for the one between.
        (
            [("2025-01-01", "2025-12-31"), ("2025-06-01", "2026-12-31"), ("2026-06-01", None)],
            [("2025-01-01", None)],
        ),
        ([("2025-01-01", "2025-06-01"), ("2025-02-01", "2025-03-01")], [("2025-01-01", "2025-06-01")]),
        # What merely meets is no overlap and stays as it was given.
        (
            [("2024-01-01", "2025-01-01"), ("2025-01-01", None), ("2020-01-01", "2021-01-01"), ("2020-06-01", None)],
            [("2020-01-01", None)],
        ),
    ],
)
async def test_nobody_loses_a_day(
    system: Tx, spans: list[tuple[str, str | None]], held: list[tuple[str, str | None]]
) -> None:
    user = user_id("commune_a", "viewer")
    for since, until in spans:
        days = {"since": date.fromisoformat(since), "until": until and date.fromisoformat(until)}
        await system.session.execute(_ADD, {"user": user, **days})
    await mend(system.session, mendable("grants.overlap"), Clock())
    await open_as_system(system.session)
    assert [tuple(row) for row in (await system.session.execute(_HELD, {"user": user})).all()] == held
