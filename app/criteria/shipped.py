"""The criteria sets that ship with the product (``app/data/criteria``); each notice says what is not official."""

from importlib import resources
from uuid import UUID

from app.access.actor import Tx, UnitRef
from app.criteria import queries
from app.criteria.document import CriteriaSetFile, parse
from app.criteria.schemas import CriteriaSetTransition
from app.criteria.service import move, start
from app.kernel import strictjson


def shipped() -> list[CriteriaSetFile]:
    """The sets as files, in the order of their file names."""
    folder = resources.files("app.data").joinpath("criteria")
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".json")), key=lambda file: file.name)
    return [parse(CriteriaSetFile, strictjson.loads(file.read_bytes())) for file in files]


async def load_shipped(tx: Tx, owner: UnitRef, *, publish: bool) -> list[UUID]:
    """Make the shipped sets those of ``owner`` and return their ids; what is there already stays as it is.

    With ``publish``, those that are still drafts are published. Raises 403 / 404 unless the actor manages criteria
    there.
    """
    ids = []
    for whole in shipped():
        number = whole.version or 1
        existing = {row.set_version: row for row in await queries.versions(tx.session, owner.id, whole.code)}
        found = existing.get(number)
        set_id = found.id if found else await start(tx, owner, whole, set_version=number)
        if publish and (found is None or found.status == "draft"):
            await move(tx, set_id, None, CriteriaSetTransition(action="publish"))
        ids.append(set_id)
    return ids
