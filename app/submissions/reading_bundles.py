"""From JSON to cases: each item by itself, so that one that cannot be read does not hide what is wrong with others."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from app.kernel.errors import Text
from app.kernel.ids import new_id
from app.kernel.validation import field_error, pointer
from app.submissions.cases import Case, Fault, Slot
from app.submissions.schemas import (
    ActivityItem,
    AwardItemIn,
    Bundle,
    DirectiveItem,
    EvaluationItem,
    FigureItem,
    PracticeItem,
    RegistrationItem,
    ReportItemIn,
)

FIELDS: Final[Mapping[str, tuple[str, type[BaseModel]]]] = {
    "registrations": ("registration", RegistrationItem),
    "evaluations": ("evaluation", EvaluationItem),
    "directives": ("directive", DirectiveItem),
    "activities": ("activity", ActivityItem),
    "situation_figures": ("figure", FigureItem),
    "good_practices": ("practice", PracticeItem),
    "awards": ("award", AwardItemIn),
}
"""The lists of a bundle, in the order in which they are written: what others rest on comes first."""

_EMPTY = Text("Gói không có mục nào", "The bundle holds no items")


def read(raw: Any) -> Case:
    """The bundle in ``raw`` (parsed JSON) with every fault of its form."""
    case = Case()
    try:
        bundle = Bundle.model_validate(raw)
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
    else:
        case.unit_name, case.campaign_name = bundle.unit, bundle.campaign
        for name, (kind, _) in FIELDS.items():
            case.slots += [_slot(kind, f"/{name}/{n}", item) for n, item in enumerate(getattr(bundle, name))]
        if bundle.report is not None:
            case.slots += _report(bundle.report)
        return _complete(case)
    return _mend(case, raw, errors)


def _complete(case: Case) -> Case:
    if not case.slots and not case.faults:
        case.faults.append(Fault("", "empty_bundle", _EMPTY))
    return case


def _slot(kind: str, place: str, item: Any) -> Slot:
    return Slot(kind, place, item, item.id or new_id(), chosen=item.id is not None)


def _report(item: ReportItemIn) -> list[Slot]:
    """The report's fields are one item, each of its sections is another."""
    head = _slot("report", "/report", item)
    return [
        head,
        *(
            Slot("report_section", f"/report/sections{pointer([code])}", text, head.id, key=code)
            for code, text in item.sections.items()
        ),
    ]


def _mend(case: Case, raw: Any, errors: list[Any]) -> Case:
    """What can still be judged of a bundle in which something could not be read."""
    by_item: dict[tuple[str, int], list[Any]] = {}
    for error in errors:
        place = error["loc"]
        if len(place) >= 2 and place[0] in FIELDS and isinstance(place[1], int):
            by_item.setdefault((place[0], place[1]), []).append(error)
        elif place[:1] == ("report",):
            by_item.setdefault(("report", 0), []).append(error)
        else:
            case.faults.append(_fault(error))
    if case.faults:
        return case
    case.unit_name, case.campaign_name = raw["unit"], raw.get("campaign")
    for name, (kind, model) in FIELDS.items():
        for n, item in enumerate(raw.get(name, ())):
            case.slots.append(_judged(kind, f"/{name}/{n}", (model, item), by_item.get((name, n), [])))
    if raw.get("report") is not None:
        wrong = by_item.get(("report", 0), [])
        case.slots += (
            [_judged("report", "/report", (ReportItemIn, None), wrong)]
            if wrong
            else _report(ReportItemIn.model_validate(raw["report"]))
        )
    return case


def _judged(kind: str, place: str, sent: tuple[type[BaseModel], Any], errors: list[Any]) -> Slot:
    model, item = sent
    if not errors:
        return _slot(kind, place, model.model_validate(item))
    return Slot(kind, place, None, new_id(), outcome="failed", faults=[_fault(error) for error in errors])


def _fault(error: Mapping[str, Any]) -> Fault:
    found = field_error({**error, "loc": ("body", *error["loc"])})
    return Fault(found.pointer, found.code, found.message)
