"""The verbs of a template: install, replace, remove; and which one serves a unit."""

import asyncio
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.access.permissions import Permission
from app.audit.service import Subject, record
from app.exports import queries
from app.exports.fields import MEANINGS, paths, sample
from app.exports.files import MEDIA_TYPES, file_name
from app.exports.installing import try_template
from app.exports.schemas import InForceOut, KindOut, KindsOut, PlaceholderOut, TemplateOut
from app.exports.shipped import SHIPPED, shipped_template
from app.kernel.db import AnyRow
from app.kernel.errors import Duplicate, FieldError, Forbidden, Text, check_version, on_constraint
from app.kernel.ids import new_id
from app.units.queries import unit_ref
from app.units.references import living_ref
from app.units.schemas import UnitBrief

_MANAGE = Permission.TEMPLATE_MANAGE
_TAKEN = Text(
    "Đơn vị đã có mẫu cho loại văn bản này; hãy thay bằng PUT /document-templates/{id}",
    "The unit has a template for this document already: replace it with PUT /document-templates/{id}",
)
_KEPT_BY_OTHERS = Text(
    "Chỉ cán bộ điều phối của đơn vị giữ mẫu (hoặc cấp trên) mới được thay đổi",
    "Only a coordinator of the unit that keeps the template, or of one above it, may change it",
)
on_constraint("uq_document_templates_unit_code", Duplicate(_TAKEN, [FieldError("/code", "duplicate", _TAKEN, "query")]))

_SAME = tuple(name for name in TemplateOut.model_fields if name not in {"unit", "editable"})


def _unit(row: AnyRow) -> UnitRef:
    return UnitRef(row.unit_id, row.unit_path, row.unit_level)


def present(tx: Tx, row: AnyRow) -> TemplateOut:
    """A row as the caller sees it."""
    shown: dict[str, Any] = {name: getattr(row, name) for name in _SAME}
    shown["unit"] = UnitBrief.of({"id": row.unit_id, "code": row.unit_code, "name": row.unit_name})
    shown["editable"] = tx.actor.can(_MANAGE, _unit(row))
    return TemplateOut.of(shown)


async def read(tx: Tx, template_id: UUID) -> TemplateOut:
    """One installed template. Raises 404."""
    return present(tx, await queries.get(tx.session, template_id))


async def download(tx: Tx, template_id: UUID) -> tuple[bytes, str, str, int]:
    """The file of an installed template with its type, name and version. Raises 404."""
    row = await queries.get(tx.session, template_id)
    name = file_name(row.name.removesuffix(".docx"), kind="docx")
    return await queries.content(tx.session, template_id), MEDIA_TYPES["docx"], name, row.version


def shipped_file(code: str) -> tuple[bytes, str, str, int]:
    """The shipped template ``code`` as a file: what an office begins with."""
    return shipped_template(code), MEDIA_TYPES["docx"], file_name("Mẫu", SHIPPED[code][0], kind="docx"), 0


def kinds() -> KindsOut:
    """Every kind of document with the fields that its templates may name."""
    return KindsOut(items=[_kind(code, title) for code, (title, _) in SHIPPED.items()])


def _kind(code: Any, title: str) -> KindOut:
    known = sample(code)
    told = [
        PlaceholderOut(path=path, meaning=MEANINGS[path], repeated=isinstance(_at(known, path), list))
        for path in paths(known)
    ]
    return KindOut(code=code, title=title, placeholders=told)


def _at(context: Any, path: str) -> Any:
    for name in path.split("."):
        context = (context[0] if isinstance(context, list) else context)[name]
    return context


async def in_force(tx: Tx, code: Any, unit_id: UUID) -> InForceOut:
    """The template that documents of the unit are made from. Raises 404 when there is no such unit."""
    unit = await unit_ref(tx.session, unit_id)
    row = await queries.nearest(tx.session, code, unit.path)
    return InForceOut(code=code, shipped=row is None, template=None if row is None else present(tx, row))


async def template_for(tx: Tx, code: str, unit_path: str) -> bytes:
    """The file that a document ``code`` of the unit with ``unit_path`` is made from: the nearest above, or shipped."""
    return await queries.nearest_content(tx.session, code, unit_path) or shipped_template(code)


async def install(tx: Tx, unit_id: UUID, code: str, name: str, content: bytes) -> TemplateOut:
    """Give a unit and everything below it a template of its own.

    Raises 404 / 403 by the unit, 409 ``duplicate``, 422 ``bad_template`` with each fault and its place.
    """
    unit = await living_ref(tx.session, unit_id)
    tx.actor.require(_MANAGE, unit)
    await asyncio.to_thread(try_template, code, content)
    facts = {"code": code, "name": name, "sha256": sha256(content).hexdigest()}
    template_id = new_id()
    values = {"id": template_id, "unit_id": unit.id, "unit_path": unit.path, "content": content, **facts}
    stamped = {"created_at": tx.now, "updated_at": tx.now, "created_by": tx.actor.id}
    await queries.add(tx.session, {**values, **stamped})
    await record(tx, "document_template.install", Subject("document_template", template_id, unit), change=(None, facts))
    return await read(tx, template_id)


async def replace(tx: Tx, template_id: UUID, expected: int | None, name: str | None, content: bytes) -> TemplateOut:
    """Put another file in the place of an installed template. Raises 403, 404, 412, 422 ``bad_template``."""
    row = await _managed(tx, template_id, expected)
    await asyncio.to_thread(try_template, row.code, content)
    facts = {"name": name or row.name, "sha256": sha256(content).hexdigest()}
    await queries.change(tx.session, row.id, {**facts, "content": content, "updated_at": tx.now})
    before = {"name": row.name, "sha256": row.sha256}
    subject = Subject("document_template", row.id, _unit(row))
    await record(tx, "document_template.replace", subject, change=(before, facts))
    return await read(tx, row.id)


async def remove(tx: Tx, template_id: UUID, expected: int | None) -> None:
    """Go back to the template of the nearest unit above, or the shipped one. Raises 403, 404, 412."""
    row = await _managed(tx, template_id, expected)
    await queries.remove(tx.session, row.id)
    before = {"code": row.code, "name": row.name, "sha256": row.sha256}
    subject = Subject("document_template", row.id, _unit(row))
    await record(tx, "document_template.delete", subject, change=(before, None))


async def _managed(tx: Tx, template_id: UUID, expected: int | None) -> AnyRow:
    """The template, locked, when the caller may manage it; everyone may read it, so a stranger gets 403."""
    row = await queries.get(tx.session, template_id)
    if not tx.actor.can(_MANAGE, _unit(row)):
        raise Forbidden(_KEPT_BY_OTHERS, permission=_MANAGE.value)
    row = await queries.get(tx.session, template_id, lock=True)
    check_version(expected, row.version)
    return row
