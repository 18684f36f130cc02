"""What no text of a request may be, whoever writes it and wherever: invisible, a state secret, a paper's number.

``schema.In`` asks it of every field, so that no slice has to remember to; a field that is never shown, or whose form
says all there is to it, opts out by name (``In.unread``).
"""

from typing import Any, Final

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from app.kernel.personal import has_identity_number
from app.kernel.secrecy import secrecy_mark
from app.kernel.text import has_visible

_PLAIN: Final = 2
"""Text of so few characters holds no mark and no number."""


def fault_in(text: str) -> PydanticCustomError | None:
    """Why ``text`` may not be stored (``blank_text``, ``secrecy_mark``, ``personal_identifier``), or None."""
    if text and not has_visible(text):
        return PydanticCustomError("blank_text", "at least one visible character is needed")
    if len(text) <= _PLAIN:
        return None
    mark = secrecy_mark(text)
    if mark:
        return PydanticCustomError("secrecy_mark", "it bears the secrecy mark '{mark}'", {"mark": mark})
    if has_identity_number(text):
        return PydanticCustomError("personal_identifier", "it holds the number of an identity paper")
    return None


def require_storable(value: Any) -> None:
    """Raise what Pydantic understands where ``value``, or a text within its lists and objects, may not be stored."""
    if isinstance(value, str):
        fault = fault_in(value)
        if fault:
            raise fault
    elif isinstance(value, list | dict):
        found = [
            InitErrorDetails(type=fault, loc=(place,), input=None)
            for place, text in (value.items() if isinstance(value, dict) else enumerate(value))
            if isinstance(text, str) and (fault := fault_in(text))
        ]
        if found:
            raise ValidationError.from_exception_data("text", found)
