"""A report on paper: its Word document with the forms as annexes, in the template that serves the unit."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.campaigns.queries import get as campaign_of
from app.campaigns.schemas import Section
from app.exports.annexes import roman
from app.exports.document import About, fill
from app.exports.files import MEDIA_TYPES, file_name
from app.exports.service import template_for
from app.exports.sheets import Sheet
from app.exports.words import (
    body_of,
    listed,
    long_day,
    numbered,
    paragraphs,
    place_and_day,
    short_day,
    signing_lines,
    subject_of,
    uncapitalised,
)
from app.exports.workbook import workbook
from app.forms.sheets import sheets_of
from app.kernel.clock import HO_CHI_MINH
from app.kernel.db import AnyRow
from app.kernel.errors import Forbidden, Text
from app.reports import queries
from app.reports.lists import book_sheets, lists_of, paper_sheets
from app.reports.reading import read, unit_of
from app.reports.schemas import ReportOut
from app.reports.sealing import standing

_NEEDED: Final = Permission.STATISTICS_READ
_FIGURES = Text(
    "Văn bản kèm biểu số liệu: cần quyền statistics.read đối với đơn vị này",
    "The paper carries the forms' figures: it needs statistics.read for this unit",
)


class ReportFile(NamedTuple):
    """A file, as ``app.kernel.http.attachment`` sends it."""

    content: bytes
    media_type: str
    name: str
    version: int


class Printed(NamedTuple):
    """A report's paper and the sheets of its workbook, of the same figures."""

    content: bytes
    book: Sequence[Sheet]


class _Prepared(NamedTuple):
    """What a report's paper and its workbook are made of."""

    context: dict[str, Any]
    about: About
    paper: Sequence[Sheet]
    book: Sequence[Sheet]


async def report_file(tx: Tx, report_id: UUID, kind: Literal["docx", "xlsx"]) -> ReportFile:
    """The report as a Word document, or its forms and lists as a workbook: sealed figures while it stands submitted or
    accepted, else those of now.

    Raises 404 outside the fence, 403 without the right to statistics, 422 where the template fails.
    """
    row = await queries.get(tx.session, report_id)
    if kind == "xlsx":
        content = await book_of((await _prepared(tx, row)).book, row.unit_name)
    else:
        content = (await printed(tx, row)).content
    title = "Báo cáo sơ kết" if kind == "docx" else "Biểu mẫu, danh sách kèm báo cáo"
    return ReportFile(
        content, MEDIA_TYPES[kind], file_name(title, row.unit_name, row.campaign_code, kind=kind), row.version
    )


async def book_of(sheets: Sequence[Sheet], issuer: str) -> bytes:
    """The workbook of forms and lists."""
    return await asyncio.to_thread(workbook, sheets, title="Biểu mẫu thống kê", issuer=issuer)


async def printed(tx: Tx, row: AnyRow) -> Printed:
    """The paper of the report in ``row``. Raises as :func:`report_file`."""
    made = await _prepared(tx, row)
    template = await template_for(tx, "report", row.unit_path)
    return Printed(await asyncio.to_thread(fill, template, made.context, made.paper, about=made.about), made.book)


async def _prepared(tx: Tx, row: AnyRow) -> _Prepared:
    unit = unit_of(row)
    if not tx.actor.can(_NEEDED, unit):
        raise Forbidden(_FIGURES, permission=_NEEDED.value)
    report = await read(tx, row.id)
    campaign = await campaign_of(tx.session, row.campaign_id)
    context = context_of(tx, report, campaign, unit)
    attached = _attached(context, report)
    found = await standing(tx, row)
    forms = sheets_of(found.forms, attached=attached)
    listed_too = await lists_of(tx, unit, row.campaign_id, found.records)
    paper = [*forms, *paper_sheets(listed_too, attached)]
    context["annexes"] = _annexes(paper)
    sealed = f"SHA-256 {report.seal.digest}" if report.seal else ""
    about = About(f"{context['abstract']}", context["issuing_body"], tx.now, sealed)
    return _Prepared(context, about, paper, [*forms, *book_sheets(listed_too, attached)])


def _annexes(sheets: Sequence[Sheet]) -> list[dict[str, str]]:
    """The annexes' numbers and titles; a single one has no number."""
    return [
        {"number": roman(place) if len(sheets) > 1 else "", "title": " ".join(sheet.title.split())}
        for place, sheet in enumerate(sheets, 1)
    ]


def context_of(tx: Tx, report: ReportOut, campaign: AnyRow, unit: UnitRef) -> dict[str, Any]:
    """What the placeholders of a report's template stand for (``app/exports/fields.py`` names them)."""
    body = body_of(report.unit.name, unit.level)
    abstract = subject_of(campaign.title)
    return {
        "draft_notice": None if report.seal else _draft_notice(tx),
        "parent_body": report.parent_body,
        "issuing_body": report.issuing_body or body,
        "number": numbered(report.number, "BC"),
        "place_and_date": place_and_day(report.place, report.signed_on, tx.today.year),
        "abstract": abstract,
        "addressees": listed(report.addressees),
        "introduction": f"{_basis(campaign)}, {_named(report, body)} báo cáo kết quả như sau:",
        "sections": sections_of(report),
        "closing": f"Trên đây là báo cáo {uncapitalised(abstract)} của {_named(report, body)}./.",
        "signer_authority": signing_lines(report.signer_authority),
        "signer_position": signing_lines(report.signer_position),
        "signer_name": report.signer_name,
        "recipients": listed(report.recipients),
    }


def _named(report: ReportOut, body: str) -> str:
    """Who reports, within a sentence: capitals are for the head of the paper alone."""
    given = report.issuing_body
    if given is None or given.casefold() == body.casefold():
        return body
    return "đơn vị" if given.isupper() else given


def _basis(campaign: AnyRow) -> str:
    """``Thực hiện Kế hoạch số 320/KH-UBND ngày 26/4/2024 của ... về sơ kết ...``."""
    number = f" số {campaign.number}" if campaign.number else ""
    issued = f" ngày {short_day(campaign.issued_on)}" if campaign.issued_on else ""
    by = f" của {campaign.issuing_body}" if campaign.issuing_body else ""
    return f"Thực hiện Kế hoạch{number}{issued}{by} về {uncapitalised(subject_of(campaign.title))}"


def _draft_notice(tx: Tx) -> str:
    here = tx.now.astimezone(HO_CHI_MINH)
    return f"DỰ THẢO - số liệu lúc {here:%H:%M} ngày {short_day(here.date())}, chưa niêm phong"


def _attached(context: Mapping[str, Any], report: ReportOut) -> str:
    """``(Kèm theo Báo cáo số 05/BC-UBND ngày 05 tháng 7 năm 2024 của ...)``."""
    number = context["number"].strip() if report.number else "......./BC-....."
    day = long_day(report.signed_on, 0) if report.signed_on else "ngày ...../...../....."
    return f"(Kèm theo Báo cáo số {number} {day} của {context['issuing_body']})"


def sections_of(report: ReportOut) -> list[dict[str, Any]]:
    """The outline with what was written under each heading: the text, then the findings that belong there."""
    texts = report.rendered or {}
    known = {part.code for part in report.outline}
    last = report.outline[-1].code if report.outline else None
    found: dict[str | None, list[str]] = {}
    for finding in report.findings:
        place = finding.section if finding.section in known else last
        first, *more = paragraphs(finding.text) or [""]
        found.setdefault(place, []).extend((f"- {first.removeprefix('-').strip()}", *more))
    return [
        {
            "level": min(_depth(part, report.outline), 3),
            "code": part.code,
            "number": part.number,
            "title": part.title,
            "paragraphs": [*paragraphs(texts.get(part.code)), *found.get(part.code, [])],
        }
        for part in report.outline
    ]


def _depth(part: Section, outline: Sequence[Section]) -> int:
    above = {found.code: found.parent for found in outline}
    depth, parent = 1, part.parent
    while parent is not None and depth < len(outline):
        depth, parent = depth + 1, above.get(parent)
    return depth
