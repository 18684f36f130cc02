"""The two spans of days a campaign compares: the reviewed one and the one before it. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from app.kernel.errors import FieldError, Invalid, Text

_BACKWARDS = Text("Ngày cuối phải không trước ngày đầu", "The last day cannot come before the first")
_OVERLAP = Text(
    "Khoảng so sánh phải kết thúc trước ngày đầu của khoảng sơ kết",
    "The window compared with must end before the reviewed one begins",
)
_EARLY = Text("Khoảng sơ kết quá sớm để có khoảng so sánh", "The window is too early to have one before it")
WINDOWS = ("window_from", "window_to", "before_from", "before_to")


def windows(values: Mapping[str, Any]) -> dict[str, date]:
    """Both spans of ``values``; where the one before is not given, one as long as the reviewed one, right before it.

    The plan defines no window before: this proposal can be changed while the campaign is a draft. Raises 422.
    """
    first, last = values["window_from"], values["window_to"]
    if last < first:
        raise Invalid(errors=[FieldError("/window_to", "window", _BACKWARDS)])
    before_to: date | None = values.get("before_to")
    before_from: date | None = values.get("before_from")
    try:
        before_to = before_to or first - timedelta(days=1)
        before_from = before_from or before_to - (last - first)
    except OverflowError as fault:
        raise Invalid(errors=[FieldError("/window_from", "window", _EARLY)]) from fault
    if before_to >= first:
        raise Invalid(errors=[FieldError("/before_to", "window", _OVERLAP)])
    if before_to < before_from:
        raise Invalid(errors=[FieldError("/before_to", "window", _BACKWARDS)])
    return {"window_from": first, "window_to": last, "before_from": before_from, "before_to": before_to}
