"""The verbs of a workbook: given out filled in, taken back as a whole or not at all."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from app.access.actor import Tx
from app.kernel.errors import NotFound, Text
from app.submissions.cases import Terms
from app.submissions.faults import AGAIN, CellFault, CellsRefused, ForeignWorkbook
from app.submissions.workbook_bundle import Ground, asked_for
from app.submissions.workbook_carrying import carry_out
from app.submissions.workbook_filling import Source, book_of, source_of, standing
from app.submissions.workbook_lines import Line, Mark, catalogues_of
from app.submissions.workbook_marking import mark
from app.submissions.workbook_reading import RawBook, ReadBook, open_book, read_lines
from app.submissions.workbook_schemas import WorkbookTakenOut
from app.submissions.workbook_writing import write
from app.units.ended import told


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which campaign and unit the caller says the workbook is for; None = whatever the workbook says."""

    campaign_id: UUID | None = None
    unit_id: UUID | None = None


async def give_out(tx: Tx, campaign_id: UUID, unit_id: UUID) -> tuple[bytes, Source]:
    """The workbook of a unit in a campaign. Raises 404, 409 ``too_many_lines``."""
    source = await source_of(tx, campaign_id, unit_id)
    book = await book_of(source)
    return await asyncio.to_thread(write, book), source


async def take_back(tx: Tx, content: bytes, wanted: Wanted, terms: Terms) -> WorkbookTakenOut:
    """Carry out what a filled-in workbook asks for.

    Raises 409 ``unit_ended``; 422: ``foreign_workbook``, ``outdated_workbook``, ``structure_changed``, refusals of the
    file, and ``cells_refused`` with every wrong cell. Nothing is stored then.
    """
    raw = await asyncio.to_thread(open_book, content)
    source = await _source(tx, raw.mark, wanted)
    ended = await told(tx.session, source.scope.own.id)
    if ended is not None:
        raise ended
    book = await asyncio.to_thread(read_lines, raw, source.scope.choices)
    stands = await _standing(source, raw)
    source.versions.update({ref: line.version for lines in stands.values() for ref, line in lines.items()})
    asked = asked_for(book, Ground(source.scope.by_code, stands, str(source.campaign.id)))
    asked.faults += _with_catalogues(book, source)
    return await carry_out(tx, asked, source, terms)


def _with_catalogues(book: ReadBook, source: Source) -> list[CellFault]:
    """The faults of the cells; a choice that was on the list when the workbook was made may have left it since."""
    if book.mark.catalogues == catalogues_of(source.scope.choices):
        return book.faults
    told = Text(f"Danh mục đã thay đổi sau khi tải biểu. {AGAIN.vi}", f"The catalogues have changed since. {AGAIN.en}")
    return [replace(fault, remedy=told) if fault.code == "unknown_choice" else fault for fault in book.faults]


async def take_back_or_mark(
    tx: Tx, content: bytes, wanted: Wanted, terms: Terms
) -> "tuple[WorkbookTakenOut | None, bytes]":
    """The same; where cells are wrong, the workbook with these cells marked instead of an error."""
    try:
        return await take_back(tx, content, wanted, terms), b""
    except CellsRefused as refused:
        return None, await asyncio.to_thread(mark, content, refused.faults, tx.language)


async def _source(tx: Tx, found: Mark, wanted: Wanted) -> Source:
    """The ground the workbook was made on, if it still is there and is the one the caller means."""
    try:
        campaign_id, unit_id = UUID(found.campaign_id), UUID(found.unit_id)
        _same(wanted.campaign_id, campaign_id, f"đợt “{found.campaign}”", f"the campaign “{found.campaign}”")
        _same(wanted.unit_id, unit_id, f"đơn vị {found.unit}", f"the unit {found.unit}")
        return await source_of(tx, campaign_id, unit_id)
    except (ValueError, NotFound) as fault:
        told = Text(
            f"Biểu của “{found.unit[:100]}”, đợt “{found.campaign[:100]}”: không có hoặc ngoài phạm vi của bạn",
            f"The workbook is of “{found.unit[:100]}”, “{found.campaign[:100]}”: not there, or outside your scope",
        )
        raise ForeignWorkbook(told) from fault


def _same(wanted: UUID | None, found: UUID, vi: str, en: str) -> None:
    if wanted is not None and wanted != found:
        raise ForeignWorkbook(Text(f"Biểu này của {vi}. {AGAIN.vi}", f"This workbook is of {en}. {AGAIN.en}"))


async def _standing(source: Source, raw: RawBook) -> Mapping[str, Mapping[str, Line]]:
    """What stands now, on the sheets in which the workbook has lines."""
    return {section: await standing(source, section) for section, lines in raw.lines.items() if lines}
