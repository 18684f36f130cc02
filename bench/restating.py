"""``python -m bench.restating``: the nation's figures in the tree of their day, of today and of other days."""

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
from typing import Annotated, Any, Final
from urllib.request import Request, urlopen

import orjson
import typer
from rich.console import Console

from app.cli.runtime import database_address
from app.kernel.settings import Settings
from app.main import create_app
from bench import nation, servers
from bench.client import Outcome, drive
from bench.nation import Nation, Place
from bench.scenarios import Ask

console = Console(highlight=False, soft_wrap=True)
TARGET: Final = 3.0
STRUCTURES: Final = ("current", "as_recorded", "2024-12-31", "2025-07-01")
MEASURES: Final = ("registrations", "recognitions", "criterion_results", "propaganda", "directives", "situation")
_HEAD = """
| of | measure | by | current | as recorded | 31/12/2024 | 1/7/2025 | worst | target | |
|---|---|---|---|---|---|---|---|---|---|"""


class UnequalError(RuntimeError):
    """A grand total is not the same in all structures."""


@dataclass(frozen=True, slots=True)
class Question:
    """A figure of one unit by those of a level below it."""

    place: Place
    measure: str
    level: str

    def path(self, structure: str) -> str:
        """The address of the answer in one structure."""
        query = f"unit={self.place.id}&group_by={self.level}&structure={structure}"
        return f"/api/v1/statistics/{self.measure}?{query}"


@dataclass(frozen=True, slots=True)
class _Bench:
    nation: Nation
    client: Executor
    product: servers.Server
    token: str
    seconds: float
    rounds: int

    def fetch(self, path: str) -> Any:
        """What the product answers."""
        address = f"http://127.0.0.1:{self.product.port}{path}"
        with urlopen(Request(address, headers={"Authorization": f"Bearer {self.token}"}), timeout=120) as answer:
            return orjson.loads(answer.read())

    def check(self, question: Question) -> str:
        """The rows of each structure. Raises UnequalError where their grand totals differ, or are not the rows' sum."""
        answers = {structure: self.fetch(question.path(structure)) for structure in STRUCTURES}
        totals = {structure: answer["totals"] for structure, answer in answers.items()}
        if any(total != totals["current"] for total in totals.values()):
            raise UnequalError(f"{question.measure} of {question.place.name}: {totals}")
        return ", ".join(f"{len(answer['rows'])}" for answer in answers.values())

    def _round(self, question: Question, structure: str) -> Outcome:
        caller = self.nation.callers["central"]
        ask = Ask((caller.session, caller.user), question.place.id, question.path(structure)).to_product(self.token)
        outcome = self.client.submit(drive, self.product.port, [ask], self.seconds, 1).result()
        if outcome.failures or not outcome.waits:
            raise UnequalError(f"{question.path(structure)}: {outcome.statuses}")
        return outcome

    def compare(self, question: Question) -> str:
        """A question as a line of the table: medians, and the ratio to today's tree in the same round."""
        self.check(question)
        waits: dict[str, list[float]] = {structure: [] for structure in STRUCTURES}
        for _ in range(self.rounds):
            for structure in STRUCTURES:
                waits[structure].append(self._round(question, structure).latency * 1_000)
        ratios = {
            structure: median(w / c for w, c in zip(waits[structure], waits["current"], strict=True))
            for structure in STRUCTURES
        }
        cells = [f"{median(waits['current']):.0f} ms"]
        cells += [f"{median(waits[name]):.0f} ms, **{ratios[name]:.2f}**" for name in STRUCTURES[1:]]
        worst = max(ratios.values())
        verdict = "reached" if worst <= TARGET else "MISSED"
        named = (question.place.name, question.measure, question.level, *cells)
        return f"| {' | '.join(named)} | {worst:.2f} | ≤ {TARGET:g} | {verdict} |"


async def _token(where: Nation) -> str:
    app = create_app(Settings(database_url=where.address, log_level="error"))
    async with app.router.lifespan_context(app):
        who = where.callers["central"]
        token: str = app.state.tokens.issuer.issue(sid=who.session, sub=who.user, now=int(time.time()))
        return token


@contextmanager
def _serving(where: Nation, seconds: float, rounds: int) -> Iterator[_Bench]:
    environment = {"DIENHINH_DATABASE_URL": where.address, "DIENHINH_CLOCK_OFFSET_SECONDS": str(where.offset)}
    with (
        servers.product(1, environment | {"DIENHINH_JOBS": "off"}) as product,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as client,
    ):
        yield _Bench(where, client, product, asyncio.run(_token(where)), seconds, rounds)


def main(
    scale: Annotated[float, typer.Option(help="Part of the communes that are evaluated", min=0.01, max=1)] = 0.3,
    seconds: Annotated[float, typer.Option(help="Length of one round of one structure", min=0.2)] = 1.5,
    rounds: Annotated[int, typer.Option(help="Rounds", min=1)] = 5,
    only: Annotated[str, typer.Option(help="Only these measures")] = ",".join(MEASURES),
) -> None:
    """Ask the nation's figures in four structures, after checking that their grand totals are the same."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with database_address() as server:
        where = asyncio.run(nation.prepare(server, scale))
        console.print(", ".join(f"{count:,} {table}" for table, count in where.rows.items()))
        os.environ["DIENHINH_LOG_FORMAT"] = "json"
        with _serving(where, seconds, rounds) as bench:
            console.print(_HEAD)
            for place, level in ((where.root, "province"), (where.province, "commune")):
                for measure in MEASURES:
                    if measure in only.split(","):
                        console.print(bench.compare(Question(place, measure, level)), markup=False)


if __name__ == "__main__":
    cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    cli.command()(main)
    cli()
