"""An act on a whole nation: bounded answers, bodies as large as it takes, one province's people kept out."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.reorganisations.balance import shortened
from tests.actors import Api
from tests.reorganisations.scene import act, applied

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def test_a_dry_run_shows_the_beginnings_of_its_lists_and_how_long_they_are(coordinator: Api) -> None:
    answer = await coordinator.post("/reorganisations", act(), params={"dry_run": "true", "at_most": 2})
    sheet = answer.json()
    assert (answer.status_code, len(sheet["units"]), len(sheet["without_successor"])) == (200, 2, 2)
    assert sheet["lengths"] == {"units": 6, "unplaced": 0, "without_successor": 2, "notes": 0}
    whole = (await coordinator.post("/reorganisations", act(), params={"dry_run": "true"})).json()
    assert (len(whole["units"]), whole["units"][:2], whole["lengths"]) == (6, sheet["units"], sheet["lengths"])


async def test_the_units_of_the_sheet_are_read_page_by_page(coordinator: Api, as_: As) -> None:
    made = await applied(coordinator)
    reader, found, cursor = as_("commune_c", "viewer"), [], None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = (await reader.get(f"/reorganisations/{made['id']}/units", limit=2, **more)).json()
        found += page["items"]
        if (cursor := page["next_cursor"]) is None:
            break
    assert found == made["balance"]["units"]
    ended = await reader.get(f"/reorganisations/{made['id']}/units", fate="ended", include_total=True)
    assert ended.json()["total"] == made["balance"]["units_ended"] == len(ended.json()["items"])
    assert {item["fate"] for item in ended.json()["items"]} == {"ended"}


async def test_there_is_no_sheet_of_what_has_not_happened(coordinator: Api, anonymous: Api) -> None:
    planned = await coordinator.made("/reorganisations", act(effective_on="2030-01-01"))
    assert (await coordinator.get(f"/reorganisations/{planned['id']}/units")).json()["items"] == []
    assert (await coordinator.get(f"/reorganisations/{uuid4()}/units")).status_code == 404
    assert (await anonymous.get(f"/reorganisations/{planned['id']}/units")).status_code == 401


def sheet(units: int) -> dict[str, Any]:
    """A stored sheet without a word on the length of its lists, as they were stored before."""
    unit = {"code": "1", "name": "Xã A", "fate": "ended", "successor": None, "records_before": 0, "records_after": 0}
    numbers = ("units_created", "units_changed", "units_ended", "base_units_placed", "base_units_unplaced")
    return {
        "effective_on": "2025-07-01",
        "applies": "now",
        **dict.fromkeys((*numbers, "grants_at_ended", "obligations_open"), 0),
        **{name: [] for name in ("levels", "records", "unplaced", "without_successor", "notes")},
        "units": [unit] * units,
    }


def test_a_sheet_stored_before_lengths_were_told_is_read_as_well() -> None:
    found = shortened(sheet(12_636), 1_000)
    assert (len(found.units), found.lengths.units) == (1_000, 12_636)
    assert shortened(sheet(3), 0).units == []


async def test_an_act_may_be_larger_than_other_bodies(
    coordinator: Api, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.state.settings, "max_body_bytes", 1_024)
    body = act() | {"title": "x" * 1_500}
    refused = await coordinator.post("/reorganisations", body)
    assert refused.status_code == 422  # read, and found to have too long a title
    monkeypatch.setattr(app.state.settings, "max_act_bytes", 1_024)
    assert (await coordinator.post("/reorganisations", body)).status_code == 413


async def test_moving_a_unit_asks_nothing_of_its_records(connection: AsyncConnection) -> None:
    """The key that carries a new path to every record names unit_id too: a trigger on it would run for each of them."""
    asked = await connection.execute(
        text(
            "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'unit_path'"
            " JOIN pg_attribute u ON u.attrelid = c.oid AND u.attname = 'unit_id'"
            " WHERE NOT t.tgisinternal AND t.tgtype & 16 <> 0 AND c.relname NOT IN ('indicators', 'activity_forms',"
            " 'criteria_sets', 'form_sets')"
            " AND (t.tgattr = '' OR ARRAY[a.attnum, u.attnum] && t.tgattr::int2[])"
            " AND coalesce(pg_get_triggerdef(t.oid), '') NOT LIKE '%IS DISTINCT FROM%'"
        )
    )
    assert asked.all() == []
