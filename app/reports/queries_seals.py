"""All SQL about seals and signatures."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from app.kernel.db import AnyRow, Session
from app.reports.models import ReportSeal, ReportSignature
from app.units.models import Unit

_HEAD = (
    ReportSeal.report_id,
    ReportSeal.sequence,
    ReportSeal.digest,
    ReportSeal.sealed_at,
    ReportSeal.sealed_by,
    func.octet_length(ReportSeal.body).label("size"),
)
_OF_REPORT = (ReportSeal.report_id == bindparam("report_id"),)
_LATEST = select(*_HEAD, ReportSeal.sections).where(*_OF_REPORT).order_by(ReportSeal.sequence.desc()).limit(1)
_ONE = select(*_HEAD, ReportSeal.body).where(*_OF_REPORT, ReportSeal.sequence == bindparam("sequence"))
_ALL = select(*_HEAD).where(*_OF_REPORT).order_by(ReportSeal.sequence)
_SIGNATURES = (
    select(
        *(
            ReportSignature.sequence,
            ReportSignature.act,
            ReportSignature.signer_unit_id,
            ReportSignature.signer_name,
            ReportSignature.signed_with_key,
            ReportSignature.signed_at,
            ReportSignature.digest,
        ),
        Unit.code.label("unit_code"),
        Unit.name.label("unit_name"),
    )
    .outerjoin(Unit, Unit.id == ReportSignature.signer_unit_id)
    .where(ReportSignature.report_id == bindparam("report_id"))
    .order_by(ReportSignature.sequence, ReportSignature.signed_at, ReportSignature.id)
)


async def latest(session: Session, report_id: UUID) -> "AnyRow | None":
    """The newest seal with its rendered sections, without its body."""
    return (await session.execute(_LATEST, {"report_id": report_id})).one_or_none()


async def get(session: Session, report_id: UUID, sequence: int) -> "AnyRow | None":
    """One seal with its body."""
    return (await session.execute(_ONE, {"report_id": report_id, "sequence": sequence})).one_or_none()


async def of_report(session: Session, report_id: UUID) -> Sequence[AnyRow]:
    """All seals of the report, oldest first, without their bodies."""
    return (await session.execute(_ALL, {"report_id": report_id})).all()


async def signatures(session: Session, report_id: UUID) -> Sequence[AnyRow]:
    """Who signed which seal of the report, in order."""
    return (await session.execute(_SIGNATURES, {"report_id": report_id})).all()


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a seal."""
    await session.execute(insert(ReportSeal), dict(values))


async def sign(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a signature."""
    await session.execute(insert(ReportSignature), dict(values))
