"""The workbook that a clerk fills in: which sheets, which columns, what may stand in them. Pure.

A change here is a new form: raise ``FORM_VERSION``, and workbooks handed out before are refused by name.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["line", "prose", "whole", "number", "date", "choice"]
Section = Literal[
    "directives",
    "activities",
    "situation_figures",
    "results",
    "registrations",
    "practices",
    "awards",
    "sections",
]

TEMPLATE: Final = "dienhinh-workbook"
FORM_VERSION: Final = 1
GUIDE: Final = "Hướng dẫn"
LISTS: Final = "Danh mục"
MARK: Final = "_dienhinh"
"""The very hidden sheet that tells for whom, for which campaign and in which version the workbook was made."""

NAMES_ROW: Final = 3
"""Hidden: the columns' names as machines know them."""
HEADER_ROW: Final = 4
FIRST_ROW: Final = 5
BLANK_ROWS: Final = 100
"""Lines drawn below those that are known already; the ones further down are open too."""
LAST_ROW: Final = 2_000
"""Nothing is read below; the form says so."""
DELETE: Final = "delete"
KEY: Final = "key"
"""Column A, hidden: which record stands in the line, in which version, and what it said."""


@dataclass(frozen=True, slots=True)
class Field:
    """A column. ``choices`` names the list of a drop-down; ``fixed`` = filled in by the system, not to be changed."""

    name: str
    title: str
    kind: Kind = "line"
    required: bool = False
    choices: str | None = None
    width: float = 16
    hint: str = ""
    fixed: bool = False
    longest: int = 300
    told: bool = True
    """Whether it is sent on; others are there for the reader."""


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet: ``growing`` = lines may be added below."""

    section: Section
    tab: str
    title: str
    guidance: str
    fields: tuple[Field, ...]
    growing: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns from A on."""
        return (KEY, *(field.name for field in self.fields))

    def column(self, name: str) -> int:
        """The place of a column, counted from 0."""
        return self.names.index(name)


_UNIT: Final = Field(
    "unit", "Đơn vị", "choice", required=True, choices="units", width=30, hint="Chọn đơn vị trong danh sách"
)
_DELETE: Final = Field(
    DELETE,
    "Xóa",
    "choice",
    choices="delete",
    width=7,
    hint="Ghi x để xóa bản ghi đã có trên hệ thống. Xóa trắng một dòng thì không có gì thay đổi.",
)
_STATUS: Final = Field("status", "Trạng thái", width=14, fixed=True, told=False)
_DAY_HINT: Final = "Ngày theo dạng ngày/tháng/năm, ví dụ 05/03/2024"


def _day(name: str, title: str, *, required: bool = False, hint: str = _DAY_HINT) -> Field:
    return Field(name, title, "date", required=required, width=13, hint=hint)


def _count(name: str, title: str, hint: str) -> Field:
    return Field(name, title, "whole", width=11, hint=hint)


def _prose(name: str, title: str, *, longest: int = 2_000, required: bool = False, width: float = 40) -> Field:
    hint = f"Tối đa {longest:,} ký tự; xuống dòng bằng Alt+Enter (LibreOffice: Ctrl+Enter)".replace(",", ".")
    return Field(name, title, "prose", required=required, width=width, longest=longest, hint=hint)


DIRECTIVES: Final = SheetPlan(
    "directives",
    "Văn bản chỉ đạo",
    "VĂN BẢN CHỈ ĐẠO ĐÃ BAN HÀNH",
    "Mỗi dòng một văn bản. Không nhập văn bản có dấu mật.",
    (
        _UNIT,
        Field("track", "Cách ban hành", "choice", required=True, choices="tracks", width=24),
        Field("document_kind", "Loại văn bản", "choice", required=True, choices="document_kinds", width=15),
        Field("number_symbol", "Số, ký hiệu", required=True, longest=100, width=18, hint="Ví dụ: 15/KH-UBND"),
        _day("issued_on", "Ngày ban hành", required=True),
        Field("title", "Trích yếu nội dung", required=True, longest=1_000, width=45),
        Field("issuing_body", "Cơ quan ban hành", required=True, width=28),
        _prose("obliges", "Đối tượng thực hiện", width=28),
        _prose("note", "Ghi chú", width=24),
        _DELETE,
    ),
)
ACTIVITIES: Final = SheetPlan(
    "activities",
    "Tuyên truyền",
    "HOẠT ĐỘNG TUYÊN TRUYỀN, PHÁT ĐỘNG",
    "Mỗi dòng một hoạt động trong một ngày, hoặc số tổng của một hình thức trong một khoảng thời gian. Hình thức tính"
    " theo lượt, cuộc thì ghi cột Số lượt; tính theo tin, bài, cái, bản thì ghi cột Số lượng.",
    (
        _UNIT,
        Field("form", "Hình thức", "choice", required=True, choices="activity_forms", width=34),
        Field("nature", "Tính chất", "choice", required=True, choices="natures", width=17),
        Field("venue_kind", "Nơi tổ chức", "choice", choices="venues", width=18, hint="Để trống nếu không áp dụng"),
        _day("date_from", "Từ ngày", required=True),
        _day("date_to", "Đến ngày", hint="Hoạt động trong một ngày thì để trống hoặc ghi cùng ngày"),
        Field("title", "Tên hoạt động", required=True, width=40),
        Field("place", "Địa điểm", width=22),
        _count("sessions", "Số lượt, cuộc", "Số nguyên, với hình thức tính theo lượt hoặc cuộc"),
        _count("quantity", "Số lượng", "Số nguyên, với hình thức tính theo tin, bài, cái, bản"),
        _count("people_reached", "Số người", "Số người được tuyên truyền, nếu biết"),
        _prose("result", "Kết quả", width=30),
        _DELETE,
    ),
)
SITUATION: Final = SheetPlan(
    "situation_figures",
    "Tình hình ANTT",
    "TÌNH HÌNH AN NINH, TRẬT TỰ TRƯỚC VÀ SAU",
    "Chỉ nhập số liệu vào các ô trắng; tỷ lệ do hệ thống tính. Chưa có số liệu thì để trống, không ghi 0.",
    (
        Field("unit", "Đơn vị", "choice", choices="units", width=30, fixed=True, required=True),
        Field("indicator", "Chỉ tiêu", "choice", choices="indicators", width=44, fixed=True, required=True),
        Field("unit_of_count", "Đơn vị tính", width=12, fixed=True, told=False),
        _count("before_value", "Trước", "Số nguyên trong thời gian so sánh trước đợt"),
        _count("after_value", "Sau", "Số nguyên trong thời gian của đợt"),
        _prose("note", "Ghi chú", width=34),
    ),
    growing=False,
)
RESULTS: Final = SheetPlan(
    "results",
    "Tự đánh giá",
    "TỰ ĐÁNH GIÁ TỪNG TIÊU CHÍ",
    "Mỗi dòng một tiêu chí. Không đạt thì ghi lý do; tiêu chí có ngưỡng thì ghi số liệu (tỷ lệ ghi 87,5 cho 87,5%).",
    (
        Field("unit", "Đơn vị", "choice", choices="units", width=26, fixed=True, required=True),
        Field("year", "Năm", "whole", width=7, fixed=True, required=True),
        Field("stage", "Giai đoạn", "choice", choices="stages", width=15, fixed=True, required=True),
        Field("criterion", "Mã", width=8, fixed=True, required=True),
        Field("criterion_title", "Tiêu chí", "prose", width=50, fixed=True, told=False, longest=20_000),
        Field("threshold", "Ngưỡng", width=14, fixed=True, told=False),
        Field("outcome", "Kết quả", "choice", choices="outcomes", width=15),
        Field("figure", "Số liệu", "number", width=11, hint="Dấu phẩy cho phần thập phân, ví dụ 87,5"),
        _prose("reason", "Lý do không đạt", width=34),
        _prose("evidence", "Minh chứng", width=34),
        _STATUS,
    ),
    growing=False,
)
REGISTRATIONS: Final = SheetPlan(
    "registrations",
    "Đăng ký",
    "ĐĂNG KÝ XÂY DỰNG ĐƠN VỊ ĐIỂN HÌNH",
    "Mỗi đơn vị một dòng cho một năm. Dòng nhập thêm là bản nháp; gửi duyệt trên phần mềm.",
    (
        _UNIT,
        Field("year", "Năm", "whole", required=True, width=9, hint="Năm đăng ký, ví dụ 2024"),
        _prose("note", "Ghi chú"),
        _STATUS,
        _DELETE,
    ),
)
PRACTICES: Final = SheetPlan(
    "practices",
    "Mô hình hay",
    "MÔ HÌNH HAY, CÁCH LÀM SÁNG TẠO",
    "Mỗi dòng một mô hình. Kết quả nên có số liệu; phải có kết quả mới đề xuất được.",
    (
        _UNIT,
        Field("title", "Tên mô hình", required=True, longest=1_000, width=36),
        _prose("summary", "Nội dung, cách làm", longest=20_000, required=True, width=50),
        _prose("results", "Kết quả", longest=20_000, width=44),
        _day("started_on", "Thực hiện từ ngày", required=True),
        _STATUS,
        _DELETE,
    ),
)
AWARDS: Final = SheetPlan(
    "awards",
    "Khen thưởng",
    "ĐỀ NGHỊ KHEN THƯỞNG",
    "Chỉ ghi họ tên, chức vụ, đơn vị; không ghi số căn cước, ngày sinh, địa chỉ, số điện thoại. Khen chính đơn vị thì"
    " để trống cột Họ tên.",
    (
        Field("unit", "Đơn vị đề nghị", "choice", required=True, choices="units", width=28),
        Field("award_form", "Hình thức khen", "choice", required=True, choices="award_forms", width=36),
        Field("recipient_kind", "Tập thể, cá nhân", "choice", required=True, choices="recipient_kinds", width=12),
        Field("recipient_unit", "Đơn vị được khen hoặc nơi công tác", "choice", choices="units", width=28),
        Field("recipient_name", "Họ tên, tên tập thể", width=26),
        Field("position", "Chức vụ", width=22, hint="Chỉ ghi với cá nhân"),
        _prose("achievement", "Thành tích", longest=20_000, required=True, width=50),
        _day("period_from", "Thành tích từ ngày"),
        _day("period_to", "đến ngày"),
        Field("council_minutes_number", "Số biên bản họp xét", width=16),
        _day("council_minutes_date", "Ngày biên bản"),
        _STATUS,
        _DELETE,
    ),
)
REPORT: Final = SheetPlan(
    "sections",
    "Báo cáo",
    "BÁO CÁO SƠ KẾT",
    "Viết nội dung vào cột cuối, theo đề cương của đợt. Có thể giữ nguyên các ký hiệu {{...}}: hệ thống điền số liệu.",
    (
        Field("code", "Mục", width=9, fixed=True, required=True),
        Field("heading", "Đề mục", "prose", width=38, fixed=True, told=False, longest=2_000),
        Field("guidance", "Gợi ý nội dung", "prose", width=44, fixed=True, told=False, longest=20_000),
        _prose("text", "Nội dung", longest=20_000, width=90),
    ),
    growing=False,
)

SHEETS: Final = (DIRECTIVES, ACTIVITIES, SITUATION, RESULTS, REGISTRATIONS, PRACTICES, AWARDS, REPORT)
BY_SECTION: Final[dict[str, SheetPlan]] = {plan.section: plan for plan in SHEETS}
