"""The demonstration's province with many times its records, in a database kept as a template for every run.

People, units and plan 320 stay as they are; everything recorded is copied: registrations of further programmes with
their evaluations and results, activities, directives, practices, events of the log, and closed campaigns with reports
and figures. What tells copies apart is made of the original's name and the copy's number: the same on every run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import asyncpg
from sqlalchemy import make_url

from app import demo
from app.cli.runtime import database, migrate_to
from app.demo import service
from app.kernel import migrating
from app.kernel.clock import wall
from bench.loading import connected

RECIPE: Final = 1
"""Counted up whenever the rows change, so that older templates are made again."""
_SESSION: Final = UUID("0190a000-0000-7000-8000-0000000ac750")

_AGAIN: Final = "md5({column}::text || n)::uuid"
_COPIES: Final[Mapping[str, tuple[tuple[str, ...], Mapping[str, str]]]] = {
    "campaigns": (("id",), {"code": "left(code, 30) || '-' || n", "status": "'closed'", "closed_at": "created_at"}),
    "deadlines": (("id", "campaign_id"), {}),
    "obligations": (("id", "campaign_id", "deadline_id"), {}),
    "registrations": (("id",), {"programme": "'programme_' || n"}),
    "evaluations": (("id", "registration_id"), {}),
    "evaluation_results": (("evaluation_id",), {}),
    "reports": (("id", "campaign_id"), {}),
    "report_sections": (("report_id",), {}),
    "situation_figures": (("id", "campaign_id"), {}),
    # Totals of a period may not overlap: each copy lies in days of its own.
    "propaganda_activities": (
        ("id",),
        {"date_from": "date_from - n * 2000", "date_to": "date_to - n * 2000", "event_key": "NULL"},
    ),
    "directives": (("id",), {"number_symbol": "number_symbol || '-' || n", "number_key": "number_key || '-' || n"}),
    "practices": (("id",), {}),
    "audit_events": (("id",), {}),
}
"""By table: columns that name something copied too, and columns that are otherwise told apart."""
RECORDS: Final = tuple(table for table in _COPIES if table not in {"campaigns", "deadlines"})


@dataclass(frozen=True, slots=True)
class Template:
    """A filled database, and who asks about the province in it."""

    server: str
    name: str
    unit_id: UUID
    user_id: UUID
    session_id: UUID
    registration_id: UUID
    rows: int
    """Records of all kinds."""
    results: int

    async def restored(self) -> str:
        """The address of a fresh copy, in place of the last one."""
        copy = f"{self.name}_run"
        async with connected(self.server) as connection:
            await connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{self.name}" STRATEGY FILE_COPY')
        return _address(self.server, copy)

    async def forget(self) -> None:
        """Drop the copy."""
        async with connected(self.server) as connection:
            await connection.execute(f'DROP DATABASE IF EXISTS "{self.name}_run" WITH (FORCE)')


def _address(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _fingerprint() -> str:
    """What the stored rows depend on."""
    digest = sha256(f"{RECIPE} {_COPIES}".encode())
    folders = (migrating.SCRIPTS / "versions", Path(demo.__path__[0]))
    for file in sorted(file for folder in folders for file in folder.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


async def prepare(server: str, times: int) -> Template:
    """The province with ``times`` its records on ``server``; made if it is missing or of an older recipe."""
    name = f"dienhinh_bench_acts_{times}"
    address = _address(server, name)
    async with connected(server) as connection:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        if not known or not await _is_fresh(address):
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{name}"')
            await _make(address, times)
    async with connected(address) as connection, connection.transaction():
        await _open(connection)
        (row,) = await connection.fetch(
            "SELECT (SELECT id FROM units WHERE level = 'province') AS unit_id, user_id, id AS session_id,"
            " (SELECT min(id::text)::uuid FROM registrations) AS registration_id FROM sessions WHERE id = $1",
            _SESSION,
        )
        counts = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in RECORDS}
    return Template(server, name, **dict(row), rows=sum(counts.values()), results=counts["evaluation_results"])


async def _is_fresh(address: str) -> bool:
    async with connected(address) as connection:
        if await connection.fetchval("SELECT to_regclass('bench_marker')") is None:
            return False
        found: str = await connection.fetchval("SELECT fingerprint FROM bench_marker")
    return found == _fingerprint()


async def _make(address: str, times: int) -> None:
    await migrate_to(address)
    async with database(address) as found, found.transaction() as session:
        await service.load(session, "not used", "!", lambda _: None)
    async with connected(address) as connection:
        async with connection.transaction():
            await _open(connection)
            restore = await _without_keys(connection)
            for table in _COPIES:
                await _copy(connection, table, times)
            for statement in restore:
                await connection.execute(statement)
            await _sign_in(connection)
        await connection.execute(f"CREATE TABLE bench_marker AS SELECT '{_fingerprint()}' AS fingerprint")
        await connection.execute("VACUUM (FREEZE, ANALYZE)")


async def _open(connection: "asyncpg.Connection[Any]") -> None:
    for name, value in (("from", "0"), ("to", "~"), ("list", "")):
        await connection.execute(f"SET LOCAL app.scope_{name} = '{value}'")


async def _without_keys(connection: "asyncpg.Connection[Any]") -> list[str]:
    """Drop foreign keys, triggers and plain indexes of the tables; the statements that put them back, checked."""
    tables = list(_COPIES)
    keys = await connection.fetch(
        "SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS text"
        " FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::text[]::regclass[])",
        tables,
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS text FROM pg_index"
        " WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT indisunique",
        tables,
    )
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['table']} DROP CONSTRAINT {key['name']}")
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    for table in tables:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    return [
        "SET LOCAL maintenance_work_mem = '512MB'",
        *(index["text"] for index in indexes),
        *(f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['text']}" for key in keys),
        *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables),
    ]


async def _copy(connection: "asyncpg.Connection[Any]", table: str, times: int) -> None:
    again, different = _COPIES[table]
    columns = await connection.fetch(
        "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0"
        " AND NOT attisdropped AND attidentity = '' AND attgenerated = ''",
        table,
    )
    values = {column["name"]: column["name"] for column in columns}
    values |= {column: _AGAIN.format(column=column) for column in again}
    values.update(different)
    await connection.execute(
        f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"
        f" FROM generate_series(1, {times - 1}) AS n, {table} ORDER BY n"
    )


async def _sign_in(connection: "asyncpg.Connection[Any]") -> None:
    """A session for somebody who may read the whole province."""
    await connection.execute(
        "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, rotated_at, expires_at, created_at)"
        " SELECT $1, u.id, $2, $2, $3, $4, $3 FROM users u JOIN grants g ON g.user_id = u.id"
        " JOIN units n ON n.id = g.unit_id WHERE n.level = 'province' AND g.role = 'viewer' ORDER BY u.id LIMIT 1",
        *(_SESSION, uuid5(_SESSION, "refresh").bytes, wall(), wall() + timedelta(days=3_650)),
    )
