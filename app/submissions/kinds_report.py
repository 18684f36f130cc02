"""The report of the unit in the bundle's campaign: its fields are one item, each section of its text is another."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.access.actor import Tx
from app.access.permissions import Permission
from app.kernel.chosen import DuplicateId
from app.kernel.errors import DomainError, Duplicate, FieldError, Text
from app.reports import queries
from app.reports import service as reports
from app.reports.schemas import ReportIn, ReportPatch
from app.submissions.cases import Case, Slot, Terms
from app.submissions.kinds import patch, permitted

REPORT: Final = "report"
SECTION: Final = "report_section"
REPORT_KINDS: Final[dict[str, Permission]] = {REPORT: Permission.REPORT_WRITE, SECTION: Permission.REPORT_WRITE}

_WRITTEN = Text(
    "Báo cáo đã ghi nội dung khác ở đây; dùng on_conflict=update để thay, skip để giữ nguyên",
    "The report says something else here: use on_conflict=update to replace it, skip to leave it",
)


def _head_of(case: Case) -> Slot | None:
    return next(iter(case.of(REPORT)), None)


async def decide(tx: Tx, case: Case, terms: Terms) -> None:
    """Say for the report's fields and for each section what is to be done."""
    head = _head_of(case)
    if head is None or head.data is None or case.campaign is None:
        return
    head.key = case.campaign.code
    if not permitted(tx, case, Permission.REPORT_WRITE, (head, *case.of(SECTION))):
        return
    row = await queries.of_unit(tx.session, case.campaign.id, case.place.id)
    if row is None:
        for slot in (head, *case.of(SECTION)):
            slot.action = "create"
        return
    if head.chosen and row.id != head.id:
        head.refuse(DuplicateId())
        return
    texts = await queries.sections(tx.session, row.id)
    given = patch(ReportPatch, head.data, leave=["sections"]).model_dump(exclude_unset=True)
    stands = {name: getattr(row, name) for name in given}
    _judge(head, row, (stands, {n: v or [] if isinstance(stands[n], list) else v for n, v in given.items()}), terms)
    for slot in case.of(SECTION):
        _judge(slot, row, ({"text": texts.get(str(slot.key))}, {"text": slot.data}), terms)


def _judge(slot: Slot, row: Any, texts: tuple[Mapping[str, Any], Mapping[str, Any]], terms: Terms) -> None:
    stands, given = texts
    slot.standing, slot.id = row, row.id
    differing = [name for name, value in given.items() if stands[name] != value]
    if not differing:
        slot.outcome = "unchanged"
    elif not any(stands[name] for name in differing) or terms.on_conflict == "update":
        slot.action = "update"
    elif terms.on_conflict == "skip":
        slot.outcome = "skipped"
    else:
        slot.refuse(Duplicate(_WRITTEN))


def is_wanted(case: Case) -> bool:
    """Whether anything of the report is to be written."""
    return any(slot.action != "none" for name in REPORT_KINDS for slot in case.of(name))


def changed(values: Mapping[str, Any]) -> ReportPatch:
    """The change of a report that sets ``values``, which were read already."""
    return ReportPatch.model_construct(set(values), **{"sections": {}, **values})


async def write(tx: Tx, case: Case) -> None:
    """Begin the report where there is none, and write what was decided. Faults stand with their sections."""
    head = _head_of(case)
    assert head is not None
    assert case.campaign is not None
    slots = [slot for name in REPORT_KINDS for slot in case.of(name) if slot.action != "none"]
    try:
        report_id = head.id
        if head.standing is None:
            began = ReportIn.model_construct(id=head.id, unit_id=case.place.id, campaign_id=case.campaign.id)
            await reports.create(tx, began)
        else:
            report_id = head.standing.id
        given = (
            patch(ReportPatch, head.data, leave=["sections"])
            if head in slots
            else patch(ReportPatch, head.data, leave=ReportPatch.model_fields)
        )
        sections = {str(slot.key): slot.data for slot in slots if slot.kind == SECTION}
        values = {**given.model_dump(exclude_unset=True), **({"sections": sections} if sections else {})}
        if values:
            await reports.edit(tx, report_id, None, changed(values))
    except DomainError as fault:
        _spread(fault, head, slots)
        return
    for slot in slots:
        slot.outcome = "created" if head.standing is None else "updated"


def _spread(fault: DomainError, head: Slot, slots: Sequence[Slot]) -> None:
    """Give each section its own faults; what concerns the whole report stays with its head."""
    sections = {slot.pointer: slot for slot in slots if slot.kind == SECTION}
    own: list[FieldError] = []
    found = False
    for error in fault.errors:
        slot = sections.get(f"/report{error.pointer}")
        if slot is None:
            own.append(error)
        else:
            slot.refuse_at("", error.code, error.message, fault.status)
            found = True
    if own or not found:
        head.refuse(type(fault)(fault.detail, own))
