"""What bars the way back: records of the new structure, told by name; and what does not: whoever merely came by."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import PASSWORD, MovableClock
from tests.reorganisations.scene import applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
OPEN = "SELECT count(*) FROM grants WHERE unit_id = '{}' AND (valid_to IS NULL OR valid_to > valid_from)"


async def test_signing_in_roles_and_accounts_bar_nothing(coordinator: Api, as_: As, anonymous: Api, system: Tx) -> None:
    made = await applied(coordinator)
    new = await unit(coordinator, "17510")
    signed = await anonymous.post("/auth/sessions", {"username": "17509.editor", "password": PASSWORD})
    assert signed.status_code == 201, signed.text
    admin = as_("province", "administrator")
    person = await admin.made("/users", {"username": "moi.den", "full_name": "Người Mới", "unit_id": new["id"]})
    await admin.made(f"/users/{person['id']}/grants", {"role": "editor", "unit_id": new["id"]})
    assert (await as_("commune_a", "editor").get("/awards")).status_code == 200
    at = f"/reorganisations/{made['id']}"
    assert (await coordinator.get(at)).json()["reversible"]
    assert (await coordinator.done(at, "reverse", note="Đính chính"))["status"] == "reversed"
    assert await system.session.scalar(text(OPEN.format(new["id"]))) == 0


async def test_what_bars_is_named(coordinator: Api, as_: As) -> None:
    made = await applied(coordinator)
    new = await unit(coordinator, "17510")
    editor = as_("commune_a", "editor")
    draft = await editor.made("/registrations", {"unit_id": new["id"], "year": 2025})
    at = f"/reorganisations/{made['id']}"
    answer = await coordinator.act(at, "reverse", note="x")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_recorded")
    told = answer.json()
    assert told["recorded_total"] == 1
    (found,) = told["recorded"]
    assert (found["resource"], found["id"], found["unit"]["code"]) == ("registration", draft["id"], "17510")
    assert found["at"].startswith("2025-07-02")
    assert "đăng ký của Xã Thành Mới (17510) ngày 02/07/2025" in told["detail"]
    assert (await editor.get(found["href"])).json()["id"] == draft["id"]


async def test_a_base_unit_put_under_what_the_act_made_bars(coordinator: Api, as_: As) -> None:
    made = await applied(coordinator)
    new = await unit(coordinator, "17510")
    school = {"code": "TH-MOI-1", "name": "Trường THCS Mới", "kind": "school", "parent_id": new["id"]}
    await as_("commune_a", "editor").made("/units", {**school, "valid_from": "2025-07-01"})
    answer = await coordinator.act(f"/reorganisations/{made['id']}", "reverse", note="x")
    assert [found["resource"] for found in answer.json()["recorded"]] == ["unit"], answer.text


async def test_a_record_changed_since_at_a_unit_that_moved_bars(coordinator: Api, as_: As) -> None:
    made = await applied(coordinator)
    await as_("commune_c", "editor").made("/registrations", {"unit_id": str(unit_id("commune_c")), "year": 2026})
    answer = await coordinator.act(f"/reorganisations/{made['id']}", "reverse", note="x")
    assert answer.json()["recorded"][0]["unit"]["code"] == "16714", answer.text


async def test_a_base_unit_made_since_goes_back_with_the_unit_above_it(
    coordinator: Api, as_: As, clock: MovableClock
) -> None:
    """Under a commune that the act only moved: made, changed and ended since, it is as if always there."""
    made = await applied(coordinator)
    clock.set("2025-08-02T08:00:00+07:00")
    coordinator, above = as_("province", "coordinator"), str(unit_id("commune_c"))
    school = {"kind": "school", "parent_id": above, "valid_from": "2025-07-10"}
    changed = await coordinator.made("/units", {**school, "name": "Trường Một"})
    ended = await coordinator.made("/units", {**school, "name": "Trường Hai"})
    at = f"/units/{changed['id']}"
    renamed = {"name": "Trường Ba", "effective_from": "2025-07-20"}
    assert (await coordinator.change("PATCH", at, renamed, await coordinator.etag(at))).status_code == 200
    await coordinator.done(f"/units/{ended['id']}", "end", ended_on="2025-08-01")
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    for one in (changed, ended):
        above_it = (await coordinator.get(f"/units/{one['id']}/ancestors", as_of="2025-07-15")).json()["items"]
        assert [unit["code"] for unit in above_it][-2:] == ["412", "16714"]
    checks = (await as_("province", "administrator").get("/integrity")).json()["checks"]
    assert [check["code"] for check in checks if check["status"] == "broken"] == []
