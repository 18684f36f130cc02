"""Safe retries: one key, one effect, one answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.access.actor import Tx
from app.kernel import idempotency
from app.kernel.clock import wall
from app.kernel.idempotency import IdempotencyKey
from app.registrations.models import Registration
from tests.actors import Api, codes
from tests.builders.units import unit_id
from tests.real import Real, real_application

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BODY = {"unit_id": str(unit_id("commune_a")), "year": 2024}
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


async def rows(system: Tx) -> int:
    return int(await system.session.scalar(select(func.count()).select_from(Registration)) or 0)


async def test_the_same_request_again_gets_the_stored_answer_and_makes_nothing(as_: As, system: Tx) -> None:
    first = await as_("commune_a", "editor").post("/registrations", BODY, headers=KEY)
    again = await as_("commune_a", "editor").post("/registrations", BODY, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    kept = ("etag", "location", "content-type", "vary", "cache-control")
    assert [again.headers[name] for name in kept] == [first.headers[name] for name in kept]
    assert await rows(system) == 1


async def test_a_key_without_quotation_marks_is_the_same_key(as_: As, system: Tx) -> None:
    bare = {"Idempotency-Key": KEY["Idempotency-Key"].strip('"')}
    await as_("commune_a", "editor").post("/registrations", BODY, headers=KEY)
    again = await as_("commune_a", "editor").post("/registrations", BODY, headers=bare)
    assert again.headers["idempotency-replayed"] == "true"
    assert await rows(system) == 1


@pytest.mark.parametrize("change", [{"year": 2023}, {"note": "Khác"}])
async def test_the_key_on_another_request_is_refused(as_: As, system: Tx, change: dict[str, Any]) -> None:
    await as_("commune_a", "editor").post("/registrations", BODY, headers=KEY)
    other = await as_("commune_a", "editor").post("/registrations", BODY | change, headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await rows(system) == 1


async def test_keys_belong_to_their_callers(as_: As, system: Tx) -> None:
    await as_("commune_a", "editor").post("/registrations", BODY, headers=KEY)
    other = await as_("commune_b", "editor").post(
        "/registrations", {"unit_id": str(unit_id("commune_b")), "year": 2024}, headers=KEY
    )
    assert other.status_code == 201
    assert "idempotency-replayed" not in other.headers
    assert await rows(system) == 2


async def test_a_narrower_key_of_the_same_account_gets_no_answer_of_a_wider_one(robot: Api, system: Tx) -> None:
    first = await robot.post("/registrations", BODY, headers=KEY)
    assert first.status_code == 201, first.text
    again = await robot.post("/registrations", BODY, headers=KEY)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    await system.session.execute(
        text("UPDATE service_keys SET permissions = ARRAY['registration.write', 'registration.read']")
    )
    narrow = await robot.post("/registrations", BODY, headers=KEY)
    assert (narrow.status_code, narrow.json()["code"]) == (422, "idempotency_key_reused")
    assert await rows(system) == 1


async def test_a_refusal_is_not_kept_so_the_mended_request_may_use_the_key(as_: As) -> None:
    refused = await as_("commune_a", "editor").post("/registrations", BODY | {"year": 1}, headers=KEY)
    assert refused.status_code == 422
    mended = await as_("commune_a", "editor").post("/registrations", BODY, headers=KEY)
    assert mended.status_code == 201


@pytest.mark.parametrize("key", ["", '""', "a" * 256, 'a"b', "khóa".encode()])
async def test_a_malformed_key_is_refused_by_name(as_: As, system: Tx, key: str | bytes) -> None:
    answer = await as_("commune_a", "editor").post("/registrations", BODY, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert codes(answer) == [("/Idempotency-Key", "malformed")]
    assert await rows(system) == 0


async def test_a_transition_is_taken_once_whatever_the_version_has_become(as_: As) -> None:
    path = f"/registrations/{(await as_('commune_a', 'editor').made('/registrations', BODY))['id']}"
    approver = as_("commune_a", "approver")
    sent: dict[str, Any] = {"headers": {**KEY, "If-Match": await approver.etag(path)}}
    first = await approver.post(f"{path}/transitions", {"action": "submit"}, **sent)
    again = await approver.post(f"{path}/transitions", {"action": "submit"}, **sent)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_an_answer_with_a_secret_is_not_stored(as_: As, system: Tx) -> None:
    admin = as_("province", "administrator")
    account = await admin.made("/service-accounts", {"name": "Phần mềm", "unit_id": str(unit_id("commune_a"))})
    await admin.post(
        f"/service-accounts/{account['id']}/grants", {"role": "integrator", "unit_id": str(unit_id("commune_a"))}
    )
    body = {
        "name": "Khóa",
        "unit_id": str(unit_id("commune_a")),
        "permissions": ["registration.write"],
        "expires_at": (wall() + timedelta(days=30)).isoformat(),
    }
    first = await admin.post(f"/service-accounts/{account['id']}/keys", body, headers=KEY)
    assert first.status_code == 201, first.text
    again = await admin.post(f"/service-accounts/{account['id']}/keys", body, headers=KEY)
    assert (again.status_code, again.json()["code"]) == (409, "answer_shown_once")
    stored = (await system.session.execute(select(IdempotencyKey.__table__))).all()
    assert [row.body for row in stored] == []  # the fence shows nobody else's keys, not even to the system


async def test_a_key_is_forgotten_after_three_days(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    editor = as_("commune_a", "editor")
    first = await editor.post("/registrations", BODY, headers=KEY)
    await editor.change("DELETE", f"/registrations/{first.json()['id']}")
    later = wall() + idempotency.LIFETIME + timedelta(minutes=1)
    monkeypatch.setattr(idempotency, "wall", lambda: later)
    anew = await editor.post("/registrations", BODY, headers=KEY)
    assert anew.status_code == 201
    assert anew.json()["id"] != first.json()["id"]
    again = await editor.post("/registrations", BODY, headers=KEY)
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (anew.json()["id"], "true")


@pytest.fixture
async def real(server_url: str, new_database: Callable[..., Any]) -> AsyncIterator[Real]:
    """With eight connections."""
    async with real_application(server_url, new_database, 8) as made:
        yield made


@pytest.mark.real_commits
async def test_fifty_at_once_make_one_effect(real: Real) -> None:
    editor = real.as_("commune_a", "editor")
    answers = await asyncio.gather(*(editor.post("/registrations", BODY, headers=KEY) for _ in range(50)))
    made = [a for a in answers if a.status_code == 201]
    waiting = [a for a in answers if a.status_code == 409]
    assert len(made) + len(waiting) == 50
    assert {a.json()["code"] for a in waiting} <= {"idempotency_in_progress"}
    assert len({a.json()["id"] for a in made}) == 1
    assert sum("idempotency-replayed" not in a.headers for a in made) == 1
    assert await real.count("registrations") == 1
    assert await real.count("audit_events") == 1
