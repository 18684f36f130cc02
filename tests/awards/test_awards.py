"""Proposals over HTTP: who may, what happens on the way up, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.awards.scene import ACHIEVEMENT, DECISION, PERSON, As, Scene
from tests.builders.people import also, user_id
from tests.builders.units import unit_id

pytestmark = pytest.mark.anyio


async def test_an_editor_proposes_the_unit_and_it_is_recorded(as_: As, scene: Scene, audit: Callable[..., Any]) -> None:
    made = await as_("commune_a", "editor").made("/awards", scene.body())
    assert (made["status"], made["recipient_name"], made["recipient_is_unit"]) == ("draft", "Xã Mã Thành", True)
    assert (made["period_from"], made["period_to"]) == ("2023-01-15", "2024-07-14")  # the campaign's window
    assert (made["deciding_unit"]["code"], made["awaits"], made["editable"]) == ("40", None, True)
    assert [basis["title"][:21] for basis in made["legal_basis"]] == ["Kế hoạch 320/KH-UBND ", "Nghị định 98/2023/NĐ-"]
    event = (await audit())[-1]
    assert (event.verb, event.actor_id) == ("award.create", user_id("commune_a", "editor"))


async def test_a_person_a_team_and_a_unit_below_can_be_proposed(as_: As, scene: Scene) -> None:
    editor = as_("commune_a", "editor")
    person = await editor.made("/awards", scene.body(**PERSON))
    assert (person["recipient_name"], person["position"]) == ("Nguyễn Văn A", "Trưởng Công an xã")
    team = await editor.made("/awards", scene.body(recipient_name="Tổ bảo vệ ANTT xóm 1"))
    assert (team["recipient_is_unit"], team["recipient_unit"]["code"]) == (False, "17509")
    school = await editor.made("/awards", scene.body(recipient_unit_id=str(unit_id("school_a1"))))
    assert (school["recipient_name"], school["recipient_is_unit"]) == ("Trường THCS Mã Thành", True)


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),
        ("commune_a", "viewer", 403),
        ("district_yen_thanh", "editor", 403),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_proposes(as_: As, scene: Scene, unit: str, role: str, status: int) -> None:
    assert (await as_(unit, role).post("/awards", scene.body())).status_code == status


async def test_anonymous_is_refused(anonymous: Api, scene: Scene) -> None:
    assert (await anonymous.post("/awards", scene.body())).status_code == 401
    assert (await anonymous.get("/awards")).status_code == 401


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"citizen_id": "040199001234"}, ("/citizen_id", "extra_forbidden")),
        ({"birth_date": "1990-01-01"}, ("/birth_date", "extra_forbidden")),
        ({**PERSON, "recipient_name": "Nguyễn Văn A 040199001234"}, ("/recipient_name", "personal_identifier")),
        ({**PERSON, "position": "Trưởng xóm, sinh năm 1970"}, ("/position", "personal_identifier")),
        ({"achievement": "Liên hệ 0912 345 678"}, ("/achievement", "personal_identifier")),
        ({**PERSON, "position": None}, ("/position", "missing")),
        ({**PERSON, "recipient_name": None}, ("/recipient_name", "missing")),
        ({"position": "Trưởng"}, ("/position", "not_applicable")),
        ({"period_from": "2024-07-01", "period_to": "2024-06-30"}, ("/period_to", "before_start")),
        ({"period_from": "2030-01-01", "period_to": "2031-01-01"}, ("/period_from", "in_future")),
        ({"period_from": "1999-12-31"}, ("/period_from", "too_early")),
        ({"period_from": "2021-01-01", "period_to": "2022-12-31"}, ("/period_to", "before_campaign")),
        ({"period_to": "2024-07-15"}, ("/period_to", "in_future")),
        ({**PERSON, "recipient_name": "Lê Văn Thử (1980)"}, ("/recipient_name", "personal_identifier")),
        ({"achievement": "Theo Kế hoạch số 12/KH-CAT-M"}, ("/achievement", "secrecy_mark")),
        ({"council_minutes_number": "12/BB"}, ("/council_minutes_date", "missing")),
        ({"recipient_unit_id": str(unit_id("commune_b"))}, ("/recipient_unit_id", "outside_unit")),
        ({"recipient_unit_id": str(unit_id("district_yen_thanh"))}, ("/recipient_unit_id", "outside_unit")),
        ({"campaign_id": str(unit_id("province"))}, ("/campaign_id", "not_found")),
        ({"award_form_id": str(unit_id("province"))}, ("/award_form_id", "not_found")),
        ({"recipient_kind": "household"}, ("/recipient_kind", "literal_error")),
    ],
)
async def test_bad_input_names_the_place(as_: As, scene: Scene, more: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("commune_a", "editor").post("/awards", {**scene.body(), **more})
    assert answer.status_code == 422
    assert codes(answer)[0] == fault


async def test_a_form_that_is_over_or_not_yet_is_not_proposed(as_: As, scene: Scene, clock: Any) -> None:
    early = await as_("commune_a", "editor").post("/awards", scene.body(form="GK-UBND-XA"))
    assert codes(early) == [("/award_form_id", "form_not_in_force")]
    pending = await scene.draft(form="GK-UBND-HUYEN")
    clock.set("2025-06-30T12:00:00+07:00")
    assert (await as_("commune_a", "approver").act(pending, "submit")).status_code == 200
    other = await scene.draft(form="GK-UBND-HUYEN", **PERSON)
    clock.set("2025-07-01T00:00:00+07:00")
    over = await as_("commune_a", "approver").act(other, "submit")
    assert codes(over) == [("/award_form_id", "form_not_in_force")]
    made = await as_("commune_a", "editor").made("/awards", scene.body(form="GK-UBND-XA", **PERSON))
    assert [basis["title"] for basis in made["legal_basis"]] == ["Nghị định 152/2025/NĐ-CP"]


async def test_the_way_up_to_the_decision(as_: As, scene: Scene, audit: Callable[..., Any]) -> None:
    path = await scene.submitted()
    district, province = as_("district_yen_thanh", "approver"), as_("province", "approver")
    assert (await as_("commune_a", "editor").get(path)).json()["awaits"]["code"] == "426"
    early = await province.act(path, "endorse")
    assert (early.status_code, "Huyện Yên Thành" in early.json()["detail"]) == (403, True)
    seen = await district.done(
        path, "endorse", note="Nhất trí", council_minutes_number="5/BB-HĐTĐKT", council_minutes_date="2024-06-20"
    )
    assert (seen["status"], seen["awaits"]["code"], seen["allowed_actions"]) == ("submitted", "40", [])
    assert (await district.act(path, "endorse")).status_code == 403
    ready = await province.done(path, "endorse")
    assert (ready["status"], ready["awaits"]["code"]) == ("endorsed", "40")
    officer = as_("province", "awards_officer")
    offered = [found["action"] for found in (await officer.get(path)).json()["allowed_actions"]]
    assert offered == ["return", "grant", "decline", "allow_duplicate"]
    granted = await officer.done(path, "grant", **DECISION)
    assert (granted["status"], granted["decision_number"], granted["awaits"]) == ("granted", "1234/QĐ-UBND", None)
    chain = [(step["unit"]["code"], step["level"], step["council_minutes_number"]) for step in granted["endorsements"]]
    assert chain == [("426", "district", "5/BB-HĐTĐKT"), ("40", "province", None)]
    verbs = [event.verb for event in await audit() if event.verb.startswith("award.")]
    changes = [verb for verb in verbs if verb != "award.read"]
    assert changes == ["award.create", "award.submit", "award.endorse", "award.endorse", "award.grant"]


async def test_a_district_form_ends_its_way_at_the_district(as_: As, scene: Scene) -> None:
    path = await scene.submitted(form="GK-UBND-HUYEN")
    assert (await as_("district_yen_thanh", "approver").done(path, "endorse"))["status"] == "endorsed"
    refused = await as_("province", "awards_officer").act(path, "grant", **DECISION)
    assert (refused.status_code, "Huyện Yên Thành" in refused.json()["detail"]) == (403, True)
    assert (await as_("district_yen_thanh", "viewer").done(path, "grant", **DECISION))["status"] == "granted"


async def test_the_deciding_unit_itself_has_nobody_above_to_endorse(as_: As, scene: Scene) -> None:
    path = await scene.submitted("district_yen_thanh", "GK-UBND-HUYEN", **PERSON)
    seen = (await as_("district_yen_thanh", "viewer").get(path)).json()
    assert (seen["status"], seen["endorsements"]) == ("endorsed", [])
    assert (await as_("district_yen_thanh", "viewer").done(path, "grant", **DECISION))["status"] == "granted"


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "approver", 404),
        ("commune_a", "approver", 403),
        ("province", "approver", 403),
        ("district_yen_thanh", "editor", 403),
        ("district_yen_thanh", "viewer", 403),
        ("district_vinh", "approver", 404),
        ("district_yen_thanh", "approver", 200),
    ],
)
async def test_only_the_unit_directly_above_endorses(as_: As, scene: Scene, unit: str, role: str, status: int) -> None:
    path = await scene.submitted()
    etag = await as_("commune_a", "approver").etag(path)
    assert (await as_(unit, role).act(path, "endorse", etag=etag)).status_code == status


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "viewer", 404),
        ("commune_a", "approver", 403),
        ("district_yen_thanh", "viewer", 403),  # an awards officer of another level
        ("province", "approver", 403),
        ("province", "awards_officer", 200),
    ],
)
async def test_only_the_awards_officer_of_the_deciding_level_decides(
    as_: As, scene: Scene, unit: str, role: str, status: int
) -> None:
    path = await scene.endorsed()
    etag = await as_("commune_a", "approver").etag(path)
    for action, more in (("decline", {"note": "x"}), ("grant", DECISION)):
        if status != 200 or action == "grant":
            assert (await as_(unit, role).act(path, action, etag=etag, **more)).status_code == status


async def test_declining_and_returning_need_a_note(as_: As, scene: Scene) -> None:
    path = await scene.endorsed()
    officer = as_("province", "awards_officer")
    for action in ("return", "decline"):
        assert codes(await officer.act(path, action)) == [("/note", "note_required")]
    returned = await officer.done(path, "return", note="Thiếu báo cáo thành tích")
    assert (returned["status"], returned["return_note"]) == ("returned", "Thiếu báo cáo thành tích")
    assert (await as_("commune_a", "editor").change("PATCH", path, {"achievement": "Khác"})).status_code == 200
    again = await as_("commune_a", "approver").done(path, "submit")
    assert (again["status"], again["awaits"]["code"], len(again["endorsements"])) == ("submitted", "426", 2)
    once_more = await as_("district_yen_thanh", "approver").done(path, "endorse")
    assert [step["round"] for step in once_more["endorsements"]] == [1, 1, 2]
    await as_("province", "approver").done(path, "endorse")
    declined = await officer.done(path, "decline", note="Chưa đủ thành tích")
    assert (declined["status"], declined["decline_note"]) == ("declined", "Chưa đủ thành tích")
    over = await officer.act(path, "grant", **DECISION)
    assert (over.status_code, over.json()["code"]) == (409, "invalid_state")


async def test_nobody_endorses_or_decides_what_he_submitted(as_: As, scene: Scene, system: Tx) -> None:
    await also(system.session, "district_yen_thanh", "approver", "awards_officer")
    path = await scene.submitted("district_yen_thanh", "GK-UBND-HUYEN", **PERSON)
    approver = as_("district_yen_thanh", "approver")
    assert (await approver.get(path)).json()["allowed_actions"] == [{"action": "allow_duplicate", "needs_note": True}]
    for action, more in (("grant", DECISION), ("decline", {"note": "x"}), ("return", {"note": "x"})):
        refused = await approver.act(path, action, **more)
        assert (refused.status_code, refused.json()["code"]) == (403, "self_approval"), action


@pytest.mark.parametrize(
    ("action", "more", "fault"),
    [
        ("grant", {}, ("/decision_number", "missing")),
        ("grant", {"decision_number": "1/QĐ"}, ("/decision_date", "missing")),
        ("grant", {**DECISION, "decision_date": "2024-07-02"}, ("/decision_date", "in_future")),
        ("grant", {**DECISION, "decision_date": "2022-12-31"}, ("/decision_date", "form_not_in_force")),
        ("grant", {**DECISION, "decision_date": "2023-01-14"}, ("/decision_date", "before_period")),
        ("grant", {**DECISION, "decision_date": "2023-01-14", "note": "x"}, ("/decision_date", "before_period")),
        ("grant", {**DECISION, "decision_date": "2024-06-30"}, ("/decision_date", "before_endorsement")),
        ("grant", {**DECISION, "council_minutes_number": "1"}, ("/council_minutes_number", "not_applicable")),
        ("decline", {"note": "CCCD 040199001234"}, ("/note", "personal_identifier")),
        ("decline", {"note": "x", "decision_number": "1/QĐ"}, ("/decision_number", "not_applicable")),
    ],
)
async def test_a_decision_is_whole_and_possible(
    as_: As, scene: Scene, action: str, more: dict[str, Any], fault: tuple[str, str]
) -> None:
    path = await scene.endorsed()
    answer = await as_("province", "awards_officer").act(path, action, **more)
    assert (answer.status_code, codes(answer)[0]) == (422, fault)


async def test_a_decision_older_than_the_proposal_needs_to_say_how(as_: As, scene: Scene) -> None:
    path = await scene.endorsed()
    early = {**DECISION, "decision_date": "2024-06-28", "note": "Hồ sơ giấy đã trình từ tháng 6"}
    granted = await as_("province", "awards_officer").done(path, "grant", **early)
    assert (granted["status"], granted["decision_date"]) == ("granted", "2024-06-28")


async def test_a_period_may_be_mended_but_not_made_impossible(as_: As, scene: Scene) -> None:
    path = await scene.draft()
    editor = as_("commune_a", "editor")
    assert codes(await editor.change("PATCH", path, {"period_from": "2024-07-02"})) == [("/period_from", "in_future")]
    assert (await editor.change("PATCH", path, {"period_to": "2024-06-30"})).json()["period_to"] == "2024-06-30"


async def test_changes_need_the_version_that_was_read(as_: As, scene: Scene) -> None:
    path = await scene.draft()
    editor = as_("commune_a", "editor")
    etag = await editor.etag(path)
    assert (await editor.request("PATCH", path, {"achievement": "a"})).status_code == 428
    changed = await editor.change("PATCH", path, {"recipient_name": "Tổ 1", "achievement": "a"}, etag)
    assert (changed.json()["recipient_name"], changed.json()["recipient_is_unit"]) == ("Tổ 1", False)
    assert (await editor.change("PATCH", path, {"achievement": "b"}, etag)).status_code == 412
    back = (await editor.change("PATCH", path, {"recipient_name": None})).json()
    assert (back["recipient_name"], back["recipient_is_unit"]) == ("Xã Mã Thành", True)
    nulled = await editor.change("PATCH", path, {"achievement": None})
    assert codes(nulled) == [("/achievement", "null")]


async def test_drafts_are_deleted_and_submitted_ones_are_not(as_: As, scene: Scene) -> None:
    editor = as_("commune_a", "editor")
    path = await scene.draft()
    assert (await editor.change("DELETE", path)).status_code == 204
    assert (await editor.get(path)).status_code == 404
    path = await scene.submitted()
    assert (await editor.change("DELETE", path)).json()["code"] == "invalid_state"
    await as_("district_yen_thanh", "approver").done(path, "return", note="Bổ sung")
    assert (await editor.change("DELETE", path)).json()["code"] == "invalid_state"


async def test_lists_are_fenced_and_filtered(as_: As, scene: Scene) -> None:
    await scene.submitted()
    await scene.draft("commune_a", "GK-CAT", **PERSON)
    await scene.draft("commune_c")

    async def found(**query: Any) -> list[tuple[str, str]]:
        items = (await as_("province", "viewer").get("/awards", **query)).json()["items"]
        return [(item["unit"]["code"], item["recipient_kind"]) for item in items]

    a, person, c = ("17509", "collective"), ("17509", "individual"), ("16714", "collective")
    assert await found() == [c, a, person]
    assert await found(status="submitted") == [a]
    assert await found(form=scene.forms["GK-CAT"]) == [person]
    assert await found(recipient_kind="collective") == [c, a]
    assert await found(under=str(unit_id("district_vinh"))) == [c]
    assert await found(unit=str(unit_id("commune_a"))) == [a, person]
    assert await found(campaign=str(unit_id("province"))) == []
    assert await found(updated_since="2030-01-01T00:00:00Z") == []
    neighbours = (await as_("commune_b", "viewer").get("/awards")).json()["items"]
    assert neighbours == []
    assert codes(await as_("commune_b", "viewer").get("/awards", stauts="x")) == [("/stauts", "extra_forbidden")]


async def test_who_read_nominees_can_be_found(as_: As, scene: Scene, audit: Callable[..., Any]) -> None:
    path = await scene.draft("commune_c", **PERSON)
    other = await scene.draft("commune_a", **PERSON)
    viewer = as_("province", "viewer")
    assert (await viewer.get(path)).json()["recipient_name"] == "Nguyễn Văn A"
    assert len((await viewer.get("/awards")).json()["items"]) == 2
    assert (await as_("commune_b", "viewer").get(path)).status_code == 404
    read = [event for event in await audit() if event.verb == "award.read"]
    assert {event.actor_id for event in read} == {user_id("province", "viewer")}
    assert [(str(event.subject_id), event.after) for event in read[:1]] == [(path.rpartition("/")[2], None)]
    listed = {str(event.unit_id): event.after["ids"] for event in read[1:]}
    assert listed == {
        str(unit_id("commune_c")): [path.rpartition("/")[2]],
        str(unit_id("commune_a")): [other.rpartition("/")[2]],
    }
    auditor = (await as_("district_vinh", "auditor").get("/audit-events", verb="award.read")).json()["items"]
    assert {event["actor"]["name"] for event in auditor} == {"40.viewer"}
    assert len(auditor) == 2  # the one read alone and the list, as far as they concern this district


async def test_simple_requests_take_few_statements(as_: As, scene: Scene, statements: Any) -> None:
    path = await scene.draft()
    await scene.draft("commune_a", **PERSON)
    statements.seen.clear()
    await as_("commune_a", "editor").get("/awards", include_total="true")
    assert len(statements.seen) <= 4
    statements.seen.clear()
    await as_("commune_a", "editor").get(path)
    assert len(statements.seen) <= 4


async def test_achievement_text_is_kept_as_written(as_: As, scene: Scene) -> None:
    path = await scene.draft()
    assert (await as_("commune_a", "viewer").get(path)).json()["achievement"] == ACHIEVEMENT
