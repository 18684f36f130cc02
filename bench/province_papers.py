"""What the papers of a whole province cost, made in this process: workbook, report as DOCX, submission."""

import asyncio
import io
import time
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from statistics import median
from typing import Any, Final
from uuid import UUID

from openpyxl import load_workbook
from sqlalchemy import select

from app.access.actor import Tx
from app.exports.sheets import Sheet
from app.exports.workbook import workbook
from app.forms.answering import all_forms
from app.forms.answers import FormAsk
from app.forms.sheets import sheets_of
from app.reports import checking, drafting, queries, review, sealing, service
from app.reports.models import Report
from app.reports.printing import printed
from app.reports.schemas import ReportIn, ReportPatch, ReportTransition
from app.reports.schemas_drafts import DraftIn
from bench.papers import bare
from bench.province import Province, as_system

_ROUNDS: Final = 5


def _spread(waits: list[float]) -> str:
    return f"{median(waits):.2f} s ({min(waits):.2f}-{max(waits):.2f})"


async def _timed(work: Callable[[], Awaitable[Any]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun


async def _in_turn(*works: Callable[[], Awaitable[Any]]) -> list[list[float]]:
    """The times of ``works``, each run in turn, so that what else the machine does hits all alike."""
    waits: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS):
        for place, work in enumerate(works):
            waits[place].append(await _timed(work))
    return waits


def _peak(sheets: list[Sheet]) -> float:
    """Megabytes that Python takes for the build beyond what was there before, the finished file among them."""
    tracemalloc.start()
    workbook(sheets)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 1024 / 1024


async def _report(tx: Tx, where: Province) -> UUID:
    """The province's own report, begun if need be."""
    known = select(Report.id).where(Report.unit_id == where.unit_id, Report.campaign_id == where.campaign_id)
    found: UUID | None = await tx.session.scalar(known)
    if found is None:
        found = (await service.create(tx, ReportIn(campaign_id=where.campaign_id, unit_id=where.unit_id))).id
    row = await queries.get(tx.session, found)
    if row.status not in {"draft", "returned"}:
        await review.move(tx, found, None, ReportTransition(action="return", note="Trả lại để đo tốc độ"))
    await drafting.take(tx, found, None, DraftIn(replace=True))
    await service.edit(tx, found, None, ReportPatch.model_validate({"review_method": "in_writing"}))
    return found


async def _workbook(tx: Tx, where: Province) -> AsyncIterator[str]:
    ask = FormAsk(where.unit_id, where.campaign_id)
    forms = await all_forms(tx, ask)
    sheets = sheets_of(forms)
    cells = sum(len(row.cells) for sheet in sheets for table in sheet.tables for row in table.rows)
    assert len(load_workbook(io.BytesIO(workbook(sheets)), read_only=True).sheetnames) == len(forms)
    figures, whole, alone = await _in_turn(
        lambda: all_forms(tx, ask),
        lambda: asyncio.to_thread(lambda: workbook(sheets_of(forms))),
        lambda: asyncio.to_thread(bare, sheets),
    )
    ratio = median(w / a for w, a in zip(whole, alone, strict=True))
    yield (
        f"workbook: figures of eight forms {_spread(figures)}; writing {cells:,} cells {_spread(whole)}, the same"
        f" through XlsxWriter alone {_spread(alone)}: ratio {ratio:.2f};"
        f" the build takes {_peak(sheets):.0f} MB at its peak (target 150)"
    )


async def measured(where: Province) -> AsyncIterator[str]:
    """Each measure in words. Nothing is kept."""
    async with as_system(where) as tx:
        async for line in _workbook(tx, where):
            yield line
        report = await _report(tx, where)
        row = await queries.get(tx.session, report)
        found = await checking.checks(tx, report)
        paper, sight, sealed = await _in_turn(
            lambda: printed(tx, row),
            lambda: sealing.snapshot(tx, row),
            lambda: _submitted(tx, report, [warning.code for warning in found.warnings]),
        )
        yield f"report as DOCX with eight annexes: {_spread(paper)} (target 2 s)"
        records = len((await sealing.snapshot(tx, row)).records)
        yield (
            f"submission with checks and seal: {_spread(sealed)}; of it, reading figures and {records:,} records that"
            f" agree {_spread(sight)}"
        )


async def _submitted(tx: Tx, report: UUID, acknowledged: list[str]) -> None:
    """Submit inside a savepoint."""
    async with tx.session.begin_nested() as point:
        given = ReportTransition(action="submit", note="Đo tốc độ", acknowledged=acknowledged)
        await review.move(tx, report, None, given)
        await point.rollback()
