"""``python -m bench``: makes the data set if needed, compares, prints the table."""

import asyncio
import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from app.cli.runtime import database_address
from app.identity.tokens import TokenIssuer
from app.kernel.settings import Settings
from app.main import create_app
from bench import loading, reporting, servers, unfenced
from bench.measuring import Course, Result
from bench.national import Nation
from bench.recording import Plan, record
from bench.scenarios import SCENARIOS, Scenario

console = Console(highlight=False)


@dataclass(frozen=True, slots=True)
class _Bench:
    """One run of the benchmark."""

    address: str
    nation: Nation
    scenarios: list[Scenario]
    seconds: float
    rounds: int

    async def plans(self) -> tuple[dict[str, Plan], TokenIssuer]:
        """The SQL of every scenario, and what signs the callers' tokens, from the product itself."""
        await loading.forget_posts(self.address)
        app = create_app(Settings(database_url=self.address, log_level="error"))
        async with app.router.lifespan_context(app):
            plans = {scenario.name: await record(app, scenario, self.nation) for scenario in self.scenarios}
            issuer: TokenIssuer = app.state.tokens.issuer
        await loading.forget_posts(self.address)
        return plans, issuer

    def compare(self, workers: int, plans: dict[str, Plan], issuer: TokenIssuer) -> Iterator[Result | float]:
        """All scenarios with so many workers; at the end the megabytes of one worker."""
        with TemporaryDirectory() as folder, _client() as client:
            file = Path(folder) / "plans"
            file.write_bytes(pickle.dumps(plans))
            # What the SQL asks is pinned by the recording; who may ask it must hold for the whole run.
            environment = {"DIENHINH_DATABASE_URL": self.address}
            with servers.product(workers, environment) as product, servers.raw(workers, self.address, file) as raw:
                ports = {"product": product.port, "raw": raw.port}
                course = Course(client, ports, issuer, self.seconds, self.rounds, self._forget)
                for scenario in self.scenarios:
                    yield course.run(scenario, plans[scenario.name], self.nation, workers)
                yield product.resident()

    def _forget(self) -> None:
        asyncio.run(loading.forget_posts(self.address))

    def unfenced(self, plan: Plan) -> float:
        """Seconds that the SQL of a question takes without any fence."""
        return asyncio.run(unfenced.seconds(self.address, plan, self.rounds))

    def start_up(self) -> list[float]:
        """Seconds from ``dienhinh serve`` to its first good answer, three times."""
        found = []
        for _ in range(3):
            with servers.product(1, {"DIENHINH_DATABASE_URL": self.address}) as server:
                found.append(server.seconds)
        return found


@contextmanager
def _client() -> Iterator[Executor]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        yield executor


def _chosen(only: str) -> list[Scenario]:
    names = {name for name in only.split(",") if name}
    unknown = names - {scenario.name for scenario in SCENARIOS}
    if unknown:
        raise typer.BadParameter(f"no such measure: {', '.join(sorted(unknown))}")
    return [scenario for scenario in SCENARIOS if not names or scenario.name in names]


def main(
    scale: Annotated[float, typer.Option(help="1.0 = the whole nation; less for a try", min=0.01, max=2)] = 1.0,
    seconds: Annotated[float, typer.Option(help="Length of one round of one server", min=0.5)] = 4.0,
    rounds: Annotated[int, typer.Option(help="Rounds of each server", min=1)] = 5,
    workers: Annotated[str, typer.Option(help="Numbers of worker processes to compare with")] = "1,2",
    only: Annotated[str, typer.Option(help="Only these measures: " + ",".join(s.name for s in SCENARIOS))] = "",
) -> None:
    """Compare the product with the same SQL through bare Starlette and raw asyncpg (= 1.00), on one machine."""
    # Told to end, it takes its servers along: by default the signal would leave them behind, serving nobody.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    scenarios = _chosen(only)
    console.print(loading.described(scale))
    with database_address() as server:
        address = asyncio.run(loading.prepare(server, scale))
        # Its own log lines are written as in production; nothing else of the caller's settings matters.
        os.environ["DIENHINH_LOG_FORMAT"] = "json"
        bench = _Bench(address, Nation(scale), scenarios, seconds, rounds)
        plans, issuer = asyncio.run(bench.plans())
        table = reporting.Table(console)
        table.start_up(bench.start_up())
        for count in (int(part) for part in workers.split(",")):
            for found in bench.compare(count, plans, issuer):
                if isinstance(found, Result):
                    table.add(found)
                    if found.scenario.alone:
                        table.unfenced(found, bench.unfenced(plans[found.scenario.name]))
                else:
                    table.memory(count, found)


if __name__ == "__main__":
    cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    cli.command()(main)
    cli()
