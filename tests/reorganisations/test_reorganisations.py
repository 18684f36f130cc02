"""A legal act: tried dry, taken in, refused, planned, taken back."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.kernel.db import Database
from app.reorganisations.jobs import take_effect
from tests.actors import Api, codes
from tests.builders.records import directive
from tests.builders.units import path, unit_id
from tests.conftest import Joined, MovableClock, Statements
from tests.reorganisations.scene import CHANGES, act, applied, unit

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def test_a_dry_run_answers_the_balance_sheet_and_changes_nothing(coordinator: Api) -> None:
    answer = await coordinator.post("/reorganisations", act(), params={"dry_run": "true"})
    assert answer.status_code == 200, answer.text
    sheet = answer.json()
    levels = {found["level"]: (found["before"], found["after"]) for found in sheet["levels"]}
    assert levels == {"province": (1, 1), "district": (2, 0), "commune": (3, 2), "base": (2, 2)}
    assert (sheet["units_created"], sheet["units_ended"], sheet["units_changed"]) == (1, 4, 1)
    assert sheet["base_units_placed"] == 1
    assert {found["code"] for found in sheet["without_successor"]} == {"412", "426"}
    assert (await coordinator.get("/reorganisations")).json()["items"] == []
    assert (await unit(coordinator, "17509"))["name"] == "Xã Mã Thành"


async def test_an_act_changes_the_tree_of_today_and_keeps_that_of_yesterday(
    coordinator: Api, audit: Callable[..., Any]
) -> None:
    made = await applied(coordinator)
    new = await unit(coordinator, "17510")
    assert (new["name"], new["parent"]["code"], new["valid_from"]) == ("Xã Thành Mới", "40", "2025-07-01")
    old = (await coordinator.get(f"/units/{unit_id('commune_a')}")).json()
    assert (old["status"], old["ended_on"], old["successor_id"]) == ("ended", "2025-07-01", new["id"])
    assert old["parent"]["code"] == "17510"
    then = (await coordinator.get(f"/units/{unit_id('commune_a')}", as_of="2025-06-30")).json()
    assert (then["code"], then["parent"]["code"]) == ("17509", "426")
    school = (await coordinator.get(f"/units/{unit_id('school_a1')}")).json()
    assert (school["parent"]["code"], school["valid_from"]) == ("17510", "2025-07-01")
    moved = await unit(coordinator, "16714")
    assert (moved["id"], moved["parent"]["code"]) == (str(unit_id("commune_c")), "40")
    below = (await coordinator.get(f"/units/{unit_id('province')}/children")).json()["items"]
    assert {found["code"] for found in below} == {"16714", "17510", "SO-40-1"}
    verbs = [event.verb for event in await audit()]
    assert verbs[-1] == "reorganisation.apply"
    assert (verbs.count("unit.create"), verbs.count("unit.end"), verbs.count("unit.change")) == (1, 4, 2)
    lines = (await coordinator.get(f"/reorganisations/{made['id']}/changes")).json()["items"]
    assert lines[0]["old_unit_id"] == str(unit_id("commune_a"))
    assert lines[0]["new_unit_id"] == new["id"]


WRONG: list[tuple[list[dict[str, Any]], tuple[str, str]]] = [
    ([{"kind": "dissolved", "old_code": "99999"}], ("/changes/0/old_code", "unknown_unit")),
    ([{"kind": "merged", "old_code": "17509"}], ("/changes/0/new_code", "without_successor")),
    ([{"kind": "merged", "old_code": "17509", "new_code": "88888"}], ("/changes/0/new_code", "unknown_successor")),
    ([{"kind": "dissolved", "old_code": "426"}], ("/changes/0/old_code", "units_left")),
    ([CHANGES[0], CHANGES[0], *CHANGES[1:]], ("/changes/1/old_code", "duplicate")),
    (
        [
            {"kind": "merged", "old_code": "17509", "new_code": "17510"},
            {"kind": "merged", "old_code": "17510", "new_code": "17509"},
        ],
        ("/changes/0/new_code", "cycle"),
    ),
    (
        [{"kind": "created", "new_code": "16714", "new_name": "X", "new_kind": "ward", "new_parent_code": "40"}],
        ("/changes/0/new_code", "code_taken"),
    ),
    (
        [{"kind": "renamed", "old_code": "17509", "new_code": "SO-40-1", "new_name": "X"}],
        ("/changes/0/new_code", "code_taken"),
    ),
    ([{"kind": "moved", "old_code": "16714", "new_code": "16714"}], ("/changes/0/kind", "nothing_changes")),
    (
        [{"kind": "moved", "old_code": "412", "new_code": "412", "new_parent_code": "17509"}],
        ("/changes/0/new_parent_code", "parent_level"),
    ),
    (
        [
            {"kind": "split", "old_code": "17509", "new_code": "17510"},
            {"kind": "split", "old_code": "17509", "new_code": "16714"},
        ],
        ("/changes/0/primary", "primary"),
    ),
]


@pytest.mark.parametrize(("changes", "fault"), WRONG, ids=[fault[1] + str(n) for n, (_, fault) in enumerate(WRONG)])
async def test_a_wrong_act_is_refused_as_a_whole(
    coordinator: Api, changes: list[dict[str, Any]], fault: tuple[str, str]
) -> None:
    before = (await coordinator.get("/units", limit=200)).json()["items"]
    answer = await coordinator.post("/reorganisations", act(*changes))
    assert answer.status_code == 422, answer.text
    assert fault in codes(answer)
    assert (await coordinator.get("/units", limit=200)).json()["items"] == before


async def test_a_day_before_the_present_facts_is_refused(coordinator: Api) -> None:
    answer = await coordinator.post("/reorganisations", act(effective_on="2024-01-01"))
    assert ("/changes/0/old_code", "not_after_current") in codes(answer)


async def test_a_day_before_what_was_recorded_is_refused(coordinator: Api, as_: As) -> None:
    await directive(as_)
    answer = await coordinator.post("/reorganisations", act())
    assert codes(answer) == [("/changes/0/old_code", "records_exist")]
    said = answer.json()["errors"][0]["message"]
    assert "Xã Mã Thành (17509) có 1 dữ liệu ghi nhận từ ngày 01/07/2025: 1 văn bản chỉ đạo." in said
    link = re.search(r"/api/v1(/directives\?unit=[0-9a-f-]+)", said)
    assert link is not None, said
    assert len((await coordinator.get(link[1])).json()["items"]) == 1


async def test_an_act_entered_late_leaves_what_was_recorded_since_where_it_is(coordinator: Api, as_: As) -> None:
    made = await directive(as_)
    late = act(later_records="keep")
    sheet = (await coordinator.post("/reorganisations", late, params={"dry_run": "true"})).json()
    assert sheet["later_records"] == 1
    done = await coordinator.made("/reorganisations", late)
    assert (done["status"], done["balance"]["later_records"], done["reversible"]) == ("applied", 1, True)
    kept = (await as_("commune_b", "editor").get(f"/directives/{made['id']}")).json()
    assert kept["unit"]["id"] == str(unit_id("commune_a"))
    await coordinator.done(f"/reorganisations/{done['id']}", "reverse", note="Nhập nhầm")


async def test_the_same_act_twice_finds_units_that_have_ended(coordinator: Api) -> None:
    await applied(coordinator)
    answer = await coordinator.post("/reorganisations", act(decision_number="2"))
    assert ("/changes/0/old_code", "already_ended") in codes(answer)


async def test_who_may(coordinator: Api, as_: As, anonymous: Api) -> None:
    assert (await anonymous.post("/reorganisations", act())).status_code == 401
    assert (await as_("province", "editor").post("/reorganisations", act())).status_code == 403
    made = await applied(coordinator)
    at = f"/reorganisations/{made['id']}"
    assert (await as_("commune_c", "viewer").get(at)).json()["allowed_actions"] == []
    assert (await as_("province", "editor").act(at, "reverse", note="x")).status_code == 403
    assert (await as_("commune_c", "editor").act(at, "reverse", note="x")).status_code == 404
    assert (await coordinator.post(f"{at}/transitions", {"action": "reverse", "note": "x"})).status_code == 428
    assert (await coordinator.act(at, "reverse", etag='"99"', note="x")).status_code == 412


async def test_the_list_costs_few_statements(coordinator: Api, statements: Statements) -> None:
    await applied(coordinator)
    statements.seen.clear()
    assert len((await coordinator.get("/reorganisations")).json()["items"]) == 1
    assert len(statements.seen) <= 6


async def test_an_act_can_be_taken_back_while_nothing_was_recorded(coordinator: Api, system: Tx) -> None:
    before = (await coordinator.get("/units", limit=200)).json()["items"]
    made = await applied(coordinator)
    assert made["reversible"]
    undone = await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Nghị quyết bị đính chính")
    assert undone["status"] == "reversed"
    after = (await coordinator.get("/units", limit=200)).json()["items"]
    kept = [{**found, "version": 0, "updated_at": ""} for found in after]
    assert kept == [{**found, "version": 0, "updated_at": ""} for found in before]
    stored = await system.session.scalar(text("SELECT path FROM units WHERE code = '17509' AND ended_on IS NULL"))
    assert stored == path("commune_a")
    again = await coordinator.post("/reorganisations", act())
    assert again.status_code == 201, again.text


async def test_codes_pass_from_unit_to_unit_and_back(coordinator: Api) -> None:
    """Two exchange theirs, the third gives its to a new one; the law gives codes a new meaning as it likes."""
    new = {"new_name": "Phường Mới", "new_kind": "ward", "new_parent_code": "412"}
    lines = [
        {"kind": "renamed", "old_code": "17509", "new_code": "17510"},
        {"kind": "renamed", "old_code": "17510", "new_code": "17509"},
        {"kind": "renamed", "old_code": "16714", "new_code": "16715"},
        {"kind": "created", "new_code": "16714", **new},
    ]
    made = await coordinator.made("/reorganisations", act(*lines))
    borne = {code: (await unit(coordinator, code))["name"] for code in ("17509", "17510", "16714", "16715")}
    assert borne == {
        "17509": "Xã Tiến Thành",
        "17510": "Xã Mã Thành",
        "16714": "Phường Mới",
        "16715": "Phường Vinh Tân",
    }
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    borne = {code: (await unit(coordinator, code))["name"] for code in ("17509", "17510", "16714")}
    assert borne == {"17509": "Xã Mã Thành", "17510": "Xã Tiến Thành", "16714": "Phường Vinh Tân"}


async def test_taking_back_returns_a_code_to_a_unit_that_had_ended(coordinator: Api) -> None:
    lines = [
        {"kind": "merged", "old_code": "17509", "new_code": "16714"},
        {"kind": "renamed", "old_code": "17510", "new_code": "17509"},
    ]
    made = await coordinator.made("/reorganisations", act(*lines))
    await coordinator.done(f"/reorganisations/{made['id']}", "reverse", note="Đính chính")
    borne = {code: (await unit(coordinator, code))["name"] for code in ("17509", "17510")}
    assert borne == {"17509": "Xã Mã Thành", "17510": "Xã Tiến Thành"}


async def test_an_act_stands_once_something_was_recorded(coordinator: Api, as_: As) -> None:
    made = await applied(coordinator)
    new = await unit(coordinator, "17510")
    await as_("commune_a", "editor").made("/registrations", {"unit_id": new["id"], "year": 2025})
    read = (await coordinator.get(f"/reorganisations/{made['id']}")).json()
    assert (read["reversible"], read["allowed_actions"]) == (False, [])
    answer = await coordinator.act(f"/reorganisations/{made['id']}", "reverse", note="x")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_recorded")


async def test_a_future_act_takes_effect_on_its_day_in_vietnam(
    coordinator: Api, clock: MovableClock, connection: Any
) -> None:
    clock.set("2025-06-30T23:59:00+07:00")
    made = await coordinator.made("/reorganisations", act())
    assert (made["status"], made["balance"]) == ("planned", None)
    other = await coordinator.post("/reorganisations", act(decision_number="2"))
    assert (other.status_code, other.json()["code"]) == (409, "overlapping_act")
    database = Database(connection.engine, lambda: Joined(connection))  # type: ignore[arg-type, return-value]
    assert await take_effect(database, clock) == 0  # type: ignore[arg-type]
    assert (await unit(coordinator, "17509"))["status"] == "in_force"
    clock.set("2025-07-01T00:00:30+07:00")
    assert await take_effect(database, clock) == 1  # type: ignore[arg-type]
    assert await take_effect(database, clock) == 0  # type: ignore[arg-type]
    assert (await unit(coordinator, "17510"))["name"] == "Xã Thành Mới"
    read = (await coordinator.get(f"/reorganisations/{made['id']}")).json()
    assert (read["status"], read["balance"]["units_ended"]) == ("applied", 4)


async def test_a_planned_act_that_fits_no_more_says_why(
    coordinator: Api, clock: MovableClock, connection: Any, system: Tx
) -> None:
    clock.set("2025-06-30T12:00:00+07:00")
    made = await coordinator.made("/reorganisations", act())
    await system.session.execute(text("UPDATE units SET ended_on = '2025-06-30' WHERE code = '17509'"))
    clock.set("2025-07-01T00:01:00+07:00")
    database = Database(connection.engine, lambda: Joined(connection))  # type: ignore[arg-type, return-value]
    assert await take_effect(database, clock) == 0  # type: ignore[arg-type]
    at = f"/reorganisations/{made['id']}"
    read = (await coordinator.get(at)).json()
    assert (read["status"], read["faults"][0]["code"]) == ("failed", "already_ended")
    assert (await coordinator.act(at, "cancel")).status_code == 422
    assert (await coordinator.done(at, "cancel", note="Lập lại"))["status"] == "cancelled"


async def test_a_file_is_refused_by_line_and_taken_in_whole(coordinator: Api) -> None:
    head = "old_code,new_code,kind,effective_date,new_name,new_type,new_parent_code\n"
    good = head + (
        "17509,17510,merged,2025-07-01,Xã Thành Mới,xã,40\n17510,17510,merged,2025-07-01,,,\n"
        "16714,16714,moved,2025-07-01,,,40\n412,,dissolved,2025-07-01,,,\n426,,dissolved,2025-07-01,,,\n"
    )
    params = {name: value for name, value in act().items() if name not in {"changes", "effective_on"}}
    csv = {"Content-Type": "text/csv"}
    wrong = good.replace("17509,17510", "99999,17510").replace("412,,dissolved", "412,,dissolve")
    answer = await coordinator.request("POST", "/reorganisations/csv", None, csv, content=wrong.encode(), params=params)
    assert codes(answer) == [("/lines/5/kind", "unknown_kind")]
    wrong = wrong.replace("dissolve,", "dissolved,")
    answer = await coordinator.request("POST", "/reorganisations/csv", None, csv, content=wrong.encode(), params=params)
    assert ("/lines/2/old_code", "unknown_unit") in codes(answer)
    dry = {**params, "dry_run": "true"}
    answer = await coordinator.request("POST", "/reorganisations/csv", None, csv, content=good.encode(), params=dry)
    assert (answer.status_code, answer.json()["units_ended"]) == (200, 4)
    answer = await coordinator.request("POST", "/reorganisations/csv", None, csv, content=good.encode(), params=params)
    assert (answer.status_code, answer.json()["status"]) == (201, "applied")
