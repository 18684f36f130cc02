"""The real tree of the nation with invented records, before and after the act of 1/7/2025, in a database of its own.

The shipped tree of 1/1/2025 is laid as if it had stood since 2023; every commune and district registers, every commune
reports security figures, activities and directives for 2023 and 2024, and a part (``scale``) is evaluated with all
results; 10,098 reports are owed. Then the act of :mod:`bench.succession`, which is **made up**, is carried out by the
product itself, and the 3,321 communes of 2025 record their own year. The same rows on every run but for their ids.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID, uuid5

import asyncpg
from rich.console import Console
from sqlalchemy import make_url

from app.access.actor import SYSTEM, Tx
from app.cli.runtime import database, migrate_to
from app.criteria.shipped import load_shipped
from app.forms.shipped import load_shipped_form_sets
from app.identity.opening import open_as_system
from app.kernel import migrating
from app.kernel.clock import start_of, wall
from app.propaganda.shipped import load_shipped_activity_forms
from app.reorganisations import service
from app.reorganisations.csvfile import parse
from app.reorganisations.schemas import ReorganisationHead
from app.situation.shipped import load_shipped_indicators
from app.units.loading import load_units
from app.units.references import ref_by_code
from bench import nation_rows
from bench.loading import connected
from bench.succession import DAY, DECISION, ISSUER, ROOT, content, shipped, succession

console = Console(highlight=False, soft_wrap=True)

SINCE: Final = date(2023, 1, 1)
TODAY: Final = datetime(2025, 12, 15, 2, tzinfo=UTC)
"""The day on which questions are asked."""
_ACT: Final = date.fromisoformat(DAY)
_NAMESPACE: Final = UUID("0190a000-0000-7000-8000-0000000a7100")
_COUNTED: Final = (
    *("units", "registrations", "evaluations", "evaluation_results", "propaganda_activities", "directives"),
    *("situation_figures", "obligations"),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A unit that is asked about."""

    id: UUID
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody signed in."""

    user: UUID
    session: UUID


@dataclass(frozen=True, slots=True)
class Nation:
    """The nation in its database, and who asks about it: ``central`` and ``province`` coordinate, each their own."""

    address: str
    root: Place
    province: Place
    campaign_id: UUID
    callers: dict[str, Caller]
    rows: dict[str, int]

    @property
    def offset(self) -> int:
        """Seconds by which the calendar of the data lies behind that of the machine."""
        return int((TODAY - wall()).total_seconds())


def caller(name: str) -> Caller:
    """Who asks: ``central``, or ``province``."""
    return Caller(uuid5(_NAMESPACE, f"user {name}"), uuid5(_NAMESPACE, f"session {name}"))


def _fingerprint(scale: float) -> str:
    digest = sha256(f"{scale} {nation_rows.RECIPE}".encode())
    digest.update(content(succession().lines()))
    for file in sorted((migrating.SCRIPTS / "versions").glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


async def prepare(server: str, scale: float, *, act: bool = True) -> Nation:
    """The nation at ``scale`` on ``server``, made if missing or older; without ``act``, as it stood before it."""
    name = f"dienhinh_bench_nation_{scale:g}".replace(".", "_") + ("" if act else "_before")
    address = make_url(server).set(database=name).render_as_string(hide_password=False)
    async with connected(server) as connection:
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
        if not known or not await _is_fresh(address, scale):
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await connection.execute(f'CREATE DATABASE "{name}"')
            await _make(address, scale, act=act)
    return await _read(address)


async def _is_fresh(address: str, scale: float) -> bool:
    async with connected(address) as connection:
        if await connection.fetchval("SELECT to_regclass('bench_marker')") is None:
            return False
        found: str = await connection.fetchval("SELECT fingerprint FROM bench_marker")
    return found == _fingerprint(scale)


async def _make(address: str, scale: float, *, act: bool) -> None:
    await migrate_to(address)
    begun = time.perf_counter()
    async with as_system(address, start_of(SINCE)) as tx:
        report = await load_units(tx, shipped("national_2025_01.csv"), valid_from=SINCE)
        console.print(f"  {report.created:,} units loaded in {time.perf_counter() - begun:.1f} s ...")
        owner = await ref_by_code(tx.session, ROOT)
        assert owner is not None
        await load_shipped(tx, owner, publish=True)
        await load_shipped_activity_forms(tx, owner)
        await load_shipped_indicators(tx, owner)
        await load_shipped_form_sets(tx, owner)
    await _fill(address, nation_rows.before(scale))
    if act:
        await carry_out(address)
        await _fill(address, nation_rows.after(scale))
    async with connected(address) as connection:
        await connection.execute(f"CREATE TABLE bench_marker AS SELECT '{_fingerprint(scale)}' AS fingerprint")


async def carry_out(address: str) -> float:
    """Carry the invented act out at the centre, on its day; the seconds it took."""
    begun = time.perf_counter()
    async with as_system(address, start_of(_ACT)) as tx:
        top = await ref_by_code(tx.session, ROOT)
        assert top is not None
        named = {"decision_number": DECISION, "issuing_body": ISSUER, "title": "Thử quy mô toàn quốc (giả định)"}
        head = ReorganisationHead.model_validate({"unit_id": top.id, **named})
        made = await service.create(tx, head, parse(content(succession().lines())))
        assert made.balance is not None
        levels = ", ".join(f"{level.level} {level.before:,} -> {level.after:,}" for level in made.balance.levels)
    taken = time.perf_counter() - begun
    console.print(f"  the act: {levels}; {taken:.1f} s ...")
    return taken


@asynccontextmanager
async def as_system(address: str, now: datetime) -> AsyncIterator[Tx]:
    """A transaction of the product's own at ``now``; what it does is kept."""
    async with database(address) as found, found.transaction() as session:
        await open_as_system(session)
        yield Tx(session, SYSTEM, now, "bench")


async def _fill(address: str, statements: dict[str, str]) -> None:
    async with connected(address) as connection:
        async with connection.transaction():
            await _open(connection)
            for name, statement in statements.items():
                begun = time.perf_counter()
                done = await connection.execute(statement)
                if name.strip():
                    console.print(f"  {name}: {int(done.split()[-1]):,} in {time.perf_counter() - begun:.1f} s ...")
            if "campaign" in statements:
                await _sign_in(connection)
        await connection.execute("VACUUM ANALYZE")


async def _open(connection: "asyncpg.Connection[Any]") -> None:
    for name, value in (("from", "0"), ("to", "~"), ("list", "")):
        await connection.execute(f"SET LOCAL app.scope_{name} = '{value}'")


async def _sign_in(connection: "asyncpg.Connection[Any]") -> None:
    """A coordinator at the centre and one in Nghệ An, both signed in; nobody knows a password of theirs."""
    for name, code in (("central", ROOT), ("province", "40")):
        who = caller(name)
        await connection.execute(
            "INSERT INTO users (id, username, full_name, folded, unit_id, unit_path, password_hash,"
            " password_changed_at) SELECT $1, $2::text, $2::text, $2::text, id, path, '!', $3"
            " FROM units WHERE code = $4",
            *(who.user, f"bench.{name}", wall(), code),
        )
        await connection.execute(
            "INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from)"
            " SELECT gen_random_uuid(), $1, 'coordinator', id, path, $2 FROM units WHERE code = $3",
            *(who.user, SINCE, code),
        )
        await connection.execute(
            "INSERT INTO sessions (id, user_id, family_hash, refresh_hash, rotated_at, expires_at, created_at)"
            " VALUES ($1, $2, $3, $3, $4, $5, $4)",
            *(who.session, who.user, who.session.bytes, wall(), wall() + timedelta(days=3_650)),
        )


async def _read(address: str) -> Nation:
    async with connected(address) as connection, connection.transaction():
        await _open(connection)

        async def place(code: str) -> Place:
            row = await connection.fetchrow(
                "SELECT id, path, name FROM units WHERE code = $1 AND ended_on IS NULL", code
            )
            assert row is not None
            return Place(row["id"], row["path"], row["name"])

        return Nation(
            address,
            root=await place(ROOT),
            province=await place("40"),
            campaign_id=await connection.fetchval("SELECT id FROM campaigns WHERE code = $1", nation_rows.CAMPAIGN),
            callers={name: caller(name) for name in ("central", "province")},
            rows={table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in _COUNTED},
        )
