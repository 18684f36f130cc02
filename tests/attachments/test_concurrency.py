"""With real commits: uploads at once, on one connection, and while the store is cleaned."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from app.access.actor import SYSTEM, Tx
from app.attachments import upkeep
from app.identity.opening import open_as_system
from app.kernel.clock import Clock, wall
from tests.attachments import files
from tests.attachments.scene import PDF, attached, upload
from tests.builders.records import directive
from tests.real import Real, real_application

pytestmark = [pytest.mark.anyio, pytest.mark.real_commits]


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With eight connections."""
    async with real_application(server_url, new_database, 8) as made:
        yield made


async def test_of_the_same_file_many_times_at_once_one_stays(real: Real) -> None:
    record = (await directive(real.as_))["id"]
    editor = real.as_("commune_a", "editor")
    answers = await asyncio.gather(*(upload(editor, directive_id=record) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert await real.count("attachments") == 1


async def test_an_upload_sent_again_with_its_key_is_answered_as_before(real: Real) -> None:
    record = (await directive(real.as_))["id"]
    editor = real.as_("commune_a", "editor")
    body: dict[str, Any] = {"data": {"no_state_secrets": "true", "directive_id": record}, "files": {"file": PDF}}
    first, again = [
        await editor.request("POST", "/attachments", headers={"Idempotency-Key": "tai-len-1"}, **body) for _ in range(2)
    ]
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")
    other = {**body, "files": {"file": (PDF[0], PDF[1].replace(b"Bien ban", b"Ban bien"), PDF[2])}}
    reused = await editor.request("POST", "/attachments", headers={"Idempotency-Key": "tai-len-1"}, **other)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert await real.count("attachments") == 1


async def test_sent_again_with_its_key_it_is_answered_although_its_record_has_gone(real: Real) -> None:
    made = await directive(real.as_)
    editor, other = real.as_("commune_a", "editor"), real.as_("commune_b", "editor")
    key, gone = {"Idempotency-Key": "tai-len-2"}, {"If-Match": "*"}
    body = {"data": {"no_state_secrets": "true", "directive_id": made["id"]}, "files": {"file": PDF}}
    first = await editor.request("POST", "/attachments", headers=key, **body)
    assert first.status_code == 201
    await editor.request("DELETE", f"/attachments/{first.json()['id']}", headers=gone)
    assert (await editor.request("DELETE", f"/directives/{made['id']}", headers=gone)).status_code == 204
    again = await editor.request("POST", "/attachments", headers=key, **body)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert await real.count("attachments") == 0
    # The answer is the caller's own: another key, and another caller, are judged by what stands now.
    for caller, name in ((editor, "tai-len-3"), (other, "tai-len-2")):
        refused = await caller.request("POST", "/attachments", headers={"Idempotency-Key": name}, **body)
        assert refused.status_code == 404


async def test_a_slow_upload_holds_no_connection(server_url: str, new_database: Callable[..., Any]) -> None:
    async with real_application(server_url, new_database, 1) as real:
        record = (await directive(real.as_))["id"]
        editor, waiting, go_on = real.as_("commune_a", "editor"), asyncio.Event(), asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            for name, value in (("no_state_secrets", "true"), ("directive_id", record)):
                yield f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            waiting.set()
            await go_on.wait()
            yield (
                b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
                + PDF[1]
                + b"\r\n--x--\r\n"
            )

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        sending = asyncio.create_task(editor.request("POST", "/attachments", headers=headers, content=slowly()))
        await waiting.wait()
        async with asyncio.timeout(5):
            assert (await editor.get("/directives")).status_code == 200
        go_on.set()
        assert (await sending).status_code == 201


async def test_the_clean_up_never_takes_what_is_being_attached(real: Real) -> None:
    record = (await directive(real.as_))["id"]
    editor = real.as_("commune_a", "editor")

    @asynccontextmanager
    async def transactions() -> AsyncIterator[Tx]:
        async with real.database.transaction() as session:
            await open_as_system(session)
            yield Tx(session, SYSTEM, Clock().now(), "test")

    async def cleaning() -> None:
        for _ in range(3):  # everything without a row is old enough
            await upkeep.clean(transactions, real.evidence, wall() + timedelta(hours=1))

    # Each content comes again after its row has gone, so that the store may hold it without a row.
    contents = [("a.pdf", files.pdf(f"so {number}"), "application/pdf") for number in range(6)]

    async def attaching(file: tuple[str, bytes, str]) -> None:
        for _ in range(3):
            made = await attached(editor, file, directive_id=record)
            assert (await editor.change("DELETE", f"/attachments/{made['id']}")).status_code == 204
        await attached(editor, file, directive_id=record)

    await asyncio.gather(cleaning(), *(attaching(file) for file in contents))
    async with transactions() as tx:
        assert await upkeep.missing(tx, real.evidence) == []
    assert await real.count("attachments") == len(contents)
