"""The kinds of unit and the levels they stand at: one table, so that no other code asks "is it a district".

Sources: the kinds of administrative unit up to 30/6/2025, đặc khu since 1/7/2025, and the cơ quan, doanh
nghiệp and cơ sở giáo dục that plan 320/KH-UBND names as subjects.
"""

from dataclasses import dataclass
from typing import Final

LEVELS: Final[tuple[str, ...]] = ("central", "province", "district", "commune", "base")
"""From the top down. A unit hangs under one of a level that stands earlier here."""

LEVEL_TITLES_VI: Final[dict[str, str]] = {
    "central": "Trung ương",
    "province": "Cấp tỉnh",
    "district": "Cấp huyện",
    "commune": "Cấp xã",
    "base": "Cơ sở",
}

LEVEL_TITLES_EN: Final[dict[str, str]] = {
    "central": "Central",
    "province": "Province level",
    "district": "District level",
    "commune": "Commune level",
    "base": "Grassroots unit",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of unit: its level, its titles and the word that stands before the names of such units."""

    code: str
    level: str
    title_vi: str
    title_en: str
    prefix: str


def _kind(code: str, level: str, title_vi: str, title_en: str, prefix: str | None = None) -> tuple[str, Kind]:
    return code, Kind(code, level, title_vi, title_en, title_vi if prefix is None else prefix)


KINDS: Final[dict[str, Kind]] = dict(
    (
        # "Bộ" belongs to the name: nobody calls Bộ Công an "Công an".
        _kind("ministry", "central", "bộ", "ministry", prefix=""),
        _kind("province", "province", "tỉnh", "province"),
        _kind(
            "municipality",
            "province",
            "thành phố trực thuộc trung ương",
            "centrally run city",
            prefix="thành phố",
        ),
        _kind("city", "district", "thành phố", "city"),
        _kind("town", "district", "thị xã", "town"),
        _kind("rural_district", "district", "huyện", "rural district"),
        _kind("urban_district", "district", "quận", "urban district"),
        _kind("commune", "commune", "xã", "commune"),
        _kind("ward", "commune", "phường", "ward"),
        _kind("township", "commune", "thị trấn", "township"),
        _kind("special_zone", "commune", "đặc khu", "special zone"),
        _kind("agency", "base", "cơ quan", "agency"),
        _kind("enterprise", "base", "doanh nghiệp", "enterprise"),
        _kind("school", "base", "cơ sở giáo dục", "educational institution"),
    )
)

# The root above the provinces is made by the product, so no file may bring a unit of the central level.
_BY_TITLE: Final[dict[str, Kind]] = {kind.title_vi: kind for kind in KINDS.values() if kind.level != "central"}


def kind_of_type(type_vi: str, *, has_parent: bool) -> Kind | None:
    """Return the kind that a Vietnamese type word means, in any case; None if there is none.

    A "thành phố" without a parent is one run by the central government (Hà Nội), with a parent one of a
    province (Vinh). Expects NFC and single blanks.
    """
    kind = _BY_TITLE.get(type_vi.lower())
    if kind is KINDS["city"] and not has_parent:
        return KINDS["municipality"]
    return kind


def short_name(name: str, kind: Kind) -> str:
    """Return `name` without the word of its kind before it ("Huyện Yên Thành" -> "Yên Thành"), else `name`.

    Expects NFC and single blanks.
    """
    rest = name[len(kind.prefix) + 1 :]
    if kind.prefix and rest and name.lower().startswith(f"{kind.prefix} "):
        return rest
    return name


def kind_named(name: str, level: str) -> Kind | None:
    """The kind at ``level`` whose word stands before the name ("Phường Vinh Tân"); None where none does."""
    said = name.lower()
    return next((k for k in KINDS.values() if k.level == level and k.prefix and said.startswith(f"{k.prefix} ")), None)


def is_above(level: str, other: str) -> bool:
    """Tell whether a unit of `level` may be the parent of one of level `other`.

    Raises ValueError for a word that is not in LEVELS.
    """
    return LEVELS.index(level) < LEVELS.index(other)
