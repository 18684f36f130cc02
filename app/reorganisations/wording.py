"""How acts speak of days and of what units record."""

from datetime import date, datetime
from typing import Final

from app.kernel.clock import HO_CHI_MINH
from app.kernel.errors import Text

_KINDS: Final = {
    "directive": Text("văn bản chỉ đạo", "directive"),
    "activity": Text("hoạt động tuyên truyền", "activity"),
    "situation_figure": Text("số liệu tình hình", "situation figure"),
    "practice": Text("mô hình, điển hình", "good practice"),
    "registration": Text("đăng ký", "registration"),
    "evaluation": Text("hồ sơ đánh giá", "evaluation"),
    "award": Text("đề nghị khen thưởng", "award"),
    "report": Text("báo cáo", "report"),
    "report_finding": Text("nhận định trong báo cáo", "report finding"),
    "attachment": Text("tệp minh chứng", "attachment"),
    "unit": Text("đơn vị", "unit"),
    "obligation": Text("việc phải báo cáo", "obligation"),
    "campaign": Text("đợt thi đua", "campaign"),
    "reorganisation": Text("văn bản sắp xếp", "reorganisation"),
}

_COLLECTIONS: Final = {
    "directive": "directives",
    "activity": "propaganda-activities",
    "situation_figure": "situation-figures",
    "practice": "good-practices",
    "registration": "registrations",
    "evaluation": "evaluations",
    "award": "awards",
    "report": "reports",
    "attachment": "attachments",
    "unit": "units",
    "campaign": "campaigns",
    "reorganisation": "reorganisations",
}


def address_of(kind: str) -> str | None:
    """Where the API lists what is of that kind; None where it has no collection of its own."""
    return f"/api/v1/{_COLLECTIONS[kind]}" if kind in _COLLECTIONS else None


def kind_name(kind: str) -> Text:
    """What a kind of subject is called in a sentence; its code where it has no name."""
    return _KINDS.get(kind, Text(kind, kind))


def day_of(at: date | datetime | None) -> Text:
    """A day as each language writes it, an instant as the day in Việt Nam; "?" where there is none."""
    if at is None:
        return Text("?", "?")
    day = at.astimezone(HO_CHI_MINH) if isinstance(at, datetime) else at
    return Text(f"{day:%d/%m/%Y}", f"{day:%Y-%m-%d}")
