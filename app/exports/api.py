"""HTTP: templates of documents."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit.tombstones import with_deleted
from app.exports import queries, service
from app.exports.files import MEDIA_TYPES, answers
from app.exports.schemas import Code, InForceOut, KindsOut, TemplateOut, TemplateQuery
from app.kernel.http import IfMatch, attachment, one, page, router
from app.kernel.pagination import PageSince
from app.kernel.schema import Line

routes = router("/document-templates", "document-templates")

Name = Annotated[Line | None, Query(description="Name of the file")]
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPES["docx"]: {"schema": {"type": "string", "format": "binary"}}},
    }
}
_MAY_BE_FILE: dict[int | str, dict[str, Any]] = {200: {"content": answers("docx")}}


@routes.get("", response_model=PageSince[TemplateOut], summary="Danh sách mẫu văn bản / List document templates")
async def list_document_templates(
    request: Request, query: Annotated[TemplateQuery, Query()], tx: Tx = requires(None)
) -> Response:
    """Templates that units have installed. Where there is none, the nearest above serves, or the shipped one."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "document_template")
    return page(request, TemplateOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post(
    "",
    response_model=TemplateOut,
    status_code=201,
    summary="Cài mẫu văn bản / Install a document template",
    openapi_extra=_FILE,
)
async def install_document_template(
    request: Request,
    unit: Annotated[UUID, Query(description="The unit whose documents, and those below it, are made from it")],
    code: Annotated[Code, Query()],
    name: Name = None,
    tx: Tx = requires(P.TEMPLATE_MANAGE),
) -> Response:
    """Take a Word file (.docx) as the unit's template; 409 when it has one. It is tried on a sample first.

    422 `bad_template` names each broken placeholder with its paragraph, or why the file may not be opened: macros,
    links to outside, a password, no Word file, too large.
    """
    made = await service.install(tx, unit, code, name or f"{code}.docx", await request.body())
    return one(request, TemplateOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/shipped", response_model=KindsOut, summary="Các loại mẫu và trường / List kinds and placeholders")
async def list_template_kinds(request: Request, tx: Tx = requires(None)) -> Response:  # noqa: ARG001
    """The kinds of documents, and the fields that a template of each may name."""
    return one(request, KindsOut, service.kinds())


@routes.get(
    "/shipped/{code}",
    response_class=Response,
    summary="Tải mẫu có sẵn / Download a shipped template",
    responses=_MAY_BE_FILE,
)
async def download_shipped_template(request: Request, code: Code, tx: Tx = requires(None)) -> Response:  # noqa: ARG001
    """The template that ships: what an office edits in Word and installs."""
    return attachment(request, *service.shipped_file(code))


@routes.get("/in-force", response_model=InForceOut, summary="Mẫu đang áp dụng / Find the template in force")
async def read_template_in_force(
    request: Request,
    unit: Annotated[UUID, Query(description="The unit whose document is to be made")],
    code: Annotated[Code, Query()],
    tx: Tx = requires(None),
) -> Response:
    """Which template a unit's documents are made from: its own, the nearest above, or the shipped one."""
    return one(request, InForceOut, await service.in_force(tx, code, unit))


@routes.get("/{id}", response_model=TemplateOut, summary="Một mẫu văn bản / Read a template", responses=_MAY_BE_FILE)
async def read_document_template(
    request: Request,
    id: UUID,
    format: Annotated[Literal["docx"] | None, Query(description="`docx` = the Word file itself")] = None,
    tx: Tx = requires(None),
) -> Response:
    """One installed template, or its file."""
    if format is None:
        return one(request, TemplateOut, await service.read(tx, id))
    return attachment(request, *await service.download(tx, id))


@routes.put("/{id}", response_model=TemplateOut, summary="Thay mẫu văn bản / Replace a template", openapi_extra=_FILE)
async def replace_document_template(
    request: Request, id: UUID, version: IfMatch, name: Name = None, tx: Tx = requires(P.TEMPLATE_MANAGE)
) -> Response:
    """Put another Word file in its place, tried and refused as on installing."""
    return one(request, TemplateOut, await service.replace(tx, id, version, name, await request.body()))


@routes.delete("/{id}", status_code=204, summary="Bỏ mẫu văn bản / Remove a template")
async def remove_document_template(id: UUID, version: IfMatch, tx: Tx = requires(P.TEMPLATE_MANAGE)) -> Response:
    """Go back to the template of the nearest unit above, or to the shipped one."""
    await service.remove(tx, id, version)
    return Response(status_code=204)
