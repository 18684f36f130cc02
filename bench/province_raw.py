"""The eight forms by hand: bare Starlette and raw asyncpg running ``province_sql.py`` under the same fence.

The fence is opened once for each connection, not for each request, and nobody signs in. Run as ``uvicorn
bench.province_raw:app`` with ``BENCH_DATABASE``, ``BENCH_PATH``, ``BENCH_UNIT`` and ``BENCH_CAMPAIGN`` set.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.province_sql import numbered

# What the product's engine and its statistics set, so that both are planned alike.
_SETTINGS = {"application_name": "bench", "timezone": "UTC", "jit": "off", "plan_cache_mode": "force_custom_plan"}


async def _open(connection: Any) -> None:
    path = os.environ["BENCH_PATH"]
    scope = {"role": "dienhinh_app", "app.scope_from": path, "app.scope_to": f"{path[:-1]}/", "app.scope_list": ""}
    for name, value in scope.items():
        await connection.execute("SELECT set_config($1, $2, false)", name, value)


async def _keep(_connection: Any) -> None:
    """asyncpg's pool would send RESET after each use and close the fence."""


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    options: dict[str, Any] = {
        "min_size": 1,
        "max_size": 2,
        "server_settings": _SETTINGS,
        "init": _open,
        "reset": _keep,
    }
    async with asyncpg.create_pool(os.environ["BENCH_DATABASE"], **options) as pool:
        app.state.pool = pool
        app.state.values = {
            "path": os.environ["BENCH_PATH"],
            "unit": UUID(os.environ["BENCH_UNIT"]),
            "campaign": UUID(os.environ["BENCH_CAMPAIGN"]),
        }
        yield


async def _form(request: Request) -> Response:
    statement, values = numbered(int(request.path_params["number"]), request.app.state.values)
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(statement, *values)
    return Response(orjson.dumps([tuple(row) for row in rows]), media_type="application/json")


app = Starlette(routes=[Route("/forms/{number}", _form)], lifespan=_lifespan)
