"""Taking an upload in, before the request's transaction opens: a slow line must not hold a connection to the database.

In order: who is it, and may he or she upload anything at all; the form, spooled to a temporary file; may it come to
that record; what is it really; into the store. Only then does the route open its transaction and ask all of it again.
"""

import asyncio
import hashlib
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, Final

from fastapi import Request
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app.access.deps import glance, retrying
from app.access.permissions import Permission
from app.attachments.contents import look_into
from app.attachments.faults import DeclarationRequired, MalformedForm
from app.attachments.schemas import AttachmentFields
from app.attachments.service import Upload, admit, check_words, subject_of
from app.attachments.storage import Storage
from app.kernel import idempotency
from app.kernel.errors import FieldError, Invalid, Text
from app.kernel.http import MULTIPART, PayloadTooLarge, RequestTimeout, UnsupportedType, media_type_of
from app.kernel.idempotency import RECEIVED
from app.kernel.text import nfc
from app.kernel.validation import refusal

_ROOM: Final = 64 * 1024
"""Bytes of a form beside its file."""
_LONGEST_NAME: Final = 200


def storage_of(request: Request) -> Storage:
    """The application's store of files."""
    found: Storage = request.app.state.evidence
    return found


async def received(request: Request) -> AsyncGenerator[Upload]:
    """The upload of a request, received, looked into and stored; its temporary file lives as long as the request.

    Raises 401, 403, 404, 408, 409, 413, 415, 422 and 503.
    """
    async with glance(request, Permission.ATTACHMENT_WRITE):
        pass
    fields, form_file = await _read_form(request)
    try:
        name = _clean_name(form_file.filename or "")
        check_words(fields, name)
        sha256, size = await asyncio.to_thread(_measure, form_file.file)
        request.scope[RECEIVED] = f"{fields!r} {name} {sha256}".encode()
        async with glance(request, Permission.ATTACHMENT_WRITE) as tx:
            # First: an upload sent again is answered as before, although its record may have been handed in or deleted.
            if tx.actor.id:
                await idempotency.look(request, tx.session, retrying(tx.actor, tx.actor.id))
            await admit(tx, fields)
        content = await asyncio.to_thread(look_into, form_file.file, name)
        check_words(fields, name, content.text)
        await storage_of(request).put(sha256, size, form_file.file)
        yield Upload(fields, name, content, size, sha256, form_file.file)
    finally:
        form_file.file.close()


def _measure(file: Any) -> tuple[str, int]:
    """SHA-256 and size of the file."""
    file.rollover()  # a small one still stands in memory
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")
    return digest.hexdigest(), file.tell()


class _WholeForm(MultiPartParser):
    """The framework's parser, which takes a form that breaks off for a whole one, and leaves its file open."""

    ended = False

    def on_end(self) -> None:
        """The closing boundary has come."""
        self.ended = True

    async def parse(self) -> FormData:
        """The form. Raises ``MultiPartException`` when it is malformed or breaks off."""
        form = await super().parse()
        if not self.ended:
            for file in self._files_to_close_on_error:
                file.close()
            raise MultiPartException("The closing boundary is missing.")
        return form


async def _read_form(request: Request) -> tuple[AttachmentFields, UploadFile]:
    """The text fields and the one file of the form, within size and time."""
    if media_type_of(request) != MULTIPART:
        told = Text(f"Hãy gửi {MULTIPART}", f"Send {MULTIPART}")
        raise UnsupportedType(told, headers={"Accept": MULTIPART})
    settings = request.app.state.settings
    stream = _bounded(request, settings.max_attachment_bytes)
    most = len(AttachmentFields.model_fields)
    parser = _WholeForm(request.headers, stream, max_files=1, max_fields=most, max_part_size=4_096)
    try:
        async with asyncio.timeout(settings.upload_timeout_seconds):
            form = await parser.parse()
    except TimeoutError as fault:
        raise RequestTimeout(headers={"Connection": "close"}) from fault
    except (MultiPartException, ValueError, LookupError) as fault:
        raise MalformedForm from fault
    items = form.multi_items()
    files = [value for _, value in items if isinstance(value, UploadFile)]
    try:
        fields = _fields([(name, value) for name, value in items if isinstance(value, str)])
        if [name for name, value in items if isinstance(value, UploadFile)] != ["file"]:
            raise MalformedForm(
                "/file", Text("Thiếu phần file kèm tên tệp", "The part `file`, with a name, is missing")
            )
        if (files[0].size or 0) > settings.max_attachment_bytes:
            raise _too_large(settings.max_attachment_bytes)
    except BaseException:
        for file in files:
            file.file.close()
        raise
    return fields, files[0]


def _too_large(limit: int) -> PayloadTooLarge:
    told = Text(
        f"Tệp tối đa {limit:,} byte; hãy giảm độ phân giải khi quét, hoặc chia thành nhiều tệp".replace(",", "."),
        f"A file may have at most {limit:,} bytes: scan it at a lower resolution, or split it",
    )
    return PayloadTooLarge(told, limit_bytes=limit, headers={"Connection": "close"})


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes]:
    """The body, broken off with 413 as soon as it is larger than a file of ``limit`` bytes needs."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + _ROOM:
        raise _too_large(limit)
    seen = 0
    chunks: AsyncIterator[bytes] = request.stream()
    async for chunk in chunks:
        seen += len(chunk)
        if seen > limit + _ROOM:
            raise _too_large(limit)
        yield chunk


def _fields(items: list[tuple[str, str]]) -> AttachmentFields:
    """The text fields, checked as any body is. Raises 422."""
    given: dict[str, str] = {}
    for name, value in items:
        if name in given:
            raise MalformedForm(f"/{name}"[:200], Text("Trường này xuất hiện hai lần", "This field appears twice"))
        given[name] = nfc(value)
    try:
        # A form sends what was left blank as empty text.
        fields = AttachmentFields.model_validate({name: value for name, value in given.items() if value.strip()})
    except ValidationError as fault:
        raise refusal([{**error, "loc": ("body", *error["loc"])} for error in fault.errors()]) from fault
    if fields.no_state_secrets != "true":
        raise DeclarationRequired
    subject_of(fields)
    return fields


def _clean_name(given: str) -> str:
    """The name of the file alone, in NFC, without folders and invisible characters. Raises 422."""
    name = nfc(given).replace("\\", "/").rpartition("/")[2]
    visible = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C")
    cleaned = " ".join(visible.split()).strip(". ")
    if not cleaned or len(cleaned) > _LONGEST_NAME:
        told = Text(
            f"Tên tệp cần từ 1 đến {_LONGEST_NAME} ký tự", f"The name of a file has 1 to {_LONGEST_NAME} letters"
        )
        raise Invalid(errors=[FieldError("/file", "file_name", told)])
    return cleaned
