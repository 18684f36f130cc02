"""What an activity must say, given its form: pure, and every fault at once."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Text

_OTHER: Final = {"sessions": "quantity", "quantity": "sessions"}

_NOT_IN_FORCE = Text(
    "Hình thức này không có hiệu lực vào ngày của hoạt động", "This form is not in force on the day of the activity"
)
_VENUE_MISSING = Text("Cần nêu nơi tổ chức: {venues}", "Say where it was held: {venues}")
_VENUE_NONE = Text("Hình thức này không gắn với nơi tổ chức; hãy bỏ trống", "This form has no venue: leave it empty")
_VENUE_OTHER = Text("Hình thức này chỉ tổ chức tại: {venues}", "This form takes place only at: {venues}")
_BACKWARD = Text("Ngày cuối phải từ ngày đầu trở đi", "The last day cannot be before the first")
_ONE_DAY = Text(
    "Sự kiện diễn ra trong một ngày; nhiều ngày thì dùng period_total",
    "An event is on one day; use period_total for a span",
)
_SPAN = Text("Số tổng hợp cần ngày cuối", "A total needs its last day")
_FUTURE = Text("Chưa đến ngày này", "This day has not come yet")
_COUNTS_OTHER = Text(
    "Hình thức này tính theo {unit_of_count}: hãy ghi vào {counted} và để {other} bằng 0",
    "This form is counted in {unit_of_count}: give {counted}, and 0 for {other}",
)
_AT_LEAST_ONE = Text("Một sự kiện được tính ít nhất là 1", "An event counts at least 1")


def faults(form: AnyRow, facts: Mapping[str, Any], today: date) -> list[FieldError]:
    """What is wrong with the activity ``facts`` of ``form``; empty when it may be recorded."""
    return [*_days(form, facts, today), *_venue(form, facts), *_amounts(form, facts)]


def _days(form: AnyRow, facts: Mapping[str, Any], today: date) -> list[FieldError]:
    first, last = facts["date_from"], facts["date_to"]
    if last is None:
        return [FieldError("/date_to", "missing", _SPAN)]
    if last < first:
        return [FieldError("/date_to", "before_date_from", _BACKWARD)]
    if facts["nature"] == "event" and last != first:
        return [FieldError("/date_to", "one_day", _ONE_DAY)]
    if last > today:
        return [FieldError("/date_from" if first > today else "/date_to", "in_future", _FUTURE)]
    if last < form.valid_from or (form.valid_to is not None and last >= form.valid_to):
        return [FieldError("/form", "not_in_force", _NOT_IN_FORCE)]
    return []


def _venue(form: AnyRow, facts: Mapping[str, Any]) -> list[FieldError]:
    venue, venues = facts["venue_kind"], form.venue_kinds
    if not venues:
        return [] if venue is None else [FieldError("/venue_kind", "not_applicable", _VENUE_NONE)]
    named = ", ".join(venues)
    if venue is None:
        return [FieldError("/venue_kind", "missing", _VENUE_MISSING.fill(venues=named))]
    return [] if venue in venues else [FieldError("/venue_kind", "not_of_form", _VENUE_OTHER.fill(venues=named))]


def _amounts(form: AnyRow, facts: Mapping[str, Any]) -> list[FieldError]:
    counted, other = form.counted, _OTHER[form.counted]
    found = []
    if facts[other]:
        text = _COUNTS_OTHER.fill(unit_of_count=form.unit_of_count, counted=counted, other=other)
        found.append(FieldError(f"/{other}", "not_applicable", text))
    if facts["nature"] == "event" and not facts[counted]:
        found.append(FieldError(f"/{counted}", "too_few", _AT_LEAST_ONE))
    return found
