"""Criteria across the versions of their set: those that the maps between versions connect are one lasting criterion.

A map leads old criteria to new ones. Followed both ways through all published versions it makes *lines*: a renamed
criterion is one line with what it was called before; what was merged or split lies in one line with all its parts, so
that every result belongs to exactly one line and nothing is counted twice. A line is called by its *head*: its first
criterion in the newest version that it reaches. Maps of drafts lead nowhere yet.
"""

from functools import cache
from typing import Any, Final

from sqlalchemy import CTE, FromClause, Select, Uuid, and_, bindparam, case, func, null, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT, aggregate_order_by, array, distinct_on
from sqlalchemy.orm import aliased

from app.criteria.models import CriteriaSet, Criterion, CriterionMap
from app.statistics.declarations import Line

MARKS: Final = ("merged", "split", "dropped", "added")

_PUBLISHED = CriteriaSet.status != "draft"


def _led(start: Any, end: Any) -> Select[Any]:
    newer = aliased(CriteriaSet)
    there = select(start.label("id"), end.label("other")).join(newer, newer.id == CriterionMap.set_id)
    return there.where(newer.status != "draft")


_STEPS: Final = union_all(
    _led(CriterionMap.old_criterion_id, CriterionMap.new_criterion_id),
    _led(CriterionMap.new_criterion_id, CriterionMap.old_criterion_id),
).cte("criteria_steps")
"""The maps of all published versions, both ways."""


def _reached(seeds: FromClause, name: str) -> CTE:
    """Of each criterion of ``seeds``, as ``seed``: every criterion of its line, as ``id``."""
    reached = select(seeds.c.id.label("seed"), seeds.c.id.label("id")).cte(name, recursive=True)
    step = select(reached.c.seed, _STEPS.c.other).join(_STEPS, _STEPS.c.id == reached.c.id)
    return reached.union(step)


def _heads(seeds: FromClause) -> CTE:
    reached, criterion, version = _reached(seeds, "led"), aliased(Criterion), aliased(CriteriaSet)
    return (
        select(reached.c.seed.label("id"), criterion.id.label("key"))
        .join(criterion, criterion.id == reached.c.id)
        .join(version, version.id == criterion.set_id)
        .ext(distinct_on(reached.c.seed))
        .order_by(reached.c.seed, version.set_version.desc(), criterion.position, criterion.id)
        .cte("heads")
    )


@cache
def _members(name: str) -> Select[Any]:
    """Cached, so that one statement that narrows by ``name`` in several places has it once."""
    asked = select(bindparam(name, type_=Uuid).label("id")).subquery(f"asked_{name}")
    return select(_reached(asked, f"line_{name}").c.id)


def _degree(end: Any, criterion: Any) -> Any:
    """How many criteria of a published version stand at the other end of the map."""
    newer = aliased(CriteriaSet)
    counted = select(func.count()).select_from(CriterionMap).join(newer, newer.id == CriterionMap.set_id)
    return counted.where(end == criterion.id, newer.status != "draft").correlate(criterion).scalar_subquery()


def _bounds() -> CTE:
    """The first and the newest published version of each set."""
    first, newest = func.min(CriteriaSet.set_version), func.max(CriteriaSet.set_version)
    bounds = select(CriteriaSet.unit_id, CriteriaSet.code, first.label("first"), newest.label("newest"))
    return bounds.where(_PUBLISHED).group_by(CriteriaSet.unit_id, CriteriaSet.code).cte("set_bounds")


def _told(seeds: FromClause) -> CTE:
    """What is shown of each line that ``seeds`` are the heads of."""
    reached, criterion, version = _reached(seeds, "told"), aliased(Criterion), aliased(CriteriaSet)
    member = func.jsonb_build_object("id", criterion.id, "code", criterion.code, "version", version.set_version)
    order = (version.set_version, criterion.position, criterion.code)
    bounds = _bounds()
    lines = (
        select(
            reached.c.seed,
            func.jsonb_agg(aggregate_order_by(member, *order), type_=JSONB).label("members"),
            func.bool_or(_degree(CriterionMap.new_criterion_id, criterion) > 1).label("merged"),
            func.bool_or(_degree(CriterionMap.old_criterion_id, criterion) > 1).label("split"),
            (func.max(version.set_version) < func.max(bounds.c.newest)).label("dropped"),
            (func.min(version.set_version) > func.min(bounds.c.first)).label("added"),
        )
        .join(criterion, criterion.id == reached.c.id)
        .join(version, version.id == criterion.set_id)
        .join(bounds, and_(bounds.c.unit_id == version.unit_id, bounds.c.code == version.code))
        .group_by(reached.c.seed)
        .cte("lines")
    )
    head, newest = aliased(Criterion), aliased(CriteriaSet)
    marks: array[Any] = array([case((lines.c[mark], mark), else_=null()) for mark in MARKS], type_=TEXT)
    shown = {
        "code": head.code,
        "title": head.title,
        "version": newest.set_version,
        "criteria_set": newest.code,
        "members": lines.c.members,
        "marks": func.array_remove(marks, null(), type_=ARRAY(TEXT)),
        "set_unit": newest.unit_id,
        "downward": -newest.set_version,
        "position": head.position,
    }
    return (
        select(lines.c.seed.label("key"), *(column.label(name) for name, column in shown.items()))
        .join(head, head.id == lines.c.seed)
        .join(newest, newest.id == head.set_id)
        .cte("lines_told")
    )


LINE: Final = Line(
    heads=_heads,
    members=_members,
    told=_told,
    shown=("code", "title", "version", "criteria_set", "members", "marks"),
    order=("criteria_set", "set_unit", "downward", "position"),
)
