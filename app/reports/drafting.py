"""Drafts of a report's texts, written out with figures; and the templates they are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.access.actor import Tx
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.campaigns import queries as campaigns
from app.campaigns.service import owner_of
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Forbidden, Invalid, NotFound, Text, check_version
from app.reports import queries
from app.reports import queries_templates as templates
from app.reports.figures import Found, Source, resolve, source_of
from app.reports.placeholders import Broken, Part, named, parse, render, write
from app.reports.reading import read, subject_of
from app.reports.schemas import ReportOut
from app.reports.schemas_drafts import (
    DraftFigure,
    DraftIn,
    DraftOut,
    DraftSection,
    TemplateIn,
    TemplateOut,
    TemplatesOut,
)
from app.reports.service import editable, follow

_CONDUCTED_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị chủ trì đợt sơ kết mới được sửa câu chữ gợi ý",
    "Only a coordinator of the unit that conducts the campaign may change its draft texts",
)
_WRITTEN = Text("Mục này đã có nội dung; dùng replace để thay", "Something is written here: use `replace`")
_NO_DRAFT = Text("Không có câu chữ gợi ý cho mục này", "There is no draft for this heading")


async def _texts(tx: Tx, campaign_id: UUID) -> list[dict[str, Any]]:
    """The template of every heading that can be written under, in the order of the outline."""
    own = {row.code: row for row in await templates.of_campaign(tx.session, campaign_id)}
    found = []
    for part in await campaigns.outline(tx.session, campaign_id):
        if part.writable:
            row = own.get(part.code)
            text = row.text if row else templates.shipped().get((part.code, part.title))
            found.append(
                {
                    "code": part.code,
                    "number": part.number,
                    "title": part.title,
                    "text": text,
                    "source": row.source if row else "proposal",
                    "shipped": row is None,
                    "version": row.version if row else 0,
                }
            )
    return found


# --- templates -------------------------------------------------------------------------------------------------------


async def list_templates(tx: Tx, campaign_id: UUID) -> TemplatesOut:
    """The draft texts of a campaign. Raises 404."""
    campaign = await campaigns.get(tx.session, campaign_id)
    return TemplatesOut.of({"items": await _shown(tx, campaign), "next_cursor": None})


async def read_template(tx: Tx, campaign_id: UUID, code: str) -> TemplateOut:
    """The draft text under one heading. Raises 404."""
    campaign = await campaigns.get(tx.session, campaign_id)
    found = next((item for item in await _shown(tx, campaign) if item.code == code), None)
    if found is None:
        raise NotFound
    return found


async def _shown(tx: Tx, campaign: AnyRow) -> list[TemplateOut]:
    may = tx.actor.can(Permission.TEMPLATE_MANAGE, owner_of(campaign))
    names = ("code", "title", "text", "source", "shipped", "version")
    return [
        TemplateOut.of({"campaign_id": campaign.id, "editable": may, **{name: text[name] for name in names}})
        for text in await _texts(tx, campaign.id)
    ]


async def _managed(tx: Tx, at: tuple[UUID, str], expected: int | None) -> tuple[AnyRow, TemplateOut]:
    """The campaign, locked, with the template at (campaign, heading), when the caller may change it."""
    campaign = await campaigns.get(tx.session, at[0])
    if not tx.actor.can(Permission.TEMPLATE_MANAGE, owner_of(campaign)):
        raise Forbidden(_CONDUCTED_BY_OTHERS, permission=Permission.TEMPLATE_MANAGE.value)
    campaign = await campaigns.get(tx.session, at[0], lock=True)
    now = await read_template(tx, *at)
    check_version(expected, now.version)
    return campaign, now


async def put_template(tx: Tx, at: tuple[UUID, str], expected: int | None, data: TemplateIn) -> TemplateOut:
    """Give the campaign its own draft text under a heading. Raises 404, 403, 412, 422 by the placeholder."""
    campaign, now = await _managed(tx, at, expected)
    try:
        parts = parse(data.text)
    except Broken as fault:
        raise Invalid(errors=[FieldError("/text", "broken_placeholder", fault.message)]) from fault
    source = await source_of(tx, campaign.unit_id, campaign.id)
    found = await resolve(tx, source, named(parts))
    if found.faults:
        raise Invalid(errors=[FieldError("/text", "broken_placeholder", text) for text in found.faults.values()])
    stamps = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    owner = {"unit_id": campaign.unit_id, "unit_path": campaign.unit_path}
    await templates.put(tx.session, {"campaign_id": at[0], "code": at[1], **owner, "text": data.text, **stamps})
    change = ({"code": at[1], "text": now.text}, {"code": at[1], "text": data.text})
    await record(tx, "campaign.put_template", Subject("campaign", at[0], owner_of(campaign)), change=change)
    return await read_template(tx, *at)


async def delete_template(tx: Tx, at: tuple[UUID, str], expected: int | None) -> None:
    """Go back to the text that ships. Raises 404 (also where there is none of the campaign's own), 403, 412."""
    campaign, now = await _managed(tx, at, expected)
    if now.shipped:
        raise NotFound
    await templates.remove(tx.session, *at)
    before = {"code": at[1], "text": now.text}
    await record(tx, "campaign.delete_template", Subject("campaign", at[0], owner_of(campaign)), change=(before, None))


# --- drafts ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a template, as it is written and read; None where it cannot be read."""

    text: str
    parts: Sequence[Part]


def _lines(text: str) -> list[_Line]:
    """The lines of a template; all of it as one where a choice goes over several."""
    try:
        return [_Line(line, parse(line)) for line in text.split("\n")]
    except Broken:
        return [_Line(text, parse(text))]


async def draft(tx: Tx, report_id: UUID) -> DraftOut:
    """Each heading's proposed text, with the figures of now. Raises 404, 403 without the right to statistics."""
    report = await queries.get(tx.session, report_id)
    return await _draft(tx, report)


async def _draft(tx: Tx, report: AnyRow) -> DraftOut:
    tx.actor.require_somewhere(Permission.STATISTICS_READ)
    source: Source = await source_of(tx, report.unit_id, report.campaign_id)
    texts = [text for text in await _texts(tx, report.campaign_id) if text["text"]]
    lines = {text["code"]: _lines(text["text"]) for text in texts}
    found = await resolve(
        tx, source, (name for every in lines.values() for line in every for name in named(line.parts))
    )
    current = await queries.sections(tx.session, report.id)
    items = [_section(tx, text, lines[text["code"]], found, current) for text in texts]
    return DraftOut.of({"report_id": report.id, "items": items, "version": report.version})


def _section(
    tx: Tx, text: Mapping[str, Any], lines: Sequence[_Line], found: Found, current: Mapping[str, str]
) -> DraftSection:
    kept = [line for line in lines if not any(name in found.faults for name in named(line.parts))]
    faults = dict.fromkeys(
        getattr(found.faults[name], tx.language) for line in lines for name in named(line.parts) if name in found.faults
    )
    written = "\n".join(line.text for line in kept)
    rendered = render(parse(written), found.figures)
    used = dict.fromkeys(name for line in kept for name in named(line.parts))
    figures = [
        DraftFigure.of(
            {
                "placeholder": str(name),
                "value": found.figures[name].value,
                "written": write(found.figures[name]),
                "records": found.figures[name].records,
            }
        )
        for name in used
    ]
    return DraftSection.of(
        {
            **{name: text[name] for name in ("code", "number", "title", "source")},
            "text": written if rendered else "",
            "rendered": rendered,
            "figures": figures,
            "left_out": list(faults),
            "current": current.get(text["code"]),
        }
    )


async def take(tx: Tx, report_id: UUID, expected: int | None, data: DraftIn) -> ReportOut:
    """Put drafts into the report, keeping their placeholders. Raises 403, 409 as for editing, 412, 422 by heading."""
    row = await editable(tx, report_id, expected)
    made = {item.code: item for item in (await _draft(tx, row)).items if item.text}
    wanted = data.sections
    if wanted is None:
        wanted = [code for code, item in made.items() if data.replace or item.current is None]
    faults = []
    for i, code in enumerate(wanted):
        if code not in made:
            faults.append(FieldError(f"/sections/{i}", "no_draft", _NO_DRAFT))
        elif made[code].current is not None and not data.replace:
            faults.append(FieldError(f"/sections/{i}", "already_written", _WRITTEN))
    if faults:
        raise Invalid(errors=faults)
    place = {"report_id": row.id, "unit_id": row.unit_id, "unit_path": row.unit_path}
    texts = {code: made[code].text for code in wanted}
    await queries.write_sections(tx.session, [{**place, "code": code, "text": text} for code, text in texts.items()])
    await queries.change(tx.session, row.id, {"updated_at": tx.now})
    before = {"sections": {code: made[code].current for code in wanted}}
    await record(tx, "report.take_draft", subject_of(row), change=(before, {"sections": texts}))
    await follow(tx, row)
    return await read(tx, row.id)
