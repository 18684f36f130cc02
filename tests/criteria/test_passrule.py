"""When a criterion is met and a set passed."""

from decimal import Decimal
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.criteria.definition import CriterionDef, PassRule, SetDefinition
from app.criteria.passrule import Outcome, met_by_figure, passes, score


def criterion(n: int = 1, **changes: Any) -> CriterionDef:
    values: dict[str, Any] = {
        "id": UUID(int=n),
        "code": f"TC{n}",
        "title": "x",
        "group_code": "N1",
        "measure": "number",
        "threshold": Decimal(10),
        "comparison": "at_least",
        "required": True,
        "evidence_needed": False,
        "weight": Decimal(1),
        "position": n,
    }
    return CriterionDef(**{**values, **changes})


def definition(rule: PassRule, *criteria: CriterionDef) -> SetDefinition:
    return SetDefinition(uuid4(), "X", 1, "x", "published", frozenset({"commune"}), "district", rule, criteria)


@pytest.mark.parametrize(
    ("changes", "figure", "expected"),
    [
        ({}, "9.9999", False),
        ({}, "10", True),
        ({}, "10.0001", True),
        ({"comparison": "at_most"}, "10", True),
        ({"comparison": "at_most"}, "10.0001", False),
        ({"measure": "percentage", "threshold": Decimal("97.5")}, "97.4999", False),
        ({"measure": "percentage", "threshold": Decimal("97.5")}, "97.5", True),
        ({"measure": "count", "threshold": Decimal(0), "comparison": "at_most"}, "0", True),
        ({"measure": "count", "threshold": Decimal(0), "comparison": "at_most"}, "1", False),
        ({}, None, None),
        ({"threshold": None, "comparison": None}, "10", None),
        ({"measure": "yes_no", "threshold": None, "comparison": None}, "1", None),
    ],
)
def test_the_threshold_itself_is_reached(changes: dict[str, Any], figure: str | None, expected: bool | None) -> None:
    assert met_by_figure(criterion(**changes), Decimal(figure) if figure else None) is expected


A, B, C = (
    criterion(1),
    criterion(2, required=False, weight=Decimal("2.5")),
    criterion(3, required=False, weight=Decimal("0.5")),
)


@pytest.mark.parametrize(
    ("rule", "met", "expected"),
    [
        (PassRule("all_required"), "A", True),
        (PassRule("all_required"), "BC", False),
        (PassRule("all_required"), "", False),
        (PassRule("minimum_met", 2), "A", False),
        (PassRule("minimum_met", 2), "AC", True),
        (PassRule("minimum_met", 2), "BC", False),  # two are met, but not the required one
        (PassRule("minimum_met", 3), "ABC", True),
        (PassRule("minimum_score", 3), "AB", True),  # 1 + 2.5
        (PassRule("minimum_score", 3), "BC", False),  # 3.0, but not the required one
        (PassRule("minimum_score", 2), "AC", False),  # 1.5
        (PassRule("minimum_score", 4), "ABC", True),  # exactly 4
        (PassRule("minimum_score", 5), "ABC", False),
    ],
)
@pytest.mark.parametrize("otherwise", ["not_met", "not_assessed", None])
def test_the_three_rules(rule: PassRule, met: str, expected: bool, otherwise: Outcome | None) -> None:
    outcomes: dict[UUID, Outcome] = {}
    for name, one in zip("ABC", (A, B, C), strict=True):
        if name in met:
            outcomes[one.id] = "met"
        elif otherwise:
            outcomes[one.id] = otherwise
    assert passes(definition(rule, A, B, C), outcomes) is expected


def test_outcomes_of_other_criteria_do_not_count() -> None:
    assert not passes(definition(PassRule("minimum_met", 2), A), {A.id: "met", UUID(int=99): "met"})
    assert score(definition(PassRule("minimum_score", 2), A), {A.id: "met", UUID(int=99): "met"}) == 1


rules = st.one_of(
    st.just(PassRule("all_required")),
    st.builds(PassRule, st.sampled_from(["minimum_met", "minimum_score"]), st.integers(1, 6)),
)
sets = st.lists(st.tuples(st.booleans(), st.decimals(0, 5, places=1)), min_size=1, max_size=5).map(
    lambda rows: [criterion(n, required=required, weight=weight) for n, (required, weight) in enumerate(rows, 1)]
)


@given(rules, sets)
def test_meeting_more_never_fails_a_unit(rule: PassRule, criteria: list[CriterionDef]) -> None:
    made = definition(rule, *criteria)
    for values in product(("met", "not_met"), repeat=len(criteria)):
        outcomes: dict[UUID, Outcome] = dict(zip((c.id for c in criteria), values, strict=True))  # type: ignore[arg-type]
        if passes(made, outcomes):
            assert all(outcomes[c.id] == "met" for c in criteria if c.required)
            for c in criteria:
                assert passes(made, {**outcomes, c.id: "met"})
