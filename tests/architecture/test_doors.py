"""Every by-id route of what units own, tried by anonymous callers and by neighbours: to these it does not exist."""

from collections.abc import Callable
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from fastapi import FastAPI
from sqlalchemy import select

from app.access.actor import Tx
from app.audit.models import AuditEvent
from app.awards.shipped import load_shipped_award_forms
from app.campaigns.models import Obligation
from app.kernel.http import api_routes
from tests.actors import Api
from tests.attachments.scene import attached
from tests.builders.campaigns import plan_320
from tests.builders.catalogues import activity_forms, indicators
from tests.builders.people import user_id
from tests.builders.records import directive, practice
from tests.builders.reports import READY, handed_in
from tests.builders.units import ref, unit_id
from tests.evaluations.scene import MET, Scene
from tests.propaganda.test_activities import EVENT

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
ACTION = {"action": "submit"}
BODIES: dict[str, Any] = {
    "PATCH /registrations/{id}": {"note": "x"},
    "POST /registrations/{id}/transitions": ACTION,
    "PATCH /directives/{id}": {"note": "x"},
    "PATCH /good-practices/{id}": {"title": "x"},
    "POST /good-practices/{id}/transitions": {"action": "propose"},
    "PATCH /propaganda-activities/{id}": {"title": "x"},
    "PATCH /situation-figures/{id}": {"after_value": 1},
    "PATCH /evaluations/{id}": {"summary": "x"},
    "PUT /evaluations/{id}/results": {"results": MET},
    "PUT /evaluations/{id}/verification": {"results": MET},
    "POST /evaluations/{id}/transitions": ACTION,
    "PATCH /awards/{id}": {"achievement": "x"},
    "POST /awards/{id}/transitions": ACTION,
    "PATCH /reports/{id}": {"number": "1/BC"},
    "POST /reports/{id}/transitions": ACTION,
    "POST /reports/{id}/draft": {},
    "POST /reports/{id}/findings": {"kind": "lesson", "text": "x"},
    "PATCH /reports/{id}/findings/{finding_id}": {"text": "x"},
    "POST /obligations/{id}/extensions": {"due_before": "2024-08-01", "reason": "x"},
    "POST /obligations/{id}/transitions": {"action": "leave", "note": "x"},
    "PATCH /users/{id}": {"full_name": "x"},
    "POST /users/{id}/transitions": {"action": "disable"},
    "POST /users/{id}/grants": {"role": "viewer", "unit_id": str(unit_id("commune_c"))},
    "PATCH /users/{id}/grants/{grant_id}": {"valid_to": None},
    "PATCH /service-accounts/{id}": {"description": "x"},
    "POST /service-accounts/{id}/transitions": {"action": "disable"},
    "POST /service-accounts/{id}/grants": {"role": "viewer", "unit_id": str(unit_id("commune_c"))},
    "PATCH /service-accounts/{id}/grants/{grant_id}": {"valid_to": None},
    "POST /service-accounts/{id}/keys": {"name": "x", "expires_at": "2026-12-31T00:00:00Z"},
    "POST /service-accounts/{id}/keys/{key_id}/rotate": {"overlap_hours": 1},
}
OWNED = (
    "directives",
    "good-practices",
    "propaganda-activities",
    "situation-figures",
    "registrations",
    "evaluations",
    "reports",
    "awards",
    "attachments",
    "obligations",
    "users",
    "service-accounts",
    "audit-events",
)
"""Collections whose rows are fenced; the others are reference data (units, campaigns, criteria sets)."""


def by_id_routes(app: FastAPI) -> list[tuple[str, str]]:
    """(method, path below the base) of every by-id route of a fenced collection."""
    found = []
    for route in api_routes(app):
        path = route.path_format.removeprefix("/api/v1")
        if path.startswith(tuple(f"/{name}/{{id}}" for name in OWNED)):
            found += [(method, path) for method in route.methods or ()]
    return found


@pytest.fixture
async def ours(as_: As, system: Tx) -> dict[str, str]:
    """One record of commune_a in every fenced collection."""
    campaign_id = await plan_320(system)
    scene = Scene(as_, system)
    await scene.registered("draft")
    await scene.drafted()
    editor = as_("commune_a", "editor")
    await activity_forms(system)
    await indicators(system)
    activity = await editor.made("/propaganda-activities", EVENT)
    figure = {"campaign_id": campaign_id, "indicator": "complaints", "after_value": 3}
    figure = await editor.made("/situation-figures", {**figure, "unit_id": str(unit_id("commune_a"))})
    report = await editor.made("/reports", {"campaign_id": campaign_id, "unit_id": str(unit_id("commune_a"))})
    finding = await editor.made(f"/reports/{report['id']}/findings", {"kind": "lesson", "text": "x"})
    owed = select(Obligation.id).where(Obligation.unit_id == unit_id("commune_a"), Obligation.task == "report")
    event = select(AuditEvent.id).where(AuditEvent.unit_id == unit_id("commune_a")).limit(1)
    made = {
        "directives": (await directive(as_))["id"],
        "good-practices": (await practice(as_))["id"],
        "propaganda-activities": activity["id"],
        "situation-figures": figure["id"],
        "registrations": scene.registration,
        "evaluations": scene.path.rpartition("/")[2],
        "reports": report["id"],
        "awards": await proposed(system, campaign_id, editor),
        "attachments": (await attached(editor, report_id=report["id"]))["id"],
        "finding": finding["id"],
        "obligations": str(await system.session.scalar(owed)),
        "users": str(user_id("commune_a", "editor")),
        "service-accounts": str(uuid5(NAMESPACE_URL, "robot")),
        "audit-events": str(await system.session.scalar(event)),
    }
    at = f"/reports/{report['id']}"  # submitted last: that locks its period; and only then is there a seal to read
    assert (await editor.change("PATCH", at, READY)).status_code == 200
    await handed_in(as_, at)
    return made


async def proposed(system: Tx, campaign_id: str, editor: Api) -> str:
    """The id of commune_a's draft of a proposal for an award."""
    forms = await load_shipped_award_forms(system, ref("province"))
    body = {"unit_id": str(unit_id("commune_a")), "campaign_id": campaign_id, "award_form_id": str(forms[1])}
    made = await editor.made("/awards", {**body, "recipient_kind": "collective", "achievement": "x"})
    return str(made["id"])


async def attempt(caller: Api, method: str, path: str, ours: dict[str, str]) -> int:
    """Try a route on our record with a body that would be valid."""
    collection = path.split("/")[1]
    whose = "robot-grant" if collection == "service-accounts" else "grant:commune_a:editor"
    filled = path.replace("{id}", ours[collection]).replace("{grant_id}", str(uuid5(NAMESPACE_URL, whose)))
    filled = filled.replace("{key_id}", str(uuid5(NAMESPACE_URL, "robot-key")))
    filled = filled.replace("{finding_id}", ours["finding"])
    headers = {} if method == "GET" else {"If-Match": "*"}
    return (await caller.request(method, filled, BODIES.get(f"{method} {path}"), headers)).status_code


async def test_a_neighbour_finds_nothing(app: FastAPI, as_: As, ours: dict[str, str]) -> None:
    elsewhere = {
        "users": [as_("district_vinh", "administrator")],
        "service-accounts": [as_("district_vinh", "administrator")],
        "audit-events": [as_("district_vinh", "auditor")],
    }
    neighbours = [as_("commune_b", "editor"), as_("commune_b", "approver")]
    found = [
        (method, path, await attempt(caller, method, path, ours))
        for method, path in by_id_routes(app)
        for caller in elsewhere.get(path.split("/")[1], neighbours)
    ]
    assert [(method, path, status) for method, path, status in found if status != 404] == []
    assert len(found) > 50


async def test_nobody_gets_in_without_signing_in(app: FastAPI, anonymous: Api, ours: dict[str, str]) -> None:
    found = {f"{m} {path}": await attempt(anonymous, m, path, ours) for m, path in by_id_routes(app)}
    assert {route: status for route, status in found.items() if status != 401} == {}
    for method, path in by_id_routes(app):  # nor does a missing If-Match answer before the missing credentials
        bare = path.replace("{id}", ours[path.split("/")[1]]).replace("{grant_id}", "x").replace("{key_id}", "x")
        bare = bare.replace("{finding_id}", "x")
        assert (await anonymous.request(method, bare)).status_code == 401, path


async def test_a_viewer_inside_reads_and_changes_nothing(app: FastAPI, as_: As, ours: dict[str, str]) -> None:
    viewer, found = as_("commune_a", "viewer"), {}
    for method, path in by_id_routes(app):
        if path.split("/")[1] not in {"users", "service-accounts", "audit-events"}:
            found[f"{method} {path}"] = await attempt(viewer, method, path, ours)
    readable = {route for route, status in found.items() if status == 200}
    assert {route.split()[0] for route in readable} == {"GET"}
    assert {status for route, status in found.items() if route not in readable} == {403}


async def test_a_viewer_may_not_look_after_accounts_or_read_the_log(
    app: FastAPI, as_: As, ours: dict[str, str]
) -> None:
    for method, path in by_id_routes(app):
        if path.split("/")[1] in {"users", "service-accounts", "audit-events"}:
            assert await attempt(as_("commune_a", "viewer"), method, path, ours) == 403, path
