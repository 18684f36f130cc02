"""All SQL about reports."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, delete, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from app.campaigns.models import Campaign, Obligation
from app.campaigns.obligation_queries import COUNTED, timeliness_of
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.reports.heads import Place
from app.reports.models import Report, ReportSection
from app.units.models import Unit
from app.units.queries import under_clause
from app.units.upward import bearing_path

OWED = ("id", "task", "status", "due_before", "extended_to", "first_counted_at", "last_activity_at")
"""The columns of the report's obligation, selected as ``owed_<name>``."""

_SELECT = (
    select(
        *(column for column in Report.__table__.columns),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
        Unit.level.label("unit_level"),
        Unit.ended_on.is_not(None).label("unit_ended"),
        bearing_path().label("unit_bearing"),
        Campaign.code.label("campaign_code"),
        Campaign.number.label("campaign_number"),
        Campaign.title.label("campaign_title"),
        Campaign.status.label("campaign_status"),
        *(Obligation.__table__.columns[name].label(f"owed_{name}") for name in OWED),
    )
    .join(Unit, Unit.id == Report.unit_id)
    .join(Campaign, Campaign.id == Report.campaign_id)
    .outerjoin(
        Obligation,
        and_(
            Obligation.campaign_id == Report.campaign_id,
            Obligation.task == "report",
            Obligation.unit_id == Report.unit_id,
            COUNTED,
        ),
    )
)
_ONE = _SELECT.where(Report.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Report, key_share=True)
_OF_UNIT = _SELECT.where(Report.campaign_id == bindparam("campaign_id"), Report.unit_id == bindparam("unit_id"))
_SECTIONS = (
    select(ReportSection.code, ReportSection.text)
    .where(ReportSection.report_id == bindparam("report_id"))
    .order_by(ReportSection.code)
)
_WRITE = upsert(ReportSection)
_WRITE = _WRITE.on_conflict_do_update(constraint="pk_report_sections", set_={"text": _WRITE.excluded.text})

_Parent = aliased(Unit)
_PLACE = (
    select(
        *(Unit.name, Unit.short_name, Unit.level),
        _Parent.name.label("parent_name"),
        _Parent.short_name.label("parent_short_name"),
        _Parent.level.label("parent_level"),
    )
    .outerjoin(_Parent, _Parent.id == Unit.parent_id)
    .where(Unit.id == bindparam("id"))
)

LISTING = Listing(
    select=_SELECT,
    key=Report.id,
    sorts={
        "unit": (Report.unit_path,),
        "updated_at": (Report.updated_at,),
        "-updated_at": (Report.updated_at,),
    },
    filters={
        "unit": Report.unit_id == bindparam("unit"),
        "under": under_clause(Report.unit_path),
        "campaign": Report.campaign_id == bindparam("campaign"),
        "status": Report.status == bindparam("status"),
        "timeliness": and_(Obligation.id.is_not(None), timeliness_of() == bindparam("timeliness")),
        "updated_since": Report.updated_at >= bindparam("updated_since"),
    },
)


async def get(session: Session, report_id: UUID, *, lock: bool = False) -> AnyRow:
    """One report with its unit, campaign and obligation; ``lock`` keeps others from changing it. 404 outside."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": report_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def of_unit(session: Session, campaign_id: UUID, unit_id: UUID) -> "AnyRow | None":
    """The unit's report in the campaign, if it has begun one."""
    return (await session.execute(_OF_UNIT, {"campaign_id": campaign_id, "unit_id": unit_id})).one_or_none()


async def place(session: Session, unit_id: UUID) -> tuple[Place, Place | None]:
    """The unit and the one that manages it, as the head of a report names them."""
    row = (await session.execute(_PLACE, {"id": unit_id})).one()
    own = Place(row.name, row.short_name, row.level)
    if row.parent_name is None:
        return own, None
    return own, Place(row.parent_name, row.parent_short_name, row.parent_level)


async def sections(session: Session, report_id: UUID) -> dict[str, str]:
    """The report's texts by the code of their heading."""
    return {row.code: row.text for row in await session.execute(_SECTIONS, {"report_id": report_id})}


async def write_sections(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace texts; a row without text removes its section."""
    kept = [dict(row) for row in rows if row["text"] is not None]
    gone = [(row["report_id"], row["code"]) for row in rows if row["text"] is None]
    if kept:
        await session.execute(_WRITE, kept)
    if gone:
        await session.execute(
            delete(ReportSection).where(tuple_(ReportSection.report_id, ReportSection.code).in_(gone))
        )


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a report."""
    await session.execute(insert(Report), dict(values))


async def change(session: Session, report_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked report and count its version up."""
    await session.execute(update(Report).where(Report.id == report_id).values(**values, version=Report.version + 1))


async def remove(session: Session, report_id: UUID) -> None:
    """Delete a draft with its texts."""
    await session.execute(delete(Report).where(Report.id == report_id))
