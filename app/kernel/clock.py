"""The one domain clock: every business instant and date comes from here, in the province's time zone where it matters.

Tokens, sessions and back-off use :func:`wall`, which no demonstration may move.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

HO_CHI_MINH = ZoneInfo("Asia/Ho_Chi_Minh")


def wall() -> datetime:
    """The machine's real time, for security."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Real time plus a fixed offset; the offset is not zero only in a demonstration."""

    offset: timedelta = timedelta()

    def now(self) -> datetime:
        """The current instant of the domain, in UTC."""
        return datetime.now(UTC) + self.offset


def local_date(instant: datetime) -> date:
    """The calendar day of ``instant`` in Asia/Ho_Chi_Minh, where deadlines are decided."""
    return instant.astimezone(HO_CHI_MINH).date()


def start_of(day: date) -> datetime:
    """The first instant of ``day`` in Asia/Ho_Chi_Minh: "trước ngày D" admits everything before it."""
    return datetime(day.year, day.month, day.day, tzinfo=HO_CHI_MINH).astimezone(UTC)
