"""Chosen ids of evaluations and awards, which need a scene of their own; many writing under one id."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.access.actor import Tx
from app.awards.shipped import load_shipped_award_forms
from tests.actors import Api
from tests.builders.submissions import RESULTS, bundle, scene
from tests.builders.units import ref, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]


async def repeatable(editor: Api, path: str, body: dict[str, Any], change: dict[str, Any]) -> None:
    """The same again is 200 with the same record; other content 409."""
    first = await editor.post(path, body)
    assert (first.status_code, first.json()["id"]) == (201, body["id"]), first.text
    again = await editor.post(path, body)
    assert (again.status_code, again.json()) == (200, first.json())
    other = await editor.post(path, {**body, **change})
    assert (other.status_code, other.json()["code"]) == (409, "duplicate_id")


async def test_an_evaluation_with_its_results(as_: As, system: Tx) -> None:
    await scene(system)
    editor = as_("commune_a", "editor")
    registered = await editor.made("/registrations", {"unit_id": str(unit_id("commune_a")), "year": 2024})
    body = {"id": str(uuid4()), "registration_id": registered["id"], "stage": "forecast", "results": RESULTS}
    await repeatable(editor, "/evaluations", body, {"results": RESULTS[:1]})


async def test_an_award_and_the_same_in_a_bundle(as_: As, system: Tx) -> None:
    plan = await scene(system)
    forms = await load_shipped_award_forms(system, ref("province"))
    editor = as_("commune_a", "editor")
    award = {"award_form_id": str(forms[1]), "recipient_kind": "collective", "achievement": "Giữ vững an ninh"}
    body = {"id": str(uuid4()), "unit_id": str(unit_id("commune_a")), "campaign_id": plan, **award}
    await repeatable(editor, "/awards", body, {"achievement": "Khác"})
    form = (await editor.get(f"/award-forms/{forms[1]}")).json()["code"]
    named = {"form": form, **{name: award[name] for name in ("recipient_kind", "achievement")}}
    sent = {"unit": "17509", "campaign": plan, "awards": [named]}
    known = await editor.post("/submissions", sent)
    assert known.status_code == 200, known.text
    assert [(item["outcome"], item["id"]) for item in known.json()["items"]] == [("unchanged", body["id"])]
    sent["awards"] = [{**named, "achievement": "Khác hẳn"}]
    assert (await editor.post("/submissions", sent)).status_code == 409
    changed = await editor.post("/submissions?on_conflict=update", sent)
    assert changed.json()["items"][0]["outcome"] == "updated", changed.text
    assert (await editor.get(f"/awards/{body['id']}")).json()["achievement"] == "Khác hẳn"


async def test_a_set_may_be_named_by_its_code(as_: As, system: Tx) -> None:
    await scene(system)
    editor = as_("commune_a", "editor")
    evaluation = {"year": 2024, "stage": "forecast", "criteria_set": "THU-XA"}
    made = await editor.post("/submissions", bundle(evaluations=[evaluation]))
    assert made.status_code == 200, made.text
    other = await editor.post("/submissions", bundle("commune_a", evaluations=[{**evaluation, "criteria_set": "X"}]))
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (409, "/evaluations/0")
