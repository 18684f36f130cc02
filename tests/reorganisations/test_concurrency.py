"""Acts beside other work: two at once, readers and writers meanwhile. These transactions really commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

import pytest

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from app.kernel.clock import Clock
from app.reorganisations import service
from app.reorganisations.judging import act_of
from app.reorganisations.schemas import ReorganisationIn
from tests.builders.records import DIRECTIVE
from tests.builders.units import unit_id
from tests.real import Real, real_application
from tests.reorganisations.scene import act

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """An application of its own."""
    async with real_application(server_url, new_database, pool_size=6) as made:
        yield made


async def test_of_two_acts_at_once_one_is_carried_out(real: Real) -> None:
    coordinator = real.as_("province", "coordinator")
    bodies = [act(decision_number=f"{n}/NQ") for n in range(2)]
    answers = await asyncio.gather(*(coordinator.post("/reorganisations", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    refused = next(answer for answer in answers if answer.status_code == 422)
    assert {error["code"] for error in refused.json()["errors"]} == {"already_ended", "not_after_current"}
    assert await real.count("reorganisations") == 1


async def test_readers_go_on_and_writers_wait(real: Real) -> None:
    reader, editor = real.as_("commune_b", "viewer"), real.as_("commune_c", "editor")
    directive = {"unit_id": str(unit_id("commune_c")), **DIRECTIVE}
    async with real.database.transaction() as session:
        await open_as_system(session)
        body = ReorganisationIn.model_validate({**act(), "effective_on": date(2025, 7, 1)})
        await service.create(Tx(session, SYSTEM, Clock().now(), "test"), body, act_of(body))
        writing = asyncio.create_task(editor.post("/directives", directive))
        seen = await asyncio.wait_for(reader.get("/units", code="17509"), 5)
        assert [unit["name"] for unit in seen.json()["items"]] == ["Xã Mã Thành"]
        assert (await asyncio.wait_for(reader.get("/directives"), 5)).status_code == 200
        await asyncio.sleep(0.2)
        assert not writing.done()
    answer = await writing
    assert answer.status_code in {201, 404, 409}, answer.text
    if answer.status_code == 409:
        assert answer.json()["code"] == "busy"
    again = await editor.post("/directives", {**directive, "number_symbol": "16/KH-UBND"})
    assert again.status_code == 201, again.text
