"""The database: engine, naming of constraints, and the only place that commits or rolls back."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias

import structlog
from sqlalchemy import ForeignKeyConstraint, MetaData, Row, Select, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from app.kernel.errors import Unavailable

log = structlog.get_logger("dienhinh.database")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row of any columns, read by their names."""

Session: TypeAlias = AsyncConnection
"""What verbs and queries are handed: a connection inside the request's transaction. (An ORM session on the same
statements costs a quarter of a request more and gives nothing that column selects use.)"""

AnySelect: TypeAlias = "Select[*tuple[Any, ...]]"


class Base(DeclarativeBase):
    """Root of every table's declaration. Names of constraints are stable, since errors are mapped by them."""

    metadata = MetaData(naming_convention=NAMING)


def async_url(address: str) -> URL:
    """``address`` as SQLAlchemy's asyncpg dialect wants it; ``postgres://`` and ``postgresql://`` are accepted."""
    url = make_url(address.replace("postgres://", "postgresql://", 1) if address.startswith("postgres://") else address)
    return url.set(drivername="postgresql+asyncpg")


def create_engine(
    address: str, *, pool_size: int = 20, statement_timeout_ms: int = 30_000, **options: Any
) -> AsyncEngine:
    """An engine whose sessions name themselves and never run away: statements and idle transactions time out."""
    server_settings = {
        "application_name": "dienhinh",
        "timezone": "UTC",
        "jit": "off",  # plans here are short; compiling them costs more than running them
        "statement_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": "60000",
    }
    options.setdefault("pool_size", pool_size)
    options.setdefault("max_overflow", 0)
    options.setdefault("pool_timeout", 15)
    return create_async_engine(
        async_url(address), connect_args={"server_settings": server_settings, "timeout": 10}, **options
    )


def unit_reference(table: str) -> ForeignKeyConstraint:
    """The composite key by which the database itself keeps a row's copy of its unit's path true."""
    return ForeignKeyConstraint(
        ["unit_id", "unit_path"], ["units.id", "units.path"], onupdate="CASCADE", name=f"fk_{table}_unit"
    )


async def tell_planner(session: Session) -> None:
    """Let PostgreSQL count what stands in the tables, as their owner: it plans by that, and knows nothing yet of rows
    that were just loaded or moved by the thousand. Forms of a province took more than thirty times as long.
    """
    await session.execute(text(f"ANALYZE {', '.join(Base.metadata.tables)}"))


def constraint_of(fault: BaseException) -> str | None:
    """The name of the constraint that a database error broke, if it broke one."""
    cause = getattr(getattr(fault, "orig", None), "__cause__", None)
    name = getattr(cause, "constraint_name", None)
    return str(name) if name else None


class Database:
    """Gives transactions. One instance per process; see ``app/main.py`` and ``tests/conftest.py``."""

    def __init__(
        self, engine: AsyncEngine, connect: Callable[[], AbstractAsyncContextManager[Session]] | None = None
    ) -> None:
        self.engine = engine
        self._connect = connect or engine.connect

    @asynccontextmanager
    async def transaction(self, *, keep: bool = True) -> AsyncIterator[Session]:
        """One transaction: committed when the block ends well and ``keep`` is set, otherwise rolled back.

        Reads pass ``keep=False``: a rollback ends them as surely and says what they are.

        Raises 503 ``unavailable`` when the database cannot be reached.
        """
        reached = False
        try:
            async with self._connect() as session:
                reached = True
                try:
                    yield session
                except BaseException:
                    await session.rollback()
                    raise
                if keep:
                    await session.commit()
                else:
                    await session.rollback()
        except OSError as fault:  # a socket that is not there, a name nobody knows, a host that does not answer
            if reached:
                raise
            log.warning("database_unreachable", error=str(fault)[:300])
            raise Unavailable(headers={"Retry-After": "2"}) from fault

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()
