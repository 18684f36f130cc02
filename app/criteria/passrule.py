"""When a criterion is met by its figure, and when a unit passes its set. Pure.

A criterion marked required must be met under every rule; the other rules ask for more:

- ``all_required``: every required criterion is met; the others do not count.
- ``minimum_met``: and at least ``minimum`` criteria, required or not, are met.
- ``minimum_score``: and the weights of the met criteria add up to at least ``minimum``.

A criterion that is not assessed is not met.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal
from uuid import UUID

from app.criteria.definition import CriterionDef, SetDefinition

Outcome = Literal["met", "not_met", "not_assessed"]


def met_by_figure(criterion: CriterionDef, figure: Decimal | None) -> bool | None:
    """Whether ``figure`` reaches the criterion's threshold, which itself counts as reached.

    None where figures decide nothing: a yes/no criterion, one without a threshold, or no figure.
    """
    if figure is None or criterion.measure == "yes_no" or criterion.threshold is None:
        return None
    if criterion.comparison == "at_most":
        return figure <= criterion.threshold
    return figure >= criterion.threshold


def score(definition: SetDefinition, outcomes: Mapping[UUID, Outcome]) -> Decimal:
    """The weights of the met criteria, added up."""
    return sum((c.weight for c in definition.criteria if outcomes.get(c.id) == "met"), Decimal(0))


def passes(definition: SetDefinition, outcomes: Mapping[UUID, Outcome]) -> bool:
    """Whether ``outcomes`` (by criterion id; absent = not assessed) satisfy the set's pass rule."""
    if any(c.required and outcomes.get(c.id) != "met" for c in definition.criteria):
        return False
    rule = definition.pass_rule
    if rule.kind == "all_required":
        return True
    minimum = rule.minimum or 0
    if rule.kind == "minimum_met":
        return sum(outcomes.get(c.id) == "met" for c in definition.criteria) >= minimum
    return score(definition, outcomes) >= minimum
