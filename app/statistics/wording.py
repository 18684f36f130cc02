"""What the words of dimensions are called where people read them."""

from typing import Final

from app.directives.kinds import KINDS as DOCUMENT_KINDS
from app.kernel.errors import Text
from app.units.kinds import KINDS, LEVEL_TITLES_EN, LEVEL_TITLES_VI

WORDS: Final[dict[str, Text]] = {
    **{code: Text(LEVEL_TITLES_VI[code], LEVEL_TITLES_EN[code]) for code in LEVEL_TITLES_VI},
    **{code: Text(kind.title, kind.title_en) for code, kind in DOCUMENT_KINDS.items()},
    "draft": Text("Bản nháp", "Draft"),
    "not_started": Text("Chưa bắt đầu", "Not started"),
    "drafting": Text("Đang soạn", "Being written"),
    "submitted": Text("Đã gửi", "Submitted"),
    "accepted": Text("Đã được chấp nhận", "Accepted"),
    "returned": Text("Bị trả lại", "Returned"),
    "withdrawn": Text("Đã rút", "Withdrawn"),
    "verified": Text("Đã thẩm định", "Verified"),
    "recognised": Text("Được công nhận", "Recognised"),
    "not_recognised": Text("Không được công nhận", "Not recognised"),
    "proposed": Text("Được đề xuất", "Proposed"),
    "selected": Text("Được lựa chọn", "Selected"),
    "to_be_replicated": Text("Được nhân rộng", "To be replicated"),
    "endorsed": Text("Đã xét duyệt", "Endorsed"),
    "granted": Text("Được khen thưởng", "Granted"),
    "declined": Text("Không được khen thưởng", "Declined"),
    "final": Text("Kết quả năm", "The year's result"),
    "maintenance": Text("Duy trì", "Maintenance"),
    "forecast": Text("Dự kiến", "Forecast"),
    "on_time": Text("Đúng hạn", "On time"),
    "on_time_extended": Text("Đúng hạn sau gia hạn", "On time, extended"),
    "late": Text("Nộp muộn", "Late"),
    "overdue": Text("Quá hạn chưa nộp", "Overdue"),
    "not_due": Text("Chưa đến hạn", "Not due"),
    "advised": Text("Tham mưu ban hành", "Advised"),
    "issued_directly": Text("Trực tiếp ban hành", "Issued directly"),
    "propaganda": Text("Tuyên truyền", "Propaganda"),
    "launch": Text("Phát động", "Launch"),
    "direct": Text("Tuyên truyền trực tiếp", "Directly"),
    "broadcast": Text("Loa truyền thanh, phát thanh", "Loudspeaker and radio"),
    "news": Text("Tin, bài, phóng sự", "News items, articles, features"),
    "visual": Text("Pa nô, áp phích, khẩu hiệu", "Panels, posters, slogans"),
    "print": Text("Tài liệu in", "Printed documents"),
    "ceremony": Text("Lễ phát động", "Launch ceremony"),
    "residents": Text("Lồng ghép trong họp dân", "Within residents' meetings"),
    "briefing": Text("Lồng ghép trong giao ban", "Within briefings"),
    "combined": Text("Lồng ghép trong hội nghị, cuộc vận động khác", "Within conferences and other campaigns"),
    "event": Text("Từng cuộc", "Single event"),
    "period_total": Text("Cộng dồn cả kỳ", "Total of a period"),
    "collective": Text("Tập thể", "Collective"),
    "individual": Text("Cá nhân", "Individual"),
}

_KINDS: Final = {code: Text(kind.title_vi.capitalize(), kind.title_en.capitalize()) for code, kind in KINDS.items()}


def titles_of(dimension: str, words: tuple[str, ...]) -> dict[str, Text]:
    """What each of ``words`` of a dimension is called; `commune` is a level, a kind of unit and a kind of venue."""
    named = _KINDS | WORDS if dimension not in {"unit_kind", "venue_kind"} else WORDS | _KINDS
    return {word: named[word] for word in words}
