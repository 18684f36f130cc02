"""The event log over HTTP, and that nobody can rewrite it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.people import user_id
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def registered(as_: As, unit: str = "commune_a") -> str:
    """The id of a draft registration of ``unit``."""
    made = await as_(unit, "editor").made("/registrations", {"unit_id": str(unit_id(unit)), "year": 2024})
    return str(made["id"])


@pytest.fixture
async def auditor_of_vinh(as_: As) -> Api:
    """An auditor whose scope is the city only."""
    path = f"/users/{user_id('district_vinh', 'viewer')}/grants"
    body = {"role": "auditor", "unit_id": str(unit_id("district_vinh"))}
    await as_("province", "administrator").made(path, body)
    return as_("district_vinh", "viewer")


async def test_the_provinces_auditor_sees_what_a_commune_did(as_: As) -> None:
    made = await registered(as_)
    (event,) = (await as_("province", "auditor").get("/audit-events")).json()["items"]
    assert (event["verb"], event["subject_kind"], event["subject_id"]) == ("registration.create", "registration", made)
    assert event["actor"] == {"kind": "user", "id": str(user_id("commune_a", "editor")), "name": "17509.editor"}
    assert event["unit"] == {"id": str(unit_id("commune_a")), "code": "17509", "name": "Xã Mã Thành"}
    assert (event["before"], event["after"]["year"]) == (None, 2024)
    assert event["session_id"]
    assert not {"unit_path", "path_then"} & set(event)
    one = await as_("province", "auditor").get(f"/audit-events/{event['id']}")
    assert one.json() == event


async def test_others_do_not(as_: As, anonymous: Api, auditor_of_vinh: Api) -> None:
    made = await registered(as_)
    listed = (await as_("province", "auditor").get("/audit-events", subject_id=made)).json()["items"]
    path = f"/audit-events/{listed[0]['id']}"
    assert (await auditor_of_vinh.get(path)).status_code == 404
    seen = (await auditor_of_vinh.get("/audit-events")).json()["items"]
    assert [event["verb"] for event in seen] == ["grant.create"]
    for who, status in ((as_("province", "viewer"), 403), (as_("commune_a", "editor"), 403), (anonymous, 401)):
        assert (await who.get("/audit-events")).status_code == status
        assert (await who.get(path)).status_code == status


async def test_events_are_filtered(as_: As, clock: Any) -> None:
    auditor = as_("province", "auditor")
    clock.set("2024-07-01T08:00:00+07:00")
    made = await registered(as_)
    clock.set("2024-07-02T08:00:00+07:00")
    body = {"unit_id": str(unit_id("commune_c")), "year": 2024}
    await as_("commune_c", "editor").post("/registrations", body, headers={"X-Request-Id": "theo-doi-1"})
    await as_("commune_a", "approver").done(f"/registrations/{made}", "submit")

    async def units(**filters: Any) -> list[tuple[str, str]]:
        found = (await auditor.get("/audit-events", **filters)).json()["items"]
        return [(event["unit"]["code"], event["verb"].split(".")[1]) for event in found]

    everything = [("17509", "submit"), ("16714", "create"), ("17509", "create")]
    assert await units() == everything
    assert await units(verb="registration.create") == everything[1:]
    assert await units(subject_kind="registration", subject_id=made) == [everything[0], everything[2]]
    assert await units(actor_id=str(user_id("commune_c", "editor"))) == [everything[1]]
    assert await units(unit=str(unit_id("commune_c"))) == [everything[1]]
    assert await units(unit=str(unit_id("district_vinh"))) == []
    assert await units(under=str(unit_id("district_vinh"))) == [everything[1]]
    assert await units(request_id="theo-doi-1") == [everything[1]]
    assert await units(to="2024-07-01T18:00:00Z") == [everything[2]]
    assert await units(**{"from": "2024-07-01T18:00:00Z"}) == everything[:2]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("from", "hom qua", "datetime_parsing"),
        ("from", "2024-07-01T00:00:00", "timezone_aware"),
        ("from_", "2024-07-01T00:00:00Z", "extra_forbidden"),
        ("actor_id", "x", "uuid_parsing"),
        ("sort", "seq", "literal_error"),
    ],
)
async def test_bad_filters_name_the_place(as_: As, name: str, value: str, code: str) -> None:
    answer = await as_("province", "auditor").request("GET", "/audit-events", params={name: value})
    assert (answer.status_code, codes(answer)) == (422, [(f"/{name}", code)])


async def test_pages_run_newest_first_in_few_statements(as_: As, statements: Any) -> None:
    for unit in ("commune_a", "commune_b", "commune_c"):
        await registered(as_, unit)
    auditor = as_("province", "auditor")
    statements.seen.clear()
    page = (await auditor.get("/audit-events", limit=2, include_total="true")).json()
    assert len(statements.seen) <= 3
    assert (page["total"], [event["unit"]["code"] for event in page["items"]]) == (3, ["16714", "17510"])
    rest = (await auditor.get("/audit-events", limit=2, cursor=page["next_cursor"])).json()
    assert ([event["unit"]["code"] for event in rest["items"]], rest["next_cursor"]) == (["17509"], None)
    seqs = [event["seq"] for event in page["items"] + rest["items"]]
    assert seqs == sorted(seqs, reverse=True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET verb = 'nothing'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
        "ALTER TABLE audit_events DISABLE ROW LEVEL SECURITY",
    ],
)
async def test_the_applications_role_cannot_rewrite_it(as_: As, system: Tx, statement: str) -> None:
    await registered(as_)
    savepoint = await system.session.begin_nested()
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        await system.session.execute(text(statement))
    await savepoint.rollback()
    verbs = await system.session.execute(text("SELECT verb FROM audit_events"))
    assert list(verbs.scalars()) == ["registration.create"]
