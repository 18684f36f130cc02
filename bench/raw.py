"""What the product is measured against: bare Starlette and raw asyncpg running the recorded statements, nothing else.

``/fenced/...`` runs all of them. ``/open/...`` leaves out the one that opens the fence, on connections that have the
whole range open once and for all: what a service without sign-in would do.

Run as ``uvicorn bench.raw:app`` with ``BENCH_DATABASE`` and ``BENCH_PLANS`` (a pickle of plans by name) set.
"""

import os
import pickle
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.recording import Pattern, Plan, Slot, Step

CONNECTIONS = 12
"""In each pool, and as many as the client uses at once."""

# What the product's engine sets, so that both are planned alike (app/kernel/db.py).
_SETTINGS = {"application_name": "bench", "timezone": "UTC", "jit": "off", "statement_timeout": "30000"}
_OPENED = {"app.scope_from": "0", "app.scope_to": "~", "app.scope_list": "", "role": "dienhinh_app"}

Connection = Any
"""asyncpg's, or the pool's stand-in for one."""

Known = dict[str, Any]


class _Row:
    """The values of one execution, laid out so that filling them in costs next to nothing."""

    __slots__ = ("_patterns", "_slots", "_values")

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = list(values)
        self._slots = [(i, value.name, value.end) for i, value in enumerate(values) if isinstance(value, Slot)]
        self._patterns = [(i, value) for i, value in enumerate(values) if isinstance(value, Pattern)]

    def filled(self, known: Known) -> list[Any]:
        """The values, with what is known now in the place of slots."""
        values = self._values.copy()
        for place, name, end in self._slots:
            values[place] = f"{known[name][:-1]}/" if end else known[name]
        for place, pattern in self._patterns:
            text = pattern.text
            for name in pattern.names:
                text = text.replace(f"\0{name}\0", str(known[name]))
            values[place] = text
        return values


_Compiled = tuple[Step, list[_Row]]


def _load(file: str) -> dict[str, tuple[Plan, list[_Compiled]]]:
    plans: dict[str, Plan] = pickle.loads(Path(file).read_bytes())
    return {
        name: (plan, [(step, [_Row(row) for row in step.rows]) for step in plan.steps]) for name, plan in plans.items()
    }


async def _keep(_connection: Connection) -> None:
    """asyncpg's pool would send RESET after each use; SQLAlchemy's does not, and the comparison is of the same SQL."""


async def _open_whole_range(connection: Connection) -> None:
    for name, value in _OPENED.items():
        await connection.execute("SELECT set_config($1, $2, false)", name, value)


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    app.state.plans = _load(os.environ["BENCH_PLANS"])
    options: dict[str, Any] = {"min_size": 0, "max_size": CONNECTIONS, "server_settings": _SETTINGS, "reset": _keep}
    address = os.environ["BENCH_DATABASE"]
    async with (
        asyncpg.create_pool(address, **options) as fenced,
        asyncpg.create_pool(address, init=_open_whole_range, **options) as opened,
    ):
        app.state.pools = {"fenced": fenced, "open": opened}
        yield


async def _run(connection: Connection, steps: list[_Compiled], known: Known, skip: int) -> list[Any]:
    """The rows of the last statement that gave any."""
    last: list[Any] = []
    for number, (step, rows) in enumerate(steps):
        if number < skip:
            continue
        if step.many:
            await connection.executemany(step.sql, [row.filled(known) for row in rows])
            continue
        found = await connection.fetch(step.sql, *rows[0].filled(known))
        for column in step.finds:
            known[f"{number}.{column}"] = found[0][column]
        last = found or last
    return last


async def _known(request: Request, plan: Plan) -> Known:
    session, _, user = request.headers["x-caller"].partition(" ")
    known: Known = {
        "target": UUID(request.path_params["target"]),
        "session": UUID(session),
        "user": UUID(user),
        "now": datetime.now(UTC),
    }
    if plan.keeps:
        body = orjson.loads(await request.body())
        known["target"] = UUID(body["registration_id"])
        known["request_id"] = uuid4().hex
        known |= {f"new.{n}": uuid4() for n in range(4)}
        known["0.name"] = "bench"
    return known


async def _replay(request: Request) -> Response:
    variant, name = request.path_params["variant"], request.path_params["scenario"]
    plan, steps = request.app.state.plans[name]
    known = await _known(request, plan)
    async with request.app.state.pools[variant].acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            rows = await _run(connection, steps, known, skip=1 if variant == "open" else 0)
        except BaseException:
            await transaction.rollback()
            raise
        if plan.keeps:
            await transaction.commit()
        else:
            await transaction.rollback()
    content = orjson.dumps([dict(row) for row in rows], default=str)
    return Response(content, 201 if plan.keeps else 200, media_type="application/json")


app = Starlette(routes=[Route("/{variant}/{scenario}/{target}", _replay, methods=["GET", "POST"])], lifespan=_lifespan)
