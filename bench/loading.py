"""The benchmark's own database: made by the real migrations, filled by COPY, used again while nothing changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Final

import asyncpg
from rich.console import Console
from sqlalchemy import make_url

from app.kernel import migrating
from app.kernel.db import create_engine
from bench.national import BASE_UNITS, CRITERIA, FRESH_YEAR, RECIPE, YEARS, Nation, Rows, ident

console = Console(highlight=False)

_UNIT = "code, name, short_name, kind, level, folded, sort_key"
_VALUE = ("outcome", "figure", "reason", "by", "at")
_COLUMNS: Final = {
    "units": f"id, label, path, parent_id, {_UNIT}",
    "unit_facts": f"id, unit_id, label, valid_from, parent_id, path, {_UNIT}",
    "users": "id, username, full_name, folded, unit_id, unit_path, password_hash, password_changed_at",
    "grants": "id, user_id, role, unit_id, unit_path, valid_from",
    "sessions": "id, user_id, family_hash, refresh_hash, rotated_at, expires_at, created_at",
    "registrations": "id, unit_id, unit_path, year, status, decision_number, decision_date, submitted_at, accepted_at,"
    " created_at, updated_at",
    "evaluations": "id, unit_id, unit_path, registration_id, criteria_set_id, year, stage, status, passed_self,"
    " passed_verified, passed_final, decision_number, decision_date, submitted_at, verified_at, decided_at, created_at,"
    " updated_at",
    "evaluation_results": "evaluation_id, criterion_id, unit_id, unit_path, "
    + ", ".join(f"{side}_{part}" for side in ("self", "verified", "final") for part in _VALUE),
}

# The centre keeps one published set of ten criteria, five of them measured in percent.
_SET = f"""
INSERT INTO criteria_sets (id, unit_id, unit_path, code, set_version, title, applies_to_kinds, recognised_by,
    pass_rule_kind, status, published_at)
SELECT '{ident("set", 1)}', id, path, 'BENCH', 1, 'Bộ tiêu chí đo tốc độ', '{{agency,enterprise,school}}', 'commune',
    'all_required', 'published', '2021-01-01Z' FROM units WHERE level = 'central'
"""
_GROUP = f"""
INSERT INTO criteria_groups (id, unit_id, unit_path, set_id, code, title, position)
SELECT '{ident("group", 1)}', id, path, '{ident("set", 1)}', 'I', 'Nhóm đo tốc độ', 1 FROM units WHERE level = 'central'
"""
_CRITERION = f"""
INSERT INTO criteria (id, unit_id, unit_path, set_id, group_id, code, title, measure, threshold, comparison, required,
    evidence_needed, text_status, position)
SELECT $1, id, path, '{ident("set", 1)}', '{ident("group", 1)}', $2, $3, $4, $5, $6, true, false, 'proposal', $7
FROM units WHERE level = 'central'
"""
_CAMPAIGN = f"""
INSERT INTO campaigns (id, unit_id, unit_path, code, title, before_from, before_to, window_from, window_to, years,
    status, opened_at)
SELECT '{ident("campaign", 1)}', id, path, 'BENCH', 'Đợt sơ kết đo tốc độ', '2016-01-01', '2020-12-31', '2021-01-01',
    '2025-12-31', '{{2021,2022,2023,2024,2025}}', 'open', '2021-01-01Z' FROM units WHERE level = 'central'
"""
_DEADLINE = f"""
INSERT INTO deadlines (id, campaign_id, unit_id, unit_path, task, level, due_before)
SELECT '{ident("deadline", 1)}', '{ident("campaign", 1)}', id, path, 'report', 'commune', '2025-07-15'
FROM units WHERE level = 'central'
"""
_OBLIGATION = f"""
INSERT INTO obligations (id, unit_id, unit_path, campaign_id, task, deadline_id, due_before)
SELECT $1, $2, $3, '{ident("campaign", 1)}', 'report', '{ident("deadline", 1)}', '2025-07-15'
"""


def dsn(address: str) -> str:
    """``address`` as asyncpg itself wants it."""
    return make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)


def _fingerprint(scale: float) -> str:
    """What the stored rows depend on: the scale, how they are invented, and every migration's text."""
    digest = sha256(f"{scale} {RECIPE}".encode())
    for file in sorted((migrating.SCRIPTS / "versions").glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@asynccontextmanager
async def connected(address: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """A raw connection to the database at ``address``."""
    connection = await asyncpg.connect(dsn(address))
    try:
        yield connection
    finally:
        await connection.close()


async def prepare(server: str, scale: float) -> str:
    """The address of the database at ``scale`` on the server of ``server``: the one that is there, or a new one."""
    name = f"dienhinh_bench_{scale:g}".replace(".", "_")
    address = make_url(server).set(database=name).render_as_string(hide_password=False)
    async with connected(server) as connection:
        if await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            if await _is_fresh(address, scale):
                return address
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    engine = create_engine(address, pool_size=1, statement_timeout_ms=0)
    async with engine.connect() as migration:
        await migrating.upgrade(migration)
    await engine.dispose()
    async with connected(address) as connection:
        await _fill(connection, Nation(scale))
        await connection.execute(f"CREATE TABLE bench_marker AS SELECT '{_fingerprint(scale)}' AS fingerprint")
        console.print("  vacuum and analyze ...")
        await connection.execute("VACUUM ANALYZE")
    return address


async def _is_fresh(address: str, scale: float) -> bool:
    async with connected(address) as connection:
        if await connection.fetchval("SELECT to_regclass('bench_marker')") is None:
            return False
        found: str = await connection.fetchval("SELECT fingerprint FROM bench_marker")
    return found == _fingerprint(scale)


async def _fill(connection: "asyncpg.Connection[Any]", nation: Nation) -> None:
    """Store all rows. Only the owner may leave the fence and drop keys, and only inside this transaction."""
    rows: dict[str, Rows] = {
        "units": nation.units(),
        "unit_facts": nation.facts(),
        "users": nation.users(),
        "grants": nation.grants(),
        "sessions": nation.sessions(),
        "registrations": nation.registrations(),
        "evaluations": nation.evaluations(),
        "evaluation_results": nation.results(),
    }
    others = ("criteria_sets", "criteria_groups", "criteria", "campaigns", "deadlines", "obligations")
    async with connection.transaction():
        for table in (*rows, *others):
            await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        restore = await _without_keys(connection, ("registrations", "evaluations", "evaluation_results"))
        for table, found in rows.items():
            console.print(f"  {table} ...")
            await connection.copy_records_to_table(table, records=found, columns=_COLUMNS[table].split(", "))
            if table == "units":
                await _fill_reference(connection, nation)
        console.print("  keys and indexes ...")
        for statement in restore:
            await connection.execute(statement)
        for table in (*rows, *others):
            await connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


async def _without_keys(connection: "asyncpg.Connection[Any]", tables: tuple[str, ...]) -> list[str]:
    """Drop foreign keys and plain indexes of ``tables``; the statements that put them back, checked as a whole."""
    keys = await connection.fetch(
        "SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS text"
        " FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::regclass[])",
        tables,
    )
    indexes = await connection.fetch(
        "SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS text FROM pg_index"
        " WHERE indrelid = ANY ($1::regclass[]) AND NOT indisunique",
        tables,
    )
    for key in keys:
        await connection.execute(f"ALTER TABLE {key['table']} DROP CONSTRAINT {key['name']}")
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    added = [f"ALTER TABLE {key['table']} ADD CONSTRAINT {key['name']} {key['text']}" for key in keys]
    return ["SET LOCAL maintenance_work_mem = '256MB'", *(index["text"] for index in indexes), *added]


async def _fill_reference(connection: "asyncpg.Connection[Any]", nation: Nation) -> None:
    """The criteria set, and a campaign in which every commune owes a report."""
    last = len(nation.places())
    await connection.execute(f"SELECT setval('unit_label', {last + 1_000})")
    for statement in (_SET, _GROUP, _CAMPAIGN, _DEADLINE):
        await connection.execute(statement)
    for n in range(CRITERIA):
        measured = n >= CRITERIA // 2
        kind = ("percentage", 80, "at_least") if measured else ("yes_no", None, None)
        await connection.execute(_CRITERION, ident("criterion", n), f"TC{n + 1}", f"Tiêu chí {n + 1}", *kind, n + 1)
    owed = [(ident("obligation", n), place.id, place.path) for n, place in enumerate(nation.at("commune"))]
    await connection.executemany(_OBLIGATION, owed)


async def forget_posts(address: str) -> None:
    """Delete what earlier rounds posted, so that every round begins alike. (Audit entries stay, as they must.)"""
    async with connected(address) as connection, connection.transaction():
        for name, value in (("from", "0"), ("to", "~"), ("list", "")):
            await connection.execute(f"SET LOCAL app.scope_{name} = '{value}'")
        await connection.execute("DELETE FROM evaluations WHERE year = $1", FRESH_YEAR)


def described(scale: float) -> str:
    """The data set in one line."""
    nation = Nation(scale)
    base = nation.communes * BASE_UNITS
    evaluations = base * len(YEARS)
    return (
        f"scale {scale:g}: {nation.provinces} provinces, {nation.communes:,} communes, {base:,} base units,"
        f" {evaluations:,} evaluations, {evaluations * CRITERIA:,} results"
    )
