"""Years beside each other, rows by rank, reasons that say the same, and what verification changes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.access.actor import Tx
from tests.actors import Api, codes
from tests.builders.criteria import criteria_set
from tests.builders.units import unit_id
from tests.statistics.scene import Evaluated, Registered, evaluate, register
from tests.statistics.test_figures import figures, table
from tests.statistics.test_records import behind

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def two_years(tx: Tx) -> None:
    """Yên Thành went from one to three, Vinh from one to none; the agency is new."""
    await register(
        tx,
        Registered("commune_a", year=2023),
        Registered("commune_c", year=2023),
        Registered("commune_a"),
        Registered("commune_b", "submitted"),
        Registered("school_a1"),
        Registered("agency_p1"),
        Registered("commune_c", year=2022),
    )


async def test_a_year_beside_another(as_: As, system: Tx) -> None:
    await two_years(system)
    province = as_("province", "viewer")
    answer = await figures(province, "registrations", year=2024, compare=2023, group_by="district")
    rows = {(row["keys"]["district"] or {}).get("code"): row for row in answer["rows"]}

    def of(row: dict[str, Any], value: str) -> list[Any]:
        return [row[kind][value] for kind in ("values", "previous", "difference", "change")]

    assert of(rows["426"], "registered") == [3, 1, 2, 2.0]
    assert of(rows["412"], "registered") == [0, 1, -1, -1.0]
    assert of(rows[None], "registered") == [1, 0, 1, None]
    assert of(rows["426"], "acceptance_rate") == [0.666667, 1.0, -0.333333, -0.333333]
    assert of(rows["412"], "acceptance_rate") == [None, 1.0, None, None]
    sums = [answer[f"{kind}totals"]["registered"] for kind in ("", "previous_", "difference_", "change_")]
    assert sums == [4, 2, 2, 1.0]
    assert answer["period"]["compared_with"] == 2023
    for address, expected in (("records", 3), ("previous_records", 1)):
        assert len(await behind(province, rows["426"][address].removeprefix("/api/v1"), "registered")) == expected


async def test_rows_by_what_they_gained(as_: As, system: Tx) -> None:
    await two_years(system)
    question = {"year": 2024, "compare": 2023, "group_by": "district", "order": "-difference.registered"}
    answer = await figures(as_("province", "viewer"), "registrations", **question)
    assert [row["rank"] for row in answer["rows"]] == [1, 2, 3]
    assert table(answer, "registered") == [("426", 3), (None, 1), ("412", 0)]


@pytest.mark.parametrize(
    ("measure", "query", "faults"),
    [
        ("registrations", "compare=2023", [("/compare", "no_year")]),
        ("registrations", "compare=2023&year=2023", [("/compare", "no_year")]),
        ("registrations", "compare=2023&year=2024&group_by=year", [("/compare", "by_year")]),
        ("units", "compare=2023&year=2024", [("/compare", "not_of_measure")]),
        ("registrations", "order=-difference.registered", [("/order", "enum")]),
        ("registrations", "top=3&group_by=unit", [("/top", "no_order")]),
        ("registrations", "top=3&order=registered", [("/top", "no_order")]),
        ("registrations", "top=0&order=registered&group_by=unit", [("/top", "greater_than_equal")]),
        ("registrations", "unit_kind=ward,x", [("/unit_kind", "enum")]),
        ("registrations", "unit_kind=ward,none", [("/unit_kind", "enum")]),
        ("situation", "value=self", [("/value", "not_of_measure")]),
    ],
)
async def test_what_cannot_be_compared_or_ranked_is_refused(
    as_: As, measure: str, query: str, faults: list[tuple[str, str]]
) -> None:
    answer = await as_("province", "viewer").get(f"/statistics/{measure}?{query}")
    assert (answer.status_code, codes(answer)) == (422, faults), answer.text


async def test_equals_share_a_rank(as_: As, system: Tx) -> None:
    await two_years(system)
    province = as_("province", "viewer")
    question = {"group_by": "unit", "order": "-registered"}
    answer = await figures(province, "registrations", **question)
    ranks = [(row["keys"]["unit"]["code"], row["values"]["registered"], row["rank"]) for row in answer["rows"]]
    assert sorted(ranks[:2]) == [("16714", 2, 1), ("17509", 2, 1)]
    assert [(values, rank) for _, values, rank in ranks[2:]] == [(1, 3)] * 3
    # Nobody who is as good as the last is left out; the total stays that of all.
    for top, expected in ((1, 2), (2, 2), (3, 5)):
        first = await figures(province, "registrations", top=top, **question)
        assert [row["keys"] for row in first["rows"]] == [row["keys"] for row in answer["rows"][:expected]]
        assert first["totals"]["registered"] == 7
    rates = await figures(province, "registrations", group_by="unit", order="-acceptance_rate", year=2024)
    assert [row["rank"] for row in rates["rows"]] == [1, 1, 1, 4]
    plain = await figures(province, "registrations", group_by="unit")
    assert all("rank" not in row for row in plain["rows"])


async def found(tx: Tx) -> UUID:
    """Three evaluations with verified values; who failed says why."""
    made = await criteria_set(tx)
    results = {
        "commune_a": (("TC1", "not_met", "not_met", None), ("TC2", "met", "not_met", None)),
        "commune_b": (("TC1", "not_met", "met", None), ("TC2", "met", "met", None)),
        "commune_c": (("TC1", "not_met", None, None), ("TC2", "not_met", None, None)),
    }
    await evaluate(
        tx,
        Evaluated("commune_a", made, status="verified", results=results["commune_a"]),
        Evaluated("commune_b", made, status="verified", results=results["commune_b"]),
        Evaluated("commune_c", made, status="submitted", results=results["commune_c"]),
    )
    for unit, code, own, verified in (
        ("commune_a", "TC1", "Chưa đạt chỉ tiêu.", None),
        ("commune_a", "TC2", None, "CHƯA  ĐẠT chỉ tiêu"),
        ("commune_b", "TC1", "Thiếu hồ sơ", None),
        ("commune_c", "TC1", "Thiếu hồ sơ; chưa có biên bản", None),
        ("commune_c", "TC2", " chua dat chi tieu!", None),
    ):
        await tx.session.execute(
            text(
                "UPDATE evaluation_results SET self_reason = :own, verified_reason = :verified WHERE unit_id = :unit"
                " AND criterion_id = (SELECT id FROM criteria WHERE code = :code AND set_id = :set)"
            ),
            {"own": own, "verified": verified, "unit": unit_id(unit), "code": code, "set": made},
        )
    return made


async def test_reasons_that_say_the_same_are_one(as_: As, system: Tx) -> None:
    await found(system)
    province = as_("province", "viewer")
    answer = await figures(province, "criterion_results", group_by="reason", order="-not_met")
    reasons = [
        (row["keys"]["reason"] and row["keys"]["reason"]["text"], row["values"]["not_met"]) for row in answer["rows"]
    ]
    assert reasons[0][0] in {"Chưa đạt chỉ tiêu.", "CHƯA  ĐẠT chỉ tiêu", " chua dat chi tieu!"}
    assert [count for _, count in reasons] == [3, 1, 0]
    assert reasons[1:] == [("Thiếu hồ sơ; chưa có biên bản", 1), (None, 0)]
    records = await behind(province, answer["rows"][0]["records"].removeprefix("/api/v1"), "not_met")
    assert sorted((record["unit"]["code"], record["part"]) for record in records) == [
        ("16714", "TC2"),
        ("17509", "TC1"),
        ("17509", "TC2"),
    ]
    nothing = await behind(province, answer["rows"][2]["records"].removeprefix("/api/v1"))
    assert len(nothing) == answer["rows"][2]["values"]["results"] == 2
    failing = await figures(province, "criterion_results", group_by="criterion", order="-not_met", top=1)
    assert table(failing, "not_met") == [("TC1", 2), ("TC2", 2)]
    # What the unit itself said of TC1 of commune B was not met, and why; today it is met.
    own = await figures(province, "criterion_results", group_by="reason", value="self", criterion=records_of(failing))
    assert sorted((row["keys"]["reason"]["text"], row["values"]["not_met"]) for row in own["rows"]) == [
        ("Chưa đạt chỉ tiêu.", 1),
        ("Thiếu hồ sơ", 1),
        ("Thiếu hồ sơ; chưa có biên bản", 1),
    ]


def records_of(answer: dict[str, Any]) -> str:
    """The id of the criterion of the first row."""
    return str(answer["rows"][0]["keys"]["criterion"]["id"])


async def test_how_often_verification_changes_a_result(as_: As, system: Tx) -> None:
    await found(system)
    values = ("compared", "agreed", "changed", "raised", "lowered", "changed_rate")
    province = as_("province", "viewer")
    by_unit = await figures(province, "verification", group_by="unit", year=2024)
    assert table(by_unit, *values) == [("17509", 2, 1, 1, 0, 1, 0.5), ("17510", 2, 1, 1, 1, 0, 0.5)]
    by_criterion = await figures(province, "verification", group_by="criterion")
    assert table(by_criterion, *values) == [("TC1", 2, 1, 1, 1, 0, 0.5), ("TC2", 2, 1, 1, 0, 1, 0.5)]
    (lowered,) = await behind(province, by_unit["rows"][0]["records"].removeprefix("/api/v1"), "lowered")
    assert (lowered["unit"]["code"], lowered["part"]) == ("17509", "TC2")
