"""SQL of signing in and of one's own account: run as the owning role, so every statement names whose row it means."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, any_, bindparam, case, delete, exists, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from app.identity.models import SessionRow, SignInFailures, User
from app.kernel.db import AnyRow, Session
from app.kernel.pagination import Listing
from app.units.models import Unit

_ACCOUNT = select(
    User.id,
    User.username,
    User.full_name,
    User.email,
    User.phone,
    User.password_hash,
    User.password_changed_at,
    User.totp_secret,
    User.totp_confirmed,
    User.totp_last_step,
    User.disabled_at,
    User.unit_id,
    User.unit_path,
    Unit.level.label("unit_level"),
    Unit.name.label("unit_name"),
).join(Unit, Unit.id == User.unit_id)

_BY_USERNAME = _ACCOUNT.add_columns(
    exists(
        select(SessionRow.id).where(
            SessionRow.user_id == User.id,
            SessionRow.address == bindparam("address"),
            SessionRow.created_at > bindparam("since"),
        )
    ).label("known_place")
).where(User.username == bindparam("username"))
_BY_ID = _ACCOUNT.where(User.id == bindparam("id"))
_LOCKED = _BY_ID.with_for_update(of=User, key_share=True)

_FAMILY = (
    select(
        SessionRow.id,
        SessionRow.user_id,
        SessionRow.refresh_hash,
        SessionRow.previous_hash,
        SessionRow.rotated_at,
        SessionRow.expires_at,
        SessionRow.revoked_at,
        User.username,
        User.disabled_at,
        User.unit_id,
        User.unit_path,
        Unit.level.label("unit_level"),
    )
    .join(User, User.id == SessionRow.user_id)
    .join(Unit, Unit.id == User.unit_id)
    .where(SessionRow.family_hash == bindparam("family_hash", type_=LargeBinary))
    .with_for_update(of=SessionRow, key_share=True)
)

_ALIVE = SessionRow.revoked_at.is_(None) & (SessionRow.expires_at > bindparam("wall"))

SESSIONS = Listing(
    select=select(
        SessionRow.id,
        SessionRow.created_at,
        SessionRow.rotated_at,
        SessionRow.expires_at,
        SessionRow.user_agent,
        SessionRow.address,
    ),
    key=SessionRow.id,
    sorts={"-created_at": (SessionRow.created_at,)},
    filters={"user": SessionRow.user_id == bindparam("user"), "wall": _ALIVE},
)

_END = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("session_id"), SessionRow.user_id == bindparam("owner"), _ALIVE)
    .values(revoked_at=bindparam("wall"))
)
_END_OTHERS = (
    update(SessionRow)
    .where(SessionRow.user_id == bindparam("owner"), SessionRow.id != bindparam("kept"), _ALIVE)
    .values(revoked_at=bindparam("wall"))
)
_DROP_OLD_SESSIONS = delete(SessionRow).where(
    SessionRow.user_id == bindparam("owner"), SessionRow.expires_at < bindparam("before")
)

_fresh = insert(SignInFailures).values(
    bucket=bindparam("counted"), failures=1, blocked_until=None, last_at=bindparam("now")
)
_COUNT_ATTEMPT = _fresh.on_conflict_do_update(
    index_elements=[SignInFailures.bucket],
    set_={
        "failures": case((SignInFailures.last_at < bindparam("forgotten"), 1), else_=SignInFailures.failures + 1),
        "last_at": bindparam("now"),
    },
).returning(SignInFailures.failures, SignInFailures.blocked_until)
_BLOCK = (
    update(SignInFailures).where(SignInFailures.bucket == bindparam("counted")).values(blocked_until=bindparam("until"))
)
_TOUCH = update(SignInFailures).where(SignInFailures.bucket == bindparam("counted")).values(last_at=bindparam("now"))
_FORGET = delete(SignInFailures).where(SignInFailures.bucket == bindparam("counted"))
_DROP_FORGOTTEN = delete(SignInFailures).where(
    SignInFailures.bucket.in_(
        select(SignInFailures.bucket)
        .where(SignInFailures.last_at < bindparam("before"))
        .order_by(SignInFailures.last_at)
        .limit(100)
        .with_for_update(skip_locked=True)
    )
)

_UNITS = select(Unit.id, Unit.code, Unit.name, Unit.level).where(Unit.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


async def account_by_username(session: Session, username: str, place: str | None, since: datetime) -> AnyRow | None:
    """The account of that name, and whether it was signed in to from ``place`` after ``since`` (``known_place``)."""
    values = {"username": username, "address": place, "since": since}
    return (await session.execute(_BY_USERNAME, values)).one_or_none()


async def account(session: Session, user_id: UUID, *, lock: bool = False) -> AnyRow:
    """A user's own account; ``lock`` keeps others from changing it meanwhile."""
    return (await session.execute(_LOCKED if lock else _BY_ID, {"id": user_id})).one()


async def change_account(session: Session, user_id: UUID, values: Mapping[str, Any], *, seen: bool) -> None:
    """Update a locked account; ``seen`` counts its version up, for what its readers see."""
    extra = {"version": User.version + 1} if seen else {}
    await session.execute(update(User).where(User.id == user_id).values(**values, **extra))


async def session_of_family(session: Session, family_hash: bytes) -> AnyRow | None:
    """The locked session whose refresh tokens share this family, with its user."""
    return (await session.execute(_FAMILY, {"family_hash": family_hash})).one_or_none()


async def add_session(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a session."""
    await session.execute(insert(SessionRow), dict(values))


async def change_session(session: Session, session_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked session."""
    await session.execute(update(SessionRow).where(SessionRow.id == session_id).values(**values))


async def end_session(session: Session, user_id: UUID, session_id: UUID, wall: datetime) -> bool:
    """End a living session of the user; False when there is none with that id."""
    result = await session.execute(_END, {"session_id": session_id, "owner": user_id, "wall": wall})
    return bool(result.rowcount)


async def end_other_sessions(session: Session, user_id: UUID, kept: UUID | None, wall: datetime) -> int:
    """End all living sessions of the user but ``kept``; how many there were."""
    result = await session.execute(_END_OTHERS, {"owner": user_id, "kept": kept or UUID(int=0), "wall": wall})
    return int(result.rowcount)


async def drop_old_sessions(session: Session, user_id: UUID, before: datetime) -> None:
    """Delete the user's sessions that expired before ``before``; the event log still tells of them."""
    await session.execute(_DROP_OLD_SESSIONS, {"owner": user_id, "before": before})


async def units_by_id(session: Session, ids: Sequence[UUID]) -> dict[UUID, AnyRow]:
    """Units by their ids, as answers name them."""
    return {row.id: row for row in await session.execute(_UNITS, {"ids": list(ids)})}


async def count_attempt(
    session: Session, counted: bytes, now: datetime, forgotten: datetime
) -> tuple[int, datetime | None]:
    """Count one more attempt: how many in a row since ``forgotten``, and until when the earlier ones block."""
    values = {"counted": counted, "now": now, "forgotten": forgotten}
    row = (await session.execute(_COUNT_ATTEMPT, values)).one()
    return row.failures, row.blocked_until


async def block(session: Session, counted: bytes, until: datetime) -> None:
    """Refuse further attempts until ``until``."""
    await session.execute(_BLOCK, {"counted": counted, "until": until})


async def touch_attempt(session: Session, counted: bytes, now: datetime) -> None:
    """Write the time of the last attempt again."""
    await session.execute(_TOUCH, {"counted": counted, "now": now})


async def forget_attempts(session: Session, counted: bytes) -> None:
    """Delete a count."""
    await session.execute(_FORGET, {"counted": counted})


async def drop_forgotten(session: Session, before: datetime) -> None:
    """Delete some of the counts that nothing was added to since ``before``."""
    await session.execute(_DROP_FORGOTTEN, {"before": before})
