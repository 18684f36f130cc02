"""A unit that has ended, asked about: its subtree in the tree of a time when it stood, or what hangs under it today.

Today's tree has such a unit under its successor, and what stood under it stands elsewhere: districts had communes that
are under the province now, a ward's school may have gone to one commune and its records to another. In a tree of the
past it is therefore asked as the units above records are: ``within`` is the place of the nearest living unit that has
under it today all that ever was under the ended one, and ``under`` the level at which the ended one is the key.
"""

from datetime import date
from typing import Final

from sqlalchemy import Date, String, Uuid, and_, bindparam, case, func, null, select
from sqlalchemy.orm import aliased

from app.kernel.errors import FieldError, Invalid, Text
from app.units.models import Unit, UnitFact, UnitLineage
from app.units.spans import in_force, standing
from app.units.upward import is_above

_ASKED: Final = bindparam("unit", type_=Uuid)
_DAY: Final = bindparam("day", type_=Date)
_TODAY: Final = bindparam("today", type_=Date)
_STRUCTURE: Final = bindparam("structure", type_=String)
ENDED: Final = and_(Unit.ended_on.is_not(None), Unit.ended_on <= _TODAY)
"""The unit asked about has ended."""

_then = aliased(UnitFact)
_ON_DAY = select(_then.level).where(_then.unit_id == Unit.id, in_force(_then, _DAY)).correlate(Unit).scalar_subquery()
UNDER: Final = case(
    (and_(ENDED, _STRUCTURE == "as_recorded"), Unit.level), (and_(ENDED, _STRUCTURE == "on_date"), _ON_DAY)
)
"""The level at which the unit asked about is looked for; null for one that stands, or that the tree does not have."""

_fact, _kin, _bearer = aliased(UnitFact), aliased(Unit), aliased(Unit)
_reached = select(Unit.id).where(Unit.id == _ASKED, ENDED).cte("reached", recursive=True)
# Whatever was directly under one of them at any time, by the index on that.
_reached = _reached.union(select(_fact.unit_id).join(_reached, _fact.parent_id == _reached.c.id))
_SPAN = (
    select(func.min(_kin.path).label("first"), func.max(_kin.path).label("last"))
    .join(_reached, _reached.c.id == _kin.id)
    .cte("span")
)
_COVERING = (
    select(_bearer.path)
    .select_from(_SPAN)
    .join(_bearer, is_above(_bearer.path, _SPAN.c.first))
    .where(
        standing(_bearer, _TODAY),
        func.starts_with(_SPAN.c.last, _bearer.path),
    )
    .order_by(func.length(_bearer.path).desc())
    .limit(1)
    .scalar_subquery()
)
WITHIN: Final = case((UNDER.is_not(None), _COVERING), else_=Unit.path)
"""The place whose subtree holds all records that may count."""

_root, _top, _begun = aliased(Unit), aliased(Unit), aliased(UnitFact)
_BEGAN = (
    select(func.min(_begun.valid_from))
    .join(_top, _top.id == _begun.unit_id)
    .join(_root, _root.id == _top.parent_id)
    .where(_root.parent_id.is_(None))
    .scalar_subquery()
)
FIRST_DAY: Final = case((_DAY.is_not(None), _BEGAN), else_=null())
"""The first day of which a unit directly below the root is known, where the tree of a date is asked for."""

_new, _heir, _above = aliased(UnitFact), aliased(Unit), aliased(Unit)
_ENDED_ON: Final = bindparam("ended_on", type_=Date)
HEIRS: Final = (
    select(
        *(UnitLineage.decision_number, UnitLineage.is_primary, _heir.id),
        *(func.coalesce(getattr(_new, name), getattr(_heir, name)).label(name) for name in ("code", "name")),
    )
    .outerjoin(_heir, _heir.id == UnitLineage.new_unit_id)
    .outerjoin(_new, and_(_new.unit_id == _heir.id, in_force(_new, _ENDED_ON)))
    .where(UnitLineage.old_unit_id == _ASKED, UnitLineage.effective_on == _ENDED_ON)
    .order_by(UnitLineage.is_primary.desc(), _heir.sort_key)
)
BEARER: Final = (
    select(_above.id, _above.code, _above.name)
    .where(is_above(_above.path, bindparam("path", type_=String)), standing(_above, _TODAY))
    .order_by(func.length(_above.path).desc())
    .limit(1)
)
_AFTER_TODAY: Final = Text("Không sau hôm nay, {today:%d/%m/%Y}", "Not after today, {today}")
_BEFORE_FIRST: Final = Text(
    "Cây đơn vị chỉ có từ ngày {first:%d/%m/%Y}; hãy nêu từ ngày đó trở đi",
    "The tree begins on {first}: name that day or a later one",
)


def check_day(day: date | None, first: date | None, today: date) -> None:
    """Refuse with 422 a day of which no tree is known: before ``first``, or after ``today``."""
    if day is not None and day > today:
        raise Invalid(errors=[FieldError("/structure", "after_today", _AFTER_TODAY.fill(today=today), "query")])
    if day is not None and first is not None and day < first:
        text = _BEFORE_FIRST.fill(first=first)
        raise Invalid(errors=[FieldError("/structure", "before_first_day", text, "query")])
