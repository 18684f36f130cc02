"""What an operator's tools ask: is the process alive, may it take traffic."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.kernel import migrating
from app.kernel.errors import Unavailable
from app.kernel.http import refusals

routes = APIRouter(tags=["operations"], generate_unique_id_function=lambda route: route.name)


class AliveOut(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ChecksOut(BaseModel):
    """What the service stands on."""

    database: str
    migrations: str


class ReadyOut(BaseModel):
    """Traffic may come."""

    status: Literal["ready"]
    checks: ChecksOut


@routes.get("/", include_in_schema=False)
async def home() -> Response:
    """Whoever opens the bare address in a browser finds the documentation."""
    return RedirectResponse("/docs", status_code=307)


@routes.get("/healthz", response_model=AliveOut, summary="Tiến trình còn sống / The process is alive")
async def healthz() -> Response:
    """200 as long as the process answers at all. Does not touch the database."""
    return JSONResponse({"status": "ok"})


@routes.get(
    "/readyz",
    response_model=ReadyOut,
    summary="Sẵn sàng nhận yêu cầu / Ready for traffic",
    responses=refusals(503),
)
async def readyz(request: Request) -> Response:
    """200 when the database answers and has every migration; otherwise 503 with what is missing."""
    try:
        async with request.app.state.services.database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
            current = await migrating.is_current(connection)
    except (SQLAlchemyError, OSError) as fault:
        raise Unavailable(headers={"Retry-After": "2"}, checks={"database": "down"}) from fault
    checks = {"database": "ok", "migrations": "ok" if current else "behind: run `dienhinh migrate`"}
    if not current:
        raise Unavailable(checks=checks)
    return JSONResponse({"status": "ready", "checks": checks})
