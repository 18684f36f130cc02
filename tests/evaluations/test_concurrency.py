"""Two people at one evaluation at once, with transactions that really commit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.access.actor import SYSTEM, Tx
from app.identity.keys import Tokens
from app.identity.opening import open_as_system
from app.kernel import migrating
from app.kernel.clock import Clock, wall
from app.kernel.db import Database, create_engine
from app.main import wire
from tests.actors import Api
from tests.builders import people, units
from tests.builders.criteria import criteria_set
from tests.conftest import CHEAP_HASH, SYSTEM_SCOPE, drop
from tests.evaluations.scene import MET

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture
async def committed(
    app: FastAPI, tokens: Tokens, server_url: str, new_database: Callable[..., Any]
) -> AsyncIterator[tuple[Database, Callable[[str, str], Api]]]:
    """A database of this test's own, and its people; what they do is committed."""
    address = await new_database()
    engine = create_engine(address, pool_size=4)
    async with engine.connect() as connection:
        await migrating.upgrade(connection)
        await connection.commit()
        await connection.exec_driver_sql(SYSTEM_SCOPE)
        await units.build(connection)
        await people.build(connection, CHEAP_HASH)
        await connection.commit()
        await open_as_system(connection)
        await criteria_set(Tx(connection, SYSTEM, datetime.now(UTC)))
        await connection.commit()
    database = Database(engine)
    wire(app, database, Clock(), tokens)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as client:

        def who(unit: str, role: str) -> Api:
            claims = {"sub": people.user_id(unit, role), "sid": people.session_id(unit, role)}
            token = tokens.issuer.issue(**claims, now=int(wall().timestamp()))
            return Api(client, {"Authorization": f"Bearer {token}"})

        yield database, who
    await engine.dispose()
    await drop(server_url, address)


async def submitted(who: Callable[[str, str], Api]) -> str:
    """The path of an evaluation that commune_a has submitted."""
    editor, approver, district = (
        who("commune_a", "editor"),
        who("commune_a", "approver"),
        who("district_yen_thanh", "approver"),
    )
    made = await editor.made("/registrations", {"unit_id": str(units.unit_id("commune_a")), "year": 2024})
    await approver.done(f"/registrations/{made['id']}", "submit")
    await district.done(f"/registrations/{made['id']}", "accept")
    body = {"registration_id": made["id"], "stage": "final", "results": MET}
    path = f"/evaluations/{(await editor.made('/evaluations', body))['id']}"
    await approver.done(path, "submit")
    return path


async def test_of_two_who_verify_at_once_one_is_too_late(
    committed: tuple[Database, Callable[[str, str], Api]],
) -> None:
    database, who = committed
    path = await submitted(who)
    district = who("district_yen_thanh", "approver")
    etag = await district.etag(path)
    entries = [{"criterion": "TC4", "outcome": "met"}, {"criterion": "TC4", "outcome": "not_met", "reason": "Thiếu"}]
    answers = await asyncio.gather(
        *(district.change("PUT", f"{path}/verification", {"results": [entry]}, etag) for entry in entries)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = next(entry for entry, answer in zip(entries, answers, strict=True) if answer.status_code == 200)
    etag = await district.etag(path)
    answers = await asyncio.gather(*(district.act(path, "verify", etag) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    seen = (await district.get(path)).json()
    assert (seen["status"], seen["version"], seen["results"][3]["verified"]["outcome"]) == (
        *("verified", 4, won["outcome"]),
    )
    async with database.transaction(keep=False) as session:
        await open_as_system(session)
        verbs = await session.scalar(
            text("SELECT array_agg(verb ORDER BY seq) FROM audit_events WHERE verb LIKE 'evaluation.%verif%'")
        )
    assert verbs == ["evaluation.enter_verification", "evaluation.verify"]


async def test_a_registration_is_not_withdrawn_under_an_evaluation_being_started(
    committed: tuple[Database, Callable[[str, str], Api]],
) -> None:
    _, who = committed
    editor, approver = who("commune_b", "editor"), who("commune_b", "approver")
    made = await editor.made("/registrations", {"unit_id": str(units.unit_id("commune_b")), "year": 2024})
    path = f"/registrations/{made['id']}"
    body = {"registration_id": made["id"], "stage": "final", "results": MET}
    started, removed = await asyncio.gather(
        editor.post("/evaluations", body), editor.change("DELETE", path, etag=await approver.etag(path))
    )
    assert (started.status_code, removed.status_code) in ((201, 409), (404, 204))
