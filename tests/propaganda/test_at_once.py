"""Totals that overlap, recorded at once with real commits: one stands."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.propaganda.shipped import load_shipped_activity_forms
from tests.builders.units import path, ref, unit_id
from tests.propaganda.test_activities import EVENT, TOTAL
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
INSERT = text(
    "INSERT INTO propaganda_activities (id, unit_id, unit_path, form_id, nature, venue_kind, date_from, date_to, title)"
    " SELECT gen_random_uuid(), :unit, :path, id, 'period_total', 'commune', '2024-01-01', '2024-03-31', 'x'"
    " FROM activity_forms WHERE code = 'direct'"
)


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With the catalogue and eight connections."""
    async with real_application(server_url, new_database, 8) as made:
        async with made.database.transaction() as session:
            await open_as_system(session)
            await load_shipped_activity_forms(Tx(session, SYSTEM, datetime.now(UTC)), ref("province"))
        yield made


async def test_of_totals_recorded_at_once_one_stands(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    answers = await asyncio.gather(*(editor.post("/propaganda-activities", TOTAL) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert all("other" in answer.json() for answer in answers if answer.status_code == 409)
    assert await real.count("propaganda_activities") == 1


async def test_the_database_alone_lets_one_of_two_through(real: Real) -> None:
    """Past the service: two transactions insert before either commits."""
    values = {"unit": unit_id("commune_a"), "path": path("commune_a")}

    async def insert(session: Any) -> bool:
        await open_as_system(session)
        await session.execute(INSERT, values)
        await asyncio.sleep(0.1)
        return True

    async def attempt() -> bool:
        try:
            async with real.database.transaction() as session:
                return await insert(session)
        except DBAPIError as fault:
            return "another total covers" not in str(fault)

    assert sorted(await asyncio.gather(attempt(), attempt(), attempt())) == [False, False, True]
    assert await real.count("propaganda_activities") == 1


async def test_a_form_is_not_given_another_meaning_while_it_is_being_used(real: Real) -> None:
    coordinator, editor = real.as_("province", "coordinator"), real.as_("commune_a", "editor")
    (found,) = (await coordinator.get("/activity-forms", code="direct")).json()["items"]
    where = f"/activity-forms/{found['id']}"
    etag = await coordinator.etag(where)
    meaning = {"counted": "quantity", "venue_kinds": []}
    changed, *recorded = await asyncio.gather(
        coordinator.change("PATCH", where, meaning, etag),
        *(editor.post("/propaganda-activities", {**EVENT, "title": f"Buổi {n}"}) for n in "123"),
    )
    stored = await real.count("propaganda_activities")
    statuses = {answer.status_code for answer in recorded}
    if changed.status_code == 200:
        assert (statuses, stored) == ({422}, 0)
    else:
        assert (changed.status_code, statuses, stored) == (409, {201}, 3)
