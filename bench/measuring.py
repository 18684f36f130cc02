"""One comparison: rounds of both servers in turn, so that whatever else the machine does hits both alike."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from statistics import median

from app.identity.tokens import TokenIssuer
from bench.client import Outcome, drive
from bench.national import Nation
from bench.raw import CONNECTIONS
from bench.recording import Plan
from bench.scenarios import Scenario, signed_in

_WARM_UP = 1.0  # seconds


class RefusedError(RuntimeError):
    """A server answered something else than success, so that its rate means nothing."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one comparison gave. Rates are medians in answers per second."""

    scenario: Scenario
    workers: int
    statements: int
    product: float
    fenced: float
    opened: float
    spread: tuple[float, float]
    """Least and greatest ratio of a round."""
    latency: float
    """Median wait of the product in milliseconds."""

    @property
    def ratio(self) -> float:
        """The product against the same SQL: of rates, or of latencies where one request goes at a time."""
        return self.fenced / self.product if self.scenario.alone else self.product / self.fenced

    @property
    def ratio_open(self) -> float:
        """The same against raw without the statement that opens the fence."""
        return self.opened / self.product if self.scenario.alone else self.product / self.opened

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None if there is none for this number of workers."""
        target = self.scenario.targets.get(self.workers)
        if target is None:
            return None
        return self.ratio <= target if self.scenario.alone else self.ratio >= target


@dataclass(frozen=True, slots=True)
class Course:
    """How the rounds are run: where, how long, how often; ``reset`` undoes what a round wrote."""

    client: Executor
    ports: dict[str, int]
    issuer: TokenIssuer
    seconds: float
    rounds: int
    reset: Callable[[], None]

    def _round(self, server: str, requests: list[bytes], scenario: Scenario, seconds: float) -> Outcome:
        connections = 1 if scenario.alone else CONNECTIONS
        port = self.ports["product" if server == "product" else "raw"]
        outcome = self.client.submit(drive, port, requests, seconds, connections, not scenario.once).result()
        if outcome.failures or not outcome.rate:
            raise RefusedError(f"{scenario.name} on {server}: {outcome.statuses}")
        if scenario.once:
            self.reset()
        return outcome

    def run(self, scenario: Scenario, plan: Plan, nation: Nation, workers: int) -> Result:
        """Compare the servers on ``scenario``. Raises RefusedError."""
        asks = scenario.sample(nation)
        requests = {
            "fenced": [ask.to_raw(scenario.name, "fenced") for ask in asks],
            "product": signed_in(asks, self.issuer),
            "open": [ask.to_raw(scenario.name, "open") for ask in asks],
        }
        for server, found in requests.items():
            self._round(server, found, scenario, _WARM_UP)
        rates: dict[str, list[float]] = {server: [] for server in requests}
        latencies = []
        for _ in range(self.rounds):
            for server, found in requests.items():
                outcome = self._round(server, found, scenario, self.seconds)
                rates[server].append(1 / outcome.latency if scenario.alone else outcome.rate)
                if server == "product":
                    latencies.append(outcome.latency * 1_000)
        each = [p / f for p, f in zip(rates["product"], rates["fenced"], strict=True)]
        spread = sorted(1 / ratio if scenario.alone else ratio for ratio in each)
        return Result(
            scenario=scenario,
            workers=workers,
            statements=len(plan.steps),
            product=median(rates["product"]),
            fenced=median(rates["fenced"]),
            opened=median(rates["open"]),
            spread=(spread[0], spread[-1]),
            latency=median(latencies),
        )
