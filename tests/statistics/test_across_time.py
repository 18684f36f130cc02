"""One area through the years: what was done there is summed as the tree asked for has it, and says where it is not the
same area. Four acts on the small tree, counted by hand.

1/12/2024: Mã Thành (17509) is split into itself and Xã Đông (17511), which takes nothing of its past.
1/3/2025: Vinh Tân (16714) goes from Vinh (412) to Yên Thành (426).
1/7/2025: Tiến Thành (17510) and Xã Đông become Xã Thành Mới (17512).
1/9/2025: Vinh Tân gets another name.
"""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.units import unit_id
from tests.conftest import MovableClock, Statements
from tests.reorganisations.scene import applied
from tests.statistics.scene import Registered, local, register
from tests.statistics.test_figures import figures, table

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]

ACTS: dict[str, list[dict[str, Any]]] = {
    "2024-12-01": [
        {"kind": "split", "old_code": "17509", "new_code": "17509", "primary": True},
        {
            "kind": "split",
            "old_code": "17509",
            "new_code": "17511",
            "new_name": "Xã Đông",
            "new_kind": "commune",
            "new_parent_code": "426",
        },
    ],
    "2025-03-01": [{"kind": "moved", "old_code": "16714", "new_code": "16714", "new_parent_code": "426"}],
    "2025-07-01": [
        {
            "kind": "merged",
            "old_code": "17510",
            "new_code": "17512",
            "new_name": "Xã Thành Mới",
            "new_kind": "commune",
            "new_parent_code": "426",
        },
        {"kind": "merged", "old_code": "17511", "new_code": "17512"},
    ],
    "2025-09-01": [
        {"kind": "renamed", "old_code": "16714", "new_code": "16714", "new_name": "Phường Mới", "new_kind": "ward"}
    ],
}


DID = {
    "17509": (2023, 2024, 2025, 2026),
    "17510": (2023, 2024, 2025),
    "17511": (2025,),
    "17512": (2026,),
    "16714": (2023, 2024, 2025, 2026),
}
"""In which years each commune registered, always on 1 February."""

_OF = text(
    "UPDATE registrations r SET unit_id = u.id, unit_path = u.path FROM units u WHERE u.code = :code AND r.id = :id"
)


@pytest.fixture
async def province(as_: As, system: Tx, clock: MovableClock) -> Api:
    """A reader of the province in 2026; every commune registered in each year in which it stood."""
    coordinator = as_("province", "coordinator")
    for day, changes in ACTS.items():
        clock.set(f"{day}T08:00:00+07:00")
        await applied(coordinator, changes=changes, effective_on=day, decision_number=f"NQ {day}")
    clock.set("2026-03-01T08:00:00+07:00")
    for code, years in DID.items():
        for year in years:
            (made,) = await register(system, Registered("province", year=year, at=local(date(year, 2, 1))))
            await system.session.execute(_OF, {"code": code, "id": made})
    return as_("province", "viewer")


def marks(answer: dict[str, Any]) -> dict[tuple[str, int], list[str]]:
    """By code and year the days of the acts that mark the row."""
    return {
        (row["keys"][answer["group_by"][0]]["code"], row["keys"]["year"]): [
            answer["changes"][i]["effective_on"] for i in row["changes"]
        ]
        for row in answer["rows"]
    }


async def test_a_commune_of_today_through_the_years(province: Api) -> None:
    answer = await figures(province, "registrations", group_by="commune,year", structure="current")
    assert {(code, year): n for code, year, n in table(answer, "registered")} == {
        ("16714", 2023): 1,
        ("16714", 2024): 1,
        ("16714", 2025): 1,
        ("16714", 2026): 1,
        ("17509", 2023): 1,
        ("17509", 2024): 1,
        ("17509", 2025): 1,
        ("17509", 2026): 1,
        ("17512", 2023): 1,  # Tiến Thành alone: Xã Đông has none of what Mã Thành did
        ("17512", 2024): 1,
        ("17512", 2025): 2,  # Tiến Thành and Xã Đông
        ("17512", 2026): 1,
    }
    split, merged, renamed = "2024-12-01", "2025-07-01", "2025-09-01"
    assert marks(answer) == {
        ("16714", 2023): [renamed],
        ("16714", 2024): [renamed],
        ("16714", 2025): [renamed],
        ("16714", 2026): [],
        ("17509", 2023): [split],
        ("17509", 2024): [split],
        ("17509", 2025): [],
        ("17509", 2026): [],
        ("17512", 2023): [split, merged],
        ("17512", 2024): [split, merged],
        ("17512", 2025): [merged],
        ("17512", 2026): [],
    }


async def test_what_happened_is_told_once(province: Api) -> None:
    answer = await figures(province, "registrations", group_by="commune,year", structure="current")
    told = {(one["unit"]["code"], one["effective_on"]): one for one in answer["changes"]}
    assert len(told) == len(answer["changes"]) == 4
    merged = told["17512", "2025-07-01"]
    assert (merged["kinds"], merged["area_changed"], merged["decision_number"]) == (["merged"], True, "NQ 2025-07-01")
    assert [one["name"] for one in merged["came"]] == ["Xã Tiến Thành", "Xã Đông"]
    kept = told["17509", "2024-12-01"]
    assert (kept["came"], [(one["code"], one["is_primary"]) for one in kept["went"]]) == ([], [("17511", False)])
    gained = told["17512", "2024-12-01"]
    assert [(one["code"], one["kind"], one["is_primary"]) for one in gained["came"]] == [("17509", "split", False)]
    assert (kept["message"], gained["message"]) == (
        "Địa bàn Xã Mã Thành (17509): từ 1/12/2024 một phần thuộc Xã Đông (17511) (NQ 2024-12-01)",
        "Địa bàn Xã Thành Mới (17512): từ 1/12/2024 gồm một phần địa bàn của Xã Mã Thành (17509) (NQ 2024-12-01)",
    )
    named = told["16714", "2025-09-01"]
    assert named["message"] == (
        "Địa bàn Phường Mới (16714): từ 1/9/2025 tên Phường Vinh Tân (16714) không còn dùng (NQ 2025-09-01)"
    )
    assert (named["kinds"], named["area_changed"], named["went"]) == (["renamed"], False, [])
    assert [one["name"] for one in named["came"]] == ["Phường Vinh Tân"]


async def test_a_district_changes_when_its_communes_move(province: Api) -> None:
    answer = await figures(province, "registrations", group_by="district,year", structure="current")
    assert table(answer, "registered") == [("426", 2023, 3), ("426", 2024, 3), ("426", 2025, 4), ("426", 2026, 3)]
    assert marks(answer) == {
        ("426", 2023): ["2025-03-01"],
        ("426", 2024): ["2025-03-01"],
        ("426", 2025): ["2025-03-01"],
        ("426", 2026): [],
    }
    (moved,) = answer["changes"]
    assert (moved["kinds"], [one["code"] for one in moved["came"]], moved["went"]) == (["moved"], ["16714"], [])
    # A tree of the past is marked for the years since.
    then = await figures(province, "registrations", group_by="district,year", structure="2024-12-31")
    assert [row for row in table(then, "registered") if row[0] == "412"] == [
        ("412", 2023, 1),
        ("412", 2024, 1),
        ("412", 2025, 1),
        ("412", 2026, 1),
    ]
    assert {key: days for key, days in marks_of_known(then).items() if key[0] == "412"} == {
        ("412", 2023): [],
        ("412", 2024): [],
        ("412", 2025): ["2025-03-01"],
        ("412", 2026): ["2025-03-01"],
    }
    lost = next(one for one in then["changes"] if one["unit"]["code"] == "412")
    assert (lost["came"], [one["code"] for one in lost["went"]]) == ([], ["16714"])


def marks_of_known(answer: dict[str, Any]) -> dict[tuple[str, int], list[str]]:
    """The same where some rows have no unit."""
    known = [row for row in answer["rows"] if row["keys"]["district"] is not None]
    return marks({**answer, "rows": known})


async def test_a_comparison_is_marked_for_either_year(province: Api) -> None:
    asked = {"group_by": "commune", "structure": "current"}
    answer = await figures(province, "registrations", year=2026, compare=2024, **asked)
    found = {row["keys"]["commune"]["code"]: [answer["changes"][i]["effective_on"] for i in row["changes"]]
             for row in answer["rows"]}  # fmt: skip
    assert found == {"16714": ["2025-09-01"], "17509": ["2024-12-01"], "17512": ["2024-12-01", "2025-07-01"]}
    later = await figures(province, "registrations", year=2026, compare=2025, **asked)
    assert [(one["unit"]["code"], one["effective_on"]) for one in later["changes"]] == [
        ("16714", "2025-09-01"),
        ("17512", "2025-07-01"),
    ]


async def test_only_where_years_stand_side_by_side_in_one_tree(province: Api) -> None:
    for asked in ({"group_by": "commune"}, {"group_by": "year"}, {"group_by": "commune,year"}):
        answer = await figures(province, "registrations", **asked)
        assert "changes" not in answer
        assert all("changes" not in row for row in answer["rows"])
    answer = await figures(province, "registrations", group_by="year", structure="current")
    assert "changes" not in answer


async def test_a_split_is_said_where_its_records_count(province: Api) -> None:
    answer = await figures(province, "registrations", group_by="commune", structure="current", year=2024)
    (note,) = [note for note in answer["notes"] if note["code"] == "split_unit"]
    assert note["message"] == (
        "Xã Mã Thành (17509) được chia từ 1/12/2024 cho Xã Mã Thành (17509) và Xã Đông (17511);"
        " số liệu trước ngày đó tính cho Xã Mã Thành (17509)"
    )
    assert (note["unit"]["code"], note["primary"]["code"], note["effective_on"]) == ("17509", "17509", "2024-12-01")
    assert [one["code"] for one in note["successors"]] == ["17509", "17511"]
    assert note["decision_number"] == "NQ 2024-12-01"
    english = Api(province.http, {**province.headers, "Accept-Language": "en"})
    told = await figures(english, "registrations", group_by="commune", structure="current", year=2024)
    assert "was split on 1/12/2024 among Xã Mã Thành (17509) and Xã Đông (17511)" in told["notes"][-1]["message"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"structure": "2025-01-01"}, True),
        ({"structure": "2024-12-01"}, True),
        ({"structure": "2024-11-30"}, False),  # not yet split
        ({"structure": "as_recorded"}, False),
        ({"structure": "current", "year": 2025}, False),  # recorded since: the unit's own
        ({"structure": "current", "commune": unit_id("commune_a")}, True),
        ({"structure": "current", "commune": unit_id("commune_c")}, False),
        ({"structure": "current", "district": unit_id("district_yen_thanh"), "group_by": "commune,year"}, True),
        ({"structure": "current", "status": "returned"}, False),  # none of these was returned
        ({"structure": "current", "unit": unit_id("commune_c")}, False),
    ],
)
async def test_a_split_is_said_nowhere_else(province: Api, asked: dict[str, Any], said: bool) -> None:
    answer = await figures(province, "registrations", **{name: str(value) for name, value in asked.items()})
    assert ("split_unit" in [note["code"] for note in answer["notes"]]) is said


async def test_the_one_that_took_a_part_is_told_who_has_its_past(province: Api, as_: As) -> None:
    new = (await province.get("/units", code="17512")).json()["items"][0]["id"]
    asked = {"unit": new, "structure": "current"}
    assert [n["code"] for n in (await figures(province, "registrations", **asked))["notes"]][-1] == "split_unit"
    later = await figures(province, "registrations", **asked, year=2026)
    assert "split_unit" not in [note["code"] for note in later["notes"]]


async def test_a_unit_that_a_past_tree_did_not_have(province: Api) -> None:
    answer = await figures(province, "registrations", group_by="commune", structure="2024-06-30")
    (note,) = [note for note in answer["notes"] if note["code"] == "unit_not_yet"]
    assert note["message"] == (
        "2 đơn vị có số liệu chưa được thành lập vào ngày 30/6/2024 (Xã Đông (17511), Xã Thành Mới (17512)); số liệu"
        " của các đơn vị này tính cho Huyện Yên Thành (426)"
    )
    assert (note["unit_count"], [one["code"] for one in note["counted_for"]]) == (2, ["426"])
    rows = dict(table(answer, "registered"))
    assert rows == {"16714": 4, "17509": 4, "17510": 3, None: 2}
    early = await figures(province, "registrations", group_by="commune", structure="2024-06-30", year=2023)
    assert "unit_not_yet" not in [note["code"] for note in early["notes"]]


async def test_what_it_costs(province: Api, statements: Statements) -> None:
    for asked, most in (
        ({"group_by": "commune", "structure": "as_recorded"}, 3),
        ({"group_by": "commune", "structure": "current"}, 4),
        ({"group_by": "commune,year", "structure": "current"}, 5),
        ({"group_by": "commune", "structure": "current", "unit": str(unit_id("commune_c"))}, 3),
    ):
        statements.seen.clear()
        await figures(province, "registrations", **asked)
        assert len(statements.seen) == most, asked


async def test_a_workbook_tells_it_too(province: Api) -> None:
    asked: dict[str, Any] = {"group_by": "commune,year", "structure": "current", "format": "xlsx"}
    answer = await province.get("/statistics/registrations", **asked)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as parts:
        told = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
    assert "Xã Mã Thành (17509) được chia từ 1/12/2024" in told
    assert "Địa bàn Xã Thành Mới (17512): từ 1/7/2025 gồm địa bàn của Xã Tiến Thành (17510), Xã Đông (17511)" in told
