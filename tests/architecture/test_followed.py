"""Every collection of things that change can be followed: `updated_since` with tombstones, everywhere alike."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from app.access.actor import Tx
from app.audit.tombstones import CATALOGUES
from app.kernel.http import api_routes
from app.kernel.openapi import permission_of
from app.kernel.pagination import PageSince
from app.kernel.parameters import query_names
from tests.actors import Api
from tests.builders.campaigns import plan_320

pytestmark = pytest.mark.anyio
APP = Path(__file__).resolve().parents[2] / "app"
NOT_FOLLOWED = {
    "/api/v1/audit-events": "nothing in it ever changes",
    "/api/v1/auth/sessions": "one's own, a few",
    "/api/v1/inbox": "one's own",
    "/api/v1/reminders": "nothing in it ever changes",
    "/api/v1/submissions": "one's own, read by their ids while they are worked on",
}
"""Collections that need no following. What lies below a record (`/reports/{id}/findings`) is followed by the record."""
PARTS = {"deadline", "outline_template", "report_finding"}
"""Kinds that are deleted and have no followed collection of their own: parts of a record."""


def collections(app: FastAPI) -> Iterator[tuple[APIRoute, bool]]:
    """Every paged collection, and whether it takes `updated_since`."""
    for route in api_routes(app):
        names, _ = query_names(route)
        if "GET" in (route.methods or ()) and "cursor" in names:
            yield route, "updated_since" in names


def tells(route: APIRoute) -> bool:
    """Whether its pages are documented to carry tombstones."""
    found = getattr(route.response_model, "__pydantic_generic_metadata__", {})
    return found.get("origin") is PageSince


def kinds_told() -> set[str]:
    """The kinds whose tombstones some handler asks for."""
    sources = "".join(path.read_text("utf-8") for path in APP.glob("*/api*.py"))
    return set(re.findall(r'with_deleted\([^"]*, query, "(\w+)"\)', sources))


def kinds_deleted() -> set[str]:
    """The kinds of which the log tells deletions."""
    sources = "".join(path.read_text("utf-8") for path in APP.rglob("*.py"))
    verbs = set(re.findall(r'record\(\s*tx,\s*"(\w+)\.(?:delete|remove)"', sources))
    return {{"figure": "situation_figure"}.get(verb, verb) for verb in verbs}


def test_whoever_takes_updated_since_tells_what_is_gone(app: FastAPI) -> None:
    silent = [route.path_format for route, followed in collections(app) if followed != tells(route)]
    assert silent == [], "SinceParams, PageSince and with_deleted go together"
    assert sum(followed for _, followed in collections(app)) >= 21


def test_what_changes_can_be_followed(app: FastAPI) -> None:
    plain = {route.path_format for route, followed in collections(app) if not followed}
    assert {path for path in plain if "{" not in path} <= NOT_FOLLOWED.keys()


def test_what_is_deleted_is_told_by_the_collection_it_was_in() -> None:
    assert kinds_deleted() - PARTS <= kinds_told()
    assert len(kinds_deleted()) > 12


def test_every_deletion_is_called_so() -> None:
    sources = "".join(path.read_text("utf-8") for path in APP.rglob("*.py"))
    assert re.findall(r'"\w+\.(?:remove|destroy|purge)"', sources) == []


def test_what_everyone_reads_everyone_learns_the_end_of(app: FastAPI) -> None:
    open_to_all = {
        kind
        for route, followed in collections(app)
        if followed and permission_of(route) == "signed_in"
        for kind in re.findall(r'with_deleted\(.*"(\w+)"\)', _source(route))
    }
    assert open_to_all & kinds_deleted() == CATALOGUES


def _source(route: APIRoute) -> str:
    code = route.endpoint.__code__
    lines = Path(code.co_filename).read_text("utf-8").splitlines()[code.co_firstlineno - 1 :]
    end = next((n for n, line in enumerate(lines[1:], 1) if line.startswith("@")), len(lines))
    return "\n".join(lines[:end])


async def test_every_followed_collection_answers_tombstones(
    app: FastAPI, as_: Callable[[str, str], Api], system: Tx
) -> None:
    campaign = await plan_320(system)
    readers = {"/users": "administrator", "/service-accounts": "administrator", "/webhooks": "coordinator"}
    answered = []
    for route, followed in collections(app):
        if not followed:
            continue
        path = route.path_format.removeprefix("/api/v1").replace("{id}", str(campaign))
        reader = as_("province", readers.get(path, "viewer"))
        found = await reader.get(path, updated_since="2024-01-01T00:00:00Z", limit="200")
        assert found.status_code == 200, f"{path} {found.text}"
        page: dict[str, Any] = found.json()
        assert page["deleted"] == [], path
        answered.append(path)
    assert len(answered) >= 21
