"""The conference pack (bộ tài liệu hội nghị sơ kết): everything a review conference has on the table, in one ZIP."""

import asyncio
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.awards.printed import award_document, award_sheet, standing
from app.awards.schemas import AwardQuery
from app.awards.service import shown
from app.campaigns.queries import get as campaign_of
from app.exports.document import About, tables_document
from app.exports.files import MEDIA_TYPES, file_name
from app.exports.sheets import Column, Row, Sheet, Table
from app.exports.words import body_of, long_day, subject_of, uncapitalised
from app.exports.workbook import workbook
from app.forms.answering import all_forms
from app.forms.answers import FormAsk
from app.forms.sheets import sheets_of
from app.kernel.clock import HO_CHI_MINH
from app.kernel.db import AnyRow
from app.kernel.errors import Forbidden, Text
from app.practices import queries as practices
from app.practices.schemas import PracticeQuery
from app.reports import queries
from app.reports.lists import book_sheets, lists_of
from app.reports.printing import ReportFile, book_of, printed
from app.reports.workflow import EDITABLE
from app.units.queries import get as unit_of

_NEEDED: Final = (
    *(Permission.REPORT_READ, Permission.STATISTICS_READ, Permission.PRACTICE_READ, Permission.AWARD_READ),
)
_CHOSEN: Final = frozenset({"selected", "to_be_replicated"})
_STATES: Final = {"selected": "Được lựa chọn", "to_be_replicated": "Đề nghị nhân rộng"}
_COLUMNS: Final = (
    Column("TT", "index"),
    Column("Tên mô hình, cách làm", width=30),
    Column("Đơn vị", width=20),
    Column("Nội dung", width=44),
    Column("Kết quả", width=36),
    Column("Từ ngày", "date"),
    Column("Trạng thái", width=14),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of the pack and what it is."""

    name: str
    about: str
    content: bytes


async def conference_pack(tx: Tx, campaign_id: UUID) -> ReportFile:
    """The pack of the unit that holds the campaign: its report, the forms, good practices, the list of awards.

    Raises 404 for a campaign that does not exist, or whose unit lies outside; 403 without the right to any of its
    parts.
    """
    campaign = await campaign_of(tx.session, campaign_id)
    unit = UnitRef(campaign.unit_id, campaign.unit_path, campaign.unit_level)
    tx.actor.require(Permission.REPORT_READ, unit)
    lacking = [permission for permission in _NEEDED if not tx.actor.can(permission, unit)]
    if lacking:
        text = Text(f"Cần thêm quyền {lacking[0].value}", f"This needs {lacking[0].value} as well")
        raise Forbidden(text, permission=lacking[0].value)
    report = await queries.of_unit(tx.session, campaign.id, unit.id)
    pieces = [*await _report(tx, campaign, report), *await _practices(tx, campaign), *await _awards(tx, campaign)]
    facts = {
        "campaign": {"code": campaign.code, "number": campaign.number, "title": campaign.title},
        "unit": {"code": campaign.unit_code, "name": campaign.unit_name},
        "report": None if report is None else {"id": str(report.id), "status": report.status},
        "made_at": tx.now,
    }
    content = await asyncio.to_thread(zipped, pieces, facts, tx.now)
    name = file_name("Tài liệu hội nghị sơ kết", campaign.code, kind="zip")
    return ReportFile(content, MEDIA_TYPES["zip"], name, campaign.version)


async def _report(tx: Tx, campaign: AnyRow, report: AnyRow | None) -> list[Piece]:
    """The report with its forms; the forms alone where the unit has begun no report."""
    if report is not None:
        made = await printed(tx, report)
        sealed = "chưa niêm phong" if report.status in EDITABLE else "số liệu đã niêm phong"
        paper = [Piece("1-bao-cao-so-ket.docx", f"Báo cáo sơ kết ({sealed})", made.content)]
        sheets = made.book
    else:
        paper = []
        unit = UnitRef(campaign.unit_id, campaign.unit_path, campaign.unit_level)
        lists = await lists_of(tx, unit, campaign.id, None)
        forms = sheets_of(await all_forms(tx, FormAsk(campaign.unit_id, campaign.id)))
        sheets = [*forms, *book_sheets(lists, "")]
    book = await book_of(sheets, campaign.unit_name)
    told = "Các biểu mẫu thống kê, danh mục văn bản, danh sách đơn vị đăng ký"
    return [*paper, Piece("2-bieu-mau-thong-ke.xlsx", told, book)]


async def _practices(tx: Tx, campaign: AnyRow) -> list[Piece]:
    """The practices of the campaign's window that were chosen, as a document and as a workbook."""
    params = PracticeQuery(under=campaign.unit_id, campaign=campaign.id, limit=200)
    rows: list[AnyRow] = []
    while True:
        found = await practices.LISTING.page(tx.session, params, sort="unit")
        rows += [row for row in found.rows if row.status in _CHOSEN]
        if found.next_cursor is None:
            break
        params = params.model_copy(update={"cursor": found.next_cursor})
    sheet = practice_sheet(rows, campaign)
    about = About(sheet.title, body_of(campaign.unit_name, campaign.unit_level), tx.now)
    paper = await asyncio.to_thread(tables_document, [sheet], about=about)
    book = await asyncio.to_thread(workbook, [sheet], issuer=campaign.unit_name)
    told = "Mô hình hay, cách làm sáng tạo được lựa chọn, đề nghị nhân rộng"
    return [Piece("3-mo-hinh-cach-lam-hay.docx", told, paper), Piece("3-mo-hinh-cach-lam-hay.xlsx", told, book)]


def practice_sheet(rows: Sequence[AnyRow], campaign: AnyRow) -> Sheet:
    """Chosen practices as a list."""
    lines = [
        Row((place, row.title, row.unit_name, row.summary, row.results, row.started_on, _STATES[row.status]))
        for place, row in enumerate(rows, 1)
    ]
    total = Row((None, f"Tổng số: {len(rows)}", *[None] * 5), "total")
    subtitle = f"(Phục vụ hội nghị {uncapitalised(subject_of(campaign.title))})"
    title = "Danh sách mô hình hay, cách làm sáng tạo"
    return Sheet("Mô hình, cách làm hay", title, [Table(_COLUMNS, [*lines, total])], (subtitle,))


async def _awards(tx: Tx, campaign: AnyRow) -> list[Piece]:
    """The proposals that stand. Who was shown them is put down in the event log."""
    query = AwardQuery(campaign=campaign.id, under=campaign.unit_id)
    awards = await shown(tx, await standing(tx, query))
    unit = await unit_of(tx.session, campaign.unit_id)
    paper = await award_document(tx, unit, awards, campaign.id)
    book = await asyncio.to_thread(workbook, [award_sheet(awards)], issuer=campaign.unit_name)
    told = "Danh sách đề nghị khen thưởng"
    return [
        Piece("4-danh-sach-khen-thuong.docx", told, paper),
        Piece("4-danh-sach-khen-thuong.xlsx", told, book),
    ]


def zipped(pieces: Sequence[Piece], facts: dict[str, Any], at: datetime) -> bytes:
    """The pieces with a page that says what they are, and their SHA-256 for people and for programs."""
    files = [
        {
            "name": piece.name,
            "about": piece.about,
            "size": len(piece.content),
            "sha256": sha256(piece.content).hexdigest(),
        }
        for piece in pieces
    ]
    manifest = orjson.dumps({**facts, "files": files}, option=orjson.OPT_INDENT_2, default=str)
    sums = "".join(f"{file['sha256']}  {file['name']}\n" for file in files)
    here = at.astimezone(HO_CHI_MINH)
    lines = [f"TÀI LIỆU HỘI NGHỊ: {facts['campaign']['title']}", f"Đơn vị: {facts['unit']['name']}"]
    lines += [f"Kết xuất lúc {here:%H:%M} {long_day(here.date(), here.year)}", ""]
    lines += [f"{file['name']}: {file['about']}" for file in files]
    lines += ["", "SHA256SUMS: kiểm tra bằng lệnh sha256sum -c SHA256SUMS", "manifest.json: cùng nội dung cho máy đọc"]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        texts = {"README.txt": "\r\n".join(lines).encode("utf-8-sig"), "SHA256SUMS": sums.encode()}
        given = {**texts, "manifest.json": manifest, **{piece.name: piece.content for piece in pieces}}
        for name, content in given.items():
            entry = zipfile.ZipInfo(name, here.timetuple()[:6])
            entry.external_attr = 0o644 << 16
            package.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()
