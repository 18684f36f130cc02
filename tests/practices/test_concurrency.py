"""What several do to one practice at once, with transactions that really commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.builders.records import practice
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With four connections."""
    async with real_application(server_url, new_database, 4) as made:
        yield made


async def test_of_those_who_select_and_return_one_practice_at_once_one_wins(real: Real) -> None:
    path = f"/good-practices/{(await practice(real.as_, status='proposed'))['id']}"
    district = real.as_("district_yen_thanh", "approver")
    etag = await district.etag(path)
    answers = await asyncio.gather(
        district.act(path, "select", etag),
        district.act(path, "return", etag, note="Thiếu số liệu"),
        district.act(path, "select", etag),
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 412}
    assert await real.count("audit_events") == 3
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    seen = (await district.get(path)).json()
    assert (seen["status"], seen["version"]) == (won["status"], 3)
