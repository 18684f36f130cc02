"""Before and after: what follows from two values, and which part may not exceed which whole. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.kernel.errors import FieldError, Text

WINDOWS: Final = ("before_value", "after_value")
_DECIMALS: Final = 6
_EXCEEDS = Text(
    "“{part}” ({smaller}) không thể lớn hơn “{whole}” ({larger})",
    "“{part}” ({smaller}) cannot exceed “{whole}” ({larger})",
)


def compared(before: float | None, after: float | None, direction: str) -> dict[str, Any]:
    """Difference, percent (a fraction of ``before``), why there is none, and the trend."""
    if before is None or after is None:
        return {"difference": None, "percent": None, "undefined_because": "value_missing", "trend": None}
    difference = round(after - before, _DECIMALS)
    return {
        "difference": difference,
        "percent": round(difference / before, _DECIMALS) if before else None,
        "undefined_because": None if before else "before_is_zero",
        "trend": _trend(difference, direction),
    }


def _trend(difference: float, direction: str) -> str:
    if not difference:
        return "same"
    return "better" if (difference > 0) == (direction == "higher_is_better") else "worse"


def share(part: int | None, whole: int | None) -> float | None:
    """A ratio made of its two counts; None while one is missing, or when there is nothing to divide by."""
    return round(part / whole, _DECIMALS) if part is not None and whole else None


@dataclass(frozen=True, slots=True)
class Containment:
    """Two counts of which one is contained in the other, with their titles."""

    part_id: UUID
    whole_id: UUID
    part: Text
    whole: Text


Values = Mapping[UUID, tuple[int | None, int | None]]
"""By indicator: (before, after)."""


def exceeding(containments: list[Containment], values: Values, places: Mapping[UUID, str]) -> Iterator[FieldError]:
    """A fault at each written value by which a part would exceed its whole, whichever of the two was written.

    ``places`` tells where the values of an indicator stand in the request, as the beginning of a pointer; what was not
    written is no fault of the request.
    """
    for pair in containments:
        for i, window in enumerate(WINDOWS):
            part = values.get(pair.part_id, (None, None))[i]
            whole = values.get(pair.whole_id, (None, None))[i]
            if part is None or whole is None or part <= whole:
                continue
            message = Text(
                _EXCEEDS.vi.format(part=pair.part.vi, smaller=part, whole=pair.whole.vi, larger=whole),
                _EXCEEDS.en.format(part=pair.part.en, smaller=part, whole=pair.whole.en, larger=whole),
            )
            for indicator_id, code in ((pair.part_id, "exceeds_whole"), (pair.whole_id, "below_part")):
                if indicator_id in places:
                    yield FieldError(f"{places[indicator_id]}/{window}", code, message)
