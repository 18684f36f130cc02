"""A criteria set as a value: what evaluations are filled in and judged by. No tables, no framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Literal
from uuid import UUID

Measure = Literal["yes_no", "number", "percentage", "count"]
Comparison = Literal["at_least", "at_most"]
PassRuleKind = Literal["all_required", "minimum_met", "minimum_score"]
Recogniser = Literal["province", "district", "commune", "managing_unit"]
SetStatus = Literal["draft", "published", "retired"]


@dataclass(frozen=True, slots=True)
class PassRule:
    """When a unit passes the set; what the kinds mean is written in ``passrule.py``."""

    kind: PassRuleKind
    minimum: int | None = None


@dataclass(frozen=True, slots=True)
class CriterionDef:
    """One criterion. ``threshold`` is in percent, pieces or ``unit_of_count``, by ``measure``."""

    id: UUID
    code: str
    title: str
    group_code: str
    measure: Measure
    threshold: Decimal | None
    comparison: Comparison | None
    required: bool
    evidence_needed: bool
    weight: Decimal
    position: int
    unit_of_count: str | None = None


@dataclass(frozen=True)
class SetDefinition:
    """One version of a set with its criteria in printed order."""

    id: UUID
    code: str
    set_version: int
    title: str
    status: SetStatus
    applies_to_kinds: frozenset[str]
    recognised_by: Recogniser
    pass_rule: PassRule
    criteria: tuple[CriterionDef, ...]
    by_id: Mapping[UUID, CriterionDef] = field(init=False, compare=False, repr=False)
    by_code: Mapping[str, CriterionDef] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", MappingProxyType({c.id: c for c in self.criteria}))
        object.__setattr__(self, "by_code", MappingProxyType({c.code: c for c in self.criteria}))
