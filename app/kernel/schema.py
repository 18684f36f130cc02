"""Building blocks of request and response bodies. Text arrives NFC-normalised: ``app/kernel/strictjson.py``."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import (
    AllowInfNan,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app.kernel.freetext import require_storable

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d", re.ASCII)


class In(BaseModel):
    """A request body: an unknown field is refused, so that a typo never passes silently.

    No text in it may be invisible, bear the mark of a state secret or hold the number of an identity paper: 422
    ``blank_text``, ``secrecy_mark``, ``personal_identifier``, without a word of the slice that owns the body.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unread: ClassVar[frozenset[str]] = frozenset()
    """Fields that are not asked: passwords, tokens, contents of files, addresses of machines."""

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any, field: ValidationInfo) -> Any:
        if field.field_name not in cls.unread:
            require_storable(value)
        return value


class Out(BaseModel):
    """A response body, made from a row by attribute names."""

    model_config = ConfigDict(from_attributes=True)

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """What ``model_construct`` makes of complete ``values``, without its search for defaults and aliases.

        For lists: a third of the time of a page went into that search. A test holds the two equal.
        """
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        object.__setattr__(made, "__pydantic_fields_set__", set(values))
        object.__setattr__(made, "__pydantic_extra__", None)
        object.__setattr__(made, "__pydantic_private__", None)
        return made


def _iso_date(value: Any) -> Any:
    """Dates come as ISO 8601 text only: a number, digits in quotes too, would be taken for seconds since 1970."""
    if type(value) is date or (isinstance(value, str) and _DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_parsing", "a date is written YYYY-MM-DD")


def _rfc_instant(value: Any) -> Any:
    """Instants come as RFC 3339 text only, for the same reason."""
    if isinstance(value, datetime) or (isinstance(value, str) and _INSTANT.match(value)):
        return value
    raise PydanticCustomError("datetime_parsing", "an instant is written 2024-07-14T17:00:00Z")


def _plain_number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise PydanticCustomError("decimal_type", "a JSON number is expected")
    return value


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=300, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"),
]
"""One line of text: at most 300 characters, none of them a control character. One that shows: see :class:`In`."""

Prose = Annotated[str, StringConstraints(min_length=1, max_length=20_000, strip_whitespace=True)]
"""Text of several lines, at most 20,000 characters."""

Note = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
"""A reason or remark, at most 2,000 characters."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[0-9A-Za-z][0-9A-Za-z._\-]*$")]
"""A short identifying code: letters, digits, dot, hyphen, underscore."""

Day = Annotated[date, BeforeValidator(_iso_date), Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
"""A calendar day. At either end of the calendar itself, turning a day into an instant would overflow."""

Instant = Annotated[AwareDatetime, BeforeValidator(_rfc_instant)]
"""An instant with its time zone."""

Figure = Annotated[Decimal, BeforeValidator(_plain_number), AllowInfNan(False), Field(max_digits=18, decimal_places=4)]
"""A reported figure: a JSON number with at most four decimals."""

Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Year = Annotated[int, Strict(), Field(ge=2000, le=2100, description="Calendar year")]

ChosenId = Annotated[
    UUID | None,
    Field(
        description="An id of your own choice (UUID, best version 7), so that you may retry blindly: the same content"
        " again answers 200 with the existing record, other content 409 `duplicate_id`",
    ),
]
"""An identifier that the client may choose: ``kernel/chosen.py``."""

__all__ = [
    "UUID",
    "ChosenId",
    "Code",
    "Day",
    "Figure",
    "Flag",
    "In",
    "Instant",
    "Line",
    "Note",
    "Out",
    "Prose",
    "Whole",
    "Year",
    "date",
    "datetime",
]
