"""How acts speak of days and of what units record."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from app.kernel.errors import Text
from app.units.act import Stood
from app.units.days import day_of

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


_LATER = Text(
    "{unit} ({code}) có {n} dữ liệu ghi nhận từ ngày {day}: {kinds}. Xem: {at}. Gửi lại với later_records=keep để giữ"
    " chúng ở đơn vị đã ghi nhận",
    "{unit} ({code}) has recorded {n} things on or after {day}: {kinds}. See {at}. Send the act again with"
    " later_records=keep and they stay with the unit that recorded them",
)


def later_records(unit: Stood, kinds: Mapping[str, int], day: date) -> Text:
    """What a unit that is to end recorded since ``day`` (how many of each kind), where it is read, and what to do."""
    at = "; ".join(f"{address_of(kind)}?unit={unit.id}" for kind in kinds)
    told = [", ".join(f"{n} {kind_name(kind)[language]}" for kind, n in kinds.items()) for language in (0, 1)]
    facts = {"unit": unit.name, "code": unit.code, "n": sum(kinds.values()), "at": at}
    vi, en = (
        text.format(**facts, day=day_of(day)[language], kinds=told[language]) for language, text in enumerate(_LATER)
    )
    return Text(vi, en)
