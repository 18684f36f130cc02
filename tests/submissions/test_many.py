"""Many units in one call: line by line, each for itself; worked off by jobs; broken off in the middle; at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from app.access.actor import SYSTEM, Tx
from app.identity.opening import Account, open_as_system
from app.kernel.clock import Clock
from app.submissions import jobs, service
from tests.actors import Api, codes
from tests.builders import people
from tests.builders.submissions import bundle, counts, directive, scene
from tests.builders.units import unit_id
from tests.real import Real, real_application

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
NDJSON = {"Content-Type": "application/x-ndjson"}
LATER = {**NDJSON, "Prefer": "respond-async"}


def lines(*bundles: Any) -> bytes:
    """Bundles line by line; bytes as they are."""
    return b"\n".join(one if isinstance(one, bytes) else orjson.dumps(one) for one in bundles)


def told(answer: Any) -> list[dict[str, Any]]:
    """The lines of an answer."""
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


async def test_each_line_is_stored_for_itself(as_: As, system: Tx) -> None:
    await scene(system)
    sent = lines(
        bundle(directives=[directive(1)]),
        bundle("commune_b"),
        b'{"unit": "17509", "unit": "17510"}',
        b"",
        {"unit": "17509", "directives": [directive(5), directive(6, issued_on="2030-01-01")]},
        {"unit": "17509", "directives": [directive(7)]},
    )
    answer = told(await as_("commune_a", "editor").post("/submissions", content=sent, headers=NDJSON))
    assert [(one["line"], one["stored"]) for one in answer] == [
        (1, True),
        (2, False),
        (3, False),
        (5, False),
        (6, True),
    ]
    assert [one["errors"][0]["code"] for one in answer[1:3]] == ["not_found", "malformed_json"]
    assert answer[3]["summary"] | {"failed": 1, "not_stored": 1} == answer[3]["summary"]
    assert (await counts(system))["directives"] == 2


async def test_lines_of_the_same_unit_see_one_another(as_: As, system: Tx) -> None:
    await scene(system)
    again = {"unit": "17509", "directives": [directive(1)]}
    answer = told(await as_("commune_a", "editor").post("/submissions", content=lines(again, again), headers=NDJSON))
    assert [one["stored"] for one in answer] == [True, True]
    assert (await counts(system))["directives"] == 1


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With eight connections."""
    async with real_application(server_url, new_database, 8) as made:
        async with made.database.transaction() as session:
            await open_as_system(session)
            await scene(Tx(session, SYSTEM, datetime.now(UTC)))
        yield made


def payload(run: dict[str, Any]) -> dict[str, Any]:
    """What the queue hands to the worker."""
    return {"submission": run["id"], "caller": str(people.user_id("commune_a", "editor")), "key": None}


async def accepted(real: Real, count: int, **fields: Any) -> tuple[Api, dict[str, Any]]:
    """A submission of ``count`` bundles that waits for its worker."""
    editor = real.as_("commune_a", "editor")
    sent = [{"unit": "17509", "directives": [directive(n, **fields)]} for n in range(count)]
    answer = await editor.post("/submissions", content=lines(*sent), headers=LATER)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/api/v1/submissions/{answer.json()['id']}"
    return editor, answer.json()


@pytest.mark.real_commits
async def test_an_accepted_submission_is_worked_off_once_though_its_worker_is_killed(
    real: Real, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor, run = await accepted(real, 120)
    assert (run["status"], run["total"], run["done"]) == ("queued", 120, 0)
    assert await real.count("pgqueuer") == 1
    worker, taken = jobs.Working(real.database, Clock()), 0
    honest = service.take_lines

    async def killed(*arguments: Any) -> Any:
        nonlocal taken
        taken += 1
        found = await honest(*arguments)
        if taken == 2:
            raise ConnectionError("killed in the middle of a transaction")
        return found

    monkeypatch.setattr(jobs, "take_lines", killed)
    with pytest.raises(ConnectionError):
        await worker.run(payload(run))
    half = (await editor.get(f"/submissions/{run['id']}")).json()
    assert (half["status"], half["done"], half["stored"]) == ("running", 50, 50)
    assert await real.count("directives") == 50
    await asyncio.gather(worker.run(payload(run)), worker.run(payload(run)))
    done = (await editor.get(f"/submissions/{run['id']}")).json()
    assert (done["status"], done["done"], done["summary"]["created"]) == ("done", 120, 120)
    assert await real.count("directives") == 120
    assert await real.count("audit_events WHERE verb = 'directive.create'") == 120
    page = (await editor.get(f"/submissions/{run['id']}/lines", limit="100")).json()
    assert [one["line"] for one in page["items"]] == list(range(1, 101))
    rest = (await editor.get(f"/submissions/{run['id']}/lines", limit="100", cursor=page["next_cursor"])).json()
    assert [one["line"] for one in rest["items"]] == list(range(101, 121))
    assert (await real.as_("commune_b", "editor").get(f"/submissions/{run['id']}")).status_code == 404
    assert (await real.as_("commune_b", "editor").get("/submissions")).json()["items"] == []


@pytest.mark.real_commits
async def test_cancelling_leaves_what_is_left(real: Real) -> None:
    editor, run = await accepted(real, 3)
    path = f"/submissions/{run['id']}"
    assert (await editor.post(f"{path}/transitions", {"action": "cancel"})).status_code == 428
    assert (await editor.act(path, "cancel")).json()["status"] == "cancelled"
    again = await editor.act(path, "cancel")
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")
    await jobs.Working(real.database, Clock()).run(payload(run))
    assert await real.count("directives") == 0


@pytest.mark.real_commits
async def test_progress_does_not_stand_in_the_way_of_cancelling(real: Real, monkeypatch: pytest.MonkeyPatch) -> None:
    editor, run = await accepted(real, 160)
    path = f"/submissions/{run['id']}"
    seen: list[Any] = []
    honest = service.take_lines

    async def watched(*arguments: Any) -> Any:
        if len(seen) < 3:
            seen.append(await editor.get(path))
        return await honest(*arguments)

    monkeypatch.setattr(jobs, "take_lines", watched)
    working = jobs.Working(real.database, Clock())
    account = Account(people.user_id("commune_a", "editor"), None, None)
    for _ in range(3):
        await working._step(UUID(run["id"]), account)
    assert [(answer.json()["status"], answer.json()["done"]) for answer in seen] == [
        ("queued", 0),
        ("running", 50),
        ("running", 100),
    ]
    assert seen[1].headers["etag"] != seen[2].headers["etag"], "who asks by If-None-Match sees the progress"
    cancelled = await editor.act(path, "cancel", etag=seen[1].headers["etag"])
    assert cancelled.status_code == 200, cancelled.text
    assert (cancelled.json()["status"], cancelled.json()["done"]) == ("cancelled", 150)


@pytest.mark.real_commits
async def test_rights_that_ended_end_the_work(real: Real) -> None:
    editor, run = await accepted(real, 3)
    await real.run(f"UPDATE users SET disabled_at = now() WHERE id = '{people.user_id('commune_a', 'editor')}'")
    await jobs.Working(real.database, Clock()).run(payload(run))
    await real.run(f"UPDATE users SET disabled_at = NULL WHERE id = '{people.user_id('commune_a', 'editor')}'")
    found = (await editor.get(f"/submissions/{run['id']}")).json()
    assert (found["status"], found["done"]) == ("failed", 0)
    assert found["fault"]
    assert await real.count("directives") == 0


@pytest.mark.real_commits
async def test_a_stranded_submission_gets_another_job(real: Real) -> None:
    _, run = await accepted(real, 3)
    await real.run("DELETE FROM pgqueuer")
    work = jobs.work(real.database, Clock())
    rescue = next(one for one in work.schedules if one.name == "submissions.rescue")
    await rescue.run()
    assert await real.count("pgqueuer") == 0
    await real.run("UPDATE submissions SET worked_at = now() - interval '1 hour'")
    await rescue.run()
    assert await real.count("pgqueuer") == 1
    await work.handlers[service.JOB].run(payload(run))
    assert await real.count("directives") == 3


@pytest.mark.real_commits
async def test_fifty_at_once_with_one_key_make_one_effect(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    key = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
    sent = {"unit": "17509", "directives": [directive(n) for n in range(5)]}
    answers = await asyncio.gather(*(editor.post("/submissions", sent, headers=key) for _ in range(50)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert sum(answer.status_code == 200 and "idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await real.count("directives") == 5


@pytest.mark.real_commits
async def test_twenty_at_once_without_a_key_store_it_once(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    chosen = str(uuid4())
    sent = {"unit": "17509", "directives": [directive(1), directive(2, id=chosen)]}
    single = {"id": chosen, "unit_id": str(unit_id("commune_a")), **directive(2)}
    answers = await asyncio.gather(
        *(editor.post("/submissions", sent) for _ in range(10)),
        *(editor.post("/directives", single) for _ in range(10)),
    )
    assert {answer.status_code for answer in answers} <= {200, 201, 409}
    assert sum(answer.status_code == 409 for answer in answers) == sum(
        codes(answer)[0][1] == "duplicate_id" for answer in answers if answer.status_code == 409
    )
    assert await real.count("directives") == 2
