"""Kinds of documents a directive may be, as Nghị định 30/2020/NĐ-CP names and abbreviates them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """How people call a kind of document, and how its number abbreviates it.

    ``symbol`` is the abbreviation of Phụ lục III of the decree ("05/KH-UBND" is a plan); None where there is none: an
    official letter's number names the office alone.
    """

    title: str
    title_en: str
    symbol: str | None


KINDS: Final = {
    "resolution": DocumentKind("Nghị quyết", "Resolution", "NQ"),
    "directive": DocumentKind("Chỉ thị", "Directive", "CT"),
    "decision": DocumentKind("Quyết định", "Decision", "QĐ"),
    "plan": DocumentKind("Kế hoạch", "Plan", "KH"),
    "programme": DocumentKind("Chương trình", "Programme", "CTr"),
    "official_letter": DocumentKind("Công văn", "Official letter", None),
    "guidance": DocumentKind("Hướng dẫn", "Guidance", "HD"),
    "notice": DocumentKind("Thông báo", "Notice", "TB"),
    "report": DocumentKind("Báo cáo", "Report", "BC"),
    "other": DocumentKind("Văn bản khác", "Other document", None),
}
"""The words of ``document_kind``, in the order in which forms and choices show them."""
