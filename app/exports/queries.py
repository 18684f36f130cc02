"""All SQL about templates of documents."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, insert, select, update

from app.exports.models import DocumentTemplate
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

_SELECT = select(
    *(column for column in DocumentTemplate.__table__.columns if column.name != "content"),
    func.octet_length(DocumentTemplate.content).label("size"),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
).join(Unit, Unit.id == DocumentTemplate.unit_id)
_ONE = _SELECT.where(DocumentTemplate.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=DocumentTemplate, key_share=True)
_CONTENT = select(DocumentTemplate.content).where(DocumentTemplate.id == bindparam("id"))
_ABOVE = (
    DocumentTemplate.code == bindparam("code"),
    func.starts_with(bindparam("path"), DocumentTemplate.unit_path),
)
_NEAREST = _SELECT.where(*_ABOVE).order_by(func.length(DocumentTemplate.unit_path).desc()).limit(1)
_NEAREST_CONTENT = (
    select(DocumentTemplate.content).where(*_ABOVE).order_by(func.length(DocumentTemplate.unit_path).desc()).limit(1)
)

LISTING = Listing(
    select=_SELECT,
    key=DocumentTemplate.id,
    sorts={
        "unit": (DocumentTemplate.unit_path, DocumentTemplate.code),
        "updated_at": (DocumentTemplate.updated_at,),
        "-updated_at": (DocumentTemplate.updated_at,),
    },
    filters={
        "unit": DocumentTemplate.unit_id == bindparam("unit"),
        "under": under_clause(DocumentTemplate.unit_path),
        "code": DocumentTemplate.code == bindparam("code"),
        "updated_since": DocumentTemplate.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, template_id: UUID, *, lock: bool = False) -> AnyRow:
    """One template without its file; ``lock`` keeps others from changing it meanwhile. 404."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": template_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def content(session: Session, template_id: UUID) -> bytes:
    """The file of one template."""
    found = (await session.execute(_CONTENT, {"id": template_id})).scalar_one_or_none()
    if found is None:
        raise NotFound
    return bytes(found)


async def nearest(session: Session, code: str, path: str) -> AnyRow | None:
    """The template of ``code`` at the unit with ``path`` or at the nearest unit above it."""
    return (await session.execute(_NEAREST, {"code": code, "path": path})).one_or_none()


async def nearest_content(session: Session, code: str, path: str) -> bytes | None:
    """The file of :func:`nearest`."""
    found = (await session.execute(_NEAREST_CONTENT, {"code": code, "path": path})).scalar_one_or_none()
    return None if found is None else bytes(found)


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a template."""
    await session.execute(insert(DocumentTemplate), dict(values))


async def change(session: Session, template_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked template and count its version up."""
    await session.execute(
        update(DocumentTemplate)
        .where(DocumentTemplate.id == template_id)
        .values(**values, version=DocumentTemplate.version + 1)
    )


async def remove(session: Session, template_id: UUID) -> None:
    """Delete a template."""
    await session.execute(delete(DocumentTemplate).where(DocumentTemplate.id == template_id))
