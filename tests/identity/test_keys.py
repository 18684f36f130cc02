"""Keys over HTTP: where they may be used from, when they were used last, and how one follows another."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest
from fastapi import FastAPI

from app.identity.last_used import write_down, writing_down
from app.kernel.addresses import ClientAddress, networks_of
from app.kernel.clock import wall as real_wall
from tests.actors import Api, codes
from tests.builders.people import ROBOT_KEY
from tests.builders.units import unit_id
from tests.identity.conftest import Wall

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
ROBOT = f"/service-accounts/{uuid5(NAMESPACE_URL, 'robot')}"
NETWORKS = ["203.0.113.0/24", "2001:db8:7::/48"]
PROXY = "10.9.9.9"


def admin(as_: As) -> Api:
    """The administrator above the robot."""
    return as_("district_yen_thanh", "administrator")


async def key(as_: As, **more: Any) -> dict[str, Any]:
    """A new key of the robot."""
    body = {"name": "Máy chủ 1", "expires_at": (real_wall() + timedelta(days=30)).isoformat(), **more}
    return await admin(as_).made(f"{ROBOT}/keys", body)


def at(app: Any, made: dict[str, Any], address: str) -> Api:
    """Whoever holds the key, at an address."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 50_000))
    client = httpx.AsyncClient(transport=transport, base_url="https://test")
    return Api(client, {"Authorization": f"Bearer {made['key']}"})


async def shown(as_: As, made: dict[str, Any]) -> dict[str, Any]:
    """The key as the list shows it."""
    items = (await admin(as_).get(f"{ROBOT}/keys")).json()["items"]
    return next(dict(item) for item in items if item["id"] == made["id"])


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("203.0.113.9", 200),
        ("::ffff:203.0.113.9", 200),
        ("2001:db8:7::1", 200),
        ("203.0.114.9", 403),
        ("::ffff:203.0.114.9", 403),
        ("2001:db8:8::1", 403),
        ("::203.0.113.9", 403),
        ("127.0.0.1", 403),
        ("unix-socket", 403),
    ],
)
async def test_a_key_is_used_from_its_networks_only(app: FastAPI, as_: As, address: str, status: int) -> None:
    made = await key(as_, networks=NETWORKS)
    assert made["networks"] == NETWORKS
    answer = await at(app, made, address).get("/registrations")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "address_not_allowed"
        body = {"unit_id": str(unit_id("commune_a")), "year": 2024}
        assert (await at(app, made, address).post("/registrations", body)).status_code == 403
        assert (await at(app, made, address).get("/me")).status_code == 403


async def test_a_refusal_says_what_address_was_seen(app: FastAPI, as_: As) -> None:
    made = await key(as_, networks=NETWORKS)
    problem = (await at(app, made, "198.51.100.4").get("/units")).json()
    assert (problem["address"], "198.51.100.4" in problem["detail"]) == ("198.51.100.4", True)
    unknown = {**made, "key": made["key"][:-1] + ("A" if made["key"][-1] != "A" else "B")}
    assert (await at(app, unknown, "198.51.100.4").get("/units")).status_code == 401


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"])
async def test_nobody_claims_an_address_by_a_header(app: FastAPI, as_: As, header: str) -> None:
    made = await key(as_, networks=NETWORKS)
    value = "for=203.0.113.9" if header == "Forwarded" else "203.0.113.9"
    for address in ("198.51.100.4", "127.0.0.1", "::1", PROXY):
        answer = await at(app, made, address).get("/registrations", headers={header: value})
        assert answer.json()["code"] == "address_not_allowed"


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        (PROXY, "203.0.113.9", 200),
        (PROXY, "198.51.100.4, 203.0.113.9", 200),
        (PROXY, "203.0.113.9, 198.51.100.4", 403),
        (PROXY, "203.0.113.9, unknown", 403),
        (PROXY, None, 403),
        ("198.51.100.4", "203.0.113.9", 403),
        ("198.51.100.4", f"203.0.113.9, {PROXY}", 403),
    ],
)
async def test_a_trusted_proxy_says_who_asks_and_nobody_else(
    app: FastAPI, as_: As, peer: str, forwarded: str | None, status: int
) -> None:
    made = await key(as_, networks=NETWORKS)
    behind = ClientAddress(app, networks_of(PROXY))
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert (await at(behind, made, peer).get("/registrations", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("networks", "fault"),
    [
        (["203.0.113.0/24", "203.0.113.9/24"], ("/networks/1", "not_a_network")),
        (["máy chủ"], ("/networks/0", "not_a_network")),
        (["*"], ("/networks/0", "not_a_network")),
        ([], ("/networks", "too_short")),
        (["10.0.0.0/8"] * 51, ("/networks", "too_long")),
        ("10.0.0.0/8", ("/networks", "list_type")),
    ],
)
async def test_what_networks_cannot_be(as_: As, networks: Any, fault: tuple[str, str]) -> None:
    body = {"name": "x", "expires_at": (real_wall() + timedelta(days=1)).isoformat(), "networks": networks}
    answer = await admin(as_).post(f"{ROBOT}/keys", body)
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_networks_are_kept_in_one_form_and_once(as_: As) -> None:
    made = await key(as_, networks=["::ffff:203.0.113.7", "203.0.113.7", "2001:DB8::/32"])
    assert made["networks"] == ["203.0.113.7/32", "2001:db8::/32"]


async def test_reading_by_key_writes_nothing_and_the_last_use_is_told_later(
    app: FastAPI, as_: As, statements: Any
) -> None:
    made = await key(as_)
    assert (made["last_used_at"], made["last_used_address"]) == (None, None)
    statements.seen.clear()
    for address in ("203.0.113.7", "::ffff:203.0.113.8"):
        assert (await at(app, made, address).get("/registrations")).status_code == 200
    assert [one for one in statements.seen if "UPDATE" in one] == []
    assert (await shown(as_, made))["last_used_at"] is None
    statements.seen.clear()
    await write_down(app.state.key_uses, app.state.services.database)
    assert len([one for one in statements.seen if "UPDATE" in one]) == 1
    told = await shown(as_, made)
    assert told["last_used_address"] == "203.0.113.8"
    assert abs(datetime.fromisoformat(told["last_used_at"]) - real_wall()) < timedelta(minutes=1)
    statements.seen.clear()
    await write_down(app.state.key_uses, app.state.services.database)
    assert statements.seen == []  # nothing new


async def test_refused_keys_were_not_used(app: FastAPI, as_: As) -> None:
    made = await key(as_, networks=NETWORKS)
    await at(app, made, "198.51.100.4").get("/registrations")
    await at(app, {"key": ROBOT_KEY + "x"}, "198.51.100.4").get("/registrations")
    assert app.state.key_uses.take() == {}


async def test_what_could_not_be_written_is_kept_and_a_later_use_goes_before(app: FastAPI, as_: As) -> None:
    made = await key(as_)
    await at(app, made, "203.0.113.7").get("/registrations")

    class Away:
        def transaction(self) -> Any:
            raise OSError("the database is away")

    with pytest.raises(OSError, match="away"):
        await write_down(app.state.key_uses, Away())  # type: ignore[arg-type]
    await at(app, made, "203.0.113.8").get("/registrations")
    async with writing_down(app.state.key_uses, app.state.services.database, every=3600):
        pass  # what is held at the end is written
    assert (await shown(as_, made))["last_used_address"] == "203.0.113.8"


async def test_a_rotated_key_goes_on_for_the_overlap(
    app: FastAPI, as_: As, wall: Wall, audit: Callable[..., Any]
) -> None:
    old = await key(as_, networks=NETWORKS, permissions=["registration.read"], unit_id=str(unit_id("commune_a")))
    answer = await admin(as_).post(f"{ROBOT}/keys/{old['id']}/rotate", {"overlap_hours": 2, "name": "Máy chủ 2"})
    new = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert new["key"] not in (old["key"], "")
    limits = ("networks", "permissions", "unit", "expires_at")
    assert [new[name] for name in limits] == [old[name] for name in limits]
    assert (new["name"], new["replaced_by"]) == ("Máy chủ 2", None)
    replaced = await shown(as_, old)
    assert (replaced["replaced_by"], replaced["usable"]) == (new["id"], True)
    assert "key" not in replaced
    for one in (old, new):
        assert (await at(app, one, "203.0.113.7").get("/registrations")).status_code == 200
    wall.advance(hours=2, seconds=1)
    assert (await at(app, old, "203.0.113.7").get("/registrations")).status_code == 401
    assert (await at(app, new, "203.0.113.7").get("/registrations")).status_code == 200
    events = await audit()
    assert [event.verb for event in events][-2:] == ["service_key.create", "service_key.rotate"]
    assert (events[-1].after["replaced_by"], str(events[-1].subject_id)) == (new["id"], old["id"])
    assert new["key"] not in str(events)


async def test_without_overlap_the_old_key_ends_at_once(app: FastAPI, as_: As) -> None:
    old = await key(as_)
    until = (real_wall() + timedelta(days=300)).isoformat()
    path = f"{ROBOT}/keys/{old['id']}/rotate"
    new = await admin(as_).made(path, {"overlap_hours": 0, "expires_at": until})
    assert (await at(app, old, "203.0.113.7").get("/registrations")).status_code == 401
    assert datetime.fromisoformat(new["expires_at"]) == datetime.fromisoformat(until)
    assert (await shown(as_, old))["usable"] is False


async def test_the_overlap_never_lengthens_a_key(as_: As) -> None:
    old = await key(as_, expires_at=(real_wall() + timedelta(hours=1)).isoformat())
    until = (real_wall() + timedelta(days=30)).isoformat()
    await admin(as_).made(f"{ROBOT}/keys/{old['id']}/rotate", {"overlap_hours": 48, "expires_at": until})
    assert (await shown(as_, old))["expires_at"] == old["expires_at"]


async def test_a_key_is_rotated_once_unless_its_successor_is_gone(as_: As) -> None:
    old = await key(as_)
    path = f"{ROBOT}/keys/{old['id']}/rotate"
    new = await admin(as_).made(path, {})
    again = await admin(as_).post(path, {})
    assert (again.status_code, again.json()["code"], again.json()["replaced_by"]) == (
        409,
        "key_not_rotatable",
        new["id"],
    )
    assert (await admin(as_).request("DELETE", f"{ROBOT}/keys/{new['id']}")).status_code == 204
    await admin(as_).made(path, {})
    gone = await admin(as_).post(f"{ROBOT}/keys/{new['id']}/rotate", {})
    assert (gone.status_code, gone.json()["code"]) == (409, "key_not_rotatable")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"overlap_hours": -1}, "/overlap_hours"),
        ({"overlap_hours": 721}, "/overlap_hours"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"networks": ["0.0.0.0/0"]}, "/networks"),
    ],
)
async def test_what_a_rotation_cannot_ask(as_: As, body: dict[str, Any], pointer: str) -> None:
    old = await key(as_)
    answer = await admin(as_).post(f"{ROBOT}/keys/{old['id']}/rotate", body)
    assert (answer.status_code, [place for place, _ in codes(answer)]) == (422, [pointer])
    assert (await shown(as_, old))["replaced_by"] is None


async def test_who_may_not_make_keys_may_not_rotate_them(as_: As, anonymous: Api) -> None:
    path = f"{ROBOT}/keys/{(await key(as_))['id']}/rotate"
    for who, status in (
        (as_("district_vinh", "administrator"), 404),
        (as_("commune_a", "editor"), 403),
        (anonymous, 401),
    ):
        assert (await who.post(path, {})).status_code == status
    await admin(as_).done(ROBOT, "disable")
    refused = await admin(as_).post(path, {})
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")


async def test_a_repeated_rotation_does_not_tell_the_key_again(as_: As) -> None:
    path, header = f"{ROBOT}/keys/{(await key(as_))['id']}/rotate", {"Idempotency-Key": '"once"'}
    assert (await admin(as_).request("POST", path, {}, header)).status_code == 201
    again = await admin(as_).request("POST", path, {}, header)
    assert (again.status_code, again.json()["code"]) == (409, "answer_shown_once")


async def test_what_a_key_did_is_told_from_what_a_person_did(app: FastAPI, as_: As, audit: Callable[..., Any]) -> None:
    made = await key(as_, name="Kho dữ liệu đêm")
    robot = at(app, made, "203.0.113.7")
    body = {"unit_id": str(unit_id("commune_a")), "title": "Kế hoạch 12", "track": "issued_directly"}
    body |= {"document_kind": "plan", "number_symbol": "12/KH-UBND", "issued_on": "2024-03-01"}
    body |= {"issuing_body": "UBND xã Mã Thành", "obliges": "Các ban, ngành, xóm"}
    by_key = await robot.made("/directives", body)
    by_hand = await as_("commune_a", "editor").made("/directives", {**body, "number_symbol": "13/KH-UBND"})
    assert (by_key["created_with_key"], by_hand["created_with_key"]) == (made["id"], None)
    me = (await robot.get("/me")).json()
    assert (me["kind"], me["key_id"], me["key_name"]) == ("service_account", made["id"], "Kho dữ liệu đêm")
    one, other = (await audit())[-2:]
    assert (one.actor_kind, one.actor_name, one.key_name) == ("service_account", "robot", "Kho dữ liệu đêm")
    assert (other.actor_kind, other.key_id, other.key_name) == ("user", None, None)
    shown = (await as_("province", "auditor").get("/audit-events", subject_id=by_key["id"])).json()["items"][0]
    assert (shown["actor"]["kind"], shown["key_id"], shown["key_name"]) == (
        "service_account",
        made["id"],
        "Kho dữ liệu đêm",
    )
