"""SQL of looking after service accounts and their keys, behind the fence."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from app.identity.models import ServiceAccount, ServiceKey
from app.kernel.db import AnyRow, Session
from app.kernel.errors import NotFound
from app.kernel.pagination import Listing
from app.units.models import Unit
from app.units.queries import under_clause

_UNIT = (Unit.code.label("unit_code"), Unit.name.label("unit_name"), Unit.level.label("unit_level"))
_ACCOUNTS = select(*ServiceAccount.__table__.columns, *_UNIT).join(Unit, Unit.id == ServiceAccount.unit_id)
_ACCOUNT = _ACCOUNTS.where(ServiceAccount.id == bindparam("id"))
_ACCOUNT_LOCKED = _ACCOUNT.with_for_update(of=ServiceAccount, key_share=True)

ACCOUNTS = Listing(
    select=_ACCOUNTS,
    key=ServiceAccount.id,
    sorts={
        "name": (ServiceAccount.name,),
        "unit": (ServiceAccount.unit_path, ServiceAccount.name),
        "updated_at": (ServiceAccount.updated_at,),
        "-updated_at": (ServiceAccount.updated_at,),
    },
    filters={
        "unit": ServiceAccount.unit_id == bindparam("unit"),
        "under": under_clause(ServiceAccount.unit_path),
        "disabled": ServiceAccount.disabled_at.is_not(None) == bindparam("disabled"),
        "updated_since": ServiceAccount.updated_at >= bindparam("updated_since"),
    },
)

_KEYS = select(*(column for column in ServiceKey.__table__.columns if column.name != "secret_hash"), *_UNIT).join(
    Unit, Unit.id == ServiceKey.unit_id
)
_KEY = _KEYS.where(ServiceKey.id == bindparam("id"), ServiceKey.service_account_id == bindparam("account"))
_KEY_LOCKED = _KEY.with_for_update(of=ServiceKey, key_share=True)

KEYS = Listing(
    select=_KEYS,
    key=ServiceKey.id,
    sorts={"created_at": (ServiceKey.created_at,), "-created_at": (ServiceKey.created_at,)},
    filters={"account": ServiceKey.service_account_id == bindparam("account")},
)


async def get_account(session: Session, account_id: UUID, *, lock: bool = False) -> AnyRow:
    """One service account with its unit; ``lock`` keeps others from changing it meanwhile. 404 outside the fence."""
    statement = _ACCOUNT_LOCKED if lock else _ACCOUNT
    row = (await session.execute(statement, {"id": account_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def add_account(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a service account."""
    await session.execute(insert(ServiceAccount), dict(values))


async def change_account(session: Session, account_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked service account and count its version up."""
    statement = update(ServiceAccount).where(ServiceAccount.id == account_id)
    await session.execute(statement.values(**values, version=ServiceAccount.version + 1))


async def get_key(session: Session, account_id: UUID, key_id: UUID, *, lock: bool = False) -> AnyRow:
    """One key of the account. 404 outside the fence."""
    statement = _KEY_LOCKED if lock else _KEY
    row = (await session.execute(statement, {"id": key_id, "account": account_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


async def add_key(session: Session, values: Mapping[str, Any]) -> None:
    """Insert a key."""
    await session.execute(insert(ServiceKey), dict(values))


async def change_key(session: Session, key_id: UUID, values: Mapping[str, Any]) -> None:
    """Update a locked key."""
    await session.execute(update(ServiceKey).where(ServiceKey.id == key_id).values(**values))
