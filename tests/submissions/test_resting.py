"""Evaluations never come to rest on a registration of another unit, whatever id a bundle chooses."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import IntegrityError

from app.access.actor import Tx
from app.evaluations.models import Evaluation
from tests.actors import Api
from tests.builders.submissions import bundle, counts, scene
from tests.builders.units import path, unit_id

pytestmark = pytest.mark.anyio
As = Callable[[str, str], Api]
NDJSON = {"Content-Type": "application/x-ndjson"}
_A_SET = text("SELECT id FROM criteria_sets LIMIT 1")


async def taken_elsewhere(as_: As, system: Tx) -> str:
    """The id of a registration that the neighbours made and nobody else sees."""
    await scene(system)
    neighbour = as_("commune_b", "editor")
    made = await neighbour.made("/registrations", {"unit_id": str(unit_id("commune_b")), "year": 2024})
    return str(made["id"])


def resting_on(chosen: str, **named: Any) -> dict[str, Any]:
    """A bundle that would register under the id ``chosen`` and evaluate that."""
    return bundle(
        registrations=[{"id": chosen, "year": 2024}],
        evaluations=[{"stage": "forecast", **(named or {"year": 2024})}],
    )


@pytest.mark.parametrize("by", ["year", "registration_id"])
async def test_a_partial_bundle_leaves_no_evaluation_on_a_hidden_registration(as_: As, system: Tx, by: str) -> None:
    chosen = await taken_elsewhere(as_, system)
    sent = resting_on(chosen, **({by: 2024} if by == "year" else {by: chosen}))
    answer = await as_("commune_a", "editor").post("/submissions?partial=true", sent)
    assert answer.status_code == 200, answer.text
    faults = {item["pointer"]: [one["code"] for one in item["errors"]] for item in answer.json()["items"]}
    assert faults["/registrations/0"] == ["duplicate_id"]
    assert faults["/evaluations/0"] == ["registration_refused"]
    assert faults["/directives/0"] == []
    rows = await counts(system)
    assert (rows["evaluations"], rows["directives"]) == (0, 2)


async def test_nor_does_a_line_of_many(as_: As, system: Tx) -> None:
    chosen = await taken_elsewhere(as_, system)
    sent = b"\n".join(orjson.dumps(one) for one in (resting_on(chosen), bundle("school_a1", directives=[])))
    for partial in ("true", "false"):
        answer = await as_("commune_a", "editor").post(f"/submissions?partial={partial}", content=sent, headers=NDJSON)
        [line, _] = [orjson.loads(one) for one in answer.content.splitlines()]
        codes = [one["code"] for item in line["items"] for one in item["errors"]]
        assert "registration_refused" in codes
    answer = await as_("commune_b", "editor").get("/evaluations")
    assert answer.json()["items"] == []


async def test_the_database_itself_keeps_an_evaluation_at_its_registrations_unit(as_: As, system: Tx) -> None:
    registration = await taken_elsewhere(as_, system)
    row = {
        "id": uuid4(),
        "unit_id": unit_id("commune_a"),
        "unit_path": path("commune_a"),
        "registration_id": registration,
        "criteria_set_id": await system.session.scalar(_A_SET),
        "year": 2024,
        "stage": "final",
        "created_at": datetime.now(UTC),
        "updated_at": datetime.now(UTC),
    }
    with pytest.raises(IntegrityError, match="fk_evaluations_registration"):
        async with system.session.begin_nested():
            await system.session.execute(insert(Evaluation), row)
    await system.session.execute(
        insert(Evaluation), {**row, "unit_id": unit_id("commune_b"), "unit_path": path("commune_b")}
    )
