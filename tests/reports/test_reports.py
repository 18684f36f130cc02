"""Writing reports over HTTP: section by section of the printed outline, by the unit's own editors."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320, stored
from tests.builders.reports import READY, accepted, draft, ready, submitted
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened."""
    return await plan_320(system)


def body_for(campaign_id: str, unit: str = "commune_a") -> dict[str, str]:
    """What starts a report."""
    return {"campaign_id": campaign_id, "unit_id": str(unit_id(unit))}


async def test_an_editor_starts_the_report_and_the_obligation_follows(
    as_: As, plan: str, system: Tx, audit: Callable[..., Any]
) -> None:
    made = await as_("commune_a", "editor").made("/reports", body_for(plan))
    assert (made["status"], made["editable"], made["lock"], made["sections"]) == ("draft", True, None, {})
    assert (made["campaign"]["number"], made["unit"]["code"]) == ("320/KH-UBND", "17509")
    assert [part["number"] for part in made["outline"]] == ["I", "II", *"1234", "IV", *"1234", "V"]
    assert (made["obligation"]["status"], made["obligation"]["timeliness"]) == ("drafting", "not_due")
    assert made["units_below"] == {"expected": 0, "submitted": 0, "accepted": 0}
    assert (await stored(system, plan, "commune_a")).status == "drafting"
    assert [event.verb for event in await audit()][-2:] == ["report.create", "obligation.follow"]


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),
        ("district_vinh", "editor", 404),
        ("commune_a", "viewer", 403),
        ("commune_a", "approver", 403),
        ("district_yen_thanh", "editor", 403),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_starts_it(as_: As, plan: str, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/reports", body_for(plan))).status_code == status


async def test_anonymous_is_refused_and_the_robot_writes(anonymous: Api, robot: Api, plan: str) -> None:
    assert (await anonymous.post("/reports", body_for(plan))).status_code == 401
    assert (await anonymous.get("/reports")).status_code == 401
    assert (await robot.made("/reports", body_for(plan)))["editable"] is True


async def test_one_report_per_unit_and_campaign(as_: As, plan: str) -> None:
    await draft(as_, plan)
    answer = await as_("commune_a", "editor").post("/reports", body_for(plan))
    assert (answer.status_code, codes(answer)) == (409, [("/unit_id", "duplicate")])


async def test_a_unit_that_owes_nothing_may_report(as_: As, plan: str) -> None:
    made = await as_("school_a1", "editor").made("/reports", body_for(plan, "school_a1"))
    assert made["obligation"] is None


async def test_what_starts_a_report_is_checked(as_: As, plan: str) -> None:
    editor = as_("commune_a", "editor")
    unknown = await editor.post("/reports", body_for(str(uuid4())))
    assert (unknown.status_code, codes(unknown)) == (422, [("/campaign_id", "not_found")])
    assert codes(await editor.post("/reports", {"campaign_id": plan})) == [("/unit_id", "missing")]
    assert codes(await editor.post("/reports", {**body_for(plan), "status": "accepted"})) == [
        ("/status", "extra_forbidden")
    ]


async def test_sections_are_merged(as_: As, plan: str, audit: Callable[..., Any]) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    first = {"sections": {"II.1": "Một", "V": "Phương hướng"}, "number": "05/BC-UBND"}
    assert (await editor.change("PATCH", path, first)).json()["sections"] == {"II.1": "Một", "V": "Phương hướng"}
    content = '{"sections": {"II.1": "Hai", "V": null}, "signer_name": "Nguyễn Văn A"}'
    headers = {"If-Match": await editor.etag(path), "Content-Type": "application/merge-patch+json"}
    merged = await editor.request("PATCH", path, headers=headers, content=content.encode())
    assert merged.status_code == 200, merged.text
    assert (merged.json()["sections"], merged.json()["number"], merged.json()["signer_name"]) == (
        {"II.1": "Hai"},
        "05/BC-UBND",
        "Nguyễn Văn A",
    )
    event = [event for event in await audit() if event.verb == "report.edit"][-1]
    assert event.before["sections"] == {"II.1": "Một", "V": "Phương hướng"}
    assert event.after["sections"] == {"II.1": "Hai", "V": None}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"sections": {"III": "x"}}, ("/sections/III", "unknown_section")),
        ({"sections": {"a/b": None}}, ("/sections/a~1b", "unknown_section")),
        ({"sections": {"II": "x"}}, ("/sections/II", "not_writable")),
        ({"sections": {"I": ""}}, ("/sections/I", "string_too_short")),
        ({"sections": {"I": 5}}, ("/sections/I", "string_type")),
        ({"sections": None}, ("/sections", "dict_type")),
        ({"review_method": "by_phone"}, ("/review_method", "literal_error")),
        ({"held_on": "14/7/2024"}, ("/held_on", "date_parsing")),
        ({"held_on": "0001-01-01"}, ("/held_on", "greater_than_equal")),  # has no instant in UTC
        ({"signed_on": "9999-12-31"}, ("/signed_on", "less_than_equal")),
        ({"status": "accepted"}, ("/status", "extra_forbidden")),
    ],
)
async def test_bad_changes_name_the_place(as_: As, plan: str, body: dict[str, Any], fault: tuple[str, str]) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    answer = await editor.change("PATCH", path, body)
    assert (answer.status_code, codes(answer)) == (422, [fault])
    assert (await editor.get(path)).json()["version"] == 1


async def test_changes_need_rights_and_the_version_that_was_read(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    etag = await editor.etag(path)
    assert (await editor.request("PATCH", path, {"number": "1"})).status_code == 428
    assert (await as_("commune_a", "approver").change("PATCH", path, {"number": "1"}, etag)).status_code == 403
    assert (await as_("district_yen_thanh", "editor").change("PATCH", path, {"number": "1"}, etag)).status_code == 403
    assert (await as_("commune_b", "editor").change("PATCH", path, {"number": "1"}, etag)).status_code == 404
    assert (await editor.change("PATCH", path, {"number": "1"}, etag)).status_code == 200
    assert (await editor.change("PATCH", path, {"number": "2"}, etag)).status_code == 412
    assert (await editor.get(path)).json()["number"] == "1"
    unchanged = await editor.get(path, headers={"If-None-Match": await editor.etag(path)})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


async def test_a_submitted_report_says_why_it_is_locked(as_: As, plan: str) -> None:
    path, editor = await submitted(as_, plan), as_("commune_a", "editor")
    seen = (await editor.get(path, headers={"Accept-Language": "en"})).json()
    assert (seen["editable"], seen["lock"]) == (
        False,
        {"code": "submitted", "reason": "Submitted: the level above is reviewing it"},
    )
    refused = await editor.change("PATCH", path, {"number": "1"})
    assert (refused.status_code, refused.json()["code"], refused.json()["current_status"]) == (
        409,
        "invalid_state",
        "submitted",
    )
    assert (await editor.change("DELETE", path)).json()["code"] == "invalid_state"


async def test_drafts_are_deleted_unless_they_were_submitted(
    as_: As, plan: str, system: Tx, audit: Callable[..., Any]
) -> None:
    path, editor = await ready(as_, plan), as_("commune_a", "editor")
    assert (await as_("commune_a", "viewer").change("DELETE", path)).status_code == 403
    assert (await editor.change("DELETE", path)).status_code == 204
    assert (await editor.get(path)).status_code == 404
    assert (await stored(system, plan, "commune_a")).status == "not_started"
    event = next(event for event in await audit() if event.verb == "report.delete")
    assert event.before["sections"] == READY["sections"]
    path = await submitted(as_, plan)
    await as_("district_yen_thanh", "approver").done(path, "return", note="Thiếu số liệu")
    assert (await editor.change("DELETE", path)).json()["code"] == "invalid_state"


async def test_a_closed_campaign_takes_no_work(as_: As, plan: str) -> None:
    path = await ready(as_, plan)
    await as_("province", "coordinator").done(f"/campaigns/{plan}", "close")
    refusals = [
        await as_("commune_b", "editor").post("/reports", body_for(plan, "commune_b")),
        await as_("commune_a", "editor").change("PATCH", path, {"number": "1"}),
        await as_("commune_a", "approver").act(path, "submit"),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refusals] == [(409, "campaign_closed")] * 3
    seen = (await as_("commune_a", "approver").get(path)).json()
    assert (seen["lock"]["code"], seen["allowed_actions"], seen["status"]) == ("campaign_closed", [], "draft")


async def test_lists_are_fenced_and_filtered_in_few_statements(as_: As, plan: str, clock: Any, statements: Any) -> None:
    await accepted(as_, plan, "commune_a")
    await draft(as_, plan, "commune_b")
    await draft(as_, plan, "school_a1")
    clock.set("2024-07-15T00:00:00+07:00")
    await submitted(as_, plan, "commune_c")

    async def seen(who: Api, **filters: Any) -> list[str]:
        answer = await who.get("/reports", **filters)
        assert answer.status_code == 200, answer.text
        return [item["unit"]["code"] for item in answer.json()["items"]]

    province = as_("province", "viewer")
    assert await seen(province) == ["16714", "17509", "TH-17509-1", "17510"]
    assert await seen(as_("district_yen_thanh", "viewer")) == ["17509", "TH-17509-1", "17510"]
    assert await seen(as_("commune_b", "viewer")) == ["17510"]
    assert await seen(province, status="accepted") == ["17509"]
    assert await seen(province, timeliness="on_time") == ["17509"]
    assert await seen(province, timeliness="late") == ["16714"]
    assert await seen(province, timeliness="overdue") == ["17510"]
    assert await seen(province, timeliness="not_due") == []
    assert await seen(province, unit=str(unit_id("commune_b"))) == ["17510"]
    assert await seen(province, under=str(unit_id("district_vinh")), campaign=plan) == ["16714"]
    assert await seen(province, campaign=str(uuid4())) == []
    assert codes(await province.get("/reports", stauts="draft")) == [("/stauts", "extra_forbidden")]
    statements.seen.clear()
    await province.get("/reports", include_total="true")
    assert len(statements.seen) <= 3


async def test_reading_one_takes_few_statements(as_: As, plan: str, statements: Any) -> None:
    path = await ready(as_, plan)
    statements.seen.clear()
    await as_("commune_a", "editor").get(path)
    assert len(statements.seen) <= 6
