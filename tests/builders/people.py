"""The people of the tests: an editor, an approver ... at each unit, already signed in."""

from datetime import UTC, date, datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity.models import GrantRow, ServiceAccount, ServiceKey, SessionRow, User
from app.identity.opening import hash_key
from app.kernel.ids import new_id
from app.kernel.text import fold
from tests.builders.units import TREE, path, unit_id

ROLES_AT = {
    "ministry": ("viewer",),
    "province": (
        "viewer",
        "editor",
        "approver",
        "approver2",
        "coordinator",
        "administrator",
        "auditor",
        "awards_officer",
    ),
    "district_yen_thanh": ("viewer", "editor", "approver", "administrator"),
    "district_vinh": ("viewer", "editor", "approver", "administrator", "auditor"),
    "commune_a": ("viewer", "editor", "approver", "approver2"),
    "commune_b": ("viewer", "editor", "approver"),
    "commune_c": ("viewer", "editor", "approver"),
    "school_a1": ("viewer", "editor", "approver"),
    "agency_p1": ("viewer", "editor", "approver"),
}
ROBOT_KEY = "dhk_robot-of-commune-a-0123456789abcdef0123456789abcdef"


def user_id(unit: str, role: str) -> UUID:
    """The id of the person who holds ``role`` at ``unit``."""
    return uuid5(NAMESPACE_URL, f"user:{unit}:{role}")


def session_id(unit: str, role: str) -> UUID:
    """That person's session."""
    return uuid5(NAMESPACE_URL, f"session:{unit}:{role}")


async def also(connection: AsyncConnection, unit: str, role: str, more: str) -> None:
    """Let the person who holds ``role`` at ``unit`` hold ``more`` there too, in a scope that may."""
    granted = {"user_id": user_id(unit, role), "role": more, "unit_id": unit_id(unit), "unit_path": path(unit)}
    await connection.execute(insert(GrantRow).values(id=new_id(), valid_from=date(2023, 1, 1), **granted))


async def build(connection: AsyncConnection, password_hash: str) -> None:
    """Insert all people with one password, their grants and sessions, and the robot of commune_a with its key."""
    now = datetime.now(UTC)
    users, grants, sessions = [], [], []
    for unit, roles in ROLES_AT.items():
        place = {"unit_id": unit_id(unit), "unit_path": path(unit)}
        for role in roles:
            users.append(
                {
                    "id": user_id(unit, role),
                    "username": f"{TREE[unit][0].lower()}.{role}",
                    "full_name": f"{role} {TREE[unit][1]}",
                    "folded": fold(f"{role} {TREE[unit][1]} {TREE[unit][0]}.{role}"),
                    "password_hash": password_hash,
                    "password_changed_at": now,
                    **place,
                }
            )
            granted = {"user_id": user_id(unit, role), "service_account_id": None, "role": role.rstrip("2"), **place}
            grants.append(
                {"id": uuid5(NAMESPACE_URL, f"grant:{unit}:{role}"), "valid_from": date(2023, 1, 1), **granted}
            )
            sessions.append(
                {
                    "id": session_id(unit, role),
                    "user_id": user_id(unit, role),
                    "family_hash": session_id(unit, role).bytes,
                    "refresh_hash": session_id(unit, role).bytes,
                    "rotated_at": now,
                    "expires_at": now + timedelta(days=1),
                    "created_at": now,
                }
            )
    await connection.execute(insert(User), users)
    await connection.execute(insert(SessionRow), sessions)
    robot = {"unit_id": unit_id("commune_a"), "unit_path": path("commune_a")}
    account = uuid5(NAMESPACE_URL, "robot")
    await connection.execute(insert(ServiceAccount), [{"id": account, "name": "robot", **robot}])
    await connection.execute(
        insert(ServiceKey),
        [
            {
                "id": uuid5(NAMESPACE_URL, "robot-key"),
                "service_account_id": account,
                "name": "key",
                "hint": ROBOT_KEY[:8],
                "secret_hash": hash_key(ROBOT_KEY),
                "expires_at": now + timedelta(days=1),
                **robot,
            }
        ],
    )
    grants.append(
        {
            "id": uuid5(NAMESPACE_URL, "robot-grant"),
            "user_id": None,
            "service_account_id": account,
            "role": "integrator",
            "valid_from": date(2023, 1, 1),
            **robot,
        }
    )
    await connection.execute(insert(GrantRow), grants)
