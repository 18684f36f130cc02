"""The act on the whole nation as the planner judges it: 63/696/10,035 to 34/0/3,321, without a database."""

from collections import Counter
from datetime import date
from functools import cache
from importlib.resources import files
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from app.kernel.ids import new_id
from app.reorganisations.balance import Sheet
from app.reorganisations.csvfile import parse as parse_act
from app.units.act import Act, Ground, Outcome, Stood, paths_after
from app.units.csvfile import parse
from app.units.deciding import decide
from app.units.facts import beneath
from bench.succession import DECISION, ISSUER, content, provinces, succession, tree

TOP = new_id()
PROVINCE = 14
"""How long the path of a province is."""


def nation() -> Ground:
    """The tree of 1/1/2025 as an act at its root meets it."""
    rows, _ = parse((files("app.data") / "units" / "national_2025_01.csv").read_bytes())
    root = Stood(TOP, "BCA", "Bộ Công an", "ministry", "central", None, 1, "000001.", None, None)
    units: dict[UUID, Stood] = {TOP: root}
    by_code = {"BCA": root}
    for label, row in enumerate(rows, 2):
        above = by_code[row.parent_code or "BCA"]
        path = beneath(above.path, label)
        unit = Stood(new_id(), row.code, row.name, row.kind, row.level, above.id, label, path, None, date(2023, 1, 1))
        units[unit.id] = by_code[row.code] = unit
    return Ground(TOP, units)


@cache
def judged() -> tuple[Act, Ground, Outcome]:
    """The invented act on that tree."""
    act, ground = parse_act(content(succession().lines())), nation()
    outcome, faults = decide(act, ground)
    assert faults == []
    return act, ground, outcome


def test_the_provinces_are_told_by_the_communes_that_keep_their_codes() -> None:
    old, new = tree("national_2025_01.csv"), tree("national_2025_07.csv")
    into = provinces(old, new)
    together = Counter(into.values())
    assert (len(into), len(together), sum(n for n in together.values() if n > 1)) == (63, 34, 52)
    named = {old[code]["name"]: new[found]["name"] for code, found in into.items()}
    assert named["Tỉnh Hà Giang"] == named["Tỉnh Tuyên Quang"] == "Tỉnh Tuyên Quang"
    assert named["Tỉnh Yên Bái"] == named["Tỉnh Lào Cai"] == "Tỉnh Lào Cai"
    assert named["Tỉnh Bình Dương"] == named["Tỉnh Bà Rịa - Vũng Tàu"] == "Thành phố Hồ Chí Minh"
    assert named["Tỉnh Nghệ An"] == "Tỉnh Nghệ An"


def test_the_act_makes_the_nation_of_july_2025() -> None:
    _, ground, outcome = judged()
    after = {key: unit for key, unit in ground.units.items() if key not in outcome.ended and key != TOP}
    named = {key: (unit.code, unit.name) for key, unit in after.items()}
    named |= {key: (facts.code, facts.name) for key, facts in (outcome.changed | outcome.created).items()}
    expected = {(code, unit["name"]) for code, unit in tree("national_2025_07.csv").items()}
    assert set(named.values()) == expected
    assert len(named) == len(expected) == 34 + 3_321


def test_every_commune_that_ends_counts_at_one_in_its_own_province() -> None:
    _, ground, outcome = judged()
    into = provinces(tree("national_2025_01.csv"), tree("national_2025_07.csv"))
    codes = {key: facts.code for key, facts in (outcome.created | outcome.changed).items()}
    codes |= {key: unit.code for key, unit in ground.units.items() if key not in codes}
    labels = dict(zip(outcome.created, range(20_000, 30_000), strict=False))
    paths = paths_after(ground.units, outcome, labels, TOP)
    by_path = {path: key for key, path in paths.items()}
    assert len(by_path) == len(paths) == len(ground.units) + len(outcome.created)
    then = {unit.path: unit.code for unit in ground.units.values()}
    for key, unit in ground.units.items():
        if unit.level == "commune":
            assert codes[by_path[paths[key][:PROVINCE]]] == into[then[unit.path[:PROVINCE]]]


def test_the_sheet_of_the_nation_balances() -> None:
    act, ground, outcome = judged()
    held = SimpleNamespace(grants=0, obligations=0)
    sheet = Sheet(act, ground, outcome, []).whole(cast("Any", held), act.effective_on)
    levels = {found.level: (found.before, found.after) for found in sheet.levels}
    assert levels == {"central": (1, 1), "province": (63, 34), "district": (696, 0), "commune": (10_035, 3_321)}
    assert sheet.lengths.units == len(outcome.created) + len(outcome.changed) + len(outcome.ended) + enlarged(outcome)
    assert sheet.notes == []


def enlarged(outcome: Outcome) -> int:
    """How many units only take others in."""
    heirs = {heir for heir in outcome.ended.values() if heir is not None}
    return len(heirs - outcome.created.keys() - outcome.changed.keys())


def test_what_is_made_up_never_looks_like_the_law() -> None:
    assert "không phải văn bản" in DECISION
    assert "không do cơ quan nào" in ISSUER
    shipped = [file.name for file in (files("app.data") / "units").iterdir()]
    assert not [name for name in shipped if "national" in name and "act" in name]


def test_nghe_an_goes_as_its_own_act_says() -> None:
    made = {line["old_code"]: line for line in succession().lines()}
    shipped = parse_act((files("app.data") / "units" / "nghe_an_act_2025_07.csv").read_bytes())
    assert {code: made[code or ""].get("new_code") or None for code in (c.old_code for c in shipped.changes)} == {
        change.old_code: change.new_code for change in shipped.changes
    }
