"""The tree changes under the records: where they count, in each structure; the total never moves."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.units import unit_id
from tests.statistics.scene import Owed, Registered, campaign, local, merge, register, stood_under
from tests.statistics.test_figures import figures, table

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
MOVED = date(2024, 6, 15)
MERGED = date(2024, 12, 1)
STRUCTURES = ("as_recorded", "current", "2024-01-01", "2024-06-14", "2024-06-15", "2024-12-01", "2030-01-01")
LATER = "2030-01-01T09:00:00+07:00"


async def moved(tx: Tx) -> None:
    """Commune A, with its school, stood under Vinh until 15/6/2024. Records of before, of the day itself and after."""
    await stood_under(tx, "commune_a", "district_vinh", MOVED)
    await register(
        tx,
        Registered("commune_a", year=2021, at=local(date(2022, 3, 1))),  # before the tree begins: its first place
        Registered("commune_a", year=2023, at=local(date(2024, 6, 14))),
        Registered("commune_a", year=2024, at=local(MOVED)),
        Registered("school_a1", year=2023, at=local(date(2024, 2, 1))),
        Registered("school_a1", year=2024, at=local(date(2024, 7, 1))),
        Registered("commune_b", year=2024, at=local(date(2024, 2, 1))),
        Registered("commune_c", year=2024, at=local(date(2024, 2, 1))),
        Registered("agency_p1", year=2024, at=local(date(2024, 2, 1))),
    )


async def by(who: Api, dimension: str, structure: str, **params: Any) -> dict[Any, int]:
    """How many are registered, by the code of the key."""
    answer = await figures(who, "registrations", group_by=dimension, structure=structure, **params)
    assert answer["structure"] == structure
    rows = dict(table(answer, "registered"))
    assert sum(rows.values()) == answer["totals"]["registered"]
    return rows


@pytest.mark.parametrize(
    ("structure", "vinh", "yen_thanh"),
    [
        ("as_recorded", 4, 3),
        ("current", 1, 6),
        ("2024-06-14", 6, 1),
        ("2024-06-15", 1, 6),
        ("2024-07-01", 1, 6),
    ],
)
async def test_a_commune_moved_between_districts(
    as_: As, system: Tx, structure: str, vinh: int, yen_thanh: int
) -> None:
    await moved(system)
    province = as_("province", "viewer")
    assert await by(province, "district", structure) == {"412": vinh, "426": yen_thanh, None: 1}
    # Below the districts nothing changed.
    assert await by(province, "commune", structure) == {"17509": 5, "17510": 1, "16714": 1, None: 1}
    # The responsible of today sees all of it, whichever way it is grouped.
    mine = await by(as_("district_yen_thanh", "viewer"), "district", structure)
    assert sum(mine.values()) == 6
    assert mine.get("412", 0) == vinh - 1


async def test_the_total_is_the_same_in_all_structures(as_: As, system: Tx, clock: Any) -> None:
    clock.set(LATER)
    await moved(system)
    await merge(system, "commune_b", "commune_a", MERGED)
    province = as_("province", "viewer")
    totals = {
        sum((await by(province, dimension, structure)).values())
        for structure in STRUCTURES
        for dimension in ("province", "district", "commune", "unit", "unit_kind", "year")
    }
    assert totals == {8}


async def test_an_ended_unit_counts_under_its_successor_today(as_: As, system: Tx, clock: Any) -> None:
    clock.set("2025-01-10T09:00:00+07:00")
    await register(
        system,
        Registered("commune_a", at=local(date(2024, 2, 1))),
        Registered("commune_b", year=2023, at=local(date(2024, 2, 1))),
        Registered("commune_b", year=2024, at=local(date(2024, 12, 20))),
    )
    await merge(system, "commune_b", "commune_a", MERGED)
    province = as_("province", "viewer")
    assert await by(province, "commune", "current") == {"17509": 3}
    assert await by(province, "unit", "current") == {"17509": 3}
    assert await by(province, "commune", "2024-12-01") == {"17509": 3}
    assert await by(province, "unit", "2024-12-01") == {"17509": 3}
    assert await by(province, "commune", "2024-11-30") == {"17509": 1, "17510": 2}
    # What was recorded after the end hangs under the successor; the record itself stays the ended unit's own.
    assert await by(province, "commune", "as_recorded") == {"17509": 2, "17510": 1}
    assert await by(province, "unit", "as_recorded") == {"17509": 1, "17510": 2}
    assert (await figures(as_("commune_a", "viewer"), "registrations"))["totals"]["registered"] == 3


async def test_before_the_day_of_its_end_a_unit_still_stands(as_: As, system: Tx, clock: Any) -> None:
    await register(system, Registered("commune_a"), Registered("commune_b"))
    await merge(system, "commune_b", "commune_a", MERGED)
    for now, expected in (
        ("2024-11-30T23:59:00+07:00", {"17509": 1, "17510": 1}),
        ("2024-12-01T00:00:00+07:00", {"17509": 2}),
    ):
        clock.set(now)
        assert await by(as_("province", "viewer"), "unit", "current") == expected


async def test_units_bear_the_names_and_kinds_of_the_day(as_: As, system: Tx) -> None:
    await register(system, Registered("commune_a", at=local(date(2024, 2, 1))))
    await stood_under(system, "commune_a", "district_yen_thanh", MOVED)
    await system.session.execute(
        # Until that day it was a township of another name.
        text(
            "UPDATE unit_facts SET name = 'Thị trấn Cũ', kind = 'township' WHERE unit_id = :u AND valid_to IS NOT NULL"
        ),
        {"u": unit_id("commune_a")},
    )
    province = as_("province", "viewer")
    then = await figures(province, "registrations", group_by="unit,unit_kind", structure="2024-06-14")
    now = await figures(province, "registrations", group_by="unit,unit_kind", structure="current")
    made = await figures(province, "registrations", group_by="unit_kind", structure="as_recorded")
    assert [(row["keys"]["unit"]["name"], row["keys"]["unit_kind"]) for row in then["rows"]] == [
        ("Thị trấn Cũ", "township")
    ]
    assert [(row["keys"]["unit"]["name"], row["keys"]["unit_kind"]) for row in now["rows"]] == [
        ("Xã Mã Thành", "commune")
    ]
    assert table(made, "registered") == [("township", 1)]


async def test_a_level_that_a_tree_does_not_have_gives_no_key(as_: As, system: Tx, clock: Any) -> None:
    """From 1/7/2025 there are no districts: their own records are the province's, in today's tree."""
    clock.set("2025-07-01T09:00:00+07:00")
    await register(system, Registered("district_vinh"), Registered("commune_a"))
    await merge(system, "district_vinh", "province", date(2025, 7, 1))
    province = as_("province", "viewer")
    assert await by(province, "district", "current", own_unit=str(unit_id("province"))) == {None: 1}
    assert await by(province, "district", "as_recorded") == {"412": 1, "426": 1}
    assert await by(province, "district", "2025-06-30") == {"412": 1, "426": 1}
    assert await by(province, "unit", "2025-07-01") == {"40": 1, "17509": 1}


async def test_obligations_keep_the_tree_of_the_day_they_were_frozen(as_: As, system: Tx) -> None:
    await stood_under(system, "commune_a", "district_vinh", MOVED)
    await campaign(system, Owed("commune_a"), Owed("commune_b"), Owed("commune_c"))
    province = as_("province", "viewer")
    frozen = await figures(province, "reports", group_by="district")
    today = await figures(province, "reports", group_by="district", structure="current")
    assert table(frozen, "expected") == [("412", 2), ("426", 1)]
    assert table(today, "expected") == [("412", 1), ("426", 2)]
