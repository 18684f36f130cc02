"""The units themselves: how many there are, of which kind."""

from typing import Final

from sqlalchemy import Date, bindparam, true

from app.kernel.errors import Text
from app.statistics.declarations import Count, Measure, Record
from app.statistics.dimensions import PLACES
from app.statistics.past import start_of
from app.units.models import Unit, UnitFact
from app.units.spans import in_force

_DAY = bindparam("standing_on", type_=Date)

UNITS: Final = Measure(
    code="units",
    title=Text("Đơn vị hành chính và đơn vị cơ sở", "Administrative and base units"),
    description=Text(
        "Đơn vị tồn tại vào ngày cuối của khoảng thời gian sơ kết nếu nêu `campaign`, ngày 31/12 nếu nêu `year`, nếu"
        " không thì hôm nay; không bao giờ sau hôm nay. `structure` chỉ xếp nhóm các đơn vị đó, không đổi ngày: đơn vị"
        " của một ngày đã qua thì hỏi `GET /units?as_of=`. Đơn vị đã kết thúc được tính dưới đơn vị kế thừa",
        "Units that exist on the last day of the campaign's window where `campaign` is given, on 31 December of"
        " `year`, otherwise today; never later than today. `structure` only groups them, it does not change the day:"
        " for the units of a day that is past ask `GET /units?as_of=`. What has ended since counts under its successor",
    ),
    unit_of_count=Text("đơn vị", "units"),
    source=UnitFact.__table__.join(Unit.__table__, Unit.id == UnitFact.unit_id),
    counts=in_force(UnitFact, _DAY),
    unit_id=UnitFact.unit_id,
    path=Unit.path,
    at=start_of(_DAY),
    values=(
        Count("units", Text("Tổng số đơn vị", "All units")),
        Count(
            "administrative",
            Text("Đơn vị hành chính", "Administrative units"),
            UnitFact.level.in_(("province", "district", "commune")),
        ),
        Count("base", Text("Cơ quan, doanh nghiệp, cơ sở giáo dục", "Base units"), UnitFact.level == "base"),
    ),
    dimensions=PLACES,
    # Which day is meant is bound (``service.bound``); a unit belongs to no year or campaign.
    period={"year": true(), "campaign": true()},
    record=Record(UnitFact.unit_id, "units", Unit.version, None),
    spans=False,
    fenced=False,
)
