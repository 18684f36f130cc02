"""With real commits: two at once, one connection for many callers, a commit that fails, a server that is killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.actors import Api
from tests.builders import units
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]
BODY = {"unit_id": str(units.unit_id("commune_a")), "year": 2024}


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With eight connections."""
    async with real_application(server_url, new_database, 8) as made:
        yield made


async def test_of_many_who_register_a_unit_at_once_one_does(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    answers = await asyncio.gather(*(editor.post("/registrations", BODY) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11
    assert (await real.count("registrations"), await real.count("audit_events")) == (1, 1)


async def test_of_two_who_act_on_one_record_at_once_one_wins(real: Real) -> None:
    path = f"/registrations/{(await real.as_('commune_a', 'editor').made('/registrations', BODY))['id']}"
    await real.as_("commune_a", "approver").done(path, "submit")
    district = real.as_("district_yen_thanh", "approver")
    etag = await district.etag(path)
    answers = await asyncio.gather(
        district.act(path, "accept", etag=etag),
        district.act(path, "return", etag=etag, note="Thiếu kế hoạch"),
        district.act(path, "accept", etag=etag),
    )
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 200
    assert set(statuses[1:]) <= {409, 412}
    assert await real.count("audit_events") == 3


async def test_one_pooled_connection_never_shows_anothers_rows(
    server_url: str, new_database: Callable[..., Any]
) -> None:
    async with real_application(server_url, new_database, 1) as real:
        for unit in ("commune_a", "commune_b", "commune_c"):
            body = {**BODY, "unit_id": str(units.unit_id(unit))}
            await real.as_(unit, "editor").made("/registrations", body)
        for _ in range(3):
            for unit in ("commune_a", "commune_b", "commune_c", "school_a1"):
                seen = (await real.as_(unit, "viewer").get("/registrations")).json()["items"]
                expected = [units.TREE[unit][0]] if unit != "school_a1" else []
                assert [item["unit"]["code"] for item in seen] == expected
            assert (await Api(real.http, {}).get("/registrations")).status_code == 401
        async with real.engine.connect() as connection:
            await connection.execute(text("SET ROLE dienhinh_app"))
            assert await connection.scalar(text("SELECT count(*) FROM registrations")) == 0


async def test_a_commit_that_fails_is_an_error_and_not_a_success(real: Real) -> None:
    await real.run(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = 'serialization_failure'; END $$"
    )
    await real.run(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON registrations DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    answer = await real.as_("commune_a", "editor").post("/registrations", BODY)
    assert (answer.status_code, answer.json()["code"]) == (409, "busy")
    assert await real.count("registrations") == 0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def started(port: int, address: str) -> asyncio.subprocess.Process:
    """The real server as its own process, answering."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)),
        env={**os.environ, "DIENHINH_DATABASE_URL": address, "DIENHINH_LOG_LEVEL": "error"},
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        for _ in range(1_200):
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return server
            except httpx.TransportError:
                await asyncio.sleep(0.05)
    server.kill()
    await server.wait()
    raise AssertionError("the server did not start")


async def writing_in(real: Real, backends: int) -> None:
    """Wait until that many backends are inside the slow insert."""
    inside = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO audit_events%' AND state <> 'idle'"
    for _ in range(600):
        async with real.engine.connect() as connection:
            if await connection.scalar(text(inside)) == backends:
                return
        await asyncio.sleep(0.05)
    raise AssertionError(f"never saw {backends} backends inside the insert")


@pytest.mark.enable_socket
async def test_a_server_killed_in_the_middle_of_a_write_leaves_nothing(real: Real) -> None:
    await real.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(3); RETURN NEW; END $$"
    )
    await real.run("CREATE TRIGGER slow BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION slow()")
    port = free_port()
    server = await started(port, real.address)
    try:
        headers = real.as_("commune_a", "editor").headers
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers) as client:
            writing = asyncio.create_task(client.post("/api/v1/registrations", json=BODY))
            await writing_in(real, 1)
            os.kill(server.pid, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await writing
    finally:
        await server.wait()
    await writing_in(real, 0)  # the backend notices only after its sleep that nobody is there to commit
    assert (await real.count("registrations"), await real.count("audit_events")) == (0, 0)
