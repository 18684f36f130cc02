"""Sealed against live across an act: the area of the seal is looked at, so only what was corrected shows."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
import rfc8785
from sqlalchemy import text

from app.access.actor import Tx
from app.reorganisations.queries import RECORDS
from app.reports import queries
from app.reports.queries_seals import add
from app.reports.seal import digest
from tests.actors import Api
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import everything
from tests.builders.records import directive
from tests.builders.reports import handed_in, ready
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.reorganisations.scene import act, applied
from tests.statistics.scene import FEBRUARY

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
BEFORE, AFTER = "2025-03-03T08:00:00+07:00", "2025-07-02T08:00:00+07:00"
REPORTS = ("commune_a", "commune_c", "district_vinh", "district_yen_thanh", "province")
ACTIVITY = {"form": "direct", "nature": "event", "venue_kind": "commune", "date_from": "2024-03-12", "sessions": 4}
TEXTS = {"sections": {"I": "Đã ban hành {{directives.advised}} văn bản, {{units.base}} cơ sở tại {{unit.name}}."}}


@pytest.fixture
async def plan(system: Tx, clock: MovableClock) -> str:
    """Plan 320, opened before the act, with all catalogues and forms."""
    clock.set(BEFORE)
    await everything(system)
    return await plan_320(system)


async def activity(as_: As, unit: str) -> str:
    """The path of an activity with four sessions."""
    body = {"unit_id": str(unit_id(unit)), "title": f"Tuyên truyền {unit}", **ACTIVITY}
    return f"/propaganda-activities/{(await as_(unit, 'editor').made('/propaganda-activities', body))['id']}"


async def sealed(as_: As, system: Tx, plan: str) -> tuple[dict[str, str], dict[str, str]]:
    """Reports of all levels, sealed before the act, by unit; and the activities they count."""
    for unit in ("commune_a", "commune_b", "commune_c"):
        await directive(as_, unit)
    made = {unit: await activity(as_, unit) for unit in ("commune_a", "commune_b", "commune_c", "school_a1")}
    for table in RECORDS:
        await system.session.execute(text(f"UPDATE {table} SET created_at = :at"), {"at": FEBRUARY})
    paths = {}
    for unit in REPORTS:
        paths[unit] = await ready(as_, plan, unit, **TEXTS)
        await handed_in(as_, paths[unit], unit)
    return paths, made


async def diff(who: Api, path: str) -> dict[str, Any]:
    """Sealed against live."""
    answer = await who.get(f"{path}/diff")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def cells(found: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Sealed and live by address, of the totals."""
    return {c["address"]: (c["sealed"], c["live"]) for c in found["cells"] if ".total." in c["address"]}


async def test_an_act_alone_changes_nothing(as_: As, system: Tx, plan: str, clock: MovableClock) -> None:
    paths, _ = await sealed(as_, system, plan)
    viewer = as_("province", "viewer")
    before = {unit: await diff(viewer, path) for unit, path in paths.items()}
    clock.set(AFTER)
    await applied(as_("province", "coordinator"))
    for unit, path in paths.items():
        assert (before[unit]["unchanged"], before[unit]["notes"]) == (True, [])
        found = await diff(viewer, path)
        assert (found["cells"], found["sections"], found["records"]["removed_total"]) == ([], [], 0), unit
        assert (found["unchanged"], found["compared"]) == (True, True)
        (note,) = found["notes"]
        assert (note["code"], note["decision_number"]) == ("reorganisation", "1678/NQ-UBTVQH15")
        assert (note["effective_on"], note["map_of"]) == ("2025-07-01", "2025-03-03")
    told = {unit: (await diff(viewer, path))["notes"][0] for unit, path in paths.items()}
    assert "Xã Mã Thành (17509) thành Xã Thành Mới (17510)" in told["commune_a"]["message"]
    assert "Phường Vinh Tân (16714) chuyển sang đơn vị cấp trên khác" in told["commune_c"]["message"]
    assert "Thành phố Vinh (412) giải thể" in told["district_vinh"]["message"]
    assert {unit["code"] for unit in told["district_yen_thanh"]["units"]} == {"426", "17509", "17510"}
    english = (await viewer.get(f"{paths['commune_a']}/diff", headers={"Accept-Language": "en"})).json()["notes"][0]
    assert "Xã Mã Thành (17509) became Xã Thành Mới (17510)" in english["message"]


async def test_a_correction_after_the_act_is_the_only_change(
    as_: As, system: Tx, plan: str, clock: MovableClock
) -> None:
    paths, made = await sealed(as_, system, plan)
    clock.set(AFTER)
    await applied(as_("province", "coordinator"))
    viewer = as_("province", "viewer")
    # The school moved along to the new commune and lives on: it corrects what the old commune counted.
    corrected = await as_("school_a1", "editor").change("PATCH", made["school_a1"], {"sessions": 6})
    assert corrected.status_code == 200, corrected.text
    for unit, before in (("commune_a", 8), ("district_yen_thanh", 12), ("province", 16)):
        found = await diff(viewer, paths[unit])
        assert cells(found)["form3.total.sessions"] == (before, before + 2), unit
        assert {cell["column"] for cell in found["cells"]} == {"sessions", "at_communes", "direct"}
        assert {(cell["sealed"] or 0) + 2 for cell in found["cells"]} == {cell["live"] for cell in found["cells"]}
        assert [(r["id"], r["live_version"]) for r in found["records"]["changed"]] == [
            (made["school_a1"].rpartition("/")[2], 2)
        ]
        assert (found["records"]["removed"], found["records"]["added"], found["unchanged"]) == ([], [], False)
    for unit in ("commune_c", "district_vinh"):
        assert (await diff(viewer, paths[unit]))["unchanged"] is True, unit
    gone = await as_("school_a1", "editor").change("DELETE", made["school_a1"])
    assert gone.status_code == 204, gone.text
    found = await diff(viewer, paths["commune_a"])
    assert [r["live_version"] for r in found["records"]["removed"]] == [None]
    assert cells(found)["form3.total.sessions"] == (8, 4)


async def test_a_correction_after_a_return_shows_among_the_sealed_records(
    as_: As, system: Tx, plan: str, clock: MovableClock
) -> None:
    paths, made = await sealed(as_, system, plan)
    clock.set(AFTER)
    await applied(as_("province", "coordinator"))
    editor, viewer = as_("commune_c", "editor"), as_("province", "viewer")
    refused = await editor.change("PATCH", made["commune_c"], {"sessions": 5})
    assert refused.status_code == 409, refused.text
    await as_("province", "approver").done(paths["commune_c"], "return", note="Sửa số buổi")
    assert (await editor.change("PATCH", made["commune_c"], {"sessions": 5})).status_code == 200
    which = made["commune_c"].rpartition("/")[2]
    for unit, before in (("commune_c", 4), ("district_vinh", 4), ("province", 16)):
        listed = (await viewer.get(f"{paths[unit]}/seal/records", limit=200)).json()["items"]
        assert [(r["id"], r["sealed_version"], r["live_version"]) for r in listed if r["changed"]] == [(which, 1, 2)]
        found = await diff(viewer, paths[unit])
        assert cells(found)["form3.total.sessions"] == (before, before + 1)
        assert [(r["id"], r["live_version"]) for r in found["records"]["changed"]] == [(which, 2)]
    await handed_in(as_, paths["commune_c"], "commune_c")
    again = await diff(viewer, paths["commune_c"])
    assert (again["unchanged"], again["notes"]) == (True, [])


async def test_the_successor_counts_apart_from_what_the_old_unit_sealed(
    as_: As, system: Tx, plan: str, clock: MovableClock
) -> None:
    paths, _ = await sealed(as_, system, plan)
    clock.set(AFTER)
    await applied(as_("province", "coordinator"))
    new = (await as_("province", "viewer").get("/units", code="17510")).json()["items"][0]["id"]
    body = {"unit_id": new, "title": "Tuyên truyền xã mới", **ACTIVITY}
    made = await as_("commune_b", "editor").made("/propaganda-activities", body)
    for unit in ("commune_a", "commune_c", "district_vinh", "district_yen_thanh"):
        assert (await diff(as_("province", "viewer"), paths[unit]))["unchanged"] is True, unit
    found = await diff(as_("province", "viewer"), paths["province"])
    assert [r["id"] for r in found["records"]["added"]] == [made["id"]]
    assert cells(found)["form3.total.sessions"] == (16, 20)


async def test_who_sees_only_a_part_of_the_area_is_told(as_: As, system: Tx, plan: str, clock: MovableClock) -> None:
    paths, _ = await sealed(as_, system, plan)
    clock.set(AFTER)
    await applied(as_("province", "coordinator"))
    # The people of the old commune work at the new one, and see all of it.
    assert (await diff(as_("commune_a", "viewer"), paths["commune_a"]))["unchanged"] is True
    await system.session.execute(
        text("UPDATE grants g SET valid_to = NULL FROM units u WHERE u.id = g.unit_id AND u.id = :unit"),
        {"unit": unit_id("district_vinh")},
    )
    found = await diff(as_("district_vinh", "viewer"), paths["district_vinh"])
    assert (found["compared"], found["unchanged"], found["cells"]) == (False, False, [])
    assert [note["code"] for note in found["notes"]] == ["reorganisation", "beyond_scope"]
    assert found["records"]["removed_total"] == 0


async def test_a_commune_that_took_another_in_is_compared_without_it(
    as_: As, system: Tx, plan: str, clock: MovableClock
) -> None:
    paths, made = await sealed(as_, system, plan)
    other = await ready(as_, plan, "commune_b", **TEXTS)
    await handed_in(as_, other, "commune_b")
    clock.set(AFTER)
    absorbed = [
        {"kind": "merged", "old_code": "17509", "new_code": "17510"},
        {"kind": "renamed", "old_code": "16714", "new_code": "16714", "new_name": "Phường Mới"},
    ]
    await as_("province", "coordinator").made("/reorganisations", act(*absorbed))
    viewer = as_("province", "viewer")
    for path in (other, *paths.values()):
        assert (await diff(viewer, path))["unchanged"] is True, path
    told = (await diff(viewer, other))["notes"][0]
    assert "Xã Mã Thành (17509) thành Xã Tiến Thành (17510)" in told["message"]
    renamed = (await diff(viewer, paths["commune_c"]))["notes"][0]["message"]
    assert "Phường Vinh Tân (16714) đổi tên, mã thành Phường Mới (16714)" in renamed
    assert (await as_("school_a1", "editor").change("PATCH", made["school_a1"], {"sessions": 6})).status_code == 200
    assert (await diff(viewer, other))["unchanged"] is True
    assert cells(await diff(viewer, paths["commune_a"]))["form3.total.sessions"] == (8, 10)


async def test_seals_of_the_first_format_are_compared_across_an_act(
    as_: As, system: Tx, plan: str, clock: MovableClock
) -> None:
    paths, made = await sealed(as_, system, plan)
    path = paths["district_yen_thanh"]
    body = (await as_("province", "viewer").get(f"{path}/seal/body")).json()
    body["format"] = "dienhinh.report.1"
    for column in (column for form in body["forms"] for table in form["tables"] for column in table["columns"]):
        del column["records"]
    body["records"] = {name: items for name, items in body["records"].items() if items}
    content = rfc8785.dumps(body)
    row = await queries.get(system.session, UUID(path.rpartition("/")[2]))
    place = {"report_id": row.id, "unit_id": row.unit_id, "unit_path": row.unit_path, "sections": body["sections"]}
    old = {"sequence": 2, "digest": digest(content), "body": content, "sealed_at": system.now, "sealed_by": None}
    await add(system.session, {**place, **old})
    clock.set(AFTER)
    await applied(as_("province", "coordinator"))
    found = await diff(as_("province", "viewer"), path)
    assert (found["sequence"], found["unchanged"], len(found["notes"])) == (2, True, 1)
    assert (await as_("school_a1", "editor").change("PATCH", made["school_a1"], {"sessions": 6})).status_code == 200
    found = await diff(as_("province", "viewer"), path)
    assert cells(found)["form3.total.sessions"] == (12, 14)
    assert {cell["sealed_records"] for cell in found["cells"]} == {f"/api/v1{path}/seal/records?sequence=2"}
