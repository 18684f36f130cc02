"""Campaigns over HTTP: prepared as a draft, opened once, closed, reopened."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.access.actor import Tx
from app.campaigns.models import Campaign, Deadline
from app.campaigns.service import open_campaign
from app.campaigns.shipped import load_shipped_campaign
from tests.actors import Api, codes
from tests.builders.campaigns import EXPECTED, owing, plan_320
from tests.builders.units import TREE, ref, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
SECTION = {"code": "I", "number": "I", "title": "Tình hình"}
BODY = {
    "unit_id": str(unit_id("province")),
    "code": "KH-1",
    "title": "Sơ kết năm 2023",
    "window_from": "2023-01-01",
    "window_to": "2023-12-31",
    "years": [2023],
    "outline": [SECTION, {"code": "I.1", "number": "1", "title": "Kết quả", "parent": "I"}],
}
DEADLINE = {"task": "report", "level": "commune", "due_before": "2024-07-15"}


async def draft(as_: As) -> str:
    """The path of a draft of the province."""
    return f"/campaigns/{(await as_('province', 'coordinator').made('/campaigns', BODY))['id']}"


async def test_a_coordinator_prepares_a_campaign_and_it_is_recorded(as_: As, audit: Callable[..., Any]) -> None:
    made = await as_("province", "coordinator").made("/campaigns", BODY)
    assert (made["status"], made["editable"], made["unit"]["code"]) == ("draft", True, "40")
    assert made["allowed_actions"] == [{"action": "open", "needs_note": False}]
    assert [(part["code"], part["parent"], part["writable"]) for part in made["outline"]] == [
        ("I", None, True),
        ("I.1", "I", True),
    ]
    (event,) = await audit()
    assert (event.verb, event.after["code"]) == ("campaign.create", "KH-1")


async def test_plan_320_is_readable_by_all_with_its_printed_numbering(as_: As, system: Tx) -> None:
    path = f"/campaigns/{await plan_320(system)}"
    seen = (await as_("commune_a", "viewer").get(path)).json()
    assert [part["number"] for part in seen["outline"]] == ["I", "II", *"1234", "IV", *"1234", "V"]
    assert (seen["number"], seen["window_from"], seen["years"]) == ("320/KH-UBND", "2023-01-15", [2023, 2024])
    assert (seen["editable"], seen["allowed_actions"]) == (False, [])
    deadlines = (await as_("commune_a", "viewer").get(f"{path}/deadlines")).json()["items"]
    assert {(d["task"], d["level"], d["parent_level"], d["due_before"]) for d in deadlines} == {
        ("report", "commune", None, "2024-07-15"),
        ("report", "district", None, "2024-07-15"),
        ("report", "base", "province", "2024-07-15"),
        ("conference", "province", None, "2024-08-15"),
    }


async def test_the_open_campaign_stands_first_then_the_latest(as_: As, system: Tx) -> None:
    coordinator = as_("province", "coordinator")
    for year in (2023, 2025):
        window = {"code": f"KH-{year}", "window_from": f"{year}-02-01", "window_to": f"{year}-12-31"}
        await coordinator.made("/campaigns", {**BODY, **window})
    await plan_320(system)  # from 2023-01-15
    seen: list[tuple[str, str]] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = (await coordinator.get("/campaigns", limit=1, **cursor)).json()
        seen += [(item["status"], item["window_from"]) for item in answer["items"]]
        if answer["next_cursor"] is None:
            break
        cursor = {"cursor": answer["next_cursor"]}
    assert seen == [("open", "2023-01-15"), ("draft", "2025-02-01"), ("draft", "2023-02-01")]
    latest = (await coordinator.get("/campaigns", sort="-window_from")).json()["items"]
    assert latest[0]["window_from"] == "2025-02-01"


async def test_what_is_not_possible_is_said_without_offering_what_the_caller_may_not_do(as_: As) -> None:
    coordinator, path = as_("province", "coordinator"), await draft(as_)
    answer = await coordinator.act(path, "close")
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")
    assert answer.json()["detail"] == (
        "Đang ở trạng thái “bản nháp” nên không thực hiện được thao tác “đóng”; "
        "thao tác nào được phép thì xem allowed_actions"
    )


async def test_the_shipped_plan_is_loaded_once(system: Tx) -> None:
    first = await load_shipped_campaign(system, ref("province"))
    assert await load_shipped_campaign(system, ref("province")) == first
    assert await system.session.scalar(select(func.count()).select_from(Campaign)) == 1
    assert await system.session.scalar(select(func.count()).select_from(Deadline)) == 4


@pytest.mark.parametrize(("method", "path"), [("GET", "/campaigns"), ("POST", "/campaigns"), ("GET", "/progress")])
async def test_anonymous_is_refused(anonymous: Api, method: str, path: str) -> None:
    answer = await anonymous.request(method, path, BODY if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("province", "editor", 403),
        ("district_yen_thanh", "administrator", 403),
        ("province", "coordinator", 201),
    ],
)
async def test_only_a_coordinator_prepares(as_: As, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/campaigns", BODY)).status_code == status


async def test_outside_ones_subtree_there_is_nothing_to_prepare(as_: As) -> None:
    answer = await as_("province", "coordinator").post("/campaigns", {**BODY, "unit_id": str(unit_id("ministry"))})
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"window_to": "2022-12-31"}, ("/window_to", "window")),
        ({"years": []}, ("/years", "too_short")),
        ({"years": ["2023"]}, ("/years/0", "int_type")),
        ({"titel": "x"}, ("/titel", "extra_forbidden")),
        ({"outline": [SECTION, SECTION]}, ("/outline/1/code", "duplicate")),
        ({"outline": [{**SECTION, "parent": "IX"}]}, ("/outline/0/parent", "unknown_parent")),
        ({"legal_basis": [{"number": "1"}]}, ("/legal_basis/0/title", "missing")),
    ],
)
async def test_bad_input_names_the_place(as_: As, body: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("province", "coordinator").post("/campaigns", {**BODY, **body})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_a_code_is_used_once_at_a_unit(as_: As) -> None:
    await draft(as_)
    answer = await as_("province", "coordinator").post("/campaigns", BODY)
    assert (answer.status_code, codes(answer)) == (409, [("/code", "duplicate")])


async def test_a_draft_is_changed_with_the_version_that_was_read(as_: As, audit: Callable[..., Any]) -> None:
    path, coordinator = await draft(as_), as_("province", "coordinator")
    etag = await coordinator.etag(path)
    missing = await coordinator.request("PATCH", path, {"title": "Khác"})
    assert missing.status_code == 428
    changed = await coordinator.change("PATCH", path, {"title": "Khác", "outline": [SECTION], "years": [2024]}, etag)
    assert (changed.json()["title"], len(changed.json()["outline"]), changed.json()["years"]) == ("Khác", 1, [2024])
    assert (await coordinator.change("PATCH", path, {"title": "Nữa"}, etag)).status_code == 412
    refused = await coordinator.change("PATCH", path, {"title": None, "outline": None})
    assert (refused.status_code, codes(refused)) == (422, [("/title", "null"), ("/outline", "null")])
    event = (await audit())[-1]
    assert (event.verb, event.before["title"], event.after["title"]) == ("campaign.edit", "Sơ kết năm 2023", "Khác")
    assert [part["code"] for part in event.before["outline"]] == ["I", "I.1"]


async def test_others_read_but_neither_change_nor_open(as_: As) -> None:
    path = await draft(as_)
    etag = await as_("commune_a", "editor").etag(path)
    for unit, role in (("province", "approver"), ("commune_a", "editor")):
        assert (await as_(unit, role).change("PATCH", path, {"title": "x"}, etag)).status_code == 403
        assert (await as_(unit, role).act(path, "open", etag)).status_code == 403
        assert (await as_(unit, role).change("DELETE", path, etag=etag)).status_code == 403


async def test_deadlines_belong_to_the_draft(as_: As, audit: Callable[..., Any]) -> None:
    path, coordinator = await draft(as_), as_("province", "coordinator")
    made = await coordinator.made(f"{path}/deadlines", DEADLINE)
    at = f"{path}/deadlines/{made['id']}"
    again = await coordinator.post(f"{path}/deadlines", DEADLINE)
    assert (again.status_code, codes(again)) == (409, [("/level", "duplicate")])
    etag = await coordinator.etag(at)
    assert (await coordinator.request("PATCH", at, {"due_before": "2024-07-16"})).status_code == 428
    assert (await coordinator.change("PATCH", at, {"due_before": "2024-07-16"}, etag)).json()["version"] == 2
    assert (await coordinator.change("PATCH", at, {"due_before": "2024-07-17"}, etag)).status_code == 412
    assert codes(await coordinator.change("PATCH", at, {"due_before": None})) == [("/due_before", "null")]
    assert codes(await coordinator.post(f"{path}/deadlines", {**DEADLINE, "due_before": 5})) == [
        ("/due_before", "date_parsing")
    ]
    assert (await as_("province", "editor").post(f"{path}/deadlines", DEADLINE)).status_code == 403
    assert (await coordinator.change("DELETE", at)).status_code == 204
    assert (await coordinator.get(at)).status_code == 404
    assert [event.verb for event in await audit()][1:] == ["deadline.create", "deadline.edit", "deadline.delete"]


async def test_opening_freezes_who_owes_what(as_: As, system: Tx, audit: Callable[..., Any]) -> None:
    campaign_id = await plan_320(system, opened=False)
    assert await owing(system, campaign_id) == set()
    opened = await as_("province", "coordinator").done(f"/campaigns/{campaign_id}", "open")
    assert (opened["status"], opened["opened_at"][:10]) == ("open", "2024-07-01")
    assert await owing(system, campaign_id) == {(task, TREE[unit][0]) for task, unit in EXPECTED}
    event = (await audit())[-1]
    assert (event.verb, event.after) == ("campaign.open", {"status": "open", "obligations": 7})


async def test_only_the_owners_subtree_owes(system: Tx) -> None:
    campaign_id = await load_shipped_campaign(system, ref("district_vinh"))
    await open_campaign(system, campaign_id)
    assert await owing(system, str(campaign_id)) == {("report", "412"), ("report", "16714")}


async def test_a_campaign_that_nobody_would_owe_is_not_opened(as_: As) -> None:
    path = await draft(as_)
    refused = await as_("province", "coordinator").act(path, "open")
    assert (refused.status_code, codes(refused)) == (422, [("/deadlines", "no_obligations")])
    assert (await as_("province", "coordinator").get(path)).json()["status"] == "draft"


async def test_once_opened_only_the_wording_changes(as_: As, system: Tx) -> None:
    path, coordinator = f"/campaigns/{await plan_320(system)}", as_("province", "coordinator")
    changed = await coordinator.change("PATCH", path, {"title": "Kế hoạch đã đính chính", "number": "321/KH-UBND"})
    assert (changed.status_code, changed.json()["number"]) == (200, "321/KH-UBND")
    bodies: list[dict[str, Any]] = [{"window_to": "2024-07-20"}, {"outline": []}, {"years": [2024], "title": "x"}]
    for body in bodies:
        refused = await coordinator.change("PATCH", path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state"), body
    assert (await coordinator.change("DELETE", path)).status_code == 409
    deadline = (await coordinator.get(f"{path}/deadlines", task="conference")).json()["items"][0]
    at = f"{path}/deadlines/{deadline['id']}"
    assert (await coordinator.post(f"{path}/deadlines", {**DEADLINE, "level": "base"})).status_code == 409
    assert (await coordinator.change("PATCH", at, {"due_before": "2024-08-20"})).json()["code"] == "invalid_state"
    assert (await coordinator.change("DELETE", at)).status_code == 409
    assert (await coordinator.get(at)).json()["due_before"] == "2024-08-15"


async def test_close_and_reopen(as_: As, system: Tx) -> None:
    path, coordinator = f"/campaigns/{await plan_320(system)}", as_("province", "coordinator")
    closed = await coordinator.done(path, "close")
    assert (closed["status"], closed["allowed_actions"]) == ("closed", [{"action": "reopen", "needs_note": True}])
    assert (await coordinator.act(path, "open")).json()["code"] == "invalid_state"
    assert codes(await coordinator.act(path, "reopen")) == [("/note", "note_required")]
    reopened = await coordinator.done(path, "reopen", note="Bổ sung báo cáo")
    assert (reopened["status"], reopened["closed_at"]) == ("open", None)


async def test_drafts_are_deleted(as_: As) -> None:
    path = await draft(as_)
    assert (await as_("province", "coordinator").request("DELETE", path)).status_code == 428
    assert (await as_("province", "coordinator").change("DELETE", path)).status_code == 204
    assert (await as_("commune_a", "viewer").get(path)).status_code == 404


async def test_lists_are_filtered_in_few_statements(as_: As, system: Tx, statements: Any) -> None:
    await draft(as_)
    await plan_320(system)
    statements.seen.clear()
    found = (await as_("commune_a", "viewer").get("/campaigns", include_total="true")).json()
    assert len(statements.seen) <= 3
    assert ([item["code"] for item in found["items"]], found["total"]) == (["KH320-2024", "KH-1"], 2)
    assert "outline" not in found["items"][0]
    only = (await as_("commune_a", "viewer").get("/campaigns", status="draft")).json()["items"]
    assert [item["code"] for item in only] == ["KH-1"]
    assert codes(await as_("commune_a", "viewer").get("/campaigns", state="draft")) == [("/state", "extra_forbidden")]
