"""Holds every answer of the whole suite against the OpenAPI document: its status, its type, and what is in it.

Handlers write their answers themselves, for speed, so nothing else would notice a null where the document has none.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from app.kernel.http import api_routes

WIRE = {"404", "405"}
"""What the framework answers to an address that no operation has."""


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:
    return TypeAdapter(model)


def keeper_of(app: FastAPI) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for httpx that fails when an answer is not as documented."""
    document = app.openapi()
    paths, refusals = document["paths"], document["components"]["responses"]
    routes = list(api_routes(app))

    def route_of(request: httpx.Request) -> APIRoute | None:
        method = "GET" if request.method == "HEAD" else request.method
        found = (r for r in routes if r.path_regex.match(request.url.path) and method in (r.methods or ()))
        return next(found, None)

    async def keep(answer: httpx.Response) -> None:
        route, status = route_of(answer.request), str(answer.status_code)
        if route is None or not route.include_in_schema:
            assert status in WIRE | {"200", "307"}, f"{answer.request.method} {answer.request.url}: {status}"
            return
        documented = paths[route.path_format][next(iter(route.methods or ())).lower()]["responses"]
        where = f"{answer.request.method} {route.path_format}: {status}"
        assert status in documented, f"{where} is not documented"
        await answer.aread()
        kind = answer.headers.get("content-type", "").partition(";")[0]
        told = documented[status]
        told = refusals[told["$ref"].rpartition("/")[2]] if "$ref" in told else told
        if answer.content:
            assert kind in told.get("content", {}), f"{where} {kind} is not documented"
        if status[0] == "2" and kind.endswith("json") and answer.content and route.response_model is not None:
            _adapter(route.response_model).validate_json(answer.content)

    return keep
