"""Criteria across three versions: one renamed, two merged, one split, one dropped, one new; counted by hand."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update

from app.access.actor import Tx
from app.criteria.models import CriteriaGroup, CriteriaSet, Criterion, CriterionMap
from app.kernel.ids import new_id
from tests.actors import Api
from tests.builders.criteria import SmallSet, criteria_set
from tests.builders.units import path, unit_id
from tests.conftest import Statements
from tests.statistics.scene import Evaluated, evaluate
from tests.statistics.test_figures import figures
from tests.statistics.test_records import behind

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
OWNER = {"unit_id": unit_id("ministry"), "unit_path": path("ministry")}
VERSIONS = {
    1: ("GIU", "GOP1", "GOP2", "TACH", "BO"),
    2: ("DOI", "GOP", "TACH", "BO"),
    3: ("DOI", "GOP", "TACH1", "TACH2", "MOI"),
}
# Version 2 renames, merges; version 3 splits, drops, adds.
MAPS = {
    2: (("GIU", "DOI"), ("GOP1", "GOP"), ("GOP2", "GOP"), ("TACH", "TACH"), ("BO", "BO")),
    3: (("DOI", "DOI"), ("GOP", "GOP"), ("TACH", "TACH1"), ("TACH", "TACH2")),
}
Codes = dict[tuple[int, str], UUID]


async def version(tx: Tx, number: int, known: Codes) -> UUID:
    """Insert a version with its criteria and the map that leads to it, as a draft."""
    set_id, group_id = new_id(), new_id()
    head: dict[str, Any] = {"id": set_id, "code": "QUA", "set_version": number, "title": "Bộ kiểm thử"}
    rule = {"applies_to_kinds": ["commune"], "recognised_by": "district", "pass_rule_kind": "all_required"}
    await tx.session.execute(insert(CriteriaSet), {**head, **rule, **OWNER})
    group = {"id": group_id, "set_id": set_id, "code": "I", "title": "Nhóm I", "position": 1}
    await tx.session.execute(insert(CriteriaGroup), {**group, **OWNER})
    plain = {"measure": "yes_no", "required": True, "evidence_needed": False, "text_status": "proposal"}
    for position, code in enumerate(VERSIONS[number], 2):
        known[number, code] = new_id()
        own = {"id": known[number, code], "code": code, "title": f"{code} {number}", "position": position}
        values = {**own, **plain, "set_id": set_id, "group_id": group_id, **OWNER}
        await tx.session.execute(insert(Criterion), values)
    for old, new in MAPS.get(number, ()):
        ends = {"old_criterion_id": known[number - 1, old], "new_criterion_id": known[number, new]}
        await tx.session.execute(insert(CriterionMap), {**ends, "set_id": set_id, **OWNER})
    return set_id


async def publish(tx: Tx, set_id: UUID) -> None:
    """Bring a draft into force."""
    state = {"status": "published", "published_at": tx.now}
    await tx.session.execute(update(CriteriaSet).where(CriteriaSet.id == set_id).values(state))


def results(**outcomes: str) -> tuple[tuple[str, str | None, str | None, str | None], ...]:
    """The outcome of each criterion, in all three values."""
    return tuple((code, outcome, outcome, outcome) for code, outcome in outcomes.items())


@pytest.fixture
async def known(system: Tx) -> Codes:
    """Three published versions; 2022 assessed by the first, 2023 by the second, 2024 by the third."""
    codes: Codes = {}
    sets = {}
    for number in VERSIONS:
        sets[number] = await version(system, number, codes)
        await publish(system, sets[number])
    no, yes = "not_met", "met"
    await evaluate(
        system,
        Evaluated("commune_a", sets[1], year=2022, results=results(GIU=yes, GOP1=yes, GOP2=no, TACH=yes, BO=no)),
        Evaluated("commune_b", sets[1], year=2022, results=results(GIU=no, GOP1=yes, GOP2=yes, TACH=no, BO=yes)),
        Evaluated("commune_a", sets[2], year=2023, results=results(DOI=yes, GOP=yes, TACH=yes, BO=yes)),
        Evaluated("commune_a", sets[3], results=results(DOI=yes, GOP=no, TACH1=yes, TACH2=no, MOI=yes)),
        Evaluated("commune_b", sets[3], results=results(DOI=yes, GOP=yes, TACH1=yes, TACH2=yes, MOI=no)),
    )
    return codes


@pytest.fixture
def reader(as_: As, known: Codes) -> Api:
    """Somebody who reads the whole province."""
    assert known
    return as_("province", "viewer")


async def by_line(who: Api, **asked: Any) -> dict[str, Any]:
    """The figures by lasting criterion."""
    return await figures(who, "criterion_results", **{"group_by": "lasting_criterion,year", **asked})


async def test_versions_stand_beside_each_other(reader: Api, known: Codes) -> None:
    answer = await by_line(reader)
    found = {
        (row["keys"]["lasting_criterion"]["code"], row["keys"]["year"]): (
            row["values"]["met"],
            row["values"]["results"],
        )
        for row in answer["rows"]
    }
    assert found == {
        ("DOI", 2022): (1, 2),
        ("DOI", 2023): (1, 1),
        ("DOI", 2024): (2, 2),
        ("GOP", 2022): (3, 4),
        ("GOP", 2023): (1, 1),
        ("GOP", 2024): (1, 2),
        ("TACH1", 2022): (1, 2),
        ("TACH1", 2023): (1, 1),
        ("TACH1", 2024): (3, 4),
        ("MOI", 2024): (1, 2),
        ("BO", 2022): (1, 2),
        ("BO", 2023): (1, 1),
    }
    # In the order of the newest version; what it no longer has comes last.
    assert list(dict.fromkeys(code for code, _ in found)) == ["DOI", "GOP", "TACH1", "MOI", "BO"]
    plain = await figures(reader, "criterion_results", group_by="criterion,year")
    assert answer["totals"] == plain["totals"]
    assert sum(results for _, results in found.values()) == answer["totals"]["results"] == 24
    assert {row["keys"]["lasting_criterion"]["id"] for row in answer["rows"]} == {
        *(str(known[3, code]) for code in ("DOI", "GOP", "TACH1", "MOI")),
        str(known[2, "BO"]),
    }


async def test_a_row_says_what_was_put_together(reader: Api, known: Codes) -> None:
    answer = await by_line(reader, group_by="lasting_criterion")
    keys = {row["keys"]["lasting_criterion"]["code"]: row["keys"]["lasting_criterion"] for row in answer["rows"]}
    assert {code: [(m["version"], m["code"]) for m in key["members"]] for code, key in keys.items()} == {
        "DOI": [(1, "GIU"), (2, "DOI"), (3, "DOI")],
        "GOP": [(1, "GOP1"), (1, "GOP2"), (2, "GOP"), (3, "GOP")],
        "TACH1": [(1, "TACH"), (2, "TACH"), (3, "TACH1"), (3, "TACH2")],
        "MOI": [(3, "MOI")],
        "BO": [(1, "BO"), (2, "BO")],
    }
    assert {code: key["marks"] for code, key in keys.items()} == {
        "DOI": [],
        "GOP": ["merged"],
        "TACH1": ["split"],
        "MOI": ["added"],
        "BO": ["dropped"],
    }
    assert (keys["BO"]["version"], keys["GOP"]["version"], keys["GOP"]["criteria_set"]) == (2, 3, "QUA")
    assert keys["GOP"]["title"] == "GOP 3"
    assert keys["GOP"]["members"][0]["id"] == str(known[1, "GOP1"])
    notes = {note["code"]: note["message"] for note in answer["notes"]}
    assert "GOP1, GOP2 (phiên bản 1) = GOP (phiên bản 2) = GOP (phiên bản 3)" in notes["criteria_merged"]
    assert notes["criteria_split"].endswith("TACH (phiên bản 1) = TACH (phiên bản 2) = TACH1, TACH2 (phiên bản 3)")
    assert notes["criteria_dropped"].endswith(": BO (phiên bản 1) = BO (phiên bản 2)")
    assert notes["criteria_added"].endswith(": MOI (phiên bản 3)")


async def test_years_compare_across_versions(reader: Api) -> None:
    answer = await by_line(reader, group_by="lasting_criterion", year=2024, compare=2022, order="-difference.met")
    found = {
        row["keys"]["lasting_criterion"]["code"]: (
            *(row["values"]["met"], row["previous"]["met"]),
            *(row["values"]["met_rate"], row["previous"]["met_rate"]),
        )
        for row in answer["rows"]
    }
    assert found == {
        "TACH1": (3, 1, 0.75, 0.5),
        "DOI": (2, 1, 1.0, 0.5),
        "MOI": (1, 0, 0.5, None),
        "BO": (0, 1, None, 0.5),
        "GOP": (1, 3, 0.5, 0.75),
    }
    assert (answer["totals"]["met"], answer["previous_totals"]["met"]) == (7, 6)


async def test_rows_lead_to_their_records_and_any_version_narrows(reader: Api, known: Codes) -> None:
    for asked in ({}, {"group_by": "lasting_criterion,unit"}, {"group_by": "lasting_criterion,district,criterion"}):
        for row in (await by_line(reader, **asked))["rows"]:
            for cell in ("results", "met", "not_met"):
                found = await behind(reader, row["records"], cell, limit=3)
                assert sum(record["value"] for record in found) == row["values"][cell], row
    answers = [
        await figures(reader, "criterion_results", group_by="criterion", lasting_criterion=str(known[place]))
        for place in ((1, "GOP2"), (2, "GOP"), (3, "GOP"))
    ]
    assert [answer["totals"]["results"] for answer in answers] == [7, 7, 7]
    codes = {row["keys"]["criterion"]["code"] for row in answers[0]["rows"]}
    assert codes == {"GOP1", "GOP2", "GOP"}
    one = await figures(reader, "criterion_results", lasting_criterion=str(known[3, "TACH2"]), year=2022)
    assert (one["totals"]["results"], one["totals"]["met"]) == (2, 1)
    both = await by_line(reader, lasting_criterion=str(known[3, "MOI"]))
    assert [row["keys"]["lasting_criterion"]["code"] for row in both["rows"]] == ["MOI"]
    nothing = await figures(reader, "criterion_results", lasting_criterion=str(new_id()))
    assert nothing["totals"]["results"] == 0


async def test_other_sets_and_drafts_are_not_touched(reader: Api, system: Tx, known: Codes) -> None:
    other = await criteria_set(system, SmallSet())
    await evaluate(system, Evaluated("commune_c", other, results=results(TC1="met", TC2="not_met")))
    VERSIONS[4], MAPS[4] = ("DOI",), (("DOI", "DOI"), ("GOP", "DOI"))
    try:
        draft = await version(system, 4, known)
    finally:
        del VERSIONS[4], MAPS[4]
    answer = await by_line(reader, group_by="lasting_criterion")
    lines = {row["keys"]["lasting_criterion"]["code"]: row for row in answer["rows"]}
    assert list(lines) == ["DOI", "GOP", "TACH1", "MOI", "BO", "TC1", "TC2"]
    assert lines["TC1"]["keys"]["lasting_criterion"]["marks"] == []
    assert lines["DOI"]["keys"]["lasting_criterion"]["version"] == 3
    await publish(system, draft)
    merged = await by_line(reader, group_by="lasting_criterion", order="-results")
    first = merged["rows"][0]
    assert (first["keys"]["lasting_criterion"]["version"], first["values"]["results"]) == (4, 12)
    # What version 4 no longer has stands for itself, as it was called last.
    dropped = {line["code"] for line in _lines(merged) if "dropped" in line["marks"]}
    assert dropped == {"TACH1", "MOI", "BO"}


def _lines(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [row["keys"]["lasting_criterion"] for row in answer["rows"]]


async def test_verification_and_files_know_it_in_one_statement(reader: Api, system: Tx, statements: Statements) -> None:
    statements.seen.clear()
    answer = await figures(reader, "verification", group_by="lasting_criterion,year,district", structure="current")
    assert (len(answer["rows"]), len(statements.seen)) == (12, 3)
    file = await reader.get("/statistics/criterion_results", group_by="lasting_criterion", format="csv")
    assert "GOP,GOP 3 (phiên bản 3),7,7,5" in file.content.decode()
    assert await system.session.scalar(select(Criterion.code).where(Criterion.code == "MOI")) == "MOI"
