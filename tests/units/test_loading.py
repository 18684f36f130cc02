"""Loading units: the real file, all of it or nothing, twice the same."""

from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from app.access.actor import Tx
from app.units.loading import LoadReport, Root, ensure_root, load_units
from app.units.models import Unit, UnitFact
from tests.actors import Api
from tests.builders.units import TREE, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
SHIPPED = resources.files("app.data").joinpath("units", "nghe_an_2024.csv").read_bytes()
NAME_ORDER = (Path(__file__).parents[1] / "data" / "name_order_nghe_an.txt").read_text("utf-8").splitlines()
HEADER = "code,name,type,parent_code\n"
DAY = date(2024, 1, 1)


async def load(tx: Tx, body: str, day: date = DAY) -> LoadReport:
    """Load the rows ``body``."""
    return await load_units(tx, (HEADER + body).encode(), valid_from=day)


async def count(tx: Tx) -> tuple[int, int]:
    """How many units and facts are stored."""
    units = await tx.session.execute(select(func.count()).select_from(Unit))
    facts = await tx.session.execute(select(func.count()).select_from(UnitFact))
    return units.scalar_one(), facts.scalar_one()


def faults(report: LoadReport) -> list[tuple[int, str | None, str]]:
    """The errors of a load that wrote nothing, as (line, column, code)."""
    assert (report.created, report.unchanged) == (0, 0)
    assert all(error.vi and error.en for error in report.errors)
    return [(error.line, error.column, error.code) for error in report.errors]


async def everything(api: Api, where: str = "/units", **params: Any) -> list[dict[str, Any]]:
    """All items of a listing, page by page."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await api.get(where, limit=200, **params, **cursor)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


async def test_the_real_units_of_nghe_an(as_: As, system: Tx, audit: Callable[..., Any]) -> None:
    seen: list[tuple[int, int]] = []
    report = await load_units(system, SHIPPED, valid_from=DAY, on_progress=lambda done, of: seen.append((done, of)))
    assert report == LoadReport(created=476, unchanged=6)  # six of them are in the small tree
    assert seen[-1] == (476, 476)
    (event,) = await audit()
    assert (event.verb, event.unit_id, event.after["created"]) == ("unit.load", unit_id("ministry"), 476)
    api = as_("commune_a", "viewer")
    levels = [unit["level"] for unit in await everything(api)]
    assert {level: levels.count(level) for level in set(levels)} == {
        "central": 1,
        "province": 1,
        "district": 21,
        "commune": 460,
        "base": 2,
    }
    # Yên Thành with its 39 communes (38 xã, 1 thị trấn) and the school of the small tree.
    under = await everything(api, under=str(unit_id("district_yen_thanh")))
    assert [unit["level"] for unit in under].count("commune") == len(under) - 2
    assert {unit["parent"]["code"] for unit in under if unit["level"] == "commune"} == {"426"}


@pytest.mark.parametrize("q", ["yen thanh", "Yên Thành", "Ye\u0302n Tha\u0300nh"])
async def test_yen_thanh_is_found_however_it_is_written(as_: As, system: Tx, q: str) -> None:
    await load_units(system, SHIPPED, valid_from=DAY)
    found = {unit["name"] for unit in await everything(as_("commune_a", "viewer"), q=q)}
    assert found == {"Huyện Yên Thành", "Thị trấn Yên Thành", "Xã Thanh Yên"}  # not Huyện Thanh Chương


async def test_a_short_first_word_does_not_find_whatever_begins_with_it(as_: As, system: Tx) -> None:
    await load_units(system, SHIPPED, valid_from=DAY)
    found = {unit["name"] for unit in await everything(as_("commune_a", "viewer"), q="ma thanh")}
    assert found == {"Xã Mã Thành", "Trường THCS Mã Thành"}


async def test_the_names_stand_in_icus_order(as_: As, system: Tx) -> None:
    await load_units(system, SHIPPED, valid_from=DAY)
    units = await everything(as_("commune_a", "viewer"), under=str(unit_id("province")))
    names = [unit["short_name"] for unit in units if unit["level"] != "base"]
    assert list(dict.fromkeys(names)) == NAME_ORDER


async def test_loading_again_changes_nothing(system: Tx, audit: Callable[..., Any]) -> None:
    await load_units(system, SHIPPED, valid_from=DAY)
    before, events = await count(system), len(await audit())
    assert await load_units(system, SHIPPED, valid_from=DAY) == LoadReport(created=0, unchanged=482)
    assert (await count(system), len(await audit())) == (before, events)


async def test_an_empty_database_gets_its_root(system: Tx, audit: Callable[..., Any]) -> None:
    await system.session.execute(
        update(Unit)
        .where(Unit.id == unit_id("ministry"))
        .values(level="province", kind="province", parent_id=unit_id("ministry"))
    )
    root = await ensure_root(system, valid_from=DAY, root=Root("X", "Bộ X"))
    assert await ensure_root(system, valid_from=DAY) == root
    stored = (await system.session.execute(select(Unit).where(Unit.id == root.id))).one()
    assert (stored.code, stored.level, stored.parent_id, stored.path) == ("X", "central", None, root.path)
    assert [event.verb for event in await audit()] == ["unit.create"]
    assert (await load(system, "41,Tỉnh Mới,tỉnh,\n")).created == 1
    province = (await system.session.execute(select(Unit).where(Unit.code == "41"))).one()
    assert province.parent_id == root.id


async def test_the_first_load_makes_the_root_and_every_fact(system: Tx, audit: Callable[..., Any]) -> None:
    await system.session.execute(
        update(Unit)
        .where(Unit.id == unit_id("ministry"))
        .values(level="province", kind="province", parent_id=unit_id("ministry"), code="X")
    )
    assert (await load(system, "41,Tỉnh Mới,tỉnh,\n429,Huyện Mới,huyện,41\n")).created == 2
    rows = await system.session.execute(
        select(UnitFact.code, UnitFact.path, Unit.path.label("now"), UnitFact.valid_from)
        .join(Unit, Unit.id == UnitFact.unit_id)
        .where(UnitFact.code.in_(["41", "429"]) | (UnitFact.path == Unit.path) & (UnitFact.code == "BCA"))
        .order_by(UnitFact.path)
    )
    found = list(rows)
    assert [row.code for row in found][-2:] == ["41", "429"]
    assert all(row.path == row.now and row.valid_from == DAY for row in found)
    assert found[-1].path.startswith(found[-2].path)
    assert [event.verb for event in await audit()] == ["unit.create", "unit.load"]


async def test_base_units_hang_under_what_is_there(system: Tx, as_: As) -> None:
    report = await load(system, "CQ1,Công an xã Mã Thành,cơ quan,17509\nDN1,Doanh nghiệp An Phú,doanh nghiệp,426\n")
    assert report == LoadReport(created=2, unchanged=0)
    found = (await as_("commune_b", "viewer").get("/units", code="DN1")).json()["items"]
    assert [(unit["short_name"], unit["parent"]["code"]) for unit in found] == [("An Phú", "426")]


@pytest.mark.parametrize(
    ("body", "day", "expected"),
    [
        ("17511,Xã A,xã,426\n17512,Xã B,xã,999\n", DAY, [(3, "parent_code", "unknown_parent")]),
        ("17511,Xã A,xã,17509\n", DAY, [(2, "parent_code", "parent_level")]),
        ("17511,Xã A,xã,426\n17511,Xã B,xã,426\n", DAY, [(3, "code", "duplicate_code")]),
        (
            "1,Huyện A,huyện,2\n2,Huyện B,huyện,1\n",
            DAY,
            [(2, "parent_code", "cycle"), (3, "parent_code", "cycle")],
        ),
        ("17511,Xã A,xã,426\n17509,Xã Khác,xã,426\n", DAY, [(3, None, "already_loaded_differently")]),
        ("17509,Xã Mã Thành,xã,412\n", DAY, [(2, None, "already_loaded_differently")]),
        ("17509,Xã Mã Thành,xã,426\n", date(2023, 12, 31), [(2, None, "already_loaded_differently")]),
        ("17511,Xã A,xã,426\n", date(2023, 12, 31), [(2, "parent_code", "parent_not_in_force")]),
        ("17511,Xã A,xã,426\n", date(2024, 7, 2), [(1, None, "wrong_date")]),
        ("17511,Xã A,xã,426\n", date(1899, 1, 1), [(1, None, "wrong_date")]),
        ("BCA,Tỉnh Công an,tỉnh,\n", DAY, [(2, None, "already_loaded_differently")]),
    ],
)
async def test_one_mistake_and_nothing_is_loaded(
    system: Tx, audit: Callable[..., Any], body: str, day: date, expected: list[tuple[int, str | None, str]]
) -> None:
    assert faults(await load(system, body, day)) == expected
    assert await count(system) == (len(TREE), len(TREE))
    assert await audit() == []


async def test_a_later_date_with_the_same_facts_is_no_change(system: Tx) -> None:
    assert await load(system, "17509,Xã Mã Thành,xã,426\n", date(2024, 6, 1)) == LoadReport(0, 1)


async def test_a_code_is_free_from_the_day_on_which_its_unit_ended(as_: As, system: Tx) -> None:
    await as_("commune_a", "editor").done(f"/units/{unit_id('school_a1')}", "end", ended_on="2024-06-01")
    again = "TH-17509-1,Trường Mới,cơ sở giáo dục,17509\n"
    assert faults(await load(system, again, date(2024, 5, 31))) == [(2, "code", "code_in_use")]
    assert (await load(system, again, date(2024, 6, 1))).created == 1


async def test_a_date_before_the_load_shows_nothing_of_it(as_: As, system: Tx) -> None:
    await load(system, "17511,Xã A,xã,426\n", date(2024, 3, 1))
    api = as_("commune_a", "viewer")
    assert (await api.get("/units", code="17511", as_of="2024-02-29")).json()["items"] == []
    assert len((await api.get("/units", code="17511", as_of="2024-03-01")).json()["items"]) == 1
