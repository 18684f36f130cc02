"""What stands at the head and at the foot of a printed report, proposed from the unit's place in the tree. Pure.

The layout follows Nghị định 30/2020/NĐ-CP: a people's committee prints no body above its own name, any other body the
one that manages it. To whom it goes: plan 320/KH-UBND, part V.1. All of it is a proposal that the unit may change.
"""

from typing import Any, Final, NamedTuple

from app.exports.words import COMMITTEE, COMMITTEES, body_of


class Place(NamedTuple):
    """A unit as the head of a report names it."""

    name: str
    short_name: str
    level: str


_ADDRESSEES: Final = {
    "central": "Bộ Công an (qua Cục V05)",
    "province": "Ban Chỉ đạo phòng chống tội phạm, tệ nạn xã hội và xây dựng phong trào toàn dân bảo vệ ANTQ tỉnh"
    " (qua Phòng PV01, Công an tỉnh)",
}
"""Who receives the reports of the units directly under a unit of the level; else its people's committee."""


def _body(unit: Place) -> str:
    return body_of(unit.name, unit.level).upper()


def _seat(unit: Place) -> str:
    """The place name: without the word of its kind, but "Phường 1" in full."""
    return unit.name if any(letter.isdigit() for letter in unit.short_name) else unit.short_name


def _addressee(parent: Place) -> str:
    return _ADDRESSEES.get(parent.level) or body_of(parent.name, parent.level)


def head_of(unit: Place, parent: Place | None) -> dict[str, Any]:
    """The columns of a new report of ``unit``; ``parent`` manages it, None for the root."""
    committee = unit.level in COMMITTEES
    seat = unit if committee or parent is None else parent
    return {
        "parent_body": None if committee or parent is None else _body(parent),
        "issuing_body": _body(unit),
        "place": _seat(seat),
        "addressees": [_addressee(parent)] if parent is not None else [],
        "recipients": ["Như trên", "Lưu: VT"],
        "signer_authority": f"TM. {COMMITTEE.upper()}" if committee else None,
    }
