"""When what is dated about a unit held: conditions in SQL, each written once."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_


def in_force(fact: Any, day: Any) -> ColumnElement[bool]:
    """``fact`` was true on ``day``."""
    return and_(fact.valid_from <= day, or_(fact.valid_to.is_(None), fact.valid_to > day))


def last_before(fact: Any, day: Any) -> ColumnElement[bool]:
    """``fact`` was true on the day before ``day``."""
    return and_(fact.valid_from < day, or_(fact.valid_to.is_(None), fact.valid_to >= day))


def standing(unit: Any, day: Any) -> ColumnElement[bool]:
    """``unit`` had not ended by ``day``."""
    return or_(unit.ended_on.is_(None), unit.ended_on > day)
