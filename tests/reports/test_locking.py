"""While a report stands, what the unit recorded inside the window stays; what its superiors do stays possible."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.campaigns import plan_320
from tests.builders.reports import accepted, handed_in, ready, submitted
from tests.builders.units import unit_id
from tests.evaluations.scene import MET, Scene

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened."""
    return await plan_320(system)


async def registered(as_: As, unit: str = "commune_a", year: int = 2024) -> str:
    """The path of a draft registration."""
    body = {"unit_id": str(unit_id(unit)), "year": year}
    return f"/registrations/{(await as_(unit, 'editor').made('/registrations', body))['id']}"


async def test_registrations_are_locked_by_name(as_: As, plan: str) -> None:
    registration = await registered(as_)
    path = await submitted(as_, plan, number="05/BC-UBND")
    editor, approver = as_("commune_a", "editor"), as_("commune_a", "approver")
    body = {"unit_id": str(unit_id("commune_a")), "year": 2023}
    refusals = [
        await editor.change("PATCH", registration, {"note": "x"}),
        await editor.change("DELETE", registration),
        await approver.act(registration, "submit"),
        await approver.act(registration, "withdraw"),
        await editor.post("/registrations", body),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refusals] == [(409, "period_locked")] * 5
    named = refusals[0].json()["report"]
    assert (named["number"], named["href"]) == ("05/BC-UBND", f"/api/v1{path}")
    shown = (await editor.get(registration)).json()
    assert (shown["lock"]["code"], shown["lock"]["report_id"]) == ("period_locked", path.removeprefix("/reports/"))
    assert (shown["editable"], (await approver.get(registration)).json()["allowed_actions"]) == (False, [])
    assert (await editor.get("/registrations")).json()["items"][0]["lock"] == shown["lock"]
    # Others are free: another unit, and the base units below, which report for themselves.
    await registered(as_, "commune_b")
    await registered(as_, "school_a1")


async def test_what_lies_outside_the_window_is_free(as_: As, plan: str, clock: Any) -> None:
    registration = await registered(as_)
    await submitted(as_, plan)
    clock.set("2024-07-15T00:00:00+07:00")
    later = await registered(as_, year=2025)
    shown = (await as_("commune_a", "editor").get(later)).json()
    assert (shown["lock"], shown["editable"]) == (None, True)
    assert (await as_("commune_a", "editor").change("PATCH", later, {"note": "x"})).status_code == 200
    assert (await as_("commune_a", "editor").change("PATCH", registration, {"note": "x"})).status_code == 409


async def test_what_was_entered_in_the_first_days_of_a_counted_year_is_locked_with_it(
    as_: As, plan: str, clock: Any
) -> None:
    clock.set("2023-01-10T09:00:00+07:00")
    registration = await registered(as_, year=2023)
    clock.set("2024-07-10T09:00:00+07:00")
    await submitted(as_, plan)
    refused = await as_("commune_a", "editor").change("PATCH", registration, {"note": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "period_locked")
    assert (await registered(as_, year=2025)).startswith("/registrations/")  # next year's is no part of this campaign


async def test_returning_and_reopening_unlock(as_: As, plan: str) -> None:
    registration, editor = await registered(as_), as_("commune_a", "editor")
    path = await submitted(as_, plan)
    await as_("district_yen_thanh", "approver").done(path, "return", note="Sửa")
    assert (await editor.change("PATCH", registration, {"note": "một"})).status_code == 200
    await handed_in(as_, path)
    assert (await editor.change("PATCH", registration, {"note": "hai"})).json()["code"] == "period_locked"
    await as_("district_yen_thanh", "approver").done(path, "accept")
    assert (await editor.change("PATCH", registration, {"note": "hai"})).json()["code"] == "period_locked"
    await as_("province", "coordinator").done(path, "reopen", note="Sửa số liệu")
    assert (await editor.change("PATCH", registration, {"note": "hai"})).status_code == 200


async def test_superiors_go_on_reviewing_inside_a_locked_period(as_: As, plan: str, system: Tx) -> None:
    scene = Scene(as_, system)
    await scene.submitted()
    registration = await registered(as_, year=2025)
    await as_("commune_a", "approver").done(registration, "submit")
    await submitted(as_, plan)
    assert (await as_("district_yen_thanh", "approver").act(registration, "accept")).status_code == 200
    verified = await as_("district_yen_thanh", "approver").act(scene.path, "verify")
    assert (verified.status_code, verified.json()["lock"]["code"]) == (200, "period_locked")


async def test_the_units_own_work_on_evaluations_is_locked(as_: As, plan: str, system: Tx) -> None:
    scene = Scene(as_, system)
    made = (await scene.editor.get(await scene.drafted())).json()
    assert (made["lock"], made["editable"]) == (None, True)
    await accepted(as_, plan)
    shown = (await scene.editor.get(scene.path)).json()
    assert (shown["lock"]["code"], shown["editable"]) == ("period_locked", False)
    assert (await scene.approver.get(scene.path)).json()["allowed_actions"] == []
    assert (await scene.editor.get("/evaluations")).json()["items"][0]["lock"] == shown["lock"]
    refusals = [
        await scene.editor.change("PATCH", scene.path, {"summary": "x"}),
        await scene.editor.change("PUT", f"{scene.path}/results", {"results": MET}, "*"),
        await scene.editor.change("DELETE", scene.path),
        await scene.approver.act(scene.path, "submit"),
        await scene.editor.post("/evaluations", scene.body("forecast", results=MET)),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refusals] == [(409, "period_locked")] * 5


async def test_a_report_that_cannot_be_submitted_locks_nothing(as_: As, plan: str) -> None:
    registration, path = await registered(as_), await ready(as_, plan)
    await as_("commune_a", "editor").change("PATCH", path, {"review_method": None})
    assert (await as_("commune_a", "approver").act(path, "submit")).status_code == 422
    assert (await as_("commune_a", "editor").change("PATCH", registration, {"note": "x"})).status_code == 200
