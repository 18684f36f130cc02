"""``python -m bench.acts``: both real acts on the province with many times its records, while others read."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer
from rich.console import Console

from app.access.actor import SYSTEM, Tx
from app.cli.runtime import database, database_address
from app.demo.scene import STARTS_AT
from app.identity.opening import open_as_system
from app.kernel.clock import wall
from app.kernel.settings import Settings
from app.main import create_app
from app.reorganisations import service
from app.reorganisations.csvfile import parse
from app.reorganisations.schemas import ReorganisationHead
from bench import acts_data, servers
from bench.acts_data import Template
from bench.acts_readers import Answer, Question, fetch, watch

console = Console(highlight=False, soft_wrap=True)
ACTS: Final = (
    ("nghe_an_act_2024_12.csv", "1243/NQ-UBTVQH15", datetime(2024, 12, 1, 9, tzinfo=STARTS_AT.tzinfo)),
    ("nghe_an_act_2025_07.csv", "1678/NQ-UBTVQH15", datetime(2025, 7, 1, 9, tzinfo=STARTS_AT.tzinfo)),
)
LIMIT: Final = 10.0  # seconds
READER_LIMIT: Final = 1.0  # seconds
RESTATED_LIMIT: Final = 3.0  # times the question in today's structure
_RESTATED: Final = (
    ("recognitions", "stage=final&group_by=child"),
    ("criterion_results", "group_by=child,criterion"),
)
_HEAD: Final = """
| records | results | act | seconds | target | | median wait of a reader | longest | target | |
|---|---|---|---|---|---|---|---|---|---|"""
_HEAD_RESTATED: Final = """
| records | figure | structure | median | ratio | target | |
|---|---|---|---|---|---|---|"""


@dataclass(frozen=True, slots=True)
class _Run:
    """One province with its server and its reader."""

    template: Template
    address: str
    port: int
    token: str

    def _question(self, path: str) -> Question:
        return Question(self.port, self.token, f"/api/v1{path}")

    def act(self, number: int, reader: ProcessPoolExecutor) -> str:
        """Carry out an act while a figure and a record are read; a line of the table."""
        name, _, _ = ACTS[number]
        unit = self.template.unit_id
        figure = self._question(f"/statistics/recognitions?unit={unit}&year=2023&stage=final")
        record = self._question(f"/registrations/{self.template.registration_id}")
        with TemporaryDirectory() as folder:
            asked = enumerate((figure, record))
            watching = [reader.submit(watch, question, folder, str(place)) for place, question in asked]
            while len(list(Path(folder).iterdir())) < len(watching) and not any(found.done() for found in watching):
                time.sleep(0.1)
            time.sleep(1.0)
            seconds = asyncio.run(self._carry_out(number))
            time.sleep(1.0)
        waits = [found.result() for found in watching]
        longest = max(max(found) for found in waits)
        middle = " / ".join(f"{median(found) * 1_000:.0f}" for found in waits)
        return (
            f"| {self.template.rows:,} | {self.template.results:,} | {name} | {seconds:.2f} | ≤ {LIMIT:g}"
            f" | {_verdict(seconds, LIMIT)} | {middle} ms | {longest * 1_000:.0f} ms | ≤ {READER_LIMIT:g} s"
            f" | {_verdict(longest, READER_LIMIT)} |"
        )

    async def _carry_out(self, number: int) -> float:
        name, decision, at = ACTS[number]
        content = (files("app.data") / "units" / name).read_bytes()
        head = ReorganisationHead.model_validate(
            {
                "unit_id": self.template.unit_id,
                "decision_number": decision,
                "issuing_body": "Ủy ban Thường vụ Quốc hội",
                "title": "Sắp xếp đơn vị hành chính",
            }
        )
        async with database(self.address) as found:
            begun = time.perf_counter()
            async with found.transaction() as session:
                await open_as_system(session)
                await service.create(Tx(session, SYSTEM, at, "bench"), head, parse(content))
            return time.perf_counter() - begun

    def restated(self, rounds: int) -> Iterator[str]:
        """Figures of the whole province by today's units below it, against the same in other structures."""
        for measure, more in _RESTATED:
            base = f"/statistics/{measure}?unit={self.template.unit_id}&year=2023&{more}&structure="
            waits: dict[str, list[float]] = {name: [] for name in ("current", "as_recorded", "2024-07-10")}
            for turn in range(rounds + 1):
                for structure, found in waits.items():
                    answer: Answer = fetch(self._question(base + structure))
                    if turn:  # the first warms up
                        found.append(answer.seconds)
            current = median(waits["current"])
            for structure, found in waits.items():
                ratio = median(found) / current
                yield (
                    f"| {self.template.rows:,} | {measure} | {structure} | {median(found) * 1_000:.0f} ms | {ratio:.2f}"
                    f" | ≤ {RESTATED_LIMIT:g} | {_verdict(ratio, RESTATED_LIMIT)} |"
                )


def _verdict(found: float, limit: float) -> str:
    return "reached" if found <= limit else "MISSED"


async def _token(template: Template, address: str) -> str:
    app = create_app(Settings(database_url=address, log_level="error"))
    async with app.router.lifespan_context(app):
        issuer = app.state.tokens.issuer
        token: str = issuer.issue(sid=template.session_id, sub=template.user_id, now=int(time.time()))
        return token


@contextmanager
def _serving(template: Template) -> Iterator[_Run]:
    address = asyncio.run(template.restored())
    try:
        token = asyncio.run(_token(template, address))
        offset = str(int((ACTS[-1][2] - wall()).total_seconds()))
        environment = {"DIENHINH_DATABASE_URL": address, "DIENHINH_CLOCK_OFFSET_SECONDS": offset}
        with servers.product(1, environment) as product:
            yield _Run(template, address, product.port, token)
    finally:
        asyncio.run(template.forget())


def main(
    times: Annotated[str, typer.Option(help="How many times the demonstration's records")] = "1,15,100",
    runs: Annotated[int, typer.Option(help="Runs of each size, each on a fresh copy", min=1)] = 1,
    rounds: Annotated[int, typer.Option(help="Rounds of each restated figure", min=1)] = 7,
) -> None:
    """Carry out both real acts of Nghệ An on growing provinces: seconds, readers' waits, and figures restated after."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    os.environ["DIENHINH_LOG_FORMAT"] = "json"
    restated: list[str] = []
    with database_address() as server, ProcessPoolExecutor(2, get_context("spawn")) as reader:
        console.print(_HEAD)
        for number in (int(part) for part in times.split(",")):
            template = asyncio.run(acts_data.prepare(server, number))
            for turn in range(runs):
                with _serving(template) as run:
                    for act in range(len(ACTS)):
                        console.print(run.act(act, reader), markup=False)
                    if turn == runs - 1:
                        restated += run.restated(rounds)
    console.print(_HEAD_RESTATED)
    for line in restated:
        console.print(line, markup=False)


if __name__ == "__main__":
    cli = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    cli.command()(main)
    cli()
