"""Units over HTTP, read: everyone signed in may, today's tree and that of any date."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import insert, text, update

from app.access.actor import Tx
from app.kernel.ids import new_id
from app.units.facts import describe
from app.units.models import Unit, UnitFact
from tests.actors import Api, codes
from tests.builders.units import label, path, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def listed(api: Api, where: str = "/units", **params: Any) -> list[str]:
    """The codes of a listing."""
    answer = await api.get(where, **params)
    assert answer.status_code == 200, answer.text
    return [item["code"] for item in answer.json()["items"]]


async def rename_commune_a(tx: Tx) -> None:
    """commune_a is called otherwise since 1/5/2024, under the same district."""
    old = UnitFact.unit_id == unit_id("commune_a")
    await tx.session.execute(update(UnitFact).where(old).values(valid_to=date(2024, 5, 1)))
    facts = describe("17509", "Xã Thanh Thành", "commune")
    place = {"label": label("commune_a"), "path": path("commune_a"), "parent_id": unit_id("district_yen_thanh")}
    dated = {"id": new_id(), "unit_id": unit_id("commune_a"), "valid_from": date(2024, 5, 1)}
    await tx.session.execute(insert(UnitFact), [{**facts, **place, **dated, "legal_basis": "NQ 1/NQ-HĐND"}])
    await tx.session.execute(update(Unit).where(Unit.id == unit_id("commune_a")).values(**facts))


async def end_commune_b(tx: Tx) -> None:
    """commune_b went into commune_a on 1/6/2024."""
    old = UnitFact.unit_id == unit_id("commune_b")
    await tx.session.execute(update(UnitFact).where(old).values(valid_to=date(2024, 6, 1)))
    await tx.session.execute(
        update(Unit)
        .where(Unit.id == unit_id("commune_b"))
        .values(
            ended_on=date(2024, 6, 1),
            successor_id=unit_id("commune_a"),
            parent_id=unit_id("commune_a"),
            path=path("commune_a") + path("commune_b")[-7:],
            updated_at=datetime.fromisoformat("2030-01-01T00:00:00Z"),
        )
    )


@pytest.mark.parametrize(
    "where", ["/units", f"/units/{unit_id('commune_a')}", f"/units/{unit_id('commune_a')}/history"]
)
async def test_anonymous_is_refused(anonymous: Api, where: str) -> None:
    assert (await anonymous.get(where)).status_code == 401


async def test_a_unit_says_what_and_where_it_is(as_: As) -> None:
    answer = await as_("commune_b", "viewer").get(f"/units/{unit_id('district_yen_thanh')}")
    seen = answer.json()
    assert {name: seen[name] for name in ("code", "name", "short_name", "kind", "kind_title", "level")} == {
        "code": "426",
        "name": "Huyện Yên Thành",
        "short_name": "Yên Thành",
        "kind": "rural_district",
        "kind_title": "huyện",
        "level": "district",
    }
    assert seen["parent"] == {"id": str(unit_id("province")), "code": "40", "name": "Tỉnh Nghệ An"}
    assert (seen["valid_from"], seen["valid_to"], seen["ended_on"]) == ("2024-01-01", None, None)
    assert (seen["status"], seen["editable"], seen["allowed_actions"]) == ("in_force", False, [])
    assert not {"path", "label"} & set(seen)
    unchanged = await as_("commune_b", "viewer").get(
        f"/units/{unit_id('district_yen_thanh')}", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert unchanged.status_code == 304


async def test_the_root_has_no_parent(as_: As) -> None:
    assert (await as_("commune_a", "viewer").get(f"/units/{unit_id('ministry')}")).json()["parent"] is None


@pytest.mark.parametrize(("unit", "role", "may"), [("commune_a", "editor", True), ("commune_a", "viewer", False)])
async def test_a_unit_says_what_the_caller_may_do(as_: As, unit: str, role: str, may: bool) -> None:
    seen = (await as_(unit, role).get(f"/units/{unit_id('school_a1')}")).json()
    assert (seen["editable"], [action["action"] for action in seen["allowed_actions"]]) == (may, ["end"] if may else [])


@pytest.mark.parametrize("where", ["", "/children", "/ancestors", "/history"])
async def test_an_unknown_unit_is_not_found(as_: As, where: str) -> None:
    assert (await as_("province", "viewer").get(f"/units/{new_id()}{where}")).status_code == 404


async def test_filters_narrow_the_list(as_: As) -> None:
    api = as_("school_a1", "viewer")  # of the school, yet it reads the whole tree
    assert len(await listed(api)) == 9
    assert await listed(api, under=str(unit_id("district_yen_thanh")), sort="code") == [
        "17509",
        "17510",
        "426",
        "TH-17509-1",
    ]
    assert await listed(api, parent_id=str(unit_id("province")), level="district") == ["412", "426"]
    assert await listed(api, kind="agency") == ["SO-40-1"]
    assert await listed(api, code="16714") == ["16714"]
    assert await listed(api, code="1671") == []
    total = (await api.get("/units", level="commune", include_total="true", limit=1)).json()
    assert (total["total"], len(total["items"])) == (3, 1)


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("yen thanh", ["426"]),
        ("Yên Thành", ["426"]),
        ("Ye\u0302n Tha\u0300nh", ["426"]),  # NFD
        ("THANH  yen", ["426"]),
        ("huyen", ["426"]),
        ("thanh-yen", ["426"]),
        ("uyen yen", []),
        ("yen tha", ["426"]),  # the last word may be half typed
        ("ye thanh", []),  # the others are whole
        ("m thanh", []),
        ("ma thanh ", ["17509", "TH-17509-1"]),
        ("ma thanh", ["17509", "TH-17509-1"]),
        ("đao TAO", ["SO-40-1"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("xa%thanh", []),
    ],
)
async def test_names_are_found_without_accents(as_: As, q: str, found: list[str]) -> None:
    assert sorted(await listed(as_("commune_a", "viewer"), q=q)) == sorted(found)


async def test_names_stand_in_vietnamese_order(as_: As) -> None:
    api = as_("commune_a", "viewer")
    names = [i["short_name"] for i in (await api.get("/units")).json()["items"]]
    assert names == [
        "Bộ Công an",
        "Mã Thành",
        "Nghệ An",
        "Sở Giáo dục và Đào tạo",
        "Tiến Thành",
        "Trường THCS Mã Thành",
        "Vinh",
        "Vinh Tân",
        "Yên Thành",
    ]
    assert await listed(api, sort="-name") == list(reversed(await listed(api)))
    assert await listed(api, sort="-code") == list(reversed(await listed(api, sort="code")))


@pytest.mark.parametrize("sort", ["name", "-name", "code", "-code"])
async def test_pages_follow_one_another(as_: As, sort: str) -> None:
    api = as_("commune_a", "viewer")
    seen, cursor = [], None
    while True:
        page = (await api.get("/units", limit=4, sort=sort, **({"cursor": cursor} if cursor else {}))).json()
        seen += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == await listed(api, sort=sort)


async def test_children_and_ancestors(as_: As) -> None:
    api = as_("commune_c", "viewer")
    assert await listed(api, f"/units/{unit_id('province')}/children", sort="-name") == ["426", "412", "SO-40-1"]
    assert await listed(api, f"/units/{unit_id('school_a1')}/children") == []
    assert await listed(api, f"/units/{unit_id('school_a1')}/ancestors") == ["BCA", "40", "426", "17509"]
    assert await listed(api, f"/units/{unit_id('ministry')}/ancestors") == []


async def test_a_date_shows_the_tree_of_that_date(as_: As, system: Tx) -> None:
    await rename_commune_a(system)
    await end_commune_b(system)
    api = as_("commune_c", "viewer")
    where = f"/units/{unit_id('district_yen_thanh')}/children"
    assert await listed(api, where) == ["17509"]
    assert await listed(api, where, as_of="2024-05-31") == ["17509", "17510"]
    before = (await api.get(f"/units/{unit_id('commune_a')}", as_of="2024-04-30")).json()
    assert (before["name"], before["valid_from"], before["valid_to"]) == ("Xã Mã Thành", "2024-01-01", "2024-05-01")
    after = (await api.get(f"/units/{unit_id('commune_a')}", as_of="2024-05-01")).json()
    assert (after["name"], after["valid_to"]) == ("Xã Thanh Thành", None)
    school = (await api.get(f"/units/{unit_id('school_a1')}", as_of="2024-04-30")).json()
    assert school["parent"]["name"] == "Xã Mã Thành"
    assert (await api.get(f"/units/{unit_id('school_a1')}")).json()["parent"]["name"] == "Xã Thanh Thành"
    assert await listed(api, q="xa ma thanh", as_of="2024-02-01") == ["17509"]
    assert await listed(api, q="xa ma thanh", as_of="2024-06-01") == []
    assert await listed(api, f"/units/{unit_id('school_a1')}/ancestors", as_of="2024-02-01") == [
        "BCA",
        "40",
        "426",
        "17509",
    ]
    under = {"under": str(unit_id("district_yen_thanh")), "level": "commune"}
    assert await listed(api, as_of="2024-05-31", sort="code", **under) == ["17509", "17510"]
    assert await listed(api, as_of="2024-06-01", **under) == ["17509"]
    assert await listed(api, as_of="2023-12-31") == []
    assert (await api.get(f"/units/{unit_id('commune_b')}", as_of="2023-12-31")).status_code == 404
    assert (await api.get(f"/units/{unit_id('commune_b')}", as_of="2024-06-01")).status_code == 404


async def test_an_ended_unit_hangs_under_its_successor(as_: As, system: Tx) -> None:
    await end_commune_b(system)
    api = as_("commune_c", "viewer")
    assert await listed(api, level="commune", sort="code") == ["16714", "17509"]
    assert await listed(api, level="commune", sort="code", include_ended="true") == ["16714", "17509", "17510"]
    ended = (await api.get(f"/units/{unit_id('commune_b')}")).json()
    assert (ended["status"], ended["ended_on"], ended["valid_to"]) == ("ended", "2024-06-01", "2024-06-01")
    assert ended["successor_id"] == ended["parent"]["id"] == str(unit_id("commune_a"))
    below = {"under": str(unit_id("commune_a")), "sort": "code"}
    assert await listed(api, **below) == ["17509", "TH-17509-1"]
    assert await listed(api, include_ended="true", **below) == ["17509", "17510", "TH-17509-1"]
    # Whoever pulls changes learns of the end without asking for it.
    assert await listed(api, updated_since="2029-01-01T00:00:00Z") == ["17510"]
    both = await api.get("/units", include_ended="true", as_of="2024-05-01")
    assert (both.status_code, codes(both)) == (422, [("/include_ended", "not_with_as_of")])


async def test_history_is_newest_first_with_its_basis(as_: As, system: Tx) -> None:
    await rename_commune_a(system)
    items = (await as_("commune_c", "viewer").get(f"/units/{unit_id('commune_a')}/history")).json()["items"]
    assert [(i["name"], i["valid_from"], i["valid_to"], i["legal_basis"]) for i in items] == [
        ("Xã Thanh Thành", "2024-05-01", None, "NQ 1/NQ-HĐND"),
        ("Xã Mã Thành", "2024-01-01", "2024-05-01", None),
    ]
    assert items[0]["parent"]["code"] == "426"


@pytest.mark.parametrize(
    ("params", "fault"),
    [
        ({"level": "huyện"}, ("/level", "literal_error")),
        ({"kind": "shop"}, ("/kind", "literal_error")),
        ({"sort": "kind"}, ("/sort", "literal_error")),
        ({"under": "426"}, ("/under", "uuid_parsing")),
        ({"as_of": "1/7/2024"}, ("/as_of", "date_parsing")),
        ({"as_off": "2024-07-01"}, ("/as_off", "extra_forbidden")),
        ({"limit": "201"}, ("/limit", "less_than_equal")),
    ],
)
async def test_bad_parameters_are_named(as_: As, params: dict[str, Any], fault: tuple[str, str]) -> None:
    answer = await as_("commune_a", "viewer").get("/units", **params)
    assert (answer.status_code, codes(answer)) == (422, [fault])


async def test_the_words_taken_are_listed_in_the_reader_s_language(as_: As) -> None:
    viewer = as_("commune_a", "viewer")
    told = [
        (await viewer.get("/units", sort="kind", headers={"Accept-Language": language})).json()["detail"]
        for language in ("vi", "en")
    ]
    assert told[0] == "Chỉ nhận: 'name', '-name', 'code' hoặc '-code'"
    assert told[1] == "One of 'name', '-name', 'code' or '-code' is expected"


@pytest.mark.parametrize(
    ("where", "most"),
    [
        ("/units?include_total=true&under=" + str(unit_id("province")), 3),
        ("/units?as_of=2024-05-01&q=thanh", 2),
        (f"/units/{unit_id('commune_a')}", 2),
        (f"/units/{unit_id('province')}/children", 3),
        (f"/units/{unit_id('school_a1')}/ancestors", 3),
        (f"/units/{unit_id('school_a1')}/history", 3),
    ],
)
async def test_reading_takes_few_statements(as_: As, statements: Any, where: str, most: int) -> None:
    assert (await as_("commune_a", "viewer").get(where)).status_code == 200
    assert 1 < len(statements.seen) <= most


async def test_the_database_refuses_two_facts_for_one_day(system: Tx) -> None:
    facts = describe("17509", "Xã Thanh Thành", "commune")
    place = {"label": label("commune_a"), "path": path("commune_a"), "parent_id": unit_id("district_yen_thanh")}
    dated = {"id": new_id(), "unit_id": unit_id("commune_a"), "valid_from": date(2024, 5, 1)}
    with pytest.raises(Exception, match="ex_unit_facts_span"):
        await system.session.execute(insert(UnitFact), [{**facts, **place, **dated}])


async def test_the_fence_lets_nobody_write_units_outside(system: Tx, connection: Any) -> None:
    scope = (
        "SELECT set_config('role', 'dienhinh_app', true), set_config('app.scope_list', '', true),"
        " set_config('app.scope_from', :low, true), set_config('app.scope_to', :high, true)"
    )
    low = path("commune_a")
    await connection.execute(text(scope), {"low": low, "high": low[:-1] + "/"})
    everything = await connection.execute(text("UPDATE units SET updated_at = now() RETURNING code"))
    assert {row.code for row in everything} == {"17509", "TH-17509-1"}
    facts = await connection.execute(text("UPDATE unit_facts SET legal_basis = 'x' RETURNING code"))
    assert {row.code for row in facts} == {"17509", "TH-17509-1"}
    away = text("UPDATE units SET path = :path, parent_id = :parent WHERE id = :id")
    values = {"path": path("commune_b") + "00ffff.", "parent": unit_id("commune_b"), "id": unit_id("school_a1")}
    with pytest.raises(Exception, match="row-level security"):
        await connection.execute(away, values)
