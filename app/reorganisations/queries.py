"""All SQL of acts and their effects, but for what passes from unit to unit (``carrying.py``)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Uuid,
    any_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    true,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.access.actor import UnitRef
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.reorganisations.models import Reorganisation, ReorganisationChange, ReorganisationEffect
from app.units.models import Unit

# A balance sheet may be megabytes: only who reads one act gets it.
_LARGE = {"balance", "faults"}
_HEAD = select(
    *(column for column in Reorganisation.__table__.columns if column.name not in _LARGE),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
).join(Unit, Unit.id == Reorganisation.unit_id)
_ONE = _HEAD.add_columns(Reorganisation.balance, Reorganisation.faults).where(Reorganisation.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Reorganisation, key_share=True)
_DUE = (
    select(Reorganisation.id)
    .where(Reorganisation.status == "planned", Reorganisation.effective_on <= bindparam("today"))
    .order_by(Reorganisation.effective_on, Reorganisation.created_at)
)
_OVERLAPPING = (
    select(Reorganisation.id, Reorganisation.decision_number, Reorganisation.effective_on)
    .where(
        Reorganisation.status == "planned",
        Reorganisation.id != bindparam("but"),
        or_(
            Reorganisation.unit_path.startswith(bindparam("path"), autoescape=False),
            func.starts_with(bindparam("path"), Reorganisation.unit_path),
        ),
    )
    .limit(1)
)

LISTING = Listing(
    select=_HEAD,
    key=Reorganisation.id,
    sorts={"effective_on": (Reorganisation.effective_on,), "-effective_on": (Reorganisation.effective_on,)},
    filters={
        "status": Reorganisation.status == bindparam("status"),
        "updated_since": Reorganisation.updated_at >= bindparam("updated_since"),
    },
)

_CHANGE_COLUMNS = tuple(
    column for column in ReorganisationChange.__table__.columns if column.name not in {"unit_id", "unit_path"}
)
CHANGES = Listing(
    select=select(*_CHANGE_COLUMNS),
    key=ReorganisationChange.position,
    sorts={"position": (ReorganisationChange.position,)},
    filters={"act": ReorganisationChange.reorganisation_id == bindparam("act")},
)
_balanced = (
    func.jsonb_array_elements(Reorganisation.balance["units"], type_=JSONB)
    .table_valued("unit", with_ordinality="position")
    .render_derived()
)
BALANCED = Listing(
    select=select(_balanced.c.unit).select_from(Reorganisation).join(_balanced, true()),
    key=type_coerce(_balanced.c.position, Integer),
    sorts={"position": ()},
    filters={
        "act": Reorganisation.id == bindparam("act"),
        "fate": type_coerce(_balanced.c.unit, JSONB)["fate"].astext == bindparam("fate"),
    },
)
_LINES = (
    select(*_CHANGE_COLUMNS)
    .where(ReorganisationChange.reorganisation_id == bindparam("act"))
    .order_by(ReorganisationChange.position)
)

_Former, _Above = aliased(Unit, name="former"), aliased(Unit, name="above")
_WAITING = (
    select(
        *(ReorganisationEffect.id, ReorganisationEffect.unit_id, Unit.code, Unit.name, Unit.sort_key),
        *(Unit.path, Unit.level),
        _Former.id.label("former_id"),
        _Former.code.label("former_code"),
        _Former.name.label("former_name"),
        _Above.id.label("above_id"),
        _Above.code.label("above_code"),
        _Above.name.label("above_name"),
    )
    .join(Unit, Unit.id == ReorganisationEffect.unit_id)
    .join(_Former, _Former.id == func.cast(ReorganisationEffect.before["parent_id"].astext, Unit.id.type))
    .join(_Above, _Above.id == Unit.parent_id)
    .where(
        ReorganisationEffect.effect == "unplaced",
        ReorganisationEffect.settled_at.is_(None),
        # Whoever was moved or ended by other verbs meanwhile waits no longer.
        Unit.ended_on.is_(None),
        Unit.parent_id == func.cast(ReorganisationEffect.after["parent_id"].astext, Unit.id.type),
    )
)
UNPLACED = Listing(
    select=_WAITING,
    key=ReorganisationEffect.id,
    sorts={"name": (Unit.sort_key, Unit.code)},
    filters={"act": ReorganisationEffect.reorganisation_id == bindparam("act")},
)
_WAITING_OF = _WAITING.where(ReorganisationEffect.reorganisation_id == bindparam("act"))

RECORDS: Final = {
    "directives": "directive",
    "propaganda_activities": "activity",
    "situation_figures": "situation_figure",
    "practices": "practice",
    "registrations": "registration",
    "evaluations": "evaluation",
    "awards": "award",
    "reports": "report",
}
"""The tables of what units record, and how the event log calls their rows."""
_PASSES_ON: Final = {
    "practices": "status = 'draft' AND proposed_at IS NULL",
    "registrations": "status = 'draft' AND submitted_at IS NULL",
    "awards": "status = 'draft' AND submitted_at IS NULL",
}
"""Drafts that nobody has seen bind no day: they pass to the successor."""
_COUNTED = text(
    " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, unit_id, count(*) AS n, count(*) FILTER (WHERE created_at >= :since"  # noqa: S608
        f" AND NOT ({_PASSES_ON.get(table, 'false')})) AS later"
        f" FROM {table} WHERE unit_path >= :path_from AND unit_path < :path_to GROUP BY unit_id"
        for table, kind in RECORDS.items()
    )
)
_HELD = text(
    "SELECT (SELECT count(*) FROM grants WHERE unit_id = ANY (:ids)"
    " AND (valid_to IS NULL OR valid_to > :today)) AS grants,"
    " (SELECT count(*) FROM obligations o JOIN campaigns c ON c.id = o.campaign_id AND c.status = 'open'"
    "  WHERE o.unit_id = ANY (:ids) AND o.left_on IS NULL"
    "  AND o.status IN ('not_started', 'drafting', 'returned')) AS obligations"
)


def _range(path: str) -> dict[str, str]:
    return {"path_from": path, "path_to": path.rstrip(".") + "/"}


async def get(session: Session, act_id: UUID, *, lock: bool = False) -> AnyRow:
    """One act with its unit. Raises 404."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": act_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def due(session: Session, today: date) -> list[UUID]:
    """Planned acts whose day has come, in the order in which they take effect."""
    return list((await session.execute(_DUE, {"today": today})).scalars())


async def overlapping(session: Session, top: UnitRef, but: UUID) -> AnyRow | None:
    """Another act that is planned above, at or under ``top``."""
    return (await session.execute(_OVERLAPPING, {"path": top.path, "but": but})).one_or_none()


async def add(session: Session, values: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> None:
    """Insert an act with its lines."""
    await session.execute(insert(Reorganisation), dict(values))
    if lines:
        await session.execute(insert(ReorganisationChange), [dict(line) for line in lines])


async def change(session: Session, act_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked act and count its version up."""
    await session.execute(
        update(Reorganisation)
        .where(Reorganisation.id == act_id)
        .values(**values, version=Reorganisation.version + 1)
        .execution_options(synchronize_session=False)
    )


async def lines(session: Session, act_id: UUID) -> Sequence[AnyRow]:
    """The lines of an act in the order in which they were sent."""
    return (await session.execute(_LINES, {"act": act_id})).all()


async def meant(session: Session, act_id: UUID, found: Sequence[tuple[int, UUID | None, UUID | None]]) -> None:
    """Put down which units the lines (by position) turned out to mean."""
    if found:
        await session.exec_driver_sql(
            "UPDATE reorganisation_changes c SET old_unit_id = n.old_id, new_unit_id = n.new_id"
            " FROM unnest($2::int[], $3::uuid[], $4::uuid[]) AS n(position, old_id, new_id)"
            " WHERE c.reorganisation_id = $1 AND c.position = n.position",
            (act_id, *(list(column) for column in zip(*found, strict=True))),
        )


async def counts(session: Session, top: UnitRef, since: datetime) -> Sequence[AnyRow]:
    """How many records of each kind each unit under ``top`` has (``n``), and how many made since ``since``."""
    return (await session.execute(_COUNTED, {"since": since, **_range(top.path)})).all()


async def held(session: Session, ids: Sequence[UUID], today: date) -> AnyRow:
    """How many roles people hold at ``ids``, and how much those units still owe."""
    return (await session.execute(_HELD, {"ids": list(ids), "today": today})).one()


_EFFECTS = select(ReorganisationEffect.__table__).where(ReorganisationEffect.reorganisation_id == bindparam("act"))
_PATHS = select(Unit.id, Unit.path).where(Unit.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


async def effects(session: Session, act_id: UUID) -> Sequence[AnyRow]:
    """What the act did."""
    return (await session.execute(_EFFECTS, {"act": act_id})).all()


async def paths(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """Where units stand today, by id."""
    return {row.id: row.path for row in await session.execute(_PATHS, {"ids": list(ids)})}


async def waiting(session: Session, act_id: UUID) -> Sequence[AnyRow]:
    """The base units that still wait to be placed."""
    return (await session.execute(_WAITING_OF, {"act": act_id})).all()


async def settle(session: Session, effect_ids: Sequence[UUID], now: datetime) -> None:
    """Note that base units were placed."""
    await session.execute(
        update(ReorganisationEffect)
        .where(ReorganisationEffect.id.in_(effect_ids))
        .values(settled_at=now)
        .execution_options(synchronize_session=False)
    )
