"""HTTP: attachments."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.attachments import queries, service
from app.attachments.contents import KINDS
from app.attachments.receiving import received, storage_of
from app.attachments.schemas import AttachmentFields, AttachmentOut, AttachmentQuery
from app.attachments.service import Upload
from app.audit.tombstones import with_deleted
from app.kernel.http import MULTIPART, IfMatch, download_headers, one, page, router
from app.kernel.pagination import PageSince

routes = router("/attachments", "attachments")

_FILE = {"type": "string", "format": "binary", "description": "PDF, JPEG, PNG, DOCX, XLSX, PPTX, ODT or ODS"}
_FORM: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["file", "no_state_secrets"],
    "properties": {
        **{
            name: {
                "type": "string",
                "description": field.description,
                **({"format": "uuid"} if name.endswith("_id") else {}),
            }
            for name, field in AttachmentFields.model_fields.items()
        },
        "no_state_secrets": {
            "type": "string",
            "enum": ["true"],
            "description": AttachmentFields.model_fields["no_state_secrets"].description,
        },
        "file": _FILE,
    },
}
_UPLOAD: dict[str, Any] = {"requestBody": {"required": True, "content": {MULTIPART: {"schema": _FORM}}}}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file as it was uploaded",
        "content": {kind.media_type: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS.values()},
    }
}


@routes.get("", response_model=PageSince[AttachmentOut], summary="Danh sách tệp đính kèm / List attachments")
async def list_attachments(
    request: Request, query: Annotated[AttachmentQuery, Query()], tx: Tx = requires(P.ATTACHMENT_READ)
) -> Response:
    """Files on the records that the caller may see, without their content."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    rows = await with_deleted(tx, rows, query, "attachment")
    return page(request, AttachmentOut, rows, items=[service.present(tx, row) for row in rows.rows])


@routes.post(
    "",
    response_model=AttachmentOut,
    status_code=201,
    summary="Tải tệp lên / Attach a file",
    openapi_extra=_UPLOAD,
)
async def upload_attachment(
    request: Request, upload: Annotated[Upload, Depends(received)], tx: Tx = requires(P.ATTACHMENT_WRITE)
) -> Response:
    """Attach a file to one record that the unit may still change.

    The content decides what the file is. Refused with 422: `empty_file`, `unsupported_file_type`, `disguised_type`,
    `damaged_file`, `macros_refused`, `legacy_office_refused`, `active_content_refused`, `encrypted_refused`,
    `archive_bomb`, `secrecy_mark`, `declaration_required`. 409: `duplicate`, `invalid_state`, `period_locked`.
    """
    made = await service.create(tx, storage_of(request), upload)
    return one(request, AttachmentOut, made, status=201, location=f"{request.url.path}/{made.id}")


@routes.get("/{id}", response_model=AttachmentOut, summary="Một tệp đính kèm / Read an attachment")
async def read_attachment(request: Request, id: UUID, tx: Tx = requires(P.ATTACHMENT_READ)) -> Response:
    """What is known of a file, without its content."""
    return one(request, AttachmentOut, await service.read(tx, id))


@routes.get(
    "/{id}/content",
    response_class=Response,
    responses=_CONTENT,
    summary="Tải tệp về / Download an attachment",
)
async def download_attachment(
    request: Request, id: UUID, tx: Tx = requires(P.ATTACHMENT_READ, recorded=True)
) -> Response:
    """The file as it was uploaded, to be saved and never shown inside a page. Its ETag is its SHA-256; that it was
    handed out stands in the log."""
    known = request.headers.get("if-none-match", "")
    found, pieces = await service.content(tx, storage_of(request), id, known)
    headers = download_headers(found.file_name, f'"{found.sha256}"')
    headers |= {"Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "private, no-store"}
    if pieces is None:
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(found.size_bytes)
    return StreamingResponse(pieces, 200, headers, found.media_type)


@routes.delete("/{id}", status_code=204, summary="Xóa tệp đính kèm / Delete an attachment")
async def delete_attachment(id: UUID, version: IfMatch, tx: Tx = requires(P.ATTACHMENT_WRITE)) -> Response:
    """Take a file off a record that may still be changed. What was once handed in stays: 409 `invalid_state`."""
    await service.delete(tx, id, version)
    return Response(status_code=204)
