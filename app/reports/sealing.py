"""Sealing a submission and signing the seal (rules: What is frozen when). What changed since: ``comparing.py``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.campaigns import queries as campaigns
from app.campaigns.obligation_queries import coverage_below
from app.forms.answers import FormAnswer
from app.kernel.db import AnyRow
from app.kernel.errors import DomainError, NotFound, Text
from app.kernel.ids import new_id
from app.reports import queries
from app.reports import queries_seals as seals
from app.reports.figures import Source, forms_of, source_of
from app.reports.queries_records import SEALED, counted
from app.reports.reading import unit_of
from app.reports.schemas_findings import FindingBrief
from app.reports.schemas_seals import SealOut, SignatureOut
from app.reports.seal import (
    FORMAT,
    Counted,
    canonical,
    digest,
    listed_records,
    plain_form,
    read_body,
    sealed_form,
)
from app.reports.workflow import EDITABLE
from app.statistics.former import Area
from app.units.schemas import UnitBrief

_TRIES: Final = 3
_REPORT: Final = (
    *("id", "unit_id", "campaign_id", "number", "parent_body", "issuing_body", "place", "addressees", "recipients"),
    *("signer_authority", "signer_name", "signer_position", "signed_on", "review_method", "held_on"),
)


class Busy(DomainError):
    """Records below changed again and again while the figures were being read."""

    code = "busy"
    title = Text(
        "Số liệu cấp dưới đang thay đổi liên tục; hãy gửi lại sau ít phút",
        "Figures below keep changing: submit again in a few minutes",
    )


class NotSealed(NotFound):
    """The report was never submitted, or was submitted before reports were sealed."""

    code = "not_sealed"
    title = Text("Báo cáo chưa được niêm phong lần nào", "The report has never been sealed")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Forms and the records behind them, of one and the same state of the data."""

    source: Source
    forms: Sequence[FormAnswer]
    records: Sequence[Counted]


async def snapshot(tx: Tx, report: AnyRow, area: Area | None = None) -> Snapshot:
    """Read figures and records that agree, of ``area`` where the unit's is another today.

    Raises 403 without the right to read statistics, 409 ``busy``.
    """
    tx.actor.require_somewhere(Permission.STATISTICS_READ)
    source = await source_of(tx, report.unit_id, report.campaign_id, area)
    before = await counted(tx, source.ground)
    for _ in range(_TRIES):
        forms = await _forms_now(tx, report, area)
        after = await counted(tx, source.ground)
        if before == after:
            source.take_forms(forms)
            return Snapshot(source, forms, after)
        before = after
    raise Busy


@dataclass(frozen=True, slots=True)
class Narrative:
    """What a report says in words."""

    texts: Mapping[str, str]
    """Rendered, by the code of the heading."""
    findings: Sequence[FindingBrief]
    note: str | None


async def seal(tx: Tx, report: AnyRow, taken: Snapshot, said: Narrative) -> str:
    """Seal what ``report`` submits and sign it for its unit; the digest. The report is locked."""
    outline = await campaigns.outline(tx.session, report.campaign_id)
    body = {
        "format": FORMAT,
        "report": {name: getattr(report, name) for name in _REPORT},
        "unit": {"code": report.unit_code, "name": report.unit_name},
        "campaign": {"code": report.campaign_code, "number": report.campaign_number, "title": report.campaign_title},
        "note": said.note,
        "outline": [{"code": part.code, "number": part.number, "title": part.title} for part in outline],
        "sections": dict(said.texts),
        "findings": [finding.model_dump() for finding in said.findings],
        "forms": [plain_form(form) for form in taken.forms],
        "records": listed_records(taken.records, SEALED),
        "sealed_at": tx.now,
    }
    content = canonical(body)
    newest = await seals.latest(tx.session, report.id)
    place = {"report_id": report.id, "unit_id": report.unit_id, "unit_path": report.unit_path}
    values = {
        **place,
        "sequence": newest.sequence + 1 if newest else 1,
        "digest": digest(content),
        "body": content,
        "sections": dict(said.texts),
        "sealed_at": tx.now,
        "sealed_by": tx.actor.id,
    }
    await seals.add(tx.session, values)
    await _sign(tx, report, values, "submit")
    return str(values["digest"])


async def sign_accepted(tx: Tx, report: AnyRow) -> str | None:
    """Sign the newest seal for the unit that accepts; its digest. None for a report from before reports were sealed."""
    newest = await seals.latest(tx.session, report.id)
    if newest is None:
        return None
    await _sign(tx, report, newest._asdict(), "accept")
    return str(newest.digest)


async def _sign(tx: Tx, report: AnyRow, sealed: Mapping[str, Any], act: str) -> None:
    unit = unit_of(report)
    permission = Permission.REPORT_SUBMIT if act == "submit" else Permission.REPORT_REVIEW
    holding = [grant.unit.id for grant in tx.actor.grants if grant.covers(permission, unit, None)]
    values = {
        "id": new_id(),
        "report_id": report.id,
        "unit_id": report.unit_id,
        "unit_path": report.unit_path,
        "sequence": sealed["sequence"],
        "act": act,
        "signer_unit_id": report.unit_id if act == "submit" else next(iter(holding), None),
        "signed_by": tx.actor.id,
        "signed_with_key": tx.actor.key_id,
        "signer_name": tx.actor.name,
        "signed_at": tx.now,
        "digest": sealed["digest"],
    }
    await seals.sign(tx.session, values)


async def read(tx: Tx, report_id: UUID, sequence: int | None) -> SealOut:
    """A seal (the newest unless ``sequence`` names one) with all signatures on it. Raises 404."""
    await queries.get(tx.session, report_id)
    every = await seals.of_report(tx.session, report_id)
    found = next((row for row in reversed(every) if sequence in {None, row.sequence}), None)
    if found is None:
        raise NotSealed
    signed = [row for row in await seals.signatures(tx.session, report_id) if row.sequence == found.sequence]
    return SealOut.of(
        {
            **{name: getattr(found, name) for name in ("report_id", "sequence", "digest", "sealed_at", "size")},
            "algorithm": "SHA-256",
            "canonical_form": "RFC 8785",
            "latest": found.sequence == every[-1].sequence,
            "body": f"/api/v1/reports/{report_id}/seal/body?sequence={found.sequence}",
            "records": f"/api/v1/reports/{report_id}/seal/records?sequence={found.sequence}",
            "signatures": [_signature(row) for row in signed],
            "version": found.sequence,
        }
    )


def _signature(row: AnyRow) -> SignatureOut:
    unit = None
    if row.signer_unit_id is not None:
        unit = UnitBrief.of({"id": row.signer_unit_id, "code": row.unit_code, "name": row.unit_name})
    same = {name: getattr(row, name) for name in ("act", "signer_name", "signed_with_key", "signed_at", "digest")}
    return SignatureOut.of({**same, "unit": unit})


async def body(tx: Tx, report_id: UUID, sequence: int | None) -> AnyRow:
    """A seal with its body, byte for byte. Raises 404."""
    await queries.get(tx.session, report_id)
    if sequence is None:
        newest = await seals.latest(tx.session, report_id)
        sequence = newest.sequence if newest else 0
    found = await seals.get(tx.session, report_id, sequence)
    if found is None:
        raise NotSealed
    return found


async def _forms_now(tx: Tx, report: AnyRow, area: Area | None = None) -> list[FormAnswer]:
    """The forms of now. How far the units below have come stands beside them; the report itself is not awaited."""
    below = (await coverage_below(tx.session, report.campaign_id, unit_of(report)))._asdict()
    forms = await forms_of(tx, report.unit_id, report.campaign_id, area)
    return [replace(form, coverage={**form.coverage, **below}) for form in forms]


class Standing(NamedTuple):
    """The forms that go with a report, and the sealed records behind them; None while nothing is sealed."""

    forms: Sequence[FormAnswer]
    records: Mapping[str, Sequence[Sequence[Any]]] | None


async def standing(tx: Tx, report: AnyRow) -> Standing:
    """What goes with ``report``: what was sealed while it is submitted or accepted, else what is there now."""
    if report.status not in EDITABLE:
        newest = await seals.latest(tx.session, report.id)
        found = await seals.get(tx.session, report.id, newest.sequence) if newest else None
        if found is not None:
            body = read_body(found.body)
            return Standing([sealed_form(form, found.sealed_at) for form in body["forms"]], body["records"])
    return Standing(await _forms_now(tx, report), None)
