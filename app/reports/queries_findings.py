"""All SQL about the findings of reports."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, case, delete, exists, insert, select, update
from sqlalchemy.orm import aliased

from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.reports.models import FINDING_KINDS, Report, ReportFinding
from app.units.models import Unit

_Origin = aliased(Unit, name="origin_unit")
_Source = aliased(ReportFinding, name="source")
_ORDER = case({kind: i for i, kind in enumerate(FINDING_KINDS)}, value=ReportFinding.kind)
_SELECT = (
    select(
        *(column for column in ReportFinding.__table__.columns),
        _Origin.code.label("origin_unit_code"),
        _Origin.name.label("origin_unit_name"),
        _Source.kind.label("origin_kind"),
        _Source.text.label("origin_text"),
    )
    .select_from(ReportFinding)
    .outerjoin(_Origin, _Origin.id == ReportFinding.origin_unit_id)
    .outerjoin(_Source, _Source.id == ReportFinding.origin_finding_id)
)
_ONE = _SELECT.where(ReportFinding.id == bindparam("id"), ReportFinding.report_id == bindparam("report_id"))
_OF_REPORT = _SELECT.where(ReportFinding.report_id == bindparam("report_id")).order_by(
    _ORDER, ReportFinding.position, ReportFinding.id
)
_PLACES = (
    select(ReportFinding.id)
    .where(ReportFinding.report_id == bindparam("report_id"), ReportFinding.kind == bindparam("kind"))
    .order_by(ReportFinding.position, ReportFinding.id)
)
_MOVE = (
    update(ReportFinding)
    .where(ReportFinding.id == bindparam("b_id"), ReportFinding.position != bindparam("b_position"))
    .values(position=bindparam("b_position"))
)

LISTING = Listing(
    select=_SELECT.where(ReportFinding.report_id == bindparam("report_id")),
    key=ReportFinding.id,
    sorts={"kind": (_ORDER, ReportFinding.position)},
    filters={"kind": ReportFinding.kind == bindparam("kind")},
)

_Mine = aliased(ReportFinding, name="mine")
_PICKED = exists(
    select(_Mine.id).where(_Mine.report_id == bindparam("report_id"), _Mine.origin_finding_id == ReportFinding.id)
)
# What stands submitted or accepted below: a draft is nobody's word yet.
_BELOW = (
    _SELECT.add_columns(Unit.code.label("unit_code"), Unit.name.label("unit_name"), _PICKED.label("picked"))
    .join(Report, Report.id == ReportFinding.report_id)
    .join(Unit, Unit.id == ReportFinding.unit_id)
    .where(
        Report.campaign_id == bindparam("campaign_id"),
        Report.status.in_(("submitted", "accepted")),
        ReportFinding.unit_path > bindparam("path_from"),
        ReportFinding.unit_path < bindparam("path_to"),
    )
)
_ONE_BELOW = _BELOW.where(ReportFinding.id == bindparam("id"))

BELOW = Listing(
    select=_BELOW,
    key=ReportFinding.id,
    sorts={"unit": (ReportFinding.unit_path, _ORDER, ReportFinding.position)},
    filters={
        "kind": ReportFinding.kind == bindparam("kind"),
        "unit": ReportFinding.unit_id == bindparam("unit"),
        "picked": bindparam("picked") == _PICKED,
    },
)


def below_of(row: AnyRow) -> dict[str, Any]:
    """What :data:`BELOW` binds for the report in ``row``."""
    return {
        "report_id": row.id,
        "campaign_id": row.campaign_id,
        "path_from": row.unit_path,
        "path_to": row.unit_path.rstrip(".") + "/",
    }


async def of_report(session: Session, report_id: UUID) -> Sequence[AnyRow]:
    """The report's findings by kind and position."""
    return (await session.execute(_OF_REPORT, {"report_id": report_id})).all()


class FindingAt(NamedTuple):
    """Where a finding is found."""

    report_id: UUID
    id: UUID


async def get(session: Session, at: FindingAt) -> AnyRow:
    """One finding of the report. Raises 404."""
    row = (await session.execute(_ONE, at._asdict())).one_or_none()
    if row is None:
        raise NotFound
    return row


async def below(session: Session, report: AnyRow, finding_id: UUID) -> "AnyRow | None":
    """The finding of a submitted or accepted report below ``report``, if it is one."""
    return (await session.execute(_ONE_BELOW, {**below_of(report), "id": finding_id})).one_or_none()


async def places(session: Session, report_id: UUID, kind: str) -> list[UUID]:
    """The findings of a kind in their order."""
    return list((await session.execute(_PLACES, {"report_id": report_id, "kind": kind})).scalars())


async def put_in_order(session: Session, ids: Sequence[UUID]) -> None:
    """Number the findings of one kind in the order given."""
    if ids:
        await session.execute(_MOVE, [{"b_id": key, "b_position": i} for i, key in enumerate(ids, 1)])


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a finding."""
    await session.execute(insert(ReportFinding), dict(values))


async def change(session: Session, finding_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a finding of a locked report and count its version up."""
    await session.execute(
        update(ReportFinding).where(ReportFinding.id == finding_id).values(**values, version=ReportFinding.version + 1)
    )


async def remove(session: Session, finding_id: UUID) -> None:
    """Delete a finding."""
    await session.execute(delete(ReportFinding).where(ReportFinding.id == finding_id))
