"""The forms of a whole province against SQL by hand, and its papers: ``python -m bench.forms``."""

import asyncio
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Annotated
from urllib.request import Request, urlopen

import orjson
import typer
from rich.console import Console

from app.cli.runtime import database_address
from app.kernel.settings import Settings
from app.main import create_app
from bench import province, province_papers, servers
from bench.client import Outcome, drive
from bench.loading import dsn
from bench.province import Province
from bench.province_sql import STATEMENTS, differences
from bench.scenarios import Ask

console = Console(highlight=False, soft_wrap=True)
TARGET = 1.5
_WARM_UP = 0.7  # seconds
_WORKBOOKS = 5
_HEAD = """
| form | rows | product | by hand | ratio | rounds | target | |
|---|---|---|---|---|---|---|---|"""


class DifferentError(RuntimeError):
    """The product and the SQL by hand say different things, so that comparing their speed means nothing."""


@dataclass(frozen=True, slots=True)
class _Bench:
    """Both servers, who loads them, and the token of who asks the product."""

    province: Province
    client: Executor
    product: servers.Server
    raw: servers.Server
    token: str

    def _asks(self, number: int) -> dict[str, tuple[int, bytes]]:
        """By server its port and the request."""
        where = self.province
        caller = (where.session_id, where.user_id)
        query = f"unit={where.unit_id}&campaign={where.campaign_id}"
        product = Ask(caller, where.unit_id, f"/api/v1/forms/{number}?{query}").to_product(self.token)
        raw = f"GET /forms/{number} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
        return {"product": (self.product.port, product), "raw": (self.raw.port, raw)}

    def check(self, number: int) -> int:
        """How many rows both say alike. Raises DifferentError."""
        where = self.province
        path = f"/api/v1/forms/{number}?unit={where.unit_id}&campaign={where.campaign_id}"
        form = orjson.loads(self.fetch(path))
        with urlopen(f"http://127.0.0.1:{self.raw.port}/forms/{number}", timeout=60) as answer:
            rows = orjson.loads(answer.read())
        found = differences(number, form, rows)
        if found or not rows:
            raise DifferentError("\n".join(found[:5]) or f"form {number} has no rows")
        return len(rows)

    def fetch(self, path: str) -> bytes:
        """What the product answers."""
        request = Request(
            f"http://127.0.0.1:{self.product.port}{path}", headers={"Authorization": f"Bearer {self.token}"}
        )
        with urlopen(request, timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def _round(self, ask: tuple[int, bytes], seconds: float) -> Outcome:
        outcome = self.client.submit(drive, ask[0], [ask[1]], seconds, 1).result()
        if outcome.failures or not outcome.waits:
            raise DifferentError(f"{outcome.statuses}")
        return outcome

    def compare(self, number: int, seconds: float, rounds: int) -> str:
        """A form as a line of the table: both medians, the ratio of each round."""
        rows = self.check(number)
        asks = self._asks(number)
        for ask in asks.values():
            self._round(ask, _WARM_UP)
        waits: dict[str, list[float]] = {server: [] for server in asks}
        for _ in range(rounds):
            for server, ask in asks.items():
                waits[server].append(self._round(ask, seconds).latency * 1_000)
        ratios = sorted(p / r for p, r in zip(waits["product"], waits["raw"], strict=True))
        ratio = median(ratios)
        verdict = "reached" if ratio <= TARGET else "MISSED"
        return (
            f"| form {number} | {rows} | {median(waits['product']):.1f} ms | {median(waits['raw']):.1f} ms"
            f" | **{ratio:.2f}** | {ratios[0]:.2f}-{ratios[-1]:.2f} | ≤ {TARGET} | {verdict} |"
        )

    def workbook(self) -> str:
        """The workbook of all forms as the API sends it: its time, and what the server's process ever kept."""
        where = self.province
        path = f"/api/v1/forms?unit={where.unit_id}&campaign={where.campaign_id}&format=xlsx"
        before, waits = self.product.peak(), []
        for _ in range(_WORKBOOKS):
            begun = time.perf_counter()
            content = self.fetch(path)
            waits.append(time.perf_counter() - begun)
        return (
            f"workbook of eight forms over HTTP: {median(waits):.2f} s ({min(waits):.2f}-{max(waits):.2f}, target 3 s),"
            f" {len(content) / 1024:.0f} kB; peak of the server's process {before:.0f} MB before and"
            f" {self.product.peak():.0f} MB after"
        )


async def _token(where: Province) -> str:
    app = create_app(Settings(database_url=where.address, log_level="error"))
    async with app.router.lifespan_context(app):
        token: str = app.state.tokens.issuer.issue(sid=where.session_id, sub=where.user_id, now=int(time.time()))
        return token


@contextmanager
def _serving(where: Province) -> Iterator[_Bench]:
    environment = {"DIENHINH_DATABASE_URL": where.address, "DIENHINH_CLOCK_OFFSET_SECONDS": str(where.offset)}
    by_hand = {"BENCH_DATABASE": dsn(where.address), "BENCH_PATH": where.path, "BENCH_UNIT": str(where.unit_id)}
    by_hand["BENCH_CAMPAIGN"] = str(where.campaign_id)
    with (
        servers.product(1, environment) as product,
        servers.bare("bench.province_raw:app", 1, by_hand) as raw,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client,
    ):
        yield _Bench(where, client, product, raw, asyncio.run(_token(where)))


async def _papers(where: Province) -> list[str]:
    return [line async for line in province_papers.measured(where)]


def main(
    seconds: Annotated[float, typer.Option(help="Length of one round of one server", min=0.2)] = 1.5,
    rounds: Annotated[int, typer.Option(help="Rounds of each server", min=1)] = 7,
    only: Annotated[str, typer.Option(help="Only these forms, by number")] = "1,2,3,4,5,6,7,8",
) -> None:
    """Compare every form of a whole province with SQL written by hand (= 1.00), and measure its papers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with database_address() as server:
        where = asyncio.run(province.prepare(server))
        console.print(", ".join(f"{count:,} {table}" for table, count in where.rows.items()))
        os.environ["DIENHINH_LOG_FORMAT"] = "json"
        with _serving(where) as bench:
            console.print(_HEAD)
            for number in (number for number in STATEMENTS if str(number) in only.split(",")):
                console.print(bench.compare(number, seconds, rounds), markup=False)
            console.print(f"\n{bench.workbook()}")
        for line in asyncio.run(_papers(where)):
            console.print(line)


if __name__ == "__main__":
    cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    cli.command()(main)
    cli()
