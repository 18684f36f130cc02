"""Situation figures over HTTP: who may, what follows, what is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders import reports
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import indicators
from tests.builders.people import user_id
from tests.builders.units import path, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture(autouse=True)
async def campaign(system: Tx) -> str:
    """Plan 320, opened, with the indicators that ship kept by the province."""
    await indicators(system)
    return await plan_320(system)


@pytest.fixture
def body(campaign: str) -> dict[str, Any]:
    """A figure of commune_a."""
    return {
        "unit_id": str(unit_id("commune_a")),
        "campaign_id": campaign,
        "indicator": "traffic_accidents",
        "before_value": 8,
        "after_value": 6,
    }


@pytest.fixture
def editor(as_: As) -> Api:
    """The editor of commune_a."""
    return as_("commune_a", "editor")


async def test_a_figure_is_recorded_and_compared(editor: Api, body: dict[str, Any], audit: Callable[..., Any]) -> None:
    made = await editor.made("/situation-figures", body)
    assert (made["difference"], made["percent"], made["undefined_because"], made["trend"]) == (
        -2,
        -0.25,
        None,
        "better",
    )
    assert (made["indicator"]["code"], made["indicator"]["unit_of_count"]) == ("traffic_accidents", "vụ")
    assert (made["campaign"]["number"], made["unit"]["code"], made["editable"]) == ("320/KH-UBND", "17509", True)
    event = (await audit())[-1]
    assert (event.verb, event.actor_id) == ("figure.create", user_id("commune_a", "editor"))
    assert (event.after["indicator"], event.after["after_value"]) == ("traffic_accidents", 6)


async def test_no_percent_of_nothing_and_it_says_why(editor: Api, body: dict[str, Any]) -> None:
    made = await editor.made("/situation-figures", {**body, "before_value": 0})
    assert (made["difference"], made["percent"], made["undefined_because"], made["trend"]) == (
        6,
        None,
        "before_is_zero",
        "worse",
    )


async def test_one_window_may_be_known_before_the_other(editor: Api, body: dict[str, Any]) -> None:
    made = await editor.made("/situation-figures", {**body, "after_value": None})
    assert (made["difference"], made["undefined_because"], made["trend"]) == (None, "value_missing", None)
    where = f"/situation-figures/{made['id']}"
    assert (await editor.change("PATCH", where, {"after_value": 4})).json()["percent"] == -0.5
    neither = await editor.change("PATCH", where, {"after_value": None, "before_value": None})
    assert (neither.status_code, codes(neither)) == (422, [("/after_value", "missing")])


@pytest.mark.parametrize(
    ("unit", "role", "status"),
    [
        ("commune_b", "editor", 404),
        ("school_a1", "editor", 404),
        ("commune_a", "viewer", 403),
        ("district_yen_thanh", "editor", 403),
        ("commune_a", "editor", 201),
    ],
)
async def test_only_the_units_own_editor_records(
    as_: As, body: dict[str, Any], unit: str, role: str, status: int
) -> None:
    assert (await as_(unit, role).post("/situation-figures", body)).status_code == status
    table = {name: body[name] for name in ("unit_id", "campaign_id")}
    line = {name: body[name] for name in ("indicator", "before_value", "after_value")}
    put = await as_(unit, role).request("PUT", "/situation-figures", {**table, "figures": [line]})
    assert put.status_code == (200 if status == 201 else status)


async def test_anonymous_is_refused(anonymous: Api, body: dict[str, Any]) -> None:
    for answer in (
        await anonymous.post("/situation-figures", body),
        await anonymous.request("PUT", "/situation-figures", {}),
        await anonymous.get("/situation-figures"),
        await anonymous.get("/situation-figures/comparison", unit=body["unit_id"], campaign=body["campaign_id"]),
    ):
        assert answer.status_code == 401


async def test_the_robot_records_too(robot: Api, body: dict[str, Any]) -> None:
    assert (await robot.made("/situation-figures", body))["after_value"] == 6


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"indicator": "nothing"}, ("/indicator", "not_found")),
        ({"indicator": "reports_resolved_rate"}, ("/indicator", "computed")),
        ({"before_value": None, "after_value": None}, ("/after_value", "missing")),
        ({"before_value": 1.5}, ("/before_value", "int_type")),
        ({"before_value": "8"}, ("/before_value", "int_type")),
        ({"after_value": -1}, ("/after_value", "greater_than_equal")),
        ({"after_value": 100_000_001}, ("/after_value", "less_than_equal")),
        ({"campaign_id": str(unit_id("commune_a"))}, ("/campaign_id", "not_found")),
        ({"note": "TỐI MẬT"}, ("/note", "secrecy_mark")),
        ({"percent": 3}, ("/percent", "extra_forbidden")),
    ],
)
async def test_bad_input_names_the_place(
    editor: Api, body: dict[str, Any], more: dict[str, Any], fault: tuple[str, str]
) -> None:
    answer = await editor.post("/situation-figures", {**body, **more})
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_one_figure_per_unit_campaign_and_indicator(editor: Api, body: dict[str, Any]) -> None:
    await editor.made("/situation-figures", body)
    again = await editor.post("/situation-figures", body)
    assert (again.status_code, again.json()["code"], codes(again)) == (409, "duplicate", [("/indicator", "duplicate")])


async def test_a_part_never_exceeds_its_whole_whichever_comes_first(editor: Api, body: dict[str, Any]) -> None:
    received, resolved = ({**body, "indicator": code} for code in ("reports_received", "reports_resolved"))
    whole = await editor.made("/situation-figures", {**received, "before_value": 10, "after_value": 12})
    refused = await editor.post("/situation-figures", {**resolved, "before_value": 11, "after_value": 13})
    assert (refused.status_code, codes(refused)) == (
        422,
        [("/before_value", "exceeds_whole"), ("/after_value", "exceeds_whole")],
    )
    assert "(13)" in refused.json()["errors"][1]["message"]
    part = await editor.made("/situation-figures", {**resolved, "before_value": 9, "after_value": 12})
    lowered = await editor.change("PATCH", f"/situation-figures/{whole['id']}", {"after_value": 11})
    assert (lowered.status_code, codes(lowered)) == (422, [("/after_value", "below_part")])
    raised = await editor.change("PATCH", f"/situation-figures/{part['id']}", {"before_value": 11})
    assert (raised.status_code, codes(raised)) == (422, [("/before_value", "exceeds_whole")])
    assert (await editor.change("DELETE", f"/situation-figures/{whole['id']}")).status_code == 204
    late = await editor.post("/situation-figures", {**received, "before_value": 8, "after_value": 20})
    assert (late.status_code, codes(late)) == (422, [("/before_value", "below_part")])


async def test_the_database_holds_the_part_within_the_whole_too(editor: Api, body: dict[str, Any], system: Tx) -> None:
    await editor.made("/situation-figures", {**body, "indicator": "reports_received"})
    await editor.made("/situation-figures", {**body, "indicator": "reports_resolved", "before_value": 5})
    await system.session.execute(text("UPDATE situation_figures SET after_value = 7 WHERE before_value = 5"))
    with pytest.raises(DBAPIError, match="a part exceeds its whole"):
        await system.session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def test_changes_are_versioned_and_recorded(editor: Api, body: dict[str, Any], audit: Callable[..., Any]) -> None:
    where = f"/situation-figures/{(await editor.made('/situation-figures', body))['id']}"
    etag = await editor.etag(where)
    changed = await editor.change("PATCH", where, {"after_value": 5, "note": "Đã đối chiếu"}, etag)
    assert (changed.json()["after_value"], changed.json()["version"]) == (5, 2)
    event = (await audit())[-1]
    assert (event.verb, event.before["after_value"], event.after["after_value"]) == ("figure.edit", 6, 5)
    assert (await editor.change("PATCH", where, {"after_value": 4}, etag)).status_code == 412
    assert (await editor.request("PATCH", where, {"after_value": 4})).status_code == 428
    assert (await editor.request("DELETE", where)).status_code == 428
    assert (await editor.change("DELETE", where)).status_code == 204
    event = (await audit())[-1]
    assert (event.verb, event.before["indicator"], event.after) == ("figure.delete", "traffic_accidents", None)
    assert (await editor.get(where)).status_code == 404


async def test_what_a_report_has_counted_is_locked(as_: As, editor: Api, body: dict[str, Any], campaign: str) -> None:
    where = f"/situation-figures/{(await editor.made('/situation-figures', body))['id']}"
    report = await reports.submitted(as_, campaign)
    seen = (await editor.get(where)).json()
    assert (seen["editable"], seen["lock"]["code"]) == (False, "period_locked")
    assert f"/reports/{seen['lock']['report_id']}" == report
    asked = {"unit": body["unit_id"], "campaign": campaign}
    compared = (await editor.get("/situation-figures/comparison", **asked)).json()
    assert (compared["editable"], compared["lock"]["code"]) == (False, "period_locked")
    place = {name: body[name] for name in ("unit_id", "campaign_id")}
    line = {"indicator": "complaints", "after_value": 1}
    tries = [
        await editor.change("PATCH", where, {"after_value": 2}),
        await editor.change("DELETE", where),
        await editor.post("/situation-figures", {**body, "indicator": "complaints"}),
        await editor.request("PUT", "/situation-figures", {**place, "figures": [line]}),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in tries] == [(409, "period_locked")] * 4
    await as_("district_yen_thanh", "approver").done(report, "return", note="Thiếu số liệu")
    assert (await editor.change("PATCH", where, {"after_value": 2})).json()["lock"] is None


async def test_figures_are_taken_while_the_campaign_is_open(
    as_: As, editor: Api, body: dict[str, Any], campaign: str
) -> None:
    where = f"/situation-figures/{(await editor.made('/situation-figures', body))['id']}"
    await as_("province", "coordinator").done(f"/campaigns/{campaign}", "close")
    assert (await editor.get(where)).json()["editable"] is False
    for answer in (
        await editor.change("PATCH", where, {"after_value": 2}),
        await editor.change("DELETE", where),
        await editor.post("/situation-figures", {**body, "indicator": "complaints"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "campaign_closed")


async def test_lists_are_fenced_filtered_and_cheap(
    as_: As, body: dict[str, Any], campaign: str, statements: Any
) -> None:
    for unit in ("commune_a", "commune_b", "commune_c"):
        for code in ("traffic_accidents", "complaints"):
            await as_(unit, "editor").made(
                "/situation-figures", {**body, "unit_id": str(unit_id(unit)), "indicator": code}
            )
    district = as_("district_yen_thanh", "viewer")
    statements.seen.clear()
    everything = (await district.get("/situation-figures", include_total="true")).json()
    assert (everything["total"], len(statements.seen) <= 3) == (4, True)
    assert [(i["unit"]["code"], i["indicator"]["code"]) for i in everything["items"]] == [
        ("17509", "traffic_accidents"),
        ("17509", "complaints"),
        ("17510", "traffic_accidents"),
        ("17510", "complaints"),
    ]
    cases: list[tuple[dict[str, Any], int]] = [
        ({"unit": str(unit_id("commune_b"))}, 2),
        ({"under": str(unit_id("district_vinh"))}, 0),
        ({"indicator": "complaints"}, 2),
        ({"campaign": campaign}, 4),
        ({"campaign": str(unit_id("commune_a"))}, 0),
        ({"updated_since": "2030-01-01T00:00:00Z"}, 0),
    ]
    for filters, number in cases:
        found = await district.get("/situation-figures", include_total="true", **filters)
        assert found.json()["total"] == number, filters


async def test_a_false_path_is_caught(system: Tx, editor: Api, body: dict[str, Any]) -> None:
    made = await editor.made("/situation-figures", body)
    statement = text("UPDATE situation_figures SET unit_path = :p WHERE id = :id")
    with pytest.raises(DBAPIError, match="fk_situation_figures_unit"):
        await system.session.execute(statement, {"p": path("commune_b"), "id": made["id"]})
