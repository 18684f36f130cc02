"""HTTP: draft texts of a report, and the templates they are made of."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.kernel.http import IfMatch, one, router
from app.kernel.schema import Code
from app.reports import drafting
from app.reports.schemas import ReportOut
from app.reports.schemas_drafts import DraftIn, DraftOut, TemplateIn, TemplateOut, TemplatesOut

drafts = router("/reports/{id}/draft", "reports")
templates = router("/campaigns/{id}/outline-templates", "campaigns")


async def _template_at(id: UUID, code: Code) -> tuple[UUID, str]:
    return id, code


At = Annotated[tuple[UUID, str], Depends(_template_at)]


@drafts.get("", response_model=DraftOut, summary="Dự thảo theo số liệu / Draft with figures")
async def read_draft(request: Request, id: UUID, tx: Tx = requires(P.REPORT_READ)) -> Response:
    """The outline written out with the figures of now, each with the records behind it. Nothing is changed."""
    return one(request, DraftOut, await drafting.draft(tx, id))


@drafts.post("", response_model=ReportOut, summary="Đưa dự thảo vào báo cáo / Take the draft")
async def take_draft(
    request: Request, id: UUID, body: DraftIn, version: IfMatch, tx: Tx = requires(P.REPORT_WRITE)
) -> Response:
    """Put drafts under their headings. Placeholders stay: they show the figures of now until the report is sealed."""
    return one(request, ReportOut, await drafting.take(tx, id, version, body))


@templates.get("", response_model=TemplatesOut, summary="Câu chữ gợi ý của đợt / List draft texts")
async def list_outline_templates(request: Request, id: UUID, tx: Tx = requires(None)) -> Response:
    """What drafts are made of: the campaign's own texts, and those that ship where it has none."""
    return one(request, TemplatesOut, await drafting.list_templates(tx, id))


@templates.get("/{code}", response_model=TemplateOut, summary="Câu chữ gợi ý của một mục / Read a draft text")
async def read_outline_template(request: Request, at: At, tx: Tx = requires(None)) -> Response:
    """The draft text under one heading of the outline."""
    return one(request, TemplateOut, await drafting.read_template(tx, *at))


@templates.put("/{code}", response_model=TemplateOut, summary="Sửa câu chữ gợi ý / Change a draft text")
async def put_outline_template(
    request: Request, at: At, body: TemplateIn, version: IfMatch, tx: Tx = requires(P.TEMPLATE_MANAGE)
) -> Response:
    """Give the campaign its own text. 422 `broken_placeholder` names figures that do not exist, with near ones."""
    return one(request, TemplateOut, await drafting.put_template(tx, at, version, body))


@templates.delete("/{code}", status_code=204, summary="Trở về câu chữ có sẵn / Go back to the shipped text")
async def delete_outline_template(at: At, version: IfMatch, tx: Tx = requires(P.TEMPLATE_MANAGE)) -> Response:
    """Delete the campaign's own text; the one that ships holds again."""
    await drafting.delete_template(tx, at, version)
    return Response(status_code=204)
