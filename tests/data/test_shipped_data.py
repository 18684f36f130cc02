"""What ships is complete, keeps the printed numbering, and never passes an invented text off as an official one."""

import csv
import json
import re
import unicodedata
from collections import Counter
from datetime import date
from importlib import resources
from typing import Any

import pytest

from app.units.csvfile import parse
from app.units.kinds import KINDS, LEVELS

DATA = resources.files("app.data")
SETS = ("commune_qd9745", "district_qd3015", "base_qd9745")
CRITERION_FIELDS = {
    "code",
    "title",
    "description",
    "measure",
    "threshold",
    "comparison",
    "unit_of_count",
    "required",
    "evidence_needed",
    "weight",
    "text_status",
}


def load(folder: str, name: str) -> dict[str, Any]:
    loaded = json.loads(DATA.joinpath(folder, f"{name}.json").read_text("utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def criteria(name: str) -> list[dict[str, Any]]:
    return [criterion for group in load("criteria", name)["groups"] for criterion in group["criteria"]]


def sizes(name: str) -> list[int]:
    return [len(group["criteria"]) for group in load("criteria", name)["groups"]]


def test_units_of_2024() -> None:
    text = DATA.joinpath("units", "nghe_an_2024.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert Counter(len(row["code"]) for row in rows) == {2: 1, 3: 21, 5: 460}
    assert Counter(row["type"] for row in rows) == {
        "tỉnh": 1,
        "thành phố": 1,
        "thị xã": 3,
        "huyện": 17,
        "xã": 411,
        "phường": 32,
        "thị trấn": 17,
    }


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("national_2025_01", {"province": 63, "district": 696, "commune": 10_035}),
        ("national_2025_07", {"province": 34, "commune": 3_321}),
    ],
)
def test_the_nation_before_and_since_july_2025(name: str, levels: dict[str, int]) -> None:
    rows, errors = parse(DATA.joinpath("units", f"{name}.csv").read_bytes())
    assert errors == []
    assert Counter(row.level for row in rows) == levels
    assert all(len(row.code) == {"province": 2, "district": 3, "commune": 5}[row.level] for row in rows)
    assert all(unicodedata.is_normalized("NFC", row.name) for row in rows)


def test_nghe_an_in_the_nation_is_what_its_second_act_meets() -> None:
    rows, _ = parse(DATA.joinpath("units", "national_2025_01.csv").read_bytes())
    districts = {row.code for row in rows if row.parent_code == "40"}
    communes = {row.code for row in rows if row.parent_code in districts}
    act = DATA.joinpath("units", "nghe_an_act_2025_07.csv").read_text("utf-8")
    assert {line["old_code"] for line in csv.DictReader(act.splitlines())} == districts | communes


def test_the_commune_set_has_34_criteria_of_which_two_are_known() -> None:
    found = criteria("commune_qd9745")
    assert [c["code"] for c in found] == [f"TC{n}" for n in range(1, 35)]
    assert [c["code"] for c in found if c["text_status"] == "sourced"] == ["TC1", "TC2"]


def test_the_district_set_has_four_groups_and_32_criteria() -> None:
    assert sizes("district_qd3015")[0] == 7
    assert len(sizes("district_qd3015")) == 4
    found = criteria("district_qd3015")
    assert [c["code"] for c in found] == [f"TC{n}" for n in range(1, 33)]
    known = [c for c in found if c["text_status"] == "sourced"]
    assert [(c["measure"], c["comparison"], c["threshold"]) for c in known] == [("count", "at_least", 2)]


def test_the_base_set_is_a_proposal_throughout() -> None:
    found = criteria("base_qd9745")
    assert found
    assert {c["text_status"] for c in found} == {"proposal"}


@pytest.mark.parametrize("name", SETS)
def test_every_text_that_is_not_sourced_is_visibly_marked(name: str) -> None:
    for criterion in criteria(name):
        match criterion["text_status"]:
            case "to_be_entered":
                number = criterion["code"].removeprefix("TC")
                expected = f"Tiêu chí số {number} (chưa có văn bản chính thức, cần nhập)"
                assert criterion["title"] == expected
            case "proposal":
                assert criterion["title"].startswith("Đề xuất: ")
            case "sourced":
                assert "không phải nguyên văn" in criterion["description"]
            case other:
                pytest.fail(f"unknown text status {other}")


@pytest.mark.parametrize("name", SETS)
def test_the_notice_and_the_groups_say_what_is_not_official(name: str) -> None:
    shipped = load("criteria", name)
    assert shipped["notice"].startswith("Không phải văn bản chính thức.")
    assert "đề xuất" in shipped["notice"]
    assert "giả định" in shipped["notice"]
    for group in shipped["groups"]:
        assert "cần nhập" in group["title"] or group["title"].startswith("Đề xuất: ")
    assert "cần nhập" in shipped["legal_basis"]["title"]


@pytest.mark.parametrize("name", SETS)
def test_the_shape_of_a_set(name: str) -> None:
    shipped = load("criteria", name)
    assert shipped["version"] == 1
    assert set(shipped["applies_to_kinds"]) <= set(KINDS)
    assert shipped["recognised_by"] in {"district", "province", "commune", "managing_unit"}
    assert shipped["pass_rule"] == {"kind": "all_required", "minimum": None}
    assert any(criterion["required"] for criterion in criteria(name))
    for criterion in criteria(name):
        assert set(criterion) == CRITERION_FIELDS
        measured = criterion["measure"] != "yes_no"
        assert criterion["measure"] in {"yes_no", "number", "percentage", "count"}
        assert (criterion["threshold"] is not None) == (criterion["comparison"] is not None) == measured
        assert (criterion["unit_of_count"] is not None) == (criterion["measure"] == "count")


def test_no_kind_of_unit_has_two_sets() -> None:
    kinds = [kind for name in SETS for kind in load("criteria", name)["applies_to_kinds"]]
    assert len(kinds) == len(set(kinds))


def test_the_outline_keeps_the_printed_numbering_without_a_third_part() -> None:
    outline = load("campaigns", "plan_320")["outline"]
    assert [item["code"] for item in outline] == [
        *("I", "II", "II.1", "II.2", "II.3", "II.4"),
        *("IV", "IV.1", "IV.2", "IV.3", "IV.4", "V"),
    ]
    assert [item["number"] for item in outline] == ["I", "II", *"1234", "IV", *"1234", "V"]
    for item in outline:
        assert item["code"] == ".".join(filter(None, (item["parent"], item["number"])))


def test_one_writes_under_the_headings_that_have_none_below() -> None:
    outline = load("campaigns", "plan_320")["outline"]
    parents = {item["parent"] for item in outline}
    assert all(item["writable"] == (item["code"] not in parents) for item in outline)


def test_the_printed_questions_are_whole() -> None:
    guidance = {item["code"]: item["guidance"] for item in load("campaigns", "plan_320")["outline"]}
    assert {code for code, text in guidance.items() if text} == {"I", "II.1", "II.2", "II.3", "II.4"}
    printed = " ".join(text for text in guidance.values() if text)
    numbers = [re.findall(r"\d+", found) for found in re.findall(r"Biểu mẫu số ([\d, ]+)", printed)]
    assert numbers == [["3"], ["3"], ["1", "2", "4", "5", "6", "7", "8"]]
    assert "*" not in printed


def test_the_dates_of_plan_320() -> None:
    plan = load("campaigns", "plan_320")
    assert (plan["number"], plan["issued_on"]) == ("320/KH-UBND", "2024-04-26")
    window = date.fromisoformat(plan["window_to"]) - date.fromisoformat(plan["window_from"])
    assert window.days + 1 == 547
    assert plan["years"] == [2023, 2024]
    due = {(d["task"], d["level"], d["parent_level"]): d["due_before"] for d in plan["deadlines"]}
    assert due == {
        ("report", "commune", None): "2024-07-15",
        ("report", "district", None): "2024-07-15",
        ("report", "base", "province"): "2024-07-15",
        ("conference", "province", None): "2024-08-15",
    }
    assert {d["level"] for d in plan["deadlines"]} <= set(LEVELS)
    assert all("Kế hoạch 320/KH-UBND, mục " in d["source"] for d in plan["deadlines"])


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("units", "nghe_an_2024.csv"),
        ("campaigns", "plan_320.json"),
        *(("criteria", f"{name}.json") for name in SETS),
    ],
)
def test_shipped_text_is_nfc_without_double_blanks(folder: str, name: str) -> None:
    text = DATA.joinpath(folder, name).read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)
    assert not re.search(r"\S  +\S", text)
