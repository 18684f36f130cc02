"""Carrying out what a workbook or a file asks for: everything, or, when any cell is refused, nothing."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.access.actor import Tx
from app.awards.service import delete as delete_award
from app.campaigns.schemas import CampaignBrief
from app.directives.service import delete as delete_directive
from app.kernel.db import constraint_of
from app.kernel.errors import DomainError, Text, error_for_constraint
from app.practices.service import delete as delete_practice
from app.propaganda.service import delete as delete_activity
from app.registrations.service import delete as delete_registration
from app.submissions.cases import Case, Terms
from app.submissions.faults import CellFault, CellsRefused, Refused
from app.submissions.schemas import OnConflict
from app.submissions.taking import take
from app.submissions.workbook_bundle import Asked, UnitBundle
from app.submissions.workbook_filling import Source
from app.submissions.workbook_layout import DELETE
from app.submissions.workbook_reading import ReadLine
from app.submissions.workbook_schemas import LineResult, WorkbookSummary, WorkbookTakenOut
from app.units.schemas import UnitBrief

_DELETE: Final[Mapping[str, tuple[str, Callable[[Tx, UUID, int | None], Awaitable[None]]]]] = {
    "directives": ("directive", delete_directive),
    "activities": ("activity", delete_activity),
    "registrations": ("registration", delete_registration),
    "practices": ("practice", delete_practice),
    "awards": ("award", delete_award),
}
_REMEDIES: Final = {
    "duplicate": Text(
        "Sửa dòng đã có thay vì nhập dòng mới, hoặc gửi lại với on_conflict=update",
        "Change the line that is there, or send it again with on_conflict=update",
    ),
    "repeated": Text("Xóa trắng một trong hai dòng", "Empty one of the two lines"),
    "forbidden": Text("Nhờ người có quyền ở đơn vị này gửi", "Let somebody with the right at this unit send it"),
    "period_locked": Text(
        "Đề nghị cấp trên trả lại báo cáo, hoặc bỏ thay đổi ở dòng này",
        "Ask for the report to be returned, or undo the change in this line",
    ),
}
_MEND: Final = Text(
    "Sửa ô này theo nội dung báo lỗi rồi gửi lại", "Mend the cell as the message says and send it again"
)


class _Undone(Exception):
    """Ends the savepoint of a dry run."""


async def carry_out(tx: Tx, asked: Asked, source: Source, terms: Terms) -> WorkbookTakenOut:
    """Delete, change and record what ``asked`` says. ``terms.on_conflict`` is for new lines; known ones are changed.

    Raises 422 ``cells_refused`` with every wrong cell; nothing stays then, and nothing of a dry run.
    """
    results: list[LineResult] = []
    try:
        async with tx.session.begin_nested():
            faults = [*asked.faults]
            for line in asked.deletions:
                faults += await _delete(tx, line, source, results)
            for changes in (True, False):
                bundles = [bundle for bundle in asked.bundles if bundle.changes is changes]
                conflict: OnConflict = "update" if changes else terms.on_conflict
                cases = await take(tx, [bundle.whole() for bundle in bundles], Terms(on_conflict=conflict))
                for bundle, case in zip(bundles, cases, strict=True):
                    faults += _faults(bundle, case)
                    results += _results(bundle, case)
            if faults:
                raise CellsRefused(_in_order(faults), tx.language)
            if terms.dry_run:
                raise _Undone
    except _Undone:
        pass
    return _told(source, results, terms)


async def _delete(tx: Tx, line: ReadLine, source: Source, results: list[LineResult]) -> list[CellFault]:
    """Delete the record of a marked line, by the version that stands now: it says what the line was made from."""
    assert line.key is not None
    kind, delete = _DELETE[line.plan.section]
    version = source.versions.get(line.key.ref)
    try:
        async with tx.session.begin_nested():
            await delete(tx, UUID(line.key.ref), version)
    except IntegrityError as fault:
        known = error_for_constraint(constraint_of(fault))
        told = known.detail or known.title if known else _IN_USE
        return [line.fault(DELETE, Refused(known.code if known else "in_use", told, _MEND))]
    except DomainError as fault:
        return [line.fault(DELETE, Refused(fault.code, fault.detail or fault.title, remedy_of(fault.code)))]
    results.append(LineResult(cell=_cell(line), kind=kind, outcome="deleted", id=None))
    return []


_IN_USE: Final = Text("Bản ghi khác còn dựa vào bản ghi này", "Other records rest on this one")


def remedy_of(code: str) -> Text:
    """What to do about a refusal of a verb."""
    return _REMEDIES.get(code, _MEND)


def _faults(bundle: UnitBundle, case: Case) -> Iterator[CellFault]:
    for fault in case.all_faults():
        line, column = bundle.at(fault.pointer)
        yield line.fault(column, Refused(fault.code, fault.message, remedy_of(fault.code)))


def _results(bundle: UnitBundle, case: Case) -> Iterator[LineResult]:
    for slot in case.slots:
        line = bundle.places.get(slot.pointer)
        if line is None or slot.kind == "report" or slot.outcome in {"failed", "not_stored"}:
            continue
        yield LineResult.model_validate(
            {"cell": _cell(line), "kind": slot.kind, "outcome": slot.outcome, "id": slot.id}
        )


def _cell(line: ReadLine) -> str:
    return f"{line.tab or line.plan.tab}!{line.place(line.plan.fields[0].name)}"


def _in_order(faults: Sequence[CellFault]) -> list[CellFault]:
    """By sheet and line; the same fault of one cell once."""
    once = {(fault.sheet, fault.place, fault.code): fault for fault in faults}
    return sorted(once.values(), key=lambda fault: (fault.sheet, int("".join(filter(str.isdigit, fault.place)) or 0)))


def _told(source: Source, results: list[LineResult], terms: Terms) -> WorkbookTakenOut:
    counts = dict.fromkeys(WorkbookSummary.model_fields, 0)
    for result in results:
        counts[result.outcome] += 1
    own, campaign = source.scope.own, source.campaign
    return WorkbookTakenOut(
        dry_run=terms.dry_run,
        stored=not terms.dry_run,
        unit=UnitBrief.of({"id": own.id, "code": own.code, "name": own.name}),
        campaign=CampaignBrief.model_validate(campaign, from_attributes=True),
        summary=WorkbookSummary(**counts),
        lines=results,
    )
