"""The verbs of an attachment: admit, create, read, hand out, delete."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.attachments import queries
from app.attachments.contents import Content
from app.attachments.faults import HandedIn
from app.attachments.models import SUBJECTS
from app.attachments.schemas import AttachmentFields, AttachmentOut, SubjectOut
from app.attachments.storage import Storage
from app.attachments.subjects import KINDS
from app.audit.service import Subject, record, record_reading
from app.campaigns.periods import keep_unlocked, lock_out
from app.kernel.db import AnyRow
from app.kernel.errors import FieldError, Invalid, InvalidState, NotFound, Text, check_version
from app.kernel.ids import new_id
from app.kernel.secrecy import refuse_secrecy_marks
from app.units.schemas import UnitBrief


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was received, looked into and put into the store, with what was said of it."""

    fields: AttachmentFields
    file_name: str
    content: Content
    size_bytes: int
    sha256: str
    file: IO[bytes]


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level, row.unit_ended)


def subject_of(fields: AttachmentFields) -> tuple[str, UUID]:
    """The kind and id of the one record that ``fields`` name. Raises 422 when they name none, several, or a criterion
    without its evaluation."""
    named = [(name, found) for name in SUBJECTS if (found := getattr(fields, f"{name}_id")) is not None]
    faults = []
    if not named:
        text = Text("Hãy nêu bản ghi được đính kèm, ví dụ evaluation_id", "Name the record, such as evaluation_id")
        faults.append(FieldError("", "missing", text))
    one = Text("Chỉ đính kèm vào một bản ghi", "A file is attached to one record")
    faults += [FieldError(f"/{name}_id", "not_applicable", one) for name, _ in named[1:]]
    if fields.criterion_id is not None and fields.evaluation_id is None:
        text = Text("Chỉ dùng cùng evaluation_id", "Only with evaluation_id")
        faults.append(FieldError("/criterion_id", "not_applicable", text))
    if faults:
        raise Invalid(errors=faults)
    return named[0]


def present(tx: Tx, row: AnyRow) -> AttachmentOut:
    """A row as the caller sees it."""
    facts = row._asdict()
    name = next(name for name in SUBJECTS if facts[f"{name}_id"] is not None)
    kind, record_id = KINDS[name], facts[f"{name}_id"]
    subject = {"kind": name, "id": record_id, "href": f"/api/v1/{kind.collection}/{record_id}"}
    subject |= {"criterion_id": row.criterion_id, "criterion_code": row.criterion_code}
    shown: dict[str, Any] = {field: facts[field] for field in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    shown["subject"] = SubjectOut.of(subject)
    shown["content_href"] = f"/api/v1/attachments/{row.id}/content"
    changeable = kind.editable is None or row.subject_status in kind.editable
    shown["lock"] = lock_out(tx, row.locked_by)
    shown["editable"] = (
        changeable
        and row.locked_by is None
        and not _handed_in(row)
        and tx.actor.can(Permission.ATTACHMENT_WRITE, _unit(row))
    )
    return AttachmentOut.of(shown)


_SAME = tuple(
    name for name in AttachmentOut.model_fields if name not in {"unit", "subject", "content_href", "lock", "editable"}
)


def _handed_in(row: AnyRow) -> bool:
    return row.handed_in is not None and bool(row.created_at <= row.handed_in)


async def read(tx: Tx, attachment_id: UUID) -> AttachmentOut:
    """One attachment. Raises 404 outside the fence."""
    return present(tx, await queries.get(tx.session, attachment_id))


async def content(
    tx: Tx, storage: Storage, attachment_id: UUID, known: str
) -> tuple[AttachmentOut, AsyncIterator[bytes] | None]:
    """An attachment with its content, and an entry in the log that it was handed out. Raises 404, 503.

    No content where ``known``, the ETags that the caller has, names it already.
    """
    row = await queries.get(tx.session, attachment_id)
    if row.sha256 in known:
        return present(tx, row), None
    pieces = await storage.open(row.sha256)
    await record_reading(tx, "attachment", [(_unit(row), row.id)])
    return present(tx, row), pieces


async def admit(tx: Tx, fields: AttachmentFields, *, lock: bool = False) -> UnitRef:
    """The unit of the record that ``fields`` name, when the caller may attach a file to it now.

    Raises 404 / 403 by its unit, 409 ``invalid_state`` or ``period_locked``, 422.
    """
    name, record_id = subject_of(fields)
    row = await queries.subject(tx.session, name, record_id, lock=lock)
    unit = _unit(row)
    await _keep_open(tx, name, row)
    if fields.criterion_id is not None and not await queries.is_criterion_of(tx.session, row.id, fields.criterion_id):
        text = Text("Không thuộc bộ tiêu chí của phiếu đánh giá", "Not a criterion of the evaluation's set")
        raise Invalid(errors=[FieldError("/criterion_id", "not_applicable", text)])
    return unit


async def _keep_open(tx: Tx, name: str, row: AnyRow) -> None:
    """Refuse unless the caller may change the files of the record now. Its row must be locked for that to hold on."""
    kind, unit = KINDS[name], _unit(row)
    if not tx.actor.can(kind.reading, unit):
        raise NotFound
    tx.actor.require(Permission.ATTACHMENT_WRITE, unit)
    if kind.editable is not None and row.status not in kind.editable:
        text = Text(
            "Bản ghi đã gửi nên không thêm, xóa tệp được", "The record was submitted: its files stay as they are"
        )
        raise InvalidState(text, current_status=row.status)
    if row.day is not None:
        await keep_unlocked(tx, unit.id, row.day)


def check_words(fields: AttachmentFields, file_name: str, text: str = "") -> None:
    """Refuse with 422 ``secrecy_mark`` what bears the mark of a state secret: title, name, or how the text begins."""
    stem = PurePosixPath(file_name).stem
    refuse_secrecy_marks({"/title": fields.title, "/file": f"{stem}\n\n{text}"})


async def create(tx: Tx, storage: Storage, upload: Upload) -> AttachmentOut:
    """Attach a received file. Raises what :func:`admit` raises, 409 ``duplicate``, 503."""
    unit = await admit(tx, upload.fields, lock=True)
    # The object was put before this transaction began; should the clean-up have come between, it is put again.
    await queries.keep_content(tx.session)
    await storage.put(upload.sha256, upload.size_bytes, upload.file)
    said = upload.fields.model_dump(exclude={"no_state_secrets"}, exclude_none=True)
    facts = {
        **said,
        "file_name": upload.file_name,
        "media_type": upload.content.kind.media_type,
        "size_bytes": upload.size_bytes,
        "sha256": upload.sha256,
    }
    by = {"created_by": tx.actor.id, "created_with_key": tx.actor.key_id}
    stamped = {"created_at": tx.now, "updated_at": tx.now, **by}
    attachment_id = new_id()
    await queries.add(tx.session, {"id": attachment_id, "unit_id": unit.id, "unit_path": unit.path, **facts, **stamped})
    told = {**facts, "no_state_secrets": True}
    await record(tx, "attachment.create", Subject("attachment", attachment_id, unit), change=(None, told))
    return await read(tx, attachment_id)


async def delete(tx: Tx, attachment_id: UUID, expected: int | None) -> None:
    """Take a file off a record that may still be changed and was not handed in with it.

    Raises 403, 409 ``invalid_state`` or ``period_locked``, 412.
    """
    row = await queries.get(tx.session, attachment_id)
    tx.actor.require(Permission.ATTACHMENT_WRITE, _unit(row))
    check_version(expected, row.version)
    name = next(name for name in SUBJECTS if getattr(row, f"{name}_id") is not None)
    # The record before its file, as whoever deletes the record locks them.
    await _keep_open(tx, name, await queries.subject(tx.session, name, getattr(row, f"{name}_id"), lock=True))
    row = await queries.get(tx.session, attachment_id, lock=True)
    if _handed_in(row):
        raise HandedIn
    await queries.remove(tx.session, row.id)
    before = {field: getattr(row, field) for field in ("title", "file_name", "size_bytes", "sha256")}
    before[f"{name}_id"] = getattr(row, f"{name}_id")
    await record(tx, "attachment.delete", Subject("attachment", row.id, _unit(row)), change=(before, None))
