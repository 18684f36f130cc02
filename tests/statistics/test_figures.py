"""Figures of a tree small enough to be counted by hand; every number here was."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.access.actor import Tx
from tests.actors import Api
from tests.builders.criteria import criteria_set
from tests.builders.units import unit_id
from tests.statistics.scene import Evaluated, Owed, Registered, campaign, evaluate, register

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def figures(who: Api, measure: str, **params: Any) -> dict[str, Any]:
    """The answer to a question that must be answered."""
    answer = await who.get(f"/statistics/{measure}", **params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def table(answer: dict[str, Any], *values: str) -> list[tuple[Any, ...]]:
    """Each row as its keys, by code, and the wanted values."""
    rows = []
    for row in answer["rows"]:
        keys = [key["code"] if isinstance(key, dict) else key for key in row["keys"].values()]
        rows.append((*keys, *(row["values"][value] for value in values)))
    return rows


async def registrations(tx: Tx) -> None:
    """In 2024: five stand, three of them accepted; one was returned, one withdrawn, two are drafts or never seen."""
    await register(
        tx,
        Registered("commune_a"),
        Registered("commune_b", "submitted"),
        Registered("commune_c"),
        Registered("school_a1", "returned"),
        Registered("agency_p1"),
        Registered("district_yen_thanh", "submitted"),
        Registered("district_vinh", "draft"),
        Registered("commune_a", year=2023),
        Registered("commune_b", "draft", year=2023),
        Registered("commune_c", "withdrawn", year=2023),
        Registered("school_a1", "withdrawn", year=2023, at=None),
    )


async def test_registrations_by_district(as_: As, system: Tx) -> None:
    await registrations(system)
    answer = await figures(as_("province", "viewer"), "registrations", year=2024, group_by="district")
    assert table(answer, "registered", "accepted", "returned", "withdrawn", "acceptance_rate") == [
        ("412", 1, 1, 0, 0, 1.0),
        ("426", 3, 1, 1, 0, 0.333333),
        (None, 1, 1, 0, 0, 1.0),  # the agency directly under the province
    ]
    assert answer["totals"] == {
        "registered": 5,
        "accepted": 3,
        "returned": 1,
        "withdrawn": 0,
        "acceptance_rate": 0.6,  # of the sums, not the mean of 1, 1/3 and 1
    }
    assert answer["rows"][0]["keys"]["district"] == {
        "id": str(unit_id("district_vinh")),
        "code": "412",
        "name": "Thành phố Vinh",
    }
    assert (answer["measure"], answer["unit_of_count"], answer["structure"]) == (
        "registrations",
        "đăng ký",
        "as_recorded",
    )
    assert (answer["unit"]["code"], answer["group_by"]) == ("40", ["district"])
    assert answer["period"] == {"year": 2024, "campaign": None, "from": None, "to": None}
    assert answer["generated_at"].startswith("2024-07-01T05:00")


async def test_drafts_and_what_was_withdrawn_unseen_count_nowhere(as_: As, system: Tx) -> None:
    await registrations(system)
    answer = await figures(as_("province", "viewer"), "registrations", group_by="year,status")
    assert table(answer, "registered", "accepted", "returned", "withdrawn") == [
        (2023, "accepted", 1, 1, 0, 0),
        (2023, "withdrawn", 0, 0, 0, 1),
        (2024, "submitted", 2, 0, 0, 0),
        (2024, "accepted", 3, 3, 0, 0),
        (2024, "returned", 0, 0, 1, 0),
    ]


async def test_every_level_is_a_dimension(as_: As, system: Tx) -> None:
    await registrations(system)
    seen = {}
    for level in ("central", "province", "district", "commune", "base"):
        answer = await figures(as_("ministry", "viewer"), "registrations", year=2024, group_by=level)
        assert answer["totals"]["registered"] == 5
        seen[level] = table(answer, "registered")
    assert seen["central"] == [("BCA", 5)]
    assert seen["province"] == [("40", 5)]
    # Mã Thành (with its school's returned one), Tiến Thành, Vinh Tân; the district's own and the agency's stand apart.
    assert seen["commune"] == [("17509", 1), ("17510", 1), ("16714", 1), (None, 2)]
    assert seen["base"] == [("SO-40-1", 1), ("TH-17509-1", 0), (None, 4)]


async def test_kinds_levels_and_units(as_: As, system: Tx) -> None:
    await registrations(system)
    province = as_("province", "viewer")
    kinds = await figures(province, "registrations", year=2024, group_by="unit_kind")
    assert table(kinds, "registered") == [
        ("rural_district", 1),
        ("commune", 2),
        ("ward", 1),
        ("agency", 1),
        ("school", 0),
    ]
    levels = await figures(province, "registrations", year=2024, group_by="level")
    assert table(levels, "registered") == [("district", 1), ("commune", 3), ("base", 1)]
    units = await figures(province, "registrations", year=2024, group_by="unit", order="-registered", level="commune")
    assert table(units, "registered") == [("17509", 1), ("17510", 1), ("16714", 1)]
    crossed = await figures(province, "registrations", year=2024, group_by="district,unit_kind")
    assert table(crossed, "registered") == [
        ("412", "ward", 1),
        ("426", "rural_district", 1),
        ("426", "commune", 2),
        ("426", "school", 0),
        (None, "agency", 1),
    ]


async def test_recognitions_by_stage(as_: As, system: Tx) -> None:
    found = await criteria_set(system)
    await evaluate(
        system,
        Evaluated("commune_a", found, "final", "recognised", year=2023),
        Evaluated("commune_b", found, "final", "not_recognised", passed=False, year=2023),
        Evaluated("commune_c", found, "final", "submitted", year=2023),
        Evaluated("commune_a", found, "maintenance", "recognised", year=2023),
        Evaluated("commune_c", found, "final", "returned"),
        Evaluated("commune_a", found, "forecast", "verified"),
        Evaluated("commune_b", found, "forecast", "verified", passed=False),
        Evaluated("agency_p1", found, "final", "draft"),
    )
    answer = await figures(as_("province", "viewer"), "recognitions", group_by="year")
    assert [row["keys"]["year"] for row in answer["rows"]] == [2023, 2024]
    assert answer["rows"][0]["values"] == {
        "evaluations": 4,
        "evaluated": 3,
        "recognised": 1,
        "not_recognised": 1,
        "recognition_rate": 0.333333,
        "maintenance_evaluated": 1,
        "kept": 1,
        "not_kept": 0,
        "kept_rate": 1.0,
        "forecast_evaluated": 0,
        "expected_met": 0,
        "expected_not_met": 0,
        "expected_met_rate": None,
    }
    assert (answer["totals"]["evaluations"], answer["totals"]["expected_met_rate"]) == (6, 0.5)
    only = await figures(as_("province", "viewer"), "recognitions", stage="forecast", group_by="criteria_set,district")
    assert table(only, "expected_met", "expected_not_met") == [("THU-XA", "426", 1, 1)]
    assert only["rows"][0]["keys"]["criteria_set"]["version"] == 1


async def results(tx: Tx) -> Any:
    """Two communes, recognised and submitted; the three values differ on purpose."""
    found = await criteria_set(tx)
    await evaluate(
        tx,
        Evaluated(
            *("commune_a", found),
            results=(
                ("TC1", "met", "met", "met"),
                ("TC2", "met", "not_met", "not_met"),
                ("TC4", "not_assessed", None, None),
            ),
        ),
        Evaluated(
            *("commune_c", found, "final", "submitted"),
            results=(("TC1", "met", None, None), ("TC2", "not_met", None, None), ("TC3", "met", None, None)),
        ),
        Evaluated("commune_b", found, status="draft", results=(("TC1", "met", None, None),)),
    )
    return found


@pytest.mark.parametrize(
    ("value", "counts"),
    [(None, (3, 2, 1)), ("self", (4, 1, 1)), ("verified", (1, 1, 4)), ("final", (1, 1, 4))],
)
async def test_criterion_results_take_the_value_asked_for(
    as_: As, system: Tx, value: str | None, counts: tuple[int, int, int]
) -> None:
    met, not_met, not_assessed = counts
    await results(system)
    asked = {"value": value} if value else {}
    totals = (await figures(as_("province", "viewer"), "criterion_results", **asked))["totals"]
    assert totals == {
        "results": 6,
        "assessed": met + not_met,
        "met": met,
        "not_met": not_met,
        "not_assessed": not_assessed,
        "met_rate": round(met / (met + not_met), 6),
    }


async def test_criterion_results_in_the_order_of_the_set(as_: As, system: Tx) -> None:
    found = await results(system)
    province = as_("province", "viewer")
    answer = await figures(province, "criterion_results", criteria_set=str(found), group_by="criterion")
    assert table(answer, "results", "met", "not_met") == [
        ("TC1", 2, 2, 0),
        ("TC2", 2, 0, 2),
        ("TC3", 1, 1, 0),
        ("TC4", 1, 0, 0),
    ]
    assert answer["rows"][0]["keys"]["criterion"]["title"] == "Tiêu chí TC1"
    groups = await figures(province, "criterion_results", group_by="criterion_group,district")
    assert table(groups, "results") == [("I", "412", 3), ("I", "426", 3)]
    group = groups["rows"][0]["keys"]["criterion_group"]["id"]
    narrowed = await figures(province, "criterion_results", criterion_group=group, group_by="commune")
    assert table(narrowed, "results") == [("17509", 3), ("16714", 3)]


async def test_reports_by_timeliness(as_: As, system: Tx) -> None:
    await campaign(
        system,
        Owed("commune_a", "accepted", datetime(2024, 7, 14, 16, 59, tzinfo=UTC)),  # 23:59 on 14/7 in Vietnam
        Owed("commune_b", "submitted", datetime(2024, 7, 14, 17, 0, tzinfo=UTC)),  # 0:00 on 15/7
        Owed("commune_c", "returned"),
        Owed("district_vinh", "submitted", datetime(2024, 7, 20, tzinfo=UTC), extended_to=date(2024, 8, 1)),
        Owed("district_yen_thanh", "drafting", extended_to=date(2024, 8, 1)),
        Owed("agency_p1", left=True),
    )
    province = as_("province", "viewer")
    answer = await figures(province, "reports", group_by="district")
    wanted = (
        "expected",
        "submitted",
        "accepted",
        "returned",
        "on_time",
        "on_time_extended",
        "late",
        "overdue",
        "not_due",
    )
    assert table(answer, *wanted) == [
        ("412", 2, 1, 0, 1, 0, 1, 0, 0, 1),
        ("426", 3, 2, 1, 0, 1, 0, 1, 0, 1),
    ]
    assert (answer["totals"]["submission_rate"], answer["totals"]["on_time_rate"]) == (0.6, 0.2)
    by_word = await figures(province, "reports", year=2024, group_by="campaign,timeliness")
    assert [(row["keys"]["timeliness"], row["values"]["expected"]) for row in by_word["rows"]] == [
        ("on_time", 1),
        ("on_time_extended", 1),
        ("late", 1),
        ("not_due", 2),
    ]


async def test_what_is_not_in_is_overdue_from_the_day_named(as_: As, system: Tx, clock: Any) -> None:
    await campaign(system, Owed("commune_a"), Owed("commune_c", extended_to=date(2024, 7, 20)))
    for now, overdue in (
        ("2024-07-14T23:59:00+07:00", 0),
        ("2024-07-15T00:00:00+07:00", 1),
        ("2024-07-20T00:00:00+07:00", 2),
    ):
        clock.set(now)
        assert (await figures(as_("province", "viewer"), "reports"))["totals"]["overdue"] == overdue


async def test_coverage_stands_beside_every_figure(as_: As, system: Tx) -> None:
    province = as_("province", "viewer")
    nothing = await figures(province, "registrations", year=2024)
    assert nothing["coverage"] == {"campaign": None, "expected": None, "submitted": None, "accepted": None}
    assert [note["code"] for note in nothing["notes"]] == ["no_campaign"]
    assert nothing["totals"]["registered"] == 0
    assert nothing["totals"]["acceptance_rate"] is None
    made = await campaign(
        system,
        Owed("commune_a", "accepted", datetime(2024, 7, 1, tzinfo=UTC)),
        Owed("commune_c", "submitted", datetime(2024, 7, 1, tzinfo=UTC)),
        Owed("commune_b", left=True),
    )
    counts = {}
    for asked in ({"year": 2024}, {"campaign": str(made)}, {}, {"unit": str(unit_id("district_vinh"))}):
        answer = await figures(province, "registrations", **asked)
        assert (answer["coverage"]["campaign"]["id"], answer["notes"]) == (str(made), [])
        counts[next(iter(asked), "")] = [answer["coverage"][name] for name in ("expected", "submitted", "accepted")]
    assert counts == {"year": [2, 2, 1], "campaign": [2, 2, 1], "": [2, 2, 1], "unit": [1, 1, 0]}
    assert (await figures(province, "registrations", year=2022))["coverage"]["expected"] is None


async def test_a_campaign_narrows_to_its_years_and_days_to_days(as_: As, system: Tx) -> None:
    await register(
        system,
        Registered("commune_a", year=2022, at=datetime(2022, 2, 1, tzinfo=UTC)),
        Registered("commune_a", year=2023, at=datetime(2023, 2, 1, 17, tzinfo=UTC)),  # 2/2 in Vietnam
        Registered("commune_a", year=2024, at=datetime(2024, 2, 1, tzinfo=UTC)),
    )
    made = await campaign(system)
    province = as_("province", "viewer")
    answer = await figures(province, "registrations", campaign=str(made), group_by="year")
    assert table(answer, "registered") == [(2023, 1), (2024, 1)]
    assert answer["period"]["campaign"]["id"] == str(made)
    for first, last, expected in (
        ("2023-02-02", "2023-02-02", 1),
        ("2023-02-01", "2023-02-01", 0),
        ("2022-01-01", "2024-02-01", 3),
    ):
        found = await figures(province, "registrations", **{"from": first, "to": last})
        assert found["totals"]["registered"] == expected
        assert (found["period"]["from"], found["period"]["to"]) == (first, last)
