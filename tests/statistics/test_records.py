"""The records behind a cell, and who may ask what."""

from collections.abc import Callable
from typing import Any

import pytest

from app.access.actor import Tx
from app.statistics.measures import MEASURES
from tests.actors import Api, codes
from tests.builders.criteria import criteria_set
from tests.builders.units import unit_id
from tests.statistics.scene import Evaluated, Owed, Registered, campaign, evaluate, register, stood_under
from tests.statistics.test_figures import figures, registrations, results, table
from tests.statistics.test_structures import MOVED, moved

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def behind(who: Api, address: str, cell: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """All records at a row's address, page by page."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        more = f"&cursor={cursor}" if cursor else ""
        answer = await who.get(f"{address}{f'&cell={cell}' if cell else ''}&limit={limit}{more}")
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    return found


@pytest.mark.parametrize("structure", ["as_recorded", "current", "2024-06-14"])
@pytest.mark.parametrize("group_by", ["district", "unit,year", "commune,unit_kind", "level,status", "base"])
async def test_the_records_of_a_cell_are_as_many_as_it_says(as_: As, system: Tx, structure: str, group_by: str) -> None:
    await moved(system)
    await register(system, Registered("district_vinh", "returned"), Registered("district_yen_thanh", "withdrawn"))
    province = as_("province", "viewer")
    answer = await figures(province, "registrations", group_by=group_by, structure=structure)
    for row in answer["rows"]:
        for cell in ("registered", "accepted", "returned", "withdrawn"):
            found = await behind(province, row["records"], cell)
            assert sum(record["value"] for record in found) == row["values"][cell], (row, cell)


async def test_a_record_says_whose_it_is_and_where_it_is_read(as_: As, system: Tx) -> None:
    (made,) = await register(system, Registered("school_a1"))
    province = as_("province", "viewer")
    (row,) = (await figures(province, "registrations", year=2024, group_by="district"))["rows"]
    (record,) = await behind(province, row["records"])
    school = {"id": str(unit_id("school_a1")), "code": "TH-17509-1", "name": "Trường THCS Mã Thành"}
    assert record == {
        "id": str(made),
        "resource": f"/api/v1/registrations/{made}",
        "version": 1,
        "unit": school,
        "unit_then": {**school, "kind": "school", "level": "base"},
        "unit_now": {**school, "kind": "school", "level": "base"},
        "counted_as": school,
        "year": 2024,
        "date": "2024-02-20",
        "status": "accepted",
        "part": None,
        "value": 1,
    }
    assert (await province.get(record["resource"])).json()["unit"] == record["unit"]


async def test_records_come_in_pages_in_the_order_of_the_tree(as_: As, system: Tx) -> None:
    await results(system)
    province = as_("province", "viewer")
    address = "/statistics/criterion_results/records?year=2024"
    whole = await behind(province, address)
    pages = await behind(province, address, limit=1)
    assert len(whole) == 6
    assert pages == whole
    assert {(record["unit"]["code"], record["part"]) for record in whole} == {
        *(("16714", code) for code in ("TC1", "TC2", "TC3")),
        *(("17509", code) for code in ("TC1", "TC2", "TC4")),
    }
    total = (await province.get(f"{address}&include_total=true&cell=not_met&value=self")).json()
    assert (total["total"], [record["part"] for record in total["items"]]) == (1, ["TC2"])
    cursor = (await province.get(f"{address}&limit=1")).json()["next_cursor"]
    other = await province.get(f"{address}&limit=1&cell=met&cursor={cursor}")
    assert (other.status_code, other.json()["code"]) == (422, "invalid_cursor")


async def test_rows_of_other_measures_lead_to_their_records(as_: As, system: Tx) -> None:
    await stood_under(system, "commune_a", "district_vinh", MOVED)
    found = await criteria_set(system)
    await evaluate(system, Evaluated("commune_a", found), Evaluated("commune_c", found, status="submitted"))
    await campaign(system, Owed("commune_a"), Owed("commune_b", left=True))
    province = as_("province", "viewer")
    (row,) = (await figures(province, "recognitions", group_by="district,stage"))["rows"]
    assert {record["unit"]["code"] for record in await behind(province, row["records"])} == {"17509", "16714"}
    assert [r["status"] for r in await behind(province, row["records"], "recognised")] == ["recognised"]
    (owed,) = (await figures(province, "reports", group_by="campaign,district,timeliness"))["rows"]
    (record,) = await behind(province, owed["records"])
    assert (record["unit"]["code"], record["year"], record["status"]) == ("17509", None, "not_started")
    assert (await province.get(record["resource"])).status_code == 200


async def test_each_sees_only_what_lies_below(as_: As, system: Tx) -> None:
    await registrations(system)
    seen = {}
    for unit in ("ministry", "province", "district_yen_thanh", "district_vinh", "commune_a", "school_a1", "agency_p1"):
        answer = await figures(as_(unit, "viewer"), "registrations", year=2024)
        seen[unit] = answer["totals"]["registered"]
    assert seen == {
        "ministry": 5,
        "province": 5,
        "district_yen_thanh": 3,
        "district_vinh": 1,
        "commune_a": 1,
        "school_a1": 0,
        "agency_p1": 1,
    }
    below = await figures(
        as_("province", "viewer"), "registrations", year=2024, unit=str(unit_id("district_yen_thanh"))
    )
    assert below["totals"]["registered"] == 3


@pytest.mark.parametrize("path", ["/statistics/registrations", "/statistics/registrations/records"])
async def test_a_unit_outside_the_scope_does_not_exist(as_: As, system: Tx, path: str) -> None:
    await registrations(system)
    district = as_("district_yen_thanh", "viewer")
    for outside in ("province", "district_vinh", "commune_c", "agency_p1"):
        answer = await district.get(path, unit=str(unit_id(outside)))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await district.get(path, unit="01890000-0000-7000-8000-000000000000")).status_code == 404
    # A key of the tree is no way around: it narrows what one sees already.
    asked = await district.get("/statistics/registrations", district=str(unit_id("district_vinh")))
    assert asked.json()["totals"]["registered"] == 0


@pytest.mark.parametrize("path", ["/statistics", "/statistics/registrations", "/statistics/registrations/records"])
async def test_who_may_not_read_figures_is_refused(as_: As, anonymous: Api, path: str) -> None:
    assert (await anonymous.get(path)).status_code == 401
    refused = await as_("province", "auditor").get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (await as_("province", "viewer").get(path)).status_code == 200


async def test_what_is_unknown_is_named(as_: As, system: Tx) -> None:
    province = as_("province", "viewer")
    for path in ("/statistics/nonsense", "/statistics/nonsense/records"):
        assert (await province.get(path)).status_code == 404
    unknown = await province.get("/statistics/registrations", {"Accept-Language": "en"}, group_by="distrct,district")
    assert codes(unknown) == [("/group_by", "unknown_dimension")]
    assert "district" in unknown.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "faults"),
    [
        ("yaer=2024", [("/yaer", "extra_forbidden")]),
        ("year=1999", [("/year", "greater_than_equal")]),
        ("stage=final", [("/stage", "not_of_measure")]),
        ("criterion=01890000-0000-7000-8000-000000000000", [("/criterion", "not_of_measure")]),
        ("value=self", [("/value", "not_of_measure")]),
        ("status=drunk", [("/status", "enum")]),
        ("group_by=timeliness", [("/group_by", "unknown_dimension")]),
        ("group_by=district,district", [("/group_by", "duplicate")]),
        ("group_by=province,district,commune,unit,year", [("/group_by", "too_long")]),
        (
            "group_by=,",
            [("/group_by", "unknown_dimension"), ("/group_by", "unknown_dimension"), ("/group_by", "duplicate")],
        ),
        ("order=met", [("/order", "enum")]),
        ("structure=yesterday", [("/structure", "enum")]),
        ("structure=2024-02-30", [("/structure", "date_parsing")]),
        ("from=2024-02-02&to=2024-02-01", [("/to", "before_from")]),
        ("from=9999-12-31", [("/from", "less_than_equal")]),
        ("unit=x", [("/unit", "uuid_parsing")]),
        ("campaign=01890000-0000-7000-8000-000000000000", [("/campaign", "unknown")]),
        ("year=2024&year=2023", [("/year", "repeated")]),
    ],
)
async def test_a_wrong_question_is_refused_by_its_parameter(as_: As, query: str, faults: list[tuple[str, str]]) -> None:
    answer = await as_("province", "viewer").get(f"/statistics/registrations?{query}")
    assert (answer.status_code, codes(answer)) == (422, faults), answer.text


async def test_records_refuse_what_is_no_count(as_: As) -> None:
    province = as_("province", "viewer")
    for cell in ("acceptance_rate", "nonsense"):
        assert codes(await province.get("/statistics/registrations/records", cell=cell)) == [("/cell", "enum")]
    refused = await province.get("/statistics/registrations/records", group_by="district")
    assert codes(refused) == [("/group_by", "extra_forbidden")]


async def test_the_list_says_all_that_can_be_asked(as_: As) -> None:
    for language, title in (("vi", "Nộp báo cáo sơ kết"), ("en", "Submission of reports")):
        answer = await as_("commune_a", "viewer").get("/statistics", {"Accept-Language": language})
        measures = {measure["code"]: measure for measure in answer.json()["items"]}
        assert list(measures) == list(MEASURES)
        assert measures["reports"]["title"] == title
        for measure in measures.values():
            additive = {value["code"] for value in measure["values"] if value["kind"] == "additive"}
            for value in measure["values"]:
                made = {value[name] for name in ("part", "whole", "after", "before")} - {None}
                assert made == set() if value["kind"] == "additive" else len(made) == 2
                assert value["kind"] != "ratio" or made <= additive
            for dimension in measure["dimensions"]:
                asked = await as_("commune_a", "viewer").get(
                    f"/statistics/{measure['code']}", group_by=dimension["code"]
                )
                assert asked.status_code == 200, asked.text


async def test_a_question_takes_three_statements(as_: As, system: Tx, statements: Any) -> None:
    await registrations(system)
    province = as_("province", "viewer")
    for structure in ("as_recorded", "current", "2024-06-14"):
        statements.seen.clear()
        await figures(province, "registrations", group_by="district,commune,unit_kind", structure=structure)
        assert len(statements.seen) == 3  # opening, unit with coverage, rows with totals
    statements.seen.clear()
    await province.get("/statistics/registrations/records", district=str(unit_id("district_vinh")))
    assert len(statements.seen) == 4  # opening, unit, records, whose they were and are


async def test_more_rows_than_can_be_read_are_refused(as_: As, system: Tx, monkeypatch: pytest.MonkeyPatch) -> None:
    await registrations(system)
    monkeypatch.setattr("app.statistics.service.MOST_ROWS", 2)
    answer = await as_("province", "viewer").get("/statistics/registrations", group_by="unit")
    assert (answer.status_code, codes(answer)) == (422, [("/group_by", "too_many_rows")])
    assert len(table(await figures(as_("province", "viewer"), "registrations", group_by="year"), "registered")) == 2
