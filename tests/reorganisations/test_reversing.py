"""An act is taken back only while nothing stands on it, and taking it back gives nobody what was taken away since."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.actors import Api
from tests.builders.people import user_id
from tests.builders.records import directive
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.reorganisations.scene import act, applied

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
ABSORBED = {"changes": [{"kind": "merged", "old_code": "17510", "new_code": "17509"}]}
"""Commune b goes into commune a, which lives on as it was."""
SCHOOL = f"/units/{unit_id('school_a1')}"


@pytest.fixture(autouse=True)
def after_the_act(clock: MovableClock) -> None:
    """Let it be the day after the act."""
    clock.set("2025-07-02T08:00:00+07:00")


async def refused(coordinator: Api, made: dict[str, Any]) -> dict[str, Any]:
    """The refusal to take ``made`` back, which it also tells beforehand."""
    at = f"/reorganisations/{made['id']}"
    assert (await coordinator.get(at)).json()["reversible"] is False
    answer = await coordinator.act(at, "reverse", note="Nhầm")
    assert answer.status_code == 409, answer.text
    return dict(answer.json())


async def test_a_record_at_a_unit_that_only_took_in_another_bars_the_way(as_: As) -> None:
    coordinator = as_("province", "coordinator")
    made = await applied(coordinator, **ABSORBED)
    written = await directive(as_)
    problem = await refused(coordinator, made)
    assert problem["code"] == "already_recorded"
    assert [item["id"] for item in problem["recorded"]] == [written["id"]]


async def test_a_draft_that_passed_on_and_was_handed_in_bars_the_way(as_: As) -> None:
    body = {"unit_id": str(unit_id("commune_b")), "year": 2025}
    path = f"/registrations/{(await as_('commune_b', 'editor').made('/registrations', body))['id']}"
    coordinator = as_("province", "coordinator")
    made = await applied(coordinator, **ABSORBED)
    await as_("commune_a", "approver").done(path, "submit")
    assert (await refused(coordinator, made))["code"] == "already_recorded"
    assert (await as_("commune_a", "editor").get(path)).json()["unit"]["code"] == "17509"


@pytest.mark.parametrize("how", ["changed", "ended"])
async def test_a_base_unit_that_was_changed_since_bars_the_way(as_: As, clock: MovableClock, how: str) -> None:
    coordinator = as_("province", "coordinator")
    made = await applied(coordinator)
    clock.set("2025-07-05T08:00:00+07:00")
    editor = as_("commune_a", "editor")  # carried to the commune that both became
    if how == "ended":
        await editor.done(SCHOOL, "end", ended_on="2025-07-04")
    else:
        body = {"name": "Trường THCS Mới", "effective_from": "2025-07-04"}
        assert (await editor.change("PATCH", SCHOOL, body)).status_code == 200
    assert (await refused(coordinator, made))["code"] == "already_recorded"


async def test_the_later_act_is_taken_back_first(as_: As) -> None:
    coordinator = as_("province", "coordinator")
    first = await applied(coordinator, **ABSORBED)
    renamed = {"kind": "renamed", "old_code": "17509", "new_code": "17509", "new_name": "Xã Tên Mới"}
    second = await coordinator.made("/reorganisations", act(renamed, effective_on="2025-07-02", decision_number="2/NQ"))
    problem = await refused(coordinator, first)
    assert (problem["code"], problem["reorganisation_id"]) == ("later_act", second["id"])
    assert "2/NQ" in problem["detail"]
    for made in (second, first):
        await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Nhầm")
    assert (await coordinator.get("/units", code="17510")).json()["items"][0]["status"] == "in_force"


async def test_a_right_taken_away_since_does_not_come_back(as_: As, clock: MovableClock) -> None:
    coordinator, admin = as_("province", "coordinator"), as_("province", "administrator")
    made = await applied(coordinator, **ABSORBED)
    clock.set("2025-07-05T08:00:00+07:00")
    held = f"/users/{user_id('commune_b', 'editor')}/grants"
    (given,) = [grant for grant in (await admin.get(held)).json()["items"] if grant["valid_to"] is None]
    assert given["unit"]["code"] == "17509"
    revoked = await admin.change("DELETE", f"{held}/{given['id']}")
    assert revoked.status_code in {200, 204}, revoked.text
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Nhầm")
    assert [grant for grant in (await admin.get(held)).json()["items"] if grant["in_force"]] == []
    # Whoever lost nothing has everything back.
    back = (await admin.get(f"/users/{user_id('commune_b', 'approver')}/grants")).json()["items"]
    assert [grant["unit"]["code"] for grant in back if grant["in_force"]] == ["17510"]
