"""Sessions after the sign-in: refreshing, listing and ending them. All times are the wall clock's."""

from datetime import datetime, timedelta
from uuid import UUID

from app.access.actor import Actor, Tx, UnitRef
from app.audit.service import Subject, record
from app.identity import queries_sign_in as queries
from app.identity import refresh_tokens
from app.identity.entrance import Entrance
from app.identity.schemas_account import SessionOut, SessionQuery
from app.identity.sign_in import Opened
from app.kernel.clock import wall
from app.kernel.db import AnyRow, Session
from app.kernel.errors import DomainError, NotFound, Text
from app.kernel.pagination import PageRows

LOST_ANSWER = timedelta(seconds=10)


class InvalidRefreshToken(DomainError):
    """The refresh token is none of ours, was used before, or its session is over: sign in again."""

    status = 401
    code = "invalid_refresh_token"
    title = Text("Phiên đã kết thúc; hãy đăng nhập lại", "The session is over; sign in again")


async def refresh(entrance: Entrance, token: str | None) -> Opened:
    """A new access token and the next refresh token.

    The token before the last is taken for a lost answer within ten seconds of its rotation and gets the same next
    token again; any older one is a copy in somebody else's hands and ends the session.

    Raises:
        InvalidRefreshToken: 401; when a copy was recognised, the session's end is kept.
    """
    family = refresh_tokens.family_hash(token) if token else None
    if token is None or family is None:
        raise InvalidRefreshToken
    async with entrance.transaction() as session:
        row = await queries.session_of_family(session, family)
        opened = await _rotate(entrance, session, row, token) if row is not None else None
    if opened is None:
        raise InvalidRefreshToken
    return opened


async def _rotate(entrance: Entrance, session: Session, row: AnyRow, token: str) -> Opened | None:
    now = wall()
    if row.revoked_at is not None or row.expires_at <= now or row.disabled_at is not None:
        return None
    given = refresh_tokens.token_hash(token)
    following = refresh_tokens.successor(token, entrance.refresh_secret)
    values = {"refresh_hash": refresh_tokens.token_hash(following)}
    if given == row.refresh_hash:
        await queries.change_session(session, row.id, {**values, "previous_hash": given, "rotated_at": now})
    elif given == row.previous_hash and now - row.rotated_at <= LOST_ANSWER:
        if values["refresh_hash"] != row.refresh_hash:  # the signing key was changed between the two
            await queries.change_session(session, row.id, values)
    else:
        await queries.change_session(session, row.id, {"revoked_at": now})
        tx = entrance.tx(session, _actor(row))
        await record(tx, "session.revoke", _subject(tx, row.id), note="A refresh token was used a second time")
        return None
    access = entrance.issuer.issue(sub=row.user_id, sid=row.id, now=int(now.timestamp()))
    return Opened(access, entrance.issuer.lifetime, following, int((row.expires_at - now).total_seconds()))


def _actor(row: AnyRow) -> Actor:
    home = UnitRef(row.unit_id, row.unit_path, row.unit_level)
    return Actor("user", row.user_id, row.username, session_id=row.id, home=home)


def _subject(tx: Tx, session_id: UUID) -> Subject:
    assert tx.actor.home, "every user has a home unit"
    return Subject("session", session_id, tx.actor.home)


async def own_sessions(entrance: Entrance, query: SessionQuery) -> tuple[PageRows, list[SessionOut]]:
    """One's own living sessions, newest first."""
    async with entrance.as_caller(keep=False) as tx:
        given = {"user": tx.actor.id, "wall": wall()}
        rows = await queries.SESSIONS.page(tx.session, query, sort="-created_at", given=given)
    return rows, [SessionOut(**_shown(row), current=row.id == tx.actor.session_id) for row in rows.rows]


def _shown(row: AnyRow) -> dict[str, datetime | str | UUID | None]:
    return {name: value for name, value in row._asdict().items() if name in SessionOut.model_fields}


async def end(entrance: Entrance, session_id: UUID | None) -> None:
    """Sign out of one's session with that id, or (None) of the one that asks. Raises 404 for any other."""
    async with entrance.as_caller() as tx:
        ended = session_id or tx.actor.session_id
        assert tx.actor.id, "as_caller admits people only"
        assert ended, "a person acts through a session"
        if not await queries.end_session(tx.session, tx.actor.id, ended, wall()):
            raise NotFound
        await record(tx, "session.end", _subject(tx, ended))
