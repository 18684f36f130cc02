"""What several do to directives at once, with transactions that really commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.access.actor import SYSTEM, Tx
from app.identity.opening import open_as_system
from tests.builders.campaigns import plan_320
from tests.builders.records import DIRECTIVE, directive
from tests.builders.reports import ready, warnings
from tests.builders.units import unit_id
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
BODY = {"unit_id": str(unit_id("commune_a")), **DIRECTIVE}


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With eight connections."""
    async with real_application(server_url, new_database, 8) as made:
        yield made


async def test_of_many_who_record_a_document_at_once_one_does(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    answers = await asyncio.gather(*(editor.post("/directives", BODY) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"duplicate"}
    assert (await real.count("directives"), await real.count("audit_events")) == (1, 1)


async def test_of_two_who_change_one_at_once_one_wins(real: Real) -> None:
    path = f"/directives/{(await directive(real.as_))['id']}"
    editor = real.as_("commune_a", "editor")
    etag = await editor.etag(path)
    answers = await asyncio.gather(
        editor.change("PATCH", path, {"note": "a"}, etag),
        editor.change("PATCH", path, {"note": "b"}, etag),
        editor.change("DELETE", path, etag=etag),
    )
    assert len([answer for answer in answers if answer.status_code in {200, 204}]) == 1
    assert {answer.status_code for answer in answers} <= {200, 204, 404, 412}
    assert await real.count("audit_events") == 2


async def test_what_is_recorded_while_the_report_is_submitted_is_counted_or_refused(real: Real) -> None:
    """Never both: recorded after the report was sealed, and inside its window."""
    async with real.database.transaction() as session:
        await open_as_system(session)
        campaign_id = await plan_320(Tx(session, SYSTEM, datetime.now(UTC)))
    report = await ready(real.as_, campaign_id)
    editor, approver = real.as_("commune_a", "editor"), real.as_("commune_a", "approver")
    etag = await approver.etag(report)
    bodies = [{**BODY, "number_symbol": f"{number}/KH"} for number in range(6)]
    known = await warnings(approver, report)
    *writes, submitted = await asyncio.gather(
        *(editor.post("/directives", body) for body in bodies[:3]),
        approver.act(report, "submit", etag, note="Gửi", acknowledged=known),
    )
    assert submitted.status_code == 200, submitted.text
    after = [await editor.post("/directives", body) for body in bodies[3:]]
    assert {(answer.status_code, answer.json()["code"]) for answer in after} == {(409, "period_locked")}
    written = [answer for answer in writes if answer.status_code == 201]
    assert {answer.status_code for answer in writes} <= {201, 409}
    assert await real.count("directives") == len(written)
