"""Filling a workbook in: what the units have reported already, line by line, and what is still asked of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission as P
from app.audit.service import record_reading
from app.campaigns.queries import get as get_campaign
from app.criteria.definition import CriterionDef
from app.criteria.queries import definition
from app.evaluations.workflow import EDITABLE
from app.kernel.clock import HO_CHI_MINH
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, Text
from app.submissions import workbook_queries as queries
from app.submissions.reading_values import Value
from app.submissions.workbook_choices import STATES, Scope, scope_of
from app.submissions.workbook_layout import BY_SECTION, FIRST_ROW, LAST_ROW
from app.submissions.workbook_lines import Book, Line, Mark, catalogues_of
from app.units.queries import unit_ref

_ROOM: Final = LAST_ROW - FIRST_ROW
_READING: Final = {
    "directives": P.DIRECTIVE_READ,
    "activities": P.ACTIVITY_READ,
    "situation_figures": P.SITUATION_READ,
    "results": P.EVALUATION_READ,
    "registrations": P.REGISTRATION_READ,
    "practices": P.PRACTICE_READ,
    "awards": P.AWARD_READ,
    "sections": P.REPORT_READ,
}


class TooManyLines(DomainError):
    """A sheet would have more lines than it holds."""

    code = "too_many_lines"
    title = Text(
        "Đơn vị có quá nhiều bản ghi cho một biểu Excel; hãy dùng API hoặc tải biểu của từng đơn vị cơ sở",
        "The unit has more records than a workbook holds: use the API, or take a workbook of each base unit",
    )


@dataclass(frozen=True, slots=True)
class Source:
    """What lines are made from: whose workbook it is, and for which campaign."""

    tx: Tx
    campaign: AnyRow
    scope: Scope
    versions: dict[str, int] = dataclass_field(default_factory=dict)
    """Of the records that stand, once they were read."""

    async def rows(self, name: str) -> Sequence[AnyRow]:
        """What the units have recorded of ``name``."""
        return await queries.records(self.tx.session, name, self.campaign.id, self.scope.ids)


async def source_of(tx: Tx, campaign_id: UUID, unit_id: UUID) -> Source:
    """The ground of a workbook. Raises 404 for a campaign or unit that is not there or not to be read."""
    campaign = await get_campaign(tx.session, campaign_id)
    unit = await unit_ref(tx.session, unit_id)
    tx.actor.require(P.REPORT_READ, unit)
    return Source(tx, campaign, await scope_of(tx.session, unit, tx.today, campaign.window_from))


async def book_of(source: Source) -> Book:
    """Everything the workbook says. That nominees of awards were read is put down in the log."""
    lines: dict[str, list[Line]] = {}
    own = UnitRef(source.scope.own.id, source.scope.own.path, source.scope.own.level)
    for section, make in _LINES.items():
        lines[section] = await make(source) if source.tx.actor.can(_READING[section], own) else []
        if len(lines[section]) > _ROOM:
            raise TooManyLines
    places = {unit.code: UnitRef(unit.id, unit.path, unit.level) for unit in source.scope.units}
    named = [(places[str(line.values["unit"])], UUID(line.ref)) for line in lines["awards"]]
    await record_reading(source.tx, "award", named)
    return Book(mark_of(source), source.scope.choices, lines)


async def standing(source: Source, section: str) -> dict[str, Line]:
    """The lines of a sheet as they would stand in a workbook made now, by their ``ref``."""
    return {line.ref: line for line in await _LINES[section](source)}


def mark_of(source: Source) -> Mark:
    """For whom and what the workbook is made."""
    campaign, own = source.campaign, source.scope.own
    made = source.tx.now.astimezone(HO_CHI_MINH).strftime("%d/%m/%Y %H:%M")
    title = " - ".join(part for part in (campaign.number or campaign.code, campaign.title) if part)
    unit = f"{own.name} ({own.code})"
    return Mark(str(campaign.id), title, str(own.id), unit, catalogues_of(source.scope.choices), made)


def _line(row: AnyRow, section: str, *, locked: bool, **renamed: Value) -> Line:
    facts = {**row._asdict(), "unit": row.unit_code, **renamed}
    status = facts.get("status")
    facts["status"] = STATES.get(str(status), str(status)) if status else None
    values = {field.name: facts.get(field.name) for field in BY_SECTION[section].fields}
    return Line(str(row.id), row.version, values, locked)


async def _directives(source: Source) -> list[Line]:
    return [_line(row, "directives", locked=row.locked_by is not None) for row in await source.rows("directives")]


async def _activities(source: Source) -> list[Line]:
    found = await source.rows("activities")
    return [_line(row, "activities", locked=row.locked_by is not None, form=row.form_code) for row in found]


async def _figures(source: Source) -> list[Line]:
    """The unit's own table, and those of base units that have begun one."""
    known = {(row.unit_id, row.indicator_code): row for row in await source.rows("situation_figures")}
    begun = {unit_id for unit_id, _ in known}
    counts = {indicator.code: indicator.unit_of_count for indicator in source.scope.indicators}
    lines = []
    for unit in source.scope.units:
        if unit.id != source.scope.own.id and unit.id not in begun:
            continue
        for code, count in counts.items():
            row = known.get((unit.id, code))
            values: dict[str, Value] = {"unit": unit.code, "indicator": code, "unit_of_count": count}
            if row is not None:
                values |= {"before_value": row.before_value, "after_value": row.after_value, "note": row.note}
            locked = row is not None and row.locked_by is not None
            lines.append(Line(f"{unit.code}/{code}", row.version if row else 0, values, locked))
    return lines


async def _registrations(source: Source) -> list[Line]:
    found = await source.rows("registrations")
    return [_line(row, "registrations", locked=row.status not in EDITABLE) for row in found]


async def _practices(source: Source) -> list[Line]:
    found = await source.rows("practices")
    return [_line(row, "practices", locked=row.status not in EDITABLE or row.locked_by is not None) for row in found]


async def _awards(source: Source) -> list[Line]:
    found = await source.rows("awards")
    return [
        _line(
            row,
            "awards",
            locked=row.status not in EDITABLE,
            award_form=str(row.award_form_id),
            recipient_unit=row.recipient_code,
            recipient_name=None if row.recipient_is_unit else row.recipient_name,
        )
        for row in found
    ]


async def _sections(source: Source) -> list[Line]:
    campaign_id, session = source.campaign.id, source.tx.session
    report, texts = await queries.report(session, campaign_id, source.scope.own.id)
    locked = report is not None and report.status not in EDITABLE
    version = report.version if report else 0
    return [
        Line(
            heading.code,
            version,
            {
                "code": heading.code,
                "heading": f"{heading.number} {heading.title}",
                "guidance": heading.guidance,
                "text": texts.get(heading.code),
            },
            locked,
        )
        for heading in await queries.outline(session, campaign_id)
    ]


# --- self-assessment -------------------------------------------------------------------------------------------------


async def _results(source: Source) -> list[Line]:
    """A line for every criterion of every registration: by the set it is pinned to, or the one it would be."""
    session = source.tx.session
    begun = await source.rows("evaluations")
    said = {
        (row.evaluation_id, row.criterion_id): row
        for row in await queries.results(session, source.campaign.id, source.scope.ids)
    }
    sets = await queries.catalogue(session, "criteria_sets", {"path": source.scope.own.path})
    lines = []
    for registration in await source.rows("registrations"):
        if registration.status == "withdrawn":
            continue
        stages: dict[str, tuple[AnyRow | None, UUID]] = {
            row.stage: (row, row.criteria_set_id) for row in begun if row.registration_id == registration.id
        }
        usual, applying = stage_of(source.campaign, registration.year), _newest(sets, registration.unit_kind)
        if usual not in stages and applying is not None:
            stages[usual] = (None, applying)
        for stage, (evaluation, set_id) in stages.items():
            filled_in = await definition(session, set_id)
            for criterion in filled_in.criteria:
                value = said.get((evaluation.id, criterion.id)) if evaluation else None
                lines.append(_result(registration, (stage, set_id), criterion, (evaluation, value)))
    return lines


def stage_of(campaign: AnyRow, year: int) -> str:
    """The stage that is asked for: the result of a year that has ended within the window, a forecast of the other."""
    return "final" if year < campaign.window_to.year else "forecast"


def _newest(sets: Sequence[AnyRow], kind: str) -> UUID | None:
    """The newest set for this kind of unit; none where several sets apply and somebody has to choose."""
    applying = [one for one in sets if kind in one.applies_to_kinds]
    if len({(one.unit_id, one.code) for one in applying}) != 1:
        return None
    found: UUID = max(applying, key=lambda one: int(one.set_version)).id
    return found


def _result(
    registration: AnyRow, by: tuple[str, UUID], criterion: CriterionDef, said: "tuple[AnyRow | None, AnyRow | None]"
) -> Line:
    (stage, set_id), (evaluation, value) = by, said
    state = evaluation.status if evaluation else "draft"
    values: dict[str, Value] = {
        "unit": registration.unit_code,
        "year": registration.year,
        "stage": stage,
        "criterion": criterion.code,
        "criterion_title": criterion.title or None,
        "threshold": threshold_of(criterion),
        "status": STATES[state] if evaluation else "Chưa đánh giá",
    }
    if value is not None and value.self_outcome is not None:
        values |= {
            "outcome": value.self_outcome,
            "figure": value.self_figure,
            "reason": value.self_reason,
            "evidence": value.self_evidence,
        }
    ref = f"{registration.id}/{stage}/{set_id}/{criterion.code}"
    return Line(ref, evaluation.version if evaluation else 0, values, state not in EDITABLE)


def threshold_of(criterion: CriterionDef) -> str | None:
    """The threshold in words: "≥ 70%", "≤ 2 vụ"."""
    if criterion.threshold is None:
        return None
    sign = "≤" if criterion.comparison == "at_most" else "≥"
    count = (
        "%" if criterion.measure == "percentage" else f" {criterion.unit_of_count}" if criterion.unit_of_count else ""
    )
    return f"{sign} {_plain(criterion.threshold)}{count}"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}".replace(".", ",")


_LINES: Final[Mapping[str, Any]] = {
    "directives": _directives,
    "activities": _activities,
    "situation_figures": _figures,
    "results": _results,
    "registrations": _registrations,
    "practices": _practices,
    "awards": _awards,
    "sections": _sections,
}
