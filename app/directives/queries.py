"""All SQL about directives."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, String, Uuid, all_, and_, any_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy import Text as SqlText
from sqlalchemy.dialects.postgresql import ARRAY

from app.campaigns.models import Campaign
from app.campaigns.period_queries import locked_by
from app.directives.models import Directive
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

_SELECT = select(
    *(column for column in Directive.__table__.columns if column.name != "folded"),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
    Unit.ended_on.is_not(None).label("unit_ended"),
    locked_by(Directive.unit_id, Directive.issued_on).label("locked_by"),
).join(Unit, Unit.id == Directive.unit_id)
_ONE = _SELECT.where(Directive.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Directive, key_share=True)

_STANDING = _SELECT.where(
    or_(
        Directive.id == any_(bindparam("ids", type_=ARRAY(Uuid))),
        and_(
            Directive.unit_id == any_(bindparam("unit_ids", type_=ARRAY(Uuid))),
            Directive.number_key == any_(bindparam("numbers", type_=ARRAY(String))),
        ),
    )
)

_OF_CAMPAIGN = Campaign.id == bindparam("campaign")
_YEAR = bindparam("year", type_=Integer)

LISTING = Listing(
    select=_SELECT,
    key=Directive.id,
    sorts={
        "unit": (Directive.unit_path, Directive.issued_on),
        "issued_on": (Directive.issued_on,),
        "-issued_on": (Directive.issued_on,),
        "updated_at": (Directive.updated_at,),
        "-updated_at": (Directive.updated_at,),
    },
    filters={
        "unit": Directive.unit_id == bindparam("unit"),
        "under": under_clause(Directive.unit_path),
        "campaign": and_(
            Directive.issued_on >= select(Campaign.window_from).where(_OF_CAMPAIGN).scalar_subquery(),
            Directive.issued_on <= select(Campaign.window_to).where(_OF_CAMPAIGN).scalar_subquery(),
        ),
        "year": Directive.issued_on.between(func.make_date(_YEAR, 1, 1), func.make_date(_YEAR, 12, 31)),
        "track": Directive.track == bindparam("track"),
        "document_kind": Directive.document_kind == bindparam("document_kind"),
        "issued_from": Directive.issued_on >= bindparam("issued_from"),
        "issued_to": Directive.issued_on <= bindparam("issued_to"),
        "q": Directive.folded.like(all_(bindparam("q", type_=ARRAY(SqlText)))),
        "updated_since": Directive.updated_at >= bindparam("updated_since"),
    },
)
"""``q`` takes a list of patterns, all of which must be found."""


async def get(session: Session, directive_id: UUID, *, lock: bool = False) -> AnyRow:
    """One directive with its unit; ``lock`` keeps others from changing it meanwhile. 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": directive_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def standing(
    session: Session, ids: Sequence[UUID], unit_ids: Sequence[UUID], numbers: Sequence[str]
) -> Sequence[AnyRow]:
    """Directives with one of ``ids``, and those of ``unit_ids`` with one of ``numbers`` (their keys)."""
    given = {"ids": list(ids), "unit_ids": list(unit_ids), "numbers": list(numbers)}
    return (await session.execute(_STANDING, given)).all()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a directive."""
    await session.execute(insert(Directive), dict(values))


async def change(session: Session, directive_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked directive and count its version up."""
    await session.execute(
        update(Directive)
        .where(Directive.id == directive_id)
        .values(**values, version=Directive.version + 1)
        .execution_options(synchronize_session=False)
    )


async def remove(session: Session, directive_id: UUID) -> None:
    """Delete a directive."""
    await session.execute(delete(Directive).where(Directive.id == directive_id))
