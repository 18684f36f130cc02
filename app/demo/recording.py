"""The records behind the forms: loads their catalogues and inserts what the sample invents of each."""

from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

from sqlalchemy import insert

from app.access.actor import Tx, UnitRef
from app.demo.activities import Form, Records, add_activities, add_figures
from app.demo.documents import add_directives, add_practices
from app.demo.scene import Scene
from app.directives.models import Directive
from app.kernel.db import Session
from app.practices.models import Practice
from app.propaganda.models import Activity
from app.propaganda.shipped import load_shipped_activity_forms, shipped_activity_forms
from app.situation.models import SituationFigure
from app.situation.shipped import load_shipped_indicators, shipped_indicators


async def records_of(opening: Tx, owner: UnitRef, scene: Scene, campaign_id: UUID) -> Records:
    """The sample's records, after loading both catalogues under ``owner``.

    Call it on an empty database, as the system, with ``opening`` before the first record.
    """
    forms = shipped_activity_forms()
    form_ids = await load_shipped_activity_forms(opening, owner)
    indicator_ids = await load_shipped_indicators(opening, owner)
    codes = [indicator.code for indicator in shipped_indicators()]
    # Its own chance, so that what is added here changes nothing else of the sample.
    scene = replace(scene, random=Random(321))  # noqa: S311 - a sample, not a secret
    records = Records()
    known = {form.code: Form(found, form.title_vi, form.counted) for form, found in zip(forms, form_ids, strict=True)}
    add_activities(scene, records, known)
    add_figures(scene, records, dict(zip(codes, indicator_ids, strict=True)), campaign_id)
    add_directives(scene, records)
    add_practices(scene, records)
    return records


_TABLES = {"directives": Directive, "practices": Practice, "activities": Activity, "figures": SituationFigure}


async def insert_records(session: Session, records: Records, since: datetime, until: datetime) -> dict[str, int]:
    """Insert the records made from ``since`` and before ``until``; how many of each."""
    counts = {}
    for name, table in _TABLES.items():
        rows = [row for row in getattr(records, name) if since <= row["created_at"] < until]
        counts[name] = len(rows)
        if rows:
            await session.execute(insert(table), rows)
    return counts
