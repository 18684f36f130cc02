"""``python -m bench.submitting``: whole units per second, and many evaluations at once against COPY."""

import asyncio
import io
import os
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console

from app.access.actor import SYSTEM, Tx, UnitRef
from app.cli.runtime import database_address
from app.identity.opening import open_as_system
from app.identity.tokens import TokenIssuer
from app.kernel.clock import Clock
from app.kernel.db import Database, create_engine
from app.kernel.settings import Settings
from app.main import create_app
from app.propaganda.shipped import load_shipped_activity_forms
from bench import loading, servers
from bench.client import drive
from bench.national import BASE_UNITS, Nation, Place, ident, person, session_of

console = Console(highlight=False)
YEAR: Final = 2027
RESULTS: Final = 34
_TABLES: Final = ("evaluations", "evaluation_results")
_WRITTEN: Final = ("evaluations", "registrations", "propaganda_activities", "directives")
_SET: Final = f"""
INSERT INTO criteria_sets (id, unit_id, unit_path, code, set_version, title, applies_to_kinds, recognised_by,
    pass_rule_kind, status, published_at)
SELECT '{ident("set", 34)}', id, path, 'BENCH34', 1, 'Bộ 34 tiêu chí đo tốc độ', '{{agency,enterprise,school}}',
    'commune', 'all_required', 'published', '2021-01-01Z' FROM units WHERE level = 'central'
"""
_GROUP: Final = f"""
INSERT INTO criteria_groups (id, unit_id, unit_path, set_id, code, title, position)
SELECT '{ident("group", 34)}', id, path, '{ident("set", 34)}', 'I', 'Nhóm', 1 FROM units WHERE level = 'central'
"""
_CRITERION: Final = f"""
INSERT INTO criteria (id, unit_id, unit_path, set_id, group_id, code, title, measure, threshold, comparison, required,
    evidence_needed, text_status, position)
SELECT $1, id, path, '{ident("set", 34)}', '{ident("group", 34)}', $2, $2, 'percentage', 80, 'at_least', true, false,
    'proposal', $3 FROM units WHERE level = 'central'
"""


async def _prepare(address: str) -> None:
    """A set of 34 criteria and the forms of activities."""
    async with loading.connected(address) as connection, connection.transaction():
        for name, value in (("from", "0"), ("to", "~"), ("list", "")):
            await connection.execute(f"SET LOCAL app.scope_{name} = '{value}'")
        if await connection.fetchval("SELECT 1 FROM criteria_sets WHERE code = 'BENCH34'"):
            return
        await connection.execute(_SET.replace("'published', '2021-01-01Z'", "'draft', NULL"))
        await connection.execute(_GROUP)
        for n in range(RESULTS):
            await connection.execute(_CRITERION, ident("criterion", 1_000 + n), f"B{n + 1}", n + 2)
        await connection.execute(
            "UPDATE criteria_sets SET status = 'published', published_at = '2021-01-01Z'"
            f" WHERE id = '{ident('set', 34)}' AND status = 'draft'"
        )
        root = await connection.fetchrow("SELECT id, path, level FROM units WHERE level = 'central'")
    assert root is not None
    engine = create_engine(address, pool_size=1)
    async with Database(engine).transaction() as session:
        await open_as_system(session)
        tx = Tx(session, SYSTEM, Clock().now(), "bench")
        await load_shipped_activity_forms(tx, UnitRef(root["id"], root["path"], root["level"]))
    await engine.dispose()


async def _forget(address: str) -> None:
    async with loading.connected(address) as connection, connection.transaction():
        for name, value in (("from", "0"), ("to", "~"), ("list", "")):
            await connection.execute(f"SET LOCAL app.scope_{name} = '{value}'")
        await connection.execute("DELETE FROM evaluations WHERE year = $1", YEAR)
        await connection.execute("DELETE FROM registrations WHERE year = $1", YEAR)
        await connection.execute("DELETE FROM propaganda_activities")
        await connection.execute("DELETE FROM directives")


def _evaluation() -> dict[str, Any]:
    results = [{"criterion": f"B{n + 1}", "outcome": "met", "figure": 80 + n % 20} for n in range(RESULTS)]
    return {"year": YEAR, "stage": "forecast", "criteria_set": "BENCH34", "results": results}


def _whole(unit: str) -> dict[str, Any]:
    """What a unit reports: registration, 34 results, 10 activities, 5 directives."""
    activity = {"form": "direct", "nature": "event", "venue_kind": "commune", "sessions": 1}
    directive = {
        "track": "advised",
        "document_kind": "plan",
        "issued_on": "2024-03-12",
        "issuing_body": "Ủy ban nhân dân",
    }
    return {
        "unit": unit,
        "registrations": [{"year": YEAR, "note": "Đăng ký"}],
        "evaluations": [_evaluation()],
        "activities": [
            {**activity, "date_from": f"2024-03-{n + 1:02}", "title": f"Buổi tuyên truyền {n}"} for n in range(10)
        ],
        "directives": [
            {**directive, "number_symbol": f"{n + 1}/KH-UBND", "title": f"Kế hoạch phong trào {n}"} for n in range(5)
        ],
    }


def _request(token: str, kind: str, body: bytes) -> bytes:
    lines = ["POST /api/v1/submissions HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    lines += [f"Content-Type: {kind}", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


class _Senders:
    """Requests of the editors of communes for their base units."""

    def __init__(self, nation: Nation, issuer: TokenIssuer) -> None:
        self._communes = nation.at("commune")
        self._bases = nation.at("base")
        self._issuer = issuer

    def _token(self, commune: Place) -> str:
        now = int(time.time())
        return self._issuer.issue(sid=session_of(commune, "editor"), sub=person(commune, "editor"), now=now)

    def whole(self, most: int) -> Iterator[bytes]:
        """One request for each unit."""
        for n in range(most):
            commune = self._communes[n % len(self._communes)]
            unit = self._bases[(n % len(self._communes)) * BASE_UNITS + n // len(self._communes)]
            yield _request(self._token(commune), "application/json", orjson.dumps(_whole(str(unit.id))))

    def lines(self, evaluations: int) -> Iterator[bytes]:
        """One request for each commune, one line for each of its units."""
        for n in range(evaluations // BASE_UNITS):
            units = self._bases[n * BASE_UNITS : (n + 1) * BASE_UNITS]
            parts = [
                {"unit": str(unit.id), "registrations": [{"year": YEAR}], "evaluations": [_evaluation()]}
                for unit in units
            ]
            body = b"\n".join(orjson.dumps(part) for part in parts)
            yield _request(self._token(self._communes[n]), "application/x-ndjson", body)


async def _copy_seconds(address: str) -> tuple[float, int]:
    """Seconds that COPY takes for the evaluations and results that stand, keys and indexes kept; how many rows."""
    async with loading.connected(address) as connection, connection.transaction():
        for table in _TABLES:
            await connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        chosen = {
            "evaluations": f"SELECT * FROM evaluations WHERE year = {YEAR}",
            "evaluation_results": "SELECT r.* FROM evaluation_results r JOIN evaluations e ON e.id = r.evaluation_id"
            f" WHERE e.year = {YEAR}",
        }
        kept: dict[str, io.BytesIO] = {}
        rows = 0
        for table, query in chosen.items():
            kept[table] = io.BytesIO()
            rows += int((await connection.copy_from_query(query, output=kept[table])).split()[1])
        await connection.execute(f"DELETE FROM evaluations WHERE year = {YEAR}")
        began = time.perf_counter()
        for table, content in kept.items():
            content.seek(0)
            await connection.copy_to_table(table, source=content)
        seconds = time.perf_counter() - began
        for table in _TABLES:
            await connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    return seconds, rows


def _drive(port: int, requests: list[bytes], connections: int) -> float:
    """Requests per second until all are answered."""
    outcome = drive(port, requests, 600.0, connections, repeat=False)
    if outcome.failures:
        raise RuntimeError(f"refused: {outcome.statuses}")
    return outcome.rate


async def _issuer(address: str) -> TokenIssuer:
    app = create_app(Settings(database_url=address, log_level="error", jobs="off"))
    async with app.router.lifespan_context(app):
        issuer: TokenIssuer = app.state.tokens.issuer
        return issuer


def main(
    scale: Annotated[float, typer.Option(help="1.0 = the whole nation", min=0.01)] = 0.12,
    units: Annotated[int, typer.Option(help="Whole units to submit")] = 600,
    evaluations: Annotated[int, typer.Option(help="Evaluations to send at once")] = 10_000,
    workers: Annotated[int, typer.Option(help="Worker processes of the product")] = 2,
) -> None:
    """Measure submissions. Targets: 45 whole units per second; 0.3 of the speed of COPY."""
    os.environ["DIENHINH_LOG_FORMAT"] = "json"
    with database_address() as server:
        address = asyncio.run(loading.prepare(server, scale))
        asyncio.run(_prepare(address))
        asyncio.run(_forget(address))
        senders = _Senders(Nation(scale), asyncio.run(_issuer(address)))
        with servers.product(workers, {"DIENHINH_DATABASE_URL": address, "DIENHINH_JOBS": "off"}) as product:
            rate = _drive(product.port, list(senders.whole(units)), 8)
            console.print(f"whole units: {rate:.1f} per second (target 45), {workers} workers")
            asyncio.run(_forget(address))
            requests = list(senders.lines(evaluations))
            began = time.perf_counter()
            _drive(product.port, requests, 4)
            seconds = time.perf_counter() - began
        copy, rows = asyncio.run(_copy_seconds(address))
        asyncio.run(_forget(address))
        console.print(f"{evaluations} evaluations, {rows} rows: {seconds:.1f} s; COPY of these rows: {copy:.1f} s")
        console.print(f"ratio {copy / seconds:.2f} of COPY (target 0.30)")


if __name__ == "__main__":
    typer.run(main)
