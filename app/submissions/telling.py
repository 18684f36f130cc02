"""What became of a bundle, as an answer: every item with its outcome, or a refusal that names each fault."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Literal

from app.kernel.errors import DomainError, FieldError, Text
from app.submissions.cases import Case, Fault, Slot
from app.submissions.deciding import KINDS
from app.submissions.kinds_report import REPORT_KINDS
from app.submissions.schemas import ItemError, ItemOut, LineOut, Summary, TakenOut

Language = Literal["vi", "en"]
_PATHS: Final = {kind.name: kind.path for kind in KINDS} | dict.fromkeys(REPORT_KINDS, "reports")
_MOST_FAULTS: Final = 20_000
"""Bound of a refusal, so that a hostile bundle cannot make a huge answer."""


class Refused(DomainError):
    """Something in the bundle is wrong, so nothing of it was stored; ``errors`` name every fault in it."""

    status: ClassVar[int] = 422
    code = "submission_refused"
    title = Text("Gói có mục sai nên chưa lưu gì", "Something in the bundle is wrong, so nothing was stored")


class RefusedConflict(Refused):
    """Every fault is a conflict with what stands."""

    status = 409


class RefusedForbidden(Refused):
    """Every fault is a right that the caller lacks."""

    status = 403


class RefusedNotFound(Refused):
    """The unit is not in the caller's scope."""

    status = 404


_BY_STATUS: Final[Mapping[int, type[Refused]]] = {409: RefusedConflict, 403: RefusedForbidden, 404: RefusedNotFound}


def refusal(case: Case, language: Language) -> Refused:
    """Why the bundle was not stored: the status that all its faults share, otherwise 422."""
    faults = list(case.all_faults())
    statuses = {fault.status for fault in faults}
    kind = _BY_STATUS.get(statuses.pop(), Refused) if len(statuses) == 1 else Refused
    wrong = len({slot.pointer for slot in case.slots if slot.outcome == "failed"})
    detail = None
    if wrong:
        detail = Text(
            f"{wrong} trong {len(case.slots)} mục sai; chưa lưu gì",
            f"{wrong} of {len(case.slots)} items are refused; nothing was stored",
        )
    errors = [FieldError(fault.pointer, fault.code, fault.message) for fault in faults[:_MOST_FAULTS]]
    items = [_item(case, slot, language) for slot in case.slots if slot.outcome == "failed"]
    shown = [item.model_dump(mode="json") for item in items[:_MOST_FAULTS]]
    return kind(detail, errors, summary=summary(case).model_dump(), items=shown)


def taken(case: Case, language: Language, *, dry_run: bool) -> TakenOut:
    """What became of each item."""
    return TakenOut.of(
        {
            "dry_run": dry_run,
            "stored": case.stored,
            "unit": case.brief,
            "summary": summary(case),
            "items": [_item(case, slot, language) for slot in case.slots],
        }
    )


def line(case: Case, number: int, language: Language) -> LineOut:
    """What became of one line of many."""
    return LineOut.of(
        {
            "line": number,
            "stored": case.stored,
            "unit": case.brief,
            "summary": summary(case),
            "errors": [_error(fault, language) for fault in case.faults],
            "items": [_item(case, slot, language) for slot in case.slots],
        }
    )


def summary(case: Case) -> Summary:
    """How many items came to what."""
    counted = Counter(slot.outcome for slot in case.slots)
    return Summary.of({name: counted.get(name, 0) for name in Summary.model_fields})  # type: ignore[call-overload]


def _error(fault: Fault, language: Language) -> ItemError:
    message = fault.message.en if language == "en" else fault.message.vi
    return ItemError.of({"pointer": fault.pointer, "code": fault.code, "message": message})


def _item(case: Case, slot: Slot, language: Language) -> ItemOut:
    there = slot.outcome in {"updated", "unchanged", "skipped"}
    there = there or (slot.outcome == "created" and case.stored)  # a dry run's new records are nowhere to be read
    values: dict[str, Any] = {
        "pointer": slot.pointer,
        "kind": slot.kind,
        "key": slot.key,
        "outcome": slot.outcome,
        "id": slot.id if there else None,
        "href": f"/api/v1/{_PATHS[slot.kind]}/{slot.id}" if there else None,
        "errors": [_error(fault, language) for fault in slot.faults],
    }
    return ItemOut.of(values)
