"""Days as each language writes them."""

from datetime import date

from app.kernel.errors import Text


def short_day(day: date) -> str:
    """1/7/2025, as sentences say it in either language."""
    return f"{day.day}/{day.month}/{day.year}"


def day_of(day: date | None) -> Text:
    """01/07/2025 in Vietnamese, 2025-07-01 in English; "?" where there is none."""
    return Text("?", "?") if day is None else Text(f"{day:%d/%m/%Y}", f"{day:%Y-%m-%d}")
