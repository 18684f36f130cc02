"""The drop-downs of a workbook: fixed words, and what the catalogues offer the unit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from app.access.actor import UnitRef
from app.directives.kinds import KINDS
from app.kernel.db import AnyRow, Session
from app.submissions import workbook_queries as queries
from app.submissions.reading_values import Choices

_FIXED: Final[dict[str, tuple[str, list[tuple[str, str]]]]] = {
    "tracks": (
        "Cách ban hành",
        [("advised", "Tham mưu ban hành"), ("issued_directly", "Trực tiếp ban hành")],
    ),
    "document_kinds": ("Loại văn bản", [(code, kind.title) for code, kind in KINDS.items()]),
    "natures": ("Tính chất", [("event", "Một hoạt động"), ("period_total", "Số tổng trong kỳ")]),
    "venues": (
        "Nơi tổ chức",
        [
            ("commune", "Xã, phường, thị trấn"),
            ("agency", "Cơ quan"),
            ("enterprise", "Doanh nghiệp"),
            ("school", "Cơ sở giáo dục"),
        ],
    ),
    "outcomes": (
        "Kết quả",
        [("met", "Đạt"), ("not_met", "Không đạt"), ("not_assessed", "Chưa đánh giá")],
    ),
    "stages": (
        "Giai đoạn",
        [("final", "Kết quả năm"), ("maintenance", "Duy trì"), ("forecast", "Dự kiến")],
    ),
    "recipient_kinds": ("Tập thể, cá nhân", [("collective", "Tập thể"), ("individual", "Cá nhân")]),
    "delete": ("Xóa", [("x", "x")]),
}
STATES: Final = {
    "draft": "Bản nháp",
    "submitted": "Đã gửi",
    "returned": "Bị trả lại",
    "accepted": "Đã chấp nhận",
    "withdrawn": "Đã rút",
    "verified": "Đã thẩm định",
    "recognised": "Được công nhận",
    "not_recognised": "Không công nhận",
    "proposed": "Đã đề xuất",
    "selected": "Đã chọn",
    "to_be_replicated": "Nhân rộng",
    "endorsed": "Đã trình",
    "granted": "Đã khen",
    "declined": "Không khen",
}
"""States as the column Trạng thái says them."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose workbook it is: the unit first, then the base units directly under it."""

    units: Sequence[AnyRow]
    choices: dict[str, Choices]
    indicators: Sequence[AnyRow]

    @property
    def own(self) -> AnyRow:
        """The unit itself."""
        return self.units[0]

    @property
    def ids(self) -> list[UUID]:
        """Identifiers of all units."""
        return [unit.id for unit in self.units]

    @property
    def by_code(self) -> dict[str, UUID]:
        """The units by code."""
        return {unit.code: unit.id for unit in self.units}


async def scope_of(session: Session, unit: UnitRef, today: date, since: date) -> Scope:
    """The units of the workbook, and every drop-down as it stands today; ``since``: first day of the campaign."""
    units = await queries.units(session, unit.id)
    given = {"path": unit.path, "today": today, "since": since}
    forms = _nearest(await queries.catalogue(session, "activity_forms", given))
    indicators = _nearest(await queries.catalogue(session, "indicators", given))
    awards = await queries.catalogue(session, "award_forms", given)
    choices = {name: Choices(title, entries) for name, (title, entries) in _FIXED.items()}
    choices["units"] = Choices("Đơn vị", [(found.code, found.name) for found in units])
    choices["activity_forms"] = Choices(
        "Hình thức", [(found.code, f"{found.title_vi} ({found.unit_of_count})") for found in forms]
    )
    choices["indicators"] = Choices("Chỉ tiêu", [(found.code, found.title_vi) for found in indicators])
    choices["award_forms"] = Choices("Hình thức khen", [(str(found.id), found.title) for found in awards])
    return Scope(units, choices, indicators)


def _nearest(rows: Iterable[AnyRow]) -> list[AnyRow]:
    """Each code once: the entry of the nearest unit above, which comes first."""
    found: dict[str, AnyRow] = {}
    for row in rows:
        found.setdefault(row.code, row)
    return list(found.values())
