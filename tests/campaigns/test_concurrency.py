"""Closing a campaign while units work in it, with transactions that really commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.access.actor import SYSTEM, Tx
from app.campaigns import queries
from app.campaigns.schemas import CampaignTransition
from app.campaigns.service import move
from app.identity.opening import open_as_system
from tests.builders.campaigns import plan_320, stored
from tests.builders.reports import ready
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
CLOSE = CampaignTransition(action="close")


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With four connections."""
    async with real_application(server_url, new_database, 4) as made:
        yield made


@asynccontextmanager
async def system(real: Real) -> AsyncIterator[Tx]:
    """A transaction of the system, committed at the end."""
    async with real.database.transaction() as session:
        await open_as_system(session)
        yield Tx(session, SYSTEM, datetime.now(UTC))


async def test_what_is_submitted_while_the_campaign_closes_comes_too_late(real: Real) -> None:
    async with system(real) as tx:
        plan = await plan_320(tx)
    path = await ready(real.as_, plan)
    approver = real.as_("commune_a", "approver")
    etag = await approver.etag(path)
    async with system(real) as tx:
        await move(tx, UUID(plan), None, CLOSE)
        late = asyncio.create_task(approver.act(path, "submit", etag, note="Gửi"))
        assert not (await asyncio.wait([late], timeout=0.5))[0]
    answer = await late
    assert (answer.status_code, answer.json()["code"]) == (409, "campaign_closed")
    async with system(real) as tx:
        assert (await stored(tx, plan, "commune_a")).status == "drafting"


async def test_closing_waits_for_who_is_still_at_work(real: Real) -> None:
    async with system(real) as tx:
        plan = await plan_320(tx)
    coordinator, path = real.as_("province", "coordinator"), f"/campaigns/{plan}"
    etag = await coordinator.etag(path)
    async with system(real) as tx:
        await queries.keep_state(tx.session, UUID(plan))
        closing = asyncio.create_task(coordinator.act(path, "close", etag))
        assert not (await asyncio.wait([closing], timeout=0.5))[0]
    assert (await closing).json()["status"] == "closed"
