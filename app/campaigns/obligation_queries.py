"""All SQL about obligations: who owes what, how it stands, and the counts of the progress board."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    Date,
    and_,
    bindparam,
    case,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from app.access.actor import LABEL_WIDTH, UnitRef
from app.campaigns.deadlines import TIMELINESS
from app.campaigns.models import ACCEPTED, OBLIGATION_STATUSES, SUBMITTED, Deadline, Extension, Obligation
from app.kernel.db import AnyRow, AnySelect, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

COUNTED: ColumnElement[bool] = Obligation.left_on.is_(None)
"""What counts among the expected: everything on the frozen list that has not left it."""


def _start_of(day: Any) -> ColumnElement[datetime]:
    return func.timezone(literal_column("'Asia/Ho_Chi_Minh'"), cast(day, TIMESTAMP))


def timeliness_of(owed: Any = Obligation) -> ColumnElement[str]:
    """``deadlines.timeliness`` for every row of ``owed``; bind ``today`` to the domain's day in Asia/Ho_Chi_Minh."""
    first, due, extended = owed.first_counted_at, owed.due_before, owed.extended_to
    word: dict[str, ColumnElement[str]] = {name: literal_column(f"'{name}'") for name in TIMELINESS}
    past = func.coalesce(extended, due) <= bindparam("today", type_=Date)
    return case(
        (and_(first.is_(None), past), word["overdue"]),
        (first.is_(None), word["not_due"]),
        (first < _start_of(due), word["on_time"]),
        (first < _start_of(extended), word["on_time_extended"]),
        else_=word["late"],
    )


_SELECT = select(
    *(column for column in Obligation.__table__.columns),
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
).join(Unit, Unit.id == Obligation.unit_id)
_ONE = _SELECT.where(Obligation.id == bindparam("id"))
_LOCKED = _ONE.with_for_update(of=Obligation, key_share=True)
_OF_UNIT = _SELECT.where(
    Obligation.campaign_id == bindparam("campaign_id"),
    Obligation.task == bindparam("task"),
    Obligation.unit_id == bindparam("unit_id"),
)
_OF_UNIT_LOCKED = _OF_UNIT.with_for_update(of=Obligation, key_share=True)

OBLIGATIONS = Listing(
    select=_SELECT,
    key=Obligation.id,
    sorts={
        "unit": (Obligation.unit_path, Obligation.task),
        "due_before": (Obligation.due_before,),
        "updated_at": (Obligation.updated_at,),
        "-updated_at": (Obligation.updated_at,),
    },
    filters={
        "campaign": Obligation.campaign_id == bindparam("campaign"),
        "unit": Obligation.unit_id == bindparam("unit"),
        "under": under_clause(Obligation.unit_path),
        "task": Obligation.task == bindparam("task"),
        "status": Obligation.status == bindparam("status"),
        "timeliness": and_(COUNTED, timeliness_of() == bindparam("timeliness")),
        "updated_since": Obligation.updated_at >= bindparam("updated_since"),
    },
)

_EXTENSIONS = (
    select(Extension.id, Extension.due_before, Extension.reason, Extension.granted_by, Extension.granted_at)
    .where(Extension.obligation_id == bindparam("obligation_id"))
    .order_by(Extension.id)
)


async def get(session: Session, obligation_id: UUID, *, lock: bool = False) -> AnyRow:
    """One obligation with its unit. Raises 404 outside the fence."""
    row = (await session.execute(_LOCKED if lock else _ONE, {"id": obligation_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class Owed:
    """Which obligation: a unit's task in a campaign."""

    campaign_id: UUID
    unit_id: UUID
    task: str = "report"


async def find(session: Session, owed: Owed, *, lock: bool = False) -> "AnyRow | None":
    """The unit's obligation, if it has one; one that left the list is found too."""
    values = {"campaign_id": owed.campaign_id, "unit_id": owed.unit_id, "task": owed.task}
    return (await session.execute(_OF_UNIT_LOCKED if lock else _OF_UNIT, values)).one_or_none()


async def change(session: Session, obligation_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked obligation and count its version up."""
    await session.execute(
        update(Obligation).where(Obligation.id == obligation_id).values(**values, version=Obligation.version + 1)
    )


async def add(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an obligation."""
    await session.execute(insert(Obligation), dict(values))


async def extensions(session: Session, obligation_id: UUID) -> Sequence[AnyRow]:
    """What was granted, oldest first."""
    return (await session.execute(_EXTENSIONS, {"obligation_id": obligation_id})).all()


async def add_extension(session: Session, values: Mapping[str, Any]) -> None:
    """Insert an extension."""
    await session.execute(insert(Extension), dict(values))


# The identifiers are UUIDv7 (RFC 9562) made of a random one: PostgreSQL has uuidv7() only since 18.
_FREEZE = text(
    """
INSERT INTO obligations (id, unit_id, unit_path, campaign_id, task, deadline_id, due_before, created_at, updated_at)
SELECT DISTINCT ON (d.task, u.id)
    CAST(encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send(CAST(
        extract(epoch FROM clock_timestamp()) * 1000 AS bigint)) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex') AS uuid),
    u.id, u.path, d.campaign_id, d.task, d.id, d.due_before, :now, :now
FROM deadlines d
JOIN unit_facts f ON f.level = d.level AND f.valid_from <= :today AND (f.valid_to IS NULL OR f.valid_to > :today)
JOIN units u ON u.id = f.unit_id AND (u.ended_on IS NULL OR u.ended_on > :today)
LEFT JOIN unit_facts p
    ON p.unit_id = f.parent_id AND p.valid_from <= :today AND (p.valid_to IS NULL OR p.valid_to > :today)
WHERE d.campaign_id = :campaign_id AND u.path >= :path_from AND u.path < :path_to
    AND (d.parent_level IS NULL OR d.parent_level = p.level)
ORDER BY d.task, u.id, d.parent_level NULLS LAST
"""
)


def _range(path: str) -> dict[str, str]:
    return {"path_from": path, "path_to": path.rstrip(".") + "/"}


async def freeze(session: Session, campaign_id: UUID, owner: UnitRef, now: datetime, today: date) -> int:
    """One obligation per deadline and unit that stands at its level under ``owner`` today; how many were made."""
    values = {"campaign_id": campaign_id, "now": now, "today": today, **_range(owner.path)}
    return (await session.execute(_FREEZE, values)).rowcount


_PARENT = aliased(Unit)
_DEADLINE_FOR = (
    select(Deadline.id, Deadline.due_before)
    .join(Unit, Unit.id == bindparam("unit_id"))
    .outerjoin(_PARENT, _PARENT.id == Unit.parent_id)
    .where(
        Deadline.campaign_id == bindparam("campaign_id"),
        Deadline.task == bindparam("task"),
        Deadline.level == Unit.level,
        or_(Deadline.parent_level.is_(None), Deadline.parent_level == _PARENT.level),
    )
    .order_by(Deadline.parent_level.asc().nulls_last())
    .limit(1)
)


async def deadline_for(session: Session, owed: Owed) -> "AnyRow | None":
    """The campaign's deadline for a unit of that level, if it has one."""
    values = {"campaign_id": owed.campaign_id, "unit_id": owed.unit_id, "task": owed.task}
    return (await session.execute(_DEADLINE_FOR, values)).one_or_none()


def _board(sort: str) -> AnySelect:
    """One row per child of a unit, and one for the unit itself, each with the counts of what lies in its branch."""
    of_this = and_(Obligation.campaign_id == bindparam("campaign_id"), Obligation.task == bindparam("task"), COUNTED)
    owed = (
        select(
            func.left(Obligation.unit_path, bindparam("width")).label("branch"),
            Obligation.status,
            timeliness_of().label("timeliness"),
        )
        .where(of_this, Obligation.unit_path >= bindparam("path_from"), Obligation.unit_path < bindparam("path_to"))
        .cte("owed")
    )
    counts = (
        *(func.count().filter(owed.c.status == word).label(f"n_{word}") for word in OBLIGATION_STATUSES),
        *(func.count().filter(owed.c.timeliness == word).label(f"n_{word}") for word in TIMELINESS),
    )
    tally = select(owed.c.branch, *counts).group_by(owed.c.branch).cte("tally")
    names = [*OBLIGATION_STATUSES, *TIMELINESS]
    return (
        select(
            Unit.id.label("unit_id"),
            Unit.code.label("unit_code"),
            Unit.name.label("unit_name"),
            Unit.level.label("unit_level"),
            *(func.coalesce(tally.c[f"n_{name}"], 0).label(f"n_{name}") for name in names),
            *(column for column in Obligation.__table__.columns if column.name not in {"unit_id", "unit_path"}),
        )
        .outerjoin(tally, tally.c.branch == Unit.path)
        .outerjoin(Obligation, and_(Obligation.unit_id == Unit.id, of_this))
        .where(
            or_(Unit.id == bindparam("unit_id"), Unit.parent_id == bindparam("unit_id")),
            # An ended unit shows only where something of its own still counts.
            or_(Unit.id == bindparam("unit_id"), Unit.ended_on.is_(None), tally.c.branch.is_not(None)),
        )
        .order_by(*((Unit.sort_key, Unit.id) if sort == "name" else (Unit.code, Unit.id)))
    )


_BOARDS = {sort: _board(sort) for sort in ("name", "code")}


@dataclass(frozen=True, slots=True)
class Board:
    """Which board: a unit's children in a campaign, for one task, on one day."""

    campaign_id: UUID
    unit: UnitRef
    task: str
    today: date
    sort: str = "name"


async def board(session: Session, wanted: Board) -> Sequence[AnyRow]:
    """The unit itself and its children in today's tree, each with the counts of its branch, in one statement."""
    values = {
        "campaign_id": wanted.campaign_id,
        "unit_id": wanted.unit.id,
        "task": wanted.task,
        "today": wanted.today,
        "width": len(wanted.unit.path) + LABEL_WIDTH,
        **_range(wanted.unit.path),
    }
    return (await session.execute(_BOARDS[wanted.sort], values)).all()


_UNDER = (
    select(
        func.count().label("expected"),
        func.count().filter(SUBMITTED).label("submitted"),
        func.count().filter(ACCEPTED).label("accepted"),
    )
    .where(
        Obligation.campaign_id == bindparam("campaign_id"),
        Obligation.task == bindparam("task"),
        Obligation.unit_path > bindparam("path_from"),
        Obligation.unit_path < bindparam("path_to"),
        COUNTED,
    )
    .select_from(Obligation)
)


async def coverage_below(session: Session, campaign_id: UUID, unit: UnitRef, task: str = "report") -> AnyRow:
    """How many units below ``unit`` (itself left out) are expected, stand submitted, are accepted."""
    values = {"campaign_id": campaign_id, "task": task, **_range(unit.path)}
    return (await session.execute(_UNDER, values)).one()
