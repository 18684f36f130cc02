"""A whole province with everything reported: the demonstration's units and papers, and every evaluation filled in.

460 communes and about 1,500 base units register each year and are evaluated; five years are stored, a campaign looks
at two. Some 200,000 criterion results, 6,000 activities, 2,000 directives, security figures of all communes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

import asyncpg
from rich.console import Console
from sqlalchemy import make_url

from app import demo
from app.access.actor import SYSTEM, Tx
from app.cli.runtime import database, migrate_to
from app.demo import service
from app.demo.scene import STARTS_AT
from app.identity.opening import open_as_system
from app.kernel import migrating
from app.kernel.clock import wall
from bench.loading import connected

console = Console(highlight=False)

RECIPE: Final = 1
"""Counted up whenever the rows change, so that an older database is made again."""

NAME: Final = "dienhinh_bench_province"
CAMPAIGN: Final = "KH320-2024"
_SESSION: Final = UUID("0190a000-0000-7000-8000-00000000be4c")

# Which year was looked at in which stage. Nobody evaluates what lies ahead: 2024 is a forecast in July 2024.
_ROUNDS: Final = """
(VALUES (2020, 'final', '2020-11-20'), (2021, 'final', '2021-11-20'), (2022, 'final', '2022-11-20'),
        (2023, 'final', '2023-11-20'), (2021, 'maintenance', '2022-06-20'), (2022, 'maintenance', '2023-06-20'),
        (2023, 'maintenance', '2024-06-20'), (2024, 'forecast', '2024-06-25')) AS round (year, stage, day)
"""
_UNITS: Final = "units WHERE level IN ('district', 'commune', 'base')"

# What stands for chance is made of the record's own name: the same on every run.
_FILL: Final = (
    "DELETE FROM evaluation_results",
    "DELETE FROM evaluations",
    "DELETE FROM registrations",
    f"""
    INSERT INTO registrations (id, unit_id, unit_path, year, status, submitted_at, accepted_at)
    SELECT md5(id::text || year)::uuid, id, path, year, 'accepted', make_date(year, 2, 1), make_date(year, 2, 12)
    FROM generate_series(2020, 2024) AS year, {_UNITS}
    """,
    f"""
    INSERT INTO evaluations (id, unit_id, unit_path, registration_id, criteria_set_id, year, stage, status, passed_self,
        passed_verified, passed_final, decision_number, decision_date, decline_note, submitted_at, verified_at,
        decided_at)
    SELECT md5(r.id::text || stage)::uuid, r.unit_id, r.unit_path, r.id, s.id, r.year, stage,
        CASE WHEN stage = 'forecast' THEN 'verified' WHEN passed THEN 'recognised' ELSE 'not_recognised' END,
        passed, passed, CASE WHEN stage <> 'forecast' THEN passed END,
        CASE WHEN stage = 'final' AND passed THEN '12/QĐ-UBND' END,
        CASE WHEN stage = 'final' AND passed THEN day::date END,
        CASE WHEN stage <> 'forecast' AND NOT passed THEN 'Chưa đạt tiêu chí bắt buộc' END,
        day::date, day::date + 5, CASE WHEN stage <> 'forecast' THEN day::date + 12 END
    FROM {_ROUNDS} JOIN registrations r USING (year) JOIN units u ON u.id = r.unit_id
    JOIN criteria_sets s ON u.kind = ANY (s.applies_to_kinds)
    CROSS JOIN LATERAL (SELECT hashtext(u.code || year || stage) % 10 <> 0 AS passed) AS chance
    """,
    """
    INSERT INTO evaluation_results (evaluation_id, criterion_id, unit_id, unit_path, self_outcome, self_reason, self_at,
        verified_outcome, verified_reason, verified_at, final_outcome, final_reason, final_at)
    SELECT e.id, c.id, e.unit_id, e.unit_path, outcome, reason, e.submitted_at, outcome, reason, e.verified_at,
        CASE WHEN decided_at IS NOT NULL THEN outcome END, CASE WHEN decided_at IS NOT NULL THEN reason END, decided_at
    FROM evaluations e
    JOIN (SELECT *, row_number() OVER (PARTITION BY set_id ORDER BY position, id) AS place,
        count(*) OVER (PARTITION BY set_id) AS among FROM criteria) c ON c.set_id = e.criteria_set_id
    CROSS JOIN LATERAL (
        SELECT NOT passed_self AND c.place = 1 + abs(hashtext(e.id::text)) % c.among AS failed
    ) AS chance
    CROSS JOIN LATERAL (SELECT CASE WHEN failed THEN 'not_met' ELSE 'met' END AS outcome,
        CASE WHEN failed THEN 'Hồ sơ minh chứng chưa đầy đủ' END AS reason) AS value
    """,
    """
    INSERT INTO directives (id, unit_id, unit_path, track, document_kind, number_symbol, issued_on, title, issuing_body,
        folded, number_key)
    SELECT md5(id::text || 'again')::uuid, unit_id, unit_path, track, document_kind, number_symbol || '-b', issued_on,
        title, issuing_body, folded, number_key || '-B'
    FROM directives ORDER BY id LIMIT greatest(0, 2000 - (SELECT count(*) FROM directives))
    """,
)
_COUNTED: Final = ("units", "evaluation_results", "propaganda_activities", "directives", "situation_figures")


@dataclass(frozen=True, slots=True)
class Province:
    """The province in its database, and who asks about it."""

    address: str
    unit_id: UUID
    path: str
    campaign_id: UUID
    user_id: UUID
    session_id: UUID
    offset: int
    """Seconds by which the calendar of the data lies behind that of the machine."""
    rows: dict[str, int]


def _fingerprint() -> str:
    """What the stored rows depend on."""
    digest = sha256(f"{RECIPE} {_FILL}".encode())
    folders = (migrating.SCRIPTS / "versions", Path(demo.__path__[0]))
    for file in sorted(file for folder in folders for file in folder.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


async def prepare(server: str) -> Province:
    """The province in a database of its own on ``server``; made if it is missing or of an older recipe."""
    address = make_url(server).set(database=NAME).render_as_string(hide_password=False)
    async with connected(server) as connection:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", NAME)
        if not known or not await _is_fresh(address):
            await connection.execute(f'DROP DATABASE IF EXISTS "{NAME}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{NAME}"')
            await _make(address)
    return await _read(address)


async def _is_fresh(address: str) -> bool:
    async with connected(address) as connection:
        if await connection.fetchval("SELECT to_regclass('bench_marker')") is None:
            return False
        found: str = await connection.fetchval("SELECT fingerprint FROM bench_marker")
    return found == _fingerprint()


async def _make(address: str) -> None:
    await migrate_to(address)
    console.print("  demonstration ...")
    async with database(address) as found, found.transaction() as session:
        await service.load(session, "not used", "!", lambda _: None)
    async with connected(address) as connection:
        console.print("  every evaluation ...")
        async with connection.transaction():
            await _open(connection)
            for statement in _FILL:
                await connection.execute(statement)
            await _sign_in(connection)
            await connection.execute(f"CREATE TABLE bench_marker AS SELECT '{_fingerprint()}' AS fingerprint")
        await connection.execute("VACUUM ANALYZE")


async def _open(connection: "asyncpg.Connection[Any]") -> None:
    for name, value in (("from", "0"), ("to", "~"), ("list", "")):
        await connection.execute(f"SET LOCAL app.scope_{name} = '{value}'")


async def _sign_in(connection: "asyncpg.Connection[Any]") -> None:
    """A session for somebody who may read the province's statistics."""
    await connection.execute(
        "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, rotated_at, expires_at, created_at)"
        " SELECT $1, u.id, $2, $2, $3, $4, $3 FROM users u JOIN grants g ON g.user_id = u.id"
        " JOIN units n ON n.id = g.unit_id WHERE n.level = 'province' AND g.role = 'viewer' ORDER BY u.id LIMIT 1",
        *(_SESSION, uuid5(_SESSION, "refresh").bytes, wall(), wall() + timedelta(days=3_650)),
    )


async def _read(address: str) -> Province:
    async with connected(address) as connection, connection.transaction():
        await _open(connection)
        (unit,) = await connection.fetch("SELECT id, path FROM units WHERE level = 'province'")
        return Province(
            address,
            unit_id=unit["id"],
            path=unit["path"],
            campaign_id=await connection.fetchval("SELECT id FROM campaigns WHERE code = $1", CAMPAIGN),
            user_id=await connection.fetchval("SELECT user_id FROM sessions WHERE id = $1", _SESSION),
            session_id=_SESSION,
            offset=int((STARTS_AT - wall()).total_seconds()),
            rows={table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in _COUNTED},
        )


@asynccontextmanager
async def as_system(province: Province) -> AsyncIterator[Tx]:
    """A transaction of the product's own on the province, on the demonstration's first day; nothing is kept."""
    async with database(province.address) as found, found.transaction(keep=False) as session:
        await open_as_system(session)
        yield Tx(session, SYSTEM, STARTS_AT, "bench")
