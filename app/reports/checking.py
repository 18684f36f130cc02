"""Running the cross-checks on a report, and holding a submission against them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.campaigns import queries as campaigns
from app.campaigns.obligation_queries import coverage_below
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, Text
from app.reports import queries
from app.reports import queries_checks as found
from app.reports.checks import Check, Facts, Link, Odd, Pair, YearFigures
from app.reports.oddities import NOTE_ONLY, run
from app.reports.reading import unit_of
from app.reports.schemas_checks import ChecklistItem, CheckOut, ChecksOut, LinkOut
from app.reports.sealing import Snapshot, snapshot
from app.reports.shown_findings import SECTIONS, of_report
from app.statistics.cells import Cell, CellsAsked, Ground, cells

_EVALUATED = ("evaluated", "recognised", "not_recognised", "kept")


class ChecksFailed(Invalid):
    """The figures contradict each other; ``errors`` name each place."""

    code = "checks_failed"
    title = Text("Số liệu mâu thuẫn nên chưa gửi được", "The figures contradict each other")


class WarningsStand(Invalid):
    """Warnings have not been taken note of."""

    code = "warnings_stand"
    title = Text("Còn cảnh báo chưa được xác nhận", "Warnings have not been taken note of")


async def gather(tx: Tx, report: AnyRow, taken: Snapshot) -> Facts:
    """What the rules look at."""
    ground = taken.source.ground
    given = found.bindings(report, ground.years)
    below = await coverage_below(tx.session, report.campaign_id, unit_of(report))
    situation = await found.situation(tx.session, given)
    return Facts(
        empty_sections=await _empty(tx, report),
        below=below._asdict(),
        below_href=f"/api/v1/progress?unit={report.unit_id}&campaign={report.campaign_id}&task=report",
        forms=taken.forms,
        years=await _years(tx, ground),
        pairs=[pair for row in await found.pairs(tx.session, given) for pair in _pairs(tx, row)],
        unevaluated=_odd(
            [(f"{row.name} ({row.year})", row) for row in await found.unevaluated(tx.session, given)], "registrations"
        ),
        straddling=_activities(await found.straddling(tx.session, given)),
        counted_twice=_activities(await found.twice(tx.session, given)),
        situation_figures=sum(row.figures for row in situation),
        before_after=[
            (getattr(row, f"title_{tx.language}"), int(row.before), int(row.after))
            for row in situation
            if row.before is not None and row.after is not None
        ],
    )


async def _empty(tx: Tx, report: AnyRow) -> list[tuple[str, str]]:
    outline = await campaigns.outline(tx.session, report.campaign_id)
    written = set(await queries.sections(tx.session, report.id))
    written |= {SECTIONS[finding.kind] for finding in await of_report(tx, report.id)}
    return [(part.code, part.title) for part in outline if part.writable and part.code not in written]


async def _years(tx: Tx, ground: Ground) -> list[YearFigures]:
    years = sorted(ground.years)
    asked = {
        "registrations": [(year, name) for year in years for name in ("registered",)],
        "recognitions": [(year, name) for year in years for name in _EVALUATED],
    }
    values: dict[int, dict[str, int]] = {year: {} for year in years}
    records: dict[int, dict[str, str]] = {year: {} for year in years}
    for measure, pairs in asked.items():
        given = tuple(Cell(f"{year}.{name}", name, {"year": year}) for year, name in pairs)
        answer = await cells(tx, ground, CellsAsked(measure, given))
        for year, name in pairs:
            cell = answer.totals[f"{year}.{name}"]
            values[year][name] = int(cell.value or 0)
            records[year][name] = cell.records
    return [YearFigures(year, values[year], records[year]) for year in years]


def _pairs(tx: Tx, row: AnyRow) -> list[Pair]:
    part, whole = (getattr(row, f"{name}_title_{tx.language}") for name in ("part", "whole"))
    return [
        Pair(part, whole, int(getattr(row, f"part_{when}")), int(getattr(row, f"whole_{when}")))
        for when in ("before", "after")
    ]


def _activities(rows: Sequence[AnyRow]) -> Odd:
    return _odd([(row.title, row) for row in rows], "propaganda-activities")


def _odd(named: Sequence[tuple[str, AnyRow]], resource: str) -> Odd:
    links = [Link(title, f"/api/v1/{resource}/{row.id}") for title, row in named]
    return Odd(links, named[0][1].total if named else 0)


def hold_against(checks: Sequence[Check], acknowledged: Collection[str], note: str | None) -> None:
    """Refuse with 422: ``checks_failed`` for errors, ``warnings_stand`` for warnings that nobody took note of."""
    broken = [FieldError(c.pointer, c.code, c.message, "resource") for c in checks if c.severity == "error"]
    if broken:
        raise ChecksFailed(errors=broken[:100])
    warnings = {c.code: c for c in checks if c.severity == "warning" and c.code not in NOTE_ONLY}
    unread = [
        FieldError("/acknowledged", code, check.message) for code, check in warnings.items() if code not in acknowledged
    ]
    if warnings and not note:
        text = Text("Giải thích các cảnh báo", "Explain the warnings")
        unread.append(FieldError("/note", "note_required", text))
    if unread:
        raise WarningsStand(errors=unread)


async def checks(tx: Tx, report_id: UUID) -> ChecksOut:
    """What stands against submitting the report, and what is filled in. Raises 404, 409 ``busy``."""
    report = await queries.get(tx.session, report_id)
    facts = await gather(tx, report, await snapshot(tx, report))
    results = run(facts)
    return ChecksOut.of(
        {
            "report_id": report.id,
            "errors": [_out(tx, check) for check in results if check.severity == "error"],
            "warnings": [_out(tx, check) for check in results if check.severity == "warning"],
            "checklist": _checklist(tx, report, facts),
            "checked_at": tx.now,
            "version": report.version,
        }
    )


def _out(tx: Tx, check: Check) -> CheckOut:
    return CheckOut.of(
        {
            "code": check.code,
            "severity": check.severity,
            "message": getattr(check.message, tx.language),
            "pointer": check.pointer,
            "figures": dict(check.figures),
            "links": [LinkOut.of({"title": link.title, "href": link.href}) for link in check.links],
            "note_only": check.code in NOTE_ONLY,
        }
    )


_FIELDS: Mapping[str, Text] = {
    "review_method": Text("Hình thức sơ kết", "How the review was held"),
    "held_on": Text("Ngày tổ chức", "The day it was held"),
    "number": Text("Số, ký hiệu báo cáo", "Number of the report"),
    "issuing_body": Text("Cơ quan ban hành", "Issuing body"),
    "place": Text("Địa danh", "Place"),
    "addressees": Text("Kính gửi", "Addressees"),
    "recipients": Text("Nơi nhận", "Recipients"),
    "signer_name": Text("Người ký", "Signer"),
    "signer_position": Text("Chức vụ người ký", "Position of the signer"),
    "signed_on": Text("Ngày ký", "Day of signing"),
}


def _needed(report: AnyRow, name: str) -> bool:
    return name == "review_method" or (name == "held_on" and report.review_method == "conference")


def _checklist(tx: Tx, report: AnyRow, facts: Facts) -> list[ChecklistItem]:
    items: list[dict[str, Any]] = [
        {
            "code": name,
            "title": getattr(title, tx.language),
            "done": bool(getattr(report, name)),
            "required": _needed(report, name),
        }
        for name, title in _FIELDS.items()
    ]
    items += [
        {"code": f"sections/{code}", "title": title, "done": False, "required": False}
        for code, title in facts.empty_sections
    ]
    return [ChecklistItem.of(item) for item in items]
