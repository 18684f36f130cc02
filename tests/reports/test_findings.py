"""Strengths, limits, lessons, proposals: written one by one, picked upward, keeping where they come from."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.reports import draft, handed_in, ready, submitted
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
LESSON = {"kind": "lesson", "text": "Phát huy vai trò người có uy tín"}


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened."""
    return await plan_320(system)


async def texts(who: Api, path: str, **filters: Any) -> list[str]:
    """The texts of a report's findings in order."""
    answer = await who.get(f"{path}/findings", **filters)
    assert answer.status_code == 200, answer.text
    return [item["text"] for item in answer.json()["items"]]


async def below(who: Api, path: str, **filters: Any) -> list[tuple[str, str, bool]]:
    """(unit, text, picked) of what can be picked."""
    answer = await who.get(f"{path}/findings/below", **filters)
    assert answer.status_code == 200, answer.text
    return [(item["unit"]["code"], item["text"], item["picked"]) for item in answer.json()["items"]]


async def test_findings_stand_in_order_under_their_heading(as_: As, plan: str, audit: Callable[..., Any]) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    version = (await editor.get(path)).json()["version"]
    made = await editor.made(f"{path}/findings", LESSON)
    assert (made["kind"], made["section"], made["position"], made["origin"], made["editable"]) == (
        *("lesson", "IV.3", 1, None),
        True,
    )
    await editor.made(f"{path}/findings", {"kind": "strength", "text": "Cấp ủy quan tâm"})
    await editor.made(f"{path}/findings", {**LESSON, "text": "Đứng đầu", "position": 1})
    assert await texts(editor, path) == ["Cấp ủy quan tâm", "Đứng đầu", LESSON["text"]]
    assert await texts(editor, path, kind="lesson") == ["Đứng đầu", LESSON["text"]]
    seen = (await editor.get(path)).json()
    assert [(f["section"], f["position"], f["text"]) for f in seen["findings"]] == [
        ("IV.1", 1, "Cấp ủy quan tâm"),
        ("IV.3", 1, "Đứng đầu"),
        ("IV.3", 2, LESSON["text"]),
    ]
    assert seen["version"] == version + 3  # who read the report before must not submit it unseen
    event = next(event for event in await audit() if event.verb == "report_finding.create")
    assert (event.after["text"], event.before) == (LESSON["text"], None)


async def test_they_are_changed_moved_and_deleted(as_: As, plan: str, audit: Callable[..., Any]) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    one, two, three = [
        f"{path}/findings/" + (await editor.made(f"{path}/findings", {**LESSON, "text": text}))["id"]
        for text in ("một", "hai", "ba")
    ]
    moved = await editor.change("PATCH", three, {"position": 1})
    assert (moved.status_code, moved.json()["position"]) == (200, 1)
    assert await texts(editor, path) == ["ba", "một", "hai"]
    other = (await editor.change("PATCH", one, {"kind": "limit", "text": "khác"})).json()
    assert (other["section"], other["position"], other["text"]) == ("IV.2", 1, "khác")
    assert (await editor.change("DELETE", three)).status_code == 204
    assert (await editor.get(two)).json()["position"] == 1
    assert (await editor.get(three)).status_code == 404
    event = next(event for event in await audit() if event.verb == "report_finding.delete")
    assert event.before["text"] == "ba"
    assert codes(await editor.change("PATCH", two, {"text": None})) == [("/text", "null")]
    assert (await editor.request("PATCH", two, {"text": "x"})).status_code == 428
    etag = await editor.etag(two)
    await editor.change("PATCH", two, {"text": "x"})
    assert (await editor.change("PATCH", two, {"text": "y"}, etag)).status_code == 412


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"text": "x"}, ("/kind", "missing")),
        ({"kind": "lesson"}, ("/text", "missing")),
        ({"kind": "joke", "text": "x"}, ("/kind", "literal_error")),
        ({**LESSON, "position": 0}, ("/position", "greater_than_equal")),
        ({"origin_id": str(uuid4())}, ("/origin_id", "not_found")),
        ({**LESSON, "note": "x"}, ("/note", "extra_forbidden")),
    ],
)
async def test_bad_findings_name_the_place(as_: As, plan: str, body: dict[str, Any], fault: tuple[str, str]) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    answer = await editor.post(f"{path}/findings", body)
    assert (answer.status_code, codes(answer)) == (422, [fault])
    assert await texts(editor, path) == []


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [("commune_b", "editor", 404), ("commune_a", "viewer", 403), ("district_yen_thanh", "editor", 403)],
)
async def test_only_the_units_own_editors_write_them(as_: As, plan: str, unit: str, role: str, status: int) -> None:
    path = await draft(as_, plan)
    finding = f"{path}/findings/" + (await as_("commune_a", "editor").made(f"{path}/findings", LESSON))["id"]
    who = as_(unit, role)
    assert (await who.post(f"{path}/findings", LESSON)).status_code == status
    assert (await who.request("PATCH", finding, {"text": "x"}, {"If-Match": "*"})).status_code == status
    assert (await who.request("DELETE", finding, headers={"If-Match": "*"})).status_code == status
    assert await texts(as_("commune_a", "editor"), path) == [LESSON["text"]]


async def test_a_submitted_report_takes_no_findings(as_: As, plan: str) -> None:
    path, editor = await ready(as_, plan), as_("commune_a", "editor")
    finding = f"{path}/findings/" + (await editor.made(f"{path}/findings", LESSON))["id"]
    await handed_in(as_, path)
    assert (await editor.post(f"{path}/findings", LESSON)).json()["code"] == "invalid_state"
    assert (await editor.change("DELETE", finding)).json()["code"] == "invalid_state"
    assert (await editor.get(finding)).json()["editable"] is False


async def test_a_higher_level_picks_what_lower_levels_wrote(as_: As, plan: str) -> None:
    for unit, text in (("commune_a", "Bài học của Mã Thành"), ("commune_b", "Bài học của Tiến Thành")):
        path = await ready(as_, plan, unit)
        await as_(unit, "editor").made(f"{path}/findings", {"kind": "lesson", "text": text})
        if unit == "commune_a":
            await handed_in(as_, path, unit)
    await submitted(as_, plan, "commune_c")  # another district's
    report, editor = await draft(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "editor")
    # A draft is nobody's word yet.
    assert await below(editor, report) == [("17509", "Bài học của Mã Thành", False)]
    source = (await editor.get(f"{report}/findings/below")).json()["items"][0]
    picked = await editor.made(f"{report}/findings", {"origin_id": source["id"], "text": "Bài học từ xã Mã Thành"})
    assert (picked["kind"], picked["text"]) == ("lesson", "Bài học từ xã Mã Thành")
    assert (picked["origin"]["id"], picked["origin"]["unit"]["code"]) == (source["id"], "17509")
    # Nobody is named for words that he or she did not write.
    assert (picked["origin"]["edited"], picked["origin"]["text"]) == (True, source["text"])
    again = await editor.post(f"{report}/findings", {"origin_id": source["id"]})
    assert (again.status_code, codes(again)) == (409, [("/origin_id", "duplicate")])
    assert await below(editor, report, picked="true") == [("17509", "Bài học của Mã Thành", True)]
    assert await below(editor, report, picked="false") == []
    assert await below(editor, report, unit=str(unit_id("commune_b"))) == []
    assert await below(editor, report, kind="limit") == []
    shown = (await editor.get(report)).json()["findings"]
    assert [finding["origin"]["unit"]["code"] for finding in shown] == ["17509"]


async def test_lists_of_findings_take_few_statements(as_: As, plan: str, statements: Any) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    for text in ("một", "hai", "ba"):
        await editor.made(f"{path}/findings", {**LESSON, "text": text})
    statements.seen.clear()
    assert len((await editor.get(f"{path}/findings", limit=2, include_total="true")).json()["items"]) == 2
    assert len(statements.seen) <= 4
    statements.seen.clear()
    await editor.get(f"{path}/findings/below")
    assert len(statements.seen) <= 3


@pytest.mark.parametrize("text", ["Còn chậm {{directives.advised}}", "[[có {{directives.advised}}|không]]"])
async def test_a_finding_names_no_live_figure(as_: As, system: Tx, text: str) -> None:
    report = await draft(as_, await plan_320(system))
    editor = as_("commune_a", "editor")
    answer = await editor.post(f"{report}/findings", {"kind": "limit", "text": text})
    assert (answer.status_code, codes(answer)) == (422, [("/text", "placeholder_not_allowed")])
    made = await editor.made(f"{report}/findings", {"kind": "limit", "text": "Còn chậm"})
    changed = await editor.change("PATCH", f"{report}/findings/{made['id']}", {"text": text})
    assert (changed.status_code, codes(changed)) == (422, [("/text", "placeholder_not_allowed")])
