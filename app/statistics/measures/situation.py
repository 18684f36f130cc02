"""Security and order before and after; rates are made anew from the sums of their part and their whole."""

from typing import Final

from sqlalchemy import ColumnElement, and_, or_

from app.campaigns.models import Campaign
from app.kernel.errors import Text
from app.situation.models import COMPARED, Indicator, SituationFigure
from app.statistics.declarations import Change, Count, Difference, Dimension, Measure, Naming, Ratio, Record, Sum
from app.statistics.dimensions import PLACES, campaign
from app.statistics.measures.periods import campaigns
from app.statistics.past import start_of

_FIGURES: Final = SituationFigure.__table__.join(Campaign.__table__, Campaign.id == SituationFigure.campaign_id)
_SHOWN = ("code", "title_vi", "title_en", "unit_of_count", "direction")
_INDICATORS: Final = Naming(Indicator.__table__, {name: name for name in _SHOWN}, order=("position", "code"))
_INDICATOR = Text("Chỉ tiêu", "Indicator")
_DIFFERENCE = Text("Tăng, giảm", "Difference")
_CHANGE = Text("Tỷ lệ tăng, giảm", "Change")

SITUATION: Final = Measure(
    code="situation",
    title=Text("Tình hình an ninh, trật tự trước và sau", "Security and order before and after"),
    description=Text(
        "Số liệu từng chỉ tiêu trong khoảng thời gian trước và trong thời gian sơ kết. Các chỉ tiêu có đơn vị tính khác"
        " nhau nên chỉ cộng trong cùng một chỉ tiêu; chỉ tiêu tỷ lệ xem ở `situation_rates`. Thuộc về ngày cuối của"
        " khoảng thời gian sơ kết",
        "Counts of each indicator in the window before and in the campaign's. Indicators have units of their own: add"
        " within one only; for rates see `situation_rates`. A figure belongs to the last day of the campaign's window",
    ),
    unit_of_count=Text("theo chỉ tiêu", "as the indicator says"),
    source=_FIGURES,
    counts=SituationFigure.id.is_not(None),
    unit_id=SituationFigure.unit_id,
    path=SituationFigure.unit_path,
    at=start_of(Campaign.window_to),
    values=(
        Sum("before", Text("Thời gian trước", "Before"), SituationFigure.before_value),
        Sum("after", Text("Thời gian sơ kết", "After"), SituationFigure.after_value),
        Difference("difference", _DIFFERENCE, "after", "before"),
        Change("change", _CHANGE, "after", "before"),
        Count("figures", Text("Số liệu đã nhập", "Figures entered")),
        Count("compared", Text("Đủ cả hai kỳ", "With both windows"), COMPARED),
    ),
    dimensions=(
        *PLACES,
        Dimension("indicator", _INDICATOR, SituationFigure.indicator_id, naming=_INDICATORS),
        campaign(SituationFigure.campaign_id),
    ),
    period=campaigns(SituationFigure.campaign_id),
    record=Record(
        *(SituationFigure.id, "situation-figures", SituationFigure.version, None),
        part=SituationFigure.indicator_id,
        part_naming=Indicator.__table__,
    ),
    apart="indicator",
)

_RATE = Indicator.__table__.alias("rate")
_PART: ColumnElement[bool] = SituationFigure.indicator_id == _RATE.c.part_id
_WHOLE: ColumnElement[bool] = SituationFigure.indicator_id == _RATE.c.whole_id

SITUATION_RATES: Final = Measure(
    code="situation_rates",
    title=Text("Tỷ lệ trước và sau", "Rates before and after"),
    description=Text(
        "Chỉ tiêu tỷ lệ, tính lại từ tổng của phần và tổng của toàn bộ, không bao giờ lấy trung bình. Thuộc về ngày"
        " cuối của khoảng thời gian sơ kết",
        "Indicators that are rates, made anew from the sums of their part and of their whole, never averaged. A figure"
        " belongs to the last day of the campaign's window",
    ),
    unit_of_count=Text("tỷ lệ", "fraction"),
    source=_FIGURES.join(_RATE, or_(_PART, _WHOLE)),
    counts=and_(_RATE.c.kind == "ratio"),
    unit_id=SituationFigure.unit_id,
    path=SituationFigure.unit_path,
    at=start_of(Campaign.window_to),
    values=(
        Sum("part_before", Text("Phần, thời gian trước", "Part, before"), SituationFigure.before_value, _PART),
        Sum("whole_before", Text("Toàn bộ, thời gian trước", "Whole, before"), SituationFigure.before_value, _WHOLE),
        Sum("part_after", Text("Phần, thời gian sơ kết", "Part, after"), SituationFigure.after_value, _PART),
        Sum("whole_after", Text("Toàn bộ, thời gian sơ kết", "Whole, after"), SituationFigure.after_value, _WHOLE),
        Ratio("before", Text("Thời gian trước", "Before"), "part_before", "whole_before"),
        Ratio("after", Text("Thời gian sơ kết", "After"), "part_after", "whole_after"),
        Difference("difference", Text("Tăng, giảm (điểm)", "Difference (points)"), "after", "before"),
        Change("change", _CHANGE, "after", "before"),
    ),
    dimensions=(
        *PLACES,
        Dimension("indicator", _INDICATOR, _RATE.c.id, naming=_INDICATORS),
        campaign(SituationFigure.campaign_id),
    ),
    period=campaigns(SituationFigure.campaign_id),
    record=Record(
        *(SituationFigure.id, "situation-figures", SituationFigure.version, None),
        part=_RATE.c.id,
        part_naming=Indicator.__table__,
    ),
    apart="indicator",
)
