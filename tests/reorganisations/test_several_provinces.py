"""An act of the shape of the nation's, on three provinces: two become one, all districts go, communes merge."""

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.access.actor import Tx
from app.reorganisations.csvfile import COLUMNS
from app.units.loading import load_units
from app.units.references import ref_by_code
from tests.actors import Api
from tests.builders.people import also
from tests.builders.units import unit_id
from tests.conftest import MovableClock
from tests.reorganisations.scene import act
from tests.statistics.scene import Registered, local, register

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

# Units of the small tree are not repeated: Nghệ An with two districts and three communes.
TREE = """code,name,type,parent_code
42,Tỉnh Hà Tĩnh,tỉnh,
436,Thành phố Hà Tĩnh,thành phố,42
439,Huyện Hương Sơn,huyện,42
18070,Phường Trần Phú,phường,436
18073,Phường Nam Hà,phường,436
18133,Thị trấn Phố Châu,thị trấn,439
18136,Xã Sơn Hồng,xã,439
44,Tỉnh Quảng Bình,tỉnh,
450,Thành phố Đồng Hới,thành phố,44
455,Huyện Quảng Trạch,huyện,44
18859,Phường Bắc Lý,phường,450
18943,Xã Quảng Hợp,xã,455
"""
CENTRE = str(unit_id("ministry"))
STRUCTURES = ("current", "as_recorded", "2024-12-31", "2025-07-01")
DISTRICTS = ("412", "426", "436", "439", "450", "455")
INTO = {
    "17509": "17510",
    "17510": "17510",
    "16714": "16714",
    "18070": "18073",
    "18073": "18073",
    "18133": "18136",
    "18136": "18136",
    "18859": "18859",
    "18943": "18943",
}
"""Each commune of before and the one it became, which keeps its code."""
NAMES = {"17510": "Xã Yên Thành", "18073": "Phường Thành Sen", "18136": "Xã Hương Sơn"}


def above(code: str) -> str:
    """The province of a commune since the act."""
    return "40" if code in {"17510", "16714"} else "44"


def changes() -> list[dict[str, Any]]:
    """The lines of the act."""
    province = {"new_code": "44", "kind": "merged", "new_name": "Tỉnh Hà Bình", "new_kind": "province"}
    lines: list[dict[str, Any]] = [
        {"old_code": "40", "new_code": "40", "kind": "unchanged"},
        *({"old_code": code, "new_parent_code": "BCA", **province} for code in ("42", "44")),
        *({"old_code": code, "kind": "dissolved"} for code in DISTRICTS),
    ]
    for old, new in INTO.items():
        line = {"old_code": old, "new_code": new, "new_parent_code": above(new)}
        if new in NAMES:
            kind = "ward" if NAMES[new].startswith("Phường") else "commune"
            lines.append({**line, "kind": "merged", "new_name": NAMES[new], "new_kind": kind})
        else:
            lines.append({**line, "kind": "moved"})
    return lines


def national(**more: Any) -> dict[str, Any]:
    """The body of the act, at the centre."""
    return act(*changes(), **more) | {"unit_id": CENTRE}


@pytest.fixture
async def centre(as_: As, system: Tx, connection: AsyncConnection, clock: MovableClock) -> Api:
    """Somebody who coordinates at the centre, two weeks after the act's day; every unit registered in two years."""
    await also(connection, "ministry", "viewer", "coordinator")
    report = await load_units(system, TREE.encode(), valid_from=date(2024, 1, 1))
    assert (report.created, report.errors) == (12, ())
    for code in (*DISTRICTS, *INTO):
        where = await ref_by_code(system.session, code)
        assert where is not None
        years = ((2023, date(2024, 2, 1)), (2024, date(2024, 9, 1)))
        await register(system, *(Registered(where, year=year, at=local(day)) for year, day in years))
    await system.session.execute(text("UPDATE registrations SET created_at = submitted_at, updated_at = submitted_at"))
    clock.set("2025-07-15T08:00:00+07:00")
    return as_("ministry", "viewer")


async def counted(who: Api, structure: str, group_by: str, **more: Any) -> dict[str | None, int]:
    """Registrations by the code of the unit above, or of the unit itself."""
    asked = {"unit": CENTRE, "group_by": group_by, "structure": structure, **more}
    answer = await who.get("/statistics/registrations", **asked)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    rows = {(row["keys"][group_by] or {}).get("code"): row["values"]["registered"] for row in found["rows"]}
    assert sum(rows.values()) == found["totals"]["registered"]
    return rows


async def living(who: Api) -> Counter[str]:
    """How many units of each level stand."""
    items = (await who.get("/units", limit=200)).json()["items"]
    return Counter(unit["level"] for unit in items)


async def stored(tx: Tx) -> dict[str, Any]:
    """Units and their facts as they stand, but for stamps and versions."""
    units = "SELECT id, path, parent_id, code, name, kind, level, ended_on, successor_id FROM units ORDER BY id"
    facts = "SELECT unit_id, valid_from, valid_to, path, parent_id, code, name, kind FROM unit_facts ORDER BY 1, 2"
    return {sql: (await tx.session.execute(text(sql))).all() for sql in (units, facts)}


async def test_the_figures_of_the_centre_in_four_structures(centre: Api, system: Tx) -> None:
    then = await living(centre)
    made = await centre.made("/reorganisations", national())
    assert made["status"] == "applied"
    levels = {level["level"]: (level["before"], level["after"]) for level in made["balance"]["levels"]}
    assert levels["province"] == (3, 2)
    assert levels["district"] == (6, 0)
    assert levels["commune"] == (9, 6)
    gone = Counter({"province": 1, "district": 6, "commune": 3})
    assert await living(centre) == then - gone
    today, before = {"40": 10, "44": 20}, {"40": 10, "42": 12, "44": 8}
    expected = {"current": today, "2025-07-01": today, "as_recorded": before, "2024-12-31": before}
    assert {structure: await counted(centre, structure, "province") for structure in STRUCTURES} == expected
    merged = {**dict.fromkeys(NAMES, 4), **dict.fromkeys(("16714", "18859", "18943"), 2)}
    apart = dict.fromkeys(INTO, 2)
    for structure in STRUCTURES:
        rows = await counted(centre, structure, "commune")
        assert rows.pop(None) == 12, structure  # what the districts registered themselves
        assert rows == (merged if expected[structure] == today else apart), structure
    heir = await ref_by_code(system.session, "44")
    assert heir is not None
    for structure in STRUCTURES:
        inside = await counted(centre, structure, "commune", unit=str(heir.id))
        assert sum(inside.values()) == 20, structure
        assert inside.get("18133", 0) == (2 if expected[structure] == before else 0), structure


async def test_taken_back_it_leaves_the_tree_as_it_was(centre: Api, system: Tx) -> None:
    before, figures = await stored(system), await counted(centre, "current", "commune")
    made = await centre.made("/reorganisations", national())
    assert await stored(system) != before
    back = await centre.done(f"/reorganisations/{made['id']}", "reverse", note="Nhập nhầm")
    assert back["status"] == "reversed"
    after = await stored(system)
    for sql, rows in before.items():
        new = {row[0] for row in after[sql]} - {row[0] for row in rows}
        assert [row for row in after[sql] if row[0] not in new] == rows, sql
    assert await counted(centre, "current", "commune") == figures
    assert (await centre.made("/reorganisations", national()))["status"] == "applied"


async def test_the_same_act_as_a_file_on_its_day(centre: Api) -> None:
    lines = [{**line, "effective_date": "2025-07-01"} for line in changes()]
    types = {"province": "tỉnh", "ward": "phường", "commune": "xã"}
    cells = [
        {**line, "new_type": types[line["new_kind"]]} if "new_kind" in line else {**line, "new_type": ""}
        for line in lines
    ]
    rows = [",".join(str(cell.get(name, "")) for name in COLUMNS[:7]) for cell in cells]
    content = "\n".join([",".join(COLUMNS[:7]), *rows, ""])
    head = {name: value for name, value in national().items() if name not in {"changes", "effective_on"}}
    sent = {"content": content.encode(), "headers": {"Content-Type": "text/csv"}}
    sheet = await centre.post("/reorganisations/csv", params={**head, "dry_run": "true"}, **sent)
    assert (sheet.status_code, sheet.json()["units_ended"]) == (200, 14), sheet.text
    answer = await centre.post("/reorganisations/csv", params=head, **sent)
    assert (answer.status_code, answer.json()["status"]) == (201, "applied"), answer.text
    assert await counted(centre, "current", "province") == {"40": 10, "44": 20}


async def test_it_is_for_the_centre(centre: Api, as_: As) -> None:
    assert (await as_("province", "coordinator").post("/reorganisations", national())).status_code == 404
    inside = await as_("province", "coordinator").post("/reorganisations", act(*changes()))
    assert inside.status_code == 422
    assert "/changes/1/old_code" in {error["pointer"] for error in inside.json()["errors"]}
    assert (await as_("province", "viewer").post("/reorganisations", act(*changes()))).status_code == 403
    assert (await living(centre))["district"] == 6
