"""HTTP: the event log, to be read by auditors. Nothing here writes it."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.access.actor import Tx
from app.access.deps import requires
from app.access.permissions import Permission as P
from app.audit import queries
from app.audit.schemas import AuditEventOut, AuditQuery
from app.audit.service import present
from app.kernel.http import one, page, router
from app.kernel.pagination import Page

routes = router("/audit-events", "audit")


@routes.get("", response_model=Page[AuditEventOut], summary="Nhật ký thao tác / List audit events")
async def list_audit_events(
    request: Request, query: Annotated[AuditQuery, Query()], tx: Tx = requires(P.AUDIT_READ)
) -> Response:
    """What was done in the units the caller audits, newest first."""
    rows = await queries.LISTING.page(tx.session, query, sort=query.sort)
    return page(request, AuditEventOut, rows, items=[present(row) for row in rows.rows])


@routes.get("/{id}", response_model=AuditEventOut, summary="Một thao tác / Read an audit event")
async def read_audit_event(request: Request, id: UUID, tx: Tx = requires(P.AUDIT_READ)) -> Response:
    """One event."""
    return one(request, AuditEventOut, present(await queries.get(tx.session, id)))
