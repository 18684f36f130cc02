"""The set of forms that ships with the product (``app/data/forms``); each form says what of it is a proposal."""

from importlib import resources
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.forms import queries
from app.forms.schemas import FormSetFile, FormSetTransition
from app.forms.service import move, start
from app.kernel import strictjson


def shipped() -> list[FormSetFile]:
    """The sets as files, in the order of their file names."""
    folder = resources.files("app.data").joinpath("forms")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return [FormSetFile.model_validate(strictjson.loads(file.read_bytes())) for file in files]


async def load_shipped_form_sets(tx: Tx, owner: UnitRef, *, publish: bool = True) -> list[UUID]:
    """Make the shipped sets those of ``owner`` and return their ids; what is there already stays as it is.

    With ``publish``, those that are still drafts are published. Raises 403 / 404 unless the actor manages forms there.
    """
    ids = []
    for whole in shipped():
        existing = {row.set_version: row for row in await queries.versions(tx.session, owner.id, whole.code)}
        found = existing.get(whole.version)
        values = whole.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
        set_id = found.id if found else await start(tx, owner, values, set_version=whole.version)
        if publish and (found is None or found.status == "draft"):
            await move(tx, set_id, None, FormSetTransition(action="publish"))
        ids.append(set_id)
    return ids
