"""The results as lines of a Markdown table, printed as they come, so that a long run shows where it stands."""

from statistics import median

from rich.console import Console

from bench.measuring import Result

_HEAD = """\

| workers | measure | SQL | product | raw | ratio | rounds | raw, no fence | ratio | target | |
|---|---|---|---|---|---|---|---|---|---|---|"""


class Table:
    """Prints results to ``console``."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._begun = False

    def _line(self, text: str) -> None:
        self._console.print(text, soft_wrap=True, markup=False)

    def start_up(self, seconds: list[float]) -> None:
        """How long ``serve`` takes."""
        self._line(f"\nserve to first /healthz 200: {median(seconds):.2f} s (target 3 s)")

    def add(self, found: Result) -> None:
        """One comparison."""
        if not self._begun:
            self._line(_HEAD)
            self._begun = True
        alone = found.scenario.alone

        def speed(rate: float) -> str:
            return f"{1_000 / rate:,.0f} ms" if alone else f"{rate:,.0f}/s"

        target = found.scenario.targets.get(found.workers)
        bound = "" if target is None else f"{'≤' if alone else '≥'} {target:.2f}"
        verdict = {None: "", True: "reached", False: "MISSED"}[found.reached]
        low, high = found.spread
        self._line(
            f"| {found.workers} | {found.scenario.title} | {found.statements} | {speed(found.product)}"
            f" | {speed(found.fenced)} | **{found.ratio:.2f}** | {low:.2f}-{high:.2f} | {speed(found.opened)}"
            f" | {found.ratio_open:.2f} | {bound} | {verdict} |"
        )

    def unfenced(self, found: Result, seconds: float) -> None:
        """What the fence costs a question about everything: the same SQL on the same tables without policies."""
        self._line(
            f"| {found.workers} | the same against row-level security off | | {found.latency:,.0f} ms"
            f" | {seconds * 1_000:,.0f} ms | {found.latency / seconds / 1_000:.2f} | | | | | |"
        )

    def memory(self, workers: int, megabytes: float) -> None:
        """What one worker keeps in memory after the load."""
        self._line(f"\nresident memory of a worker, {workers} in all, after the load: {megabytes:.0f} MB (target 200)")
