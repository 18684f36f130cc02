"""Whole sets into and out of the system as files: what a file says, another unit or system reads back unchanged."""

from typing import Literal, NamedTuple
from uuid import UUID

from app.access.actor import Tx
from app.criteria import csvfile, queries
from app.criteria.document import CriteriaSetFile, file_of, parse
from app.criteria.schemas import CriteriaSetOut
from app.criteria.service import read, start
from app.kernel import strictjson
from app.units.references import living_ref

CSV = "text/csv"
JSON = "application/json"


class Exported(NamedTuple):
    """A set as a file; ``version`` is that of the record."""

    content: bytes
    media_type: str
    name: str
    version: int


async def exported(tx: Tx, set_id: UUID, form: Literal["json", "csv"]) -> Exported:
    """The set as a file that :func:`imported` reads back. Raises 404."""
    row = await queries.get(tx.session, set_id)
    whole = file_of(row, *await queries.contents(tx.session, set_id))
    name = f"Bộ tiêu chí {row.code} v{row.set_version}.{form}"
    if form == "csv":
        return Exported(csvfile.write(whole), f"{CSV}; charset=utf-8", name, row.version)
    return Exported(whole.model_dump_json(indent=2).encode() + b"\n", JSON, name, row.version)


async def imported(tx: Tx, unit_id: UUID, content: bytes, media_type: str) -> CriteriaSetOut:
    """Start a draft from a file, all or nothing.

    Where the unit has an earlier version of the set, the draft is its next one and criteria of the same code are
    mapped. Raises 404 / 403 by the unit, 409 ``duplicate``, 422 with a pointer or line for each fault.
    """
    whole = csvfile.read(content) if media_type == CSV else parse(CriteriaSetFile, strictjson.loads(content))
    unit = await living_ref(tx.session, unit_id)
    existing = await queries.versions(tx.session, unit.id, whole.code)
    number = whole.version or (existing[-1].set_version + 1 if existing else 1)
    earlier = [row.id for row in existing if row.set_version < number and row.status != "draft"]
    set_id = await start(tx, unit, whole, set_version=number, previous=earlier[-1] if earlier else None)
    return await read(tx, set_id)
