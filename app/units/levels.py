"""Which level decides where the one that a rule names is missing from the tree of today."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, String, cast, func, literal, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.access.actor import LABEL_WIDTH
from app.units.kinds import LEVELS
from app.units.models import Unit

_WIDTH: ColumnElement[int] = literal_column(str(LABEL_WIDTH))
_ORDER = cast(literal(list(LEVELS), ARRAY(String)), ARRAY(String))


def deciding_level(
    path: InstrumentedAttribute[str], level: ColumnElement[Any] | InstrumentedAttribute[Any], *, itself: bool
) -> ColumnElement[Any]:
    """The level of the nearest living unit above ``path`` that stands at ``level`` or higher; null = there is none.

    What a district was to decide is decided by the province once there are no districts. ``itself``: the unit at
    ``path`` counts too.
    """
    above = aliased(Unit)
    until = func.length(path) - (0 if itself else 1)
    ends = func.generate_series(_WIDTH, until, _WIDTH).table_valued("ends", name="ends")
    return (
        select(above.level)
        .where(
            above.path.in_(select(func.left(path, ends.c.ends)).correlate_except(ends)),
            above.ended_on.is_(None),
            func.array_position(_ORDER, cast(above.level, String)) <= func.array_position(_ORDER, cast(level, String)),
        )
        .order_by(func.length(above.path).desc())
        .limit(1)
        .correlate_except(above)
        .scalar_subquery()
    )
