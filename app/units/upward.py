"""Looking up from a place in today's tree, in SQL: what stands above, who decides there, who bears what has ended."""

from typing import Any, Final

from sqlalchemy import ARRAY, ColumnElement, Integer, String, any_, case, cast, func, literal, literal_column, select
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.actor import LABEL_WIDTH
from app.units.kinds import LEVELS
from app.units.models import Unit

_WIDTH: Final[ColumnElement[int]] = literal_column(str(LABEL_WIDTH))
_ORDER: Final = cast(literal(list(LEVELS), ARRAY(String)), ARRAY(String))


def is_above(path: Any, below: Any, until: ColumnElement[int] | None = None) -> ColumnElement[bool]:
    """``path`` is that of a unit above the path ``below``. Its possible values are spelled out, for the index.

    As an array: of a set PostgreSQL expects so many that it would rather read all units, for each unit anew.
    ``until``: up to which length of ``below``, if not that of the unit above it.
    """
    longest = func.length(below) - 1 if until is None else until
    widths = func.generate_series(_WIDTH, longest, _WIDTH).table_valued("width", name="width")
    paths = select(func.left(below, widths.c.width)).correlate_except(widths)
    condition: ColumnElement[bool] = path == any_(func.array(paths.scalar_subquery(), type_=ARRAY(String)))
    return condition


def label_of(digits: Any) -> ColumnElement[int]:
    """The number that ``digits``, one label of a path without its end, spell; as ``units.label`` has it."""
    return cast(cast(literal("x").concat(digits), BIT(24)), Integer)


def deciding_level(
    path: InstrumentedAttribute[str], level: ColumnElement[Any] | InstrumentedAttribute[Any], *, itself: bool
) -> ColumnElement[Any]:
    """The level of the nearest living unit above ``path`` that stands at ``level`` or higher; null = there is none.

    What a district was to decide is decided by the province once there are no districts. ``itself``: the unit at
    ``path`` counts too.
    """
    above = aliased(Unit)
    return (
        select(above.level)
        .where(
            is_above(above.path, path, func.length(path) if itself else None),
            above.ended_on.is_(None),
            func.array_position(_ORDER, cast(above.level, String)) <= func.array_position(_ORDER, cast(level, String)),
        )
        .order_by(func.length(above.path).desc())
        .limit(1)
        .correlate_except(above)
        .scalar_subquery()
    )


def bearing_path() -> ColumnElement[Any]:
    """Of the row's ``Unit``, if it has ended: the place at which those above judge what it had handed in; else null.

    That of the living unit which took it over, through however many steps: whoever stands above that one decides, and
    nobody in it judges the work of a predecessor. Where nobody took over, as of a school that closed, it is judged as
    if it still stood directly below the nearest living unit.
    """
    bearer, between = aliased(Unit), aliased(Unit)
    lapsed = (
        select(between.id)
        .where(
            is_above(between.path, Unit.path, func.length(Unit.path)),
            func.length(between.path) > func.length(bearer.path),
            between.successor_id.is_(None),
        )
        .correlate(Unit, bearer)
        .exists()
    )
    below = func.left(Unit.path, func.length(bearer.path) + _WIDTH)
    found = (
        select(case((lapsed, below), else_=bearer.path))
        .select_from(bearer)
        .where(is_above(bearer.path, Unit.path), bearer.ended_on.is_(None))
        .order_by(func.length(bearer.path).desc())
        .limit(1)
        .correlate(Unit)
        .scalar_subquery()
    )
    return case((Unit.ended_on.is_not(None), found), else_=None)
