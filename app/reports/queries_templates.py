"""All SQL about a campaign's own draft texts, and the texts that ship (``app/data/outline``)."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.campaigns.shipped import shipped_campaign
from app.kernel.db import AnyRow, Session
from app.kernel.strictjson import loads
from app.reports.models import OutlineTemplate

_OF_CAMPAIGN = select(
    OutlineTemplate.code, OutlineTemplate.text, OutlineTemplate.source, OutlineTemplate.version
).where(OutlineTemplate.campaign_id == bindparam("campaign_id"))
_PUT = upsert(OutlineTemplate)
_PUT = _PUT.on_conflict_do_update(
    constraint="pk_outline_templates",
    set_={
        "text": _PUT.excluded.text,
        "updated_at": _PUT.excluded.updated_at,
        "version": OutlineTemplate.version + 1,
    },
)


@cache
def shipped() -> dict[tuple[str, str], str]:
    """The texts that ship, by code and title of the heading they were written for."""
    found: dict[tuple[str, str], str] = {}
    for file in sorted(resources.files("app.data").joinpath("outline").iterdir(), key=lambda file: file.name):
        whole: Any = loads(file.read_bytes())
        titles = {part["code"]: part["title"] for part in shipped_campaign(whole["outline"])["outline"]}
        found |= {(part["code"], titles[part["code"]]): part["text"] for part in whole["sections"]}
    return found


async def of_campaign(session: Session, campaign_id: UUID) -> Sequence[AnyRow]:
    """The campaign's own texts."""
    return (await session.execute(_OF_CAMPAIGN, {"campaign_id": campaign_id})).all()


async def put(session: Session, values: Mapping[str, Any]) -> None:
    """Insert or replace a text."""
    await session.execute(_PUT, dict(values))


async def remove(session: Session, campaign_id: UUID, code: str) -> None:
    """Delete a text: the shipped one holds again."""
    statement = delete(OutlineTemplate).where(OutlineTemplate.campaign_id == campaign_id, OutlineTemplate.code == code)
    await session.execute(statement)
