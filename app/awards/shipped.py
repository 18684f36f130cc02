"""The forms of award that ship as data (``app/data/awards``): loaded once, never twice."""

from importlib import resources
from typing import Any
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.awards import queries_quotas as queries
from app.awards.catalogue import create
from app.awards.schemas_quotas import AwardFormIn
from app.kernel.strictjson import loads


def shipped_award_forms() -> list[dict[str, Any]]:
    """The forms as the file has them, in the order of the plan."""
    found = loads(resources.files("app.data").joinpath("awards", "forms.json").read_bytes())
    assert isinstance(found, dict)
    return list(found["forms"])


async def load_shipped_award_forms(tx: Tx, owner: UnitRef) -> list[UUID]:
    """Put the shipped forms into the catalogue of ``owner``; their ids.

    One whose code is there already is left as it is, whatever became of it meanwhile. Raises 403 / 404 unless the actor
    keeps catalogues there.
    """
    ids: list[UUID] = []
    for shipped in shipped_award_forms():
        found = await queries.form_by_code(tx.session, owner.id, shipped["code"])
        if found is None:
            ids.append((await create(tx, AwardFormIn.model_validate({**shipped, "unit_id": owner.id}))).id)
        else:
            ids.append(found.id)
    return ids
