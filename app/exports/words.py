"""Words that papers of an office share: dates, numbers, place, who issues. Nghị định 30/2020/NĐ-CP, Phụ lục I. Pure."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

COMMITTEES: Final = frozenset({"province", "district", "commune"})
"""Levels at which a people's committee issues papers."""

COMMITTEE: Final = "Ủy ban nhân dân"


def short_day(day: date) -> str:
    """``05/01/2024``, ``26/4/2024``: a zero before days under 10 and before the months 1 and 2 only."""
    return f"{day.day:02}/{_month(day)}/{day.year}"


def long_day(day: date | None, year: int) -> str:
    """``ngày 05 tháng 01 năm 2024``; for a paper not yet signed, with room to write in ``year``."""
    if day is None:
        return f"ngày      tháng      năm {year}"
    return f"ngày {day.day:02} tháng {_month(day)} năm {day.year}"


def _month(day: date) -> str:
    return f"{day.month:02}" if day.month < 3 else str(day.month)


def place_and_day(place: str | None, day: date | None, year: int) -> str:
    """``Nghệ An, ngày 05 tháng 01 năm 2024``."""
    written = long_day(day, year)
    return f"{place}, {written}" if place else written


def numbered(number: str | None, kind: str) -> str:
    """The number of a paper, under 10 with its zero (``05/BC-UBND``); without one, room to write it in."""
    return re.sub(r"^(\d)(?=\D)", r"0\1", number) if number else f"        /{kind}-"


def body_of(name: str, level: str) -> str:
    """Who issues papers for a unit: its people's committee, or a unit that is none by its own name."""
    return f"{COMMITTEE} {uncapitalised(name)}" if level in COMMITTEES else name


def uncapitalised(words: str) -> str:
    """``words`` as they go on within a sentence: "Xã Mã Thành" -> "xã Mã Thành"."""
    return words[:1].lower() + words[1:]


def capitalised(words: str) -> str:
    """``words`` as they begin a sentence."""
    return words[:1].upper() + words[1:]


def subject_of(plan: str) -> str:
    """What a plan is about, from its title: "Kế hoạch sơ kết ..." -> "Sơ kết ..."."""
    return capitalised(re.sub(r"^kế hoạch\s+(về\s+)?(việc\s+)?", "", plan.strip(), flags=re.IGNORECASE))


def paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a text, empty ones left out."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def signing_lines(words: str | None) -> list[str]:
    """Authority or position as printed, a line each: "TM. ỦY BAN NHÂN DÂN / KT. CHỦ TỊCH"."""
    return [part.strip() for part in re.split(r"[/;\n]", words or "") if part.strip()]


def listed(lines: Sequence[str]) -> list[str]:
    """Receivers or addressees without hyphens and closing marks, which the paper sets itself."""
    return [found for line in lines if (found := line.strip().lstrip("-+•").strip().rstrip(";.,").strip())]
