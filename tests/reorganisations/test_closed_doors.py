"""A unit that has ended takes nothing in: every door answers 409 and says who carries on; all is still to be read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.attachments.scene import attached, upload
from tests.awards.scene import award_scene
from tests.builders import reports
from tests.builders.catalogues import activity_forms, indicators
from tests.builders.people import ROBOT_KEY, also
from tests.builders.records import DIRECTIVE, PRACTICE, directive, practice
from tests.builders.submissions import activity, bundle
from tests.builders.submissions import directive as bundled
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.evaluations.scene import MET, Scene
from tests.reorganisations.scene import act, applied, unit
from tests.submissions.workbooks import DIRECTIVE as LINE
from tests.submissions.workbooks import Workbook, download, send

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
A = str(unit_id("commune_a"))
FIGURE = {"indicator": "reports_received", "before_value": 42, "after_value": 38}
ACTIVITY = {**activity(1), "unit_id": A}


@dataclass
class Recorded:
    """What commune_a recorded before it ended: where it stands, by kind, and what stands nowhere else."""

    at: dict[str, str]
    campaign: str
    workbook: Workbook
    award_form: str


@pytest.fixture
async def recorded(as_: As, system: Tx, clock: MovableClock) -> Recorded:
    """A record of each kind at commune_a, handed in where drafts would pass on; then the act."""
    scene, editor = Scene(as_, system), as_("commune_a", "editor")
    awards = await award_scene(as_, system)
    await activity_forms(system)
    await indicators(system)
    await also(system.session, "commune_a", "viewer", "awards_officer")
    evaluation = await scene.submitted()
    made = await directive(as_)
    figure = await editor.made("/situation-figures", {"unit_id": A, "campaign_id": awards.campaign, **FIGURE})
    at = {
        "directive": f"/directives/{made['id']}",
        "activity": f"/propaganda-activities/{(await editor.made('/propaganda-activities', ACTIVITY))['id']}",
        "figure": f"/situation-figures/{figure['id']}",
        "practice": f"/good-practices/{(await practice(as_, status='proposed'))['id']}",
        "award": await awards.submitted("commune_a"),
        "registration": f"/registrations/{scene.registration}",
        "evaluation": evaluation,
        "report": await reports.ready(as_, awards.campaign),
        "attachment": f"/attachments/{(await attached(editor, directive_id=made['id']))['id']}",
    }
    book = await download(editor, awards.campaign)
    clock.set("2025-07-02T08:00:00+07:00")
    await applied(as_("province", "coordinator"))
    return Recorded(at, awards.campaign, book, awards.forms["BK-UBND-TINH"])


async def test_no_record_of_it_is_changed_or_deleted(as_: As, recorded: Recorded) -> None:
    editor, at = as_("commune_b", "editor"), recorded.at
    before = {kind: (await editor.get(path)).json() for kind, path in at.items()}
    results = {"results": MET}
    attempts = [
        *(("PATCH", at[kind], {"note": "Sửa"}) for kind in ("directive", "figure", "registration")),
        *(("PATCH", at[kind], {"title": "Sửa"}) for kind in ("activity", "practice")),
        ("PATCH", at["award"], {"achievement": "Sửa"}),
        ("PATCH", at["evaluation"], {"summary": "Sửa"}),
        ("PATCH", at["report"], {"sections": {"II.1": "Sửa"}}),
        ("PUT", f"{at['evaluation']}/results", results),
        *(("DELETE", path, None) for path in at.values()),
    ]
    for method, path, body in attempts:
        answer = await editor.request(method, path, body, {"If-Match": "*"})
        refused(answer, f"{method} {path}")
    refused(await editor.post(f"{at['report']}/findings", {"kind": "strength", "text": "Thêm"}), "finding")
    assert {kind: (await editor.get(path)).json() for kind, path in at.items()} == before


async def test_nothing_new_is_taken_in_for_it(as_: As, system: Tx, recorded: Recorded) -> None:
    editor, counted = as_("commune_b", "editor"), await rows(system)
    bodies: dict[str, dict[str, Any]] = {
        "/registrations": {"year": 2025},
        "/directives": DIRECTIVE,
        "/propaganda-activities": ACTIVITY,
        "/situation-figures": {"campaign_id": recorded.campaign, **FIGURE},
        "/good-practices": PRACTICE,
        "/awards": {
            "campaign_id": recorded.campaign,
            "award_form_id": recorded.award_form,
            "recipient_kind": "collective",
            "achievement": "Thành tích",
        },
        "/reports": {"campaign_id": recorded.campaign},
    }
    for path, body in bodies.items():
        refused(await editor.post(path, {**body, "unit_id": A}), path)
    refused(await upload(editor, directive_id=recorded.at["directive"].split("/")[2]), "upload")
    assert (await download(editor, recorded.campaign)).saved()
    book = recorded.workbook
    book.put("Văn bản chỉ đạo", book.free("Văn bản chỉ đạo"), **LINE)
    refused(await send(editor, book.saved()), "workbook")
    assert await rows(system) == counted


async def test_a_bundle_for_it_names_who_carries_on(as_: As, recorded: Recorded) -> None:
    editor = as_("commune_b", "editor")
    for name in (A, "17509"):
        answer = await editor.post("/submissions", {**bundle(), "unit": name})
        assert answer.status_code == 409, answer.text
        (fault,) = answer.json()["errors"]
        assert (fault["pointer"], fault["code"]) == ("/unit", "unit_ended")
        assert "Xã Thành Mới (17510)" in fault["message"]
    stranger = await as_("commune_c", "editor").post("/submissions", {**bundle(), "unit": "17509"})
    assert stranger.json()["errors"][0]["code"] == "not_found"


async def test_its_key_works_on_at_the_successor(as_: As, http: httpx.AsyncClient, recorded: Recorded) -> None:
    robot = Api(http, {"Authorization": f"Bearer {ROBOT_KEY}"})
    me = (await robot.get("/me")).json()
    assert (me["home"]["code"], [grant["unit"]["code"] for grant in me["grants"]]) == ("17510", ["17510"])
    assert (await robot.get(recorded.at["directive"])).status_code == 200
    answer = await robot.post("/submissions", {"unit": "17510", "directives": [bundled(7)]})
    assert (answer.status_code, answer.json()["stored"]) == (200, True)
    refused(await robot.post("/directives", {**DIRECTIVE, "unit_id": A}), "robot")


async def test_a_key_whose_rights_ended_is_told_so(as_: As, http: httpx.AsyncClient, clock: MovableClock) -> None:
    clock.set("2025-07-02T08:00:00+07:00")
    await applied(as_("province", "coordinator"), grants="end")
    robot = Api(http, {"Authorization": f"Bearer {ROBOT_KEY}"})
    assert (await robot.get("/me")).json()["grants"] == []
    for answer in (await robot.get("/directives"), await robot.post("/directives", {**DIRECTIVE, "unit_id": A})):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), answer.text


async def test_the_same_key_twice_is_one_act(as_: As, clock: MovableClock, system: Tx) -> None:
    clock.set("2025-07-02T08:00:00+07:00")
    coordinator = as_("province", "coordinator")
    sent = [
        await coordinator.post("/reorganisations", act(), headers={"Idempotency-Key": '"act-1678"'}) for _ in range(2)
    ]
    assert [answer.status_code for answer in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["idempotency-replayed"] == "true"
    assert await system.session.scalar(text("SELECT count(*) FROM reorganisations")) == 1
    assert (await unit(coordinator, "17510"))["name"] == "Xã Thành Mới"


def refused(answer: httpx.Response, what: str) -> None:
    """409, with the successor's name."""
    assert (answer.status_code, answer.json()["code"]) == (409, "unit_ended"), (what, answer.text)
    assert answer.json()["successor"]["code"] == "17510", what


async def rows(system: Tx) -> list[int | None]:
    """How many records of each kind there are."""
    tables = ("registrations", "directives", "propaganda_activities", "situation_figures", "practices", "awards")
    every = (*tables, "reports", "attachments")
    return [await system.session.scalar(text(f"SELECT count(*) FROM {table}")) for table in every]
