"""``dienhinh serve`` as an operator runs it: a process of its own, which takes its database down with it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kernel.embedded_home import Home, prepare
from app.kernel.filelock import try_lock


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Where the embedded server of this test lives; root's lies outside the test's directory."""
    made = prepare(tmp_path / "var")
    yield made
    shutil.rmtree(made.root)


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def serve(tmp_path: Path, workers: str) -> "subprocess.Popen[bytes]":
    """A running ``dienhinh serve`` on an empty embedded database."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIENHINH_")}
    program = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    log = tmp_path / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*program, "--port", free_port(), "--workers", workers],
            env=environment | {"DIENHINH_DATA_DIR": str(tmp_path / "var"), "DIENHINH_LOG_FORMAT": "json"},
            stdout=output,
            stderr=output,
        )
    deadline = time.monotonic() + 60
    while log.read_text("utf-8").count("Application startup complete") < int(workers):
        assert process.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.05)
    return process


def is_running(home: Home) -> bool:
    """Whether a process of the database server is left."""
    hold = try_lock(home.alive)
    if hold is not None:
        os.close(hold)
    return hold is None


@pytest.mark.parametrize(("workers", "stop"), [("1", signal.SIGTERM), ("2", signal.SIGINT)], ids=str)
def test_stopping_the_service_stops_its_database(
    tmp_path: Path, home: Home, workers: str, stop: signal.Signals
) -> None:
    process = serve(tmp_path, workers)
    assert is_running(home)
    process.send_signal(stop)
    code = process.wait(30)
    assert not is_running(home)
    if stop == signal.SIGTERM:
        assert code == 0, "a stop that was asked for is a success to whoever supervises the process"
