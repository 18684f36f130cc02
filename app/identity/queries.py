"""SQL of looking after users and grants, behind the fence."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Date, Uuid, bindparam, exists, func, insert, select, update

from app.access.actor import UnitEnded
from app.identity.models import GrantRow, User
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

HolderKind = Literal["user", "service_account"]
HOLDER_COLUMNS = {"user": GrantRow.user_id, "service_account": GrantRow.service_account_id}

_USERS = select(
    User.id,
    User.username,
    User.full_name,
    User.email,
    User.phone,
    User.unit_id,
    User.unit_path,
    User.totp_confirmed.label("second_factor"),
    User.password_changed_at,
    User.disabled_at,
    User.version,
    User.created_at,
    User.updated_at,
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
).join(Unit, Unit.id == User.unit_id)
_USER = _USERS.where(User.id == bindparam("id"))
_USER_LOCKED = _USER.with_for_update(of=User, key_share=True)

USERS = Listing(
    select=_USERS,
    key=User.id,
    sorts={
        "username": (User.username,),
        "unit": (User.unit_path, User.username),
        "updated_at": (User.updated_at,),
        "-updated_at": (User.updated_at,),
    },
    filters={
        "q": func.strpos(User.folded, bindparam("q")) > 0,
        "unit": User.unit_id == bindparam("unit"),
        "under": under_clause(User.unit_path),
        "disabled": User.disabled_at.is_not(None) == bindparam("disabled"),
        "updated_since": User.updated_at >= bindparam("updated_since"),
    },
)

_GRANTS = select(
    GrantRow.id,
    GrantRow.role,
    GrantRow.unit_id,
    GrantRow.unit_path,
    GrantRow.valid_from,
    GrantRow.valid_to,
    GrantRow.granted_by,
    GrantRow.version,
    GrantRow.created_at,
    Unit.code.label("unit_code"),
    Unit.name.label("unit_name"),
    Unit.level.label("unit_level"),
).join(Unit, Unit.id == GrantRow.unit_id)
_OF_HOLDER = {kind: column == bindparam("holder") for kind, column in HOLDER_COLUMNS.items()}
_GRANT = {kind: _GRANTS.where(GrantRow.id == bindparam("id"), clause) for kind, clause in _OF_HOLDER.items()}
_GRANT_LOCKED = {kind: one.with_for_update(of=GrantRow, key_share=True) for kind, one in _GRANT.items()}
_NOT_ENDED = GrantRow.valid_to.is_(None) | (GrantRow.valid_to > bindparam("today"))
_SAME_GRANT = {
    kind: select(
        exists().where(clause, GrantRow.role == bindparam("role"), GrantRow.unit_id == bindparam("unit_id"), _NOT_ENDED)
    )
    for kind, clause in _OF_HOLDER.items()
}
_ROLES = {kind: select(GrantRow.role).distinct().where(clause, _NOT_ENDED) for kind, clause in _OF_HOLDER.items()}
_BEYOND = select(func.holds_beyond_scope(bindparam("holder", type_=Uuid), bindparam("today", type_=Date)))

GRANTS = {
    kind: Listing(
        select=_GRANTS,
        key=GrantRow.id,
        sorts={"valid_from": (GrantRow.valid_from,), "-valid_from": (GrantRow.valid_from,)},
        filters={"holder": clause},
    )
    for kind, clause in _OF_HOLDER.items()
}

_PLACE = select(
    Unit.id.label("unit_id"),
    Unit.path.label("unit_path"),
    Unit.level.label("unit_level"),
    Unit.name.label("unit_name"),
    Unit.ended_on,
).where(Unit.id == bindparam("id"))


async def place(session: Session, unit_id: UUID) -> AnyRow:
    """A unit for new work as ``unit_id``, ``unit_path``, ``unit_level``, ``unit_name``. 404, 409 ``unit_ended``."""
    row = _found((await session.execute(_PLACE, {"id": unit_id})).one_or_none())
    if row.ended_on is not None:
        raise UnitEnded.of(unit_id)
    return row


def _found(row: AnyRow | None) -> AnyRow:
    if row is None:
        raise NotFound
    return row


async def get_user(session: Session, user_id: UUID, *, lock: bool = False) -> AnyRow:
    """One user with the home unit; ``lock`` keeps others from changing it meanwhile. 404 outside the fence."""
    return _found((await session.execute(_USER_LOCKED if lock else _USER, {"id": user_id})).one_or_none())


async def add_user(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a user."""
    await session.execute(insert(User), dict(values))


async def change_user(session: Session, user_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked user and count its version up."""
    await session.execute(update(User).where(User.id == user_id).values(**values, version=User.version + 1))


async def get_grant(session: Session, kind: HolderKind, holder: UUID, grant_id: UUID, *, lock: bool = False) -> AnyRow:
    """One grant of the holder. 404 outside the fence."""
    statement = (_GRANT_LOCKED if lock else _GRANT)[kind]
    return _found((await session.execute(statement, {"id": grant_id, "holder": holder})).one_or_none())


async def has_grant(session: Session, kind: HolderKind, values: Mapping[str, Any]) -> bool:
    """Whether ``holder`` has ``role`` at ``unit_id`` on ``today`` or later already."""
    return bool(await session.scalar(_SAME_GRANT[kind], dict(values)))


async def roles_held(session: Session, kind: HolderKind, holder: UUID, today: date) -> list[str]:
    """The roles the holder has anywhere in the caller's scope, today or later."""
    return list((await session.execute(_ROLES[kind], {"holder": holder, "today": today})).scalars())


async def add_grant(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a grant."""
    await session.execute(insert(GrantRow), dict(values))


async def change_grant(session: Session, grant_id: UUID, valid_to: date | None) -> None:
    """Set the end of a locked grant and count its version up."""
    values = {"valid_to": valid_to, "version": GrantRow.version + 1}
    await session.execute(update(GrantRow).where(GrantRow.id == grant_id).values(**values))


async def holds_beyond_scope(session: Session, holder: UUID, today: date) -> bool:
    """Whether the holder has a grant, today or later, where the caller's scope does not reach."""
    return bool(await session.scalar(_BEYOND, {"holder": holder, "today": today}))
