"""What a year and a campaign mean for records of each sort, and the day that a record belongs to."""

from typing import Final

from sqlalchemy import ColumnElement, Date, Integer, any_, bindparam, cast, extract, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.campaigns.models import Campaign
from app.kernel.errors import Text
from app.statistics.declarations import Column

STATUS: Final = Text("Trạng thái", "Status")
STAGE: Final = Text("Giai đoạn đánh giá", "Stage of evaluation")

_YEAR = bindparam("year", type_=Integer)


def years(column: Column) -> dict[str, ColumnElement[bool]]:
    """Records of a year: a campaign looks at those of its years."""
    return {"year": column == _YEAR, "campaign": column == any_(bindparam("years", type_=ARRAY(Integer)))}


def days(column: Column) -> dict[str, ColumnElement[bool]]:
    """Records of a day: a campaign looks at those inside its window."""
    window = column.between(bindparam("window_from", type_=Date), bindparam("window_to", type_=Date))
    year = column.between(func.make_date(_YEAR, 1, 1), func.make_date(_YEAR, 12, 31))
    return {"year": year, "campaign": window}


def campaigns(column: Column) -> dict[str, ColumnElement[bool]]:
    """Records of a campaign: of a year are those of the campaigns that look at it."""
    of_year = select(Campaign.id).where(any_(Campaign.years) == _YEAR)
    return {"year": column.in_(of_year), "campaign": column == bindparam("campaign", type_=Campaign.id.type)}


def year_of(column: Column) -> ColumnElement[int]:
    """The calendar year of a day."""
    return cast(extract("year", column), Integer)
