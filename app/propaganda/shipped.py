"""The forms of propaganda and launch that ship (``app/data/propaganda``); each entry says whether the plan names it."""

from importlib import resources
from uuid import UUID

from pydantic import Field

from app.access.actor import Tx, UnitRef
from app.kernel import strictjson
from app.propaganda import queries
from app.propaganda.catalogue import add
from app.propaganda.schemas import ActivityFormBody, Source


class ShippedForm(ActivityFormBody):
    """An entry as the file has it."""

    source: Source
    basis: str = Field(description="Where in the plan it stands, or why it is proposed")


def shipped_activity_forms() -> list[ShippedForm]:
    """The entries of the file, in printed order."""
    content = resources.files("app.data").joinpath("propaganda", "activity_forms.json").read_bytes()
    return [ShippedForm.model_validate(entry) for entry in strictjson.loads(content)["forms"]]


async def load_shipped_activity_forms(tx: Tx, owner: UnitRef) -> list[UUID]:
    """Add the shipped forms that ``owner`` does not have yet, by code; the ids of those added.

    What is there stays as it is, whatever became of it. Raises 403 / 404 unless the actor keeps catalogues there.
    """
    there = await queries.codes(tx.session, owner.id)
    return [
        await add(tx, owner, form, source=form.source) for form in shipped_activity_forms() if form.code not in there
    ]
