"""A small tree with something in every form, and what the forms must say of it, counted by hand."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.access.actor import Tx
from app.forms.shipped import load_shipped_form_sets
from tests.actors import Api
from tests.builders.criteria import SmallSet, criteria_set
from tests.builders.units import ref, unit_id
from tests.statistics import work
from tests.statistics.scene import Evaluated, Registered, campaign, evaluate, register
from tests.statistics.work import Did

Results = tuple[tuple[str, str | None, str | None, str | None], ...]
ALL_MET: Results = (("TC1", "met", "met", "met"), ("TC2", "met", "met", "met"))
# The verifier found TC1 not met; TC3 was never verified and stands as the unit itself says.
A_2023: Results = (("TC1", "met", "not_met", "not_met"), ("TC2", "met", "met", "met"), ("TC3", "not_met", None, None))
FORECAST: Results = (("TC2", "not_met", "not_met", None),)


async def the_scene(tx: Tx) -> str:
    """Everything of it; the id of the campaign, whose years are 2023 and 2024."""
    await load_shipped_form_sets(tx, ref("province"))
    asked = await campaign(tx)
    communes = await criteria_set(tx, SmallSet())
    bodies = await criteria_set(tx, SmallSet(code="THU-CQ", kinds=("agency", "enterprise", "school")))
    districts = await criteria_set(tx, SmallSet(code="THU-HUYEN", kinds=("rural_district", "city")))
    await evaluate(
        tx,
        Evaluated("commune_a", communes, status="not_recognised", passed=False, year=2023, results=A_2023),
        Evaluated("commune_b", communes, year=2023, results=ALL_MET),
        Evaluated("commune_c", communes, year=2023, results=ALL_MET),
        Evaluated("commune_b", communes, stage="maintenance", year=2023),
        Evaluated("commune_c", communes, stage="maintenance", status="not_recognised", passed=False, year=2023),
        Evaluated("commune_a", communes, stage="forecast", status="verified", passed=False, results=FORECAST),
        Evaluated("commune_b", communes, stage="forecast", status="verified", results=ALL_MET),
        Evaluated("school_a1", bodies, status="not_recognised", passed=False, year=2023, results=A_2023),
        Evaluated("agency_p1", bodies, year=2023, results=ALL_MET),
        Evaluated("school_a1", bodies, stage="forecast", status="verified", passed=False, results=FORECAST),
        Evaluated("district_yen_thanh", districts, status="not_recognised", passed=False, year=2023, results=A_2023),
    )
    await register(tx, Registered("commune_c"), Registered("agency_p1", status="returned"))
    await _reasons(tx)
    await _work(tx, asked)
    return str(asked)


async def _reasons(tx: Tx) -> None:
    """Why criteria were not met; the reason that an earlier value bore is not that of the one that stands."""
    for value, reason in (("self", "Thiếu kế hoạch"), ("verified", "Chưa triển khai"), ("final", "Chưa ban hành")):
        column = f"{value}_outcome"
        await tx.session.execute(
            text(f"UPDATE evaluation_results SET {value}_reason = :reason WHERE {column} = 'not_met'"),
            {"reason": reason},
        )


async def _work(tx: Tx, asked: UUID) -> None:
    forms = await work.activity_forms(tx)
    await work.act(
        tx,
        forms,
        Did("province", amount=2, venue="school"),
        Did("commune_a", amount=3, people=40),
        Did("commune_c", amount=4, people=10),
        Did("commune_a", form="news", amount=5, venue=None),
        Did("district_yen_thanh", form="ceremony", amount=1),
        Did("agency_p1", amount=6, venue="agency"),
    )
    found = await work.indicators(tx)
    await work.count(tx, "commune_a", asked, found["crimes"], (10, 8))
    await work.count(tx, "commune_a", asked, found["solved"], (5, 6))
    await work.count(tx, "commune_c", asked, found["crimes"], (10, 4))
    await work.count(tx, "commune_c", asked, found["solved"], (10, 3))


VINH, YEN_THANH, AGENCY = (str(unit_id(key)) for key in ("district_vinh", "district_yen_thanh", "agency_p1"))
BUILDING = (
    *("units", "registered_1", "recognised_1", "not_recognised_1", "rate_1", "kept_1", "kept_rate_1"),
    *("registered_2", "expected_met_2", "expected_not_met_2", "expected_rate_2"),
)
NOTHING = (0, 0, 0, None, 0, None, 0, 0, 0, None)
FORM_1 = {
    VINH: (1, 1, 1, 0, 1.0, 0, 0.0, 1, 0, 0, 0.0),
    YEN_THANH: (2, 2, 1, 1, 0.5, 1, 1.0, 2, 1, 1, 0.5),
    "total": (3, 3, 2, 1, 0.666667, 1, 0.5, 3, 1, 1, 0.333333),
}
FORM_2 = {
    # A registration that was sent back is none.
    "agencies": {
        VINH: (0, *NOTHING),
        YEN_THANH: (0, *NOTHING),
        AGENCY: (1, 1, 1, 0, 1.0, 0, 0.0, 0, 0, 0, None),
        "total": (1, 1, 1, 0, 1.0, 0, 0.0, 0, 0, 0, None),
    },
    "enterprises": {VINH: (0, *NOTHING), YEN_THANH: (0, *NOTHING), "total": (0, *NOTHING)},
    "schools": {
        VINH: (0, *NOTHING),
        YEN_THANH: (1, 1, 0, 1, 0.0, 0, None, 1, 0, 1, 0.0),
        "total": (1, 1, 0, 1, 0.0, 0, None, 1, 0, 1, 0.0),
    },
    "districts": {
        VINH: (1, *NOTHING),
        YEN_THANH: (1, 1, 0, 1, 0.0, 0, None, 0, 0, 0, None),
        "total": (2, 1, 0, 1, 0.0, 0, None, 0, 0, 0, None),
    },
}
ACTIVITIES = ("sessions", "at_communes", "at_agencies", "at_schools", "direct", "news", "people_reached", "ceremonies")
FORM_3 = {
    "own": (2, 0, 0, 2, 2, 0, 0, 0),
    VINH: (4, 4, 0, 0, 4, 0, 10, 0),
    YEN_THANH: (3, 3, 0, 0, 3, 5, 40, 1),
    AGENCY: (6, 0, 6, 0, 6, 0, 0, 0),
    "total": (15, 7, 6, 2, 15, 5, 50, 1),
}
CRITERIA = ("assessed_1", "met_1", "not_met_1", "rate_1", "assessed_2", "met_2", "not_met_2", "rate_2")
FORM_4 = {
    "THU-XA.v1.TC1": (3, 2, 1, 0.666667, 1, 1, 0, 1.0),
    "THU-XA.v1.TC2": (3, 3, 0, 1.0, 2, 1, 1, 0.5),
    "THU-XA.v1.TC3": (1, 0, 1, 0.0, 0, 0, 0, None),
    "THU-XA.v1.TC4": (0, 0, 0, None, 0, 0, 0, None),
    "total": (7, 5, 2, 0.714286, 3, 2, 1, 0.666667),
}
FORM_6 = {
    "THU-HUYEN.v1.TC1": (1, 0, 1, 0.0, 0, 0, 0, None),
    "THU-HUYEN.v1.TC2": (1, 1, 0, 1.0, 0, 0, 0, None),
    "THU-HUYEN.v1.TC3": (1, 0, 1, 0.0, 0, 0, 0, None),
    "THU-HUYEN.v1.TC4": (0, 0, 0, None, 0, 0, 0, None),
    "total": (3, 1, 2, 0.333333, 0, 0, 0, None),
}
COMPARED = ("before", "after", "difference", "change")
FORM_7 = {
    "crimes": (20, 12, -8, -0.4),
    "solved": (15, 9, -6, -0.4),
    # Made anew from the sums; by how many percent a rate changed is not asked.
    "solved_rate": (0.75, 0.75, 0.0, None),
}
REASONS_A = "TC1: Chưa ban hành; TC3: Thiếu kế hoạch"
REASONS_FORECAST = "TC2: Chưa triển khai"
FORM_8 = {
    "communes_1": [("Xã Mã Thành (Huyện Yên Thành)", "TC1, TC3", REASONS_A)],
    "bodies_1": [("Trường THCS Mã Thành (Xã Mã Thành, Huyện Yên Thành)", "TC1, TC3", REASONS_A)],
    "districts_1": [("Huyện Yên Thành", "TC1, TC3", REASONS_A)],
    "communes_2": [("Xã Mã Thành (Huyện Yên Thành)", "TC2", REASONS_FORECAST)],
    "bodies_2": [("Trường THCS Mã Thành (Xã Mã Thành, Huyện Yên Thành)", "TC2", REASONS_FORECAST)],
}


async def form(reader: Api, number: int, asked: str, **more: Any) -> dict[str, Any]:
    """A form that must be answered."""
    answer = await reader.get(f"/forms/{number}", campaign=asked, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def table(form: dict[str, Any], code: str = "") -> dict[str, Any]:
    """One of its tables, or the only one."""
    found = [table for table in form["tables"] if not code or table["code"] == code]
    assert len(found) == 1
    return dict(found[0])


def values(table: dict[str, Any], columns: tuple[str, ...]) -> dict[str, tuple[Any, ...]]:
    """The figures of a table by row; headings have none."""
    return {
        row["key"]: tuple(row["cells"][code]["value"] for code in columns)
        for row in table["rows"]
        if row["kind"] != "group"
    }
