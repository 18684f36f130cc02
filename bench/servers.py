"""The two servers as processes, exactly as an operator would start them."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from socket import socket
from tempfile import TemporaryFile
from typing import IO

from bench.loading import dsn

_PROGRAMS = Path(sys.executable).parent
_PATIENCE = 60.0  # seconds


class NotServingError(RuntimeError):
    """A server did not come up; the end of what it said is the message."""


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError:
        return path != "/healthz"  # raw.py has no health: any answer of it will do
    except OSError:
        return False


def _end_of(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read()[-3_000:].decode("utf-8", "replace")


@contextmanager
def _serving(command: list[str], environment: dict[str, str], port: int, path: str) -> Iterator["Server"]:
    with TemporaryFile() as said:
        begun = time.perf_counter()
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=said, stderr=said)
        try:
            while not _answers(port, path):
                if process.poll() is not None or time.perf_counter() - begun > _PATIENCE:
                    raise NotServingError(_end_of(said))
                time.sleep(0.01)
            yield Server(port, process.pid, time.perf_counter() - begun)
        except Exception as fault:
            fault.add_note(_end_of(said))
            raise
        finally:
            process.terminate()
            process.wait()


class Server:
    """A running server: where it listens, and the seconds from its start to its first good answer."""

    def __init__(self, port: int, pid: int, seconds: float) -> None:
        self.port, self.pid, self.seconds = port, pid, seconds

    def peak(self) -> float:
        """Megabytes that its largest process has ever kept in memory. Linux only."""
        found = []
        for pid in self._processes():
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
        return max(found) / 1024

    def _processes(self) -> list[int]:
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        rows = [[int(part) for part in line.split()] for line in listed.splitlines()]
        return [pid for pid, parent in rows if self.pid in {pid, parent}]

    def resident(self) -> float:
        """Megabytes that its largest process keeps in memory."""
        listed = subprocess.run(["ps", "-eo", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
        rows = [[int(part) for part in line.split()] for line in listed.splitlines()]
        return max(rss for pid, parent, rss in rows if self.pid in {pid, parent}) / 1024


@contextmanager
def product(workers: int, environment: dict[str, str]) -> Iterator[Server]:
    """``dienhinh serve``, with its access log written to a file as under a service manager."""
    port = _free_port()
    command = [str(_PROGRAMS / "dienhinh"), "serve", "--port", str(port), "--workers", str(workers)]
    with _serving(command, environment, port, "/healthz") as server:
        yield server


def raw(workers: int, address: str, plans: Path) -> AbstractContextManager[Server]:
    """``bench/raw.py``."""
    return bare("bench.raw:app", workers, {"BENCH_DATABASE": dsn(address), "BENCH_PLANS": str(plans)})


@contextmanager
def bare(application: str, workers: int, environment: dict[str, str]) -> Iterator[Server]:
    """``application`` under the same uvicorn, without an access log."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--workers", str(workers)]
    command += ["--no-access-log", "--log-level", "warning"]
    with _serving(command, environment, port, "/") as server:
        yield server
