"""Dimensions that several measures share. Levels are data: each level of the tree is one, whatever levels there are."""

from typing import Final

from app.campaigns.models import Campaign
from app.criteria.models import CriteriaGroup, CriteriaSet, Criterion
from app.kernel.errors import Text
from app.statistics.declarations import Column, Dimension, Naming
from app.statistics.lasting import LINE
from app.units.kinds import KINDS, LEVEL_TITLES_EN, LEVEL_TITLES_VI, LEVELS

PLACES: Final[tuple[Dimension, ...]] = (
    *(
        Dimension(level, Text(LEVEL_TITLES_VI[level], LEVEL_TITLES_EN[level]), place="ancestor", parameter=level)
        for level in LEVELS
    ),
    Dimension("unit", Text("Đơn vị", "Unit"), place="self", parameter="own_unit"),
    Dimension("child", Text("Đơn vị trực tiếp bên dưới", "Unit directly below"), place="child"),
    Dimension("unit_kind", Text("Loại đơn vị", "Kind of unit"), place="kind", words=tuple(KINDS)),
    Dimension("level", Text("Cấp của đơn vị", "Level of the unit"), place="level", words=LEVELS),
)
"""What the tree says of a record's unit: the unit above (or itself) at each level, itself, its kind, its level; and the
unit directly below the one asked about, or that one for its own records."""

_SETS = Naming(
    CriteriaSet.__table__,
    {"code": "code", "version": "set_version", "title": "title"},
    order=("code", "set_version"),
)
_GROUPS = Naming(CriteriaGroup.__table__, {"code": "code", "title": "title"}, order=("set_id", "position"))
_CRITERIA = Naming(Criterion.__table__, {"code": "code", "title": "title"}, order=("set_id", "position"))


_CAMPAIGNS = Naming(Campaign.__table__, {"code": "code", "title": "title"}, order=("window_from", "code"))


def campaign(column: Column) -> Dimension:
    """The campaign in ``column``."""
    return Dimension("campaign", Text("Đợt sơ kết", "Campaign"), column, naming=_CAMPAIGNS)


def year(column: Column) -> Dimension:
    """The calendar year in ``column``."""
    return Dimension("year", Text("Năm", "Year"), column)


def words(code: str, title: Text, column: Column, words: tuple[str, ...]) -> Dimension:
    """A column that holds one of ``words``, in their order."""
    return Dimension(code, title, column, words)


def criteria_set(column: Column) -> Dimension:
    """The version of the set in ``column``."""
    return Dimension("criteria_set", Text("Bộ tiêu chí", "Criteria set"), column, naming=_SETS)


def criterion(column: Column) -> Dimension:
    """The criterion in ``column``, in the order of its set."""
    return Dimension("criterion", Text("Tiêu chí", "Criterion"), column, naming=_CRITERIA)


def lasting_criterion(column: Column) -> Dimension:
    """The criterion in ``column`` through all versions of its set."""
    title = Text("Tiêu chí xuyên các phiên bản", "Criterion across versions")
    return Dimension("lasting_criterion", title, column, line=LINE)


def criterion_group(column: Column) -> Dimension:
    """The group of the criterion in ``column``."""
    through = (Criterion.__table__, "group_id")
    title = Text("Nhóm tiêu chí", "Group of criteria")
    return Dimension("criterion_group", title, column, naming=_GROUPS, through=through)
