"""Directives (văn bản chỉ đạo): what police helped the committee and authority to issue, and what they issued."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, DateTime, Index, Integer, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from app.directives.numbers import number_key
from app.kernel.db import Base, unit_reference

TRACKS = ("advised", "issued_directly")
DOCUMENT_KINDS = (
    "resolution",
    "directive",
    "decision",
    "plan",
    "programme",
    "official_letter",
    "guidance",
    "notice",
    "report",
    "other",
)


def _key_of_number(context: Any) -> str:
    return number_key(context.get_current_parameters()["number_symbol"])


class Directive(Base):
    """One issued document, recorded by the unit that advised or issued it."""

    __tablename__ = "directives"
    __table_args__ = (
        unit_reference("directives"),
        UniqueConstraint("unit_id", "number_key", "issued_on"),
        Index("ix_directives_unit_path", "unit_path", "issued_on"),
        Index("ix_directives_updated_at", "updated_at", "id"),
        CheckConstraint(f"track IN {TRACKS!r}", name="track"),
        CheckConstraint(f"document_kind IN {DOCUMENT_KINDS!r}", name="document_kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    unit_id: Mapped[UUID]
    unit_path: Mapped[str] = mapped_column(String(collation="C"))
    track: Mapped[str] = mapped_column(String(20))
    document_kind: Mapped[str] = mapped_column(String(20))
    number_symbol: Mapped[str] = mapped_column(String(100))
    number_key: Mapped[str] = mapped_column(String(200), default=_key_of_number)
    """The number however it is spelt: no two of one day at one unit."""
    issued_on: Mapped[date] = mapped_column(Date)
    title: Mapped[str] = mapped_column(String(1_000))
    issuing_body: Mapped[str] = mapped_column(String(300))
    obliges: Mapped[str | None] = mapped_column(String(2_000))
    """Whom it obliges, in the words of the document."""
    note: Mapped[str | None] = mapped_column(String(2_000))
    folded: Mapped[str] = mapped_column(Text)
    """Number and title without accents, for searching."""
    created_by: Mapped[UUID | None]
    created_with_key: Mapped[UUID | None]
    version: Mapped[int] = mapped_column(Integer, server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


# --- what counts (statistics reads these and owns no rule of its own) ------------------------------------------------

ADVISED: Final = Directive.track == "advised"
"""Tham mưu cấp ủy, chính quyền, Ban Chỉ đạo cùng cấp ban hành."""

ISSUED_DIRECTLY: Final = Directive.track == "issued_directly"
"""Trực tiếp ban hành để chỉ đạo Công an cơ sở."""
