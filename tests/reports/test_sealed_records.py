"""The records that a seal counted: all of them, page by page, beside what has become of each."""

from collections.abc import Callable
from typing import Any, get_args

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from app.reorganisations.queries import RECORDS
from app.reports.queries_records import SEALED
from app.reports.schemas_seals import Collection
from app.reports.seal import changed_records, looked_at
from tests.actors import Api, codes
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import everything
from tests.builders.records import directive
from tests.builders.reports import handed_in, ready
from tests.builders.units import unit_id
from tests.conftest import MovableClock, Statements
from tests.reorganisations.scene import applied
from tests.statistics.scene import FEBRUARY

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


@pytest.fixture
async def plan(system: Tx) -> str:
    """Plan 320, opened, with all catalogues and forms."""
    await everything(system)
    return await plan_320(system)


async def sealed(who: Api, path: str, limit: int = 200, **which: Any) -> list[dict[str, Any]]:
    """All records of the seal, page by page."""
    found: list[dict[str, Any]] = []
    more: dict[str, Any] | None = {}
    while more is not None:
        answer = await who.get(f"{path}/seal/records", limit=limit, **which, **more)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        more = {"cursor": cursor} if cursor else None
    return found


async def district(as_: As, plan: str) -> str:
    """The sealed report of a district, whose communes have issued two documents each; its path."""
    for key in ("commune_a", "commune_b"):
        for number in ("15/KH-UBND", "16/KH-UBND"):
            await directive(as_, key, number_symbol=number)
    path = await ready(as_, plan, "district_yen_thanh")
    await handed_in(as_, path, "district_yen_thanh")
    return path


async def test_all_sealed_records_are_listed_in_pages(as_: As, plan: str, statements: Statements) -> None:
    path, viewer = await district(as_, plan), as_("district_yen_thanh", "viewer")
    body = (await viewer.get(f"{path}/seal/body")).json()
    listed = [(resource, *item) for resource, items in sorted(body["records"].items()) for item in items]
    statements.seen.clear()
    found = await sealed(viewer, path)
    assert len(statements.seen) <= 6
    assert [(r["resource"], r["id"], r["sealed_version"]) for r in found] == listed
    assert len(found) >= 4
    assert await sealed(viewer, path, limit=1) == found
    assert not any(record["changed"] for record in found)
    for record in found:
        assert (await viewer.get(record["href"])).json()["version"] == record["live_version"]
    first = (await viewer.get(f"{path}/seal/records", limit=1, include_total="true")).json()
    assert first["total"] == len(found)
    seal = (await viewer.get(f"{path}/seal")).json()
    assert (await viewer.get(seal["records"])).json()["items"] == found


async def test_they_narrow_by_collection_and_by_unit(as_: As, plan: str) -> None:
    path, viewer = await district(as_, plan), as_("district_yen_thanh", "viewer")
    papers = await sealed(viewer, path, resource="directives")
    assert {record["resource"] for record in papers} == {"directives"}
    assert await sealed(viewer, path, resource="awards") == []
    own = str(unit_id("commune_a"))
    mine = await sealed(viewer, path, limit=1, unit=own, resource="directives")
    assert mine == [record for record in papers if record["unit_now"]["id"] == own]
    assert len(mine) == 2
    counted = await viewer.get(f"{path}/seal/records", limit=1, unit=own, resource="directives", include_total="true")
    assert counted.json()["total"] == 2
    whole = await sealed(viewer, path, unit=str(unit_id("district_yen_thanh")))
    assert whole == await sealed(viewer, path)
    assert await sealed(viewer, path, unit=str(unit_id("commune_c"))) == []
    # A cursor belongs to its question.
    cursor = counted.json()["next_cursor"]
    others: tuple[dict[str, Any], ...] = ({}, {"resource": "directives"})
    for which in others:
        refused = await viewer.get(f"{path}/seal/records", cursor=cursor, **which)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_cursor")
    assert codes(await viewer.get(f"{path}/seal/records", resource="units")) == [("/resource", "literal_error")]


async def test_what_has_become_of_each_stands_beside_it(as_: As, plan: str) -> None:
    path, viewer, editor = await district(as_, plan), as_("district_yen_thanh", "viewer"), as_("commune_a", "editor")
    before = await sealed(viewer, path, resource="directives", unit=str(unit_id("commune_a")))
    kept, gone = before
    assert (await editor.change("PATCH", f"/directives/{kept['id']}", {"title": "Kế hoạch sửa"})).status_code == 200
    assert (await editor.change("DELETE", f"/directives/{gone['id']}")).status_code == 204
    new = await directive(as_, number_symbol="17/KH-UBND")
    after = {record["id"]: record for record in await sealed(viewer, path)}
    assert (after[kept["id"]]["live_version"], after[kept["id"]]["changed"]) == (2, True)
    assert after[gone["id"]] == {**gone, "live_version": None, "changed": True, "unit_then": None, "unit_now": None}
    assert new["id"] not in after
    assert await sealed(viewer, path, resource="directives", unit=str(unit_id("commune_a"))) == [after[kept["id"]]]


async def test_each_seal_has_its_own_list(as_: As, plan: str) -> None:
    path, editor = await district(as_, plan), as_("district_yen_thanh", "editor")
    first = await sealed(editor, path)
    new = await directive(as_, number_symbol="17/KH-UBND")
    await as_("province", "approver").done(path, "return", note="Sửa")
    await handed_in(as_, path, "district_yen_thanh")
    assert await sealed(editor, path, sequence=1) == first
    assert [record["id"] for record in await sealed(editor, path) if record not in first] == [new["id"]]
    assert (await editor.get(f"{path}/seal/records", sequence=3)).status_code == 404


async def test_who_reads_the_seal_reads_its_records(as_: As, plan: str, anonymous: Api) -> None:
    path = await district(as_, plan)
    assert (await anonymous.get(f"{path}/seal/records")).status_code == 401
    assert (await as_("district_vinh", "viewer").get(f"{path}/seal/records")).status_code == 404
    assert (await as_("province", "administrator").get(f"{path}/seal/records")).status_code == 403
    assert len(await sealed(as_("province", "viewer"), path)) >= 4
    unsent = await ready(as_, plan, "commune_b")
    never = await as_("commune_b", "viewer").get(f"{unsent}/seal/records")
    assert (never.status_code, never.json()["code"]) == (404, "not_sealed")


async def test_they_say_whose_they_were_and_are_after_an_act(
    as_: As, plan: str, system: Tx, clock: MovableClock
) -> None:
    path = await district(as_, plan)
    for table in RECORDS:
        await system.session.execute(text(f"UPDATE {table} SET created_at = :at"), {"at": FEBRUARY})
    clock.set("2025-07-02T08:00:00+07:00")
    await applied(as_("province", "coordinator"))
    found = await sealed(as_("province", "viewer"), path, resource="directives")
    units = sorted((record["unit_then"]["code"], record["unit_now"]["name"]) for record in found)
    assert units == [("17509", "Xã Thành Mới")] * 2 + [("17510", "Xã Thành Mới")] * 2
    assert not any(record["changed"] for record in found)


async def test_a_sealed_figure_leads_to_the_sealed_records_of_its_kind(as_: As, plan: str) -> None:
    path, viewer, editor = await district(as_, plan), as_("district_yen_thanh", "viewer"), as_("commune_a", "editor")
    body = (await viewer.get(f"{path}/seal/body")).json()
    assert set(body["records"]) == set(SEALED)
    columns = {
        (form["number"], column["code"]): column["records"]
        for form in body["forms"]
        for table in form["tables"]
        for column in table["columns"]
    }
    assert (columns[1, "units"], columns[1, "registered_1"]) == (["units"], ["registrations"])
    assert (columns[3, "sessions"], columns[7, "before"]) == (["propaganda-activities"], ["situation-figures"])
    assert (columns[1, "title"], "recognised_1" in {code for _, code in columns}) == ([], True)
    activity = {"form": "direct", "nature": "event", "venue_kind": "commune", "date_from": "2024-03-12", "sessions": 4}
    await editor.made(
        "/propaganda-activities", {"unit_id": str(unit_id("commune_a")), "title": "Tuyên truyền", **activity}
    )
    changes = {cell["address"]: cell for cell in (await viewer.get(f"{path}/diff")).json()["cells"]}
    list_of = changes["form3.total.sessions"]["sealed_records"]
    assert list_of.endswith("/seal/records?sequence=1&resource=propaganda-activities")
    assert (await viewer.get(list_of)).json()["items"] == []


def test_every_collection_that_is_sealed_can_be_asked_for() -> None:
    assert set(get_args(Collection)) == set(SEALED)


def test_an_old_seal_says_nothing_of_what_it_did_not_look_at() -> None:
    old = {"format": "dienhinh.report.1", "records": {"directives": [["a", 1]]}}
    new = {"format": "dienhinh.report.2", "records": {"directives": [], "awards": []}}
    assert looked_at(old, SEALED) == set(SEALED) - {"situation-figures"}
    assert looked_at(new, SEALED) == {"directives", "awards"}
    assert changed_records(old["records"], {"directives": [["a", 1]]}) == {"added": [], "removed": [], "changed": []}  # type: ignore[arg-type]
