"""Which tree figures are asked in, as a parameter."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_STRUCTURES = ("as_recorded", "current")
_FORM = r"^(as_recorded|current|\d{4}-\d{2}-\d{2})$"


def _structure(value: str) -> str:
    """One of the two words, or a date that exists."""
    if value in _STRUCTURES:
        return value
    if not re.fullmatch(_FORM, value):
        # A pattern says nothing to those who gather figures: what it allows, in words.
        known = {"expected": f"{', '.join(_STRUCTURES)}, YYYY-MM-DD"}
        raise PydanticCustomError("enum", "one of {expected} is expected", known)
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError as fault:
        raise PydanticCustomError("date_parsing", "a date is written YYYY-MM-DD") from fault


Structure = Annotated[
    str,
    Field(
        json_schema_extra={"pattern": _FORM},
        description="The tree to group by: `as_recorded` = in force on each record's day; `current` = today's, where an"
        " ended unit counts under its successor; a date = the tree of that day, from the first one known until today",
    ),
    AfterValidator(_structure),
]
