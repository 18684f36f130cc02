"""The catalogue of indicators over HTTP: read by all, kept by its coordinator, unchanged in meaning once used."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.access.actor import Tx
from app.situation.shipped import load_shipped_indicators, shipped_indicators
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import indicators
from tests.builders.units import ref, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
COUNT = {
    "unit_id": str(unit_id("province")),
    "code": "models",
    "title_vi": "Mô hình tự quản",
    "title_en": "Self-management models",
    "unit_of_count": "mô hình",
    "direction": "higher_is_better",
    "valid_from": "2024-01-01",
    "position": 90,
}
RATIO = {
    **COUNT,
    "code": "cleared",
    "kind": "ratio",
    "unit_of_count": "%",
    "part": "fires_explosions",
    "whole": "complaints",
}


async def path_of(caller: Api, code: str) -> str:
    """Where the province's indicator with that code stands."""
    (found,) = (await caller.get("/indicators", code=code)).json()["items"]
    return f"/indicators/{found['id']}"


async def test_the_indicators_ship_as_a_proposal(as_: As, system: Tx) -> None:
    await indicators(system)
    items = (await as_("school_a1", "viewer").get("/indicators")).json()["items"]
    assert [item["code"] for item in items] == [each.code for each in shipped_indicators()]
    assert {item["source"] for item in items} == {"proposal"}
    (rate,) = (item for item in items if item["kind"] == "ratio")
    assert (rate["part"], rate["whole"], rate["direction"]) == (
        "reports_resolved",
        "reports_received",
        "higher_is_better",
    )
    assert all(item["direction"] == "lower_is_better" for item in items if not item["code"].startswith("reports"))


async def test_loading_twice_adds_nothing(system: Tx) -> None:
    first = await load_shipped_indicators(system, ref("province"))
    assert (len(first), await load_shipped_indicators(system, ref("province"))) == (8, [])


async def test_only_coordinators_add_and_it_is_recorded(
    as_: As, anonymous: Api, audit: Callable[..., Any], system: Tx
) -> None:
    await indicators(system)
    assert (await anonymous.post("/indicators", COUNT)).status_code == 401
    for unit, role in (("province", "editor"), ("commune_a", "editor")):
        assert (await as_(unit, role).post("/indicators", COUNT)).status_code == 403
    coordinator = as_("province", "coordinator")
    made = await coordinator.made("/indicators", COUNT)
    assert (made["source"], made["kind"], made["part"], made["editable"]) == ("proposal", "count", None, True)
    assert (await audit())[-1].verb == "indicator.create"
    again = await coordinator.post("/indicators", COUNT)
    assert (again.status_code, codes(again)) == (409, [("/code", "duplicate")])
    ratio = await coordinator.made("/indicators", RATIO)
    assert (ratio["part"], ratio["whole"]) == ("fires_explosions", "complaints")


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({**COUNT, "part": "complaints"}, [("/part", "not_applicable")]),
        ({**RATIO, "part": None, "whole": None}, [("/part", "missing"), ("/whole", "missing")]),
        ({**RATIO, "part": "nothing"}, [("/part", "not_found")]),
        ({**RATIO, "whole": "reports_resolved_rate"}, [("/whole", "not_found")]),
        ({**RATIO, "whole": "fires_explosions"}, [("/whole", "same_as_part")]),
        ({**COUNT, "valid_to": "2023-12-31"}, [("/valid_to", "before_valid_from")]),
        ({**COUNT, "direction": "up"}, [("/direction", "literal_error")]),
        ({**COUNT, "source": "plan"}, [("/source", "extra_forbidden")]),
    ],
)
async def test_bad_entries_are_refused(
    as_: As, system: Tx, body: dict[str, Any], faults: list[tuple[str, str]]
) -> None:
    await indicators(system)
    answer = await as_("province", "coordinator").post("/indicators", body)
    assert (answer.status_code, codes(answer)) == (422, faults)


async def test_a_used_entry_keeps_its_meaning_and_ends_by_date(as_: As, system: Tx) -> None:
    await indicators(system)
    campaign = await plan_320(system)
    coordinator = as_("province", "coordinator")
    received, rate = [await path_of(coordinator, code) for code in ("reports_received", "reports_resolved_rate")]
    assert (await coordinator.change("PATCH", received, {"title_vi": "Tin báo đã nhận"})).status_code == 200
    figure = {"campaign_id": campaign, "indicator": "reports_received", "after_value": 3}
    await as_("commune_a", "editor").made("/situation-figures", {**figure, "unit_id": str(unit_id("commune_a"))})
    for where in (received, rate):  # what a ratio says changes with its counts' figures
        refused = await coordinator.change("PATCH", where, {"direction": "lower_is_better"})
        assert (refused.status_code, codes(refused)) == (409, [("/direction", "in_use")])
    early = await coordinator.change("PATCH", received, {"valid_to": "2024-07-14"})
    assert (early.status_code, codes(early)) == (422, [("/valid_to", "in_use")])
    ended = await coordinator.change("PATCH", received, {"valid_to": "2024-07-15", "position": 3})
    assert (ended.status_code, ended.json()["valid_to"]) == (200, "2024-07-15")
    with pytest.raises(DBAPIError, match="keeps its meaning"):
        await system.session.execute(
            text("UPDATE indicators SET direction = 'lower_is_better' WHERE code = 'reports_received'")
        )


async def test_an_ended_indicator_takes_no_figure_and_stands_in_no_comparison(as_: As, system: Tx) -> None:
    await indicators(system)
    campaign = await plan_320(system)
    coordinator = as_("province", "coordinator")
    where = await path_of(coordinator, "complaints")
    assert (await coordinator.change("PATCH", where, {"valid_to": "2024-07-14"})).status_code == 200
    unit = str(unit_id("commune_a"))
    body = {"unit_id": unit, "campaign_id": campaign, "indicator": "complaints", "after_value": 3}
    answer = await as_("commune_a", "editor").post("/situation-figures", body)
    assert (answer.status_code, codes(answer)) == (422, [("/indicator", "not_in_force")])
    seen = await as_("commune_a", "viewer").get("/situation-figures/comparison", unit=unit, campaign=campaign)
    assert "complaints" not in {line["indicator"]["code"] for line in seen.json()["lines"]}


async def test_changing_needs_the_right_and_the_version(as_: As, system: Tx) -> None:
    await indicators(system)
    coordinator = as_("province", "coordinator")
    where = await path_of(coordinator, "complaints")
    etag = await coordinator.etag(where)
    assert (await as_("commune_a", "editor").change("PATCH", where, {"position": 1}, etag)).status_code == 403
    assert (await coordinator.request("PATCH", where, {"position": 1})).status_code == 428
    assert (await coordinator.change("PATCH", where, {"position": 1}, etag)).json()["version"] == 2
    assert (await coordinator.change("PATCH", where, {"position": 2}, etag)).status_code == 412
    empty = await coordinator.change("PATCH", where, {"title_vi": None})
    assert (empty.status_code, codes(empty)) == (422, [("/title_vi", "null")])


async def test_the_catalogue_is_filtered(as_: As, system: Tx, statements: Any) -> None:
    await indicators(system)
    await indicators(system, "district_vinh")
    viewer = as_("commune_a", "viewer")
    statements.seen.clear()
    served = (await viewer.get("/indicators", for_unit=str(unit_id("commune_a")), include_total="true")).json()
    assert (served["total"], len(statements.seen) <= 3) == (8, True)
    cases: list[tuple[dict[str, Any], int]] = [
        ({"unit": str(unit_id("district_vinh"))}, 8),
        ({"kind": "ratio"}, 2),
        ({"on": "2022-12-31"}, 0),
        ({"code": "complaints"}, 2),
    ]
    for filters, number in cases:
        assert (await viewer.get("/indicators", include_total="true", **filters)).json()["total"] == number
