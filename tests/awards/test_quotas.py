"""Quotas and the catalogue of forms over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.awards.shipped import load_shipped_award_forms
from tests.actors import Api, codes
from tests.awards.scene import DECISION, PERSON, As, Scene
from tests.builders.people import also
from tests.builders.units import ref, unit_id

pytestmark = pytest.mark.anyio


def quota_body(scene: Scene, unit: str = "province", form: str = "BK-BCA", **more: Any) -> dict[str, Any]:
    """A quota of one collective and two persons."""
    named = {"campaign_id": scene.campaign, "award_form_id": scene.forms[form], "unit_id": str(unit_id(unit))}
    return {**named, "collectives": 1, "individuals": 2, **more}


@pytest.mark.parametrize(
    ("who", "for_unit", "form", "status"),
    [
        (("province", "awards_officer"), "province", "BK-BCA", 201),  # the Ministry has no account
        (("province", "awards_officer"), "district_vinh", "BK-UBND-TINH", 201),
        (("province", "awards_officer"), "district_vinh", "GK-UBND-HUYEN", 403),  # another level decides
        (("district_yen_thanh", "viewer"), "commune_a", "GK-UBND-HUYEN", 201),
        (("district_yen_thanh", "viewer"), "commune_a", "BK-BCA", 403),
        (("district_yen_thanh", "viewer"), "district_vinh", "GK-UBND-HUYEN", 404),
        (("province", "coordinator"), "province", "BK-BCA", 403),
        (("province", "approver"), "province", "BK-BCA", 403),
    ],
)
async def test_the_awards_officer_of_the_deciding_level_gives_quotas(
    scene: Scene, who: tuple[str, str], for_unit: str, form: str, status: int
) -> None:
    answer = await scene.as_(*who).post("/award-quotas", quota_body(scene, for_unit, form))
    assert answer.status_code == status


async def test_a_quota_is_entered_once_recorded_and_changed(
    as_: As, scene: Scene, anonymous: Api, audit: Callable[..., Any]
) -> None:
    officer = as_("province", "awards_officer")
    path = await scene.quota(collectives=1, individuals=2)
    assert (await audit())[-1].verb == "award_quota.create"
    again = await officer.post("/award-quotas", quota_body(scene))
    assert (again.status_code, codes(again)) == (409, [("/unit_id", "duplicate")])
    changed = (await officer.change("PATCH", path, {"individuals": 5, "note": "Công văn (mẫu)"})).json()
    assert (changed["individuals"], changed["collectives"], changed["note"]) == (5, 1, "Công văn (mẫu)")
    assert codes(await officer.change("PATCH", path, {"individuals": None})) == [("/individuals", "null")]
    assert (await officer.request("PATCH", path, {"individuals": 1})).status_code == 428
    assert (await as_("province", "viewer").change("PATCH", path, {"individuals": 1})).status_code == 403
    assert (await anonymous.get("/award-quotas")).status_code == 401
    assert (await officer.change("DELETE", path)).status_code == 204
    verbs = [event.verb for event in await audit() if event.verb.startswith("award_quota")]
    assert verbs == ["award_quota.create", "award_quota.edit", "award_quota.delete"]


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"collectives": -1}, ("/collectives", "greater_than_equal")),
        ({"collectives": "1"}, ("/collectives", "int_type")),
        ({"award_form_id": str(unit_id("province"))}, None),
        ({"campaign_id": str(unit_id("province"))}, ("/campaign_id", "not_found")),
    ],
)
async def test_bad_quotas_name_the_place(
    as_: As, scene: Scene, more: dict[str, Any], fault: tuple[str, str] | None
) -> None:
    answer = await as_("province", "awards_officer").post("/award-quotas", {**quota_body(scene), **more})
    if fault is None:  # of a form nobody knows, nobody may say that he decides on it
        assert answer.status_code == 403
    else:
        assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_everyone_reads_quotas_and_who_sees_all_awards_what_is_left(
    as_: As, scene: Scene, statements: Any
) -> None:
    await scene.quota()
    await scene.quota("district_yen_thanh", "BK-UBND-TINH")
    statements.seen.clear()
    mine = (await as_("commune_a", "viewer").get("/award-quotas", include_total="true")).json()["items"]
    assert len(statements.seen) <= 3
    assert [(q["unit"]["code"], q["form"]["code"], q["granted"]) for q in mine] == [
        ("40", "BK-BCA", None),
        ("426", "BK-UBND-TINH", None),
    ]
    theirs = (await as_("province", "viewer").get("/award-quotas", form=scene.forms["BK-BCA"])).json()["items"]
    assert [q["granted"] for q in theirs] == [{"collectives": 0, "individuals": 0}]
    under = (await as_("province", "viewer").get("/award-quotas", under=str(unit_id("district_yen_thanh")))).json()
    assert [q["unit"]["code"] for q in under["items"]] == ["426"]


async def test_a_ministry_form_is_submitted_only_with_a_quota(as_: As, scene: Scene) -> None:
    path = await scene.draft(form="BK-BCA", **PERSON)
    approver = as_("commune_a", "approver")
    refused = await approver.act(path, "submit")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_quota")
    quota = await scene.quota(individuals=0)
    assert (await approver.act(path, "submit")).json()["code"] == "no_quota"  # only for collectives
    await as_("province", "awards_officer").change("PATCH", quota, {"individuals": 1})
    assert (await approver.done(path, "submit"))["status"] == "submitted"


async def test_granting_stays_within_every_quota_on_the_way_up(as_: As, scene: Scene) -> None:
    officer = as_("province", "awards_officer")
    whole = await scene.quota(form="BK-UBND-TINH", individuals=2)
    district = await scene.quota("district_yen_thanh", "BK-UBND-TINH", individuals=1)
    first = await scene.endorsed(**PERSON)
    second = await scene.endorsed(**{**PERSON, "recipient_name": "Nguyễn Văn B"})
    await officer.done(first, "grant", **DECISION)
    refused = await officer.act(second, "grant", **DECISION)
    assert (refused.status_code, refused.json()["code"]) == (409, "quota_exceeded")
    assert (refused.json()["quota"], refused.json()["limit"]) == (f"/api/v1{district}", 1)
    assert (await officer.get(second)).json()["status"] == "endorsed"
    assert (await officer.get(whole)).json()["granted"] == {"collectives": 0, "individuals": 1}
    await officer.change("PATCH", district, {"individuals": 2})
    await officer.done(second, "grant", **DECISION)
    for path, body in ((whole, {"individuals": 1}), (district, {"individuals": 0})):
        lower = await officer.change("PATCH", path, body)
        assert (lower.status_code, lower.json()["code"]) == (409, "below_granted")
        assert codes(lower) == [("/individuals", "below_granted")]
    assert (await officer.change("DELETE", whole)).json()["code"] == "below_granted"
    late = await officer.post("/award-quotas", quota_body(scene, "commune_a", "BK-UBND-TINH", individuals=1))
    assert (late.status_code, late.json()["code"]) == (409, "below_granted")


async def test_without_a_quota_a_form_that_needs_none_is_not_bounded(as_: As, scene: Scene) -> None:
    path = await scene.endorsed(form="GK-CAT")
    assert (await as_("province", "awards_officer").done(path, "grant", **DECISION))["status"] == "granted"


async def test_the_catalogue_says_who_decides_and_what_is_a_proposal(as_: As, scene: Scene) -> None:
    forms = (await as_("commune_a", "viewer").get("/award-forms")).json()["items"]
    assert [(f["code"], f["authority_level"], f["handled_level"], f["source"]) for f in forms] == [
        ("BK-BCA", "central", "province", "plan"),
        ("BK-UBND-TINH", "province", "province", "plan"),
        ("GK-CAT", "province", "province", "plan"),
        ("GK-UBND-HUYEN", "district", "district", "plan"),
        ("GK-UBND-XA", "commune", "commune", "proposal"),
    ]
    assert [f["requires_quota"] for f in forms] == [True, False, False, False, False]
    on = [
        [f["code"] for f in (await as_("commune_a", "viewer").get("/award-forms", as_of=day)).json()["items"]]
        for day in ("2025-06-30", "2025-07-01")
    ]
    assert ["GK-UBND-HUYEN" in codes_then for codes_then in on] == [True, False]
    assert ["GK-UBND-XA" in codes_then for codes_then in on] == [False, True]


async def test_loading_the_shipped_forms_twice_changes_nothing(scene: Scene, system: Tx) -> None:
    again = await load_shipped_award_forms(system, ref("province"))
    assert [str(found) for found in again] == list(scene.forms.values())


FORM = {
    "code": "GK-KHAC",
    "title": "Giấy khen khác (đề xuất)",
    "authority": "Chủ tịch",
    "authority_level": "commune",
    "handled_level": "commune",
    "recipient_kinds": ["individual"],
    "valid_from": "2024-01-01",
}
CENTRAL = {"authority_level": "central", "handled_level": "province", "requires_quota": True}


@pytest.mark.parametrize(
    ("unit", "more", "answered"),
    [
        ("commune_a", {}, (201, [])),
        ("commune_a", {"code": "BK-BCA"}, (409, [("/code", "duplicate")])),  # would stand in the Ministry's place
        ("commune_a", CENTRAL, (422, [("/authority_level", "above_unit")])),
        (
            "commune_a",
            {"authority_level": "district", "handled_level": "district"},
            (422, [("/authority_level", "above_unit")]),
        ),
        ("commune_a", {"handled_level": "province"}, (422, [("/handled_level", "not_allowed")])),
        ("province", CENTRAL, (201, [])),
        ("province", {**CENTRAL, "requires_quota": False}, (422, [("/requires_quota", "quota_required")])),
        ("province", {**CENTRAL, "handled_level": "commune"}, (422, [("/handled_level", "not_allowed")])),
        ("province", {}, (201, [])),
    ],
)
async def test_nobody_lists_awards_of_a_level_above(
    scene: Scene, system: Tx, unit: str, more: dict[str, Any], answered: tuple[int, list[tuple[str, str]]]
) -> None:
    await also(system.session, unit, "viewer", "coordinator")
    body = {"unit_id": str(unit_id(unit)), **FORM, **more}
    answer = await scene.as_(unit, "viewer").post("/award-forms", body)
    assert (answer.status_code, [] if answer.status_code == 201 else codes(answer)) == answered, answer.text


async def test_a_form_in_use_is_ended_and_not_deleted(as_: As, scene: Scene, audit: Callable[..., Any]) -> None:
    keeper = as_("province", "coordinator")
    new = {
        "unit_id": str(unit_id("province")),
        "code": "GK-SO",
        "title": "Giấy khen của Giám đốc Sở (đề xuất)",
        "authority": "Giám đốc Sở",
        "authority_level": "province",
        "handled_level": "province",
        "recipient_kinds": ["individual"],
        "valid_from": "2024-01-01",
    }
    made = await keeper.made("/award-forms", new)
    assert (made["source"], made["recipient_kinds"]) == ("proposal", ["individual"])
    assert codes(await keeper.post("/award-forms", new)) == [("/code", "duplicate")]
    assert (await as_("province", "awards_officer").post("/award-forms", new)).status_code == 403
    path = f"/award-forms/{made['id']}"
    kind = await as_("commune_a", "editor").post("/awards", {**scene.body(), "award_form_id": made["id"]})
    assert codes(kind) == [("/recipient_kind", "not_allowed")]
    proposal = await as_("commune_a", "editor").made("/awards", {**scene.body(), **PERSON, "award_form_id": made["id"]})
    used = await keeper.change("DELETE", path)
    assert (used.status_code, used.json()["code"]) == (409, "award_form_used")
    early = await keeper.change("PATCH", path, {"valid_to": "2024-01-01"})
    assert codes(early) == [("/valid_to", "before_start")]
    assert (await keeper.change("PATCH", path, {"valid_to": "2024-06-01"})).json()["valid_to"] == "2024-06-01"
    over = await as_("commune_a", "approver").act(f"/awards/{proposal['id']}", "submit")
    assert codes(over) == [("/award_form_id", "form_not_in_force")]
    await as_("commune_a", "editor").change("DELETE", f"/awards/{proposal['id']}")
    assert (await as_("commune_a", "editor").change("DELETE", path)).status_code == 403
    assert (await keeper.change("DELETE", path)).status_code == 204
    verbs = [event.verb for event in await audit() if event.verb.startswith("award_form")][-3:]
    assert verbs == ["award_form.create", "award_form.edit", "award_form.delete"]
