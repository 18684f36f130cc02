"""What the map's changes mean for a figure: units that were split, and units that a past tree did not have yet.

Both are asked only on a ground that has any (``divided``, ``younger``), in one statement each.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    Select,
    Uuid,
    and_,
    bindparam,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from app.access.actor import LABEL_WIDTH
from app.kernel.db import AnySelect
from app.statistics.past import start_of
from app.statistics.shapes import Shape, conditions
from app.statistics.subtree import inside
from app.units.models import Unit, UnitFact, UnitLineage
from app.units.spans import in_force, last_before
from app.units.upward import is_above, label_of

MOST_NAMED: Final = 20
"""Units named in a note; of the others it says how many there are."""

SHOWN_ON: Final = bindparam("shown_on", type_=Date)
"""The day whose tree is asked for."""

_WITHIN: Final = bindparam("within", type_=ARRAY(Uuid))
_OWN: Final = bindparam("own", type_=Uuid)
_WIDTH: Final = literal_column(str(LABEL_WIDTH), Integer)


def _shown(unit: type[Unit]) -> LateralFromClause:
    """The unit as which ``unit`` is shown on the day: itself, or the nearest one above."""
    bearer, fact = aliased(Unit), aliased(UnitFact)
    return (
        select(fact.unit_id, fact.path, fact.code, fact.name)
        .join(bearer, bearer.id == fact.unit_id)
        .where(is_above(bearer.path, unit.path, func.length(unit.path)), in_force(fact, SHOWN_ON))
        .order_by(func.length(bearer.path).desc())
        .limit(1)
        .correlate(unit)
        .lateral("shown")
    )


def _narrowed(shown: LateralFromClause) -> ColumnElement[bool]:
    """What is shown as ``shown`` lies under every unit to which the question is narrowed."""
    above = aliased(Unit)
    width = func.generate_series(_WIDTH, func.length(shown.c.path), _WIDTH).column_valued("width")
    digits = func.substr(shown.c.path, width - _WIDTH + 1, _WIDTH - 1)
    labels = select(label_of(digits))
    chain = select(func.array_agg(above.id)).where(above.label.in_(labels.correlate(shown)))
    return and_(
        or_(func.cardinality(_WITHIN) == 0, chain.correlate(shown).scalar_subquery().op("@>")(_WITHIN)),
        or_(_OWN.is_(None), shown.c.unit_id == _OWN),
    )


def _counted(shape: Shape, unit: type[Unit], *more: ColumnElement[bool]) -> Select[Any]:
    """Some record of ``unit`` that counts in the figure, as far as records themselves tell."""
    measure = shape.declared
    own = (measure.unit_id == unit.id, measure.path == unit.path)
    return select(literal(1)).select_from(measure.source).where(*conditions(shape), *own, *more)


def _touching() -> AnySelect:
    """The units whose splits concern the subtree asked about: it holds them, or one that got a part."""
    step, kin = aliased(UnitLineage), aliased(Unit)
    near = or_(inside(step.unit_path), inside(kin.path))
    found = select(step.old_unit_id).join(kin, kin.id == step.new_unit_id)
    return found.where(step.kind == "split", not_(step.is_primary), near)


@lru_cache(maxsize=256)
def splits(shape: Shape) -> AnySelect:
    """One row for each successor of each unit split before the day that matters to ``shape``, act by act.

    ``inside`` = the unit that was split counts within the subtree asked about, with records of before in the figure;
    ``narrowed`` = the successor is under the units to which the question is narrowed.
    """
    step, old, new = aliased(UnitLineage), aliased(Unit), aliased(Unit)
    before, after = aliased(UnitFact), aliased(UnitFact)
    shown = _shown(new)
    # A unit may live on: what it did since is its own.
    earlier = shape.declared.at < start_of(step.effective_on)
    order = (step.effective_on, old.sort_key, step.old_unit_id, step.reorganisation_id, step.is_primary.desc())
    return (
        select(
            *(step.old_unit_id, step.new_unit_id, step.effective_on, step.is_primary),
            *(step.decision_number, step.reorganisation_id),
            func.coalesce(before.code, old.code).label("old_code"),
            func.coalesce(before.name, old.name).label("old_name"),
            func.coalesce(after.code, new.code).label("new_code"),
            func.coalesce(after.name, new.name).label("new_name"),
            *(shown.c[name].label(f"shown_{name}") for name in ("unit_id", "code", "name")),
            inside(old.path).label("inside"),
            _narrowed(shown).label("narrowed"),
        )
        .select_from(step)
        .join(old, old.id == step.old_unit_id)
        .join(new, new.id == step.new_unit_id)
        .join(shown, true())
        .outerjoin(before, and_(before.unit_id == old.id, last_before(before, step.effective_on)))
        .outerjoin(after, and_(after.unit_id == new.id, in_force(after, step.effective_on)))
        .where(
            step.kind == "split",
            step.old_unit_id.in_(_touching()),
            step.effective_on <= SHOWN_ON,
            or_(not_(inside(old.path)), _counted(shape, old, earlier).correlate(old, step).exists()),
        )
        .order_by(*order, new.sort_key)
    )


@lru_cache(maxsize=256)
def younger(shape: Shape) -> AnySelect:
    """The first units that the tree of the day did not have yet, with records in the figure; ``units``: how many."""
    unit, fact, one = aliased(Unit), aliased(UnitFact), aliased(Unit)
    facts = select(fact.id).where(fact.unit_id == unit.id)
    chosen = select(unit.id, func.count().over().label("units")).where(
        inside(unit.path),
        facts.where(fact.valid_from > SHOWN_ON).exists(),
        not_(facts.where(fact.valid_from <= SHOWN_ON).exists()),
        _counted(shape, unit).correlate(unit).exists(),
    )
    if shape.under or _narrowing(shape):
        counted_for = _shown(unit)
        chosen = chosen.join(counted_for, true()).where(_narrowed(counted_for))
    # Only of those that are named it is asked as what they are shown.
    first = chosen.order_by(unit.sort_key, unit.code).limit(MOST_NAMED).subquery("first")
    shown = _shown(one)
    return (
        select(
            *(one.id, one.code, one.name),
            *(shown.c[name].label(f"shown_{name}") for name in ("unit_id", "code", "name")),
            first.c.units,
        )
        .select_from(first.join(one, one.id == first.c.id).join(shown, true()))
        .order_by(one.sort_key, one.code)
    )


def _narrowing(shape: Shape) -> dict[str, str | None]:
    """The filters that narrow the question to places, with what they ask of the place."""
    return {d.filter: d.place for d in shape.placing().values() if d.filter and d.filter in shape.filters.one}


def bindings(shape: Shape, values: Mapping[str, Any], shown_on: date) -> dict[str, Any]:
    """What these statements bind besides: the day, and the units to which the question is narrowed."""
    places = _narrowing(shape)
    narrowing = [values[name] for name, place in places.items() if place in {"ancestor", "child"}]
    narrowing += [values["asked"]] if shape.under else []
    own = next((values[name] for name, place in places.items() if place == "self"), None)
    return {"shown_on": shown_on, "within": narrowing, "own": own}
