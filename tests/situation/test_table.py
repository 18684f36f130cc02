"""A unit's whole table of figures, written at once."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.access.actor import SYSTEM, Tx
from app.campaigns.service import open_campaign
from app.campaigns.shipped import load_shipped_campaign
from app.identity.opening import open_as_system
from app.situation.shipped import load_shipped_indicators
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import indicators
from tests.builders.units import ref, unit_id
from tests.real import real_application

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
LINES = [
    {"indicator": "criminal_offences", "before_value": 10, "after_value": 8},
    {"indicator": "reports_resolved", "before_value": 6, "after_value": 9},
    {"indicator": "reports_received", "before_value": 8, "after_value": 10, "note": "Qua điện thoại và trực tiếp"},
]


@pytest.fixture
async def campaign(system: Tx) -> str:
    """Plan 320, opened, with the indicators that ship kept by the province."""
    await indicators(system)
    return await plan_320(system)


def table(campaign: str, *lines: dict[str, Any]) -> dict[str, Any]:
    """The table of commune_a."""
    return {"unit_id": str(unit_id("commune_a")), "campaign_id": campaign, "figures": list(lines)}


async def put(caller: Api, campaign: str, *lines: dict[str, Any]) -> Any:
    """Write lines of the table of commune_a."""
    return await caller.request("PUT", "/situation-figures", table(campaign, *lines))


async def test_the_whole_table_is_written_and_compared(as_: As, campaign: str, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    answer = await put(editor, campaign, *LINES)
    assert answer.status_code == 200, answer.text
    lines = {line["indicator"]["code"]: line for line in answer.json()["lines"]}
    assert list(lines) == [
        "criminal_offences",
        "social_evils",
        "traffic_accidents",
        "fires_explosions",
        "reports_received",
        "reports_resolved",
        "reports_resolved_rate",
        "complaints",
    ]
    rate = lines["reports_resolved_rate"]
    assert (rate["before_value"], rate["after_value"], rate["figure_id"]) == (0.75, 0.9, None)
    assert (rate["difference"], rate["percent"], rate["trend"]) == (0.15, 0.2, "better")
    assert (lines["criminal_offences"]["percent"], lines["criminal_offences"]["trend"]) == (-0.2, "better")
    assert (lines["complaints"]["after_value"], lines["complaints"]["undefined_because"]) == (None, "value_missing")
    assert answer.json()["before_to"] == "2023-01-14"
    seen = await editor.get("/situation-figures/comparison", unit=str(unit_id("commune_a")), campaign=campaign)
    assert seen.json() == answer.json()
    assert [event.verb for event in (await audit())[-3:]] == ["figure.create"] * 3


async def test_the_same_table_again_changes_nothing(as_: As, campaign: str, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    first = await put(editor, campaign, *LINES)
    events = len(await audit())
    assert (await put(editor, campaign, *LINES)).json() == first.json()
    assert len(await audit()) == events


async def test_lines_change_add_take_away_and_leave_alone(as_: As, campaign: str, audit: Callable[..., Any]) -> None:
    editor = as_("commune_a", "editor")
    await put(editor, campaign, *LINES)
    answer = await put(
        editor,
        campaign,
        {"indicator": "criminal_offences", "before_value": 10, "after_value": 7},
        {"indicator": "reports_resolved"},
        {"indicator": "complaints", "after_value": 0},
        {"indicator": "social_evils"},
    )
    values = {line["indicator"]["code"]: line["after_value"] for line in answer.json()["lines"]}
    assert (values["criminal_offences"], values["reports_resolved"], values["complaints"]) == (7, None, 0)
    assert (values["reports_received"], values["reports_resolved_rate"]) == (10, None)
    events = (await audit())[-3:]
    assert [event.verb for event in events] == ["figure.edit", "figure.delete", "figure.create"]
    assert (events[0].before, events[0].after) == ({"after_value": 8}, {"after_value": 7})


async def test_faults_are_named_by_their_lines_and_nothing_is_written(as_: As, campaign: str) -> None:
    editor = as_("commune_a", "editor")
    refused = await put(
        editor,
        campaign,
        LINES[0],
        {"indicator": "nothing", "after_value": 1},
        {"indicator": "reports_resolved_rate", "after_value": 1},
        LINES[0],
    )
    assert (refused.status_code, codes(refused)) == (
        422,
        [
            ("/figures/1/indicator", "not_found"),
            ("/figures/2/indicator", "computed"),
            ("/figures/3/indicator", "repeated"),
        ],
    )
    over = await put(editor, campaign, LINES[0], {**LINES[1], "after_value": 11}, LINES[2])
    assert (over.status_code, codes(over)) == (
        422,
        [("/figures/1/after_value", "exceeds_whole"), ("/figures/2/after_value", "below_part")],
    )
    assert (await editor.get("/situation-figures")).json()["items"] == []
    secret = await put(editor, campaign, LINES[0], {**LINES[2], "note": "TỐI MẬT"})
    assert codes(secret) == [("/figures/1/note", "secrecy_mark")]
    assert codes(await put(editor, campaign)) == [("/figures", "too_short")]


async def test_both_parts_of_a_ratio_may_move_together(as_: As, campaign: str) -> None:
    editor = as_("commune_a", "editor")
    await put(editor, campaign, *LINES)
    up = await put(editor, campaign, {**LINES[1], "after_value": 20}, {**LINES[2], "after_value": 25})
    down = await put(editor, campaign, {**LINES[2], "after_value": 5}, {**LINES[1], "after_value": 4})
    assert (up.status_code, down.status_code) == (200, 200)


async def test_a_line_may_carry_the_version_it_was_read_in(as_: As, campaign: str) -> None:
    editor = as_("commune_a", "editor")
    await put(editor, campaign, LINES[0])
    line = {"indicator": "criminal_offences", "before_value": 10, "after_value": 5}
    assert (await put(editor, campaign, {**line, "version": 1})).status_code == 200
    stale = await put(editor, campaign, {**line, "after_value": 4, "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    gone = await put(editor, campaign, {"indicator": "complaints", "after_value": 4, "version": 1})
    assert gone.status_code == 412


async def test_the_comparison_is_fenced(as_: As, campaign: str) -> None:
    named: dict[str, Any] = {"unit": str(unit_id("commune_a")), "campaign": campaign}
    assert (await as_("commune_b", "editor").get("/situation-figures/comparison", **named)).status_code == 404
    assert (await as_("district_yen_thanh", "viewer").get("/situation-figures/comparison", **named)).status_code == 200
    missing = await as_("commune_a", "viewer").get("/situation-figures/comparison", unit=named["unit"])
    assert (missing.status_code, codes(missing)) == (422, [("/campaign", "missing")])
    nowhere = await as_("commune_a", "viewer").get(
        "/situation-figures/comparison", unit=named["unit"], campaign=named["unit"]
    )
    assert nowhere.status_code == 404


@pytest.mark.real_commits
async def test_two_who_write_part_and_whole_at_once_do_not_overlook_each_other(
    server_url: str, new_database: Callable[..., Any]
) -> None:
    async with real_application(server_url, new_database, 8) as real:
        async with real.database.transaction() as session:
            await open_as_system(session)
            tx = Tx(session, SYSTEM, datetime.now(UTC))
            await load_shipped_indicators(tx, ref("province"))
            campaign_id = await load_shipped_campaign(tx, ref("province"))
            await open_campaign(tx, campaign_id)
        editor = real.as_("commune_a", "editor")
        part = table(str(campaign_id), {"indicator": "reports_resolved", "after_value": 9})
        whole = table(str(campaign_id), {"indicator": "reports_received", "after_value": 5})
        answers = await asyncio.gather(
            *(editor.request("PUT", "/situation-figures", body) for body in (part, whole, part, whole))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422]
        assert await real.count("situation_figures") == 1
