"""Drafts written out with figures, placeholders that follow the figures, templates that a coordinator may change."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.reports.queries_templates import shipped
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import everything
from tests.builders.records import directive, practice
from tests.builders.reports import draft, handed_in, ready
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
COUNT = "Đã ban hành {{directives.advised}} văn bản."


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened, with all catalogues and forms."""
    await everything(system)
    return await plan_320(system)


async def drafted(who: Api, path: str) -> dict[str, dict[str, Any]]:
    """The draft's sections by code."""
    answer = await who.get(f"{path}/draft")
    assert answer.status_code == 200, answer.text
    return {item["code"]: item for item in answer.json()["items"]}


async def test_every_figure_that_ships_exists(as_: As, plan: str) -> None:
    sections = await drafted(as_("commune_a", "editor"), await draft(as_, plan))
    assert {code for code, _ in shipped()} == set(sections)
    assert {code: item["left_out"] for code, item in sections.items() if item["left_out"]} == {}


async def test_nothing_is_said_in_words(as_: As, plan: str) -> None:
    sections = await drafted(as_("commune_a", "editor"), await draft(as_, plan))
    assert "Chưa tham mưu cấp ủy đảng" in sections["I"]["rendered"]
    assert sections["II.3"]["rendered"] == (
        "- Năm 2023: không có đơn vị đăng ký xây dựng đơn vị điển hình.\n"
        "- Năm 2024: không có đơn vị đăng ký xây dựng đơn vị điển hình."
    )
    assert (sections["IV.1"]["text"], sections["IV.1"]["rendered"]) == ("", "")
    for item in sections.values():
        assert "{{" not in item["rendered"]
        assert "[[" not in item["rendered"]
        assert "\n\n" not in item["rendered"]


async def test_figures_stand_in_sentences_with_the_records_behind_them(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan, "district_yen_thanh"), as_("district_yen_thanh", "editor")
    await directive(as_)
    await directive(as_, "commune_b")
    await directive(as_, number_symbol="16/KH-UBND", issued_on="2022-03-12")  # before the window
    await practice(as_, status="selected")
    sections = await drafted(editor, path)
    assert "xây dựng phong trào toàn dân bảo vệ ANTQ ban hành 2 văn bản chỉ đạo" in sections["I"]["rendered"]
    assert "Chưa trực tiếp ban hành văn bản" in sections["I"]["rendered"]
    assert sections["IV.1"]["rendered"].startswith("- Đã lựa chọn 1 mô hình hay")
    figure = next(f for f in sections["I"]["figures"] if f["placeholder"] == "directives.advised")
    assert (figure["value"], figure["written"]) == (2, "2")
    behind = (await editor.get(figure["records"])).json()["items"]
    assert sorted(item["unit"]["code"] for item in behind) == ["17509", "17510"]


async def test_before_and_after_are_compared_in_words(as_: As, plan: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    figure = {"campaign_id": plan, "unit_id": str(unit_id("commune_a"))}
    await editor.made("/situation-figures", {**figure, "indicator": "complaints", "before_value": 8, "after_value": 6})
    await editor.made(
        "/situation-figures", {**figure, "indicator": "social_evils", "before_value": 0, "after_value": 3}
    )
    lines = (await drafted(editor, path))["II.4"]["rendered"].split("\n")
    assert lines[-2:] == [
        "+ Tệ nạn xã hội: trước 0 vụ, sau 3 vụ, tăng 3 vụ.",
        "+ Khiếu kiện: trước 8 vụ, sau 6 vụ, giảm 2 vụ (giảm 25%).",
    ]


async def test_the_draft_is_taken_with_its_placeholders(as_: As, plan: str, audit: Callable[..., Any]) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    await editor.change("PATCH", path, {"sections": {"I": "Tự viết"}})
    headers = {"If-Match": await editor.etag(path)}
    taken = await editor.request("POST", f"{path}/draft", {}, headers)
    assert taken.status_code == 200, taken.text
    sections = taken.json()["sections"]
    assert (sections["I"], "{{propaganda.sessions category=propaganda}}" in sections["II.1"]) == ("Tự viết", True)
    assert "IV.1" not in sections  # nothing to say
    assert "Chưa tổ chức lượt tuyên truyền nào" in taken.json()["rendered"]["II.1"]
    event = [event for event in await audit() if event.verb == "report.take_draft"][-1]
    assert event.before["sections"]["II.1"] is None
    assert event.after["sections"]["II.1"] == sections["II.1"]
    again = await editor.change("POST", f"{path}/draft", {"sections": ["I", "III"]}, '"1"')
    assert again.status_code == 412
    headers = {"If-Match": await editor.etag(path)}
    again = await editor.request("POST", f"{path}/draft", {"sections": ["I", "III"]}, headers)
    assert codes(again) == [("/sections/0", "already_written"), ("/sections/1", "no_draft")]
    replaced = await editor.request("POST", f"{path}/draft", {"sections": ["I"], "replace": True}, headers)
    assert "{{directives.advised}}" in replaced.json()["sections"]["I"]


async def test_a_placeholder_follows_the_figures_until_it_is_sealed(as_: As, plan: str) -> None:
    path, editor = await ready(as_, plan, sections={"I": COUNT}), as_("commune_a", "editor")
    assert (await editor.get(path)).json()["rendered"]["I"] == "Đã ban hành 0 văn bản."
    made = await directive(as_)
    seen = (await editor.get(path)).json()
    assert (seen["sections"]["I"], seen["rendered"]["I"]) == (COUNT, "Đã ban hành 1 văn bản.")
    done = await handed_in(as_, path)
    assert (done["sections"]["I"], done["rendered"]["I"]) == (COUNT, "Đã ban hành 1 văn bản.")
    await as_("district_yen_thanh", "approver").done(path, "return", note="Sửa")
    assert (await editor.change("DELETE", f"/directives/{made['id']}")).status_code == 204
    assert (await editor.get(path)).json()["rendered"]["I"] == "Đã ban hành 0 văn bản."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{directives.advise}}", "directives.advised"),
        ("{{form3.total.session}}", "form3.total.sessions"),
        ("{{directives.advised trak=advised}}", "'trak'"),
        ("{{directives.advised track=other}}", "issued_directly"),
        ("{{units.units year=2023}}", "'year'"),
        ("{{registrations.registered year=1800}}", "first_year"),
        ("{{campaign.window_to year=2023}}", "no parameters"),
        ("{{directives.advised", "counterpart"),
        ("[[{{directives.advised}}]]", "|"),
        ("{{directives.advised as=number}}", "words"),
        ("{{unit.name as=words}}", "words"),
    ],
)
async def test_a_broken_placeholder_is_refused_by_its_section(as_: As, plan: str, text: str, said: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    match = {"If-Match": await editor.etag(path), "Accept-Language": "en"}
    answer = await editor.request("PATCH", path, {"sections": {"I": text, "V": "x"}}, match)
    assert (answer.status_code, codes(answer)) == (422, [("/sections/I", "broken_placeholder")])
    assert said in answer.json()["errors"][0]["message"]
    assert (await editor.get(path)).json()["sections"] == {}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("{{form3.sessions}}|{{form3.total.sessions}}", "0|0"),
        ("{{campaign.window_from}} - {{campaign.window_to}}", "15/01/2023 - 14/7/2024"),
        ("{{campaign.first_year}}-{{campaign.second_year}}, {{unit.name}}", "2023-2024, Xã Mã Thành"),
        ("{{registrations.acceptance_rate}}", "(chưa có số liệu)"),
        ("{{directives.advised own_unit=self}} {{units.units}}", "0 2"),
        ("{{situation.difference as=words}}", "không thay đổi"),
    ],
)
async def test_placeholders_are_filled(as_: As, plan: str, text: str, written: str) -> None:
    path, editor = await draft(as_, plan), as_("commune_a", "editor")
    answer = await editor.change("PATCH", path, {"sections": {"I": text}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["rendered"] == {"I": written}


async def test_a_coordinator_changes_the_draft_texts_of_a_campaign(
    as_: As, plan: str, audit: Callable[..., Any]
) -> None:
    at, coordinator = f"/campaigns/{plan}/outline-templates/I", as_("province", "coordinator")
    before = (await coordinator.get(at)).json()
    assert (before["shipped"], before["source"], before["version"], before["editable"]) == (True, "proposal", 0, True)
    put = await coordinator.change("PUT", at, {"text": COUNT})
    assert (put.status_code, put.json()["text"], put.json()["shipped"], put.json()["version"]) == (200, COUNT, False, 1)
    path = await draft(as_, plan)
    assert (await drafted(as_("commune_a", "editor"), path))["I"]["rendered"] == "Đã ban hành 0 văn bản."
    again = await coordinator.change("PUT", at, {"text": COUNT + " Hết."})
    assert again.json()["version"] == 2
    assert (await coordinator.change("PUT", at, {"text": COUNT}, '"1"')).status_code == 412
    assert (await coordinator.change("DELETE", at)).status_code == 204
    assert (await coordinator.get(at)).json()["text"] == before["text"]
    assert (await coordinator.change("DELETE", at)).status_code == 404
    verbs = [event.verb for event in await audit() if event.verb.startswith("campaign.")]
    assert verbs[-3:] == ["campaign.put_template", "campaign.put_template", "campaign.delete_template"]


async def test_templates_are_everyones_to_read_and_the_coordinators_to_write(
    as_: As, plan: str, anonymous: Api
) -> None:
    at = f"/campaigns/{plan}/outline-templates"
    assert (await anonymous.get(at)).status_code == 401
    seen = (await as_("commune_b", "viewer").get(at)).json()["items"]
    assert [(item["code"], item["editable"]) for item in seen][:2] == [("I", False), ("II.1", False)]
    assert (await as_("commune_a", "editor").change("PUT", f"{at}/I", {"text": "x"})).status_code == 403
    coordinator = as_("province", "coordinator")
    assert (await coordinator.request("PUT", f"{at}/I", {"text": "x"})).status_code == 428
    assert (await coordinator.request("PUT", f"{at}/II", {"text": "x"}, {"If-Match": "*"})).status_code == 404
    broken = await coordinator.change("PUT", f"{at}/I", {"text": "{{directives.advise}} {{a"})
    assert codes(broken) == [("/text", "broken_placeholder")]
    unknown = await coordinator.change("PUT", f"{at}/I", {"text": "{{directives.advise}}"})
    assert codes(unknown) == [("/text", "broken_placeholder")]


async def test_drafts_are_the_units_own(as_: As, plan: str, anonymous: Api) -> None:
    path = await draft(as_, plan)
    assert (await anonymous.get(f"{path}/draft")).status_code == 401
    assert (await as_("commune_b", "editor").get(f"{path}/draft")).status_code == 404
    headers = {"If-Match": "*"}
    assert (await as_("commune_a", "viewer").request("POST", f"{path}/draft", {}, headers)).status_code == 403
    assert (await as_("commune_b", "editor").request("POST", f"{path}/draft", {}, headers)).status_code == 404
    assert (await as_("commune_a", "editor").request("POST", f"{path}/draft", {})).status_code == 428


async def test_a_campaign_of_one_year_leaves_the_second_out(as_: As, plan: str, system: Tx) -> None:
    coordinator = as_("province", "coordinator")
    whole = (await coordinator.get(f"/campaigns/{plan}")).json()
    names = ("title", "window_from", "window_to", "outline")
    body = {"unit_id": str(unit_id("province")), "code": "MOT-NAM", "years": [2024], **{n: whole[n] for n in names}}
    other = (await coordinator.made("/campaigns", body))["id"]
    await coordinator.made(
        f"/campaigns/{other}/deadlines", {"task": "report", "level": "commune", "due_before": "2024-07-15"}
    )
    await coordinator.done(f"/campaigns/{other}", "open")
    sections = await drafted(as_("commune_a", "editor"), await draft(as_, other))
    assert sections["II.3"]["rendered"] == "- Năm 2024: không có đơn vị đăng ký xây dựng đơn vị điển hình."
    assert len(sections["II.3"]["left_out"]) == 2
