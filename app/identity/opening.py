"""How a transaction opens: ONE statement reads the caller and sets the fence on what it found (docs/decisions/0001-the-fence.md).

It runs as the role that owns the tables, becomes ``dienhinh_app`` by its own effect (``dienhinh_whole``
where the scope begins at the root, whose path is one label), and leaves no scope behind when the credentials do not
hold. Every setting is local to the transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import TextClause, text

from app.access.actor import Actor, Grant, Presented, UnitRef
from app.access.permissions import Permission, Role, roles_with
from app.identity.key_uses import KeyUses, Use
from app.identity.tokens import InvalidToken, Verifier
from app.kernel.addresses import address_of
from app.kernel.clock import Clock, local_date, wall
from app.kernel.db import Session
from app.kernel.errors import Forbidden, Text, Unauthenticated

log = structlog.get_logger("dienhinh.keys")
KEY_PREFIX = "dhk_"


class AddressNotAllowed(Forbidden):
    """The key holds, but may not be used from where the request comes."""

    code = "address_not_allowed"
    title = Text("Khóa này không được dùng từ địa chỉ mạng này", "This key may not be used from this network address")


_FENCE = """
, scope AS (
    SELECT array_agg(path ORDER BY path) AS paths, max(rtrim(path, '.') || '/') AS upper
    FROM (SELECT DISTINCT path FROM held WHERE CAST(:roles AS text[]) IS NULL OR role = ANY (:roles)) AS readable
)
SELECT caller.*, to_jsonb(home.*) AS home,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(role, unit_id, path, level) ORDER BY path, role), '[]') FROM held) AS grants,
    set_config('role', CASE WHEN length(paths[1]) = 7 THEN 'dienhinh_whole' ELSE 'dienhinh_app' END, true),
    set_config('transaction_read_only', :read_only, true),
    set_config('app.actor_id', caller.actor_id::text, true),
    set_config('app.scope_from', coalesce(paths[1], ''), true),
    set_config('app.scope_to', coalesce(upper, ''), true),
    set_config('app.scope_list', CASE WHEN cardinality(paths) > 1 THEN array_to_string(paths, ' ') ELSE '' END, true)
FROM caller CROSS JOIN scope
LEFT JOIN LATERAL (SELECT u.id, u.path, u.level FROM units u WHERE u.id = caller.home_id) AS home ON true
"""

_AS_USER = text(
    """
WITH caller AS (
    SELECT u.id AS actor_id, u.username AS name, s.id AS session_id, CAST(NULL AS uuid) AS key_id, u.unit_id AS home_id,
        CAST(NULL AS text) AS key_name, CAST(NULL AS text[]) AS permissions, true AS address_allowed
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = :sid AND s.user_id = :sub AND s.revoked_at IS NULL AND s.expires_at > :wall AND u.disabled_at IS NULL
), held AS (
    SELECT g.role, g.unit_id, n.path, n.level
    FROM caller JOIN grants g ON g.user_id = caller.actor_id JOIN units n ON n.id = g.unit_id
    WHERE g.valid_from <= :today AND (g.valid_to IS NULL OR g.valid_to > :today)
)"""
    + _FENCE
)

# A key narrows: where it is placed below the grant, its own unit counts; where above, the grant's. From outside its
# networks it gives nothing at all.
_AS_KEY = text(
    """
WITH caller AS (
    SELECT a.id AS actor_id, a.name, CAST(NULL AS uuid) AS session_id, k.id AS key_id, k.unit_id AS home_id, k.permissions,
        k.name AS key_name, k.unit_path AS key_path,
        k.networks IS NULL OR coalesce(CAST(:address AS inet) <<= ANY (k.networks), false) AS address_allowed
    FROM service_keys k JOIN service_accounts a ON a.id = k.service_account_id
    WHERE k.secret_hash = :hash AND k.revoked_at IS NULL AND k.expires_at > :wall AND a.disabled_at IS NULL
), held AS (
    SELECT DISTINCT g.role, n.id AS unit_id, n.path, n.level
    FROM caller JOIN grants g ON g.service_account_id = caller.actor_id
    JOIN units n ON n.path = CASE WHEN key_path ^@ g.unit_path THEN key_path WHEN g.unit_path ^@ key_path THEN g.unit_path END
    WHERE address_allowed AND g.valid_from <= :today AND (g.valid_to IS NULL OR g.valid_to > :today)
)"""
    + _FENCE
)

# For work that was accepted before: by whom, and with which key, is known; whether they still hold is asked anew.
_AS_USER_LATER = text(
    """
WITH caller AS (
    SELECT u.id AS actor_id, u.username AS name, CAST(:session_id AS uuid) AS session_id, CAST(NULL AS uuid) AS key_id,
        u.unit_id AS home_id, CAST(NULL AS text) AS key_name, CAST(NULL AS text[]) AS permissions
    FROM users u WHERE u.id = :actor_id AND u.disabled_at IS NULL
), held AS (
    SELECT g.role, g.unit_id, n.path, n.level
    FROM caller JOIN grants g ON g.user_id = caller.actor_id JOIN units n ON n.id = g.unit_id
    WHERE g.valid_from <= :today AND (g.valid_to IS NULL OR g.valid_to > :today)
)"""
    + _FENCE
)
_AS_KEY_LATER = text(
    """
WITH caller AS (
    SELECT a.id AS actor_id, a.name, CAST(NULL AS uuid) AS session_id, k.id AS key_id, k.unit_id AS home_id,
        k.permissions, k.name AS key_name, k.unit_path AS key_path
    FROM service_keys k JOIN service_accounts a ON a.id = k.service_account_id
    WHERE k.id = :key_id AND a.id = :actor_id AND k.revoked_at IS NULL AND k.expires_at > :wall AND a.disabled_at IS NULL
), held AS (
    SELECT DISTINCT g.role, n.id AS unit_id, n.path, n.level
    FROM caller JOIN grants g ON g.service_account_id = caller.actor_id
    JOIN units n ON n.path = CASE WHEN key_path ^@ g.unit_path THEN key_path WHEN g.unit_path ^@ key_path THEN g.unit_path END
    WHERE g.valid_from <= :today AND (g.valid_to IS NULL OR g.valid_to > :today)
)"""
    + _FENCE
)

_AS_SYSTEM = text(
    "SELECT set_config('role', 'dienhinh_app', true), set_config('app.scope_from', '0', true),"
    " set_config('app.scope_to', '~', true), set_config('app.scope_list', '', true), set_config('app.actor_id', '', true)"
)

_LEAVE_FENCE = text("SELECT set_config('role', 'none', true), set_config('app.scope_from', '', true)")


@dataclass(frozen=True, slots=True)
class CallerOpener:
    """Turns the ``Authorization`` header into an actor and the transaction's fence. See ``access.deps.Opener``."""

    verifier: Verifier
    clock: Clock
    uses: KeyUses = field(default_factory=KeyUses)
    """Where the use of keys is noted until it is written down."""

    async def __call__(
        self, session: Session, presented: Presented, reading: Permission | None, *, read_only: bool
    ) -> Actor:
        """The caller. Raises :class:`Unauthenticated` without saying which part of the credentials failed.

        Also raises 403 ``address_not_allowed`` for a good key that comes from outside its networks.
        """
        statement, values = self.credentials(presented)
        values |= {
            "wall": wall(),
            "today": local_date(self.clock.now()),
            "roles": roles_with(reading) if reading else None,
            "read_only": "on" if read_only else "off",
        }
        row = (await session.execute(statement, values)).one_or_none()
        if row is None:
            raise Unauthenticated
        if row.key_id is not None:
            self._note_key(row, values["address"], values["wall"])
        return _actor(row)

    def _note_key(self, row: Any, address: str | None, now: datetime) -> None:
        if row.address_allowed:
            self.uses.note(row.key_id, Use(now, address))
            return
        log.warning("key_used_from_elsewhere", key_id=str(row.key_id), account=row.name, address=address)
        seen = address or "?"
        raise AddressNotAllowed(
            Text(
                f"Máy chủ thấy yêu cầu đến từ {seen}, ngoài các dải mạng của khóa",
                f"The server sees the request come from {seen}, outside the key's networks",
            ),
            address=address,
        )

    def credentials(self, presented: Presented) -> tuple[TextClause, dict[str, Any]]:
        """The statement that looks the credentials up, and its values. Raises :class:`Unauthenticated` for none."""
        scheme, _, credentials = (presented.authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not credentials:
            raise Unauthenticated(
                Text("Gửi kèm Authorization: Bearer <mã truy cập>", "Send Authorization: Bearer <access token>")
            )
        if credentials.startswith(KEY_PREFIX):
            address = address_of(presented.address or "")
            return _AS_KEY, {"hash": hash_key(credentials), "address": None if address is None else str(address)}
        try:
            claims = self.verifier.verify(credentials, int(wall().timestamp()))
        except InvalidToken as fault:
            raise Unauthenticated from fault
        return _AS_USER, {"sid": claims.sid, "sub": claims.sub}


def hash_key(key: str) -> bytes:
    """What is stored of a service-account key. Its 256 random bits need no slow hash."""
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def _actor(row: Any) -> Actor:
    permissions = None if row.permissions is None else frozenset(Permission(name) for name in row.permissions)
    return Actor(
        kind="service_account" if row.key_id else "user",
        id=row.actor_id,
        name=row.name,
        grants=_grants(row.grants, permissions),
        session_id=row.session_id,
        key_id=row.key_id,
        key_name=row.key_name,
        home=UnitRef(row.home_id, row.home["path"], row.home["level"]) if row.home else None,
    )


def _grants(held: Sequence[Sequence[str]], permissions: frozenset[Permission] | None) -> tuple[Grant, ...]:
    return tuple(
        Grant(Role(role), UnitRef(UUID(unit_id), path, level), permissions) for role, unit_id, path, level in held
    )


@dataclass(frozen=True, slots=True)
class Account:
    """Who asked for work that is done after the answer."""

    actor_id: UUID
    session_id: UUID | None
    key_id: UUID | None


async def open_as_account(session: Session, account: Account, today: date) -> Actor:
    """Open the fence for ``account`` with the rights it holds today, as its own request would.

    Raises :class:`Unauthenticated` when the account was disabled, or the key revoked or expired meanwhile; a session
    may have ended, since people sign out while their work goes on.
    """
    values: dict[str, Any] = {"actor_id": account.actor_id, "today": today, "roles": None, "read_only": "off"}
    if account.key_id is None:
        found = await session.execute(_AS_USER_LATER, {**values, "session_id": account.session_id})
    else:
        found = await session.execute(_AS_KEY_LATER, {**values, "key_id": account.key_id, "wall": wall()})
    row = found.one_or_none()
    if row is None:
        raise Unauthenticated
    return _actor(row)


async def open_as_system(session: Session) -> None:
    """Open the whole range for system work: never by going around the fence."""
    await session.execute(_AS_SYSTEM)


async def leave_fence(session: Session) -> None:
    """Go back to the owning role after the caller is known, without any scope.

    Only for what people do with their own account (``entrance.py``), which may lie outside every unit they hold a role
    at; each statement there names the caller's id.
    """
    await session.execute(_LEAVE_FENCE)
