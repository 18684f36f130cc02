"""``make fuzz``: schemathesis sends generated requests to a served demonstration, in a database of their own.

Every operation, every check: no 5xx, answers as documented, wrong input refused, right input taken, sign-in asked for.
"""

import argparse
import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.kernel.db import async_url

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "tests" / "fuzz.toml"
CALLERS = ("province.admin", "province.coordinator", "17509.editor")
"""Who asks, one after the other: those who may do most, and one who sees little."""


def _database(statement: str, address: str) -> None:
    async def run() -> None:
        engine = create_async_engine(async_url(address), isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    asyncio.run(run())


@contextmanager
def scratch() -> Iterator[dict[str, str]]:
    """Settings of a database that is gone afterwards: on the server of DIENHINH_DATABASE_URL, or an embedded one."""
    with tempfile.TemporaryDirectory(prefix="dienhinh-fuzz-") as folder:
        settings = {"DIENHINH_DATA_DIR": folder}
        address = os.environ.get("DIENHINH_DATABASE_URL")
        if address is None:
            yield settings
            return
        name = f"dienhinh_fuzz_{uuid4().hex[:12]}"
        _database(f'CREATE DATABASE "{name}"', address)
        try:
            made = make_url(address).set(database=name).render_as_string(hide_password=False)
            yield {**settings, "DIENHINH_DATABASE_URL": made}
        finally:
            _database(f'DROP DATABASE "{name}" WITH (FORCE)', address)


@contextmanager
def served(settings: dict[str, str]) -> Iterator[tuple[str, str]]:
    """A served demonstration: its address and its password."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    password = secrets.token_urlsafe(16)
    env = {**os.environ, **settings, "DIENHINH_DEMO_PASSWORD": password, "DIENHINH_LOG_LEVEL": "error"}
    command = [sys.executable, "-c", "from app.cli import main; main()", "demo", "--port", str(port)]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(1_800):
                if process.poll() is not None:
                    raise SystemExit("The demonstration did not start.")
                try:
                    if httpx.get(f"{url}/readyz").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield url, password
        finally:
            process.terminate()


def fuzz(url: str, token: str, options: argparse.Namespace, more: list[str], folder: str) -> int:
    """Let who holds ``token`` try everything for a share of the time; the exit code of schemathesis."""
    arguments = [f"{url}/openapi.json", "--seed", str(options.seed), "--header", f"Authorization: Bearer {token}"]
    seconds = int(options.minutes * 60 / len(CALLERS))
    program = Path(sys.executable).with_name("schemathesis")
    command = [str(program), "--config-file", str(CONFIG), "run", *arguments, "--max-time", str(seconds), *more]
    return subprocess.run(command, check=False, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}).returncode


def main() -> int:
    """Serve, try, tell."""
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options, more = parser.parse_known_args()
    worst = 0
    with scratch() as settings, served(settings) as (url, password):
        for caller in CALLERS:
            sys.stdout.write(f"== As {caller}, seed {options.seed}\n")
            sys.stdout.flush()
            answer = httpx.post(f"{url}/api/v1/auth/sessions", json={"username": caller, "password": password})
            token = answer.raise_for_status().json()["access_token"]
            worst = max(worst, fuzz(url, token, options, more, settings["DIENHINH_DATA_DIR"]))
    return worst


if __name__ == "__main__":
    sys.exit(main())
